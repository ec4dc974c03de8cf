#!/usr/bin/python3
"""HDF5 files that lead elsewhere or are incomplete: results files, stored weights and data. No other file is read, none
hangs, and each is opened or refused with one message. Needs INITSWEEP (the program)."""
import os
import subprocess
import sys
import unittest
import zlib

import h5py
import numpy

FOLDER = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(FOLDER, "..", "commands"))
from program import ENVIRONMENT, Case  # noqa: E402

SWEEP = """\
sweep: small
seed: 7
dataset: {name: xor}
network: {width: 3, activation: tanh, init: glorot_uniform}
train: {loss: mse, optimizer: adam, learning_rate: 0.05, steps: 20}
record: {steps: {geomspace: 4}, probes: [loss, gradient_norm], weights: both}
grid:
  network.depth: [1, 2]
  replicate: {range: [0, 3]}
"""
DATA = """\
sweep: data
seed: 7
dataset: {name: hdf5, path: data.h5, inputs: %s, targets: t}
network: {width: 3, depth: 1, activation: tanh, init: glorot_uniform}
train: {loss: mse, optimizer: sgd, learning_rate: 0.05, steps: 2}
record: {steps: [0, 2], probes: [loss]}
"""
WEIGHTS = SWEEP.replace("init: glorot_uniform", "depth: 1, init: {name: file, path: out.h5}").replace(
    "  network.depth: [1, 2]\n", "")
READERS = (("show", "out.h5"), ("show", "out.h5", "--json"), ("verify", "out.h5"),
           ("replay", "out.h5", "--network", "0"))


def virtual(group, name, source, shape, dtype, source_name):
    """A virtual dataset; h5py's own way writes '.' for the file itself."""
    layout = h5py.VirtualLayout(shape=shape, dtype=dtype)
    layout[...] = h5py.VirtualSource(source, source_name, shape=shape)
    group.create_virtual_dataset(name, layout)


def through_printf(group, name, dtype):
    """A virtual dataset whose shape is that of the files it names, and which names itself."""
    layout = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    unlimited = h5py.h5s.create_simple((4, 2), (h5py.h5s.UNLIMITED, 2))
    unlimited.select_hyperslab((0, 0), (h5py.h5s.UNLIMITED, 1), (1, 1), (1, 2))
    layout.set_virtual(unlimited, b".", name.encode(), unlimited)
    h5py.h5d.create(group.id, name.encode(), h5py.h5t.py_create(dtype), unlimited, layout)


def zeros_compressed(blocks):
    """zlib's form of so many blocks of 16 MiB of zeros, which takes a thousandth of that."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = compressor.compress(bytes(1 << 24)) + compressor.flush(zlib.Z_FULL_FLUSH)
    checksum = (blocks << 24) % 65521 << 16 | 1  # Adler-32 of zeros
    return b"\x78\xda" + block * blocks + compressor.flush() + checksum.to_bytes(4, "big")


class Files(Case):
    def run_program(self, *words, **environment):
        """As always, but what would hang fails within seconds."""
        return subprocess.run(self.command(words, 0), cwd=self.folder, env={**ENVIRONMENT, **environment}, check=False,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)

    def refused(self, message, *words):
        done = self.expect(2, *words, stdout="")
        self.assertIn(message, done.stderr)
        self.assertEqual(done.stderr.count("initsweep: ") + done.stderr.count("error: "), 1, done.stderr)
        self.assertNotIn("HDF5-DIAG", done.stderr)

    def setUp(self):
        super().setUp()
        # what hostile files try to reach: four samples of two, and weights
        with h5py.File(self.path("secret.h5"), "w") as file:
            file["x"] = numpy.full((4, 2), 77.0)
            file["g/x"] = numpy.full((4, 2), 77.0)
        numpy.full((4, 2), 77.0).tofile(self.path("secret"))
        os.mkfifo(self.path("fifo"))

    # Data

    def data(self, name, make):
        """The sweep that reads dataset NAME of a file that `make` completes."""
        with h5py.File(self.path("data.h5"), "w") as file:
            file["t"] = numpy.arange(4.0)
            file["good/x"] = numpy.eye(4)[:, :2]
            make(file)
        self.write("data.yaml", DATA % name)
        return "check", "data.yaml"

    def test_data_by_hard_links_are_read(self):
        def make(file):
            file["again"] = file["good"]
        for name in ("good/x", "/good/x", "good/./x", "./good//x", "again/x"):
            self.expect(0, *self.data(name, make), stderr="")

    def test_data_behind_other_links_are_refused(self):
        for link in (h5py.SoftLink("/good"), h5py.SoftLink("/outer/g"), h5py.ExternalLink("secret.h5", "/g"),
                     h5py.ExternalLink("fifo", "/g"), h5py.ExternalLink("data.h5", "/l")):
            def make(file, link=link):
                file["l"] = link
                file["outer"] = h5py.ExternalLink("secret.h5", "/")
            for name in ("l/x", "/l/x", "./l//x"):
                self.refused(f"data.h5: dataset '{name}' is behind a soft, external or user-defined link",
                             *self.data(name, make))
        for target in ("secret.h5", "fifo"):
            def make_last(file, target=target):
                file["x"] = h5py.ExternalLink(target, "/x")
            self.refused("data.h5: dataset 'x' is behind", *self.data("x", make_last))

    def test_data_stored_elsewhere_are_refused(self):
        def external(file, target):
            file.create_dataset("x", (4, 2), "f8", external=[(target, 0, h5py.h5f.UNLIMITED)])
        for target in ("secret", "fifo"):
            self.refused("data.h5: dataset 'x' is stored in other files (external storage)",
                         *self.data("x", lambda file, target=target: external(file, target)))
        for source, name in (("secret.h5", "x"), ("fifo", "x"), (".", "x"), (".", "good/x"), ("data.h5", "x")):
            self.refused("data.h5: dataset 'x' is virtual: its numbers are in other datasets",
                         *self.data("x", lambda file, source=source, name=name:
                                    virtual(file, "x", source, (4, 2), "f8", name)))
        self.refused("data.h5: dataset 'x' is virtual", *self.data("x", lambda file: through_printf(file, "x", "f8")))

    def test_a_chunk_that_takes_more_memory_than_a_file_should(self):
        """Four numbers of a chunk of 3.9 GiB, which takes 4 MB in the file."""
        def make(file):
            x = file.create_dataset("x", (4, 2), "f8", maxshape=(None, 2), chunks=((250 << 24) // 16, 2),
                                    compression="gzip")
            x.id.write_direct_chunk((0, 0), zeros_compressed(250))
        self.refused("data.h5: cannot read its numbers: memory allocation failed", *self.data("x", make))

    # Results files and stored weights

    def results(self):
        self.write("small.yaml", SWEEP)
        if os.path.exists(self.path("out.h5")):
            os.unlink(self.path("out.h5"))
        self.expect(0, "run", "small.yaml", "-o", "out.h5", "--quiet")

    def replaced(self, name, make):
        """Results whose dataset NAME is another, which make(file, shape, type) puts there."""
        self.results()
        with h5py.File(self.path("out.h5"), "r+") as file:
            shape, dtype = file[name].shape, file[name].dtype
            del file[name]
            make(file, shape, dtype)

    def test_results_stored_elsewhere_are_refused(self):
        self.write("weights.yaml", WEIGHTS)
        for name in ("loss", "weights_final", "network"):
            for kind, make in (
                    ("is stored in other files", lambda file, shape, dtype, name=name: file.create_dataset(
                        name, shape, dtype, external=[("fifo", 0, h5py.h5f.UNLIMITED)])),
                    ("is virtual", lambda file, shape, dtype, name=name: virtual(
                        file, name, ".", shape, dtype, name)),
                    ("is virtual", lambda file, shape, dtype, name=name: virtual(
                        file, name, "fifo", shape, dtype, name))):
                self.replaced(name, make)
                for words in READERS:
                    self.refused(f"out.h5: dataset '{name}' {kind}", *words)
                if name == "weights_final":
                    self.refused(f"out.h5: dataset '{name}' {kind}", "check", "weights.yaml")

    def test_results_behind_links_are_refused_where_they_are_needed(self):
        self.write("weights.yaml", WEIGHTS)
        for target in ("fifo", "secret.h5", "out.h5"):
            for name in ("network", "weights_final", "status"):
                def make(file, shape, dtype, target=target, name=name):
                    file[name] = h5py.ExternalLink(target, f"/{name}")
                self.replaced(name, make)
                behind = f"out.h5: dataset '{name}' is behind a soft, external or user-defined link"
                if name == "status":
                    self.refused("'status'", "verify", "out.h5")
                    continue
                self.refused(behind, "verify", "out.h5")
                if name == "weights_final":
                    self.refused(behind, "check", "weights.yaml")
                else:
                    self.refused(behind, "show", "out.h5")

    def test_attributes_behind_links_are_not_read(self):
        self.results()
        with h5py.File(self.path("out.h5"), "r+") as file:
            del file["provenance"]
            file["provenance"] = h5py.ExternalLink("fifo", "/")
        self.expect(0, "show", "out.h5")
        self.expect(0, "verify", "out.h5")

    def test_results_that_lack_a_dataset(self):
        # without a dimension scale the file's shape is unknown, and without `status` there is no summary
        for name, shown, verified in (("weights_final", True, 1), ("weights_initial", True, 1), ("loss", True, 1),
                                      ("parameter", True, 1), ("gradient_norm", True, 1), ("status", False, 1),
                                      ("network", False, 2), ("layer", False, 2)):
            self.results()
            with h5py.File(self.path("out.h5"), "r+") as file:
                del file[name]
            if shown:
                self.expect(0, "show", "out.h5", stderr="")
            else:
                self.refused(f"'{name}'", "show", "out.h5")
            if verified == 2:
                self.refused(f"'{name}'", "verify", "out.h5")
            else:
                done = self.expect(1, "verify", "out.h5")
                self.assertIn(f"dataset '{name}': missing in the file", done.stderr)

    def test_what_is_no_regular_file_is_not_opened(self):
        os.mkdir(self.path("folder"))
        for name in ("fifo", "folder", "/dev/zero"):
            for words in (("show", name), ("verify", name), ("replay", name, "--network", "0")):
                self.refused(f"{name} is no regular file", *words)


if __name__ == "__main__":
    unittest.main()
