"""Mean-field theory of wide networks at their start: the slope of the correlation map and the edge of chaos (Poole et
al. 2016)."""
from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from initsweep.activations import ACTIVATIONS
from initsweep.arrays import Array


class MeanFieldActivation(NamedTuple):
    """An activation phi and its derivative, for float64 arrays."""
    value: Callable[[Array], Any]
    slope: Callable[[Array], Any]


SLOPES: dict[str, Callable[[Array], Any]] = {
    "linear": np.ones_like,
    "tanh": lambda z: 1 - np.tanh(z) ** 2,
    "sigmoid": lambda z: (1 - np.tanh(z / 2) ** 2) / 4,
    "relu": lambda z: (z > 0).astype(float),
    "hard_tanh": lambda z: (np.abs(z) < 1).astype(float),
    "sin": np.cos,
}
# Activations that the theory is known for here. erf is Poole et al.'s smooth substitute for tanh; the program does not
# have it.
MEAN_FIELD = {name: MeanFieldActivation(ACTIVATIONS[name].numpy, slope) for name, slope in SLOPES.items()}
MEAN_FIELD["erf"] = MeanFieldActivation(np.vectorize(math.erf), lambda z: 2 / math.sqrt(math.pi) * np.exp(-z * z))

hermite_nodes = functools.cache(np.polynomial.hermite_e.hermegauss)


def find_mean_field(activation: str) -> MeanFieldActivation:
    """An activation of MEAN_FIELD. Raises ValueError for any other name."""
    if activation not in MEAN_FIELD:
        raise ValueError(f"the edge of chaos is known here for {', '.join(MEAN_FIELD)}, not for {activation}")
    return MEAN_FIELD[activation]


def mean_square(function: Callable[[Array], Any], q: Array, nodes: int = 200) -> Array:
    """int Dz f(sqrt(q) z)^2 over the standard normal, by Gauss-Hermite quadrature. q: [n] >= 0; returns [n]."""
    z, weight = hermite_nodes(nodes)
    return np.asarray(function(np.sqrt(q)[:, None] * z) ** 2 @ (weight / weight.sum()))


def mean_field_slope(activation: str, sigma_w: float, sigma_b: float = 0.0, steps: int = 10000) -> float:
    """chi_1 = sigma_w^2 int Dz phi'(sqrt(q*) z)^2 of wide networks: the factor by which a layer multiplies the squared
    gradient.

    sigma_w: standard deviation of weights times the root of fan_in; sigma_b: standard deviation of biases. q*, the
    squared length of pre-activations that layers no longer change, is found by iterating q = sigma_w^2 int Dz
    phi(sqrt(q) z)^2 + sigma_b^2 from 1 (Poole et al. 2016, eq. 3 to 6). Raises ValueError for an activation that
    MEAN_FIELD does not have.
    """
    phi = find_mean_field(activation)
    q = np.ones(1)
    for _ in range(steps):
        after = sigma_w ** 2 * mean_square(phi.value, q) + sigma_b ** 2
        # at q = 0 the slope of relu would not be the limit
        if abs(after - q) <= 1e-14 * q or not 1e-100 < after < 1e100:
            break
        q = after
    return float(sigma_w ** 2 * mean_square(phi.slope, q)[0])


def edge_of_chaos(activation: str, q: Array | None = None) -> tuple[Array, Array]:
    """(sigma_w, sigma_b) where chi_1 = sigma_w^2 int Dz phi'(sqrt(q*) z)^2 = 1, each [n] (Poole et al. 2016, eq. 6 to
    8).

    q: squared lengths q* to follow the edge by. At each, chi_1 = 1 gives sigma_w, and the fixed point
    q* = sigma_w^2 int Dz phi(sqrt(q*) z)^2 + sigma_b^2 gives sigma_b; where sigma_b^2 would be negative there is no
    edge. For relu and linear sigma_w is the same at all q* and sigma_b is 0: beyond it lengths grow without bound, at
    any sigma_b. Raises ValueError for an activation that MEAN_FIELD does not have.
    """
    phi = find_mean_field(activation)
    q = np.geomspace(1e-8, 1e3, 1200) if q is None else q
    sigma_w2 = 1 / mean_square(phi.slope, q)
    sigma_b2 = q - sigma_w2 * mean_square(phi.value, q)
    real = sigma_b2 >= -1e-9 * q
    return np.sqrt(sigma_w2[real]), np.sqrt(np.maximum(sigma_b2[real], 0))
