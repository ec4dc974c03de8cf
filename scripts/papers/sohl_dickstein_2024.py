"""Sohl-Dickstein 2024: the learning rates with which a network's training converges have a fractal boundary."""
from __future__ import annotations

import dataclasses

import matplotlib
import matplotlib.patches
import numpy as np

from initsweep.arrays import Array
from initsweep.style import in_style, series_style
from papers.boxes import count_boxes, dimension, edge
from papers.paper import Figure, Networks, Paper, Results, Row, between, near

PAPER = Paper(
    name="sohl_dickstein_2024", authors="Sohl-Dickstein", year=2024,
    title="The boundary of neural network trainability is fractal",
    source="arXiv:2402.06184, table 1, whose numbers are taken from a text that quotes them",
    sentence="We find that this boundary is fractal over more than ten decades of scale in all tested configurations.",
    scaled="three of the paper's six conditions, in the size of the paper (16 inputs and 16 hidden units) and with its "
           "criterion (a mean of the last 20 losses below the first), but windows of 128 to 256 pixels instead of 4096 "
           "and three, two or one of them instead of about 50: four decades of scale and not ten. As in the paper, the "
           "places were chosen by eye, and the dimension differs from place to place: along the linear network's "
           "boundary from 1.0 to 1.9. The paper's medians over its own zooms are no prediction for ours, so that "
           "bounds are tested.",
    caption="Each pixel is a network. Where training converges (green and blue) and where it does not (red and "
            "orange), the darker the slower, over the learning rates of both layers. Above: tanh with one sample, each "
            "picture the square in the one before, ten times as narrow. Below: a linear network, a tanh network with "
            "272 samples, and the number of boxes with a piece of the boundary in the narrowest window of each: "
            "steeper than a smooth curve's.",
    sweeps=("sohl_dickstein_2024", "sohl_dickstein_2024-linear", "sohl_dickstein_2024-tanh",
            "sohl_dickstein_2024-edge"),
    quick=False,
)

LAST = 20  # losses whose mean decides
MOST = 1e6  # times the first loss: larger ones, and those that are not finite, count as this
TANH = 2.0  # the rate of layer 1 in the sweeps over the paper's, whose sqrt(2) the weights have here


@dataclasses.dataclass
class Window:
    """A square of a sweep: log10 of the paper's learning rates of the input layer (x) and of the output layer (y)
    [pixel], and the losses over the first one [x][y][record], at most MOST."""
    x: Array
    y: Array
    loss: Array
    steps: Array

    def converges(self) -> Array:
        """Whether the mean of the last losses is below the first [x][y]: the paper's convergence measure."""
        return np.asarray(self.loss[..., -LAST:].mean(axis=-1) < 1)

    def speed(self) -> Array:
        """The paper's brightness before its ranks are taken: minus the sum of the losses over the steps where training
        converges, the sum of their inverses elsewhere [x][y]. Between records by the trapezium rule."""
        slow, fast = ((values[..., 1:] + values[..., :-1]) @ np.diff(self.steps) / 2
                      for values in (self.loss, 1 / np.maximum(self.loss, 1 / MOST)))
        return np.where(self.converges(), -slow, fast)


def windows(networks: Networks, factor: float) -> list[Window]:
    """The square grids of a sweep, in its order. factor: of the rates of layer 1 over the paper's."""
    x, y = networks.get("rate_by_layer_1"), networks.get("rate_by_layer_output")
    loss = networks.quantity("loss")
    loss = np.where(np.isfinite(loss), loss, np.inf) / loss[:, :1]
    starts = [0, *(np.flatnonzero(np.diff(x) < 0) + 1), len(x)]  # the first axis ascends in each grid
    found = []
    for start, end in zip(starts[:-1], starts[1:]):
        side = int(round(np.sqrt(end - start)))
        found.append(Window(np.log10(x[start:end:side] / factor), np.log10(y[start:start + side]),
                            np.minimum(loss[start:end], MOST).reshape(side, side, -1), networks.steps()))
    return found


def conditions(results: Results) -> dict[str, list[Window]]:
    """The windows of the three conditions, widest first."""
    return {"tanh, one sample": windows(results["sohl_dickstein_2024"], TANH),
            "linear": windows(results["sohl_dickstein_2024-linear"], 1.0)[:2],
            "tanh, 272 samples": windows(results["sohl_dickstein_2024-tanh"], TANH)}


def measured_edge(networks: Networks) -> tuple[float, float]:
    """Largest learning rate of the output layer with which training converges with a frozen hidden layer, and the
    theory's: the residual r of the one sample is multiplied by 1 - 2 eta |h|^2 / n^2 at each step, so that eta has to
    be below n^2 / |h|^2 = 4 r^2 / |dr^2/dw|^2, w the output weights; gradient_norm is that of w / sqrt(n)."""
    loss = networks.quantity("loss")
    falls = np.isfinite(loss[:, -1]) & (loss[:, -1] < loss[:, 0])
    gradient = networks.quantity("gradient_norm")[0, 0, 1] / np.sqrt(networks.get("width")[0])
    return float(networks.get("rate_by_layer_output")[falls].max()), float(4 * loss[0, 0] / gradient ** 2)


def rows(results: Results) -> list[Row]:
    """Box dimensions in each window and the edge that is known exactly."""
    # The dimension of a boundary in a plane is between that of a curve, 1, and that of the plane, 2. The estimator is
    # within 0.05 of 1 for smooth curves of this many pixels (tests/papers), so that 1.1 is no smooth curve.
    fractal = (1.1, 2.0)
    theirs = {"tanh, one sample": "1.41 (table 1)", "linear": "1.17 (table 1)", "tanh, 272 samples": "1.66 (table 1)"}
    table = []
    for condition, found in conditions(results).items():
        for window in found[-2:]:
            width = 10 ** (window.x[-1] - window.x[0])
            table.append(between(f"dimension, {condition}, learning rates within a factor of {width:.3g}",
                                 dimension(edge(window.converges())), *fractal,
                                 theirs=theirs[condition] if window is found[-1] else ""))
    smooth = windows(results["sohl_dickstein_2024-linear"], 1.0)[2]
    table.append(near("dimension, linear, where the learning rate of the input layer is small",
                      dimension(edge(smooth.converges())), 1, absolute=0.05))
    measured, theory = measured_edge(results["sohl_dickstein_2024-edge"])
    # rates are 0.23 % apart, and the largest below the edge is at most that far from it
    table.append(near("largest learning rate of the output layer, hidden layer frozen, one sample", measured, theory,
                      relative=0.0025))
    return table


def ranked(speed: Array) -> Array:
    """The paper's colours: ranks among the converged from -1 to -0.25 and among the others from 0.25 to 1 [x][y]."""
    flat = speed.ravel()
    values = np.empty(len(flat))
    for chosen, low, high in ((flat < 0, -1.0, -0.25), (flat >= 0, 0.25, 1.0)):
        ranks = np.argsort(np.argsort(flat[chosen], kind="stable"), kind="stable")
        values[chosen] = low + (high - low) * ranks / max(1, len(ranks) - 1)
    return values.reshape(speed.shape)


@in_style
def draw(results: Results) -> Figure:
    """Six panels: three zooms, two other conditions, the box counts."""
    figure = Figure(figsize=(7, 4.6))
    panels = figure.subplots(2, 3)
    found = conditions(results)
    shown = [*found["tanh, one sample"], found["linear"][0], found["tanh, 272 samples"][0]]
    titles = ["tanh, one sample", "ten times", "a hundred times", "linear", "tanh, 272 samples"]
    for panel, window, title in zip(panels.flat, shown, titles):
        extent = (window.x[0], window.x[-1], window.y[0], window.y[-1])
        panel.imshow(-ranked(window.speed()).T, origin="lower", extent=extent, cmap="Spectral", vmin=-1, vmax=1,
                     interpolation="nearest", aspect="equal")
        panel.grid(False)
        panel.set_title(title)
        panel.locator_params(nbins=3)
    for panel, inner in zip(panels.flat, shown[1:3]):
        panel.add_patch(matplotlib.patches.Rectangle((inner.x[0], inner.y[0]), np.ptp(inner.x), np.ptp(inner.y),
                                                     fill=False, edgecolor="black", linewidth=1))
    for panel in panels[1, :2]:
        panel.set_xlabel("log10 rate of input layer")
    for panel in panels[:, 0]:
        panel.set_ylabel("log10 rate of output layer")
    counts = panels[1, 2]
    for index, (condition, some) in enumerate(found.items()):
        sizes, boxes = count_boxes(edge(some[-1].converges()))
        counts.loglog(sizes, boxes, marker="o", markersize=3, label=condition, **series_style(index))
    sides = np.array([1, 32])
    counts.loglog(sides, 300 / sides, color="black", linestyle="--", linewidth=1, label="a smooth curve")
    counts.set_xticks([1, 2, 4, 8, 16, 32], labels=["1", "2", "4", "8", "16", "32"])
    counts.minorticks_off()
    counts.set_ylim(0.2, 2e4)
    counts.set_title("boxes with boundary")
    counts.set_xlabel("side of boxes (pixels)")
    counts.legend(fontsize=7, loc="lower left")
    return figure
