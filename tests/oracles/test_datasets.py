#!/usr/bin/python3
"""The user's arrays as NumPy writes them, against the same numbers as a CSV file: the same networks, bit for bit.

Environment: INITSWEEP, the program.
"""
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
dataset: {{{dataset}, test_fraction: 0.25, standardize: features}}
network: {{depth: 1, width: 3, activation: tanh, init: glorot_uniform}}
train: {{loss: {loss}, optimizer: sgd, learning_rate: 0.1, steps: 20}}
record: {{probes: [loss, test_loss], weights: final}}
"""


class Arrays(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def train(self, dataset, loss):
        """Losses and weights as bytes."""
        (self.folder / "sweep.yaml").write_text(SWEEP.format(dataset=dataset, loss=loss), encoding="utf-8")
        (self.folder / "out.h5").unlink(missing_ok=True)
        subprocess.run([PROGRAM, "run", "sweep.yaml", "-o", "out.h5"], check=True, stdout=subprocess.DEVNULL, cwd=self.folder)
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
        for name in ("<f4", "<f8", ">f4", ">f8", "i1", "<i2", ">i2", "<i4", ">i4", "<i8", ">i8", "u1", "<u2", "<u4", "?"):
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

    def test_fortran_order_is_refused(self):
        numpy.save(self.folder / "x.npy", numpy.asfortranarray(numpy.ones((4, 3))))
        numpy.save(self.folder / "t.npy", numpy.ones(4))
        (self.folder / "sweep.yaml").write_text(
            SWEEP.format(dataset="name: npy, inputs: x.npy, targets: t.npy", loss="mse"), encoding="utf-8")
        done = subprocess.run([PROGRAM, "check", "sweep.yaml"], capture_output=True, text=True, cwd=self.folder)
        self.assertEqual(done.returncode, 2)
        self.assertIn("x.npy is not in C order", done.stderr)


if __name__ == "__main__":
    unittest.main()
