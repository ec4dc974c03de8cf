#!/usr/bin/python3
"""Singular values of the input-output Jacobian of deep linear networks at the start: Pennington, Schoenholz & Ganguli
2017, "Resurrecting the sigmoid in deep learning through dynamical isometry", section 2.4 (the deep linear case).

J is the product of L square matrices of N units. Orthogonal ones: all singular values are 1. Gaussian ones of variance
1 / N: for large N the spectrum of J J^T is the Fuss-Catalan law, with moments
    E tr (J J^T)^k / N = binom(k (L + 1), k) / (k L + 1)
and support [0, s_max^2], s_max^2 = (L + 1)^(L + 1) / L^L; on 0 < phi < pi / (L + 1), with
    x(phi) = sin^(L+1)((L + 1) phi) / (sin(phi) sin^L(L phi)),
    density(x) = sin^2(phi) sin^(L-1)(L phi) / (pi sin^L((L + 1) phi)).
The probes give the largest value and the norm, the weights that the program writes the whole spectrum. At N = 128
moments are within about k^2 (L + 1) / N of the law, and the largest value within a few N^(-2/3): tolerances are those,
for a mean of 8 networks, and the seed is fixed.
"""
import math
import unittest

import numpy

from sweeps import run

N, NETWORKS = 128, 8
SWEEP = """\
sweep: pennington
seed: 2017
precision: float64
dataset: {{name: teacher, samples: 1, features: {n}, outputs: {n}, test_fraction: 0}}
network: {{width: {n}, activation: linear, init: {init}}}
train: {{loss: mse, optimizer: sgd, learning_rate: 0.0, steps: 0}}
record: {{probes: [jacobian_norm, jacobian_singular_value_max, jacobian_singular_value_min], weights: initial}}
grid: {{network.depth: [{depths}], replicate: {{range: [0, {last}]}}}}
"""


def spectra(results):
    """[networks][N] singular values of the product of the weights that the program wrote."""
    found = []
    for depth, flat in zip(results["depth"], results["weights_initial"]):
        product = numpy.eye(N)
        for layer in flat[: (depth + 1) * N * (N + 1)].reshape(depth + 1, N * (N + 1)):
            product = layer[: N * N].reshape(N, N) @ product
        found.append(numpy.linalg.svd(product, compute_uv=False))
    return numpy.array(found)


def law(layers):
    """x of J J^T, ascending, and the share of values below it."""
    phi = numpy.linspace(0, math.pi / (layers + 1), 200001)[1:-1][::-1]
    x = numpy.sin((layers + 1) * phi) ** (layers + 1) / (numpy.sin(phi) * numpy.sin(layers * phi) ** layers)
    density = numpy.sin(phi) ** 2 * numpy.sin(layers * phi) ** (layers - 1) / (
        math.pi * numpy.sin((layers + 1) * phi) ** layers)
    return x, numpy.concatenate([[0], numpy.cumsum((density[1:] + density[:-1]) / 2 * numpy.diff(x))])


class DeepLinear(unittest.TestCase):
    def measure(self, init, *depths):
        results = run(SWEEP.format(n=N, init=init, depths=", ".join(map(str, depths)), last=NETWORKS - 1))
        values = spectra(results)
        for probe, expected in (("norm", numpy.linalg.norm(values, axis=1)), ("singular_value_max", values[:, 0]),
                                ("singular_value_min", values[:, -1])):
            numpy.testing.assert_allclose(results[f"jacobian_{probe}"][:, 0], expected, rtol=1e-9, atol=1e-12)
        return results["depth"], values

    def test_orthogonal_is_isometric_at_any_depth(self):
        _, values = self.measure("orthogonal", 1, 15)
        numpy.testing.assert_allclose(values, 1.0, rtol=1e-12)

    def test_gaussian_is_fuss_catalan(self):
        depth, values = self.measure("lecun_normal", 0, 1, 3)
        for layers in (1, 2, 4):
            squares = values[depth + 1 == layers] ** 2
            x, below = law(layers)
            self.assertAlmostEqual(below[-1], 1.0, delta=0.03)  # the law's own integral, but for its pole at 0
            for k in (1, 2, 3):
                expected = math.comb(k * (layers + 1), k) / (k * layers + 1)
                measured = (squares**k).mean()
                self.assertLess(abs(measured / expected - 1), k * k * (layers + 1) / N, (layers, k))
            largest = numpy.sqrt(squares.max(axis=1)).mean() / ((layers + 1) ** (layers + 1) / layers**layers) ** 0.5
            ordered = numpy.sort(squares.ravel())
            shares = below + (1 - below[-1])
            distance = numpy.abs(numpy.interp(ordered, x, shares) - (numpy.arange(len(ordered)) + 0.5) / len(ordered))
            distance = distance[ordered > x[numpy.searchsorted(shares, 0.05)]].max()
            print(f"{layers} Gaussian layers: largest singular value {largest:.3f} of the law's, distribution off by "
                  f"{distance:.3f}")
            self.assertLess(abs(largest - 1), 2 * N ** (-2 / 3) * layers**0.5)
            self.assertLess(distance, 0.02)


if __name__ == "__main__":
    unittest.main()
