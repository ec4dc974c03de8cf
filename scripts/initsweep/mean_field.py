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

SMOOTH_AND_ODD = ("tanh", "sin", "erf")  # for which the quadrature of two inputs is exact, and c* unique

hermite_nodes = functools.cache(np.polynomial.hermite_e.hermegauss)


def find_mean_field(activation: str) -> MeanFieldActivation:
    """An activation of MEAN_FIELD. Raises ValueError for any other name."""
    if activation not in MEAN_FIELD:
        raise ValueError(f"the edge of chaos is known here for {', '.join(MEAN_FIELD)}, not for {activation}")
    return MEAN_FIELD[activation]


def normal_mean(function: Callable[[Array], Any], q: Array, nodes: int = 200) -> Array:
    """int Dz f(sqrt(q) z) over the standard normal, by Gauss-Hermite quadrature. q: [n] >= 0; returns [n]."""
    z, weight = hermite_nodes(nodes)
    return np.asarray(function(np.sqrt(q)[:, None] * z) @ (weight / weight.sum()))


def mean_square(function: Callable[[Array], Any], q: Array, nodes: int = 200) -> Array:
    """int Dz f(sqrt(q) z)^2 over the standard normal, as normal_mean."""
    return normal_mean(lambda u: function(u) ** 2, q, nodes)


def mean_product(function: Callable[[Array], Any], q: Array, c: Array, nodes: int = 200) -> Array:
    """E f(u_a) f(u_b) of normal u_a and u_b of variance q and correlation c, each [n], by Gauss-Hermite quadrature.
    Where f has a kink or a jump its error is about 1e-3. Returns [n]."""
    z, weight = hermite_nodes(nodes)
    weight = weight / weight.sum()
    size, along = np.sqrt(q)[:, None], c[:, None, None]
    across = np.sqrt(np.maximum(0.0, 1 - along * along))
    b = function(size[:, :, None] * (along * z[:, None] + across * z[None, :])) @ weight
    return np.asarray((function(size * z) * b) @ weight)


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
    return constant_slope_line(activation, 1.0, np.geomspace(1e-8, 1e3, 1200) if q is None else q)


def constant_slope_line(activation: str, chi: float, q: Array) -> tuple[Array, Array]:
    """edge_of_chaos for any chi_1."""
    phi = find_mean_field(activation)
    sigma_w2 = chi / mean_square(phi.slope, q)
    sigma_b2 = q - sigma_w2 * mean_square(phi.value, q)
    real = sigma_b2 >= -1e-9 * q
    return np.sqrt(sigma_w2[real]), np.sqrt(np.maximum(sigma_b2[real], 0))


def ordered_depth_scale_line(activation: str, xi: float) -> tuple[Array, Array]:
    """(sigma_w, sigma_b), each [n], of the ordered phase where correlations have the depth scale xi_c = xi, as
    edge_of_chaos: there the slope at c* = 1 is chi_1 = exp(-1 / xi) (Schoenholz et al. 2017, eq. 9)."""
    return constant_slope_line(activation, math.exp(-1 / xi), np.geomspace(1e-8, 1e3, 1200))


def chaotic_depth_scale_line(activation: str, xi: float, sigma_b: Array, most: float) -> Array:
    """sigma_w of the chaotic phase where correlations have the depth scale xi_c = xi at each sigma_b [n], by bisection
    between the edge of chaos and `most`: NaN where there is none, and for activations that are not in SMOOTH_AND_ODD.

    The depth scale falls with sigma_w there. Raises ValueError for an activation that MEAN_FIELD does not have.
    """
    phi, slope = find_mean_field(activation), math.exp(-1 / xi)
    if activation not in SMOOTH_AND_ODD:
        return np.full(len(sigma_b), np.nan)
    edge_w, edge_b = edge_of_chaos(activation)
    low, high = np.interp(sigma_b, edge_b, edge_w), np.full(len(sigma_b), most)
    crossed = (low < high) & (chaotic_slope(phi, high, sigma_b) < slope)
    for _ in range(20):
        middle = (low + high) / 2
        above = chaotic_slope(phi, middle, sigma_b) > slope
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return np.where(crossed, (low + high) / 2, np.nan)


def chaotic_slope(phi: MeanFieldActivation, sigma_w: Array, sigma_b: Array, nodes: int = 96) -> Array:
    """Slope of the correlation map at its fixed point c* < 1, [n]. sigma_w, sigma_b: [n], of the chaotic phase."""
    q = np.ones(len(sigma_w))
    for _ in range(500):
        q, before = sigma_w ** 2 * mean_square(phi.value, q, nodes) + sigma_b ** 2, q
        if np.allclose(q, before, rtol=1e-10, atol=0):
            break
    low, high = np.zeros(len(q)), np.ones(len(q))
    for _ in range(30):
        middle = (low + high) / 2
        above = sigma_w ** 2 * mean_product(phi.value, q, middle, nodes) + sigma_b ** 2 > middle * q
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return np.asarray(sigma_w ** 2 * mean_product(phi.slope, q, low, nodes))
