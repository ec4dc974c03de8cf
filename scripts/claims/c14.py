"""C14: no particular weight should start at 0."""
from __future__ import annotations

import numpy as np

from claims.case import Case
from claims.schema import Verdict
from initsweep.arrays import STOPPED
from initsweep.intervals import wilson
from initsweep.report import axis, curves, series


def decide(case: Case) -> Verdict:
    """Success on XOR by the share of weights that start at 0."""
    networks = case.networks("C14")
    shares, hits = [], []
    for (share,), some in networks.groups("init_sparsity"):
        shares.append(share)
        hits.append(some.get("status") == STOPPED)
    solved = dict(zip(shares, hits))
    half = case.check("half_zero", solved[0.5])
    most = case.check("most_zero", solved[0.9])
    case.check("none_zero", solved[0.0])
    case.check("falls_late", (solved[0.9], solved[0.99]))
    case.check("all_zero", solved[1.0].astype(float))
    bounds = np.array([wilson(int(one.sum()), len(one)) for one in hits])
    case.draw(curves("C14-share", "XOR with a share of the weights starting at 0",
                     "Share of 400 starts that solve XOR, with 95 % intervals, by the share of single weights that "
                     "start at 0. It is 1 up to 0.9, and falls to 0 only at the end.",
                     axis("share of weights that start at 0"), axis("share solved"),
                     [series("tanh 2-32-1", shares, [one.mean() for one in hits], bounds[:, 0], bounds[:, 1])]))
    return case.verdict(f"""
        It is not the zero of a weight that does harm but the sameness of all of them. With half of the single weights
        of a 2-32-1 network set to 0 at random, {100 * (half.value or 0):.1f} % of the starts solve XOR; with nine of
        ten at 0 still {100 * (most.value or 0):.1f} %. Only when so few are left that hardly two units have both an
        input and an output does success fall, to none when all are 0.""")
