"""C12: it would not matter in practice: rounding breaks the symmetry anyway."""
from __future__ import annotations

import numpy as np

from claims.case import Case
from claims.schema import Verdict
from initsweep.report import axis, curves, series


def decide(case: Case) -> Verdict:
    """Symmetry here, at zero, and how far a network gets whose symmetry rounding broke."""
    networks = case.networks("C12")
    kept = networks.where(init="constant", init_noise=0.0)
    zero = networks.where(init="zeros")
    broken, random = networks.where(init="constant", init_noise=1e-8), networks.where(init="glorot_normal")
    recorded = np.isfinite(kept.quantity("loss"))  # some train for fewer steps than others
    case.check("kept", kept.quantity("distinct_units")[:, :, :2][recorded])
    case.check("zero", zero.layers("weight_norm"))
    case.check("broken", broken.at("distinct_units", 0)[:, 0])
    ends = broken.last("loss"), random.last("loss")
    gap = case.check("lags", (np.log2(ends[0]), np.log2(ends[1])))
    same = networks.where(init="constant", init_noise=1e-8).at("loss", 0)
    content = [series(label, some.steps()[1:], *(row[1:] for row in some.median("loss")))
               for label, some in (("constant 0.1, broken by 1e-8", broken), ("random (Glorot)", random))]
    case.draw(curves("C12-loss", "A symmetry broken by rounding, and a random start",
                     "Median loss over the steps, with 10 % and 90 % quantiles. The network whose equal weights were "
                     "told apart by noise of the size of float32's rounding stays on the plateau of a single unit "
                     "while the random start learns.", axis("optimiser steps", scale="log"),
                     axis("loss", scale="log"), content))
    return case.verdict(f"""
        Here rounding breaks nothing: every unit of a layer sees the same numbers in the same order, so {len(kept)}
        constant starts in float32, at widths where other libraries' sums come apart, keep one distinct unit. In
        frameworks it depends on width, build and processor, as their sums are ordered for speed:
        scripts/torch_symmetry.py looks at the PyTorch that is installed. Where all weights are zero and g(0) = 0 there
        is nothing to round anywhere. And where rounding does break the symmetry it matters still: noise of its size
        (1e-8 on weights of 0.1) makes all units distinct at the start, but from a loss of {np.median(same):.3f} the
        networks get to {np.median(ends[0]):.3f}, what one unit can do, while random starts get to
        {np.median(ends[1]):.3f} in the same steps, {2 ** (gap.value or 0):.1f} times lower.""")
