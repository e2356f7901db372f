# Everything comes from Debian 12's packages; `./dev setup` installs them.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(absl CONFIG REQUIRED)
find_package(GTest REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(ICU 72 REQUIRED COMPONENTS uc i18n data)
find_package(SQLite3 REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(TOMLPLUSPLUS REQUIRED IMPORTED_TARGET tomlplusplus)

find_path(PHONENUMBER_INCLUDE_DIR phonenumbers/phonenumberutil.h REQUIRED)
find_library(PHONENUMBER_LIBRARY phonenumber REQUIRED)
# Its header is generated code with inline calls into the protobuf library.
find_library(PHONENUMBER_PROTOBUF_LIBRARY protobuf REQUIRED)
add_library(raakvlak_phonenumber INTERFACE)
target_include_directories(raakvlak_phonenumber SYSTEM INTERFACE "${PHONENUMBER_INCLUDE_DIR}")
target_link_libraries(raakvlak_phonenumber INTERFACE "${PHONENUMBER_LIBRARY}"
  "${PHONENUMBER_PROTOBUF_LIBRARY}")

if(RAAKVLAK_RPC)
  # Module mode for Protobuf: Debian 12 ships no config package for it.
  find_package(Protobuf REQUIRED)
  find_package(gRPC CONFIG REQUIRED)
  find_package(spdlog REQUIRED)
  find_package(prometheus-cpp CONFIG REQUIRED)
endif()
