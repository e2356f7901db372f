# Compiler settings shared by every target: warnings are errors, hardening is on.
option(RAAKVLAK_SANITIZE "Build with AddressSanitizer and UndefinedBehaviourSanitizer" OFF)
option(RAAKVLAK_UNITY "Compile the files that read gRPC's headers together (see RaakvlakTargets.cmake)" ON)
option(RAAKVLAK_CAPTURE "Let the matcher write down what it holds during runs, for bench/attacks; never for use" OFF)
option(RAAKVLAK_RPC "Build the rooms that need gRPC (proto, server, client)" ON)

# Line tables are what a backtrace needs; full debug information doubles the time to compile.
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1 -DNDEBUG")
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1")

add_library(raakvlak_options INTERFACE)
target_include_directories(raakvlak_options INTERFACE "${CMAKE_SOURCE_DIR}")
target_compile_options(raakvlak_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor
  -Wold-style-cast -Woverloaded-virtual -Werror -fno-strict-aliasing -fstack-protector-strong)
if(RAAKVLAK_SANITIZE)
  target_compile_options(raakvlak_options INTERFACE
    -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(raakvlak_options INTERFACE -fsanitize=address,undefined)
else()
  target_compile_definitions(raakvlak_options INTERFACE
    $<$<NOT:$<CONFIG:Debug>>:_FORTIFY_SOURCE=2>)
  target_link_options(raakvlak_options INTERFACE -Wl,-z,relro -Wl,-z,now)
endif()

find_program(RAAKVLAK_CCACHE ccache)
if(RAAKVLAK_CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${RAAKVLAK_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${RAAKVLAK_CCACHE})
endif()
