#!/usr/bin/python3
"""Signal propagation in wide random networks at the start, in the mean-field theory of Poole et al. 2016, "Exponential
expressivity in deep neural networks through transient chaos", and Schoenholz et al. 2017, "Deep information
propagation".

Weights N(0, sigma_w^2 / width), biases N(0, sigma_b^2). With Dz the standard normal measure and phi the activation:
    q_l = sigma_w^2 int Dz phi(sqrt(q_(l-1)) z)^2 + sigma_b^2                                 Poole eq. 3
    c_l: the same with two inputs' correlated Gaussians, over q_l                              Poole eq. 5
    chi_1(q) = sigma_w^2 int Dz phi'(sqrt(q) z)^2                                              Schoenholz eq. 6
The Jacobian's squared norm grows by chi_1(q_l) a hidden layer: E |J|^2 = outputs sigma_w^2 prod_l chi_1(q_l).

Means over 32 networks of width 256 are compared: layer l's q fluctuates by about sqrt(2 l / 256 / 32) = 1 to 4 % for l
= 1 .. 8; the tolerances are four times that and a fixed seed makes the outcome certain.
"""
import unittest

import numpy

from sweeps import run

WIDTH, DEPTH, OUTPUTS, NETWORKS = 256, 8, 8, 32
SWEEP = """\
sweep: poole
seed: 2016
precision: float32
dataset: {{name: teacher, samples: 32, features: {width}, outputs: {outputs}, test_fraction: 0}}
network: {{depth: {depth}, width: {width}, activation: {activation}, init: {{name: normal, std: {std}}}, {bias}}}
train: {{loss: mse, optimizer: sgd, learning_rate: 0.0, steps: 1}}
record: {{probes: [pre_activation_mean, pre_activation_variance, input_correlation, jacobian_norm]}}
grid: {{replicate: {{range: [0, {last}]}}}}
"""
NODES, WEIGHTS = numpy.polynomial.hermite_e.hermegauss(200)  # no node at a kink
WEIGHTS = WEIGHTS / WEIGHTS.sum()
PHI = {"tanh": (numpy.tanh, lambda z: 1 - numpy.tanh(z) ** 2),
       "relu": (lambda z: numpy.maximum(z, 0), lambda z: (z > 0).astype(float))}


def theory(activation, sigma_w, sigma_b):
    """q and c of layers 1 .. depth + 1 for white inputs, uncorrelated, and E |J|^2."""
    phi, slope = PHI[activation]
    q, c = [sigma_w**2 + sigma_b**2], [sigma_b**2 / (sigma_w**2 + sigma_b**2)]
    square = OUTPUTS * sigma_w**2
    for _ in range(DEPTH):
        z = numpy.sqrt(q[-1]) * NODES
        square *= sigma_w**2 * (WEIGHTS * slope(z) ** 2).sum()
        other = numpy.sqrt(q[-1]) * (c[-1] * NODES[:, None] + numpy.sqrt(1 - c[-1] ** 2) * NODES[None, :])
        both = (WEIGHTS[:, None] * WEIGHTS[None, :] * phi(z)[:, None] * phi(other)).sum()
        q.append(sigma_w**2 * (WEIGHTS * phi(z) ** 2).sum() + sigma_b**2)
        c.append((sigma_w**2 * both + sigma_b**2) / q[-1])
    return numpy.array(q), numpy.array(c), square


class Poole(unittest.TestCase):
    def check(self, activation, sigma_w, sigma_b):
        bias = f"bias_init: {{name: normal, std: {sigma_b}}}" if sigma_b else "bias_init: zeros"
        results = run(SWEEP.format(width=WIDTH, depth=DEPTH, outputs=OUTPUTS, activation=activation, bias=bias,
                                   std=repr(sigma_w / WIDTH**0.5), last=NETWORKS - 1))
        q, c, square = theory(activation, sigma_w, sigma_b)
        measured = results["pre_activation_variance"][:, 0] + results["pre_activation_mean"][:, 0] ** 2
        correlation = results["input_correlation"][:, 0].mean(axis=0)
        jacobian = numpy.sqrt((results["jacobian_norm"][:, 0] ** 2).mean())
        tolerance = 4 * numpy.sqrt(2 * numpy.arange(1, DEPTH + 2) / WIDTH / NETWORKS)
        off_q = numpy.abs(measured.mean(axis=0) / q - 1) / tolerance
        off_c = numpy.abs(correlation - c) / tolerance
        print(f"{activation} sigma_w {sigma_w:.3g} sigma_b {sigma_b:.3g}: q_{DEPTH + 1} {q[-1]:.4g}, c {c[-1]:.3f}; "
              f"off by {off_q.max():.2f} and {off_c.max():.2f} of the tolerance; |J| {jacobian:.4g} for "
              f"{square**0.5:.4g}")
        self.assertLess(off_q.max(), 1)
        self.assertLess(off_c.max(), 1)
        self.assertLess(abs(jacobian / square**0.5 - 1), 2 * tolerance[-1])

    def test_tanh_ordered(self):
        self.check("tanh", 0.8, 0.3)

    def test_tanh_chaotic(self):
        self.check("tanh", 2.0, 0.05)

    def test_tanh_at_the_edge(self):
        """sigma_w = 1, sigma_b = 0: chi_1 = 1 at q = 0 (Schoenholz, section 3)."""
        self.check("tanh", 1.0, 0.0)

    def test_relu_of_he_keeps_its_variance(self):
        """He et al. 2015, eq. 10: sigma_w^2 = 2 keeps q from layer to layer; c_l rises to 1, chi_1 = 1."""
        q, _, _ = theory("relu", 2**0.5, 0.0)
        numpy.testing.assert_allclose(q, 2.0, rtol=1e-12)
        self.check("relu", 2**0.5, 0.0)


if __name__ == "__main__":
    unittest.main()
