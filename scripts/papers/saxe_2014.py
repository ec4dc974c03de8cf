"""Saxe, McClelland & Ganguli 2014: deep linear networks learn one mode after the other, at times that are known before;
from orthogonal weights depth hardly delays them."""
from __future__ import annotations

import math
from typing import Any

import numpy as np

from initsweep import theory
from initsweep.arrays import Array
from initsweep.intervals import mean_and_error
from initsweep.style import in_style, series_style
from papers.paper import Figure, Networks, Paper, Results, Row, between, near
from papers.quantities import steps_needed

PAPER = Paper(
    name="saxe_2014", authors="Saxe, McClelland & Ganguli", year=2014,
    title="Exact solutions to the nonlinear dynamics of learning in deep linear neural networks",
    source="arXiv:1312.6120, equations 7 and 8, and section 3",
    sentence="We further exhibit a new class of random orthogonal initial conditions on weights that, like "
             "unsupervised pre-training, enjoys depth independent learning times.",
    scaled="The modes: nothing, their theory is for any size. The depths: a random teacher of 8 inputs and 4 outputs "
           "in place of MNIST, at most 64 weight layers in place of 100, and a learning rate of 0.5 / (weight layers) "
           "in place of the best of several, which fell as 1 / (weight layers) in theirs.",
    caption="Left: strengths of the four modes of one network with two weight layers (points) and equation 8, which "
            "knows only the singular values and the initial weights (dashed). Right: steps until the loss is below 1 % "
            "of that of the best constant: median and 10 % to 90 % of 20 starts, where crosses stand for medians of "
            "more than 1000 steps.",
    sweeps=("saxe_2014", "saxe_2014-depth"), quick=True)

STD, HIDDEN, OUTPUTS, RATE = 1e-4, 64, 4, 0.001
MODES = (4.0, 3.0, 2.0, 1.0)
TAU = OUTPUTS / 2  # the program's loss is the mean over outputs, theirs half the sum
LIMIT = 1000  # steps of saxe_2014-depth

# Half-times: 4 standard errors of the mean of 20 log-starts are 1 % of the times, and steps are later than the flow by
# rate s / (2 tau), 0.1 % at most.
TIME = 0.011
# Largest deviation from the curve, over the singular value: the delay of 0.1 % times the largest slope, s / (2 tau), is
# rate s / (2 tau) log(s / start) / 4 = 0.004.
CURVE = 0.005
# A strength of start is STD^2 / 2 times chi^2 of 61 to 64 degrees; 4 standard errors of the mean of 80 of them are 8 %.
START = 0.08
# Depth grows 32 times. What does not depend on depth takes about as long; a factor of 4 leaves room for what the first
# layers still differ in, while a time in proportion to depth would be far outside.
DEPTH = 4.0


def starts(networks: Networks) -> tuple[Array, Array]:
    """Singular values of what was learnt, and the modes' strengths at the start, each [networks, modes].

    Of mode a with singular vectors v and u of the final map, W1 v and W2^T u approach their mean m_a while they are
    small. What of it lies along the means of stronger modes is suppressed when those are learnt (the second term of
    their equation 5); |m_a|^2 without it is the strength from which the mode grows.
    """
    values, strengths = [], []
    for (first, second), (first_end, second_end) in zip(networks.weights("initial"), networks.weights("final")):
        u, s, v = np.linalg.svd(second_end[0] @ first_end[0])
        means = (first[0] @ v.T + second[0].T @ u) / 2  # [units, modes], the strongest mode first
        values.append(s)
        strengths.append(np.diag(np.linalg.qr(means)[1]) ** 2)
    return np.array(values), np.array(strengths)


def half_times(networks: Networks) -> Array:
    """Time at which each mode has half its singular value [networks, modes], between records by a straight line."""
    t, u = networks.steps() * RATE, networks.quantity("linear_map_singular_values")
    return np.array([[np.interp(s / 2, one[:, mode], t) for mode, s in enumerate(MODES)] for one in u])


def expected_half_time(mode: int) -> float:
    """Mean over starts of the time at which a mode is half learnt: of saxe_time from the strength STD^2 / 2 chi^2, with
    HIDDEN degrees of freedom less one for each stronger mode."""
    digamma, _ = theory.half_polygammas(HIDDEN - mode)
    start = STD ** 2 / 2 * math.exp(digamma[-1] + math.log(2))
    return theory.saxe_time(MODES[mode], start, MODES[mode] / 2, TAU)


def rows(results: Results) -> list[Row]:
    """Half-times of the modes, their order and curves, and what depth costs."""
    modes, deep = results["saxe_2014"], results["saxe_2014-depth"]
    values, strengths = starts(modes)
    halves = half_times(modes)
    table = [near("strength from which a mode starts: 64 units, weights of standard deviation 1e-4", strengths.mean(),
                  (HIDDEN - (len(MODES) - 1) / 2) * STD ** 2 / 2, relative=START)]
    for mode, s in enumerate(MODES):
        mean, error = mean_and_error(halves[:, mode])
        table.append(near(f"time at which the mode of singular value {s:g} is half learnt, mean of 20 starts", mean,
                          expected_half_time(mode), relative=TIME, interval=(mean - 2 * error, mean + 2 * error)))
    t, u = modes.steps() * RATE, modes.quantity("linear_map_singular_values")
    curves = np.array([[theory.saxe_mode(t, s, start, TAU) for s, start in zip(*one)]
                       for one in zip(values, strengths)]).transpose(0, 2, 1)
    table.append(between("largest deviation of a mode from equation 8 at any step, as a share of its singular value",
                         np.max(np.abs(u - curves) / values[:, None]), 0, CURVE, theory=0))
    orthogonal, normal = deep.where(init="orthogonal"), deep.where(init="lecun_normal")
    least, most = orthogonal.get("depth").min(), orthogonal.get("depth").max()
    ratio = (np.median(steps_needed(orthogonal.where(depth=most))) /
             np.median(steps_needed(orthogonal.where(depth=least))))
    table.append(between("orthogonal weights: steps to learn with 64 weight layers over those with 2", ratio, 1 / DEPTH,
                         DEPTH, theory=1, theirs="depth independent (abstract)"))
    table.append(between("normal weights of the same variance: share of 20 starts that learn with 64 weight layers "
                         "within 1000 steps", np.isfinite(steps_needed(normal.where(depth=most))).mean(), 0, 0.05))
    return table


def draw_depth(axes: Any, networks: Networks, index: int) -> None:
    """Steps over weight layers of one initialiser; medians that are infinite are crosses at LIMIT."""
    groups = [(int(depth) + 1, steps_needed(some)) for (depth,), some in networks.groups("depth")]
    layers = np.array([one for one, _ in groups])
    low, middle, high = (np.array([np.quantile(steps, q, method="nearest") for _, steps in groups])
                         for q in (0.1, 0.5, 0.9))
    known, style = np.isfinite(middle), series_style(index)
    axes.plot(layers[known], middle[known], marker="o", markersize=4, **style)
    axes.fill_between(layers[known], low[known], np.minimum(high[known], LIMIT), alpha=0.2, linewidth=0,
                      color=style["color"])
    axes.plot(layers[~known], np.full(np.sum(~known), LIMIT), "x", color=style["color"])


@in_style
def draw(results: Results) -> Figure:
    """Left the modes of one network over time, right steps over depth."""
    figure = Figure(figsize=(7, 2.9))
    left, right = figure.subplots(1, 2)
    modes = results["saxe_2014"]
    values, strengths = starts(modes)
    t, u = modes.steps() * RATE, modes.quantity("linear_map_singular_values")[0]
    shown = t <= 20
    for mode, s in enumerate(MODES):
        left.plot(t[shown][::3], u[shown][::3, mode], ".", markersize=4, color=series_style(mode)["color"])
        left.plot(t[shown], theory.saxe_mode(t[shown], values[0, mode], strengths[0, mode], TAU), "k--", linewidth=0.8)
        left.text(20.2, s, f"s = {s:g}", va="center", color=series_style(mode)["color"])
    left.set(xlabel="time (learning rate × steps)", ylabel="strength of the mode", xlim=(0, 20))
    deep = results["saxe_2014-depth"]
    draw_depth(right, deep.where(init="lecun_normal"), 1)
    draw_depth(right, deep.where(init="orthogonal"), 0)
    right.text(14, 18, "orthogonal", color=series_style(0)["color"])
    right.text(2, 260, "normal, of the\nsame variance", color=series_style(1)["color"])
    right.set(xscale="log", yscale="log", xlabel="weight layers", ylabel="steps to learn", ylim=(10, 1500))
    right.set_xticks([2, 4, 8, 16, 32, 64], ["2", "4", "8", "16", "32", "64"])
    right.minorticks_off()
    return figure
