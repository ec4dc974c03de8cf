"""C06: but different input weights break the symmetry."""
from __future__ import annotations

import numpy as np

from claims.case import Case
from claims.data import Networks
from claims.schema import Verdict
from initsweep.arrays import Array
from initsweep.report import axis, curves, heatmap, series

LEARNT = 0.5  # of the best constant's loss


def learnt(networks: Networks) -> Array:
    """Whether each network ended below half of the best constant's loss."""
    return networks.finite() & (networks.last("loss") < LEARNT * networks.quantity("constant_loss")[:, 0])


def decide(case: Case) -> Verdict:
    """Every set of zero layers, and which part is random."""
    networks, parts = case.networks("C06"), case.networks("C06-parts")
    layers = [np.char.equal(networks.get(f"init_by_layer_{k}").astype(str), "zeros") for k in (1, 2, 3)]
    zero = np.stack(layers, axis=1)
    count, depth, activation = zero.sum(axis=1), networks.get("depth"), networks.get("activation")
    moved = networks.last("first_moved")
    tanh, relu = activation == "tanh", activation == "relu"
    last = zero[np.arange(len(zero)), depth]
    case.check("incoming_random", learnt(parts.where(init="normal")))
    one = tanh & (count == 1)
    case.check("one_zero_moves", moved[one][zero[one]])
    case.check("one_zero_gradient", networks.at("gradient_norm", 0)[one][zero[one]])
    one_learns = case.check("one_zero_learns", {(d, k): learnt(networks.take(one & (depth == d) & zero[:, k]))
                                                for d in (1, 2) for k in range(d + 1)})
    case.check("relu_last_learns", {d: learnt(networks.take(relu & (count == 1) & last & (depth == d)))
                                    for d in (1, 2)})
    two = count >= 2
    case.check("two_zero_stay", np.isfinite(np.where(zero[two], moved[two], np.nan)).sum())
    two_networks = networks.take(two)
    case.check("two_zero_constant", two_networks.last("loss") / two_networks.quantity("constant_loss")[:, 0])
    lower = relu & (count == 1) & ~last
    case.check("relu_lower_stays", np.isfinite(np.where(zero[lower], moved[lower], np.nan)).sum())
    biases, outgoing, incoming = parts.where(init="zeros"), parts.where(init="constant"), parts.where(init="normal")
    case.check("biases_learn", learnt(biases))
    case.check("outgoing_learn", learnt(outgoing))
    rank = np.where(biases.at("distinct_units", 2)[:, 0] == 8, biases.at("effective_rank", 2)[:, 0], np.nan)
    case.check("distinct_overstates", rank)

    names = ["none", "1", "2", "3", "1 and 2", "1 and 3", "2 and 3", "1, 2 and 3"]
    sets = [(), (0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2)]
    rows = [(one, d) for d in (1, 2) for one in ("tanh", "relu")]
    cells = np.full((len(rows), len(sets)), np.nan)
    for r, (name, d) in enumerate(rows):
        for c, some in enumerate(sets):
            mine = (activation == name) & (depth == d) & (zero == np.isin(np.arange(3), some)).all(axis=1)
            if mine.any():
                cells[r, c] = learnt(networks.take(mine)).mean()
    case.draw(heatmap("C06-sets", "Which weight layers may start at zero",
                      "Share of 300 random starts that learn, by the set of weight layers that are zero. Tanh: all "
                      "learn with at most one zero layer, none with two or more. ReLU: only the last layer may be "
                      "zero.",
                      axis("zero layers", categories=names),
                      axis("", categories=[f"{name}, {d + 1} weight layers" for name, d in rows]), cells,
                      "share that learns"))
    content = [series(label, some.steps()[1:], *(row[1:, 0] for row in some.median(quantity)), measure=title)
               for title, quantity in (("effective rank", "effective_rank"), ("mean cosine", "mean_cosine"),
                                       ("distinct units", "distinct_units"))
               for label, some in (("only biases random", biases), ("outgoing random", outgoing),
                                   ("incoming random", incoming))]
    case.draw(curves("C06-parts", "How different the hidden units are, by what was random",
                     "Effective rank, mean cosine and distinct units of the first weight layer over the steps. From "
                     "random biases or random outgoing weights all units differ at once, and yet stay nearly parallel "
                     "for a long time.",
                     axis("optimiser steps", scale="log"), axis("of the first weight layer"), content,
                     select={"measure": ("effective rank", "mean cosine", "distinct units")}))
    return case.verdict(f"""
        It depends on how many weight layers are zero. Gradients of a layer need activity below and errors from
        above. With one zero layer among random ones (tanh) both are there: it moves at step 1, and
        {100 * (one_learns.value or 0):.0f} % of the networks learn, whichever layer it is. With two zero layers each
        lacks what the other should send, for ever: not one of {int(two.sum())} networks moved either of them. A ReLU
        unit with zero input weights has slope 0, so there only the last layer may be zero. What is random matters
        less: biases alone, the incoming or the outgoing weights alone break the symmetry. But "distinct" is a weak
        word: after two steps from random biases all 8 units differ in their bits while their weight vectors still
        point in one direction.""")
