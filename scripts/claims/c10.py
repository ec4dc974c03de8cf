"""C10: it depends on the activation at 0: sigmoid moves together, tanh and ReLU not at all."""
from __future__ import annotations

import itertools

import numpy as np

from claims.case import Case
from claims.descent import from_zero
from claims.schema import Verdict
from initsweep.report import axis, curves, heatmap, series
from initsweep.rows import table

# Every activation of the program, by g(0) and g'(0)
FACTS = {name: row.facts for name, row in table("activations").items()}
FROZEN = tuple(name for name, facts in FACTS.items() if facts["value_at_0"] == 0)
MOVING = tuple(name for name, facts in FACTS.items() if facts["value_at_0"] != 0 and facts["slope_at_0"] != 0)
OUTPUT_ONLY = tuple(name for name, facts in FACTS.items() if facts["value_at_0"] != 0 and facts["slope_at_0"] == 0)


def decide(case: Case) -> Verdict:
    """Which weight layers leave 0 under each activation; how the output bias goes."""
    networks, bias = case.networks("C10"), case.networks("C10-bias")
    case.check("frozen", networks.where(activation=FROZEN).layers("weight_norm")[np.isfinite(
        networks.where(activation=FROZEN).layers("weight_norm"))])
    moved = []
    for (depth,), some in networks.where(activation=MOVING).groups("depth"):
        moved += [some.at("weight_norm", depth + 1 - layer)[:, layer] > 0 for layer in range(depth + 1)]
    case.check("moving", np.concatenate(moved).mean())
    table_of_twelve = np.loadtxt(case.data("twelve.csv"), delimiter=",", skiprows=1)
    twelve, differences, tops = networks.where(dataset="csv"), [], []
    for (name, depth, rate), some in twelve.groups("activation", "depth", "learning_rate"):
        norms = [[np.linalg.norm(weight) for weight, _ in layers]
                 for layers, _ in itertools.islice(from_zero(name, depth, 4, rate, table_of_twelve), depth + 2)]
        if name in MOVING:
            differences += [some.at("weight_norm", depth + 1 - layer)[0, layer] / norms[depth + 1 - layer][layer] - 1
                            for layer in range(depth + 1)]
        else:  # four equal output weights, g(0) = 1
            top = 2 * rate * 2 * abs(table_of_twelve[:, -1].mean())
            tops.append(abs(some.at("weight_norm", 1)[0, depth] / top - 1))
    case.check("moving_sizes", np.abs(differences))
    units = networks.layers("distinct_units")[:, :, :-1]
    case.check("together", units[np.broadcast_to(np.arange(units.shape[2]) < networks.get("depth")[:, None, None],
                                                 units.shape)])
    rest = []
    for (depth,), some in networks.where(activation=OUTPUT_ONLY).groups("depth"):
        rest.append(some.quantity("weight_norm")[:, :, :depth].ravel())
    case.check("output_only_moves", tops)
    case.check("output_only_stays", np.concatenate(rest))

    errors = []
    for (rate, outputs), some in bias.where(dataset="teacher").groups("learning_rate", "dataset_outputs"):
        step, norm = some.steps(), some.quantity("bias_norm")[:, :, 1]
        mean = norm[:, 1:2] * outputs / (2 * rate)  # the first step is 2 eta / m of the mean
        expected = mean * np.abs(1 - (1 - 2 * rate / outputs) ** step)
        errors.append((np.abs(norm - expected) / mean).max())
    case.check("bias_factor", errors)
    swing = bias.where(dataset="xor")
    case.check("bias_swings", np.concatenate([(swing.quantity("bias_norm")[0, :, 1] - swing.steps() % 2),
                                              swing.quantity("loss")[0] - 0.5]))

    names = [*FROZEN, *OUTPUT_ONLY, *MOVING]
    rows = [f"depth {depth}, layer {layer}" for depth in (1, 2, 3) for layer in range(1, depth + 2)]
    teacher = networks.where(dataset="teacher")
    cells = [[np.median(teacher.where(activation=name, depth=depth).last("weight_norm")[:, layer - 1])
              for name in names]
             for depth in (1, 2, 3) for layer in range(1, depth + 2)]
    case.draw(heatmap("C10-moved", "How far each weight layer gets from an all-zero start",
                      "Norm of each layer's weights after 2,000 steps, by activation and depth: exactly 0 where g(0) = "
                      "0, all layers moved for sigmoid and softplus, the output layer alone for cos and the Gaussian.",
                      axis("activation", categories=names),
                      axis("depth and layer", categories=rows), cells, "weight norm (median)"))
    content = [series(f"eta = {rate}", some.steps(), some.quantity("bias_norm")[0, :, 1])
               for (rate,), some in bias.where(dataset="teacher", dataset_outputs=1).groups("learning_rate")]
    content.append(series("eta = m = 1, XOR", swing.steps(), swing.quantity("bias_norm")[0, :, 1]))
    case.draw(curves("C10-bias", "The output bias, which alone moves where g(0) = 0",
                     "Size of the output bias over the steps: it converges geometrically to the targets' mean, and "
                     "swings for ever between 0 and twice the mean where the learning rate is m.",
                     axis("optimiser steps"), axis("|output bias|"), content))
    return case.verdict(f"""
        What an all-zero network does is decided by two numbers of its activation: g(0) and g'(0). All {len(FROZEN)}
        activations with g(0) = 0 (tanh, ReLU, GELU, ...) leave every weight at exactly 0 for ever, whatever the depth;
        only the output bias moves, towards the targets' mean. Where g(0) and g'(0) are both not 0 (sigmoid, softplus)
        every layer moves, all its units together. And there is a third kind, which the discussion forgot: where g(0) is
        not 0 but g'(0) is (cos, the Gaussian) the output layer moves and nothing below it ever does.""")
