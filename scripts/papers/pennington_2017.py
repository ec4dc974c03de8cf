"""Pennington, Schoenholz & Ganguli 2017: which networks start with all singular values of their Jacobian near 1."""
from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from initsweep import theory
from initsweep.arrays import Array
from initsweep.style import in_style, series_style
from papers.paper import Figure, Networks, Paper, Results, Row, between, near

PAPER = Paper(
    name="pennington_2017", authors="Pennington, Schoenholz & Ganguli", year=2017,
    title="Resurrecting the sigmoid in deep learning through dynamical isometry: theory and practice",
    source="arXiv:1711.04735, the spectra of section 2",
    sentence="Intriguingly, we find that ReLU networks are incapable of dynamical isometry. On the other hand, "
             "sigmoidal networks can achieve isometry, but only with orthogonal weight initialization.",
    scaled="64 units in up to 16 layers, 10 networks each; the paper's formulas are limits of infinite width, and its "
           "training runs are left out. The paper's own numbers could not be looked up: the formulas stand for them.",
    caption="Left: the variance of the squared singular values of the Jacobian, relative to their squared mean, "
            "against depth, and the formulas (dashed). Linear orthogonal networks have variance 0. Right: singular "
            "values at 8 layers, and the Fuss-Catalan law of the linear network (dashed).",
    sweeps=("pennington_2017",), quick=True)

WIDTH, DEPTH = 64, 8
Q = 1 / 64  # of tanh networks
# (activation, orthogonal): label
CASES = {("linear", False): "linear, normal", ("relu", False): "ReLU, normal", ("relu", True): "ReLU, orthogonal",
         ("tanh", False): "tanh, normal", ("tanh", True): "tanh, orthogonal"}
# Tolerances: 4 standard errors of the mean over the networks, by their own spread, and what finite width changes. Its
# order is L / N, as the exact second moment of linear networks shows: 8.45 in place of 8 for L = 8 and N = 64.
ERRORS = 4.0
FINITE = DEPTH / WIDTH
LARGEST_MEAN = -1.2065  # of the Tracy-Widom law of real matrices
EDGE_DEPTH = 4  # where the correction of the edge at 64 units is still small
ROUNDING = 1e-5  # float32, 9 products of orthogonal matrices


def squares(networks: Networks, activation: str, orthogonal: bool, depth: int) -> Array:
    """Squared singular values of the Jacobian, the largest first [networks, units], with the scale of the first layer
    replaced by that of the others."""
    some = networks.where(activation=activation, depth=depth)
    some = some.take((some.get("init") == "orthogonal") == orthogonal)
    values = some.at("jacobian_singular_values", 0) ** 2
    if activation != "tanh":
        return values
    parameter = "gain" if orthogonal else "sigma_w"
    first, later = some.get(f"init_by_layer_1_{parameter}"), some.get(f"init_{parameter}")
    return np.asarray(values * ((later / first) ** 2)[:, None])


def relative(values: Array) -> Array:
    """Squared singular values divided by their mean in each network [networks, units]."""
    return np.asarray(values / values.mean(axis=1, keepdims=True))


def variance_row(networks: Networks, activation: str, orthogonal: bool) -> Row:
    """The relative variance at DEPTH layers beside the formula."""
    variances = relative(squares(networks, activation, orthogonal, DEPTH)).var(axis=1)
    expected = theory.jacobian_variance(activation, Q, DEPTH, orthogonal)
    return near(f"variance of squared singular values, {DEPTH} layers, {CASES[activation, orthogonal]} weights",
                variances.mean(), expected, absolute=FINITE * expected + ERRORS * standard_error(variances))


def standard_error(values: Array) -> float:
    """Of the mean of a sample [n]."""
    return float(values.std(ddof=1)) / math.sqrt(len(values))


def edge_shift(depth: int) -> float:
    """Mean distance of the largest squared singular value of a linear network with normal weights from the edge, to
    first order. Near the edge the density is a sqrt(edge - x) / pi, with a = sqrt(2 / x'') / edge from the curvature of
    x(z) = (1 + z)^(L + 1) / z at its minimum z = 1 / L; the distance times (a N)^(2/3) has the Tracy-Widom law."""
    z = 1 / depth
    edge = theory.jacobian_edge(depth)
    curvature = edge * (1 / z ** 2 - (depth + 1) / (1 + z) ** 2)  # x (log x)'', as x' = 0
    return float(LARGEST_MEAN * (math.sqrt(2 / curvature) / edge * WIDTH) ** (-2 / 3))


def mean_deviation() -> float:
    """Standard deviation of a linear network's mean squared singular value: with one more normal matrix E (tr S)^2 is
    (tr S)^2 + 2 tr S^2 / N, and E tr S^2 is ((tr S)^2 + (N + 1) tr S^2) / N."""
    square_of_trace, trace_of_square = 1.0 * WIDTH ** 2, 1.0 * WIDTH
    for _ in range(DEPTH):
        square_of_trace, trace_of_square = (square_of_trace + 2 * trace_of_square / WIDTH,
                                            (square_of_trace + (WIDTH + 1) * trace_of_square) / WIDTH)
    return math.sqrt(square_of_trace / WIDTH ** 2 - 1)


def rows(results: Results) -> list[Row]:
    """The numbers of the table."""
    networks = results["pennington_2017"]
    linear = squares(networks, "linear", False, DEPTH)
    largest = relative(squares(networks, "linear", False, EDGE_DEPTH)).max(axis=1)
    edge, shift = theory.jacobian_edge(EDGE_DEPTH), edge_shift(EDGE_DEPTH)
    isometric = squares(networks, "linear", True, DEPTH)
    # half of the first correction is left for those of higher order
    tolerance = abs(shift) / 2 + ERRORS * standard_error(largest)
    return [
        near("mean squared singular value, 8 layers, linear, normal weights", linear.mean(), 1,
             absolute=ERRORS * mean_deviation() / math.sqrt(len(linear))),
        between(f"largest squared singular value, 4 layers, linear, normal weights ({edge + shift:.1f} at 64 units)",
                largest.mean(), edge + shift - tolerance, edge + shift + tolerance, theory=edge),
        *(variance_row(networks, *case) for case in CASES),
        near("largest distance of a singular value from 1, linear, orthogonal weights",
             np.abs(np.sqrt(isometric) - 1).max(), 0, absolute=ROUNDING)]


def fuss_catalan(layers: int) -> tuple[Array, Array]:
    """Singular values s and their density for a product of many-by-many normal matrices. With 0 < phi < pi / (L + 1),
    x = s^2 = sin^(L+1)((L + 1) phi) / (sin(phi) sin^L(L phi)); density of x: sin^2(phi) sin^(L-1)(L phi) /
    (pi sin^L((L + 1) phi))."""
    phi = np.linspace(0, math.pi / (layers + 1), 2001)[1:-1]
    high, low = np.sin((layers + 1) * phi), np.sin(layers * phi)
    s = np.sqrt(high ** (layers + 1) / (np.sin(phi) * low ** layers))
    return s, 2 * s * np.sin(phi) ** 2 * low ** (layers - 1) / (math.pi * high ** layers)


def variances(networks: Networks, case: tuple[str, bool]) -> Iterator[tuple[int, float, float]]:
    """Depth, variance and formula of one case, by depth."""
    for depth in sorted(set(networks.get("depth").tolist())):
        measured = relative(squares(networks, *case, depth)).var(axis=1).mean()
        yield depth, float(measured), theory.jacobian_variance(case[0], Q, depth, case[1])


@in_style
def draw(results: Results) -> Figure:
    """Left: variance against depth; right: distributions of singular values."""
    networks = results["pennington_2017"]
    figure = Figure(figsize=(7, 3.2))
    left, right = figure.subplots(1, 2)
    markers = dict(zip(CASES, "osD^v"))
    for index, (case, label) in enumerate(CASES.items()):
        colour = series_style(index)["color"]
        depth, measured, expected = np.array(list(variances(networks, case))).T
        left.plot(depth, measured, markers[case], color=colour, markersize=4.5, label=label,
                  markerfacecolor="none" if case == ("tanh", False) else colour)
        left.plot(depth, expected, "k--", linewidth=0.8)
        if case in (("linear", False), ("relu", True), ("tanh", True)):
            values = np.sqrt(squares(networks, *case, DEPTH)).ravel()
            right.hist(values, bins=np.linspace(0, 5, 26), density=True, histtype="step", color=colour, linewidth=1.5,
                       label=label)
    s, density = fuss_catalan(DEPTH)
    right.plot(s[s > 0.03], density[s > 0.03], "k--", linewidth=0.8)
    left.set_xscale("log", base=2)
    left.set_yscale("log")
    left.set_xticks([1, 2, 4, 8, 16], ["1", "2", "4", "8", "16"])
    left.set_xlabel("hidden layers")
    left.set_ylabel("variance of squared singular values")
    left.legend(loc="center left", frameon=False, fontsize=8, handletextpad=0.2, bbox_to_anchor=(0.0, 0.45))
    right.set_yscale("log")
    right.set_ylim(0.01, 12)
    right.set_xlabel("singular value")
    right.set_ylabel("density")
    right.legend(loc="upper right", frameon=False, fontsize=8)
    return figure
