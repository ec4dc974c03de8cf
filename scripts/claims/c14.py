"""C14: no particular weight should start at 0."""
from __future__ import annotations

import numpy as np

from claims.case import Case
from claims.schema import Verdict
from initsweep.arrays import STOPPED
from initsweep.intervals import wilson
from initsweep.report import axis, curves, heatmap, series

NAMES = ("tanh", "sigmoid", "relu")
CLOSE = 0.05  # shares solved that differ by less are the same to the eye


def decide(case: Case) -> Verdict:
    """Success on XOR by width, activation and the share of weights that start at 0."""
    networks = case.networks("C14")
    solved = {key: some.get("status") == STOPPED
              for key, some in networks.groups("activation", "width", "init_sparsity")}
    widths, shares = (sorted(set(networks.get(name).tolist())) for name in ("width", "init_sparsity"))
    case.check("dense", {name: solved[name, 32, 0.0] for name in NAMES})
    wide = case.check("wide_half", {(name, width): (solved[name, width, 0.0], solved[name, width, 0.5])
                                    for name, width in (("tanh", 16), ("tanh", 32), ("relu", 16), ("relu", 32),
                                                        ("sigmoid", 32))})
    most = case.check("wide_most", solved["tanh", 32, 0.9])
    narrow = case.check("narrow_half", {name: (solved[name, 2, 0.0], solved[name, 2, 0.5])
                                        for name in ("tanh", "relu")})
    case.check("falls_late", (solved["tanh", 32, 0.9], solved["tanh", 32, 0.99]))
    case.check("all_zero", np.concatenate([solved[name, width, 1.0].astype(float)
                                           for name in NAMES for width in widths]))
    content = []
    for name in NAMES:
        for width in widths:
            hits = [solved[name, width, share] for share in shares]
            bounds = np.array([wilson(int(one.sum()), len(one)) for one in hits])
            content.append(series(f"width {width}", shares, [one.mean() for one in hits], bounds[:, 0], bounds[:, 1],
                                  activation=name))
    case.draw(curves("C14-share", "XOR with a share of the weights starting at 0",
                     "Share of 1,000 starts that solve XOR, with 95 % intervals, by the share of single weights that "
                     "start at 0. Wide networks solve it until hardly any weight is left; narrow ones lose from the "
                     "first zeros on.",
                     axis("share of weights that start at 0"), axis("share solved"), content,
                     select={"activation": NAMES}))
    lost = [[float(solved[name, width, 0.0].mean() - solved[name, width, share].mean()) for share in shares[1:]]
            for name in NAMES for width in widths]
    case.draw(heatmap("C14-lost", "What zeros cost",
                      "Share of the starts that solve XOR with no weight at 0, less that with some at 0, by "
                      "activation, "
                      "width and share of zeros: 0 where the zeros cost nothing.",
                      axis("share of weights that start at 0", categories=[f"{share:g}" for share in shares[1:]]),
                      axis("", categories=[f"{name}, width {width}" for name in NAMES for width in widths]), lost,
                      "share solved, lost"))
    enough = {}
    for name in NAMES:
        costly = [width for width in widths
                  if solved[name, width, 0.0].mean() - solved[name, width, 0.5].mean() > CLOSE]
        enough[name] = next((width for width in widths if width > max(costly, default=0)), None)
    return case.verdict(f"""
        It is not the zero of a weight that does harm but the death of a unit that is needed. With half of the single
        weights at 0, drawn at random, networks of 16 and 32 units solve XOR as often as without zeros (the share lost
        that is farthest from none is {100 * (wide.value or 0):+.1f} points), and tanh networks of 32 units with nine of
        ten at 0 in {100 * (most.value or 0):.1f} % of the starts. With two units zeros cost
        {100 * (narrow.value or 0):.0f} points or more (tanh, ReLU), for both units are needed. Half of the weights at 0
        cost less than 5 points from {enough["tanh"]} units on with tanh, {enough["sigmoid"]} with sigmoid and
        {enough["relu"]} with ReLU, of the widths tried. Where all are 0 nothing is solved, at any width.""")
