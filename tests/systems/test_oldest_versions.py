#!/usr/bin/python3
"""What is too old to build the program is told at configure time: everything at once, with the version that is needed.

Compilers and libraries of this machine pretend to be older: a compiler by its macros, a library by its pkg-config file
or its header. Needs CMAKE and INITSWEEP_SOURCE.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import requirements  # noqa: E402

SOURCE = pathlib.Path(os.environ["INITSWEEP_SOURCE"])
MODULES = {"HDF5": ("hdf5-serial", "1.8.20"), "libyaml": ("yaml-0.1", "0.1.7"), "xxHash": ("libxxhash", "0.7.3"),
           "libdeflate": ("libdeflate", "1.8")}
MPI = {"Open MPI": ("3.1", "mpicc.openmpi", "#define OMPI_MAJOR_VERSION 3\n#define OMPI_MINOR_VERSION 1\n"),
       "MPICH": ("3.4.3", "mpicc.mpich", '#define MPICH_VERSION "3.4.3"\n')}
COMPILERS = {"gcc": ("11.", "-U__GNUC__ -D__GNUC__=11"), "clang": ("13.", "-U__clang_major__ -D__clang_major__=13")}


def table():
    """Names and oldest versions."""
    text = (SOURCE / "cmake/oldest_versions.cmake").read_text(encoding="utf-8")
    return dict(re.findall(r'^  "([\w ]+) ([\d.]+)"', text, re.MULTILINE))


def script(path, text):
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


class OldestVersions(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory(prefix="initsweep-versions-")
        self.addCleanup(holder.cleanup)
        self.folder = pathlib.Path(holder.name)

    def configure(self, *definitions, **environment):
        """Exit status and errors of a configuration in a new folder."""
        done = subprocess.run([os.environ["CMAKE"], "-S", SOURCE, "-B", self.folder / "build", "-DBUILD_TESTING=OFF",
                               *(f"-D{name}={value}" for name, value in definitions)],
                              env={**os.environ, **environment}, capture_output=True, text=True, check=False)
        return done.returncode, " ".join(done.stderr.split())

    def older_modules(self):
        """A folder of pkg-config files that are this machine's but for the version."""
        for module, version in MODULES.values():
            where = subprocess.run(["pkg-config", "--variable=pcfiledir", module], capture_output=True, text=True,
                                   check=True).stdout.strip()
            text = pathlib.Path(where, f"{module}.pc").read_text(encoding="utf-8")
            changed = re.sub(r"^Version:.*$", f"Version: {version}", text, flags=re.MULTILINE)
            (self.folder / f"{module}.pc").write_text(changed, encoding="utf-8")
        return str(self.folder)

    def older(self, compiler, mpi):
        """What a configuration says with everything too old, and what it should say of each."""
        version, wrapper, header = MPI[mpi]
        shown = subprocess.run([requirements.tool(wrapper), "-show"], capture_output=True, text=True,
                               check=True).stdout
        (self.folder / "mpi.h").write_text(header, encoding="utf-8")
        macros = COMPILERS[compiler][1]
        python = script(self.folder / "python3", "echo 3.10.12")
        status, said = self.configure(
            ("CMAKE_C_COMPILER", script(self.folder / compiler, f'exec {requirements.tool(compiler)} {macros} "$@"')),
            ("MPI_C_COMPILER_INCLUDE_DIRS", ";".join([str(self.folder), *re.findall(r"-I(\S+)", shown)])),
            ("INITSWEEP_PYTHON", python), PKG_CONFIG_PATH=self.older_modules())
        self.assertNotEqual(status, 0, said)
        self.assertFalse((self.folder / "build/Makefile").exists() or (self.folder / "build/build.ninja").exists())
        expected = {compiler: COMPILERS[compiler][0], mpi: version, "Python": "3.10.12",
                    **{name: version for name, (_, version) in MODULES.items()}}
        for name, oldest in table().items():
            if name in expected:
                self.assertRegex(said, rf"{name} {re.escape(expected[name])}\S* is too old: this program needs {name} "
                                       rf"{re.escape(oldest)} or later")
        self.assertEqual(said.count("is too old"), len(expected), said)
        return set(expected)

    def test_all_that_is_too_old_is_told_at_once(self):
        tried = self.older("gcc", "Open MPI")
        (self.folder / "build/CMakeCache.txt").unlink()
        tried |= self.older("clang", "MPICH")
        self.assertEqual(tried, set(table()))

    def test_the_page_has_the_table(self):
        page = (SOURCE / "docs/packaging.md").read_text(encoding="utf-8")
        rows = re.findall(r"^\| ([\w ]+) \| ([\d.]+) \|", page.partition("## Versions")[2].partition("\n## ")[0],
                          re.MULTILINE)
        cmake = re.search(r"cmake_minimum_required\(VERSION ([\d.]+)\)",
                          (SOURCE / "CMakeLists.txt").read_text(encoding="utf-8"))[1]
        self.assertEqual(dict(rows), {"CMake": cmake, **table()})


if __name__ == "__main__":
    unittest.main()
