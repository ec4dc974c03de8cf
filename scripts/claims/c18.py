"""C18: one zero a path is right, two kill it."""
from __future__ import annotations

import numpy as np

from claims.c06 import learnt
from claims.case import Case
from claims.data import Networks
from claims.schema import Verdict
from initsweep.arrays import Array
from initsweep.report import axis, curves, heatmap, series
from initsweep.rows import table

FIRST, LAST = [1, 3], [2, 4]  # first and last layers of the two branches, W_a and W_b
# Activations by g(0) and g'(0)
FACTS = {name: row.facts for name, row in table("activations").items()}


def names(value_at_0: bool, slope_at_0: bool) -> tuple[str, ...]:
    """Activations whose g(0) and g'(0) are, or are not, other than 0."""
    return tuple(name for name, facts in FACTS.items()
                 if (facts["value_at_0"] != 0) == value_at_0 and (facts["slope_at_0"] != 0) == slope_at_0)


SMOOTH, FLAT, OFFSET, BUMP = names(False, True), names(False, False), names(True, True), names(True, False)


def kinds(networks: Networks) -> dict[str, Networks]:
    """Networks with branches by what is zero at the start: W_b, alpha or both."""
    zero = networks.get("init_by_layer_branch_last").astype(str) == "zeros"
    scale = networks.get("scale")
    return {"W_b": networks.take(zero & (scale == 1)), "alpha": networks.take(~zero & (scale == 0)),
            "both": networks.take(zero & (scale == 0))}


def moves(networks: Networks) -> Array:
    """The step at which W_a and W_b of each branch first moved, -1 for never: [networks, 4]."""
    return np.nan_to_num(networks.last("first_moved")[:, FIRST + LAST], nan=-1)


def expected(count: int, first: int, last: int) -> Array:
    """The same for steps of W_a and W_b that all networks have in common."""
    return np.tile([first, first, last, last], (count, 1))


def compare(*rules: tuple[Networks, int, int]) -> tuple[Array, Array]:
    """Seen and expected steps of several groups of networks: (networks, step of W_a, step of W_b)."""
    return (np.concatenate([moves(some) for some, _, _ in rules]),
            np.concatenate([expected(len(some), first, last) for some, first, last in rules]))


def scales(networks: Networks, step: float) -> Array:
    """The scales of the branches after a step, of all networks in one row."""
    values = networks.at("residual_scale", step)
    return np.asarray(values[np.isfinite(values)])


def decide(case: Case) -> Verdict:
    """Residual branches and low-rank products, by which factor starts at 0 and by what the branch ends with."""
    networks, learning, product = case.networks("C18"), case.networks("C18-learn"), case.networks("C18-low-rank")
    trunk, branches = networks.where(depth=1), networks.where(depth=5)
    weights_last = kinds(branches.where(activation_after="false"))
    after = branches.where(activation_after="true")
    moving = {"W_b": (2, 1), "alpha": (2, 2), "both": (-1, -1)}
    case.check("weights_last", compare(*[(weights_last[kind], *steps) for kind, steps in moving.items()]))
    case.check("weights_last_identity",
               (np.concatenate([some.at("jacobian_norm", 0) for some in weights_last.values()]),
                np.tile(trunk.at("jacobian_norm", 0), 3)))
    case.check("weights_last_scale", np.concatenate([scales(weights_last["both"], step) for step in networks.steps()]))
    case.check("scale_moves", np.abs(np.concatenate([scales(weights_last["alpha"], 1),
                                                     scales(kinds(after)["alpha"], 1)])))
    smooth = kinds(after.where(activation=SMOOTH))
    case.check("smooth_last", compare(*[(smooth[kind], *steps) for kind, steps in moving.items()]))
    case.check("flat_last", compare((kinds(after.where(activation=FLAT))["W_b"], -1, -1)))
    case.check("offset_last", compare((kinds(after.where(activation=OFFSET))["both"], 3, 2)))
    bump = kinds(after.where(activation=BUMP))
    case.check("bump_last", compare((bump["W_b"], -1, -1), (bump["both"], -1, -1)))
    case.check("bump_scale", np.abs(np.concatenate([scales(kinds(after.where(activation=OFFSET + BUMP))["both"], 1)])))

    alone = learning.where(depth=1)
    better: dict[str, dict[str, Array]] = {"W_b": {}, "alpha": {}}
    groups = {}
    for flag, label in (("false", "f = W_b g(W_a h)"), ("true", "f = g(W_b g(W_a h))")):
        ones = kinds(learning.where(depth=5).where(activation_after=flag))
        for kind, lower in better.items():
            groups[f"{label}, {kind} = 0"] = ones[kind]
            lower[flag] = ones[kind].last("loss") < alone.last("loss")
    best, other = case.check("last_beats_trunk", better["W_b"]), case.check("scale_beats_trunk", better["alpha"])
    b_zero = product.take(product.get("init_by_layer_1") != "zeros")
    two = product.take(product.get("init_by_layer_1") == "zeros")
    case.check("b_moves", (b_zero.last("first_moved"), np.tile([2, 1], (len(b_zero), 1))))
    case.check("b_learns", learnt(b_zero))
    case.check("ab_never", np.isfinite(two.last("first_moved")).astype(float))

    columns = [f"{'W_b last' if flag == 'false' else 'g last'}: {kind} = 0, {part}" for flag in ("false", "true")
               for kind in moving for part in ("W_a", "W_b")]
    ordered = [*SMOOTH, *FLAT, *OFFSET, *BUMP]
    cells = [[float(moves(kinds(branches.where(activation=name, activation_after=flag))[kind])[0, position])
              for flag in ("false", "true") for kind in moving for position in (0, 2)] for name in ordered]
    case.draw(heatmap("C18-first", "The step at which the weights of a branch first move",
                      "Step at which W_a and W_b first move, -1 for never, by activation, by what is zero at the "
                      "start, "
                      "and by what the branch ends with. With W_b last all activations do the same; with g last ReLU "
                      "dies of one zero, and sigmoid survives two.",
                      axis("branch and zero", categories=columns), axis("activation", categories=ordered), cells,
                      "first step (-1: never)"))
    content = []
    for label, some in [*groups.items(), ("no branches", alone)]:
        middle, low, high = some.median("loss")
        content.append(series(label, some.steps()[1:], middle[1:], low[1:], high[1:]))
    case.draw(curves("C18-loss", "What learns (tanh)",
                     "Median loss over the steps, with 10 % and 90 % quantiles. Most networks with one zero a branch "
                     "end below their own trunks.",
                     axis("optimiser steps", scale="log"), axis("loss", scale="log"), content))
    return case.verdict(f"""
        A branch alpha W_b g(W_a h) is a product, and its gradient by each factor has the others as factors. With one
        of them zero the network starts as if the branch were not there (its Jacobian is the trunk's to the last
        bit), and still the zero factor feels a gradient: it moves at step 1, the rest at step 2. With both zero
        nothing ever moves. This is so for all {len(FACTS)} activations. It is another matter if the activation comes
        last. The zero layer then learns through g'(0): with tanh it does, with ReLU, whose slope at 0 is 0, one zero
        kills. And the branch sends g(0): with sigmoid that is 1/2, which moves alpha, so that two zeros do not kill.
        With W_b = 0 {100 * (best.value or 0):.1f} % or more of the tanh networks end below their own trunks, with
        alpha = 0 {100 * (other.value or 0):.0f} %. The same of low-rank updates B A: B = 0 with a random A learns, A
        = B = 0 never.""")
