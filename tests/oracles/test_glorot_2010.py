#!/usr/bin/python3
"""Variances forwards and backwards at the start: Glorot & Bengio 2010, "Understanding the difficulty of training deep
feedforward neural networks", for linear networks, and He et al. 2015, "Delving deep into rectifiers", for ReLU, through
the program's probes.

With n_k the units of layer k, z its pre-activations and delta = d loss / d z, per unit and over networks, biases 0:
    Var z_(k+1) = c n_k Var W_(k+1) Var z_k                 c = 1: Glorot eq. 5; c = 1/2: He eq. 9
    Var delta_k = c n_(k+1) Var W_(k+1) Var delta_(k+1)     c = 1: Glorot eq. 6; c = 1/2: He eq. 13
and for equal widths the gradients of all layers' weights have one norm, whatever Var W is (Glorot eq. 14).
The expectations are exact at any width for one sample whose error is the target's alone (targets of size 1e6).
glorot_uniform has Var W = 2 / (n_in + n_out) (eq. 16), he_normal 2 / n_in (eq. 10) or, with mode fan_out, 2 / n_out
(eq. 14).

Means over 512 networks are within 5 of their own standard errors, which are asked to be below 8 %: 94 comparisons, so
false alarms have a probability of about 1e-4 at most over seeds, and the seed is fixed.
"""
import unittest

import numpy

from sweeps import run

NETWORKS = 512
SWEEP = """\
sweep: propagation
seed: 2010
precision: float32
dataset: {{name: teacher, samples: 1, features: 24, outputs: 24, noise: 1.0e+6, test_fraction: 0}}
network: {{hidden: {hidden}, activation: {activation}, init: {init}}}
train: {{loss: mse, optimizer: sgd, learning_rate: 0.0, steps: 0}}
record: {{probes: [pre_activation_mean, pre_activation_variance, gradient_norm, bias_gradient_norm]}}
grid: {{replicate: {{range: [0, {last}]}}}}
"""


class Propagation(unittest.TestCase):
    def compare(self, what, measured, expected):
        """measured: [networks, layers], whose means should be expected [layers]."""
        mean, error = measured.mean(axis=0), measured.std(axis=0) / NETWORKS**0.5
        off = numpy.abs(mean - expected) / error
        print(f"{what}: of {', '.join(f'{value:.3g}' for value in expected)} off by {off.max():.1f} standard errors of "
              f"{(error / expected).max():.1%}")
        self.assertLess((error / expected).max(), 0.08)
        self.assertLess(off.max(), 5)

    def check(self, activation, init, hidden, variance):
        """variance(n_in, n_out): Var W."""
        results = run(SWEEP.format(hidden=hidden, activation=activation, init=init, last=NETWORKS - 1))
        size, c = [24, *hidden, 24], {"linear": 1.0, "relu": 0.5}[activation]
        factors = [variance(n_in, n_out) for n_in, n_out in zip(size, size[1:])]
        z = (results["pre_activation_variance"] + results["pre_activation_mean"] ** 2)[:, 0].astype(float)
        forward = numpy.cumprod([c * n_in * factor for n_in, factor in zip(size[1:], factors[1:])])
        self.compare(f"{activation} {init} forwards", z[:, 1:] / z[:, 0].mean(), forward)
        delta = results["bias_gradient_norm"][:, 0].astype(float) ** 2 / size[1:]
        self.assertLess(delta[:, -1].std() / delta[:, -1].mean(), 1e-4)  # the target's alone, in every network
        backward = numpy.cumprod([c * n_out * factor for n_out, factor in zip(size[:1:-1], factors[:0:-1])])[::-1]
        self.compare(f"{activation} {init} backwards", delta[:, :-1] / delta[:, -1].mean(), backward)
        return results, c

    def test_glorot_2010_linear(self):
        self.check("linear", "glorot_uniform", [48, 24, 48, 64, 64, 24], lambda n_in, n_out: 2 / (n_in + n_out))

    def test_he_2015_fan_in_keeps_the_forward_variance(self):
        self.check("relu", "he_normal", [64, 96, 64, 48, 64], lambda n_in, n_out: 2 / n_in)

    def test_he_2015_fan_out_keeps_the_backward_variance(self):
        self.check("relu", "{name: he_normal, mode: fan_out}", [64, 96, 64, 48, 64], lambda n_in, n_out: 2 / n_out)

    def test_glorot_2010_gradients_of_weights_are_of_one_size(self):
        """Eq. 14, at n Var W = 0.7^2: activations fall and deltas grow, their product stays."""
        results, _ = self.check("linear", "{name: mean_field, sigma_w: 0.7}", [24] * 5, lambda n_in, n_out: 0.49 / n_in)
        square = results["gradient_norm"][:, 0].astype(float) ** 2
        x = 0.49**-1 * (results["pre_activation_variance"]
                        + results["pre_activation_mean"] ** 2)[:, 0, 0].astype(float).mean()
        top = (results["bias_gradient_norm"][:, 0, -1].astype(float) ** 2).mean() / 24
        self.compare("gradients of weights", square / (24**2 * x * top * 0.49**5), numpy.ones(6))


if __name__ == "__main__":
    unittest.main()
