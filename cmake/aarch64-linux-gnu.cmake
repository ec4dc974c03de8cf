# Toolchain for 64-bit Arm: Debian's cross compiler, and the libraries of an unpacked Debian of that architecture in
# INITSWEEP_SYSROOT, as scripts/arm64_package.sh makes one.
#   cmake --toolchain cmake/aarch64-linux-gnu.cmake -D INITSWEEP_SYSROOT=FOLDER ...
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)

set(INITSWEEP_SYSROOT "" CACHE PATH "Root of the 64-bit Arm system whose libraries are linked")
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES INITSWEEP_SYSROOT)
set(sysroot_libraries ${INITSWEEP_SYSROOT}/usr/lib/aarch64-linux-gnu)
if(NOT INITSWEEP_SYSROOT OR NOT IS_DIRECTORY ${sysroot_libraries})
  message(FATAL_ERROR "INITSWEEP_SYSROOT is '${INITSWEEP_SYSROOT}', which has no usr/lib/aarch64-linux-gnu: "
                      "scripts/arm64_package.sh makes one")
endif()
set(CMAKE_SYSROOT ${INITSWEEP_SYSROOT})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${INITSWEEP_SYSROOT})
set(ENV{PKG_CONFIG_LIBDIR} ${sysroot_libraries}/pkgconfig:${INITSWEEP_SYSROOT}/usr/share/pkgconfig)

# mpicc here would answer for this machine's library
set(MPI_C_COMPILER_INCLUDE_DIRS ${sysroot_libraries}/openmpi/include)
set(MPI_C_LIB_NAMES mpi)
set(MPI_mpi_LIBRARY ${sysroot_libraries}/openmpi/lib/libmpi.so)

# The program writes its own manual pages and completions
find_program(QEMU_AARCH64 qemu-aarch64)
if(QEMU_AARCH64)
  set(CMAKE_CROSSCOMPILING_EMULATOR ${QEMU_AARCH64} -L ${INITSWEEP_SYSROOT})
endif()
