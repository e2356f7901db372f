# raakvlak_library(name SOURCES a.cc b.cc DEPS other::target ...)
#   A static library of one room (or one corner of a room).
# raakvlak_test(name SOURCES x_test.cc ... DEPS ... [LABELS unit])
#   A GoogleTest program, one ctest entry a test case. Labels: unit (default; also run under the
#   sanitizers), network (real TLS on loopback in one process), e2e (real processes), ct (valgrind), long
#   (not part of `./dev test`).
# raakvlak_program(name SOURCES main.cc DEPS ...)
# raakvlak_read_headers_once(name [APART a.cc ...])
#   A unity build: for targets whose files all read gRPC's headers, which cost many seconds each. APART names
#   files that are compiled by themselves because names in them clash with others'.
include(GoogleTest)

# Every test labelled unit: what is also run under the sanitizers.
add_custom_target(unit_tests)

function(raakvlak_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC ${ARG_DEPS} PRIVATE raakvlak_options)
  target_include_directories(${name} PUBLIC "${CMAKE_SOURCE_DIR}")
endfunction()

function(raakvlak_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} raakvlak_options)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
endfunction()

function(raakvlak_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS;LABELS" ${ARGN})
  if(NOT ARG_LABELS)
    set(ARG_LABELS unit)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} GTest::gmock GTest::gtest_main raakvlak_options)
  target_compile_definitions(${name} PRIVATE
    RAAKVLAK_SOURCE_DIR="${CMAKE_SOURCE_DIR}" RAAKVLAK_SHARED_DIR="${CMAKE_SOURCE_DIR}/../shared")
  if("unit" IN_LIST ARG_LABELS)
    add_dependencies(unit_tests ${name})
  endif()
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
    PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT 300
    # Debian's libraries are not instrumented: what they put into a vector looks like an overflow.
    ENVIRONMENT "ASAN_OPTIONS=detect_container_overflow=0")
endfunction()

function(raakvlak_read_headers_once name)
  cmake_parse_arguments(ARG "" "" "APART" ${ARGN})
  set_target_properties(${name} PROPERTIES
    UNITY_BUILD ${RAAKVLAK_UNITY} UNITY_BUILD_BATCH_SIZE 12)
  if(ARG_APART)
    set_source_files_properties(${ARG_APART} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  endif()
endfunction()
