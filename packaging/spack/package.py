# Spack recipe, for Spack 1.0 and later. Copy it to packages/initsweep/package.py of a repository, set the address of
# the sources, and run `spack install initsweep`. It installs no manual pages, because Spack has no scdoc.
from spack_repo.builtin.build_systems.cmake import CMakePackage, generator

from spack.package import *


class Initsweep(CMakePackage):
    """Trains very many small neural networks over grids of settings, reproducibly to the bit."""

    license("MIT")

    # no release is published; build from a checkout: `spack develop --path CHECKOUT initsweep@0.1.0`
    version("0.1.0")

    depends_on("c", type="build")
    depends_on("cmake@3.25:", type="build")
    depends_on("ninja", type="build")
    depends_on("pkgconfig", type="build")
    depends_on("random123", type="build")
    depends_on("mpi")
    depends_on("hdf5@1.10:~mpi+hl")
    depends_on("libyaml")
    depends_on("xxhash")
    depends_on("libdeflate")
    depends_on("python", type=("build", "run"))
    for package in ("py-numpy", "py-xarray", "py-netcdf4", "py-h5py", "py-matplotlib", "py-pyyaml", "py-xxhash"):
        depends_on(package, type="run")

    generator("ninja")

    def cmake_args(self):
        return [
            self.define("BUILD_TESTING", False),
            self.define("INITSWEEP_HDF5", "any"),
            self.define("INITSWEEP_PYTHON", self.spec["python"].command.path),
        ]

    def setup_run_environment(self, env):
        env.prepend_path("PYTHONPATH", self.prefix.share.initsweep.scripts)
