# The Debian package: `cpack -G DEB` in the build folder (docs/packaging.md).
set(INITSWEEP_MAINTAINER "The initsweep authors <authors@initsweep.invalid>" CACHE STRING
    "Maintainer that the Debian package names: whoever publishes it puts an address here")
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME initsweep)
set(CPACK_PACKAGE_VENDOR "The initsweep authors")
set(CPACK_PACKAGE_CONTACT "${INITSWEEP_MAINTAINER}")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "sweeps of very many small neural networks over their starts")
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "python3:any") # scripts/
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS
    "openmpi-bin, python3-h5py, python3-matplotlib, python3-netcdf4, python3-numpy, python3-xarray, python3-yaml")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"initsweep trains every network of a grid of initialisers, activations,
depths and other settings that a sweep file names, thousands to millions of
small fully connected networks, on one machine or on many by MPI, and leaves
one HDF5 file. The bits of a trajectory depend on the sweep file alone, and
a run that was stopped goes on where it was.
.
The package has the program, the UCI digits, sweep files as examples, Python
scripts that draw results, and the documentation.")
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/packaging/debian/stage.cmake)
set(CPACK_INITSWEEP_DEBIAN ${PROJECT_SOURCE_DIR}/packaging/debian)
include(CPack)
