"""Zhang, Dauphin & Ma 2019, with Bachlechner et al. 2021: residual networks without normalisation blow up with depth
from the usual start, and train at any depth from Fixup's and ReZero's."""
from __future__ import annotations

import math

import numpy as np

from initsweep.arrays import Array
from initsweep.intervals import fit_line
from initsweep.style import in_style, series_style
from papers.paper import Figure, Networks, Paper, Results, Row, between, near
from papers.quantities import mean_squares

PAPER = Paper(
    name="zhang_2019", authors="Zhang, Dauphin & Ma; Bachlechner et al.", year=2019,
    title="Fixup Initialization: Residual Learning Without Normalization; "
          "ReZero is All You Need: Fast Convergence at Large Depth (2021)",
    source="arXiv:1901.09321, sections 2 and 3; arXiv:2003.04887, section 3",
    sentence="We find training residual networks with Fixup to be as stable as training with normalization -- even for "
             "networks with 10,000 layers.",
    scaled="Digits in place of CIFAR-10 and ImageNet, fully connected layers of 32 units, 8 to 64 branches of two "
           "layers, 200 steps of plain gradient descent. Each layer has a vector of biases where Fixup adds single "
           "numbers before each layer and rectifier; its multipliers are there. The largest rates that Fixup survives "
           "do fall with depth here (the middle picture): its theory is about small rates.",
    caption="Left: mean square of the signal after each branch at the start, mean of 20 networks, which doubles in "
            "each (dashed). Middle: the largest learning rate at which all 5 networks stay finite, and the slope "
            "2^(-1/2) a branch (dashed); with 64 branches the usual start survives no rate that was tried. Right: "
            "training loss with Fixup at rate 0.1: the four curves are nearly one.",
    sweeps=("zhang_2019", "zhang_2019-jacobian", "zhang_2019-plain", "zhang_2019-train"), quick=False)

WIDTH, BRANCHES, NETWORKS, STARTS = 32, 64, 20, 5
FIXUP, REZERO = 1, 0  # scale of the branches at the start
RATE = 0.1  # theirs on CIFAR-10
# Given the layers before, the mean of a branch's factor is 2 exactly. For one input its variance is at most 11 / n:
# 4 / n for 2 h f(h) and 7 / n for |f(h)|^2. Over 64 branches of 20 networks 4 standard errors are 3.3 %.
FACTOR = 4 * math.sqrt(11 / WIDTH / (BRANCHES * NETWORKS)) / 2
# The change of the output by a step does not depend on depth up to terms of the order of the rate.
ALIKE = RATE
# At finite rates the largest one may fall with depth, but not as if the branches' changes added up, as 1 / depth.
FALL = 8 / BRANCHES
# From the usual start a step of rate r changes the outputs, of size 2^(branches / 2), by r 2^branches, as the loss's
# derivative by them is bounded: it is survived up to r ~ 2^(-branches / 2). Rates are tried in factors of 2, so that
# the slope over 24 branches is known to 2^(2 / 24).
SLOPE = 2 ** (2 / 24) - 1


def squares(networks: Networks) -> Array:
    """Mean square of the signal after the first layer and after each branch at the start [networks, 1 + branches]."""
    return mean_squares(networks)[:, : 2 * BRANCHES + 1: 2]


def largest_rate(networks: Networks) -> float:
    """The largest of the rates up to which all networks of a depth stay finite; NaN if there is none."""
    best = math.nan
    for (rate,), some in sorted(networks.groups("learning_rate"), key=lambda group: group[0]):
        if not some.finite().all():
            break
        best = rate
    return best


def largest_rates(networks: Networks) -> tuple[Array, Array]:
    """Numbers of branches, and the largest rates that all networks survive, each [depths]."""
    found = [((depth - 1) / 2, largest_rate(some)) for (depth,), some in networks.groups("depth")]
    return np.array([branches for branches, _ in found]), np.array([rate for _, rate in found])


def rows(results: Results) -> list[Row]:
    """The growth from branch to branch, the Jacobian, and what is survived."""
    signal = squares(results["zhang_2019"])
    values = results["zhang_2019-jacobian"].quantity("jacobian_singular_values")
    plain, trained = results["zhang_2019-plain"], results["zhang_2019-train"]
    fixup, rezero = trained.where(scale=FIXUP), trained.where(scale=REZERO)
    branches, rates = largest_rates(plain)
    known = np.isfinite(rates)
    slope = fit_line(branches[known], np.log(rates[known])).slope
    deep, flat = (np.median(fixup.where(depth=depth, learning_rate=RATE).at("loss", 50)) for depth in (129, 17))
    deepest = {name: some.where(depth=129) for name, some in (("usual", plain), ("Fixup", fixup), ("ReZero", rezero))}
    most = largest_rates(fixup)[1]
    return [
        near("usual start: factor of the signal's mean square from branch to branch", np.mean(
            signal[:, 1:] / signal[:, :-1]), 2, relative=FACTOR, theirs="about 2 (section 2)"),
        near("ReZero, 64 branches: largest singular value of the Jacobian at the start, of 10 networks", values.max(),
             1, absolute=1e-12, theirs="1, dynamical isometry (abstract)"),  # exact but for rounding
        near("the smallest", values.min(), 1, absolute=1e-12, theirs="1"),
        near("usual start: factor of the largest rate that all 5 networks survive for each branch more, 8 to 32 "
             "branches", math.exp(slope), 2 ** -0.5, relative=SLOPE),
        between("usual start, 64 branches: share of networks that survive 200 steps, at any rate from 1.5e-8 to 0.25",
                np.mean(deepest["usual"].finite()), 0, 0.01),
        between("Fixup, 64 branches: share that survives rate 0.1",
                np.mean(deepest["Fixup"].where(learning_rate=RATE).finite()), 1, 1,
                theirs="stable (abstract)"),
        between("ReZero, 64 branches: share that survives rate 0.05",
                np.mean(deepest["ReZero"].where(learning_rate=RATE / 2).finite()), 1, 1,
                theirs="trains thousands of layers (abstract)"),
        near("Fixup at rate 0.1: loss after 50 steps with 64 branches over that with 8", deep / flat, 1, relative=ALIKE,
             theirs="updates independent of depth (section 3)"),
        between("Fixup: largest rate that all 5 networks survive, 64 branches over 8", most[-1] / most[0], FALL,
                math.inf, theory=1)]


@in_style
def draw(results: Results) -> Figure:
    """Growth of the signal, largest rates, and loss by depth."""
    figure = Figure(figsize=(7, 2.8))
    left, middle, right = figure.subplots(1, 3)
    signal, branch = squares(results["zhang_2019"]), np.arange(BRANCHES + 1)
    left.plot(branch[::2], np.mean(signal / signal[:, :1], axis=0)[::2], "o", markersize=3, **series_style(0))
    left.plot(branch, 2.0 ** branch, "k--", linewidth=0.8)
    left.set(yscale="log", xlabel="branch", ylabel="mean square of the signal")
    trained = results["zhang_2019-train"]
    for index, (label, some) in enumerate((("usual start", results["zhang_2019-plain"]),
                                           ("Fixup", trained.where(scale=FIXUP)),
                                           ("ReZero", trained.where(scale=REZERO)))):
        style = series_style(index)
        branches, rates = largest_rates(some)
        middle.plot(branches, rates, marker="o", markersize=4, label=label, **style)
        if label == "usual start":
            middle.plot(branches, rates[0] * 2 ** ((branches[0] - branches) / 2), "k--", linewidth=0.8)
    middle.set(xscale="log", yscale="log", xlabel="branches", ylabel="largest stable rate", ylim=(1e-8, 3))
    middle.set_xticks(branches, [f"{number:g}" for number in branches])
    middle.minorticks_off()
    middle.legend(frameon=False, loc="lower left", fontsize=8)
    for index, ((depth,), some) in enumerate(trained.where(scale=FIXUP, learning_rate=RATE).groups("depth")):
        right.plot(some.steps(), np.median(some.quantity("loss"), axis=0), linestyle=("-", "--", "-.", ":")[index],
                   color=series_style(1)["color"], label=f"{(depth - 1) // 2}")
    right.set(xlabel="optimiser steps", ylabel="training loss", ylim=(0, 2.5), xlim=(0, 200))
    right.legend(frameon=False, title="branches", fontsize=8, title_fontsize=8)
    return figure
