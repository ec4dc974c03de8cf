#!/usr/bin/python3
"""What a network may be: exact relations between trainings, and results of theory and of NumPy.

Environment: INITSWEEP, the program.
"""
import os
import pathlib
import tempfile
import unittest

import numpy

from sweeps import run


def csv(name, inputs, targets):
    """A dataset setting of a new CSV file with these columns, without a test set."""
    path = pathlib.Path(os.environ["INITSWEEP_TEST_FOLDER"], name)
    table = numpy.column_stack([inputs, targets])
    numpy.savetxt(path, table, delimiter=",", fmt="%.17g")
    columns = ",".join(str(inputs.shape[1] + 1 + j) for j in range(targets.shape[1]))
    return f'{{name: csv, path: "{path}", target: "{columns}", test_fraction: 0}}'


class Biases(unittest.TestCase):
    """Networks without biases. The data are not 0, so that no sign of 0 is lost."""

    def setUp(self):
        draws = numpy.random.default_rng(21).normal(size=(40, 5))
        self.inputs, self.targets = draws[:, :3], draws[:, 3:]

    def train(self, name, factor, network, optimizer, rate, precision):
        return run(f"dataset: {csv(name, factor * self.inputs, factor * self.targets)}\nprecision: {precision}\n"
                   f"network: {{depth: 3, width: 9, init: {{name: he_normal, gain: 1}}, {network}}}\n"
                   f"train: {{loss: mse, optimizer: {optimizer}, learning_rate: {rate}, batch_size: 16, steps: 60}}\n"
                   "record: {steps: {every: 1}, weights: both, probes: [loss, gradient_norm]}\n")

    def test_tanh_networks_are_odd_functions(self):
        """f(-x) = -f(x) to the bit, so -x and -t train the same weights."""
        for precision in ("float32", "float64"):
            for optimizer in ("sgd", "adam"):
                odd = [self.train("odd.csv", sign, "activation: tanh, bias: none", optimizer, 0.05, precision)
                       for sign in (1, -1)]
                self.assertFalse(numpy.array_equal(odd[0]["weights_initial"], odd[0]["weights_final"]))
                for name in ("loss", "gradient_norm", "weights_final"):
                    numpy.testing.assert_array_equal(odd[0][name], odd[1][name])
        biased = [self.train("odd.csv", sign, "activation: tanh, bias_init: {name: constant, value: 0.1}", "sgd", 0.05,
                             "float32") for sign in (1, -1)]
        self.assertFalse(numpy.array_equal(biased[0]["loss"], biased[1]["loss"]))

    def test_relu_networks_are_homogeneous(self):
        """f(2 x) = 2 f(x) to the bit: with 2 x, 2 t and a quarter of the rate, the same weights and 4 times the
        loss."""
        for precision in ("float32", "float64"):
            one, two = [self.train("relu.csv", factor, "activation: relu, bias: none", "sgd", 0.04 / factor**2,
                                   precision) for factor in (1, 2)]
            numpy.testing.assert_array_equal(two["weights_final"], one["weights_final"])
            numpy.testing.assert_array_equal(two["loss"], 4 * one["loss"])
            numpy.testing.assert_array_equal(two["gradient_norm"], 4 * one["gradient_norm"])


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as shared:
        os.environ["INITSWEEP_TEST_FOLDER"] = shared
        unittest.main()
