"""Formulas of the theory of initialisation, to draw over measurements: maps of lengths and correlations and their depth
scales, arc-cosine kernels, dead networks, lengths at finite width, modes of deep linear networks, thresholds of
stability.

NumPy is enough. sigma_w is the standard deviation of weights times the root of fan_in, sigma_b that of biases, as in
mean_field.py, which has the edge of chaos. q is a squared length of pre-activations divided by their number, c the
correlation of two inputs' pre-activations: the program's probes pre_activation_variance and correlation_map measure
them.
"""
from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from initsweep.arrays import Array
from initsweep.mean_field import find_mean_field, hermite_nodes, mean_product, mean_square

__all__ = ["length_map", "length_fixed_point", "chi_1", "correlation_map", "correlation_fixed_point",
           "length_depth_scale", "correlation_depth_scale", "arc_cosine_kernel", "relu_correlation_map",
           "dead_probability", "born_dead_bounds", "length_variance_factor", "length_moment", "log_length_moments",
           "jacobian_variance", "jacobian_edge", "saxe_mode", "saxe_time", "stability_threshold"]

NODES = 200  # of each Gauss-Hermite quadrature


def length_map(activation: str, q: float, sigma_w: float, sigma_b: float = 0.0) -> float:
    """q of the next layer: sigma_w^2 int Dz phi(sqrt(q) z)^2 + sigma_b^2 (Poole et al. 2016, eq. 3). Raises ValueError
    for an activation that mean_field.MEAN_FIELD does not have."""
    phi = find_mean_field(activation)
    return sigma_w ** 2 * float(mean_square(phi.value, np.array([q]))[0]) + sigma_b ** 2


def length_fixed_point(activation: str, sigma_w: float, sigma_b: float = 0.0, steps: int = 10000) -> float:
    """q* that layers no longer change, by iterating length_map from 1; math.inf where lengths grow without bound, 0
    where they vanish."""
    q = 1.0
    for _ in range(steps):
        after = length_map(activation, q, sigma_w, sigma_b)
        if not after < 1e100:
            return math.inf
        if after < 1e-100:
            return 0.0
        if abs(after - q) <= 1e-14 * q:
            return after
        q = after
    return q


def chi_1(activation: str, q: float, sigma_w: float) -> float:
    """sigma_w^2 int Dz phi'(sqrt(q) z)^2, the slope of the correlation map at c = 1 where q is a fixed point: the
    factor by which a layer multiplies squared gradients (Poole et al. 2016, eq. 6)."""
    phi = find_mean_field(activation)
    return sigma_w ** 2 * float(mean_square(phi.slope, np.array([q]))[0])


def correlated_mean(function: Callable[[Array], Any], q: float, c: float) -> float:
    """mean_product of one q and c."""
    return float(mean_product(function, np.array([q]), np.array([c]), NODES)[0])


def correlation_map(activation: str, c: float, q: float, sigma_w: float, sigma_b: float = 0.0) -> float:
    """c of the next layer, for inputs of the same q, which need not be a fixed point (Poole et al. 2016, eq. 5)."""
    phi = find_mean_field(activation)
    after = sigma_w ** 2 * correlated_mean(phi.value, q, c) + sigma_b ** 2
    return after / length_map(activation, q, sigma_w, sigma_b)


def correlation_fixed_point(activation: str, sigma_w: float, sigma_b: float = 0.0) -> float:
    """c*, the correlation that different inputs approach: 1 in the ordered phase and at its edge (chi_1 <= 1), below 1
    in the chaotic phase (Poole et al. 2016, section 2.2), where it is found by bisection: the map is convex, so that
    between 0 and 1 there is one. Raises ValueError if q* is 0 or infinite."""
    q = length_fixed_point(activation, sigma_w, sigma_b)
    if not 0 < q < math.inf:
        raise ValueError(f"{activation} with sigma_w = {sigma_w} and sigma_b = {sigma_b} has no fixed point of lengths")
    if chi_1(activation, q, sigma_w) <= 1:
        return 1.0
    low, high = 0.0, 1.0
    while high - low > 1e-14:
        middle = (low + high) / 2
        above = correlation_map(activation, middle, q, sigma_w, sigma_b) > middle
        low, high = (middle, high) if above else (low, middle)
    return low


def depth_scale(slope: float) -> float:
    """The depth in which a deviation from a fixed point of this slope falls to 1 / e; math.inf from slope 1 on."""
    return math.inf if slope >= 1 else 0.0 if slope <= 0 else -1 / math.log(slope)


def length_depth_scale(activation: str, sigma_w: float, sigma_b: float = 0.0) -> float:
    """xi_q: deviations from q* fall as exp(-depth / xi_q) (Schoenholz et al. 2017, eq. 7). The slope of the length map
    is sigma_w^2 int Dz z phi(sqrt(q) z) phi'(sqrt(q) z) / sqrt(q), the form of their eq. 7 without phi''."""
    phi = find_mean_field(activation)
    q = length_fixed_point(activation, sigma_w, sigma_b)
    z, weight = hermite_nodes(NODES)
    u = math.sqrt(q) * z
    slope = sigma_w ** 2 * float((z * phi.value(u) * phi.slope(u)) @ (weight / weight.sum())) / math.sqrt(q)
    return depth_scale(slope)


def correlation_depth_scale(activation: str, sigma_w: float, sigma_b: float = 0.0) -> float:
    """xi_c: deviations from c* fall as exp(-depth / xi_c); it diverges at the edge of chaos (Schoenholz et al. 2017,
    eq. 9). The depth to which networks can be trained is about 6 xi_c (there, section 5)."""
    phi = find_mean_field(activation)
    q, c = length_fixed_point(activation, sigma_w, sigma_b), correlation_fixed_point(activation, sigma_w, sigma_b)
    if c == 1.0:
        return depth_scale(chi_1(activation, q, sigma_w))
    return depth_scale(sigma_w ** 2 * correlated_mean(phi.slope, q, c))


def arc_cosine_kernel(order: int, x: Array, other: Array) -> Array:
    """2 E theta(w x) theta(w x') (w x)^n (w x')^n over standard normal w, for n = 0, 1 or 2: of step, ReLU and squared
    ReLU units (Cho & Saul 2009, eq. 1 to 6). x: [n][features], other: [m][features]; returns [n][m]. Raises ValueError
    for another order."""
    if order not in (0, 1, 2):
        raise ValueError(f"the order of an arc-cosine kernel is 0, 1 or 2, not {order}")
    norms = np.linalg.norm(x, axis=1)[:, None] * np.linalg.norm(other, axis=1)[None, :]
    theta = np.arccos(np.clip(x @ other.T / norms, -1, 1))
    sine, cosine = np.sin(theta), np.cos(theta)
    angular = (np.pi - theta, sine + (np.pi - theta) * cosine,
               3 * sine * cosine + (np.pi - theta) * (1 + 2 * cosine ** 2))[order]
    return np.asarray(norms ** order * angular / np.pi)


def relu_correlation_map(c: float, sigma_w: float = math.sqrt(2), sigma_b: float = 0.0, q: float = 1.0) -> float:
    """correlation_map of ReLU in closed form, from the arc-cosine kernel of order 1. q: of the layer before."""
    theta = math.acos(max(-1.0, min(1.0, c)))
    mean = q * (math.sin(theta) + (math.pi - theta) * math.cos(theta)) / (2 * math.pi)
    return (sigma_w ** 2 * mean + sigma_b ** 2) / (sigma_w ** 2 * q / 2 + sigma_b ** 2)


def dead_probability(widths: Sequence[int]) -> float:
    """The probability that all units of some hidden ReLU layer are 0 at a given input, with symmetric weights and
    biases 0: 1 - prod (1 - 2^-N_l). It bounds the probability of a network that is born dead, constant for all inputs,
    from above (Lu et al. 2020, "Dying ReLU and initialization", section 3). widths: of the hidden layers."""
    return 1 - math.prod(1 - 0.5 ** width for width in widths)


def born_dead_bounds(width: int, depth: int) -> tuple[float, float]:
    """Bounds of the probability that a ReLU network of one input feature and `depth` >= 1 hidden layers of one width is
    born dead, the same constant at all inputs of either sign; normal weights, no biases (Lu et al. 2020, section 3).

    Such a network is linear on either side of 0, so that two directions h(1) and h(-1) tell all. The first layer kills
    both never, and one with probability 2 p, p = 2^-N. From then on each is killed by a layer with probability p, which
    bounds the death of both from above. Units have the same sign in both directions with a probability from 1/2, where
    the directions are orthogonal, to 1; at 1/2 two directions are likeliest to stay two that are not parallel, with
    probability 1 - 2 p - (N - 1) p^2, and least likely to die together, p^2: the bound from below. A single direction,
    or two parallel ones, die with probability p.
    """
    p, later = 0.5 ** width, depth - 1
    one, two = (1 - p) ** later, (1 - 2 * p - (width - 1) * p * p) ** later  # that one lives, that both do apart
    merged = (2 + (width - 2) * p) / (1 + (width - 1) * p) * (one - two)
    alive = 2 * p * one + (1 - 2 * p) * (two + merged)
    return 1 - alive, 1 - one


def length_variance_factor(widths: Sequence[int]) -> float:
    """E |h|^4 / (E |h|^2)^2 of the last hidden layer of a ReLU network with normal weights of variance 2 / fan_in and
    biases 0: prod (1 + 5 / n_l) over the hidden layers (Hanin & Rolnick 2018, theorem 5; each layer's ratio of squared
    lengths is 2 / n times a sum of n squares of rectified normal draws)."""
    return math.prod(1 + 5 / width for width in widths)


def length_moment(widths: Sequence[int], power: int) -> float:
    """E (|h_L|^2 / |h_0|^2)^power of the same networks, |h|^2 divided by the width, dead ones included: 1 for power 1,
    length_variance_factor for 2, and the sampling error of both from 2 and 4. power: a whole number from 1.

    A layer's ratio is 2 / n chi^2_K with K ~ Binomial(n, 1/2) units that are not 0, and E (chi^2_K)^p is
    K (K + 2) ... (K + 2 p - 2).
    """
    moment = 1.0
    for n in widths:
        mean = sum(math.comb(n, k) * math.prod(range(k, k + 2 * power, 2)) for k in range(n + 1)) / 2 ** n
        moment *= mean * (2 / n) ** power
    return moment


def log_length_moments(widths: Sequence[int], units: int = 4000) -> tuple[float, float]:
    """Mean and variance of log(|h_L|^2 / |h_0|^2), |h|^2 divided by the width, of the same networks, given that no
    layer is dead; to first order -beta / 2 and beta, beta = 5 sum 1 / n_l, and normal (Hanin & Nica 2020, theorem 1).

    A layer's ratio is 2 / n chi^2_K with K ~ Binomial(n, 1/2) >= 1 units that are not 0, whose log has the mean
    digamma(K / 2) + log 2 and the variance trigamma(K / 2); the sum over K is exact. units: the widest layer for which
    this is summed; wider ones take the first order.
    """
    mean = variance = 0.0
    for n in widths:
        if n > units:
            mean, variance = mean - 2.5 / n, variance + 5 / n
            continue
        digamma, trigamma = half_polygammas(n)
        log_binomial = np.array([math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
                                 for k in range(1, n + 1)])
        share = np.exp(log_binomial - log_binomial.max())
        share /= share.sum()
        average = share @ digamma
        mean += math.log(4 / n) + average
        variance += share @ (trigamma + (digamma - average) ** 2)
    return float(mean), float(variance)


def half_polygammas(n: int) -> tuple[Array, Array]:
    """digamma(k / 2) and trigamma(k / 2) for k = 1 .. n, each [n], by their recurrences from 1/2 and 1."""
    digamma, trigamma = np.empty(n), np.empty(n)
    euler = 0.57721566490153286
    for k in range(1, n + 1):
        if k <= 2:
            digamma[k - 1] = -euler - (2 * math.log(2) if k == 1 else 0.0)
            trigamma[k - 1] = math.pi ** 2 / (2 if k == 1 else 6)
        else:
            before = (k - 2) / 2
            digamma[k - 1] = digamma[k - 3] + 1 / before
            trigamma[k - 1] = trigamma[k - 3] - 1 / before ** 2
    return digamma, trigamma


def jacobian_variance(activation: str, q: float, depth: int, orthogonal: bool = False) -> float:
    """Variance of the squared singular values of a wide network's Jacobian D_L W_L ... D_1 W_1, divided by their
    squared mean (chi_1^depth): L (mu_2 / mu_1^2 - 1 - s_1), mu_k = int Dz phi'(sqrt(q) z)^(2 k), s_1 = -1 for normal
    weights and 0 for orthogonal ones (Pennington, Schoenholz & Ganguli 2017, section 2.5). q: of all layers."""
    phi = find_mean_field(activation)
    first, second = (float(mean_square(lambda z: phi.slope(z) ** power, np.array([q]))[0]) for power in (1, 2))
    return depth * (second / first ** 2 - (1 if orthogonal else 0))


def jacobian_edge(depth: int, active: float = 1.0, orthogonal: bool = False) -> float:
    """Largest squared singular value of such a Jacobian, divided by the mean one, where units are linear with
    probability `active` and have slope 0 else: 1 for linear networks, 1/2 for ReLU ones.

    With M the moment generating function, its inverse is x(z) = (1 + z) / z / S(z), S the product of the S-transforms
    1 / (1 + z) of normal weights, 1 of orthogonal ones and active (1 + z) / (active + z) of slopes; the edge is the
    minimum of x over z > 0 (Pennington, Schoenholz & Ganguli 2017, section 2.4). Linear networks with normal weights:
    (L + 1)^(L + 1) / L^L; ReLU ones with orthogonal weights: L^L / (L - 1)^(L - 1) from L = 2 on.
    """
    if orthogonal:
        inactive = depth * (1 - active)
        if inactive <= 1:  # some directions pass all layers: x falls to its value at infinity
            return active ** -depth
        z = active / (inactive - 1)
    else:
        z = (math.sqrt((depth - 1) ** 2 + 4 * depth * active) - (depth - 1)) / (2 * depth)
    layer = (active + z) / (active * (1 + z)) * (1 if orthogonal else 1 + z)
    return (1 + z) / z * layer ** depth


def saxe_mode(t: Array, s: float, start: float, tau: float = 1.0) -> Array:
    """The strength u(t) of a mode of singular value s of a deep linear network with two weight layers, from u(0) =
    start: s e^(2 s t / tau) / (e^(2 s t / tau) - 1 + s / start) (Saxe, McClelland & Ganguli 2014, eq. 8). For this
    program's mse over m outputs tau = m / 2 and t = learning_rate * steps."""
    decay = np.exp(-2 * s * np.asarray(t, dtype=float) / tau)
    return np.asarray(s / (1 + (s / start - 1) * decay))


def saxe_time(s: float, start: float, level: float, tau: float = 1.0) -> float:
    """The time in which saxe_mode rises from start to level, both between 0 and s:
    tau / (2 s) log(level (s - start) / (start (s - level))) (Saxe, McClelland & Ganguli 2014, eq. 7)."""
    return tau / (2 * s) * math.log(level * (s - start) / (start * (s - level)))


def stability_threshold(learning_rate: float, momentum: float = 0.0, nesterov: bool = False) -> float:
    """The largest curvature at which gradient descent with full batches is stable: 2 / eta, 2 (1 + b) / eta with
    momentum b, and 2 (1 + b) / ((1 + 2 b) eta) in Nesterov's form (Cohen et al. 2021, section 2 and appendix B). The
    program's optimisers sgd, momentum and nesterov."""
    return 2 * (1 + momentum) / (learning_rate * ((1 + 2 * momentum) if nesterov else 1))
