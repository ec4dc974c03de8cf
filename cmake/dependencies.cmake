# Every outside library, found once. A missing one names the Debian package that has it.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

# isw_missing(what package): the one error message for what is not there
function(isw_missing what package)
  message(FATAL_ERROR "${what} was not found. On Debian: apt-get install ${package}")
endfunction()

# isw_pkg(NAME module package what): imported target isw::NAME from pkg-config
macro(isw_pkg name module package what)
  pkg_check_modules(${name} QUIET IMPORTED_TARGET ${module})
  if(NOT ${name}_FOUND)
    isw_missing("${what}" ${package})
  endif()
  add_library(isw::${name} ALIAS PkgConfig::${name})
endmacro()

isw_pkg(YAML yaml-0.1 libyaml-dev "libyaml")
isw_pkg(XXHASH libxxhash libxxhash-dev "xxHash")
isw_pkg(ZLIB zlib zlib1g-dev "zlib")
isw_pkg(DEFLATE libdeflate libdeflate-dev "libdeflate")

find_path(SLEEF_INCLUDE_DIR sleef.h)
find_library(SLEEF_LIBRARY sleef)
if(NOT SLEEF_INCLUDE_DIR OR NOT SLEEF_LIBRARY)
  isw_missing("SLEEF" libsleef-dev)
endif()
add_library(isw_sleef INTERFACE)
target_include_directories(isw_sleef SYSTEM INTERFACE ${SLEEF_INCLUDE_DIR})
target_link_libraries(isw_sleef INTERFACE ${SLEEF_LIBRARY} m)
add_library(isw::SLEEF ALIAS isw_sleef)

find_path(RANDOM123_INCLUDE_DIR Random123/philox.h)
if(NOT RANDOM123_INCLUDE_DIR)
  isw_missing("Random123" librandom123-dev)
endif()
add_library(isw_random123 INTERFACE)
target_include_directories(isw_random123 SYSTEM INTERFACE ${RANDOM123_INCLUDE_DIR})
add_library(isw::RANDOM123 ALIAS isw_random123)

# HDF5: one process writes, so the serial library is the one meant; a machine may have the MPI-parallel one beside it.
set(INITSWEEP_HDF5 serial CACHE STRING "Which HDF5: serial or openmpi")
set_property(CACHE INITSWEEP_HDF5 PROPERTY STRINGS serial openmpi)
if(INITSWEEP_HDF5 STREQUAL serial)
  isw_pkg(HDF5 hdf5-serial libhdf5-dev "HDF5 (serial)")
else()
  isw_pkg(HDF5 hdf5-${INITSWEEP_HDF5} libhdf5-${INITSWEEP_HDF5}-dev "HDF5 (${INITSWEEP_HDF5})")
endif()
find_library(HDF5_HL_${INITSWEEP_HDF5} hdf5_hl HINTS ${HDF5_LIBRARY_DIRS}) # dimension scales
if(NOT HDF5_HL_${INITSWEEP_HDF5})
  isw_missing("HDF5's high-level library" libhdf5-dev)
endif()
target_link_libraries(PkgConfig::HDF5 INTERFACE ${HDF5_HL_${INITSWEEP_HDF5}})

find_package(MPI COMPONENTS C QUIET)
if(NOT MPI_C_FOUND)
  isw_missing("MPI" "libopenmpi-dev openmpi-bin")
endif()
add_library(isw::MPI ALIAS MPI::MPI_C)

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
