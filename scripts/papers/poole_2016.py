"""Poole, Lahiri, Raghu, Sohl-Dickstein & Ganguli 2016: lengths, correlations and gradients in deep random networks, in
the ordered and the chaotic phase."""
from __future__ import annotations

import math

import numpy as np

from initsweep import theory
from initsweep.arrays import Array
from initsweep.style import in_style, series_style
from papers.paper import Figure, Networks, Paper, Results, Row, near
from papers.quantities import mean_squares

PAPER = Paper(
    name="poole_2016", authors="Poole, Lahiri, Raghu, Sohl-Dickstein & Ganguli", year=2016,
    title="Exponential expressivity in deep neural networks through transient chaos",
    source="arXiv:1606.05340, section 2, figures 1 and 2",
    sentence="Our results reveal an order-to-chaos expressivity phase transition, with networks in the chaotic phase "
             "computing nonlinear functions whose global curvature grows exponentially with depth but not width.",
    scaled="200 units in place of 1000, 16 networks for each sigma_w. Lengths, correlations and the growth of "
           "gradients by chi_1 are measured, which the curvature follows from; the curvature itself is left out. The "
           "values of the paper's curves could not be read here: the formulas stand for them.",
    caption="tanh networks with sigma_b = 0.3. Left: the squared length of pre-activations per unit settles within a "
            "few layers. Right: the correlation of two inputs, from 0 (filled) and 0.9 (open), rises to 1 in the "
            "ordered phase (sigma_w = 1.3) and tends to c* in the chaotic one. Dashed: the maps iterated.",
    sweeps=("poole_2016",), quick=True)

SIGMA_B = 0.3
ORDERED, CHAOTIC, FAR = 1.3, 2.5, 4.0
WIDTH, DEPTH = 200, 15
# Tolerances: 4 standard errors of the mean over networks, by their own spread, and 5 / width, relative for lengths and
# growth and absolute for correlations, since the next order of the theory is 1 / width: with 2 to 3 times that for the
# correlation in layer 15 at sigma_w = 2.5, found with 40 to 200 networks of widths 100, 200 and 400.
ERRORS, FINITE = 4.0, 5 / WIDTH
SETTLED = 4  # layers after which lengths are at their fixed point within a percent or two: the growth is measured from


def lengths(networks: Networks) -> Array:
    """Squared length of the pre-activations per unit in each hidden layer [networks, layers]."""
    return mean_squares(networks, "pre_activation")[:, :DEPTH]


def expected_maps(sigma_w: float, correlation: float) -> tuple[list[float], list[float]]:
    """q and c of each hidden layer for inputs of mean square 1 and this correlation."""
    q = [sigma_w ** 2 + SIGMA_B ** 2]
    c = [(sigma_w ** 2 * correlation + SIGMA_B ** 2) / q[0]]
    for _ in range(DEPTH - 1):
        c.append(theory.correlation_map("tanh", c[-1], q[-1], sigma_w, SIGMA_B))
        q.append(theory.length_map("tanh", q[-1], sigma_w, SIGMA_B))
    return q, c


def gradient_growth(networks: Networks) -> Array:
    """Factor by which a layer multiplies squared gradients on their way back, the geometric mean [networks]."""
    deltas = networks.at("delta_variance", 0)
    return np.asarray((deltas[:, SETTLED - 1] / deltas[:, DEPTH - 1]) ** (1 / (DEPTH - SETTLED)))


def row(quantity: str, values: Array, expected: float, scale: float) -> Row:
    """The mean of a sample [networks] beside the formula. scale: of the correction for finite width."""
    return near(quantity, values.mean(), expected,
                absolute=FINITE * scale + ERRORS * float(values.std(ddof=1)) / math.sqrt(len(values)))


def rows(results: Results) -> list[Row]:
    """The numbers of the table."""
    by_sigma = {sigma: networks for (sigma,), networks in results["poole_2016"].groups("init_sigma_w")}
    second = expected_maps(ORDERED, 0.0)[0][1]
    table = [row(f"q in layer 2 at sigma_w = {ORDERED}", lengths(by_sigma[ORDERED])[:, 1], second, second)]
    for sigma in (ORDERED, FAR):
        fixed = theory.length_fixed_point("tanh", sigma, SIGMA_B)
        table.append(row(f"q* at sigma_w = {sigma:g}", lengths(by_sigma[sigma])[:, -1], fixed, fixed))
    table.append(row(f"c* at sigma_w = {CHAOTIC}, from orthogonal inputs",
                     by_sigma[CHAOTIC].at("input_correlation", 0)[:, DEPTH - 1],
                     theory.correlation_fixed_point("tanh", CHAOTIC, SIGMA_B), 1))
    for sigma in (ORDERED, CHAOTIC):
        table.append(row(f"correlation in layer {DEPTH} at sigma_w = {sigma:g}, 0.9 at the input",
                         by_sigma[sigma].at("correlation_map", 0)[:, DEPTH - 1], expected_maps(sigma, 0.9)[1][-1], 1))
    for sigma, phase in ((ORDERED, "ordered"), (CHAOTIC, "chaotic")):
        slope = theory.chi_1("tanh", theory.length_fixed_point("tanh", sigma, SIGMA_B), sigma)
        table.append(row(f"growth of squared gradients by a layer, chi_1, at sigma_w = {sigma:g} ({phase})",
                         gradient_growth(by_sigma[sigma]), slope, slope))
    return table


@in_style
def draw(results: Results) -> Figure:
    """Left: lengths by layer; right: correlations by layer."""
    figure = Figure(figsize=(7, 3))
    left, right = figure.subplots(1, 2)
    layers = np.arange(1, DEPTH + 1)
    for index, ((sigma,), networks) in enumerate(results["poole_2016"].groups("init_sigma_w")):
        colour = series_style(index)["color"]
        left.plot(layers, lengths(networks).mean(axis=0), "o", color=colour, markersize=3.5)
        left.text(DEPTH, 1.15 * lengths(networks)[:, -1].mean(), f"sigma_w = {sigma:g}", color=colour, ha="right")
        left.plot(layers, expected_maps(sigma, 0.0)[0], "k--", linewidth=0.8)
        for probe, correlation, fill in (("input_correlation", 0.0, colour), ("correlation_map", 0.9, "none")):
            right.plot(layers, networks.at(probe, 0)[:, :DEPTH].mean(axis=0), "o", color=colour, markersize=3.5,
                       markerfacecolor=fill)
            right.plot(layers, expected_maps(sigma, correlation)[1], "k--", linewidth=0.8)
    left.set_yscale("log")
    left.set_yticks([0.5, 1, 2, 5, 10], ["0.5", "1", "2", "5", "10"])
    left.set_ylim(0.4, 30)
    left.set_ylabel("squared length per unit, q")
    right.set_ylabel("correlation of two inputs, c")
    for axes in (left, right):
        axes.set_xlabel("layer")
        axes.set_xticks([1, 5, 10, 15])
    return figure
