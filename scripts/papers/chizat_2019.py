"""Chizat, Oyallon and Bach 2019: a large scale of the output makes training lazy."""
from __future__ import annotations

from typing import Any

import numpy as np

from claims.data import Networks
from claims.inference import mean_interval
from initsweep.arrays import Array
from initsweep.intervals import median_interval, quantile_band
from initsweep.style import Figure, in_style, series_style
from papers.paper import Paper, Results, Row, between, near

WIDTH, FEATURES, SAMPLES = 64, 20, 16  # of the student, of the inputs, of the kernel
# The next order, 1 + c / scale, moves an exponent between the scales 64 and 256 by c (1/64 - 1/256) / log 4 = 0.008 c.
POWER = 0.05
TRACE = 0.1       # 3 standard errors of the mean over 16 networks of 32 independent pairs of units
CONVERGED = 0.01  # of the best constant's loss
WORSE = 2.0       # the paper gives no number: a factor that no test set of 500 samples gives by chance
LIMIT = 0.02      # relative; the lazy limit is reached to the first order, 1 / 64
STARTS = {"zeros": "hidden weights 0", "symmetric_pairs": "doubled units"}
LABELS = {"zeros": (300, 2e-1), "symmetric_pairs": (100, 7e-5)}  # places in the figure, at their lines
# The changes of the two units of a pair are opposite, and the kernel is even in them.
KERNEL_POWERS = {"zeros": -1.0, "symmetric_pairs": -2.0}

PAPER = Paper(
    name="chizat_2019", authors="Chizat, Oyallon & Bach", year=2019,
    title="On Lazy Training in Differentiable Programming",
    source="arXiv:1812.07956, sections 2 and 3",
    sentence="By introducing an explicit scale factor, we show that essentially any parametric model can be trained in "
             "this lazy regime if its output is close to zero at initialization.",
    scaled="20 features in place of 100, 200 training samples and 64 units, so that all networks fit their data within "
           "20,000 steps.",
    caption="How far the weights of a two-layer ReLU network move, how far the tangent kernel of one with GELU units "
            "moves from two starts whose output is 0, and the test loss, by the scale of the output: medians and 10 % "
            "to 90 % of the networks. Dashed: the powers -1 and -2 of the scale. Cross: weights 4 times as large at "
            "scale 1, which is the same as scale 16.",
    sweeps=("chizat_2019", "chizat_2019-kernel"),
    quick=False,
)


def relative_change(networks: Networks) -> Array:
    """Distance of all weights from their start over their norm there [networks]."""
    distance, norm = networks.layers("distance_from_start")[:, -1], networks.layers("weight_norm")[:, 0]
    return np.asarray(np.linalg.norm(distance, axis=1) / np.linalg.norm(norm, axis=1))


def test_share(networks: Networks) -> Array:
    """Test loss over the loss of the best constant [networks]."""
    return np.asarray(networks.last("test_loss") / networks.at("constant_loss", 0))


def power_row(what: str, values: dict[float, Array], theory: float) -> Row:
    """The exponent of a quantity in the scale of the output, between the two largest scales. values: [networks] by
    scale."""
    small, large = sorted(values)[-2:]
    powers = np.log(values[large] / values[small]) / np.log(large / small)
    return near(f"Exponent in the scale of {what}, from scale {small:g} to {large:g}", np.median(powers), theory,
                absolute=POWER, interval=median_interval(powers), theirs="O(1 / scale) (section 2)")


def kernel_changes(networks: Networks) -> dict[float, Array]:
    """The relative change of the tangent kernel until the end of training, by scale [networks]."""
    return {scale: some.last("ntk_change") for (scale,), some in networks.groups("output_scale")}


def initial_trace() -> float:
    """Expected trace of the tangent kernel over SAMPLES inputs of norm 1, of a ReLU student with weights a ~ N(0, 1 /
    FEATURES) and b ~ N(0, 1 / WIDTH) and scale 1: sum_j E max(0, a_j x)^2 + E b_j^2 1[a_j x > 0] for each."""
    return SAMPLES * (WIDTH / (2 * FEATURES) + 0.5)


def rows(results: Results) -> list[Row]:
    """The numbers of the table, in order."""
    students, kernels = results["chizat_2019"], results["chizat_2019-kernel"]
    by_scale = {scale: some for (scale,), some in students.where(init_gain=1).groups("output_scale")}
    large = students.where(init_gain=4)
    test = {scale: some.last("test_loss") for scale, some in by_scale.items()}
    ratio = test[256.0] / test[1 / 64]
    trace = by_scale[1.0].at("ntk_trace", 0)
    left = [some.last("loss") / some.at("constant_loss", 0) for some in by_scale.values()]
    return [
        near("Trace of the tangent kernel over 16 inputs at the start, scale 1", trace.mean(), initial_trace(),
             relative=TRACE, interval=mean_interval(trace, 0.05)),
        power_row("the weights' relative change",
                  {scale: relative_change(some) for scale, some in by_scale.items()}, -1.0),
        *(power_row(f"the kernel's change, {name}", kernel_changes(kernels.where(init=start)), KERNEL_POWERS[start])
          for start, name in STARTS.items()),
        between("Training loss over the best constant's, largest of all networks", np.max(left), 0.0, CONVERGED),
        between("Test loss at scale 256 over that at scale 1/64", np.median(ratio), WORSE, np.inf,
                interval=median_interval(ratio), theirs="above 1 (section 3)"),
        near("Test loss at scale 256 over that at scale 64", np.median(test[256.0] / test[64.0]), 1.0,
             absolute=LIMIT),
        near("Largest relative difference of the test losses from weights 4 times as large and at scale 16",
             np.abs(large.last("test_loss") / test[16.0] - 1).max(), 0.0, absolute=1e-6),
    ]


def draw_band(axes: Any, values: dict[float, Array], index: int) -> None:
    """Median and 10 % to 90 % of the networks over the scale. axes: matplotlib's; values: [networks] by scale."""
    scales = list(values)
    low, middle, high = np.array([quantile_band(one) for one in values.values()]).T
    axes.fill_between(scales, low, high, alpha=0.2, linewidth=0, color=series_style(index)["color"])
    axes.loglog(scales, middle, marker="o", markersize=3, linewidth=1.2, **series_style(index))


def draw_power(axes: Any, power: float, point: tuple[float, float], scales: tuple[float, float]) -> None:
    """The power of the scale through a point, between two scales."""
    x = np.array(scales)
    axes.loglog(x, point[1] * (x / point[0]) ** power, color="black", linestyle="--", linewidth=0.8)


@in_style
def draw(results: Results) -> Figure:
    """Change of weights, change of the kernel and test loss over the scale of the output."""
    figure = Figure(figsize=(7, 2.8))
    weights, kernel, test = figure.subplots(1, 3)
    students, kernels = results["chizat_2019"], results["chizat_2019-kernel"]
    by_scale = {scale: some for (scale,), some in students.where(init_gain=1).groups("output_scale")}
    changes = {scale: relative_change(some) for scale, some in by_scale.items()}
    draw_band(weights, changes, 0)
    draw_power(weights, -1.0, (256, float(np.median(changes[256.0]))), (4, 256))
    weights.set(ylabel="relative change of the weights")
    for index, (start, name) in enumerate(STARTS.items()):
        moved = kernel_changes(kernels.where(init=start))
        draw_band(kernel, moved, index)
        draw_power(kernel, KERNEL_POWERS[start], (256, float(np.median(moved[256.0]))), (1, 256))
        kernel.text(*LABELS[start], name, ha="right", color=series_style(index)["color"])
    kernel.set(ylabel="relative change of the kernel")
    draw_band(test, {scale: test_share(some) for scale, some in by_scale.items()}, 0)
    share, colour = np.median(test_share(students.where(init_gain=4))), series_style(1)["color"]
    test.plot(16, share, marker="x", markersize=8, color=colour)
    test.text(16, 0.6 * share, "weights\ntimes 4", ha="center", va="top", color=colour)
    test.set(ylabel="test loss / best constant's")
    for axes in (weights, kernel, test):
        axes.set(xlabel="scale of the output")
    return figure
