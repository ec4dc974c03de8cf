#!/usr/bin/python3
"""Starts that look at the network, the data or a file, from the program's results files, against NumPy, h5py and
torch.nn.init.

Environment: INITSWEEP, the program.
"""
import os
import pathlib
import subprocess
import tempfile
import unittest

import h5py
import numpy
import torch

PROGRAM = os.environ["INITSWEEP"]
SWEEP = """\
sweep: starts
seed: 7
precision: {precision}
dataset: {dataset}
network: {{hidden: {hidden}, activation: {activation}, init: {init}, bias_init: {bias_init}}}
train: {{loss: mse, optimizer: sgd, learning_rate: 0.1, steps: 3}}
record: {{steps: [0], weights: both, probes: [loss]}}
grid: {grid}
"""
GRID = "{replicate: [0, 1, 2, 3]}"
DATA = "{name: teacher, kind: tanh, samples: 300, features: 3, outputs: 2, test_fraction: 0}"


class Starts(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        random = numpy.random.default_rng(3)
        self.inputs = random.normal(size=(300, 3)) * [1, 2, 5] + 1
        self.targets = random.normal(size=(300, 2))
        numpy.save(self.folder / "x.npy", self.inputs)
        numpy.save(self.folder / "t.npy", self.targets)

    def run_sweep(self, name="out", **settings):
        """The program's results of SWEEP with these settings, by name."""
        values = {
            "precision": "float64",
            "dataset": "{name: npy, inputs: x.npy, targets: t.npy, test_fraction: 0}",
            "hidden": "[6, 5]",
            "activation": "tanh",
            "init": "lsuv",
            "bias_init": "zeros",
            "grid": GRID,
        }
        values.update(settings)
        (self.folder / "sweep.yaml").write_text(SWEEP.format(**values), encoding="utf-8")
        (self.folder / f"{name}.h5").unlink(missing_ok=True)
        done = subprocess.run([PROGRAM, "run", "sweep.yaml", "-o", f"{name}.h5"], capture_output=True, text=True,
                              cwd=self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        with h5py.File(self.folder / f"{name}.h5") as file:
            return {key: file[key][:] for key in ("weights_initial", "weights_final", "loss")}

    @staticmethod
    def layers(flat, sizes):
        """Weight [fan_out, fan_in] and bias [fan_out] of each layer."""
        layers, first = [], 0
        for fan_in, fan_out in zip(sizes, sizes[1:]):
            weight = flat[first : first + fan_out * fan_in].reshape(fan_out, fan_in)
            first += fan_out * (fan_in + 1)
            layers.append((weight, flat[first - fan_out : first]))
        return layers

    def test_lsuv_gives_every_layer_unit_variance(self):
        """Mishkin & Matas 2016, algorithm 1: Var(w x) = 1 on the data, rows or columns orthogonal. Biases of other
        layers count."""
        inputs = self.inputs[numpy.arange(256) * 300 // 256]
        for activation, g in (("tanh", numpy.tanh), ("relu", lambda z: numpy.maximum(z, 0))):
            for flat in self.run_sweep(activation=activation, bias_init="uniform")["weights_initial"]:
                a = inputs
                for weight, bias in self.layers(flat, [3, 6, 5, 2]):
                    self.assertAlmostEqual(numpy.var(a @ weight.T), 1, delta=1e-12)
                    gram = weight @ weight.T if weight.shape[0] <= weight.shape[1] else weight.T @ weight
                    self.assertLess(abs(gram / gram[0, 0] - numpy.eye(len(gram))).max(), 1e-12)
                    a = g(a @ weight.T + bias)

    def test_symmetric_pairs_start_at_an_output_of_zero(self):
        """Exactly, in both precisions, at any depth, where output weights are powers of two; else to rounding."""
        for activation in ("tanh", "sigmoid", "gelu", "relu"):
            for precision, epsilon in (("float32", 6e-8), ("float64", 1.2e-16)):
                rounded = self.targets.astype(precision).astype(float)
                expected = numpy.mean(rounded**2)
                for bias_init in ("zeros", "symmetric_pairs"):
                    loss = {}
                    for output in ("power_of_two", "normal"):
                        loss[output] = self.run_sweep(
                            init=f"{{name: symmetric_pairs, output: {output}}}", bias_init=bias_init, hidden="[8, 7]",
                            activation=activation, precision=precision
                        )["loss"][:, 0]
                    self.assertEqual(len(set(loss["power_of_two"])), 1)  # every replicate is the network of output 0
                    self.assertAlmostEqual(loss["power_of_two"][0] / expected, 1, delta=8 * epsilon)
                    self.assertLess(abs(loss["normal"] / expected - 1).max(), 300 * epsilon)

    def test_a_gain_of_the_activation_is_pytorchs(self):
        for activation in ("tanh", "relu", "sigmoid", "selu", "{name: leaky_relu, negative_slope: 0.3}"):
            name = activation.strip("{}").replace("name: ", "").split(",")[0]
            gain = torch.nn.init.calculate_gain(name, 0.3 if "slope" in activation else None)
            ours = self.run_sweep(activation=activation,
                                  init="{name: glorot_normal, gain: activation}")["weights_initial"]
            plain = self.run_sweep(activation=activation, init="glorot_normal")["weights_initial"]
            for flat, one in zip(ours, plain):
                pairs = list(zip(self.layers(flat, [3, 6, 5, 2]), self.layers(one, [3, 6, 5, 2])))
                for k, ((weight, _), (unit, _)) in enumerate(pairs):
                    expected = gain if k + 1 < len(pairs) else 1.0  # the output is linear
                    self.assertLess(abs(weight - expected * unit).max(), 1e-15)

    def test_torch_sparse_has_as_many_zeros_as_pytorchs(self):
        theirs = torch.nn.init.sparse_(torch.empty(6, 3), 0.4)
        for flat in self.run_sweep(init="{name: torch_sparse, zeros: 0.4}")["weights_initial"]:
            weight, _ = self.layers(flat, [3, 6, 5, 2])[0]
            self.assertEqual((weight == 0).sum(axis=0).tolist(), (theirs == 0).sum(dim=0).tolist())

    def test_a_file_of_weights_goes_on_where_they_ended(self):
        """weights_final of one run, and the same numbers as h5py writes them, start the next with their very bits."""
        first = self.run_sweep("first", init="glorot_normal", bias_init="normal")
        with h5py.File(self.folder / "own.h5", "w") as file:
            file["group/best"] = first["weights_final"][2].astype(">f8")
            file["all"] = numpy.pad(first["weights_final"], ((0, 0), (0, 5)), constant_values=numpy.nan)
        for source in ("path: first.h5, network: 2", "path: own.h5, dataset: group/best",
                       "path: own.h5, dataset: all, network: 2"):
            again = self.run_sweep("second", init=f"{{name: file, {source}}}", bias_init=f"{{name: file, {source}}}")
            for flat in again["weights_initial"]:
                self.assertEqual(flat.tobytes(), first["weights_final"][2].tobytes())

    def test_rows_of_several_files_in_any_order(self):
        """Rows are read together with others: each network begins with its own."""
        random = numpy.random.default_rng(5)
        stored = {"a": random.normal(size=(9000, 71)), "b": random.normal(size=(3, 71))}  # a: in three parts
        with h5py.File(self.folder / "own.h5", "w") as file:
            for name, rows in stored.items():
                file[name] = rows
        wanted = [("a", 8999), ("a", 0), ("b", 2), ("a", 1), ("b", 0), ("a", 3692), ("a", 3691), ("b", 1)]
        rows = ", ".join(f"{{name: file, path: own.h5, dataset: {name}, network: {row}}}" for name, row in wanted)
        found = self.run_sweep(grid=f"{{network.init: [{rows}]}}", bias_init="zeros", init="zeros")["weights_initial"]
        self.assertEqual(len(found), len(wanted))
        for flat, (name, row) in zip(found, wanted):
            for (weight, _), (expected, _) in zip(self.layers(flat, [3, 6, 5, 2]),
                                                  self.layers(stored[name][row], [3, 6, 5, 2])):
                self.assertEqual(weight.tobytes(), expected.tobytes())

    def test_identity_is_what_the_file_holds(self):
        def identity(name):
            done = subprocess.run([PROGRAM, "run", "sweep.yaml", "-o", f"{name}.h5"], cwd=self.folder,
                                  capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)
            with h5py.File(self.folder / f"{name}.h5") as file:
                return file["id"][:].tolist()

        weights = numpy.arange(71.0) / 71
        text = SWEEP.format(precision="float64", dataset=DATA, hidden="[6, 5]", activation="tanh",
                            init="{name: file, path: own.h5, dataset: w}", bias_init="zeros", grid=GRID)
        (self.folder / "sweep.yaml").write_text(text, encoding="utf-8")
        found = []
        for name, change in (("a", 0), ("b", 1), ("c", 0)):
            weights[3] = change
            with h5py.File(self.folder / "own.h5", "w") as file:
                file["w"] = weights
            found.append(identity(name))
            verified = [subprocess.run([PROGRAM, "verify", f"{n}.h5"], cwd=self.folder, capture_output=True, text=True)
                        for n in "a" + name]
            self.assertEqual(verified[1].returncode, 0, verified[1].stderr)
            self.assertEqual(verified[0].returncode, 0 if change == 0 else 2)
            if change:
                self.assertIn("the data have changed", verified[0].stderr)
        self.assertEqual(found[0], found[2])
        self.assertFalse(set(found[0]) & set(found[1]))

    def check_error(self, expected, **settings):
        values = {"precision": "float64", "dataset": DATA, "hidden": "[6, 5]", "activation": "tanh",
                  "bias_init": "zeros", "grid": GRID}
        (self.folder / "sweep.yaml").write_text(SWEEP.format(**{**values, **settings}), encoding="utf-8")
        done = subprocess.run([PROGRAM, "check", "sweep.yaml"], cwd=self.folder, capture_output=True, text=True)
        self.assertEqual(done.returncode, 2)
        self.assertIn(expected, done.stderr)
        self.assertIn("sweep.yaml:5:", done.stderr)

    def test_what_is_wrong_with_a_file_is_said(self):
        with h5py.File(self.folder / "own.h5", "w") as file:
            file["w"] = numpy.ones((2, 70))
            file["nan"] = [1.0, numpy.nan, 2.0]
            file["only_nan"] = numpy.full((3, 2), numpy.nan)
            file["text"] = ["a"]
            file["number"] = 1.0
            file["cube"] = numpy.ones((2, 2, 2))
            file["empty"] = numpy.ones((2, 0))
        (self.folder / "no.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))
        os.mkfifo(self.folder / "fifo.h5")
        for source, expected in (
            ("path: own.h5, dataset: w", "network 0 of 'w' in own.h5 has 70 weights and biases, a network of sizes "
                                         "3-6-5-2 has 71"),
            ("path: own.h5, dataset: w, network: 2", "row 2 of dataset 'w', which has 2 (from 0)"),
            ("path: own.h5, dataset: nan", "row 0 of 'nan': weight 2, nan, is not finite"),
            ("path: own.h5, dataset: only_nan", "has no weights (only NaN)"),
            ("path: own.h5, dataset: text", "dataset 'text' does not hold plain numbers"),
            ("path: own.h5, dataset: number", "dataset 'number' is no array"),
            ("path: own.h5, dataset: cube", "has 3 dimensions where 1 or 2 are expected; 'cube[0]' is the first slice"),
            ("path: own.h5, dataset: 'cube[2]'", "slice 2 of dataset 'cube', which has 2 (from 0)"),
            ("path: own.h5, dataset: 'cube[1]', network: 2", "row 2 of dataset 'cube', which has 2 (from 0)"),
            ("path: own.h5, dataset: 'w[0]'", "dataset 'w' has 2 dimensions where 3 are expected"),
            ("path: own.h5, dataset: 'none[0]'", "has no dataset 'none'"),
            ("path: own.h5, dataset: 'cube[-1]'", "has no dataset 'cube[-1]'"),
            ("path: own.h5, dataset: empty", "size 2 of dataset 'empty' is 0"),
            ("path: own.h5", "has no dataset 'weights_final'"),
            ("path: no.h5", "cannot open this file"),
            ("path: missing.h5", "No such file or directory"),
            ("path: fifo.h5", "is no regular file"),
            ("dataset: w", "file needs path"),
        ):
            with self.subTest(source):
                self.check_error(expected, init=f"{{name: file, {source}}}")

    def test_a_gain_that_pytorch_does_not_know_is_refused(self):
        self.check_error("calculate_gain has no gain for 'gelu'", activation="gelu",
                         init="{name: he_normal, gain: activation}")


if __name__ == "__main__":
    unittest.main()
