"""C04: local minima are why one starts at random, many times."""
from __future__ import annotations

from typing import Any

import numpy as np

from claims.case import Case
from claims.data import Networks
from claims.schema import Verdict
from initsweep.arrays import STOPPED, Array
from initsweep.intervals import wilson
from initsweep.report import axis, curves, points, series

INPUTS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=np.float64)
TARGETS = np.array([0, 1, 1, 0], dtype=np.float64)
SLOPE = 1e-9        # a gradient below this is that of a point at rest
RADIUS = 1e-4       # standard deviation of the perturbations
PERTURBATIONS = 500
ROUNDING = 1e-14    # of a loss


def sigmoid(z: Array) -> Array:
    """1 / (1 + exp(-z)), without overflow."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * z)))


# g, g' and g'' of a pre-activation
ACTIVATIONS: dict[str, tuple[Any, Any, Any]] = {
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2, lambda z: -2 * np.tanh(z) * (1 - np.tanh(z) ** 2)),
    "sigmoid": (sigmoid, lambda z: sigmoid(z) * sigmoid(-z), lambda z: sigmoid(z) * sigmoid(-z) * (1 - 2 * sigmoid(z))),
    "relu": (lambda z: np.maximum(z, 0), lambda z: (z > 0).astype(float), np.zeros_like),
}


def losses(weights: Array, activation: str) -> Array:
    """Squared error on XOR of networks 2-2-1. weights: [..., 9] = W [2][2], b [2], v [2], c. Returns [...]."""
    w = weights[..., :4].reshape(weights.shape[:-1] + (2, 2))
    b, v, c = weights[..., 4:6], weights[..., 6:8], weights[..., 8]
    hidden = ACTIVATIONS[activation][0](np.einsum("...ji,si->...sj", w, INPUTS) + b[..., None, :])
    error = np.einsum("...sj,...j->...s", hidden, v) + c[..., None] - TARGETS
    return np.asarray((error * error).mean(axis=-1))


def slope_and_curvature(weights: Array, activation: str) -> tuple[float, float]:
    """Norm of the gradient and smallest eigenvalue of the Hessian of one network 2-2-1. weights: [9]."""
    w, b, v, c = weights[:4].reshape(2, 2), weights[4:6], weights[6:8], weights[8]
    z = INPUTS @ w.T + b
    value, first, second = (function(z) for function in ACTIVATIONS[activation])
    error = value @ v + c - TARGETS
    jacobian, hessian = np.zeros((4, 9)), np.zeros((9, 9))
    for sample, x in enumerate(INPUTS):
        with_bias = np.append(x, 1.0)
        for j in range(2):
            mine = [2 * j, 2 * j + 1, 4 + j]
            jacobian[sample, mine] = v[j] * first[sample, j] * with_bias
            jacobian[sample, 6 + j] = value[sample, j]
            curvature = 0.5 * error[sample] * v[j] * second[sample, j]
            hessian[np.ix_(mine, mine)] += curvature * np.outer(with_bias, with_bias)
            cross = 0.5 * error[sample] * first[sample, j] * with_bias
            hessian[6 + j, mine] += cross
            hessian[mine, 6 + j] += cross
        jacobian[sample, 8] = 1
    gradient = 0.5 * jacobian.T @ error
    return float(np.linalg.norm(gradient)), float(np.linalg.eigvalsh(hessian + 0.5 * jacobian.T @ jacobian)[0])


def at_minimum(networks: Networks, activation: str) -> tuple[Array, Array, Array]:
    """Whether each network 2-2-1 ended at a local minimum, its gradient's norm, and its Hessian's smallest eigenvalue:
    each [networks].

    A local minimum, strict or not: at rest, and none of 500 perturbations lowers the loss.
    """
    weights = networks.get("weights_final")[:, :9].astype(np.float64)
    random = np.random.default_rng(4)
    minimum, slope, curvature = np.zeros(len(weights), dtype=bool), np.zeros(len(weights)), np.zeros(len(weights))
    for i, one in enumerate(weights):
        slope[i], curvature[i] = slope_and_curvature(one, activation)
        if slope[i] < SLOPE:
            around = one + RADIUS * random.standard_normal((PERTURBATIONS, 9))
            minimum[i] = bool((losses(around, activation) >= losses(one, activation) - ROUNDING).all())
    return minimum, slope, curvature


def decide(case: Case) -> Verdict:
    """Success by scale, activation and width; what the unsolved ends are."""
    networks = case.networks("C04")
    small = networks.where(width=2)
    budget = int(networks.steps()[-1])

    def solved(activation: str, scale: float, width: int = 2, within: int | None = None) -> Array:
        some = networks.where(activation=activation, init_noise=scale, width=width)
        return np.asarray((some.get("status") == STOPPED) & (some.get("steps_done") <= (within or budget)))
    ends: dict[str, tuple[Networks, tuple[Array, Array, Array]]] = {}
    for activation in ("tanh", "sigmoid", "relu"):
        some = small.where(activation=activation, init_noise=[0.3, 1.0])
        unsolved = some.take((some.get("status") != STOPPED) & ~some.diverged())
        ends[activation] = unsolved, at_minimum(unsolved, activation)
    relu = case.check("relu_minima", ends["relu"][1][0])
    levels = ends["relu"][0].last("loss")[ends["relu"][1][0]]
    case.check("relu_levels", np.abs(levels[:, None] - np.array([1 / 4, 1 / 6, 1 / 8])).min(axis=1))
    tanh = case.check("tanh_minima", ends["tanh"][1][0])
    case.check("sigmoid_minima", ends["sigmoid"][1][0])
    for activation in ("tanh", "sigmoid"):
        case.check(f"{activation}_rises", (solved(activation, 1.0), solved(activation, 0.03)))
        case.check(f"{activation}_falls", (solved(activation, 1.0), solved(activation, 10.0)))
    case.check("relu_barely_rises", solved("relu", 1.0).astype(float) - solved("relu", 0.03))
    slow = case.check("small_is_slow", (solved("tanh", 0.1), solved("tanh", 0.1, within=budget // 10)))
    for activation in ("tanh", "sigmoid", "relu"):
        case.check(f"{activation}_wider", (solved(activation, 1.0, 8), solved(activation, 1.0, 2)))
    grown = []
    for activation in ("tanh", "sigmoid"):
        norm = np.sqrt((ends[activation][0].layers("weight_norm") ** 2).sum(axis=2))
        grown.append(norm[:, 2] > 1.01 * norm[:, 1])
    case.check("to_infinity", np.concatenate(grown))

    scales = sorted(set(small.get("init_noise").tolist()))
    content = []
    for activation in ("tanh", "sigmoid", "relu"):
        for within in (budget // 10, budget):
            hits = [solved(activation, scale, within=within) for scale in scales]
            bounds = np.array([wilson(int(one.sum()), len(one)) for one in hits])
            content.append(series(f"{activation}, {within} steps", scales, [one.mean() for one in hits], bounds[:, 0],
                                  bounds[:, 1]))
    case.draw(curves("C04-success", "XOR 2-2-1: share solved by the scale of the start",
                     "Share of 385 random starts that solve XOR within 2,000 and within 20,000 steps, with 95 % "
                     "intervals, over the scale of the initial weights. Tanh and sigmoid rise and then fall; small "
                     "scales gain by more steps; ReLU stays near one quarter.",
                     axis("standard deviation of the initial weights and biases", scale="log"), axis("share solved"),
                     content))
    widths = sorted(set(networks.where(init_noise=1.0).get("width").tolist()))
    content = []
    for activation in ("tanh", "sigmoid", "relu"):
        hits = [solved(activation, 1.0, width) for width in widths]
        bounds = np.array([wilson(int(one.sum()), len(one)) for one in hits])
        content.append(series(activation, widths, [one.mean() for one in hits], bounds[:, 0], bounds[:, 1]))
    case.draw(curves("C04-width", "XOR: share solved by the number of hidden units",
                     "Share of 385 random starts of standard deviation 1 that solve XOR, with 95 % intervals, by "
                     "width. Tanh and sigmoid reach 1; ReLU rises up to 8 units, and falls at 16, where the learning "
                     "rate is too large for the start.",
                     axis("hidden units", scale="log"), axis("share solved"), content))
    content = [series(activation, np.maximum(result[1], 1e-18), result[2]) for activation, (_, result) in ends.items()]
    case.draw(points("C04-ends", "Where the unsolved networks stand",
                     "Smallest eigenvalue of the Hessian against the norm of the gradient at the end, for unsolved "
                     "networks of scale 0.3 and 1. ReLU networks are at rest, gradient and eigenvalue 0; tanh and "
                     "sigmoid networks still move, most with a small negative eigenvalue.",
                     axis("norm of the gradient", scale="log"), axis("smallest eigenvalue of the Hessian"), content))
    tenth = solved("tanh", 0.1, within=budget // 10).mean()
    return case.verdict(f"""
        On XOR with two hidden units it depends on the activation. ReLU networks do get stuck in local minima:
        {100 * (relu.value or 0):.1f} % of the unsolved are at rest where no small change helps, at losses 1/4, 1/6 or
        1/8, because units have died. Of the unsolved tanh and sigmoid networks none is ({100 * (tanh.value or 0):.1f}
        %): they sit on a plateau, or their weights grow without end while the loss creeps towards 1/8 or 1/6. And many
        failures are mere slowness: of tanh networks that start at scale 0.1, {100 * tenth:.0f} % solve XOR within
        {budget // 10} steps, {100 * (slow.value or 0):.0f} points more within {budget}. A start that is too large fails
        most. More units help where the learning rate suits them: with 8 units tanh and sigmoid always get there.
        Starting at random, many times, helps in each case, but local minima are the reason only for ReLU.""")
