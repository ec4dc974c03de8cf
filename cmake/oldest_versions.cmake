# The oldest versions that build the program: Debian 12 has these or newer ones, and nothing older is tested. CMake's
# own is in CMakeLists.txt's first line. docs/packaging.md has the same table.
set(ISW_OLDEST_VERSIONS
  "gcc 12"
  "clang 14"
  "HDF5 1.10"
  "Open MPI 4.0"
  "MPICH 4.0"
  "libyaml 0.2"
  "xxHash 0.8"
  "libdeflate 1.14"
  "Python 3.11")

# isw_check_version(name found): one message for what is too old. The configuration goes on, so that all are told at
# once, and fails at its end.
function(isw_check_version name found)
  set(row ${ISW_OLDEST_VERSIONS})
  list(FILTER row INCLUDE REGEX "^${name} [0-9.]+$")
  string(REGEX REPLACE "^${name} " "" oldest "${row}")
  if(found VERSION_LESS oldest)
    message(SEND_ERROR "${name} ${found} is too old: this program needs ${name} ${oldest} or later "
                       "(docs/packaging.md, \"Versions\")")
  endif()
endfunction()

# isw_check_mpi_version(folders): Open MPI and MPICH name themselves in mpi.h. Other libraries, which derive from one of
# these and have numbers of their own, are taken as they are.
function(isw_check_mpi_version folders)
  find_file(header mpi.h PATHS ${folders} NO_DEFAULT_PATH NO_CMAKE_FIND_ROOT_PATH NO_CACHE)
  if(NOT header)
    return()
  endif()
  file(STRINGS ${header} lines
       REGEX "define +(OMPI_(MAJOR|MINOR)_VERSION|MPICH_VERSION|I_MPI_VERSION|MVAPICH2_VERSION) ")
  if(lines MATCHES "I_MPI_VERSION|MVAPICH2_VERSION")
    return()
  elseif(lines MATCHES "OMPI_MAJOR_VERSION +([0-9]+).*OMPI_MINOR_VERSION +([0-9]+)")
    isw_check_version("Open MPI" ${CMAKE_MATCH_1}.${CMAKE_MATCH_2})
  elseif(lines MATCHES "MPICH_VERSION +\"([0-9.]+)")
    isw_check_version(MPICH ${CMAKE_MATCH_1})
  endif()
endfunction()

if(CMAKE_C_COMPILER_ID STREQUAL GNU)
  isw_check_version(gcc ${CMAKE_C_COMPILER_VERSION})
elseif(CMAKE_C_COMPILER_ID STREQUAL Clang)
  isw_check_version(clang ${CMAKE_C_COMPILER_VERSION})
endif()
