"""C01: XOR on a small net shows that zero weights cannot learn."""
from __future__ import annotations

import numpy as np

from claims.case import Case
from claims.data import Networks
from claims.schema import Verdict
from initsweep.arrays import Array
from initsweep.report import axis, curves, series


def decide(case: Case) -> Verdict:
    """Exact zeros on XOR; what sigmoid units do on data whose inputs and targets are correlated."""
    xor, contrast = case.networks("C01"), case.networks("C01-contrast")
    still = xor.take((xor.get("train_loss") == "binary_cross_entropy") | (xor.get("output_activation") == "sigmoid"))
    case.check("xor_gradients", np.concatenate([still.layers("gradient_norm").ravel(),
                                                still.layers("bias_gradient_norm").ravel()]))
    linear = xor.where(train_loss="mse", output_activation="linear")
    case.check("xor_weights_frozen", linear.where(activation=["tanh", "relu"]).layers("weight_norm"))
    case.check("xor_bias_moves", linear.at("bias_norm", 1)[:, 1])
    sigmoid = linear.where(activation="sigmoid")
    by_hand = np.array([1 / 64, np.sqrt(2) / 8])  # norms of the two weight layers after two steps of rate 1/2
    case.check("xor_sigmoid_moves", np.abs(sigmoid.at("weight_norm", 2)[:, :2] / by_hand - 1))
    end = case.check("xor_sigmoid_stays", sigmoid.last("loss"))
    case.check("contrast_frozen", contrast.where(activation=["tanh", "relu"]).layers("weight_norm"))

    def share(networks: Networks) -> Array:
        return np.asarray(networks.last("loss") / networks.last("constant_loss"))

    tilted = case.check("contrast_sigmoid_learns", share(contrast.where(activation="sigmoid", dataset="teacher")))
    digits = case.check("contrast_digits", share(contrast.where(activation="sigmoid", dataset="digits")))

    assert tilted.value is not None and digits.value is not None
    content = []
    for label, networks in (("XOR", linear), ("tilted regression", contrast.where(dataset="teacher")),
                            ("digits", contrast.where(dataset="digits"))):
        for activation in ("sigmoid", "tanh", "relu"):
            one = networks.where(activation=activation)
            content.append(series(f"{label}, {activation}", one.steps(),
                                  (one.quantity("loss") / one.quantity("constant_loss")[:, :1])[0]))
    case.draw(curves("C01-loss", "All-zero starts: XOR and two contrasts",
                     "Loss as a share of the best constant's over the steps. Every network on XOR, and tanh and ReLU "
                     "on all data, end at 1. Sigmoid networks fall below 1 on the tilted regression and on digits.",
                     axis("optimiser steps", scale="log"), axis("loss / loss of the best constant"), content))
    return case.verdict(f"""
        On XOR an all-zero network indeed learns nothing, but XOR is a special case: over its four samples neither input
        is correlated with the target (C = 0), so even the units that do move find no slope to follow. With sigmoid
        units and a linear output all weights move, together, and the loss still ends at {end.value:.6f}, the best
        constant's. On data with a slope the same start with the same units learns something: {100 * tilted.value:.1f} %
        of the best constant's loss is left on a tilted plane, {100 * digits.value:.1f} % on digits, where all units
        still are one. With tanh or ReLU units nothing but the output bias moves, on any data. So XOR shows the trap,
        and exaggerates it.""")
