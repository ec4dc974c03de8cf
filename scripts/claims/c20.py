"""C20: small random starts are nearly one unit too."""
from __future__ import annotations

import numpy as np

from claims.case import Case
from claims.data import Networks, time_below
from claims.schema import Verdict
from initsweep.arrays import Array
from initsweep.report import axis, curves, series

MODES = (3.0, 2.0, 1.0)
SMALL = 1e-4


def mean_cosine(networks: Networks) -> Array:
    """Mean absolute cosine over pairs of hidden units' incoming weights at the end [networks]."""
    result = []
    for layers in networks.weights("final"):
        unit = layers[0][0] / np.linalg.norm(layers[0][0], axis=1, keepdims=True)
        cosine = np.abs(unit @ unit.T)
        result.append(cosine[np.triu_indices(len(unit), 1)].mean())
    return np.array(result)


def decide(case: Case) -> Verdict:
    """Directions of the units as the loss begins to fall; times of a linear network's modes."""
    networks, gap, modes = case.networks("C20"), case.networks("C20-gap"), case.networks("C20-modes")
    groups = [(f"one target, {name}", networks.where(activation=name)) for name in ("tanh", "gelu", "relu")] + [
        (f"two targets, singular values {text}", gap.take(gap.get("dataset_singular_values").astype(str) == text))
        for text in ("3, 1", "2, 2")]
    cosine = {label: {size: mean_cosine(some) for (size,), some in mine.groups("init_noise")} for label, mine in groups}
    tanh, gelu, relu, apart, equal = cosine.values()
    small = case.check("small_is_one", {"tanh": tanh[SMALL], "gelu": gelu[SMALL]})
    case.check("gap", apart[SMALL])
    plane = case.check("no_gap", equal[SMALL])
    kinked = case.check("relu", relu[SMALL])
    case.check("falls", tanh[SMALL] - tanh[0.01])
    case.check("falls_further", tanh[0.01] - tanh[0.2])
    loss, steps = modes.quantity("loss"), modes.steps()
    outputs = float(np.sum(np.square(MODES)) / loss[0, 0])  # the loss at the start is sum sigma^2 / outputs
    times = []
    for number, mode in enumerate(MODES):  # the earlier modes learnt, half of this one's strength left
        left = (mode / 2) ** 2 + sum(other ** 2 for other in MODES[number + 1:])
        times.append(time_below(steps, loss, left / outputs))
    second = case.check("second_mode", times[1] / times[0])
    third = case.check("third_mode", times[2] / times[0])
    content = [series(label, sorted(sizes),
                      *np.array([np.quantile(sizes[size], [0.5, 0.1, 0.9]) for size in sorted(sizes)]).T)
               for label, sizes in cosine.items()]
    case.draw(curves("C20-cosine", "Are the units one, when the loss begins to fall?",
                     "Median of the mean absolute cosine between the incoming weights of 50 units when the loss has "
                     "fallen by 10 %, with 10 % and 90 % quantiles, over the size of the start: near 1 for the "
                     "smallest with one strongest direction and a smooth activation; not so with two equal singular "
                     "values, nor with ReLU.",
                     axis("standard deviation of the start", scale="log"), axis("mean |cosine|"), content))
    middle, low, high = modes.median("loss")
    case.draw(curves("C20-modes", "A linear network learns its modes one at a time",
                     "Loss over the steps, from starts of size 1e-8: a staircase with a step for each singular value "
                     "3, 2 and 1, at times in the ratio 1/3 to 1/2 to 1.",
                     axis("optimiser steps"), axis("loss"), [series("median, 10 to 90 %", steps, middle, low, high)]))
    return case.verdict(f"""
        A small start breaks the symmetry in bits, not yet in fact. While weights are small each unit's weights grow
        along the same direction, the strongest of the data, and what was random is drowned: from noise of size 1e-4 the
        mean cosine of 50 units is {small.value:.3f} or more when the loss has fallen by a tenth (tanh, GELU), that is,
        the network is one unit still; from noise of 0.2 it is {np.median(tanh[0.2]):.2f}. Two things are needed. The
        data must have one strongest direction: with two equal ones the cosine is {plane.value:.2f}, as of random
        directions in a plane. And the activation must be smooth at 0: ReLU units settle in several directions, at
        {kinked.value:.2f}. Linear networks show what comes next: one singular mode after the other is learnt, each with
        a time that goes as 1 / sigma. The second of 3, 2, 1 took {second.value:.2f} and the third {third.value:.2f}
        times as long as the first.""")
