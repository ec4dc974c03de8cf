"""C18: one zero a path is right, two kill it."""
from __future__ import annotations

import numpy as np

from claims.c06 import learnt
from claims.case import Case
from claims.schema import Verdict
from initsweep.report import axis, curves, heatmap, series

BRANCH = slice(1, 5)      # weight layers of the two branches
FIRST, LAST = [1, 3], [2, 4]  # first and last layers of the branches


def decide(case: Case) -> Verdict:
    """Residual branches and low-rank products, by which factor starts at 0."""
    networks, product = case.networks("C18"), case.networks("C18-low-rank")
    branches = networks.get("depth") == 5
    last_zero = networks.get("init_by_layer_branch_last") == "zeros"
    scale = networks.get("scale")
    trunk = networks.take(~branches)
    rezero = networks.take(branches & ~last_zero & (scale == 0))
    fixup = networks.take(branches & last_zero & (scale == 1))
    both = networks.take(branches & last_zero & (scale == 0))
    identity = trunk.at("jacobian_norm", 0)
    case.check("identity", (np.concatenate([some.at("jacobian_norm", 0) for some in (rezero, fixup, both)]),
                            np.tile(identity, 3)))
    alpha = rezero.at("residual_scale", 1)
    case.check("scale_moves", alpha[np.isfinite(alpha)])
    case.check("scale_rest", rezero.last("first_moved")[:, BRANCH])
    case.check("last_moves", fixup.last("first_moved")[:, LAST])
    case.check("last_rest", fixup.last("first_moved")[:, FIRST])
    one = case.check("one_zero_learns", np.concatenate([learnt(rezero), learnt(fixup)]))
    case.check("both_never", np.isfinite(both.last("first_moved")[:, BRANCH]).astype(float))
    still = both.last("residual_scale")
    case.check("both_scale", still[np.isfinite(still)])
    b_zero = product.take(product.get("init_by_layer_1") != "zeros")
    two = product.take(product.get("init_by_layer_1") == "zeros")
    case.check("b_moves", (b_zero.last("first_moved"), np.tile([2, 1], (len(b_zero), 1))))
    case.check("b_learns", learnt(b_zero))
    case.check("ab_never", np.isfinite(two.last("first_moved")).astype(float))

    rows = [("alpha = 0", rezero), ("last layer of each branch 0", fixup), ("both 0", both)]
    cells = [np.nan_to_num(some.last("first_moved")[0], nan=-1) for _, some in rows]
    case.draw(heatmap("C18-first", "The step at which each weight layer of a residual network first moves",
                      "Steps at which the six weight layers first move; -1: never. With alpha = 0 the branches move at "
                      "step 2, with zero last layers those move at step 1 and the layers before them at step 2; with "
                      "both, no branch ever moves.",
                      axis("weight layer", categories=["1 (trunk)", "2 (branch 1)", "3 (branch 1)", "4 (branch 2)",
                                                       "5 (branch 2)", "6 (output)"]),
                      axis("what is 0", categories=[label for label, _ in rows]), cells, "first step (-1: never)"))
    content = []
    for label, some in rows + [("no branches", trunk), ("B A, B = 0", b_zero), ("B A, A = B = 0", two)]:
        middle, low, high = some.median("loss")
        content.append(series(label, some.steps()[1:], middle[1:], low[1:], high[1:]))
    case.draw(curves("C18-loss", "What learns", "Median loss over the steps, with 10 % and 90 % quantiles. With both "
                                                "zeros the residual network is its trunk; the product with A = B = 0 "
                                                "stays at the best constant.",
                     axis("optimiser steps", scale="log"), axis("loss", scale="log"), content))
    return case.verdict(f"""
        A branch alpha f(h) is a product, and its gradient by each factor has the other as a factor. With one of them
        zero the network starts as if the branch were not there (its Jacobian is the trunk's to the last bit), and still
        the zero factor feels a gradient: it moves at step 1, the rest of the branch at step 2, and
        {100 * (one.value or 0):.0f} % of the networks learn. With both zero neither ever moves: {len(both)} networks
        stayed their own trunks. The same of low-rank updates B A: B = 0 with a random A learns, A = B = 0 never. This
        is why a zeroed last layer, a zero scale or a zero B are good starts, and why only one of a pair may be
        zero.""")
