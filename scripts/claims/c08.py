"""C08: the deltas do get through eventually, the output weights first."""
from __future__ import annotations

import numpy as np

from claims.case import Case
from claims.data import Networks, time_below
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
    case.check("others_never", (first_moves(networks.where(activation=["tanh", "relu"]))[0] != -1).astype(float))

    budget = times.steps()[-1]

    def half(activation: str, depth: int) -> Array:
        one = times.where(activation=activation, depth=depth)
        return time_below(one.steps(), one.quantity("loss"), 0.5 * one.quantity("constant_loss")[:, 0])
    softplus = {depth: half("softplus", depth) for depth in (1, 2, 3, 4)}
    sigmoid = {depth: half("sigmoid", depth) for depth in (1, 2)}
    # a censored time is at least the budget
    case.check("one_to_two", np.minimum(softplus[2], budget) / softplus[1])
    case.check("sigmoid_one_to_two", np.minimum(sigmoid[2], budget) / sigmoid[1])
    third = np.median(np.minimum(softplus[3], budget)) / np.median(np.minimum(softplus[2], budget))
    case.check("two_to_three", third)

    content = [series(f"{activation}, L = {depth}", range(1, depth + 2),
                      [networks.where(activation=activation, depth=depth).last("first_moved")[0, depth + 1 - k]
                       for k in range(1, depth + 2)])
               for activation in ("sigmoid",) for depth in range(1, 7)]
    case.draw(points("C08-first", "The step at which each weight layer first moves",
                     "Steps until each weight layer first moves, counted from the output layer down: a straight line, "
                     "one layer a step.",
                     axis("weight layers from the top"), axis("first step that moves it"), content))
    content = [series(activation, sorted(some), [np.median(some[depth]) for depth in sorted(some)],
                      [some[depth].min() for depth in sorted(some)],
                      [np.max(np.minimum(some[depth], budget)) for depth in sorted(some)])
               for activation, some in (("softplus", softplus), ("sigmoid", sigmoid))]
    case.draw(points("C08-time", "Time to half the variance from an all-zero start",
                     "Median time, and range over 8 data sets, until half of the targets' variance is explained, by "
                     "the number of hidden layers. It grows steeply: at 3 and 4 layers nothing gets there within "
                     f"{budget:.0f} steps, so there is no point.",
                     axis("hidden layers"), axis("optimiser steps", scale="log"), content))
    return case.verdict(f"""
        With sigmoid or softplus units the signal does get through an all-zero network, in an exact order: the output
        weights move at step 1, the layer below at step 2, and so on, layer k of L + 1 at step L + 2 - k. All
        {len(seen)} layers of all depths up to 6 did. But "eventually" hides how long: the first movements square from
        layer to layer, and the time until half of the variance is explained grows from a median of
        {np.median(softplus[1]):.0f} steps with one hidden layer to {np.median(np.minimum(softplus[2], budget)):.0f}
        with two, and beyond {budget:.0f} with three. With tanh or ReLU units no layer ever moves.""")
