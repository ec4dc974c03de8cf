#!/usr/bin/python3
"""What a test needs beside the program: a tool, a Python module, a permission. One place decides what its absence
means.

    requirements.py WHAT      for shell scripts: prints the reason, exit status 77 (skipped) or 1 (failed)

A test without what it needs is skipped. With INITSWEEP_REQUIRE_ALL=1 in the environment, as .ci/run sets it, it fails,
but for what MAY_BE_ABSENT names.
"""
import importlib
import os
import shutil
import sys
import unittest

SKIPPED = 77

# What even a machine with all of scripts/packages.txt may lack, with the reason
MAY_BE_ABSENT = {
    "network namespaces": "a container is rarely allowed to make them",
    "clang-format 14": "each release formats in its own way, and the sources have the form of Debian 12's",
    "an MPI that needs no folder for a single process": "Open MPI 5 makes one, which it does not remove",
    "Debian's mirror": "packages of other systems are downloaded from it; the machine may have no network",
}


def absence(what: str) -> Exception:
    """The exception that ends a test which lacks `what`: a skip, or a failure where everything is required."""
    if os.environ.get("INITSWEEP_REQUIRE_ALL") and what not in MAY_BE_ABSENT:
        return AssertionError(f"{what} is missing, and INITSWEEP_REQUIRE_ALL is set")
    return unittest.SkipTest(f"{what} is missing" + (f" ({MAY_BE_ABSENT[what]})" if what in MAY_BE_ABSENT else ""))


def need(found: object, what: str) -> None:
    """Ends the test unless `found` is true."""
    if not found:
        raise absence(what)


def tool(name: str) -> str:
    """Path of a program on PATH; ends the test where there is none."""
    path = shutil.which(name)
    need(path, name)
    return path


def module(name: str):
    """A Python module; ends the test where it is not installed."""
    try:
        return importlib.import_module(name)
    except ImportError:
        raise absence(f"Python's {name}") from None


def end(error: Exception) -> None:
    """Ends a script that is no unittest as the exception of `absence` says."""
    skipped = isinstance(error, unittest.SkipTest)
    print(f"{'skipped' if skipped else 'error'}: {error}", flush=True)
    sys.exit(SKIPPED if skipped else 1)


if __name__ == "__main__":
    end(absence(sys.argv[1]))
