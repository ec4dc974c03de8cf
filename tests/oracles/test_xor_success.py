#!/usr/bin/python3
"""XOR on 2-2-1: how often training succeeds, against a script of its own in NumPy float64 that shares nothing with the
program.

Both draw their own normal starts, 1,000 each and setting, take the same full-batch steps of gradient descent, and count
the networks whose loss ends below 0.01. Equal rates would differ by more than 4.5 standard deviations of two binomials
with a probability of 7e-6 each, below 3e-5 for all four comparisons; both seeds are fixed, so the outcome is certain.
"""
import unittest

import numpy

from sweeps import run

NETWORKS, STEPS, SOLVED = 1000, 1500, 0.01
SWEEP = """\
sweep: xor
seed: 1969
precision: float32
dataset: xor
network: {{depth: 1, width: 2, activation: {activation}, init: {{name: normal, std: {std}}}}}
train: {{loss: mse, optimizer: sgd, learning_rate: {rate}, steps: {steps}}}
record: {{steps: [0], probes: [loss]}}
grid: {{replicate: {{range: [0, {last}]}}}}
"""
ACTIVATIONS = {"tanh": (numpy.tanh, lambda z, a: 1 - a * a),
               "relu": (lambda z: numpy.maximum(z, 0), lambda z, a: (z > 0).astype(float))}


def losses(activation, std, rate):
    """Final losses of NETWORKS networks 2-2-1, trained together. w [networks, out, in]."""
    random = numpy.random.default_rng(42)
    g, slope = ACTIVATIONS[activation]
    x, t = numpy.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), numpy.array([0.0, 1, 1, 0])
    w, v = random.normal(0, std, (NETWORKS, 2, 2)), random.normal(0, std, (NETWORKS, 2))
    b, c = numpy.zeros((NETWORKS, 2)), numpy.zeros((NETWORKS, 1))
    for step in range(STEPS + 1):
        z = x @ w.transpose(0, 2, 1) + b[:, None, :]
        a = g(z)
        error = (a * v[:, None, :]).sum(axis=2) + c - t
        if step == STEPS:
            return (error**2).mean(axis=1)
        delta = error / 2  # 2 / 4 samples
        hidden = delta[:, :, None] * v[:, None, :] * slope(z, a)
        v = v - rate * (delta[:, :, None] * a).sum(axis=1)
        c = c - rate * delta.sum(axis=1, keepdims=True)
        w = w - rate * (hidden.transpose(0, 2, 1) @ x)
        b = b - rate * hidden.sum(axis=1)
    return None


class Success(unittest.TestCase):
    def check(self, activation, std, rate):
        results = run(SWEEP.format(activation=activation, std=std, rate=rate, steps=STEPS, last=NETWORKS - 1))
        ours = (results["loss"][:, -1] < SOLVED).mean()
        theirs = (losses(activation, std, rate) < SOLVED).mean()
        pooled = (ours + theirs) / 2
        deviation = (2 * pooled * (1 - pooled) / NETWORKS) ** 0.5
        print(f"{activation} std {std}: {ours:.3f} here, {theirs:.3f} there, {abs(ours - theirs) / deviation:.1f} "
              "deviations")
        self.assertTrue(0.05 < pooled < 0.95)  # where a difference would be seen
        self.assertLess(abs(ours - theirs), 4.5 * deviation)

    def test_tanh(self):
        self.check("tanh", 0.5, 0.2)
        self.check("tanh", 1.5, 0.2)

    def test_relu(self):
        self.check("relu", 0.5, 0.1)
        self.check("relu", 1.5, 0.1)


if __name__ == "__main__":
    unittest.main()
