"""Lu, Shin, Su & Karniadakis 2019: deep, narrow ReLU networks are born dead, and then learn nothing but a constant."""
from __future__ import annotations

import math

import numpy as np

from claims.inference import clopper_pearson
from initsweep import theory
from initsweep.arrays import Array
from initsweep.style import in_style, series_style
from papers.paper import Figure, Networks, Paper, Results, Row, between, near

PAPER = Paper(
    name="lu_2019", authors="Lu, Shin, Su & Karniadakis", year=2019,
    title="Dying ReLU and Initialization: Theory and Numerical Examples",
    source="arXiv:1903.06733, the example |x| of the introduction and the bounds of section 3",
    sentence="we rigorously prove that a deep ReLU network will eventually die in probability as the depth goes to "
             "infinite.",
    scaled="2000 networks for each shape, and 32 points of the function. Only its numbers for 10 layers were at hand, "
           "for widths 3, 5 and 10 from a summary of the paper. Randomized asymmetric initialisation is left out: "
           "initsweep has no initialiser that draws one weight of each unit from another law.",
    caption="Left: the share of ReLU networks of one feature that are born dead, with 95 % intervals, against the "
            "number of layers, and the paper's bounds (dashed). Right: what 1000 networks of 10 layers and width 2 "
            "make of the function |x|.",
    sweeps=("lu_2019", "lu_2019-training"), quick=True)

HIDDEN = 9  # hidden layers of the paper's 10
# Tolerances are 4 standard errors of a binomial share beyond the formula or the bounds: false alarm 6e-5 for each row.
ERRORS = 4.0
CONSTANT = 1e-6  # outputs of one network that differ by less are the same: dead layers give equal bits
LABELS_UP = {2: 0.03, 3: -0.03, 10: 0.04}  # of the widths whose last points are close to each other, or to an axis


def dead(networks: Networks) -> Array:
    """Whether the output at x = -1 and x = 1 is 0, that is, some layer is [networks, 2]."""
    return np.asarray(networks.at("outputs", 0) == 0)


def share_interval(which: Array) -> tuple[float, float]:
    """Exact 95 % interval of a share. which: bool [networks]."""
    low, high = clopper_pearson(int(which.sum()), len(which), 0.05)[:2]
    return low, high


def share_row(quantity: str, which: Array, low: float, high: float, theirs: str = "") -> Row:
    """A row whose share has to lie between two bounds, or ERRORS binomial standard errors beyond. which: [networks]."""
    below, above = (ERRORS * math.sqrt(bound * (1 - bound) / len(which)) for bound in (low, high))
    return between(quantity, which.mean(), max(0.0, low - below), min(1.0, high + above), theirs=theirs,
                   theory=low if low == high else None, interval=share_interval(which))


def constant(networks: Networks, step: int) -> Array:
    """Whether the output is the same at all samples [networks]."""
    return np.asarray(np.ptp(networks.at("outputs", step), axis=1) < CONSTANT)


def rows(results: Results) -> list[Row]:
    """The numbers of the table."""
    networks, trained = results["lu_2019"], results["lu_2019-training"]
    one = dead(networks.where(width=2, depth=HIDDEN))[:, 1]
    exact = theory.dead_probability([2] * HIDDEN)
    table = [share_row("share with output 0 at x = 1, 10 layers of width 2", one, exact, exact)]
    for width, theirs in ((2, ""), (3, "about 0.6"), (5, "more than 0.1"), (10, "less than 0.01")):
        both = dead(networks.where(width=width, depth=HIDDEN)).all(axis=1)
        low, high = theory.born_dead_bounds(width, HIDDEN)
        table.append(share_row(f"share born dead, 10 layers of width {width} (bounds {low:.2g} and {high:.2g})", both,
                               low, high, theirs))
    born, collapsed = constant(trained, 0), constant(trained, int(trained.steps()[-1]))
    table += [between("share that learns a constant in place of abs(x), 10 layers of width 2", collapsed.mean(),
                      0.9, 1.0, theirs="more than 0.9 (of 1000)", interval=share_interval(collapsed)),
              between("networks born dead that training revives", (born & ~collapsed).sum(), 0, 0, theory=0)]
    alive = networks.where(width=10, depth=3)
    # y^2 = 2 M chi^2_1, M the mean square of the last hidden layer: E y^4 = 12 E M^2
    error = math.sqrt((12 * theory.length_moment([10] * 3, 2) - 4) / len(alive))
    table.append(near("mean squared output at x = 1, 4 layers of width 10 (He's variance keeps it)",
                      (alive.at("outputs", 0)[:, 1] ** 2).mean(), 2, absolute=ERRORS * error))
    return table


@in_style
def draw(results: Results) -> Figure:
    """Left: born dead against depth; right: the functions that trained networks are."""
    figure = Figure(figsize=(7, 3))
    left, right = figure.subplots(1, 2)
    for index, ((width,), mine) in enumerate(results["lu_2019"].groups("width")):
        layers, shares, ends = [], [], []
        for (depth,), some in mine.groups("depth"):
            both = dead(some).all(axis=1)
            layers.append(depth + 1)
            shares.append(both.mean())
            ends.append(share_interval(both))
        error = np.abs(np.array(ends).T - shares)
        left.errorbar(layers, shares, yerr=error, fmt="o", markersize=3.5, color=series_style(index)["color"])
        left.text(layers[-1] + 1.5, shares[-1] + LABELS_UP.get(width, 0), f"width {width}", va="center",
                  color=series_style(index)["color"])
        depths = np.arange(1, 31)
        bounds = np.array([theory.born_dead_bounds(width, depth) for depth in depths])
        left.plot(depths + 1, bounds, "k--", linewidth=0.6)
    left.set_xlabel("layers")
    left.set_ylabel("share born dead")
    left.set_xlim(0, 44)
    trained = results["lu_2019-training"]
    last = int(trained.steps()[-1])
    outputs, same = trained.at("outputs", last), constant(trained, last)
    x = math.sqrt(3) * np.linspace(-1, 1, outputs.shape[1])
    right.plot(x, outputs[~same].T, color=series_style(0)["color"], linewidth=0.8, alpha=0.6)
    right.plot(x, outputs[same].T, color=series_style(1)["color"], linewidth=1.5)
    right.plot(x, np.abs(x), "k--", linewidth=0.8)
    right.annotate(f"{same.sum()} constant", (-1.0, float(np.median(outputs[same]))), xytext=(-1.6, 0.15),
                   arrowprops={"arrowstyle": "-"})
    right.annotate(f"{(~same).sum()} others", (-0.25, 0.3), xytext=(-0.35, 1.5))
    right.set_xlabel("x")
    right.set_ylabel("output after training")
    return figure
