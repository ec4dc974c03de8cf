"""Cohen, Kaur, Li, Kolter and Talwalkar 2021: full-batch gradient descent ends at its edge of stability."""
from __future__ import annotations

import numpy as np

from claims.data import Networks
from initsweep.arrays import Array
from initsweep.intervals import median_interval
from initsweep.style import Figure, in_style, series_style
from initsweep.theory import stability_threshold
from papers.paper import Paper, Results, Row, between, near

MOMENTUM = 0.9
PLAIN, POLYAK, NESTEROV = "sgd", "momentum", "nesterov"
NAMES = {PLAIN: "plain", POLYAK: "Polyak's momentum 0.9", NESTEROV: "Nesterov's momentum 0.9"}
# The paper gives no number for "hovers". 2 % is less than the amplitude of the oscillation, which moves the sharpness
# of single steps by 5 to 10 % to either side, and far less than the differences of the three thresholds.
HOVERS = 0.02
GRID = 0.0026  # half a step of the rates tried on the quadratic, 0.5 %, and its rounding
FLOW = 0.01    # gradient descent differs from its flow in first order of the rate
CALM = 0.8     # share of the threshold below which a step is far from unstable

PAPER = Paper(
    name="cohen_2021", authors="Cohen, Kaur, Li, Kolter & Talwalkar", year=2021,
    title="Gradient Descent on Neural Networks Typically Occurs at the Edge of Stability",
    source="arXiv:2103.00065, abstract and figure 1",
    sentence="In this regime, the maximum eigenvalue of the training loss Hessian hovers just above the value 2/(step "
             "size), and the training loss behaves non-monotonically over short timescales, yet consistently decreases "
             "over long timescales.",
    scaled="Two hidden layers of 32 tanh units in place of 200, on a Chebyshev polynomial of degree 5 at 20 points and "
           "on 180 digits of 8 x 8 pixels in place of 5,000 images of CIFAR-10, under squared errors.",
    caption="Largest eigenvalue of the Hessian during gradient descent on a Chebyshev polynomial: plain at three "
            "learning rates and along gradient flow, then with momentum, and the loss of one network at each step. "
            "Dashed: the thresholds of stability.",
    sweeps=("cohen_2021", "cohen_2021-flow", "cohen_2021-steps", "cohen_2021-digits", "cohen_2021-quadratic"),
    quick=False,
)


def threshold(optimizer: str, rate: float) -> float:
    """The curvature at which this optimiser becomes unstable on a quadratic, by its name in the sweep."""
    return stability_threshold(rate, 0.0 if optimizer == PLAIN else MOMENTUM, optimizer == NESTEROV)


def late_products(networks: Networks) -> Array:
    """Sharpness times learning rate, mean over the second half of the records [networks]; NaN if a network diverged."""
    sharpness = networks.quantity("hessian_max")
    return np.asarray(sharpness[:, sharpness.shape[1] // 2:].mean(axis=1) * networks.get("learning_rate"))


def edge_row(where: str, networks: Networks, optimizer: str) -> Row:
    """The row of one optimiser: the median over the networks of the rate that is furthest from theory."""
    theory = threshold(optimizer, 1.0)
    products = [late_products(some) for _, some in networks.groups("learning_rate")]
    distances = [abs(float(np.median(values)) - theory) for values in products]
    furthest = products[int(np.argmax(distances))]  # a NaN, of a network that diverged, is the largest
    return near(f"Sharpness times learning rate, {where}, {NAMES[optimizer]}, the furthest of {len(products)} rates",
                np.median(furthest), theory, relative=HOVERS, interval=median_interval(furthest),
                theirs="just above 2 (abstract)" if optimizer == PLAIN else "")


def convergence_limit(networks: Networks, optimizer: str) -> float:
    """The learning rate between the largest that converged and the smallest that did not on a quadratic, over that of
    theory. Raises ValueError if a rate converges above one that does not."""
    loss, rates = networks.quantity("loss"), networks.get("learning_rate")
    converged = loss[:, -1] < loss[:, 0]  # false for NaN
    if rates[converged].max() > rates[~converged].min():
        raise ValueError(f"{optimizer}: there is no one largest rate that converges")
    curvature = networks.quantity("hessian_max")[0, 0]
    return float((rates[converged].max() + rates[~converged].min()) / 2 * curvature / threshold(optimizer, 1.0))


def deviation_from_flow(descent: Networks, flow: Networks) -> float:
    """Largest relative difference of the sharpness of gradient descent from that of its gradient flow at the same time,
    over all networks and records before the flow's has reached half of the threshold."""
    ours, theirs = descent.quantity("hessian_max"), flow.quantity("hessian_max")
    half = stability_threshold(float(descent.get("learning_rate")[0])) / 2
    before = np.maximum.accumulate(theirs, axis=1) < half
    return float(np.abs(ours / theirs - 1)[before].max())


def rising_steps(networks: Networks) -> tuple[int, Array]:
    """Of the steps that raise the loss: their number while the sharpness has not yet been above CALM of the threshold,
    over all networks, and their share in the last quarter of training [networks]."""
    loss, sharpness = networks.quantity("loss"), networks.quantity("hessian_max")
    limit = CALM * stability_threshold(float(networks.get("learning_rate")[0]))
    recorded = np.flatnonzero(~np.isnan(sharpness[0]))
    rises = np.diff(loss, axis=1) > 0
    early = 0
    for network in range(len(loss)):
        above = np.flatnonzero(sharpness[network, recorded] > limit)
        early += int(rises[network, :recorded[max(above[0] - 1, 0)] if len(above) else None].sum())
    return early, np.asarray(rises[:, -rises.shape[1] // 4:].mean(axis=1))


def rows(results: Results) -> list[Row]:
    """The numbers of the table, in order."""
    polynomial, flow = results["cohen_2021"], results["cohen_2021-flow"]
    limits = [convergence_limit(some, name) for (name,), some in results["cohen_2021-quadratic"].groups("optimizer")]
    early, share = rising_steps(results["cohen_2021-steps"])
    return [
        *(edge_row("polynomial", some, name) for (name,), some in polynomial.groups("optimizer")),
        edge_row("digits", results["cohen_2021-digits"], PLAIN),
        near("Largest convergent rate on a quadratic over the formula's, the furthest of the 3 optimisers",
             limits[int(np.argmax(np.abs(np.array(limits) - 1)))], 1.0, relative=GRID, theirs="1 (section 2)"),
        between("Rate 0.02: largest relative difference from gradient flow's sharpness while that is below 1/rate",
                deviation_from_flow(polynomial.where(optimizer=PLAIN, learning_rate=0.02), flow), 0.0, FLOW),
        near("Steps that raise the loss before the sharpness reaches 80 % of the threshold", early, 0.0, absolute=0.5),
        near("Share of the steps that raise the loss at the edge, where weights oscillate with period 2",
             np.median(share), 0.5, absolute=0.05, interval=median_interval(share)),
    ]


@in_style
def draw(results: Results) -> Figure:
    """Sharpness over time, plain and with momentum, and the loss at each step."""
    figure = Figure(figsize=(7, 2.9))
    plain, momentum, losses = figure.subplots(1, 3)
    polynomial, flow = results["cohen_2021"], results["cohen_2021-flow"]
    for index, ((rate,), some) in enumerate(polynomial.where(optimizer=PLAIN).groups("learning_rate")):
        plain.plot(rate * some.steps(), some.quantity("hessian_max")[0], linewidth=1, **series_style(index))
        plain.axhline(threshold(PLAIN, rate), color="black", linestyle="--", linewidth=0.7)
        plain.text(318, threshold(PLAIN, rate) + 5, f"rate {rate:g}", ha="right", color=series_style(index)["color"])
    plain.plot(flow.get("learning_rate")[0] * flow.steps(), flow.quantity("hessian_max")[0], color="grey", zorder=1)
    plain.text(165, 145, "gradient flow", color="grey")
    plain.set(title="plain", xlabel="learning rate times step", xlim=(0, 320),
              ylabel="largest eigenvalue of the Hessian", ylim=(0, 240))
    for index, name in enumerate((POLYAK, NESTEROV)):
        for number, ((rate,), some) in enumerate(polynomial.where(optimizer=name).groups("learning_rate")):
            momentum.plot(some.steps() / 1000, some.quantity("hessian_max")[0], linewidth=1, **series_style(index),
                          label="" if number else NAMES[name].split("'")[0])
            momentum.axhline(threshold(name, rate), color="black", linestyle="--", linewidth=0.7)
    momentum.set(xlabel="thousand steps", xlim=(0, 16), ylim=(0, 240), title=f"momentum {MOMENTUM:g}")
    momentum.legend(loc="lower right")
    steps = results["cohen_2021-steps"]
    losses.semilogy(steps.steps() / 1000, steps.quantity("loss")[0], linewidth=0.7, **series_style(1))
    losses.set(xlabel="thousand steps", ylabel="loss at each step", xlim=(0, 8), title="plain, rate 0.04")
    return figure
