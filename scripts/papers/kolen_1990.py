"""Kolen & Pollack 1990: whether and how fast a network learns XOR depends strongly on the range of its initial weights,
and in places on small differences of them."""
from __future__ import annotations

import math
from typing import Any

import numpy as np

from claims.inference import clopper_pearson, rate_ratio
from initsweep.arrays import Array
from initsweep.style import in_style, series_style
from papers.paper import Figure, Networks, Paper, Results, Row, between, near
from papers.quantities import steps_needed

PAPER = Paper(
    name="kolen_1990", authors="Kolen & Pollack", year=1990,
    title="Backpropagation is sensitive to initial conditions",
    source="Complex Systems 4, 269, and Advances in Neural Information Processing Systems 3, 860: share of XOR "
           "networks that have not converged, by the range of the initial weights, and pictures of weight space",
    sentence="We first demonstrate, through the use of Monte Carlo techniques, that the magnitude of the initial "
             "condition vector (in weight space) is a very significant parameter in convergence time variability.",
    scaled="Nothing in size: 2-2-1 sigmoid networks, 1000 for each of 48 settings. Only the abstract and the "
           "introduction could be looked up, so that the rates 1 and 2 (of half the summed squared error), the "
           "momenta 0, 0.5 and 0.95, the limit of 50,000 passes over all four patterns, and the criterion, a mean "
           "squared error below 0.01, are ours. Their pictures vary two single weights; ours scales the hidden and the "
           "output weights of one draw.",
    caption="Left: share of XOR networks that have not learnt after 50,000 steps, with exact 95 % intervals, by the "
            "range of the initial weights and biases, for two learning rates and three momenta. Right: steps to learn "
            "over a plane of initial weights with momentum 0.9 (white: not within 1000 steps). Its boundary is folded "
            "down to distances of about 0.1 and, as the table shows, smooth closer to it.",
    sweeps=("kolen_1990", "kolen_1990-slice", "kolen_1990-close"), quick=False)

ERROR = 0.05  # of the intervals
USUAL = 0.5  # the range that was usual then: "usually set to 0.5 or less" (their introduction)
WIDEST = 10.0
# "Rarely" gets stuck, which their introduction quotes of Rumelhart et al. for such starts: less than 1 in 10.
RARELY = 0.1
# Range 10 has to fail several times as often as the usual one for its size to be "very significant".
TIMES = 3.0
# Equal starts, so that no sampling error is left; that momentum b acts as the rate / (1 - b) holds up to terms of the
# order of rate times curvature, which are a few percent at these rates.
MOMENTUM = 0.05
# A smooth boundary has the exponent 1. At most 0.9 is told from that: the boundary is a line of many hundred points of
# the plane, whose crossings at the smallest and the largest distance are counted to 3 %, which is 0.02 of the exponent.
SMOOTH = 0.9
DISTANCES = (1, 2, 4, 8, 16)  # in points of the plane
CLOSE = (1, 2, 4)  # of the part of it: from 0.0016 to 0.0063
# There some hundred points lie at the boundary, whose crossings are counted to 6 %: a standard error of the exponent of
# 0.04.
CLOSE_EXPONENT = 0.1
FAST = 50  # steps: a start that learns in 50 epochs


def failed(networks: Networks) -> Array:
    """Whether each network never got below the limit [networks]."""
    return np.isinf(steps_needed(networks))


def plane(networks: Networks) -> tuple[Array, Array, Array]:
    """Factors of hidden weights [x] and output weights [y], and steps needed [x, y]."""
    x, y = np.unique(networks.get("init_gain")), np.unique(networks.get("init_by_layer_output_gain"))
    steps = np.empty((len(x), len(y)))
    steps[np.searchsorted(x, networks.get("init_gain")), np.searchsorted(
        y, networks.get("init_by_layer_output_gain"))] = steps_needed(networks)
    return x, y, steps


def pairs(values: Array, distance: int) -> tuple[Array, Array]:
    """The values at all pairs of points of a plane [x, y] that lie this far apart along x or y, [pairs] each."""
    return (np.concatenate([values[distance:].ravel(), values[:, distance:].ravel()]),
            np.concatenate([values[:-distance].ravel(), values[:, :-distance].ravel()]))


def uncertainty_exponent(learnt: Array, distances: tuple[int, ...]) -> float:
    """The a of: a share ~ distance^a of the pairs of starts at a distance have different outcomes (McDonald et al.
    1985, "Fractal basin boundaries"). learnt: [x, y]. distances: in points."""
    shares = [np.mean(np.not_equal(*pairs(learnt, distance))) for distance in distances]
    return float(np.polyfit(np.log(distances), np.log(shares), 1)[0])


def rate_row(what: str, networks: Networks, low: float, high: float, theirs: str = "") -> Row:
    """The share of networks that fail, with its exact interval."""
    fails = failed(networks)
    return between(what, fails.mean(), low, high, theirs=theirs,
                   interval=clopper_pearson(int(fails.sum()), len(fails), ERROR))


def growing(networks: Networks) -> float:
    """Share of the steps from one range to the next larger one, over all settings, in which more networks fail."""
    shares = [[failed(some).mean() for _, some in setting.groups("init_high")]
              for _, setting in networks.groups("learning_rate", "optimizer_momentum")]
    return float(np.mean(np.diff(shares, axis=1) > 0))


def rows(results: Results) -> list[Row]:
    """Failures by range, what rate and momentum do, and how fine the plane is."""
    networks = results["kolen_1990"]
    plain, hasty = (networks.where(learning_rate=rate, optimizer_momentum=momentum)
                    for rate, momentum in ((2, 0), (4, 0.5)))
    usual, widest = plain.where(init_high=USUAL), plain.where(init_high=WIDEST)
    ratio = failed(widest).mean() / failed(usual).mean()
    _, _, steps = plane(results["kolen_1990-slice"])
    _, _, close = plane(results["kolen_1990-close"])
    far, near_by = uncertainty_exponent(np.isfinite(steps), DISTANCES), uncertainty_exponent(np.isfinite(close), CLOSE)
    one, other = pairs(steps, 1)
    sudden = int(np.sum((np.minimum(one, other) <= FAST) & np.isinf(np.maximum(one, other))))
    return [
        rate_row("share not learnt in 50,000 steps, weights from -0.5 to 0.5, rate 1, momentum 0", usual, 0, RARELY,
                 "“rarely” (Rumelhart et al., quoted in the introduction)"),
        rate_row("the same, weights from -10 to 10", widest, 0.5, 1),
        between("failures from -10 to 10 over those from -0.5 to 0.5", ratio, TIMES, math.inf,
                interval=rate_ratio(failed(widest), failed(usual), ERROR)),
        between("share of the 42 steps to the next larger range in which more networks fail", growing(networks), 0.9, 1,
                theirs="“a very significant parameter” (abstract)"),
        near("median steps at rate 2 and momentum 0.5 over those at rate 1 and momentum 0, weights from -0.5 to 0.5",
             np.median(steps_needed(hasty.where(init_high=USUAL))) / np.median(steps_needed(usual)), 0.25,
             relative=MOMENTUM),
        between("exponent with which the share of pairs of different outcome grows with their distance in the plane, "
                "from 0.08 to 1.25 (1 for a smooth boundary)", far, 0, SMOOTH,
                theirs="“extreme sensitivity” (abstract)"),
        near("the same from 0.0016 to 0.0063 at one boundary", near_by, 1, absolute=CLOSE_EXPONENT),
        between("pairs of neighbours in the plane, 0.08 apart, of which one learns within 50 steps and the other not "
                "within 1000", sudden, 1, math.inf)]


def draw_failures(axes: Any, networks: Networks) -> None:
    """Failing shares over ranges, a line for each rate and momentum."""
    for (momentum,), setting in networks.groups("optimizer_momentum"):
        for index, ((rate,), some) in enumerate(setting.groups("learning_rate")):
            groups = [(high, failed(few)) for (high,), few in some.groups("init_high")]
            shares = np.array([fails.mean() for _, fails in groups])
            ends = np.array([clopper_pearson(int(fails.sum()), len(fails), ERROR) for _, fails in groups])
            style = series_style([0, 0.5, 0.95].index(momentum))
            axes.errorbar([high for high, _ in groups], shares, np.abs(ends.T - shares), color=style["color"],
                          linestyle="-" if index == 0 else "--", marker="o" if index == 0 else "s", markersize=3,
                          linewidth=1, elinewidth=0.8, label=f"rate {rate / 2:g}, momentum {momentum:g}")
    axes.set(xlabel="range r of the initial weights", ylabel="share not learnt", ylim=(0, 0.8),
             xlim=(0, 10.4))
    axes.legend(frameon=False, loc="lower right", fontsize=8)


@in_style
def draw(results: Results) -> Figure:
    """Left failing shares over ranges, right the plane of starts."""
    figure = Figure(figsize=(7, 3.2))
    left, right = figure.subplots(1, 2)
    draw_failures(left, results["kolen_1990"])
    x, y, steps = plane(results["kolen_1990-slice"])
    shown = np.log10(np.where(np.isfinite(steps), steps, np.nan)).T
    right.grid(False)
    picture = right.imshow(shown, origin="lower", extent=(x[0], x[-1], y[0], y[-1]), aspect="equal", cmap="viridis",
                           vmin=math.log10(20), vmax=3, interpolation="nearest")
    right.set(xticks=range(-10, 11, 5), yticks=range(-10, 11, 5), xlabel="factor of the hidden weights",
              ylabel="factor of the output weights")
    bar = figure.colorbar(picture, ax=right, shrink=0.85)
    ticks = [20, 50, 100, 200, 500, 1000]
    bar.set_ticks(np.log10(ticks), labels=[str(tick) for tick in ticks])
    bar.set_label("steps to learn")
    return figure
