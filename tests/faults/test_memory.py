#!/usr/bin/python3
"""The main commands with freed memory overwritten (MALLOC_PERTURB_) and under valgrind.

The sanitizers do not see into libhdf5; these do.

Needs INITSWEEP (the program) and FAILING_CALLS (the library of failing_calls.c), and valgrind on PATH.
"""
import os
import shutil
import sys
import unittest

FOLDER = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(FOLDER, "..", "commands"))
from program import Case  # noqa: E402

FAILING_CALLS = os.environ["FAILING_CALLS"]
# Datasets of every kind: texts, weights, steps per network, quantities with and without layers, one number per network
SWEEP = """\
sweep: small
seed: 7
dataset: {name: xor}
network: {width: 3, activation: tanh}
train: {loss: mse, optimizer: adam, learning_rate: 0.05}
record: {steps: {geomspace: 4}, probes: [loss, distinct_units, gradient_norm, escape_step], weights: both}
grid:
  network.init: [zeros, glorot_uniform]
  network.depth: [1, 2]
  train.steps: [20, 30]
  replicate: {range: [0, 3]}
"""
# Freed memory is filled with 0xaa: as a pointer, an address that no process can have. Blocks in glibc's thread cache
# are not filled.
PERTURB = {"MALLOC_PERTURB_": "170", "GLIBC_TUNABLES": "glibc.malloc.tcache_count=0"}
with open("/proc/cpuinfo", encoding="ascii") as cpuinfo:  # valgrind 3.19 does not know AVX-512
    VALGRIND = {"INITSWEEP_KERNELS": "avx2"} if "avx512f" in cpuinfo.read() else {}


class Memory(Case):
    def setUp(self):
        super().setUp()
        self.write("small.yaml", SWEEP)
        # the second rename, that of the results file, fails, so that the journal stays
        self.expect(1, "run", "small.yaml", "-o", "stopped.h5", LD_PRELOAD=FAILING_CALLS, FAULT_KIND="rename",
                    FAULT_AT="2", FAULT_UNDER=self.path("stopped.h5"))

    def main_commands(self, ranks, **environment):
        """Runs each of them once; all must succeed."""
        for ranks_of_command, *words in (
                (0, "check", "small.yaml"),
                (0, "plan", "small.yaml"),
                (ranks, "run", "small.yaml", "-o", "out.h5"),
                (0, "gather", "stopped.h5.parts", "-o", "gathered.h5"),
                (0, "show", "out.h5"),
                (0, "show", "out.h5", "--json"),
                (0, "verify", "out.h5"),
                (0, "replay", "out.h5", "--network", "5", "--every", "-o", "5.csv")):
            self.expect(0, *words, ranks=ranks_of_command, XDG_CACHE_HOME=self.path("cache"), **environment)
        self.assertEqual(self.contents("gathered.h5"), self.contents("out.h5"))

    def test_freed_memory_is_not_used(self):
        self.main_commands(2, **PERTURB)

    def test_valgrind_finds_nothing(self):
        self.assertTrue(shutil.which("valgrind"), "valgrind is not installed (scripts/packages.txt)")
        # under valgrind, plan's measurements would take minutes: it finds these in its cache
        self.expect(0, "plan", "small.yaml", XDG_CACHE_HOME=self.path("cache"), **VALGRIND)
        self.command = lambda words, ranks=0: [
            "valgrind", "-q", "--error-exitcode=99", "--leak-check=full", "--errors-for-leak-kinds=definite",
            "--show-leak-kinds=definite", "--suppressions=" + os.path.join(FOLDER, "valgrind.supp"),
            *Case.command(self, words, ranks)]
        self.main_commands(0, **VALGRIND)


if __name__ == "__main__":
    unittest.main()
