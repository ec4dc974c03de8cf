"""C12: it would not matter in practice: rounding breaks the symmetry anyway."""
from __future__ import annotations

import numpy as np

from claims.case import Case
from claims.data import Networks
from claims.schema import Verdict
from initsweep.arrays import Array
from initsweep.report import axis, curves, heatmap, series

DATA = ("moons", "teacher")
FITTED = 1e-3  # of the best constant's loss: losses below are of networks that fit the data, and differ by rounding


def lag(networks: Networks, step: float) -> Array:
    """log2 of the loss of each broken network over that of the random start of the same replicate [replicates].

    Both losses have FITTED of the best constant's added, so that two networks that fit the data count as equal.
    """
    broken, random = (networks.where(init=init) for init in ("constant", "glorot_normal"))
    floor = FITTED * broken.get("constant_loss")[:, 0]
    return np.asarray(np.log2(broken.at("loss", step) + floor) - np.log2(random.at("loss", step) + floor))


def decide(case: Case) -> Verdict:
    """Symmetry here and at zero; how far networks get whose symmetry rounding broke, by depth, data, steps and rule."""
    networks = case.networks("C12")
    kept = networks.where(init="constant", init_noise=0.0)
    recorded = np.isfinite(kept.quantity("loss"))  # some train for fewer steps than others
    case.check("kept", kept.quantity("distinct_units")[:, :, :2][recorded])
    zero = networks.where(init="zeros").layers("weight_norm")
    case.check("zero", zero[np.isfinite(zero)])
    pairs = networks.where(init_noise=1e-8)
    case.check("broken", pairs.where(init="constant").at("distinct_units", 0)[:, 0])
    steps = pairs.steps()
    cell = {(data, depth, rule): pairs.where(dataset=data, depth=depth, optimizer=rule)
            for data in DATA for depth in (1, 2, 3) for rule in ("sgd", "adam")}
    early = case.check("early", {(data, depth): lag(cell[data, depth, "sgd"], 1000)
                                 for data in DATA for depth in (2, 3)})
    slow = case.check("slow", {(data, depth): lag(cell[data, depth, "sgd"], steps[-1])
                               for data in DATA for depth in (2, 3)})
    late = case.check("late", {(data, depth): lag(cell[data, depth, "adam"], steps[-1])
                               for data in DATA for depth in (1, 2)})
    rows = [f"{data}, L = {depth}, {rule}" for data, depth, rule in cell]
    cells = [[float(np.median(lag(some, step))) for step in steps[1:]] for some in cell.values()]
    case.draw(heatmap("C12-map", "How far a network whose symmetry rounding broke is behind a random start",
                      "log2 of the ratio of the losses, median of 40 replicates, by data, hidden layers, optimiser and "
                      "steps: 1 is twice the loss, 0 the same, below 0 less. Under gradient descent the lag grows with "
                      "two and three hidden layers; under Adam it grows at first, and then goes.",
                      axis("optimiser steps", categories=[f"{step:.0f}" for step in steps[1:]]),
                      axis("", categories=rows), cells, "log2 of the ratio of losses"))
    content = [series(label, steps[1:], *(row[1:] for row in some.where(init=init).median("loss")), depth=str(depth))
               for depth in (1, 2, 3) for label, init in (("constant 0.1, broken by 1e-8", "constant"),
                                                          ("random (Glorot)", "glorot_normal"))
               for some in (cell["moons", depth, "sgd"],)]
    case.draw(curves("C12-loss", "A symmetry broken by rounding, and a random start (two moons, gradient descent)",
                     "Median loss over the steps, with 10 % and 90 % quantiles. The network whose equal weights were "
                     "told apart by noise of the size of float32's rounding stays on the plateau of a single unit "
                     "for some time, and longer with more hidden layers.", axis("optimiser steps", scale="log"),
                     axis("loss", scale="log"), content, select={"depth": ("1", "2", "3")}))
    return case.verdict(f"""
        Here rounding breaks nothing: every unit of a layer sees the same numbers in the same order, so {len(kept)}
        constant starts in float32, at widths where other libraries' sums come apart, keep one distinct unit. In
        frameworks it depends on width, build and processor, as their sums are ordered for speed:
        scripts/torch_symmetry.py looks at the PyTorch that is installed. Where all weights are zero and g(0) = 0
        there is nothing to round anywhere. Where rounding does break the symmetry, the difference starts at 1e-8 and
        must grow: with two and three hidden layers gradient descent leaves {2 ** (early.value or 0):.1f} times the
        loss of a random start after 1,000 steps, or more, and {2 ** (slow.value or 0):.0f} times or more after
        {steps[-1]:,.0f}, for the random start goes on learning. Adam makes steps of one size, however small the
        gradient: it catches up, and after {steps[-1]:,.0f} steps has {2 ** (late.value or 0):.2f} times the loss of
        the random start at most (one and two hidden layers, medians).""")
