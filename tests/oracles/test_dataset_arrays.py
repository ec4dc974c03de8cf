#!/usr/bin/python3
"""The user's arrays as NumPy writes them, against the same numbers as a CSV file: the same networks, bit for bit.

Environment: INITSWEEP, the program.
"""
import gzip
import os
import pathlib
import subprocess
import tempfile
import unittest

import h5py
import numpy

PROGRAM = os.environ["INITSWEEP"]
SWEEP = """\
sweep: arrays
precision: float64
dataset: {{{dataset}, {split}standardize: features}}
network: {{depth: 1, width: 3, activation: tanh, init: glorot_uniform}}
train: {{loss: {loss}, optimizer: sgd, learning_rate: 0.1, steps: 20}}
record: {{probes: [loss, test_loss], weights: final}}
"""


def sweep(dataset, loss):
    """A part of the samples is the test set, unless it has files of its own."""
    split = "" if "test_inputs" in dataset else "test_fraction: 0.25, "
    return SWEEP.format(dataset=dataset, split=split, loss=loss)


class Arrays(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def train(self, dataset, loss):
        """Losses and weights as bytes."""
        (self.folder / "sweep.yaml").write_text(sweep(dataset, loss), encoding="utf-8")
        (self.folder / "out.h5").unlink(missing_ok=True)
        subprocess.run([PROGRAM, "run", "sweep.yaml", "-o", "out.h5"], check=True, stdout=subprocess.DEVNULL,
                       cwd=self.folder)
        with h5py.File(self.folder / "out.h5") as file:
            return [file[name][:].tobytes() for name in ("loss", "test_loss", "weights_final")]

    def check(self, inputs, targets, kind, loss):
        table = numpy.column_stack([inputs.reshape(len(inputs), -1).astype(float), targets.astype(float)])
        numpy.savetxt(self.folder / "table.csv", table, delimiter=",", fmt="%.17g")
        numpy.save(self.folder / "x.npy", inputs)
        numpy.save(self.folder / "t.npy", targets)
        columns = inputs[0].size
        names = ",".join(str(columns + 1 + c) for c in range(table.shape[1] - columns))
        csv = self.train(f'name: csv, path: table.csv, target: "{names}", kind: {kind}, header: absent', loss)
        self.assertEqual(csv, self.train(f"name: npy, inputs: x.npy, targets: t.npy, kind: {kind}", loss))

    def test_every_type_is_numpys(self):
        random = numpy.random.default_rng(1)
        for name in ("<f4", "<f8", ">f4", ">f8", "i1", "<i2", ">i2", "<i4", ">i4", "<i8", ">i8", "u1", "<u2", "<u4",
                     "?"):
            with self.subTest(type=name):
                inputs = (random.normal(size=(20, 2, 2)) * 50).astype(name)
                self.check(inputs, random.normal(size=(20, 2)), "values", "mse")

    def test_kinds_of_targets(self):
        random = numpy.random.default_rng(2)
        inputs = random.normal(size=(30, 3))
        self.check(inputs, numpy.arange(30) * 7 % 11 % 4, "classes", "cross_entropy")
        self.check(inputs, numpy.arange(30)[:, None] * 7 % 11 % 2, "binary", "binary_cross_entropy")

    def test_versions_of_the_format(self):
        random = numpy.random.default_rng(3)
        inputs, targets = random.normal(size=(20, 3)), random.normal(size=20)
        self.check(inputs, targets, "values", "mse")
        first = self.train("name: npy, inputs: x.npy, targets: t.npy", "mse")
        for version in ((2, 0), (3, 0)):
            with open(self.folder / "x.npy", "wb") as file:
                numpy.lib.format.write_array(file, inputs, version=version)
            self.assertEqual(first, self.train("name: npy, inputs: x.npy, targets: t.npy", "mse"))

    def test_hdf5_datasets_are_the_same_arrays(self):
        """As h5py writes them: any numbers, byte order, chunks and compression; two or more dimensions; a test set of
        its own."""
        random = numpy.random.default_rng(4)
        inputs, targets = random.normal(size=(24, 2, 2)) * 50, random.integers(0, 3, size=24)
        for kind in ("<f4", ">f8", "<i2", ">i8", "u1"):
            with h5py.File(self.folder / "data.h5", "w") as file:
                file.create_dataset("train/x", data=inputs.astype(kind), chunks=(5, 2, 1), compression="gzip",
                                    shuffle=True)
                file["train/t"] = targets.astype(kind)
            with h5py.File(self.folder / "data.h5") as file:
                numpy.save(self.folder / "x.npy", file["train/x"][:].astype(float))
                numpy.save(self.folder / "t.npy", file["train/t"][:].astype(float))
            ours = self.train("name: hdf5, path: data.h5, inputs: train/x, targets: train/t, kind: classes",
                              "cross_entropy")
            self.assertEqual(ours, self.train("name: npy, inputs: x.npy, targets: t.npy, kind: classes",
                                              "cross_entropy"))
        apart = "test_inputs: {}, test_targets: {}, kind: classes"
        ours = self.train("name: hdf5, path: data.h5, inputs: train/x, targets: train/t, " + apart.format("train/x",
                                                                                                          "train/t"),
                          "cross_entropy")
        self.assertEqual(ours, self.train("name: npy, inputs: x.npy, targets: t.npy, " + apart.format("x.npy", "t.npy"),
                                          "cross_entropy"))

    def test_gzipped_files_are_what_they_unpack_to(self):
        random = numpy.random.default_rng(5)
        numpy.save(self.folder / "x.npy", random.normal(size=(900, 40)))
        numpy.save(self.folder / "t.npy", random.normal(size=900))
        for name in ("x.npy", "t.npy"):
            whole = (self.folder / name).read_bytes()
            middle = len(whole) // 3  # two members
            (self.folder / f"{name}.gz").write_bytes(gzip.compress(whole[:middle]) + gzip.compress(whole[middle:], 1))
        plain = self.train("name: npy, inputs: x.npy, targets: t.npy", "mse")
        self.assertEqual(plain, self.train("name: npy, inputs: x.npy.gz, targets: t.npy.gz", "mse"))

    def refuse(self, dataset, expected):
        (self.folder / "sweep.yaml").write_text(sweep(dataset, "mse"), encoding="utf-8")
        done = subprocess.run([PROGRAM, "check", "sweep.yaml"], capture_output=True, text=True, cwd=self.folder)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn(expected, done.stderr)
        self.assertIn("sweep.yaml:3:", done.stderr)

    def test_what_is_wrong_with_an_hdf5_file_is_said(self):
        with h5py.File(self.folder / "data.h5", "w") as file:
            file["x"], file["t"], file["short"] = numpy.ones((4, 2)), numpy.ones(4), numpy.ones(3)
            file["nan"], file["text"], file["none"] = numpy.full(4, numpy.nan), ["a"] * 4, numpy.ones((4, 0))
            file["half"] = numpy.array([0, 1, 0.5, 1])
            file.create_dataset("huge", shape=(2**40, 2**10), dtype="f8", chunks=(1, 2**10))
        (self.folder / "cut.h5").write_bytes((self.folder / "data.h5").read_bytes()[:2000])
        for dataset, expected in (
            ("targets: t", "has no dataset 'inputs'"),
            ("inputs: x, targets: short", "/data.h5, short 3"),
            ("inputs: x, targets: nan", "nan: sample 1, column 1: nan is not finite"),
            ("inputs: text, targets: t", "dataset 'text' does not hold plain numbers"),
            ("inputs: none, targets: t", "size 2 of dataset 'none' is 0"),
            ("inputs: huge, targets: t", "dataset 'huge' takes more than 4096 MiB"),
            ("inputs: x, targets: half, kind: binary", "target 3 is 0.5, neither 0 nor 1"),
            ("inputs: x, targets: t, test_inputs: x", "test_inputs and test_targets go together"),
            ("inputs: x, targets: t, balance: subsample", "balance is for classes"),
        ):
            with self.subTest(dataset):
                self.refuse(f"name: hdf5, path: data.h5, {dataset}", expected)
        self.refuse("name: hdf5, path: cut.h5, inputs: x, targets: t", "cannot open this file")
        self.refuse("name: hdf5, path: ., inputs: x, targets: t", "is no regular file")

    def test_random_damage_to_hdf5_files_is_no_danger(self):
        """Files with bytes changed or cut: read, or refused with a message; the program neither crashes nor hangs."""
        random = numpy.random.default_rng(6)
        with h5py.File(self.folder / "data.h5", "w", libver="latest") as file:
            file.create_dataset("inputs", data=random.normal(size=(6, 2)), chunks=(3, 2), compression="gzip")
            file["targets"] = numpy.arange(6.0)
        whole = numpy.frombuffer((self.folder / "data.h5").read_bytes(), dtype="u1")
        (self.folder / "sweep.yaml").write_text(sweep("name: hdf5, path: bad.h5", "mse"),
                                                encoding="utf-8")
        ends = []
        for _ in range(40):
            bad = whole.copy()
            bad[random.integers(0, len(bad), size=random.integers(1, 6))] = random.integers(0, 256)
            if random.random() < 0.2:
                bad = bad[: random.integers(0, len(bad))]
            (self.folder / "bad.h5").write_bytes(bad.tobytes())
            done = subprocess.run([PROGRAM, "check", "sweep.yaml"], capture_output=True, text=True, cwd=self.folder,
                                  timeout=60)
            self.assertIn(done.returncode, (0, 2), done.stderr)
            self.assertEqual(done.returncode == 2, "error:" in done.stderr)
            ends.append(done.returncode)
        self.assertGreater(ends.count(2), 5)

    def test_fortran_order_is_refused(self):
        numpy.save(self.folder / "x.npy", numpy.asfortranarray(numpy.ones((4, 3))))
        numpy.save(self.folder / "t.npy", numpy.ones(4))
        (self.folder / "sweep.yaml").write_text(
            sweep("name: npy, inputs: x.npy, targets: t.npy", "mse"), encoding="utf-8")
        done = subprocess.run([PROGRAM, "check", "sweep.yaml"], capture_output=True, text=True, cwd=self.folder)
        self.assertEqual(done.returncode, 2)
        self.assertIn("x.npy is not in C order", done.stderr)


if __name__ == "__main__":
    unittest.main()
