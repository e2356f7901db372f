# raakvlak_compile_for(avx2|ifma file.cc ...)
#   Files that are compiled for one instruction set each, whatever the rest is compiled for, and fully optimised
#   whatever the build type. Contracting is off: the exact arithmetic says itself where it fuses. The rest keeps
#   gcc from taking vectors apart: it copies structures of them word by word, or with rep movs.
include(CheckCXXCompilerFlag)

set(RAAKVLAK_X86_64 OFF)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  set(RAAKVLAK_X86_64 ON)
endif()

set(RAAKVLAK_LANE_OPTIONS -O3 -ffp-contract=off -fno-tree-vectorize -fno-tree-slp-vectorize)
foreach(option -fno-tree-loop-distribute-patterns -mmove-max=256 -mstore-max=256)
  string(MAKE_C_IDENTIFIER "RAAKVLAK_HAS${option}" has)
  check_cxx_compiler_flag(${option} ${has})
  if(${has})
    list(APPEND RAAKVLAK_LANE_OPTIONS ${option})
  endif()
endforeach()
# Sanitized, these files take gcc minutes: everything in them is inlined. They work on whole batches of
# vectors; who cuts spans into those, vector_kernels.cc, is sanitized as everything else is.
if(RAAKVLAK_SANITIZE)
  list(APPEND RAAKVLAK_LANE_OPTIONS -fno-sanitize=all)
endif()
set(RAAKVLAK_LANE_OPTIONS_avx2 -mavx2 -mfma)
# gcc 12's own header leaves what a mask of all ones overwrites uninitialised.
set(RAAKVLAK_LANE_OPTIONS_ifma -Wno-uninitialized -Wno-maybe-uninitialized
  -mavx512f -mavx512vl -mavx512dq -mavx512bw -mavx512ifma)

function(raakvlak_compile_for instructions)
  set_source_files_properties(${ARGN} PROPERTIES COMPILE_OPTIONS
    "${RAAKVLAK_LANE_OPTIONS};${RAAKVLAK_LANE_OPTIONS_${instructions}}")
endfunction()
