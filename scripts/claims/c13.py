"""C13: identical units: no learning can occur."""
from __future__ import annotations

from claims.case import Case
from claims.schema import Verdict
from initsweep.report import axis, curves, series


def decide(case: Case) -> Verdict:
    """AND and OR with units that are equal to the bit."""
    networks = case.networks("C13")
    case.check("equal_units", networks.quantity("distinct_units")[:, :, 0])
    stuck = (networks.get("init") == "zeros") & (networks.get("activation") != "sigmoid")
    learnt = case.check("learnt", networks.take(~stuck).last("accuracy"))
    case.check("tanh_zero", networks.take(stuck).quantity("accuracy")[:, 1:])
    content = [series(f"{activation}, {'zero' if init == 'zeros' else 'constant 0.5'}", some.steps(),
                      some.quantity("loss")[0],
                      data=data[:-4].upper())
               for (data, init, activation), some in networks.groups("dataset_path", "init", "activation")]
    case.draw(curves("C13-loss", "AND and OR, learnt by units that are all the same",
                     "Loss over the steps. Constant starts, and zero with sigmoid units, go to 0; zero with tanh or "
                     "ReLU stays at the best constant's loss.",
                     axis("optimiser steps", scale="log"), axis("cross-entropy"), content,
                     select={"data": ("AND", "OR")}))
    return case.verdict(f"""
        Identical units are one unit, and one unit can learn what one unit can represent. AND and OR are such things:
        from a constant start with sigmoid, tanh or ReLU units, and from zero with sigmoid units, all four samples are
        right at the end (smallest accuracy {learnt.value:.2f}) while the units are equal to the last bit at every
        record. What identical units cannot do is more than one of them could (C05), and from zero tanh and ReLU units
        do not even start.""")
