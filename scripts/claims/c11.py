"""C11: small random weights are enough."""
from __future__ import annotations

import numpy as np

from claims.case import Case
from claims.data import Networks
from claims.schema import Verdict
from initsweep.arrays import Array
from initsweep.report import axis, curves, heatmap, series

EDGE = {"tanh": 1.0, "relu": 2 ** 0.5}  # sigma_w at the boundary of order and chaos: Poole et al. 2016; He et al. 2015
RATES, STARTS = 3, 3


def best_share(networks: Networks) -> Array:
    """Loss over the best constant's after the budget, of the best learning rate of each start [starts]."""
    loss = np.where(networks.finite(), networks.last("loss"), np.inf)
    return np.asarray((loss / networks.get("constant_loss")[0, 0]).reshape(RATES, STARTS).min(axis=0))


def depth_scale(sigma_w: float) -> float:
    """Layers over which the correlation of two inputs decays in a wide tanh network without biases, xi_c: infinite at
    sigma_w = 1.

    Schoenholz et al. 2017, eq. 9, by Gauss-Hermite quadrature.
    """
    points, weights = np.polynomial.hermite_e.hermegauss(101)  # type: ignore[no-untyped-call]
    weights = weights / weights.sum()
    if sigma_w <= 1:  # q* = 0: chi_1 = sigma_w^2
        chi = sigma_w ** 2
    else:
        q = 1.0
        for _ in range(1000):
            q = sigma_w ** 2 * (weights * np.tanh(np.sqrt(q) * points) ** 2).sum()
        # the correlation's fixed point c* = 0 without biases
        chi = sigma_w ** 2 * (weights * (1 - np.tanh(np.sqrt(q) * points) ** 2)).sum() ** 2
    return float(np.inf if chi == 1 else 1 / abs(np.log(chi)))


def decide(case: Case) -> Verdict:
    """Which cells of depth and variance learn; how gradients at the start shrink with the weights."""
    networks, start = case.networks("C11"), case.networks("C11-gradient")
    scales = sorted(set(networks.get("init_sigma_w").tolist()))
    depths = sorted(set(networks.get("depth").tolist()))
    share = {(name, depth, scale): best_share(networks.where(activation=name, depth=depth, init_sigma_w=scale))
             for name in ("tanh", "relu") for depth in depths for scale in scales}
    small = scales[0]
    case.check("shallow_small", np.concatenate([share[name, 1, small] for name in ("tanh", "relu")]))
    deep = case.check("deep_small", np.concatenate([share[name, depth, small] for name in ("tanh", "relu")
                                                    for depth in (4, 8, 16)]))
    edge = case.check("edge", np.concatenate([share[name, depth, scale] for name in ("tanh", "relu") for depth in depths
                                              for scale in scales if np.isclose(scale, EDGE[name])]))
    slopes = {}
    for depth in (1, 2, 3, 4):
        some = start.where(depth=depth)
        sizes, columns = [], []
        for (size,), group in some.groups("init_std"):
            sizes.append(size)
            columns.append(group.at("gradient_norm", 0)[:, 0])
        slopes[depth] = case.check(f"gradient_{depth}", (np.log(sizes), np.log(np.array(columns)).T))
    case.check("large_too", np.array([share[name, 16, scales[-1]].min() / share[name, 16, scale].max()
                                      for name in EDGE for scale in scales if np.isclose(scale, EDGE[name])]))
    names = [f"{scale:.2g}" for scale in scales]
    for name in ("tanh", "relu"):
        cells = [[min(float(np.median(share[name, depth, scale])), 9.0) for scale in scales] for depth in depths]
        case.draw(heatmap(f"C11-{name}", f"{name}: what is left of the loss, by depth and weight variance",
                          "Loss after 1,000 steps over the best constant's, median of 3 starts, best of 3 learning "
                          "rates. Shallow networks learn from any small weights; deep ones only near the boundary of "
                          "order and chaos.",
                          axis("standard deviation of the weights times sqrt(fan_in)", categories=names),
                          axis("hidden layers", categories=[str(depth) for depth in depths]), cells,
                          "loss / loss of the best constant"))
    deepest = [max([depth for depth in depths if np.median(share["tanh", depth, scale]) < 0.5], default=np.nan)
               for scale in scales]
    fine = np.geomspace(0.1, 3, 60)
    theory = np.array([6 * depth_scale(scale) for scale in fine])
    case.draw(curves("C11-depth", "tanh: how deep a network still learns, and the depth scale of theory",
                     "Largest of the depths tried that learns within 1,000 steps, over the standard deviation of the "
                     "weights, and six times the depth scale of mean-field theory, which is infinite at 1.",
                     axis("sigma_w", scale="log"), axis("hidden layers", scale="log"),
                     [series("deepest that learnt (of 1, 2, 4, 8, 16)",
                             scales, deepest), series("6 xi of theory", fine, np.minimum(theory, 1000))]))
    return case.verdict(f"""
        With one hidden layer any small random start will do: it learns digits at the smallest variance tried. With
        depth it does not. The gradient of each layer has the weights of all the others as factors, so it goes as eps^L
        at the start (measured exponents {slopes[1].value:.3f}, {slopes[2].value:.3f}, {slopes[3].value:.3f} and
        {slopes[4].value:.3f} for L = 1 to 4), and plain gradient descent does not get away: with four and more hidden
        layers at least {100 * (deep.value or 0):.0f} % of the best constant's loss is left, at the best of three
        learning rates. At the variance that mean-field theory names, sigma_w = 1 for tanh and sqrt(2) for ReLU (He),
        where signals neither die out nor grow, all depths up to 16 learn (at most {100 * (edge.value or 0):.0f} %
        left). Much more is too much again. So not "small" but "of the right size for the depth".""")
