"""C04: local minima are why one starts at random, many times."""
from __future__ import annotations

import numpy as np

from claims import paths
from claims.case import Case
from claims.data import Networks
from claims.schema import Verdict
from initsweep.arrays import STOPPED, Array
from initsweep.intervals import wilson
from initsweep.report import axis, curves, heatmap, series

REST = 1e-9         # a gradient below this is that of a point at rest
LEVELS = np.array([1 / 4, 1 / 6, 1 / 8])
NAMES = ("tanh", "sigmoid", "relu")


def decide(case: Case) -> Verdict:
    """Success by scale, activation and width; whether a path leads on from the unsolved ends."""
    networks = case.networks("C04")
    small = networks.where(width=2)
    budget = int(networks.steps()[-1])

    def solved(activation: str, scale: float, width: int = 2, within: int | None = None) -> Array:
        some = networks.where(activation=activation, init_noise=scale, width=width)
        return np.asarray((some.get("status") == STOPPED) & (some.get("steps_done") <= (within or budget)))
    ends: dict[str, tuple[Networks, Array]] = {}
    for activation in NAMES:
        some = small.where(activation=activation, init_noise=[0.3, 1.0])
        unsolved = some.take((some.get("status") != STOPPED) & ~some.diverged())
        weights = unsolved.get("weights_final")[:, :9].astype(np.float64)
        ends[activation] = unsolved, paths.classify(weights, activation)
    traps = {activation: case.check(f"{activation}_traps", kinds == paths.TRAP)
             for activation, (_, kinds) in ends.items()}
    weights = ends["relu"][0].get("weights_final")[:, :9].astype(np.float64)
    at_rest = np.linalg.norm(paths.gradients(weights, "relu"), axis=1) < REST
    rest = case.check("relu_at_rest", at_rest)
    levels = ends["relu"][0].last("loss")[at_rest]
    case.check("relu_levels", np.abs(levels[:, None] - LEVELS).min(axis=1) < 1e-6)
    for activation in ("tanh", "sigmoid"):
        case.check(f"{activation}_rises", (solved(activation, 1.0), solved(activation, 0.03)))
        case.check(f"{activation}_falls", (solved(activation, 1.0), solved(activation, 10.0)))
    slow = case.check("small_is_slow", (solved("tanh", 0.1), solved("tanh", 0.1, within=budget // 10)))
    case.check("wider", {activation: (solved(activation, 1.0, 8), solved(activation, 1.0, 2)) for activation in NAMES})
    grown = {}
    for activation in ("tanh", "sigmoid"):
        norm = np.sqrt((ends[activation][0].layers("weight_norm") ** 2).sum(axis=2))
        grown[activation] = norm[:, -1] > 1.01 * norm[:, -2]
    case.check("to_infinity", grown)

    scales = sorted(set(small.get("init_noise").tolist()))
    content = []
    for activation in ("tanh", "sigmoid", "relu"):
        for within in (budget // 10, budget):
            hits = [solved(activation, scale, within=within) for scale in scales]
            bounds = np.array([wilson(int(one.sum()), len(one)) for one in hits])
            content.append(series(f"{activation}, {within} steps", scales, [one.mean() for one in hits], bounds[:, 0],
                                  bounds[:, 1]))
    case.draw(curves("C04-success", "XOR 2-2-1: share solved by the scale of the start",
                     "Share of 2,000 random starts that solve XOR within 2,000 and within 20,000 steps, with 95 % "
                     "intervals, over the scale of the initial weights. Tanh and sigmoid rise and then fall; small "
                     "scales gain by more steps; ReLU stays near one quarter.",
                     axis("standard deviation of the initial weights and biases", scale="log"), axis("share solved"),
                     content))
    widths = sorted(set(networks.where(init_noise=1.0).get("width").tolist()))
    content = []
    for activation in ("tanh", "sigmoid", "relu"):
        hits = [solved(activation, 1.0, width) for width in widths]
        bounds = np.array([wilson(int(one.sum()), len(one)) for one in hits])
        content.append(series(activation, widths, [one.mean() for one in hits], bounds[:, 0], bounds[:, 1]))
    case.draw(curves("C04-width", "XOR: share solved by the number of hidden units",
                     "Share of 2,000 random starts of standard deviation 1 that solve XOR, with 95 % intervals, by "
                     "width. Tanh and sigmoid reach 1; ReLU rises up to 8 units, and falls at 16, where the learning "
                     "rate is too large for the start.",
                     axis("hidden units", scale="log"), axis("share solved"), content))
    kinds_of_end = ("a path leads down", "level first, then down", "no path found: a trap")
    case.draw(heatmap("C04-ends", "Where the unsolved networks stand",
                      "Share of the unsolved networks of scale 0.3 and 1 from whose ends the loss can be lowered "
                      "along a "
                      "path that never rises: at once, after a level stretch, or not.",
                      axis("", categories=list(kinds_of_end)), axis("activation", categories=list(NAMES)),
                      [(np.bincount(ends[name][1], minlength=3) / len(ends[name][1])).tolist() for name in NAMES],
                      "share of the unsolved ends"))
    tenth = solved("tanh", 0.1, within=budget // 10).mean()
    level = (ends["relu"][1] == paths.LEVEL_THEN_DOWN).mean()
    return case.verdict(f"""
        An end is called a trap if no path that never rises leads from it to a lower loss, and paths are searched for
        in the same way for all activations. Of the unsolved tanh and sigmoid networks
        {100 * (traps["tanh"].value or 0):.1f} % and {100 * (traps["sigmoid"].value or 0):.1f} % are traps: the
        others sit on a plateau or creep down a valley without end. Of the unsolved ReLU networks
        {100 * (rest.value or 0):.0f} % are at rest, and gradient descent never leaves them; but from
        {100 * level:.0f} % a level path leads on, by a unit that is dead and may go anywhere, and
        {100 * (traps["relu"].value or 0):.0f} % are traps. Many failures are mere slowness: of tanh networks that
        start at scale 0.1, {100 * tenth:.0f} % solve XOR within {budget // 10} steps, {100 * (slow.value or 0):.0f}
        points more within {budget}. More units help. Starting at random, many times, helps in each case, but local
        minima are not the reason.""")
