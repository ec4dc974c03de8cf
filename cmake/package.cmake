# The Debian package: `cpack -G DEB` in the build folder (docs/packaging.md).
set(INITSWEEP_MAINTAINER "The initsweep authors <authors@initsweep.invalid>" CACHE STRING
    "Maintainer that the Debian package names: whoever publishes it puts an address here")
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME initsweep)
set(CPACK_PACKAGE_VENDOR "The initsweep authors")
set(CPACK_PACKAGE_CONTACT "${INITSWEEP_MAINTAINER}")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "train grids of very many small neural networks, reproducibly to the bit")
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE
    WORLD_READ WORLD_EXECUTE)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "python3:any") # scripts/
string(CONCAT CPACK_DEBIAN_PACKAGE_RECOMMENDS
    "openmpi-bin, python3-h5py, python3-matplotlib, python3-netcdf4, python3-numpy, python3-xarray, "
    "python3-xxhash, python3-yaml")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"initsweep trains every network of a grid of initialisers, activations,
depths and other settings, which a sweep file describes: thousands to
millions of small fully connected networks, on one machine or on many with
MPI. It writes one HDF5 file. The bits of a trajectory depend only on the
sweep file. An interrupted run can be resumed.
.
The package contains the program, the UCI digits, example sweep files,
Python scripts that plot results, and the documentation.")
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/packaging/debian/stage.cmake)
set(CPACK_INITSWEEP_DEBIAN ${PROJECT_SOURCE_DIR}/packaging/debian)
include(CPack)
