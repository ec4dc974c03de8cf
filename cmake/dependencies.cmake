# Every outside library, found once. A missing one names the Debian package that has it, one that is too old the version
# that is needed.
include(cmake/oldest_versions.cmake)
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

# isw_missing(what package): the one error message for what is not there
function(isw_missing what package)
  message(FATAL_ERROR "${what} was not found. On Debian: apt-get install ${package}")
endfunction()

# isw_pkg(NAME module package what): imported target isw::NAME from pkg-config; the first word of `what` has a row in
# oldest_versions.cmake
macro(isw_pkg name module package what)
  pkg_check_modules(${name} QUIET IMPORTED_TARGET ${module})
  if(NOT ${name}_FOUND)
    isw_missing("${what}" ${package})
  endif()
  string(REGEX REPLACE " .*" "" library "${what}")
  isw_check_version(${library} ${${name}_VERSION})
  add_library(isw::${name} ALIAS PkgConfig::${name})
endmacro()

isw_pkg(YAML yaml-0.1 libyaml-dev "libyaml")
isw_pkg(XXHASH libxxhash libxxhash-dev "xxHash")
isw_pkg(DEFLATE libdeflate libdeflate-dev "libdeflate")

find_path(RANDOM123_INCLUDE_DIR Random123/philox.h)
if(NOT RANDOM123_INCLUDE_DIR)
  isw_missing("Random123" librandom123-dev)
endif()
add_library(isw_random123 INTERFACE)
target_include_directories(isw_random123 SYSTEM INTERFACE ${RANDOM123_INCLUDE_DIR})
add_library(isw::RANDOM123 ALIAS isw_random123)

# HDF5: one process writes, so the serial library is the one meant; a machine may have the MPI-parallel one beside it.
set(INITSWEEP_HDF5 serial CACHE STRING "Which HDF5: serial or openmpi as Debian has them, or any that CMake finds")
set_property(CACHE INITSWEEP_HDF5 PROPERTY STRINGS serial openmpi any)
if(INITSWEEP_HDF5 STREQUAL any)
  find_package(HDF5 COMPONENTS C HL QUIET)
  if(NOT HDF5_FOUND)
    isw_missing("HDF5" libhdf5-dev)
  endif()
  isw_check_version(HDF5 ${HDF5_VERSION})
  add_library(isw_hdf5 INTERFACE)
  target_link_libraries(isw_hdf5 INTERFACE hdf5::hdf5_hl hdf5::hdf5)
  add_library(isw::HDF5 ALIAS isw_hdf5)
else()
  if(INITSWEEP_HDF5 STREQUAL serial)
    isw_pkg(HDF5 hdf5-serial libhdf5-dev "HDF5 (serial)")
  else()
    isw_pkg(HDF5 hdf5-${INITSWEEP_HDF5} libhdf5-${INITSWEEP_HDF5}-dev "HDF5 (${INITSWEEP_HDF5})")
  endif()
  # dimension scales; from HDF5 2 on Debian's library has the second name
  find_library(HDF5_HL_${INITSWEEP_HDF5} NAMES hdf5_hl hdf5_${INITSWEEP_HDF5}_hl HINTS ${HDF5_LIBRARY_DIRS})
  if(NOT HDF5_HL_${INITSWEEP_HDF5})
    isw_missing("HDF5's high-level library" libhdf5-dev)
  endif()
  target_link_libraries(PkgConfig::HDF5 INTERFACE ${HDF5_HL_${INITSWEEP_HDF5}})
endif()

find_package(MPI COMPONENTS C QUIET)
if(NOT MPI_C_FOUND)
  isw_missing("MPI" "libopenmpi-dev openmpi-bin")
endif()
isw_check_mpi_version("${MPI_C_INCLUDE_DIRS}")
add_library(isw_mpi INTERFACE)
target_link_libraries(isw_mpi INTERFACE MPI::MPI_C)
add_library(isw::MPI ALIAS isw_mpi)
# Open MPI without a plug-in for Slurm's own PMI (s1, s2) starts under srun by PMIx alone; else it ends the process.
# Read where MPI is Open MPI.
find_program(OMPI_INFO ompi_info)
if(OMPI_INFO)
  execute_process(COMMAND ${OMPI_INFO} --parsable OUTPUT_VARIABLE ompi_info ERROR_QUIET)
  if(ompi_info MATCHES "mca:pmix:" AND NOT ompi_info MATCHES "mca:pmix:(s1|s2|cray):")
    target_compile_definitions(isw_mpi INTERFACE INITSWEEP_MPI_NEEDS_PMIX)
  endif()
endif()

find_package(OpenMP COMPONENTS C QUIET)
if(NOT OpenMP_C_FOUND)
  isw_missing("OpenMP" "gcc, or libomp-dev for clang")
endif()
add_library(isw::OPENMP ALIAS OpenMP::OpenMP_C)

# Debian's own Python, by its real path: another may stand first on PATH
set(INITSWEEP_PYTHON /usr/bin/python3 CACHE FILEPATH "Python 3 of the system")
if(NOT EXISTS ${INITSWEEP_PYTHON})
  isw_missing("Python 3" python3)
endif()
execute_process(COMMAND ${INITSWEEP_PYTHON} -c "import platform; print(platform.python_version())"
                OUTPUT_VARIABLE python_version OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
isw_check_version(Python ${python_version})
