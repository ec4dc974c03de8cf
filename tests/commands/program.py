"""Runs the program for the tests: where it is, how MPI is started, and what a results file holds."""
import fcntl
import os
import pty
import struct
import subprocess
import sys
import tempfile
import termios
import unittest

import h5py

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import requirements  # noqa: E402,F401 (for the tests too)

PROGRAM = os.environ["INITSWEEP"]
MPIEXEC = os.environ.get("MPIEXEC", "mpirun")
MPI_SETTINGS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../scripts/mpi_settings.sh")


def mpi_settings(*groups, launcher=MPIEXEC):
    """Variables for a launcher (scripts/mpi_settings.sh)."""
    lines = subprocess.run([MPI_SETTINGS, "--launcher", launcher, *groups], stdout=subprocess.PIPE, text=True,
                           check=True).stdout.splitlines()
    return dict(line.split("=", 1) for line in lines)


# As root, and with more ranks than cores: of tests only, also of those that ctest did not start
ENVIRONMENT = {**os.environ, **mpi_settings("root", "crowded", "one-host"), "OMP_NUM_THREADS": "1"}
for name in list(ENVIRONMENT):
    if name in ("COLUMNS", "OMP_THREAD_LIMIT", "INITSWEEP_KERNELS", "INITSWEEP_LAYOUT") or name.startswith("SLURM_"):
        del ENVIRONMENT[name]

SMALL = """\
sweep: small
seed: 7
dataset: {name: xor}
network: {width: 3}
train: {loss: mse, optimizer: sgd, learning_rate: 0.5, steps: 40}
record: {steps: {geomspace: 6}, probes: [loss, accuracy, gradient_norm, distinct_units], weights: both}
grid:
  network.init: [zeros, {name: constant, value: [0.1, 0.5]}, glorot_uniform]
  network.activation: [tanh, relu]
  network.depth: [1, 2]
  train.learning_rate: [0.5, 1.0e30]
  replicate: {range: [0, 4]}
"""
SMALL_NETWORKS = 4 * 2 * 2 * 2 * 5
# A results file of several parts (src/results/parts.c): eight of weights, 64 MB in all, then one of numbers
SEVERAL_PARTS = """\
sweep: parts
seed: 7
dataset: {name: digits}
network: {depth: 2, width: 128, activation: relu}
train: {loss: cross_entropy, optimizer: sgd, learning_rate: 0.1, batch_size: 4, steps: 1}
record: {steps: [0, 1], probes: [batch_loss], weights: both}
grid:
  network.init: [he_normal, {name: normal, std: 0.1}]
  replicate: {range: [0, 149]}
"""


def ranks_of(launcher):
    """Processes of the program under a launcher, its children or (MPICH) theirs; the launcher where there are none
    yet."""
    listing = subprocess.run(["ps", "-e", "-o", "pid=,ppid=,stat=,comm="], capture_output=True, text=True,
                             check=True).stdout
    rows = [(int(row[0]), int(row[1]), row[3]) for row in map(str.split, listing.splitlines()) if row[2][0] != "Z"]
    under = {launcher}
    while more := {pid for pid, parent, _ in rows if parent in under} - under:
        under |= more
    return sorted(pid for pid, _, name in rows if pid in under - {launcher}
                  and name.startswith("initsweep")) or [launcher]


class Case(unittest.TestCase):
    """A test with a folder of its own, in which the program starts."""

    maxDiff = None
    program = PROGRAM

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def write(self, name, text):
        """A file of the test's folder; returns its name."""
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
            file.write(text)
        return name

    def path(self, name):
        return os.path.join(self.folder, name)

    def command(self, words, ranks=0):
        return ([MPIEXEC, "-n", str(ranks)] if ranks else []) + [self.program, *words]

    def run_program(self, *words, ranks=0, timeout=300, **environment):
        """Runs to the end. ranks 0: without mpirun."""
        return subprocess.run(self.command(words, ranks), cwd=self.folder, env={**ENVIRONMENT, **environment},
                              capture_output=True, text=True, check=False, timeout=timeout)

    def expect(self, status, *words, stdout=None, stderr=None, **more):
        """Runs, compares exit status and, where given, exact output."""
        done = self.run_program(*words, **more)
        self.assertEqual(done.returncode, status, f"{words}: {done.stdout}{done.stderr}")
        if stdout is not None:
            self.assertEqual(done.stdout, stdout)
        if stderr is not None:
            self.assertEqual(done.stderr, stderr)
        return done

    def on_terminal(self, words, width, ranks=0, stdout=True, **environment):
        """Runs with stderr, and stdout unless it is False, on a terminal of that width. Returns exit status, what went
        to another stdout, and what the terminal was sent."""
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
        with tempfile.TemporaryFile() as apart:
            process = subprocess.Popen(self.command(words, ranks), cwd=self.folder, stdout=theirs if stdout else apart,
                                       stderr=theirs, env={**ENVIRONMENT, "TERM": "xterm", **environment})
            os.close(theirs)
            shown = b""
            while True:
                try:
                    part = os.read(ours, 4096)
                except OSError:  # the other side has closed
                    break
                if not part:
                    break
                shown += part
            os.close(ours)
            status = process.wait()
            apart.seek(0)
            return status, apart.read().decode(), shown.decode()

    def files(self):
        return sorted(os.listdir(self.folder))

    def chunks(self, name):
        """The place, size and filters of every chunk of a results file."""
        with h5py.File(self.path(name), "r") as file:
            return {key: [item.id.get_chunk_info(i) for i in range(item.id.get_num_chunks())]
                    for key, item in file.items() if isinstance(item, h5py.Dataset) and item.chunks}

    def contents(self, name):
        """Everything of a results file outside /provenance: name -> (shape, type, bytes, attributes)."""
        found = {}

        def attributes(item):
            return {key: repr(value) for key, value in item.attrs.items()
                    if key not in ("DIMENSION_LIST", "REFERENCE_LIST")}

        with h5py.File(self.path(name), "r") as file:
            found["/"] = attributes(file)
            for key, item in file.items():
                if key == "provenance":
                    continue
                values = item[()]
                data = values.tolist() if item.dtype.kind == "O" else values.tobytes()
                found[key] = (item.shape, str(item.dtype), data, attributes(item))
        return found
