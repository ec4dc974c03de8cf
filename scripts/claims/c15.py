"""C15: zero rules out that the inputs ever matter; any gradient method stops at once."""
from __future__ import annotations

import itertools

import numpy as np

from claims.case import Case
from claims.data import Networks
from claims.descent import from_zero, jacobian_norm
from claims.schema import Verdict
from initsweep.arrays import Array
from initsweep.report import axis, curves, series


def first_nonzero(networks: Networks) -> Array:
    """The first recorded step at which the Jacobian is not 0, -1 for never: [networks]."""
    steps = networks.steps()
    return np.array([steps[np.flatnonzero(row)[0]] if np.any(row) else -1
                     for row in networks.quantity("jacobian_norm")])


def decide(case: Case) -> Verdict:
    """The Jacobian over time, and when a stop rule fires."""
    networks, stop = case.networks("C15"), case.networks("C15-stop")
    moving, still = (networks.where(activation=names) for names in (("sigmoid", "softplus"), ("tanh", "relu")))
    case.check("jacobian_zero", still.quantity("jacobian_norm"))
    case.check("stops", stop.where(train_loss="binary_cross_entropy").get("steps_done"))
    case.check("sigmoid_first", (first_nonzero(moving), moving.get("depth") + 1))
    table, differences = np.loadtxt(case.data("twelve.csv"), delimiter=",", skiprows=1), []
    for (name, depth, rate), some in moving.where(dataset="csv").groups("activation", "depth", "learning_rate"):
        layers, _ = next(itertools.islice(from_zero(name, depth, 4, rate, table), depth + 1, None))
        differences.append(some.at("jacobian_norm", depth + 1)[0] / jacobian_norm(layers, name, table[:, :-1]) - 1)
    case.check("sigmoid_sizes", np.abs(differences))
    ends = {depth: networks.where(dataset="teacher", activation="sigmoid", depth=depth).last("jacobian_norm")
            for depth in (1, 2, 3)}
    shallow, deep = case.check("matters", ends[1]), case.check("hardly_matters", ends[3])
    case.check("linear_first", first_nonzero(networks.where(depth=0)))
    case.check("goes_on", stop.where(train_loss="mse").get("steps_done"))
    content = []
    for depth in (1, 2, 3):
        for name in ("sigmoid", "softplus", "tanh", "relu"):
            some = networks.where(activation=name, depth=depth, dataset="teacher")
            middle, low, high = some.median("jacobian_norm")
            keep = (middle > 0) | (not middle.any())
            content.append(series(name, some.steps()[keep], middle[keep], low[keep], high[keep], depth=str(depth)))
    case.draw(curves("C15-jacobian", "Does the output depend on the input?",
                     "Norm of the derivative of the output by the input over the steps, median of 20 data sets. It is "
                     "exactly 0 for ever with tanh and ReLU; with sigmoid and softplus it appears at step L + 1 and "
                     "grows.", axis("optimiser steps", scale="log"),
                     axis("norm of the Jacobian"), content, select={"depth": ("1", "2", "3")}))
    return case.verdict(f"""
        The derivative of the output by the input says whether inputs matter. From an all-zero start it is exactly 0
        for ever with tanh and ReLU units. With sigmoid and softplus units it is 0 at first and not 0 from step L + 1
        on, when the movement has reached the first layer: after 3,000 steps it is {shallow.value:.2g} with one
        hidden layer, and {deep.value:.1g} with three, which is not 0 and yet nothing; and without hidden layers the
        inputs matter after one step. Nor does training stop at once: a rule that stops on a small gradient fires at
        step 0 only where the output bias has nothing to do either, as on XOR under cross-entropy; under squared
        error the bias still moves to the mean.""")
