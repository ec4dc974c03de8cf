"""Is an end of training on XOR a trap? It is none if a path leads from it to a lower loss and never rises on its way.

Paths are searched for in the same way for every activation, and only such that are checked count: downhill, and level
first, then downhill. A level path exists where the units' activations over the samples, and 1, are linearly dependent
(a dead or saturated unit, two parallel units): output weights and bias can be moved along the dependence, to where a
unit has no output weight, so that its input weights are free.
"""
from __future__ import annotations

from collections.abc import Callable

import numpy as np

from initsweep.activations import ACTIVATIONS
from initsweep.arrays import Array

INPUTS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=np.float64)
TARGETS = np.array([0, 1, 1, 0], dtype=np.float64)
FALL = 1e-6         # a path leads lower if the loss falls by more
ROUNDING = 1e-13    # of a loss; a path that rises by no more is level
DEPENDENT = 1e-9    # singular value, relative to the largest, below which activations are dependent
ITERATIONS = 30000  # of the search downhill
SHORTEST = 1e-15    # step, times the gradient, below which a search downhill ends
CANDIDATES = 200    # input weights that are tried for a free unit
DOWN, LEVEL_THEN_DOWN, TRAP = 0, 1, 2

SLOPES: dict[str, Callable[[Array], Array]] = {
    "tanh": lambda z: np.asarray(1 - np.tanh(z) ** 2),
    "sigmoid": lambda z: np.asarray(0.25 / np.cosh(np.clip(z / 2, -300, 300)) ** 2),
    "relu": lambda z: (z > 0).astype(float),
}


def forward(weights: Array, activation: str) -> tuple[Array, Array, Array]:
    """Pre-activations and activations [..., samples, 2] and errors [..., samples] of networks 2-2-1.

    weights: [..., 9] = W [2][2], b [2], v [2], c.
    """
    w = weights[..., :4].reshape(weights.shape[:-1] + (2, 2))
    z = np.einsum("...ji,si->...sj", w, INPUTS) + weights[..., None, 4:6]
    values = ACTIVATIONS[activation].numpy(z)
    return z, values, np.einsum("...sj,...j->...s", values, weights[..., 6:8]) + weights[..., 8:] - TARGETS


def losses(weights: Array, activation: str) -> Array:
    """Mean squared error on XOR. weights: [..., 9]."""
    return np.asarray((forward(weights, activation)[2] ** 2).mean(axis=-1))


def gradients(weights: Array, activation: str) -> Array:
    """Gradients of the losses: [networks, 9]."""
    z, values, error = forward(weights, activation)
    delta = 0.5 * error[..., None] * weights[..., None, 6:8] * SLOPES[activation](z)
    return np.concatenate([np.einsum("nsj,si->nji", delta, INPUTS).reshape(len(weights), 4), delta.sum(axis=1),
                           0.5 * np.einsum("ns,nsj->nj", error, values), 0.5 * error.sum(axis=1, keepdims=True)],
                          axis=1)


def falls(weights: Array, activation: str) -> Array:
    """Whether gradient descent that never rises, with steps as long as it allows, falls by more than FALL: [networks].

    A step counts only if neither its end nor its middle is above its start.
    """
    weights = weights.copy()
    start = losses(weights, activation)
    loss, length = start.copy(), np.full(len(weights), 0.1)
    for _ in range(ITERATIONS):
        open_ends = np.flatnonzero((loss > start - FALL) & (length > SHORTEST))
        if not len(open_ends):
            break
        here = weights[open_ends]
        step = -length[open_ends, None] * gradients(here, activation)
        after, middle = losses(here + step, activation), losses(here + 0.5 * step, activation)
        good = (after < loss[open_ends]) & (middle <= loss[open_ends] + ROUNDING)
        weights[open_ends[good]] += step[good]
        loss[open_ends[good]] = after[good]
        length[open_ends] *= np.where(good, 2.0, 0.5)
    return np.asarray(loss <= start - FALL)


def is_level(path: Array, activation: str) -> bool:
    """Whether the loss never rises on the straight lines between points. path: [points, 9]."""
    share = np.linspace(0, 1, 21)[:, None, None]
    on_path = ((1 - share) * path[:-1] + share * path[1:]).reshape(-1, 9)
    return bool((losses(on_path, activation) <= losses(path[0], activation) + ROUNDING).all())


def leads_off(weights: Array, activation: str) -> bool:
    """Whether a level path leads from a network to one from which descent falls. weights: [9]."""
    _, values, _ = forward(weights, activation)
    _, size, directions = np.linalg.svd(np.column_stack([values, np.ones(4)]))
    candidates = 2 * np.random.default_rng(4).standard_normal((CANDIDATES, 3))
    for null in directions[size < DEPENDENT * size[0]]:
        for unit in np.flatnonzero(np.abs(null[:2]) > 1e-3):
            silent = weights.copy()
            silent[6:9] -= weights[6 + unit] / null[unit] * null
            silent[6 + unit] = 0
            freed = np.repeat(silent[None], CANDIDATES, axis=0)
            freed[:, [2 * unit, 2 * unit + 1, 4 + unit]] = candidates
            steepest = freed[np.abs(gradients(freed, activation)[:, 6 + unit]).argmax()]
            if is_level(np.array([weights, silent, steepest]), activation) and falls(steepest[None], activation)[0]:
                return True
    return False


def classify(weights: Array, activation: str) -> Array:
    """DOWN, LEVEL_THEN_DOWN or TRAP for each network 2-2-1: [networks]. weights: [networks, 9]."""
    result = np.where(falls(weights, activation), DOWN, TRAP)
    for one in np.flatnonzero(result == TRAP):
        if leads_off(weights[one], activation):
            result[one] = LEVEL_THEN_DOWN
    return np.asarray(result)
