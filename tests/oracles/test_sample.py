#!/usr/bin/python3
"""Samples against SciPy: the design `sobol` is scipy.stats.qmc.Sobol(scramble=False) to the bit, normal axes are its
quantiles, and the table of direction numbers is what scripts/make_sobol.py writes from SciPy's copy of Joe & Kuo's."""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
import warnings

import numpy
from scipy import special, stats

import sweeps

POINTS = 128
# settings that take any number from 0 to 1, with their coordinates
UNIT = {"train.learning_rate": "learning_rate", "network.init_noise": "init_noise",
        "network.init_sparsity": "init_sparsity", "train.weight_decay": "weight_decay",
        "network.bias_init.value": "bias_init_value", "network.init.std": "init_std"}
SWEEP = """\
dataset: xor
precision: float64
network: {{depth: 3, width: 2, activation: tanh, init: {{name: normal, std: 1}}, bias_init: constant,
          residual: {{branch_layers: 1}}}}
train: {{loss: mse, optimizer: sgd, learning_rate: 1, steps: 1}}
record: {{probes: [loss]}}
sample: {{design: {design}, points: {points}, axes: {{{axes}}}}}
"""


def sobol(dimensions):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return stats.qmc.Sobol(dimensions, scramble=False).random(POINTS)


class Sample(unittest.TestCase):
    @staticmethod
    def coordinates(design, axes):
        return sweeps.run(SWEEP.format(design=design, points=POINTS, axes=axes))

    def test_sobol_is_scipys_to_the_bit(self):
        points = self.coordinates("sobol", ", ".join(f"{path}: {{uniform: [0, 1]}}" for path in UNIT))
        expected = sobol(len(UNIT))
        for column, name in enumerate(UNIT.values()):
            numpy.testing.assert_array_equal(points[name], expected[:, column], name)
        numpy.testing.assert_array_equal(points["point"], numpy.arange(POINTS))

    def test_distributions_are_functions_of_scipys_points(self):
        points = self.coordinates("sobol", "train.learning_rate: {log_uniform: [1e-4, 1]}, "
                                           "network.residual.scale: {normal: [1, 0.5]}, "
                                           "network.width: {integer: [2, 9]}")
        u = sobol(3)
        numpy.testing.assert_allclose(points["learning_rate"], 1e-4 ** (1 - u[:, 0]), rtol=1e-13)
        normal = 1 + 0.5 * special.ndtri(numpy.maximum(u[:, 1], 2.0 ** -33))
        numpy.testing.assert_allclose(points["scale"], normal, rtol=1e-13, atol=1e-13)
        numpy.testing.assert_array_equal(points["width"], 2 + numpy.floor(8 * u[:, 2]))

    def test_a_latin_hypercube_is_uniform(self):
        points = self.coordinates("latin_hypercube", "train.learning_rate: {uniform: [0, 1]}, "
                                                     "network.init_noise: {uniform: [0, 1]}")
        both = numpy.column_stack([points["learning_rate"], points["init_noise"]])
        for column in both.T:
            self.assertEqual(sorted(numpy.floor(column * POINTS)), list(range(POINTS)))
        self.assertLess(abs(stats.spearmanr(both).statistic), 5 / POINTS ** 0.5)

    def test_the_table_is_what_the_script_writes(self):
        source = pathlib.Path(os.environ["INITSWEEP_SOURCE"])
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "sobol.def"
            subprocess.run([sys.executable, source / "scripts/make_sobol.py", "-o", path], check=True)
            self.assertEqual(path.read_text(encoding="ascii"),
                             (source / "src/sweep/sobol.def").read_text(encoding="ascii"))


if __name__ == "__main__":
    unittest.main()
