"""Yang et al. 2022: in the maximal update parametrisation the best learning rate does not depend on the width."""
from __future__ import annotations

from typing import Any

import numpy as np

from claims.data import Networks
from claims.inference import mean_interval, student_quantile
from initsweep.arrays import Array
from initsweep.style import Figure, in_style, series_style
from papers.paper import Paper, Results, Row, between, near

KINDS = ("standard", "mup")
# A best rate is the same if it moves by less than half an octave, the step of Adam's rates, and another if it moves by
# more. With the standard parametrisation it is to fall, at most like 1 / width: by 3 octaves for 8 times the width.
SAME, MOST = 0.5, 3.5
STEP = 0.2     # 3 standard errors of an exponent from 8 pairs of networks whose widths differ by 2 octaves
START = 0.3    # 3 standard errors of the mean square of 10 outputs of 32 networks, whose inputs are much alike
NEAR_BEST = 2  # rates on either side of the best that the parabola uses

PAPER = Paper(
    name="yang_2022", authors="Yang, Hu, Babuschkin, Sidor, Liu, Farhi, Ryder, Pachocki, Chen & Gao", year=2022,
    title="Tensor Programs V: Tuning Large Neural Networks via Zero-Shot Hyperparameter Transfer",
    source="arXiv:2203.03466, abstract and figure 3",
    sentence="We show that, in the recently discovered Maximal Update Parametrization (muP), many optimal HPs remain "
             "stable even as model size changes.",
    scaled="Networks of two hidden layers of 64 to 1,024 units in place of 128 to 8,192, 120 steps on 1,438 digits.",
    caption="Training loss after 120 steps over the learning rate, for four widths: Adam with the standard "
            "parametrisation and with mup, then gradient descent with both. Dots: the best rates. A line ends where "
            "training diverges.",
    sweeps=("yang_2022", "yang_2022-sgd", "yang_2022-step"),
    quick=False,
)


def loss_curves(networks: Networks) -> tuple[Array, Array, Array]:
    """Widths [widths], log2 of the learning rates [rates] and log2 of the final losses [widths, rates, replicates] of
    the networks of one parametrisation; infinite where one diverged."""
    widths, rates = (np.unique(networks.get(name)) for name in ("width", "learning_rate"))
    losses = np.log2(np.where(networks.finite(), networks.last("loss"), np.inf))
    return widths, np.log2(rates), np.asarray(losses.reshape(len(widths), len(rates), -1))


def best_rate(rates: Array, losses: Array) -> float:
    """The best log2 rate: the minimum of the parabola through the points around the smallest of the losses [rates], or
    that rate itself, where a rate next to it diverges: the best is at the edge of stability."""
    least = int(np.argmin(losses))
    around = slice(max(least - NEAR_BEST, 0), least + NEAR_BEST + 1)
    if not np.isfinite(losses[around]).all():
        return float(rates[least])
    curvature, slope, _ = np.polyfit(rates[around], losses[around], 2)
    return float(-slope / (2 * curvature))


def best_rates(rates: Array, losses: Array) -> Array:
    """The best log2 rate of each width, from the mean log loss. losses: [widths, rates, replicates]."""
    return np.array([best_rate(rates, one.mean(axis=1)) for one in losses])


def shift(widths: Array, rates: Array, losses: Array) -> float:
    """By how many octaves the best rate moves from the smallest width to the largest, on the straight line fitted to
    all."""
    octaves = np.log2(widths)
    return float(np.polyfit(octaves, best_rates(rates, losses), 1)[0] * (octaves[-1] - octaves[0]))


def shift_interval(widths: Array, rates: Array, losses: Array) -> tuple[float, float]:
    """95 % interval of the shift by the jackknife over replicates (Efron & Tibshirani 1993, chapter 11)."""
    count = losses.shape[2]
    left_out = np.array([shift(widths, rates, np.delete(losses, one, axis=2)) for one in range(count)])
    error = np.sqrt((count - 1) * left_out.var())
    half = student_quantile(0.975, count - 1) * error
    middle = shift(widths, rates, losses)
    return middle - half, middle + half


def shift_row(optimizer: str, networks: Networks, kind: str) -> Row:
    """The row of the shift of the best rate with one optimiser and parametrisation."""
    curves = loss_curves(networks.where(parametrization=kind))
    low, high = (-SAME, SAME) if kind == "mup" else (-MOST, -SAME)
    return between(f"Octaves by which {optimizer}'s best rate moves while the width grows 8 times, {kind}",
                   shift(*curves), low, high, theory=0.0 if kind == "mup" else None, interval=shift_interval(*curves),
                   theirs="remains stable (abstract)" if kind == "mup" else "")


def first_step(networks: Networks) -> Array:
    """Root mean square over 16 samples and all outputs of their change in the first step [networks]."""
    outputs = networks.quantity("outputs")
    return np.asarray(np.sqrt(((outputs[:, 1] - outputs[:, 0]) ** 2).mean(axis=1)))


def step_row(networks: Networks, kind: str) -> Row:
    """The row of how the first step's change of the outputs depends on the width.

    A step of Adam moves each weight by the rate. The outputs change by rate sum_i |h_i| through their own layer, as n,
    and by sum_j |v_j| rate sum_i |h_i| through the n x n layer below, as n^1.5 with v_j of size n^-0.5. In mup rates
    and v_j are of size 1 / n, and both parts are independent of n.
    """
    changes = {width: first_step(some) for (width,), some in networks.where(parametrization=kind).groups("width")}
    small, large = min(changes) * 2, max(changes)
    powers = np.log(changes[large] / changes[small]) / np.log(large / small)
    what = f"Exponent in the width, {small} to {large}, of the outputs' change in Adam's first step, {kind}"
    interval = mean_interval(powers, 0.05)
    if kind == "mup":
        return near(what, powers.mean(), 0.0, absolute=STEP, interval=interval)
    return between(what, powers.mean(), 1.0 - STEP, 1.5 + STEP, interval=interval)


def initial_output(networks: Networks) -> Array:
    """Mean square of the initial outputs over that of the first layer's pre-activations [networks]."""
    return np.asarray((networks.at("outputs", 0) ** 2).mean(axis=1) / networks.at("pre_activation_variance", 0)[:, 0])


def rows(results: Results) -> list[Row]:
    """The numbers of the table, in order."""
    steps = results["yang_2022-step"]
    widths, rates, losses = loss_curves(results["yang_2022"].where(parametrization="mup"))
    tuned = int(np.argmin(losses[0].mean(axis=1)))
    gain = 2 ** (losses[-1, tuned] - losses[0, tuned])
    start = initial_output(steps.where(parametrization="standard"))
    return [
        near("Mean square of the initial outputs over that of the first layer's pre-activations, standard",
             start.mean(), 1.0, absolute=START, interval=mean_interval(start, 0.05)),
        *(shift_row("Adam", results["yang_2022"], kind) for kind in KINDS),
        *(shift_row("gradient descent", results["yang_2022-sgd"], kind) for kind in KINDS),
        *(step_row(steps, kind) for kind in KINDS),
        between(f"Loss of Adam at width {widths[-1]} over that at {widths[0]}, at the best rate of {widths[0]}, mup",
                gain.mean(), 0.0, 1.0, interval=mean_interval(gain, 0.05)),
    ]


def draw_curves(axes: Any, networks: Networks, kind: str) -> None:
    """Losses over the rate and the best rates, by width. axes: matplotlib's."""
    widths, rates, losses = loss_curves(networks.where(parametrization=kind))
    for index, (width, best) in enumerate(zip(widths, best_rates(rates, losses))):
        middle = losses[index].mean(axis=1)
        stable = np.isfinite(middle)
        axes.loglog(2 ** rates[stable], 2 ** middle[stable], linewidth=1.2, label=f"{width}", **series_style(index))
        axes.plot(2 ** best, 2 ** np.interp(best, rates[stable], middle[stable]), "o", markersize=4,
                  color=series_style(index)["color"])
    axes.set_xlabel("learning rate")


@in_style
def draw(results: Results) -> Figure:
    """Loss over the learning rate by width: Adam and gradient descent, standard and mup."""
    figure = Figure(figsize=(7, 2.9))
    panels = figure.subplots(1, 4)
    for name, sweep, pair in (("Adam", "yang_2022", panels[:2]), ("SGD", "yang_2022-sgd", panels[2:])):
        for axes, kind in zip(pair, KINDS):
            draw_curves(axes, results[sweep], kind)
            axes.set_title(f"{name}, {kind}")
        pair[1].sharex(pair[0])
        pair[1].sharey(pair[0])
        pair[1].tick_params(labelleft=False, which="both")
        pair[1].legend(title="width", fontsize=7)
    panels[0].set_ylabel("training loss")
    ticks = (0.03, 0.04, 0.05, 0.06, 0.08)
    panels[2].set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    panels[2].set_yticks([], minor=True)
    return figure
