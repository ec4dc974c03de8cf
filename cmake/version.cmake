# Writes initsweep_version.h at build time, so that the git description is today's; the file is touched only when its
# text differs, and one source includes it. Run as: cmake -D SOURCE=... -D OUTPUT=... -D INITSWEEP_...=... -P
# version.cmake
set(INITSWEEP_GIT "")
find_package(Git QUIET)
if(Git_FOUND)
  # a tarball unpacked inside another project's checkout is not that project
  execute_process(COMMAND ${GIT_EXECUTABLE} rev-parse --show-cdup WORKING_DIRECTORY ${SOURCE}
    OUTPUT_VARIABLE up ERROR_QUIET RESULT_VARIABLE failed OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(NOT failed AND up STREQUAL "")
    execute_process(COMMAND ${GIT_EXECUTABLE} describe --always --tags --dirty WORKING_DIRECTORY ${SOURCE}
      OUTPUT_VARIABLE described ERROR_QUIET RESULT_VARIABLE failed OUTPUT_STRIP_TRAILING_WHITESPACE)
    if(NOT failed)
      set(INITSWEEP_GIT "${described}")
    endif()
  endif()
endif()
configure_file(${SOURCE}/src/console/version.h.in ${OUTPUT} @ONLY)
