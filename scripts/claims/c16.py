"""C16: restarts tell whether it was a local minimum."""
from __future__ import annotations

import numpy as np

from claims.case import Case
from claims.schema import Verdict
from initsweep.arrays import STOPPED
from initsweep.intervals import wilson
from initsweep.report import axis, points, series

RESTARTS = 4


def decide(case: Case) -> Verdict:
    """Groups of restarts against the rate of single starts; replicates of an all-zero start."""
    networks, zero, single = case.networks("C16"), case.networks("C16-zero"), case.networks("C04")
    content, rates, evidence = [], {}, {}
    for activation in ("tanh", "relu"):
        failed = networks.where(activation=activation).get("status") != STOPPED
        start = single.where(activation=activation, init_noise=1.0, width=2)
        rates[activation] = (start.get("status") != STOPPED).mean()
        together = failed.reshape(-1, RESTARTS).all(axis=1).astype(float)
        evidence[activation] = case.check(f"{activation}_law", together - rates[activation] ** RESTARTS)
        counts = range(1, RESTARTS + 1)
        hits = [failed.reshape(-1, RESTARTS)[:, :k].all(axis=1) for k in counts]
        bounds = np.array([wilson(int(one.sum()), len(one)) for one in hits])
        content.append(series(f"{activation}, measured", counts, [one.mean() for one in hits], bounds[:, 0],
                              bounds[:, 1]))
        content.append(series(f"{activation}, p^k", counts, [rates[activation] ** k for k in counts]))
    outcomes = []
    for _, some in zero.groups("activation"):
        weights = some.get("weights_final").astype(np.float64)
        outcomes.append(weights - weights[0])
    case.check("one_outcome", np.concatenate(outcomes))
    case.check("zero_unsolved", zero.last("loss"))
    case.draw(points("C16-restarts", "How often k restarts all fail",
                     "Share of 385 groups of which the first k restarts all fail to solve XOR, with 95 % intervals, "
                     "and p^k with the rate p of single starts. Both activations follow it.",
                     axis("restarts k"), axis("share in which all k fail"), content))
    return case.verdict(f"""
        Restarts are independent trials: if one start fails with probability p, k of them all fail with p^k. It is so
        for ReLU networks (p = {rates['relu']:.2f}), whose unsolved ends are local minima, and just as much for tanh
        networks (p = {rates['tanh']:.2f}), whose unsolved ends are none (C04): of 385 groups of four the share that
        fails differs from p^4 by {evidence['relu'].value:+.3f} and {evidence['tanh'].value:+.3f}. So restarts tell how
        often a start fails, and nothing about why; for that one has to look at the end, at its gradient and its
        surroundings. And an all-zero start has no restarts: with full batches all its replicates have one outcome, to
        the last bit.""")
