"""Two networks are aligned by the order of their hidden units."""
import os
import pathlib
import subprocess
import tempfile
import unittest

import h5py
import numpy as np

import sample_results  # noqa: F401 (the folder of the library)
import initsweep
from initsweep import alignment, surfaces

TRAINED = """\
sweep: trained
seed: 3
precision: float64
dataset: {name: xor}
network: {hidden: [6, 5, 4], activation: tanh, init: glorot_normal, bias_init: {name: normal, std: 0.1}, NORMALIZATION}
train: {loss: mse, optimizer: sgd, learning_rate: 0.2, steps: 200}
record: {steps: [200], weights: both, probes: [loss]}
grid: {replicate: [0, 1]}
"""
LINE = """\
sweep: line
seed: 3
precision: float64
dataset: {name: xor}
network: {hidden: [6, 5, 4], activation: tanh, NORMALIZATION}
train: {loss: mse, optimizer: sgd, learning_rate: 0.2, steps: 0}
record: {steps: [0], probes: [loss]}
zip:
  - network.init: [{name: interpolate, path: pair.h5, t: {linspace: [0, 1, 5]}}]
    network.bias_init: [{name: interpolate, path: pair.h5, t: {linspace: [0, 1, 5]}}]
"""
NORMALIZED = "normalization: {name: layer_norm, affine: true}"
PLAIN = "normalization: none"


class Alignment(unittest.TestCase):
    def setUp(self):
        self.context = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self.context.name)

    def tearDown(self):
        self.context.cleanup()

    def run_sweep(self, name, text, normalization):
        (self.folder / f"{name}.yaml").write_text(text.replace("NORMALIZATION", normalization), encoding="utf-8")
        subprocess.run([os.environ["INITSWEEP"], "run", f"{name}.yaml", "-o", f"{name}.h5", "--quiet"], check=True,
                       cwd=self.folder)
        return initsweep.open_arrays(self.folder / f"{name}.h5")

    def shuffled_copy(self, results):
        """Stores network 0 with its hidden units in other orders as network 1; returns its own weights."""
        layers = alignment.split_parameters(results, 0, "final")
        draws = np.random.default_rng(5)
        mixed = alignment.reordered(layers, [draws.permutation(units) for units in (6, 5, 4)])
        with h5py.File(self.folder / "trained.h5", "r+") as file:
            own = file["weights_final"][0]
            file["weights_final"][1] = np.concatenate([part.ravel() for layer in mixed for part in layer])
            self.assertFalse(np.array_equal(file["weights_final"][1], own))
        return own

    def barrier(self, normalization):
        line = self.run_sweep("line", LINE, normalization)
        return surfaces.barrier(np.linspace(0, 1, 5), line["loss"][:, 0])

    def test_a_copy_with_units_in_another_order_is_recovered_and_has_no_barrier(self):
        for normalization in (PLAIN, NORMALIZED):
            own = self.shuffled_copy(self.run_sweep("trained", TRAINED, normalization))
            results = initsweep.open_arrays(self.folder / "trained.h5")
            alignment.write_weights(self.folder / "pair.h5", np.stack([own, results["weights_final"][1]]))
            self.assertGreater(self.barrier(normalization), 1e-3)
            os.remove(self.folder / "line.h5")
            pair = alignment.align(results, 0, 1)
            np.testing.assert_array_equal(pair, np.stack([own, own]))
            alignment.write_weights(self.folder / "pair.h5", pair)
            self.assertLess(abs(self.barrier(normalization)), 1e-14)
            for name in ("trained", "line"):
                os.remove(self.folder / f"{name}.h5")

    def test_copies_of_random_networks_are_recovered_by_the_incoming_weights(self):
        draws, none, sizes = np.random.default_rng(1), np.zeros(0), (3, 12, 11, 10, 9, 2)
        for _ in range(20):
            layers = [(draws.normal(size=(after, before)), draws.normal(size=after), none, none, none)
                      for before, after in zip(sizes, sizes[1:])]
            mixed = alignment.reordered(layers, [draws.permutation(units) for units in sizes[1:-1]])
            found = alignment.reordered(mixed, alignment.match_units(layers, mixed))
            for layer, expected in zip(found, layers):
                np.testing.assert_array_equal(layer[0], expected[0])

    def test_another_network_keeps_its_function_and_comes_nearer(self):
        results = self.run_sweep("trained", TRAINED, PLAIN)
        inputs = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
        before = initsweep.network_function(results, 1)(inputs)
        weights = results["weights_final"]
        pair = alignment.align(results, 0, 1)
        self.assertGreater(np.sum(pair[0] * pair[1]), np.sum(weights[0] * weights[1]))
        with h5py.File(self.folder / "trained.h5", "r+") as file:
            file["weights_final"][1] = pair[1]
        aligned = initsweep.open_arrays(self.folder / "trained.h5")
        np.testing.assert_allclose(initsweep.network_function(aligned, 1)(inputs), before, rtol=1e-12)

    def test_networks_that_cannot_be_aligned_are_named(self):
        text = TRAINED.replace("grid: {replicate: [0, 1]}", "grid: {network.bias: [all, none]}")
        with self.assertRaisesRegex(ValueError, "networks 0 and 1 have different layers"):
            alignment.align(self.run_sweep("trained", text.replace("bias_init: {name: normal, std: 0.1}, ", ""), PLAIN),
                            0, 1)


if __name__ == "__main__":
    unittest.main()
