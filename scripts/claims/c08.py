"""C08: the deltas do get through eventually, the output weights first."""
from __future__ import annotations

import itertools

import numpy as np

from claims.case import Case
from claims.data import Networks, time_below
from claims.descent import from_zero
from claims.schema import Verdict
from initsweep.arrays import Array
from initsweep.report import axis, points, series


def first_moves(networks: Networks) -> tuple[Array, Array]:
    """The step at which each weight layer first moved, -1 for never, and the step that theory says: each [layers of all
    networks]."""
    seen, expected = [], []
    for moved, depth in zip(networks.last("first_moved"), networks.get("depth")):
        seen.append(np.nan_to_num(moved[: depth + 1], nan=-1))
        expected.append(depth + 1 - np.arange(depth + 1))  # L + 2 - k, k from 1
    return np.concatenate(seen), np.concatenate(expected)


def decide(case: Case) -> Verdict:
    """The step at which each layer moves, and how long it takes from there."""
    networks, single, times = case.networks("C08"), case.networks("C08-float32"), case.networks("C08-time")
    moving = ("sigmoid", "softplus")
    seen, expected = first_moves(networks.where(activation=moving))
    case.check("layer_by_layer", (seen, expected))
    case.check("layer_by_layer_float32", first_moves(single.where(activation=moving)))
    differences, exponents = [], []
    table = np.loadtxt(case.data("twelve.csv"), delimiter=",", skiprows=1)
    first = {}
    for activation in moving:
        for (depth, rate), some in networks.where(activation=activation).groups("depth", "learning_rate"):
            slopes = [[np.linalg.norm(weight) for weight, _ in slope]
                      for _, slope in itertools.islice(from_zero(activation, depth, 4, rate, table), depth + 1)]
            expected = np.array([slopes[depth - layer][layer] for layer in range(depth + 1)])
            gradients = some.layers("gradient_norm")[0, depth - np.arange(depth + 1), np.arange(depth + 1)]
            differences.append(np.abs(gradients / expected - 1).max())
            first[activation, depth, rate] = rate * gradients[::-1]  # first movements, from the output layer
        exponents.append(np.log2(first[activation, 4, 0.002] / first[activation, 4, 0.001]) / 2.0 ** np.arange(5))
    case.check("first_sizes", differences)
    squares = case.check("squares", np.concatenate(exponents))
    case.check("others_never", (first_moves(networks.where(activation=["tanh", "relu"]))[0] != -1).astype(float))

    budget = times.steps()[-1]

    def half(activation: str, depth: int) -> Array:
        one = times.where(activation=activation, depth=depth)
        return time_below(one.steps(), one.quantity("loss"), 0.5 * one.quantity("constant_loss")[:, 0])
    softplus = {depth: half("softplus", depth) for depth in (1, 2, 3, 4)}
    sigmoid = {depth: half("sigmoid", depth) for depth in (1, 2)}
    # a censored time is at least the budget; where both are censored the factor counts as 1
    case.check("slower", {name: np.minimum(some[2], budget) / np.minimum(some[1], budget)
                          for name, some in (("softplus", softplus), ("sigmoid", sigmoid))})
    case.check("two_to_three", np.minimum(softplus[3], budget) / np.minimum(softplus[2], budget))

    content = []
    for depth in range(1, 7):
        moved = networks.where(activation="sigmoid", depth=depth, learning_rate=0.1).last("first_moved")[0, depth::-1]
        content.append(series(f"sigmoid, L = {depth}", range(1, depth + 2), moved))
    case.draw(points("C08-first", "The step at which each weight layer first moves",
                     "Steps until each weight layer first moves, counted from the output layer down: a straight line, "
                     "one layer a step.",
                     axis("weight layers from the top"), axis("first step that moves it"), content))
    content = [series(activation, sorted(some), [np.median(some[depth]) for depth in sorted(some)],
                      [some[depth].min() for depth in sorted(some)],
                      [np.max(np.minimum(some[depth], budget)) for depth in sorted(some)])
               for activation, some in (("softplus", softplus), ("sigmoid", sigmoid))]
    case.draw(points("C08-time", "Time to half the variance from an all-zero start",
                     "Median time, and range over 40 data sets, until half of the targets' variance is explained, by "
                     "the number of hidden layers. It grows steeply: at 3 and 4 layers nothing gets there within "
                     f"{budget:.0f} steps, so there is no point.",
                     axis("hidden layers"), axis("optimiser steps", scale="log"), content))
    return case.verdict(f"""
        With sigmoid or softplus units the signal does get through an all-zero network, in an exact order: the output
        weights move at step 1, the layer below at step 2, and so on, layer k of L + 1 at step L + 2 - k. All
        {len(seen)} layers of all depths up to 6 did. But "eventually" hides how long: the first movements square from
        layer to layer, as eta, eta^2, eta^4, eta^8 and eta^16 (the exponent farthest off is {squares.value:.3f} times
        that), and the time until half of the variance is explained grows from a median of
        {np.median(softplus[1]):.0f} steps with one hidden layer to {np.median(np.minimum(softplus[2], budget)):.0f}
        with two, and beyond {budget:.0f} with three. With tanh or ReLU units no layer ever moves.""")
