"""C03: the right-hand side of the delta rule has no w in it."""
from __future__ import annotations

import numpy as np

from claims.case import Case
from claims.data import Networks
from claims.schema import Verdict
from claims.table import DUST
from initsweep.report import axis, curves, series


def spread(networks: Networks) -> float:
    """Largest difference of a final weight or bias from the zero start's."""
    weights = networks.get("weights_final").astype(np.float64)
    weights = weights[:, np.isfinite(weights).all(axis=0)]
    zero = weights[networks.get("init") == "zeros"][0]
    return float(np.abs(weights - zero).max())


def decide(case: Case) -> Verdict:
    """Where regressions end from zero and from random starts; gradients below a zero layer."""
    networks, hidden = case.networks("C03"), case.networks("C03-hidden")
    linear = networks.where(dataset="csv")
    overlap, apart = (networks.where(dataset_separation=value) for value in (0.5, 6.0))
    same = case.check("same_optimum", spread(linear))
    logistic = case.check("same_logistic_optimum", spread(overlap))
    case.check("zero_moves", networks.where(init="zeros").last("first_moved")[:, 0])
    norm = apart.quantity("weight_norm")[:, :, 0]
    case.check("separable_grows", norm[:, -1] - norm[:, -2])
    gradients = hidden.layers("gradient_norm")[:, 0, :]
    below = np.arange(gradients.shape[1]) < hidden.get("depth")[:, None]
    zero = hidden.get("init_by_layer_output") == "zeros"
    case.check("hidden_zero", gradients[zero][below[zero]])
    case.check("hidden_random", ((gradients > DUST) | ~below).all(axis=1)[~zero])

    content = []
    for label, some in (("linear", linear), ("logistic, overlapping", overlap), ("logistic, separable", apart)):
        content.append(series("zero", some.steps(), some.where(init="zeros").quantity("weight_norm")[0, :, 0],
                              data=label))
        middle, low, high = (row[:, 0] for row in some.where(init="normal").median("weight_norm"))
        content.append(series("random, 10 to 90 %", some.steps(), middle, low, high, data=label))
    case.draw(curves("C03-norm", "Regressions without hidden layers forget where they started",
                     "Norm of the weights over the steps. Zero and random starts meet where there is an optimum; on "
                     "separable classes the norm of both grows without end.",
                     axis("optimiser steps", scale="log"), axis("norm of the weights"), content,
                     select={"data": ("linear", "logistic, overlapping", "logistic, separable")}))
    return case.verdict(f"""
        Without hidden layers the update of a weight is the error times the input; the weight itself is not a factor (it
        acts through the error alone). So zero is as good a start as any: linear and logistic regressions from zero and
        from 40 random starts end at the same weights, to {same.value:.1e} and {logistic.value:.1e}. (Where classes are
        separable there is no end: the norm grows for ever from every start.) With hidden layers it is another matter:
        the error of a hidden unit comes through the weights above it, and where those are all zero its gradient is
        exactly 0, whatever the activation.""")
