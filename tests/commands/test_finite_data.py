#!/usr/bin/python3
"""Numbers that float32 cannot hold are refused in a float32 sweep, with file and sample, by every reader."""
import unittest

import h5py
import numpy as np

from program import Case

SWEEP = """\
dataset: DATASET
network: {depth: 1, width: 2, activation: tanh, init: INIT}
train: {loss: mse, optimizer: sgd, learning_rate: 0.1, steps: 1}
"""


class FiniteData(Case):
    def check(self, dataset, init="zeros", precision="float32", status=2):
        self.write("sweep.yaml", SWEEP.replace("DATASET", dataset).replace("INIT", init))
        return self.expect(status, "check", "sweep.yaml", "--set", f"precision={precision}").stderr

    def refused(self, words, dataset, init="zeros"):
        self.assertIn(f"{words} is not finite in float32", self.check(dataset, init))
        self.check(dataset, init, "float64", 0)

    def test_every_reader_names_file_and_sample(self):
        good, bad = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), np.array([[1.0, 2.0], [3.0, 4.0], [5.0, -1e308]])
        for name, values in (("good", good), ("bad", bad)):
            np.save(self.path(f"{name}.npy"), values)
            head = bytes([0, 0, 0x0E, 2]) + (3).to_bytes(4, "big") + (2).to_bytes(4, "big")
            with open(self.path(f"{name}.idx"), "wb") as file:
                file.write(head + values.astype(">f8").tobytes())
            with h5py.File(self.path(f"{name}.h5"), "w") as file:
                file["inputs"], file["targets"] = values, good
        self.write("bad.csv", "1,2,0\n3,4,1\n5,-1e308,0\n")
        self.refused("bad.csv:3:3: '-1e308' in column 2 (sample 3)", "{name: csv, path: bad.csv, test_fraction: 0}")
        self.refused("bad.csv:3:3: '-1e308' in column 2 (sample 3)",
                     "{name: csv, path: bad.csv, target: 2, test_fraction: 0.4}")
        for kind in ("npy", "idx"):
            more = "" if kind == "npy" else ", kind: values"
            start = f"name: {kind}, inputs: good.{kind}, targets: good.{kind}{more}"
            wrong = f"bad.{kind}: sample 3, column 2: -1e+308"
            self.refused(wrong, f"{{name: {kind}, inputs: bad.{kind}, targets: good.{kind}{more}}}")
            self.refused(wrong, f"{{name: {kind}, inputs: good.{kind}, targets: bad.{kind}{more}}}")
            self.refused(wrong, f"{{{start}, test_inputs: bad.{kind}, test_targets: good.{kind}}}")
            self.refused(wrong, f"{{{start}, test_inputs: good.{kind}, test_targets: bad.{kind}}}")
        self.refused("bad.h5, inputs: sample 3, column 2: -1e+308", "{name: hdf5, path: bad.h5}")
        self.assertRegex(self.check("{name: linear_teacher, singular_values: '1e200'}"),
                         r"training target: sample 1, column 1: \S+ is not finite in float32")

    def test_standardised_numbers_may_be_large(self):
        self.write("large.csv", "1e200,0\n2e200,1\n4e200,0\n")
        self.check("{name: csv, path: large.csv, test_fraction: 0, standardize: features}", status=0)

    def test_initial_weights(self):
        with h5py.File(self.path("weights.h5"), "w") as file:
            file["w"] = np.array([[1.0] * 9, [1.0] * 5 + [1e39] + [1.0] * 3])
        self.check("xor", "{name: file, path: weights.h5, dataset: w}", status=0)
        said = self.check("xor", "{name: file, path: weights.h5, dataset: w, network: 1}")
        self.assertIn("weights.h5: row 1 of 'w': weight 6, 1e+39, is not finite in float32\n", said)
        self.check("xor", "{name: file, path: weights.h5, dataset: w, network: 1}", "float64", 0)


if __name__ == "__main__":
    unittest.main()
