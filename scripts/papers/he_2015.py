"""He, Zhang, Ren & Sun 2015: rectifiers need weights of variance 2 / n; with 1 / n, signals and gradients halve from
layer to layer, and 30 layers do not begin to learn."""
from __future__ import annotations

import math

import numpy as np

from initsweep import theory
from initsweep.arrays import Array
from initsweep.style import in_style, series_style
from papers.paper import Figure, Networks, Paper, Results, Row, between, near
from papers.quantities import mean_squares

PAPER = Paper(
    name="he_2015", authors="He, Zhang, Ren & Sun", year=2015,
    title="Delving Deep into Rectifiers: Surpassing Human-Level Performance on ImageNet Classification",
    source="arXiv:1502.01852, section 2.2, equations 10 and 14, and figures 2 and 3",
    sentence="Our initialization is able to make the extremely deep model converge. On the contrary, the “Xavier” "
             "method completely stalls the learning, and the gradients are diminishing as monitored in the "
             "experiments.",
    scaled="Digits of 8 by 8 pixels in place of ImageNet, 64 units a layer in place of convolutions, 1500 steps of 64 "
           "samples. Stalled means stalled for the first 500 steps, 22 epochs: it does not last. Of the ten networks "
           "of 30 layers from Xavier's start, 4 have halved their loss after 1325 steps, 3 have not begun at the end.",
    caption="Left: mean squares of the activations (filled) and variances of the gradients with respect to "
            "pre-activations (open) at the start, by layer, relative to the first and the last layer: mean of 40 "
            "networks, and the factors of equations 10 and 14 (dashed). Right: training loss of networks of 22 and 30 "
            "weight layers, median of 10.",
    sweeps=("he_2015", "he_2015-train"), quick=False)

LAYERS, WIDTH, NETWORKS = 29, 64, 40  # hidden layers
HE, XAVIER = "he_normal", "glorot_normal"
SIGMA_W = {XAVIER: 1.0, HE: math.sqrt(2)}  # standard deviation of the weights times the root of n
COLOURS = {init: series_style(index)["color"] for index, init in enumerate(SIGMA_W)}
NAMES = {XAVIER: "Xavier", HE: "He"}
# The ratio of two layers' mean squares has the variance 5 / n for one input (Hanin & Rolnick 2018), and less for a mean
# over inputs; given the layers before, its mean is the factor. Over 28 ratios of 40 networks 4 standard errors are
# 3.4 %.
FACTOR = 4 * math.sqrt(5 / WIDTH / ((LAYERS - 1) * NETWORKS))
EARLY, STEPS = 500, 1500
STALLED = 0.01  # the part of its loss by which a stalled network may have improved: what the output biases learn


def squares(networks: Networks) -> Array:
    """Mean square of the activations of each hidden layer at the start [networks, layers]."""
    return mean_squares(networks)[:, :LAYERS]


def gradients(networks: Networks) -> Array:
    """Variance of the derivatives by the pre-activations of each hidden layer at the start [networks, layers]."""
    return networks.quantity("delta_variance")[:, 0, :LAYERS]


def first_step(networks: Networks, share: float) -> Array:
    """First recorded step at which the loss is below a share of the first, infinite where it never is [networks]."""
    loss = networks.quantity("loss")
    below = loss < share * loss[:, :1]
    return np.where(below.any(axis=1), networks.steps()[below.argmax(axis=1)], np.inf)


def rows(results: Results) -> list[Row]:
    """Factors of a layer, forwards and backwards, and who learns."""
    start, trained = results["he_2015"], results["he_2015-train"]
    table, forward = [], {}
    for init, sigma in SIGMA_W.items():
        networks = start.where(init=init)
        forward[init], backward = squares(networks), gradients(networks)
        factor = theory.length_map("relu", 1.0, sigma)
        table.append(near(f"{NAMES[init]}: factor of the activations' mean square from layer to layer",
                          np.mean(forward[init][:, 1:] / forward[init][:, :-1]), factor, relative=FACTOR,
                          theirs="1 (equation 10)" if init == HE else ""))
        table.append(near(f"{NAMES[init]}: factor of the gradients' variance from layer to layer, backwards",
                          np.mean(backward[:, :-1] / backward[:, 1:]), theory.chi_1("relu", 1.0, sigma),
                          relative=FACTOR, theirs="1 (equation 14)" if init == HE else ""))
    table.append(near("size of the activations after 29 layers, Xavier over He, equal draws",
                      np.median(np.sqrt(forward[XAVIER][:, -1] / forward[HE][:, -1])), 2 ** (-LAYERS / 2),
                      relative=1e-6, theirs="1 / √2^L (section 2.2)"))  # the same numbers but for rounding
    for layers, init, share, limit, low, high, theirs in (
            (30, XAVIER, 1 - STALLED, EARLY, 0, 0.1, "stalls completely (figure 3)"),
            (30, HE, 0.5, EARLY, 0.7, 1, "converges (figure 3)"),
            (22, XAVIER, 0.5, STEPS, 0.7, 1, "converges (figure 2)")):
        reached = first_step(trained.where(depth=layers - 1, init=init), share)
        table.append(between(f"{NAMES[init]}, {layers} layers: share of 10 networks whose loss falls by "
                             f"{round(100 * (1 - share))} % within {limit} steps", np.mean(reached <= limit), low, high,
                             theirs=theirs))
    later, sooner = (np.median(first_step(trained.where(depth=21, init=init), 0.5)) for init in (XAVIER, HE))
    table.append(between("22 layers: median steps until the loss is halved, Xavier over He", later / sooner, 1,
                         math.inf, theirs="He's error falls earlier (figure 2)"))
    return table


@in_style
def draw(results: Results) -> Figure:
    """Left signals by layer, right losses over steps."""
    figure = Figure(figsize=(7, 3.1))
    left, right = figure.subplots(1, 2)
    layers = np.arange(1, LAYERS + 1)
    for init, sigma in SIGMA_W.items():
        networks, colour = results["he_2015"].where(init=init), COLOURS[init]
        forward, backward = squares(networks), gradients(networks)
        left.plot(layers, np.mean(forward / forward[:, :1], axis=0), "o", markersize=3, color=colour)
        left.plot(layers, np.mean(backward / backward[:, -1:], axis=0), "s", markersize=3, markerfacecolor="none",
                  color=colour)
        left.plot(layers, (sigma ** 2 / 2) ** (layers - 1.0), "k--", linewidth=0.8)
        left.plot(layers, (sigma ** 2 / 2) ** (LAYERS - layers + 0.0), "k--", linewidth=0.8)
    left.set(yscale="log", xlabel="hidden layer", ylabel="relative to the first (last) layer", ylim=(1e-10, 30))
    left.text(15, 3, "He", color=COLOURS[HE])
    left.text(12, 1e-7, "Xavier", color=COLOURS[XAVIER])
    left.text(27, 3e-10, "activations", ha="right")
    left.text(1, 3e-10, "gradients")
    trained = results["he_2015-train"]
    for (depth, init), some in trained.groups("depth", "init"):
        right.plot(some.steps(), np.median(some.quantity("loss"), axis=0), color=COLOURS[init], linewidth=1.2,
                   linestyle="-" if depth == LAYERS else ":", label=f"{NAMES[init]}, {depth + 1} layers")
    right.set(xlabel="optimiser steps", ylabel="training loss", ylim=(0, 3.4), xlim=(0, STEPS))
    right.legend(frameon=False, loc="upper center", ncols=2, fontsize=8)
    return figure
