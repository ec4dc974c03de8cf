# A room is a folder of src/ and one static library, isw_ROOM; its header in include/initsweep/ is the only way in.
option(INITSWEEP_WERROR "Compiler warnings are errors, as scripts/test.sh builds" OFF)
add_library(isw_options INTERFACE)
target_include_directories(isw_options INTERFACE ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
target_compile_definitions(isw_options INTERFACE _GNU_SOURCE)
target_compile_options(isw_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wconversion -Wno-sign-conversion
  $<$<C_COMPILER_ID:Clang>:-Wno-enum-float-conversion> # integer constants are enumerators
  $<$<BOOL:${INITSWEEP_WERROR}>:-Werror>
  -ffile-prefix-map=${PROJECT_SOURCE_DIR}=. # the same bytes from any folder
  -ffp-contract=off -fno-math-errno -fno-trapping-math) # contraction is written, never left to the compiler
target_link_libraries(isw_options INTERFACE Threads::Threads)

set(INITSWEEP_KERNEL_LEVEL -O3 CACHE STRING "Optimisation of the kernels; their bits do not depend on it")

# isw_kernel_sources(out prefix): the sources PREFIX_SET.c of this processor's instruction sets, each with its own flags
function(isw_kernel_sources out prefix)
  set(flags_portable "")
  set(flags_avx2 -mavx2 -mfma)
  # scheduled before registers are allocated, independent calls of tanh overlap: 2-2-1 is 1.05 times faster. AVX2 has
  # too few registers: products would be 0.8 times as fast.
  set(flags_avx512 -mavx2 -mfma -mavx512f -mavx512dq
      $<$<C_COMPILER_ID:GNU>:-fschedule-insns> $<$<C_COMPILER_ID:GNU>:-fsched-pressure>)
  set(flags_advsimd "")
  set(sets portable)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
    list(APPEND sets avx2 avx512)
  elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
    list(APPEND sets advsimd)
  endif()
  foreach(set IN LISTS sets)
    set(source ${prefix}_${set}.c)
    set_source_files_properties(${source} PROPERTIES COMPILE_OPTIONS
      "${INITSWEEP_KERNEL_LEVEL};-ffp-contract=off;-fno-math-errno;${flags_${set}}")
    # Instrumented code takes a compiler a minute, the loop that is all unrolled for ever; the bits are the same. Wrong
    # pointers are left to the address sanitizer: each check of them takes as long again as all of the kernels without
    if(INITSWEEP_SANITIZE)
      set_source_files_properties(${source} PROPERTIES COMPILE_DEFINITIONS INITSWEEP_NO_TINY
        COMPILE_OPTIONS "-O1;-ffp-contract=off;-fno-math-errno;-fno-sanitize=pointer-overflow,null,object-size;\
${flags_${set}}")
    endif()
    list(APPEND sources ${source})
  endforeach()
  set(${out} ${sources} PARENT_SCOPE)
endfunction()

# isw_room(name LINKS rooms... LIBRARIES outside...)
function(isw_room name)
  cmake_parse_arguments(ROOM "" "" "LINKS;LIBRARIES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/*.c)
  if(name STREQUAL engine)
    list(FILTER sources EXCLUDE REGEX "/kernels_[a-z0-9]+\\.c$")
    isw_kernel_sources(kernels ${PROJECT_SOURCE_DIR}/src/engine/kernels)
    list(APPEND sources ${kernels})
  endif()
  if(name STREQUAL random AND CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
    set_source_files_properties(${PROJECT_SOURCE_DIR}/src/random/draws_avx512.c PROPERTIES COMPILE_OPTIONS
      "-mavx2;-mfma;-mavx512f;-mavx512dq")
  endif()
  add_library(isw_${name} STATIC ${sources})
  target_link_libraries(isw_${name} PRIVATE isw_options)
  target_include_directories(isw_${name} PUBLIC ${PROJECT_SOURCE_DIR}/include)
  foreach(room IN LISTS ROOM_LINKS)
    target_link_libraries(isw_${name} PUBLIC isw_${room})
  endforeach()
  foreach(library IN LISTS ROOM_LIBRARIES)
    target_link_libraries(isw_${name} PRIVATE isw::${library})
  endforeach()
  target_link_libraries(isw_${name} PUBLIC m)
endfunction()
