"""Schoenholz, Gilmer, Ganguli & Sohl-Dickstein 2017: networks train as deep as correlations of inputs reach."""
from __future__ import annotations

import math

import numpy as np

from initsweep import theory
from initsweep.arrays import Array
from initsweep.style import in_style
from papers.paper import Figure, Networks, Paper, Results, Row, between

PAPER = Paper(
    name="schoenholz_2017", authors="Schoenholz, Gilmer, Ganguli & Sohl-Dickstein", year=2017,
    title="Deep Information Propagation",
    source="arXiv:1611.01232, section 5: the map of training accuracy and the line of 6 xi_c",
    sentence="Our main practical result is to show that random networks may be trained precisely when information can "
             "travel through them.",
    scaled="The program's digits of 64 pixels in place of MNIST, 80 units in place of 300, up to 120 layers, two "
           "networks for each point, 400 steps of SGD with batches of 64. The depth that trains depends on the number "
           "of steps: 6 is the paper's number for its own.",
    caption="Training accuracy of tanh networks after 400 steps over the variance of the weights and depth "
            "(sigma_b^2 = 0.05). Dashed: 6 xi_c from the theory, with its pole at the edge of chaos. Circles: the "
            "depth at which the accuracy falls to half way between chance and that of 5 layers; none where that is "
            "beyond 120 layers.",
    sweeps=("schoenholz_2017",), quick=False)

SIGMA_B = math.sqrt(0.05)
FACTOR = 6.0  # the paper's: networks train to about 6 xi_c
CHANCE = 0.1  # accuracy of guessing one of ten digits
# The paper draws its line through a boundary that widens with the number of steps, in other networks of another width:
# the factor can be right to a half at the median, and to 2 anywhere.
MEDIAN, ANYWHERE = 0.5, 2.0
CRITICAL = 1.75  # the value of sigma_w^2 nearest to the edge of chaos, 1.76
TRAINS, FAILS = 0.4, 0.2  # accuracy above 4 times chance, and below 2 times


def accuracy_map(networks: Networks) -> tuple[Array, Array, Array]:
    """sigma_w [n], depths [m] and accuracies [m, n] after training, the mean over replicates; that of a diverged
    network is chance."""
    sigmas, column = np.unique(networks.get("init_sigma_w"), return_inverse=True)
    depths, line = np.unique(networks.get("depth"), return_inverse=True)
    accuracy = np.zeros((len(depths), len(sigmas)))
    np.add.at(accuracy, (line, column), np.where(networks.finite(), networks.last("accuracy"), CHANCE))
    accuracy *= len(sigmas) * len(depths) / len(networks)
    return sigmas, depths, accuracy


def depth_limit(depths: Array, accuracy: Array) -> float:
    """Depth at which accuracy [depths] first falls to half way between chance and its value at the least depth, between
    two depths interpolated in the logarithm of depth; math.inf if it does not."""
    threshold = (CHANCE + accuracy[0]) / 2
    below = np.flatnonzero(accuracy < threshold)
    if not len(below):
        return math.inf
    after = below[0]
    share = (accuracy[after - 1] - threshold) / (accuracy[after - 1] - accuracy[after])
    return float(depths[after - 1] * (depths[after] / depths[after - 1]) ** share)


def limits(networks: Networks) -> tuple[Array, Array, Array]:
    """sigma_w, depth limit and xi_c, each [n]."""
    sigmas, depths, accuracy = accuracy_map(networks)
    found = np.array([depth_limit(depths, column) for column in accuracy.T])
    return sigmas, found, np.array([theory.correlation_depth_scale("tanh", sigma, SIGMA_B) for sigma in sigmas])


def rows(results: Results) -> list[Row]:
    """The numbers of the table."""
    sigmas, depths, accuracy = accuracy_map(results["schoenholz_2017"])
    _, found, scale = limits(results["schoenholz_2017"])
    inside = np.isfinite(found)
    ratio = found[inside] / scale[inside]
    least = int(depths[-1])
    # a limit beyond the deepest networks is at their depth, or at 6 xi_c where that lies beyond, too
    reached = np.where(inside, found, np.maximum(least, FACTOR * scale))
    apart = np.abs(np.log(reached / (FACTOR * scale)))
    table = [
        between("depth that trains over xi_c, median over sigma_w", np.median(ratio), FACTOR * (1 - MEDIAN),
                FACTOR * (1 + MEDIAN), theirs="about 6"),
        between("largest factor between the depth that trains and 6 xi_c", math.exp(apart.max()), 1, ANYWHERE)]
    for square, phase, low, high in ((1.0, "ordered", 0, FAILS), (CRITICAL, "near the edge", TRAINS, 1),
                                     (4.0, "chaotic", 0, FAILS)):
        deep = accuracy[-1, np.argmin(np.abs(sigmas ** 2 - square))]
        table.append(between(f"accuracy of {least} layers at sigma_w^2 = {square:g} ({phase})", deep, low, high))
    return table


@in_style
def draw(results: Results) -> Figure:
    """The map of accuracy with both depth limits."""
    sigmas, depths, accuracy = accuracy_map(results["schoenholz_2017"])
    _, found, _ = limits(results["schoenholz_2017"])
    figure = Figure(figsize=(7, 3.6))
    axes = figure.subplots()
    image = axes.pcolormesh(sigmas ** 2, np.log(depths), accuracy, cmap="viridis", vmin=0, vmax=1, shading="nearest")
    fine = np.linspace(sigmas[0], sigmas[-1], 61)
    scale = np.array([theory.correlation_depth_scale("tanh", sigma, SIGMA_B) for sigma in fine])
    axes.plot(fine ** 2, np.log(FACTOR * scale), "w--", linewidth=1.2)
    axes.plot(sigmas ** 2, np.log(found), "o", color="white", markeredgecolor="black", markersize=5)
    axes.annotate("6 xi_c", (3.4, math.log(52)), color="white", xytext=(3, 6), textcoords="offset points")
    axes.set_ylim(math.log(depths[0]) - 0.2, math.log(depths[-1]) + 0.2)
    axes.set_yticks(np.log(depths), [str(depth) for depth in depths])
    axes.set_xlabel("sigma_w^2")
    axes.set_ylabel("hidden layers")
    axes.grid(False)
    figure.colorbar(image, ax=axes, label="training accuracy")
    return figure
