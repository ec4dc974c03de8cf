"""Hanin & Rolnick 2018, with Hanin & Nica 2020: lengths of activations and gradients of ReLU networks at their start
spread with the sum of the reciprocals of the widths."""
from __future__ import annotations

import math

import numpy as np

from initsweep import theory
from initsweep.arrays import Array
from initsweep.style import in_style, series_style
from papers.paper import Figure, Networks, Paper, Results, Row, between, near
from papers.quantities import mean_squares

PAPER = Paper(
    name="hanin_2018", authors="Hanin & Rolnick; Hanin & Nica", year=2018,
    title="How to Start Training: The Effect of Initialization and Architecture; "
          "Products of Many Large Random Matrices and Gradients in Deep Neural Networks (2020)",
    source="arXiv:1803.01719, abstract and the theorem on fully connected networks; arXiv:1812.05994, the limit law of "
           "ReLU networks",
    sentence="In contrast, for fully connected nets, we prove that this failure mode [exponentially large variance of "
             "activation length] can happen and is avoided by keeping constant the sum of the reciprocals of layer "
             "widths.",
    scaled="Nothing that the formulas know of: they hold at any width, and 6 to 40 units are taken because deviations "
           "are largest there. Their training runs are left out. Theory is the exact law of normal weights, whose "
           "first order in 1 / width is the papers' formula.",
    caption="Left: the distribution of the squared length after 20 layers in three architectures, and the normal laws "
            "of its logarithm with the exact moments (dashed). Right: the variance of the logarithm after each layer "
            "grows in proportion to the sum of 1 / width over the layers before; wide layers follow the first order "
            "(dotted), narrow ones the exact law (dashed).",
    sweeps=("hanin_2018",), quick=True)

TEN, TURNS, FORTY = "-".join(["10"] * 20), "-".join(["6", "30"] * 10), "-".join(["40"] * 20)
SHALLOW = "10-10-10"
LABELS = {TEN: "width 10", TURNS: "widths 6 and 30 by turns", FORTY: "width 40"}
FEATURES = 32  # backwards, the first weights add the variance of log(chi^2_32) to that of the hidden layers

# Tolerances are 4 standard errors of the sample, from the exact moments of the law: false alarm 6e-5 for each row. The
# fourth cumulants of log-lengths add less than a tenth to the variance of their sample variance.
ERRORS = 4.0
CUMULANTS = 1.1
# Kolmogorov's distance: 1e-4 point of the sample, sqrt(log(2 / 1e-4) / (2 n)) = 0.057, and 0.03 for what first order
# leaves out at width 40: the mean is 0.03 standard deviations off (0.013), and the skewness of -0.2 adds 0.015.
DISTANCE = 0.09


def widths_of(hidden: str) -> list[int]:
    """Widths of the hidden layers from the setting's text."""
    return [int(width) for width in hidden.split("-")]


def lengths(networks: Networks) -> Array:
    """Mean square of the activations of each hidden layer [networks, layers]; that of the input is 1."""
    return mean_squares(networks)[:, :int(networks.get("depth")[0])]


def mean_row(what: str, squares: Array, mean: float, variance: float, theirs: str) -> Row:
    """The mean of the logarithms of squared lengths [networks], dead networks left out."""
    logs = np.log(squares[squares > 0])
    return near(f"mean of the logarithm of {what}", logs.mean(), mean, theirs=theirs,
                absolute=ERRORS * math.sqrt(variance / len(logs)))


def variance_row(what: str, squares: Array, variance: float, theirs: str) -> Row:
    """The variance of the logarithms of squared lengths [networks], dead networks left out."""
    logs = np.log(squares[squares > 0])
    return near(f"variance of the logarithm of {what}", logs.var(), variance, theirs=theirs,
                absolute=ERRORS * variance * math.sqrt(2 * CUMULANTS / len(logs)))


def beta(hidden: str) -> float:
    """5 sum 1 / width: to first order the variance of log-lengths, and minus twice their mean."""
    return 5 * sum(1 / width for width in widths_of(hidden))


def normal_distance(values: Array, mean: float, variance: float) -> float:
    """Kolmogorov's distance of a sample [n] from a normal law."""
    ordered = np.sort((values - mean) / math.sqrt(2 * variance))
    law = 0.5 * (1 + np.array([math.erf(x) for x in ordered]))
    ranks = np.arange(len(ordered))
    return float(max((law - ranks / len(law)).max(), ((ranks + 1) / len(law) - law).max()))


def rows(results: Results) -> list[Row]:
    """The numbers of the table."""
    networks = results["hanin_2018"]
    shallow = lengths(networks.where(hidden=SHALLOW))[:, -1]
    two, four = (theory.length_moment(widths_of(SHALLOW), power) for power in (2, 4))
    table = [near("mean of M, the squared length per unit, after 3 layers of 10 units (1 at the input)",
                  shallow.mean(), 1, absolute=ERRORS * math.sqrt((two - 1) / len(shallow)),
                  theirs="1 (variance 2 / fan-in keeps it)"),
             near("mean of M^2 after 3 layers of 10 units", (shallow ** 2).mean(), two,
                  absolute=ERRORS * math.sqrt((four - two ** 2) / len(shallow)))]
    last = {hidden: lengths(networks.where(hidden=hidden))[:, -1] for hidden in LABELS}
    moments = {hidden: theory.log_length_moments(widths_of(hidden)) for hidden in LABELS}
    table.append(mean_row("M after 20 layers, width 10", last[TEN], *moments[TEN], "-5 to first order"))
    for hidden, label in LABELS.items():
        table.append(variance_row(f"M after 20 layers, {label}", last[hidden], moments[hidden][1],
                                  f"{beta(hidden):g} to first order"))
    gradients = networks.where(hidden=TEN).at("jacobian_norm", 0) ** 2
    table.append(variance_row("the squared norm of the gradient dy/dx, 20 layers, width 10", gradients,
                              moments[TEN][1] + theory.half_polygammas(FEATURES)[1][-1], "10 to first order"))
    table.append(between("distance (Kolmogorov) of the logarithm of M from the normal law of first order, width 40",
                         normal_distance(np.log(last[FORTY]), -beta(FORTY) / 2, beta(FORTY)), 0, DISTANCE,
                         theirs="tends to 0"))
    return table


@in_style
def draw(results: Results) -> Figure:
    """Left: distribution of log M; right: its variance against the sum of 1 / width."""
    figure = Figure(figsize=(7, 3))
    left, right = figure.subplots(1, 2)
    for index, hidden in enumerate(LABELS):
        widths = widths_of(hidden)
        squares = lengths(results["hanin_2018"].where(hidden=hidden))
        colour = series_style(index)["color"]
        logs = np.log(squares[squares[:, -1] > 0, -1])
        mean, variance = theory.log_length_moments(widths)
        left.hist(logs, bins=np.arange(-28, 12, 1), density=True, histtype="step", color=colour, linewidth=1.5)
        x = np.linspace(-28, 11, 400)
        density = np.exp(-(x - mean) ** 2 / (2 * variance)) / math.sqrt(2 * math.pi * variance)
        left.plot(x, density, "k--", linewidth=0.8)
        depths = range(1, len(widths) + 1)
        sums = [sum(1 / width for width in widths[:depth]) for depth in depths]
        measured = [np.log(squares[squares[:, depth - 1] > 0, depth - 1]).var() for depth in depths]
        right.plot(sums, measured, "o", color=colour, markersize=3.5, label=LABELS[hidden])
        right.plot(sums, [theory.log_length_moments(widths[:depth])[1] for depth in depths], "k--", linewidth=0.8)
    right.plot([0, 2], [0, 10], "k:", linewidth=0.8)
    left.set_xlabel("logarithm of M, layer 20")
    left.set_ylabel("density")
    right.set_xlabel("sum of 1 / width")
    right.set_ylabel("variance of the logarithm")
    right.legend(loc="upper left", frameon=False)
    right.annotate("first order: 5 times the sum", (1.3, 6.5), xytext=(0.78, 1.5), arrowprops={"arrowstyle": "-"})
    return figure
