"""Gradient descent from all zeros in NumPy: a network's first steps, with sums in another order than the program's.

Where real arithmetic has 0, rounding leaves other dust for another order. A number that both agree on is none.
"""
from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from initsweep.activations import ACTIVATIONS
from initsweep.arrays import Array

Layers = list[tuple[Array, Array]]

SLOPES: dict[str, Callable[[Array], Array]] = {
    "sigmoid": lambda z: np.asarray(0.25 / np.cosh(z / 2) ** 2),
    "softplus": lambda z: np.asarray(0.5 + 0.5 * np.tanh(z / 2)),
    "cos": lambda z: np.asarray(-np.sin(z)),
    "gaussian": lambda z: np.asarray(-2 * z * np.exp(-z * z)),
}


def gradients(layers: Layers, activation: str, inputs: Array, targets: Array) -> Layers:
    """Gradients of the mean squared error, layer by layer. inputs: [samples, features]; targets: [samples, outputs]."""
    values, before = [inputs], []
    for number, (weight, bias) in enumerate(layers):
        before.append(values[-1] @ weight.T + bias)
        values.append(before[-1] if number == len(layers) - 1 else ACTIVATIONS[activation].numpy(before[-1]))
    delta = 2 * (values[-1] - targets) / targets.size
    result: Layers = []
    for number in range(len(layers) - 1, -1, -1):
        result.append((delta.T @ values[number], delta.sum(axis=0)))
        if number:
            delta = (delta @ layers[number][0]) * SLOPES[activation](before[number - 1])
    return result[::-1]


def jacobian_norm(layers: Layers, activation: str, inputs: Array) -> float:
    """Mean over the samples of the Frobenius norm of d output / d input."""
    norms = []
    for sample in inputs:
        value, jacobian = sample, np.eye(len(sample))
        for number, (weight, bias) in enumerate(layers):
            z = weight @ value + bias
            jacobian = weight @ jacobian
            value = z
            if number < len(layers) - 1:
                jacobian = SLOPES[activation](z)[:, None] * jacobian
                value = ACTIVATIONS[activation].numpy(z)
        norms.append(np.linalg.norm(jacobian))
    return float(np.mean(norms))


def from_zero(activation: str, depth: int, width: int, rate: float, table: Array) -> Iterator[tuple[Layers, Layers]]:
    """Weights and gradients before each step, from all zeros. table: [samples, features + 1], the target last; its rows
    are taken from the last to the first."""
    inputs, targets = table[::-1, :-1], table[::-1, -1:]
    sizes = [inputs.shape[1], *[width] * depth, 1]
    layers = [(np.zeros((above, below)), np.zeros(above)) for below, above in zip(sizes, sizes[1:])]
    while True:
        slope = gradients(layers, activation, inputs, targets)
        yield layers, slope
        layers = [(weight - rate * of_weight, bias - rate * of_bias)
                  for (weight, bias), (of_weight, of_bias) in zip(layers, slope)]
