"""Luo, Xu, Ma and Zhang 2021: linear, critical and condensed regimes of wide two-layer ReLU networks."""
from __future__ import annotations

from typing import Any

import numpy as np

from claims.data import Networks
from claims.inference import mean_interval
from initsweep.arrays import Array
from initsweep.intervals import median_interval
from initsweep.style import Figure, in_style, series_style
from papers.paper import Paper, Results, Row, between, near

RATIO_GAMMA = 1.5  # gamma of luo_2021-ratio.yaml
LEAST_WIDTH = 256  # from which exponents are fitted, over a factor 16 of width
TOLERANCE = 0.05   # of an exponent: what corrections of order width^-0.25 to width^-0.5 change over the fit
# Of an exponent where the change depends on the draw: at gamma = 1/2 through the initial output, which is as large as
# the target, at gamma' = 1 through the kernel of the output weights alone. 3 standard errors of 8 networks.
SCATTER = 0.2
INITIAL = 0.4      # relative: 3 standard errors of the initial loss of 32 networks, which scatters by 3/4 of itself
SEVERAL = 4.0      # orientations, of the 22 that the probe tells apart on a circle

PAPER = Paper(
    name="luo_2021", authors="Luo, Xu, Ma & Zhang", year=2021,
    title="Phase Diagram for Two-Layer ReLU Neural Networks at Infinite-Width Limit",
    source="arXiv:2007.07497, abstract",
    sentence="In the condensed regime, we demonstrate through experiments that active neurons are condensed at several "
             "discrete orientations.",
    scaled="Widths of 64 to 4,096 units on 4 points. Next to a boundary, at gamma' = 0.25 and 0.75, the exponents have "
           "not reached their limit at these widths: they are in the figure alone.",
    caption="Relative change of the input weights over the width m, for an output divided by m^gamma; its exponent in "
            "m over gamma, and over gamma' at gamma = 1.5, where output weights are smaller by m^gamma' (dashed: "
            "theory); and the number of different orientations of the units after training at m = 4,096.",
    sweeps=("luo_2021", "luo_2021-ratio"),
    quick=False,
)


def theory(gamma: float, ratio: float) -> float:
    """The exponent in the width m of the relative change of input weights, for ratio, gamma', from 0.

    In units of the initial weights f = kappa sum a_k relu(w_k x) with kappa = m^-gamma, and w moves kappa'^2 a / w as
    fast as a, kappa' = m^-gamma'. A target of order 1 needs kappa m a w = 1. Where w stays of order 1, a moves by
    1 / (kappa m) and w by kappa'^2 / (kappa m) times the larger of 1 and 1 / (kappa m). Where that is not small, beyond
    gamma = 1 + gamma', both grow until they are balanced, kappa' a = w, at w = (kappa' / (kappa m))^1/2.
    """
    beyond = gamma - 1
    return (beyond - ratio) / 2 if beyond > ratio else beyond + max(beyond, 0.0) - 2 * ratio


def relative_change(networks: Networks) -> Array:
    """Distance of the input weights, without biases, from their start over their norm there [networks]."""
    return np.asarray(networks.last("distance_from_start")[:, 0] / networks.at("weight_norm", 0)[:, 0])


def by_exponents(networks: Networks) -> dict[tuple[float, float], Networks]:
    """Networks by (gamma, gamma'), from their output scale m^(gamma' - gamma) and, of the sweep that varies it, the
    standard deviation m^-gamma' of the output weights."""
    log_width = np.log(networks.get("width"))
    varied = "init_by_layer_output_std" in networks.arrays
    ratio = -np.log(networks.get("init_by_layer_output_std")) / log_width if varied else np.zeros(len(networks))
    ratio = np.round(ratio, 3)
    gamma = np.round(ratio - np.log(networks.get("output_scale")) / log_width, 3)
    keys = list(dict.fromkeys(zip(gamma.tolist(), ratio.tolist())))
    return {key: networks.take((gamma == key[0]) & (ratio == key[1])) for key in keys}


def exponents(networks: Networks) -> Array:
    """The exponent of the relative change in the width, by least squares over widths from LEAST_WIDTH [replicates]."""
    widths, changes = [], []
    for (width,), some in networks.groups("width"):
        if width >= LEAST_WIDTH:
            widths.append(width)
            changes.append(np.log(relative_change(some)))
    return np.asarray(np.polyfit(np.log(widths), np.array(changes), 1)[0])


def exponent_row(where: str, groups: dict[tuple[float, float], Networks], tolerance: float, theirs: str) -> Row:
    """The row of the exponent of some (gamma, gamma'): of that which is furthest from theory."""
    measured = {key: exponents(some) for key, some in groups.items()}
    furthest = max(measured, key=lambda key: abs(float(measured[key].mean()) - theory(*key)))
    what = f"Exponent in the width of the input weights' relative change, {where}"
    return near(what, measured[furthest].mean(), theory(*furthest), absolute=tolerance,
                interval=mean_interval(measured[furthest], 0.05), theirs=theirs)


def initial_loss() -> float:
    """Expected loss at the start for gamma = 1/2 and gamma' = 0: the mean over the points x of y^2 + (x^2 + 1) / 2, as
    w x + b is normal with variance x^2 + 1, of which a ReLU keeps half."""
    x = np.linspace(-1, 1, 4)
    return float(((2 * x ** 2 - 1) ** 2 + (x ** 2 + 1) / 2).mean())


def orientations(networks: Networks) -> Array:
    """Number of different orientations of the widest networks' units after training [replicates]."""
    return networks.where(width=int(networks.get("width").max())).last("direction_count")


def rows(results: Results) -> list[Row]:
    """The numbers of the table, in order."""
    line, side = by_exponents(results["luo_2021"]), by_exponents(results["luo_2021-ratio"])
    losses = line[0.5, 0].at("loss", 0)
    condensed = orientations(line[1.75, 0])
    return [
        near("Loss at the start, gamma = 0.5", losses.mean(), initial_loss(), relative=INITIAL,
             interval=mean_interval(losses, 0.05)),
        exponent_row("gamma = 0.5", {(0.5, 0): line[0.5, 0]}, SCATTER, "tends to 0 (abstract)"),
        exponent_row("gamma = 0.75", {(0.75, 0): line[0.75, 0]}, TOLERANCE, "tends to 0 (abstract)"),
        exponent_row("gamma = 1", {(1, 0): line[1, 0]}, TOLERANCE, "stays O(1) (abstract)"),
        exponent_row("the furthest from theory of gamma = 1.25, 1.5 and 1.75",
                     {key: some for key, some in line.items() if key[0] > 1}, TOLERANCE,
                     "tends to infinity (abstract)"),
        exponent_row("gamma = 1.5, gamma' = 0.5", {(1.5, 0.5): side[1.5, 0.5]}, TOLERANCE, "stays O(1) (abstract)"),
        exponent_row("gamma = 1.5, gamma' = 1", {(1.5, 1): side[1.5, 1]}, SCATTER, "tends to 0 (abstract)"),
        between("Different orientations of 4,096 units after training, gamma = 1.75", np.median(condensed), 1.0,
                SEVERAL, interval=median_interval(condensed), theirs="several (abstract)"),
    ]


def draw_exponents(axes: Any, groups: dict[tuple[float, float], Networks], index: int) -> None:
    """Measured exponents and theory over the element `index` of (gamma, gamma'). axes: matplotlib's."""
    keys = sorted(groups, key=lambda key: key[index])
    fine = np.linspace(keys[0][index] - 0.05, keys[-1][index] + 0.05, 200)
    axes.plot(fine, [theory(x, 0.0) if index == 0 else theory(RATIO_GAMMA, x) for x in fine], color="black",
              linestyle="--", linewidth=0.8)
    axes.plot([key[index] for key in keys], [exponents(groups[key]).mean() for key in keys], "o", markersize=4,
              color=series_style(0)["color"])
    axes.axhline(0, color="grey", linewidth=0.6)


@in_style
def draw(results: Results) -> Figure:
    """Relative change over the width, its exponents, and the number of orientations."""
    figure = Figure(figsize=(7, 2.8))
    change, gamma, ratio, count = figure.subplots(1, 4, width_ratios=(1.3, 1, 1, 1))
    line = by_exponents(results["luo_2021"])
    for index, (key, some) in enumerate(line.items()):
        points = [(width, np.exp(np.log(relative_change(one)).mean())) for (width,), one in some.groups("width")]
        widths, middle = zip(*points)
        change.loglog(widths, middle, marker="o", markersize=3, linewidth=1.2, **series_style(index))
        change.text(1.25 * widths[-1], middle[-1], f"{key[0]:g}", va="center", fontsize=8,
                    color=series_style(index)["color"])
    change.set(xlabel="width m", xlim=(45, 18000), ylabel="relative change of input weights",
               title="gamma' = 0, by gamma")
    draw_exponents(gamma, line, 0)
    gamma.set(xlabel="gamma", ylabel="exponent in m", title="gamma' = 0")
    draw_exponents(ratio, by_exponents(results["luo_2021-ratio"]), 1)
    ratio.set(xlabel="gamma'", title=f"gamma = {RATIO_GAMMA:g}")
    count.plot([key[0] for key in line], [np.median(orientations(some)) for some in line.values()], marker="o",
               markersize=4, **series_style(0))
    count.set(xlabel="gamma", ylabel="orientations", title="gamma' = 0", ylim=(0, 24))
    return figure
