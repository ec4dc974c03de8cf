# How a test is registered, and which of the three tiers it belongs to. Tiers are ctest labels:
#   fast   ctest -L fast, under a minute on two cores: FAST_TESTS below
#   -      the whole suite, which scripts/test.sh and .ci/run run: all tests but the long ones
#   long   ctest -L long, minutes to hours: registered with -D INITSWEEP_TEST_LONG=ON, as `scripts/test.sh --long` does
option(INITSWEEP_TEST_LONG "Register the long tests too (ctest -L long)" OFF)

# Regular expressions of whole names
set(FAST_TESTS "test_.*" "fuzz_.*" "sweep_.*" faults_damaged_journals cluster_queue cluster_thread_choice cluster_launch
    exactness_short symmetry hashes style_lines style_clang_format style_shellcheck style_rooms docs_table_rows
    docs_citing)
list(JOIN FAST_TESTS "|" FAST_TESTS)

# As root and with more ranks than cores: of tests only, never of the program
execute_process(COMMAND ${PROJECT_SOURCE_DIR}/scripts/mpi_settings.sh --launcher ${MPIEXEC_EXECUTABLE}
                        root crowded one-host
                OUTPUT_VARIABLE MPI_TEST_SETTINGS COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "[^\n]+" MPI_TEST_SETTINGS "${MPI_TEST_SETTINGS}")

# What every test finds in its environment. XDG_CACHE_HOME: no test reads or leaves anything in the user's cache.
set(TEST_ENVIRONMENT "INITSWEEP=$<TARGET_FILE:initsweep>" INITSWEEP_SOURCE=${PROJECT_SOURCE_DIR}
    INITSWEEP_BUILD=${PROJECT_BINARY_DIR} INITSWEEP_SANITIZE=${INITSWEEP_SANITIZE} MPIEXEC=${MPIEXEC_EXECUTABLE}
    XDG_CACHE_HOME=${CMAKE_CURRENT_BINARY_DIR}/cache PYTHONDONTWRITEBYTECODE=1 ${MPI_TEST_SETTINGS})

# isw_test(name COMMAND command... | PYTHON script arguments... LABELS label... [ENVIRONMENT NAME=value...] [TIMEOUT
# seconds]
#          [PROCESSORS n] [FIXTURES_REQUIRED fixture...] [PROPERTIES name value...] [NESTED_BUILD] [LONG])
# PYTHON: a script of the calling folder. NESTED_BUILD: the test runs CMake, which must use this build's generator. Exit
# status 77 means skipped; tests/requirements.py makes it a failure where INITSWEEP_REQUIRE_ALL is set.
function(isw_test name)
  cmake_parse_arguments(PARSE_ARGV 1 test "NESTED_BUILD;LONG" "TIMEOUT;PROCESSORS"
                        "COMMAND;PYTHON;LABELS;ENVIRONMENT;FIXTURES_REQUIRED;PROPERTIES")
  if(test_LONG AND NOT INITSWEEP_TEST_LONG)
    return()
  endif()
  if(test_PYTHON)
    list(POP_FRONT test_PYTHON script)
    set(test_COMMAND ${INITSWEEP_PYTHON} ${CMAKE_CURRENT_SOURCE_DIR}/${script} ${test_PYTHON})
  endif()
  if(test_LONG)
    list(APPEND test_LABELS long)
  elseif(name MATCHES "^(${FAST_TESTS})$")
    list(APPEND test_LABELS fast)
  endif()
  add_test(NAME ${name} COMMAND ${test_COMMAND})
  set_tests_properties(${name} PROPERTIES LABELS "${test_LABELS}" SKIP_RETURN_CODE 77
                       ENVIRONMENT "${TEST_ENVIRONMENT};${test_ENVIRONMENT}" ${test_PROPERTIES})
  if(test_TIMEOUT)
    set_tests_properties(${name} PROPERTIES TIMEOUT ${test_TIMEOUT})
  endif()
  if(test_PROCESSORS)
    set_tests_properties(${name} PROPERTIES PROCESSORS ${test_PROCESSORS})
  endif()
  if(test_FIXTURES_REQUIRED)
    set_tests_properties(${name} PROPERTIES FIXTURES_REQUIRED "${test_FIXTURES_REQUIRED}")
  endif()
  if(test_NESTED_BUILD)
    set_tests_properties(${name} PROPERTIES ENVIRONMENT_MODIFICATION "CMAKE_GENERATOR=set:${CMAKE_GENERATOR}")
  endif()
endfunction()
