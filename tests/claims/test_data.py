"""Networks as the claims look at them: weights of residual networks, and selection by the same rule as
initsweep.select."""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
import initsweep
from claims.data import Networks

SWEEP = """\
sweep: data
seed: 5
dataset: {name: xor}
network: {depth: 3, width: 4, activation: tanh, residual: {branch_layers: 1, scale: 0.5, train_scale: true}}
train: {loss: mse, optimizer: sgd, steps: 5}
record: {steps: [0, 5], probes: [loss], weights: both}
grid:
  network.init: [glorot_uniform, he_normal]
  train.learning_rate: [0.1, 0.3, 0.300000001, 0.31]
  replicate: [0, 1]
"""


class Data(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="initsweep-data-")
        sweep, cls.path = (os.path.join(cls.folder.name, name) for name in ("data.yaml", "data.h5"))
        pathlib.Path(sweep).write_text(SWEEP, encoding="utf-8")
        subprocess.run([os.environ["INITSWEEP"], "run", sweep, "-o", cls.path, "--threads", "1"], check=True,
                       capture_output=True)
        cls.networks = Networks(cls.path)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_weights_of_residual_networks_leave_out_the_scales(self):
        """The last parameter of a network is its output bias, and the initial biases are all 0, unlike the scales."""
        for which in ("initial", "final"):
            flat = self.networks.get(f"weights_{which}")
            for layers, parameters in zip(self.networks.weights(which), flat):
                self.assertEqual([weight.shape for weight, _ in layers], [(4, 2), (4, 4), (4, 4), (1, 4)])
                self.assertEqual(layers[-1][1][0], parameters[np.isfinite(parameters)][-1])
                if which == "initial":
                    self.assertTrue(all((bias == 0).all() for _, bias in layers))

    def test_numbers_are_equal_by_one_rule(self):
        """0.3 and 0.1 + 0.2 differ by rounding, 0.3 and 0.300000001 by a relative 3e-9."""
        for results in (initsweep.open_arrays(self.path), initsweep.open_results(self.path)):
            for value, count in ((0.3, 4), (0.1 + 0.2, 4), (0.3 * (1 + 5e-10), 4), (0.300000001, 4), ([0.3, 0.31], 8)):
                selected = initsweep.select(results, learning_rate=value)
                self.assertEqual(len(selected["network"]), count, value)
                np.testing.assert_array_equal(self.networks.where(learning_rate=value).get("network"),
                                              selected["network"])
            for value in (0.3 * (1 + 2e-9), 0.2):
                with self.assertRaisesRegex(ValueError, "no network has learning_rate"):
                    initsweep.select(results, learning_rate=value)
                with self.assertRaisesRegex(ValueError, "no network has learning_rate"):
                    self.networks.where(learning_rate=value)

    def test_whole_numbers_and_text_are_equal_exactly(self):
        seeds = np.array([10 ** 12, 10 ** 12 + 1, 7])
        np.testing.assert_array_equal(initsweep.arrays.match_values(seeds, 10 ** 12), [True, False, False])
        np.testing.assert_array_equal(initsweep.arrays.match_values(seeds, 7.0), [False, False, True])
        np.testing.assert_array_equal(initsweep.arrays.match_values(seeds, "7"), [False, False, False])
        with self.assertRaisesRegex(ValueError, "data: no network has init = he; there are: glorot_uniform, he_normal"):
            self.networks.where(init="he")


if __name__ == "__main__":
    unittest.main()
