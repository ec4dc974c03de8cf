"""C11: small random weights are enough."""
from __future__ import annotations

import numpy as np

from claims.case import Case
from claims.data import Networks
from claims.schema import Verdict
from initsweep.arrays import Array
from initsweep.report import axis, curves, heatmap, series

EDGE = {"tanh": 1.0, "relu": 2 ** 0.5}  # sigma_w at the boundary of order and chaos: Poole et al. 2016; He et al. 2015
MARGIN = 2.0  # either way, for the factors of order 1 that the derivation leaves out


def shares(networks: Networks) -> Array:
    """Loss over the best constant's after the budget [networks]; infinite if it diverged."""
    loss = np.where(networks.finite(), networks.last("loss"), np.inf)
    return np.asarray(loss / networks.get("constant_loss")[0, 0])


def best_shares(networks: Networks) -> Array:
    """Those of the best learning rate of each start [replicates]."""
    rates = sorted(set(networks.get("learning_rate").tolist()))
    return np.asarray(np.min([shares(networks.where(learning_rate=rate)) for rate in rates], axis=0))


def depth_scale(activation: str, sigma_w: float) -> float:
    """xi = 1 / |log chi| of mean-field theory below the boundary, without biases: chi = sigma_w^2 for tanh, where
    activations are small and g is the identity, and sigma_w^2 / 2 for ReLU. Schoenholz et al. 2017, eq. 9."""
    return float(1 / abs(np.log((sigma_w / EDGE[activation]) ** 2)))


def decide(case: Case) -> Verdict:
    """Which cells of depth and variance learn; how gradients at the start shrink with the weights."""
    small, large, start = case.networks("C11"), case.networks("C11-large"), case.networks("C11-gradient")
    rate = float(small.get("learning_rate")[0])
    log_travel = np.log(rate * small.steps()[-1])
    content: dict[str, dict[tuple[float, int], Array]] = {"tanh": {}, "relu": {}}
    for (name, sigma, depth), some in small.groups("activation", "init_sigma_w", "depth"):
        content[name][sigma, depth] = shares(some)
    within, beyond = {}, {}
    for name, cells in content.items():
        for (sigma, depth), share in cells.items():
            reach = 2 * depth_scale(name, sigma) * log_travel
            if depth - 1 <= reach / MARGIN:
                within[name, sigma, depth] = share
            elif depth - 1 >= reach * MARGIN:
                beyond[name, sigma, depth] = share
    learnt, stuck = case.check("within", within), case.check("beyond", beyond)
    for (name, sigma, depth), some in large.groups("activation", "init_sigma_w", "depth"):
        content[name][sigma, depth] = best_shares(some)
    edge = {(name, depth): share for name, cells in content.items() for (sigma, depth), share in cells.items()
            if np.isclose(sigma, EDGE[name])}
    boundary = case.check("boundary", edge)
    case.check("no_knife_edge", {sigma: share for (sigma, depth), share in content["tanh"].items()
                                 if depth == 16 and 1 < sigma < 3})
    case.check("too_large", {name: content[name][3.0, 16] / edge[name, 16] for name in EDGE})
    slopes = {}
    for depth in (1, 2, 3, 4):
        some = start.where(depth=depth)
        sizes, columns = [], []
        for (size,), group in some.groups("init_std"):
            sizes.append(size)
            columns.append(group.at("gradient_norm", 0)[:, 0])
        slopes[depth] = case.check(f"gradient_{depth}", (np.log(sizes), np.log(np.array(columns)).T))
    for name, cells in content.items():
        sigmas, depths = sorted({sigma for sigma, _ in cells}), sorted({depth for _, depth in cells})
        case.draw(heatmap(f"C11-{name}", f"{name}: what is left of the loss, by depth and weight variance",
                          "Loss after 1,000 steps over the best constant's, median of 24 starts; from the boundary of "
                          "order and chaos on the best of 3 learning rates. Shallow networks learn from any small "
                          "weights; the smaller the weights, the fewer layers can be trained.",
                          axis("standard deviation of the weights times sqrt(fan_in)",
                               categories=[f"{sigma:.2g}" for sigma in sigmas]),
                          axis("hidden layers", categories=[str(depth) for depth in depths]),
                          [[min(float(np.median(cells[sigma, depth])), 9.0) for sigma in sigmas] for depth in depths],
                          "loss / loss of the best constant"))
    lines = []
    for name in EDGE:
        sigmas = sorted({sigma for sigma, _ in content[name] if sigma < EDGE[name]})
        deepest = [max((depth for (other, depth), share in content[name].items()
                        if other == sigma and np.median(share) < 0.5), default=np.nan) for sigma in sigmas]
        fine = np.geomspace(0.1, 0.9, 40)
        lines.append(series(f"{name}, deepest that learnt (of 1, 2, 4, 8, 16)", sigmas, deepest))
        lines.append(series(f"{name}, 1 + 2 xi log(eta T)", fine,
                            [1 + 2 * depth_scale(name, sigma) * log_travel for sigma in fine]))
    case.draw(curves("C11-depth", "How deep a network still learns, and the depth scale of theory",
                     "Largest of the depths tried that learns within 1,000 steps, over the standard deviation of the "
                     "weights, and 1 + 2 xi log(eta T) of theory, which has no bound at the boundary.",
                     axis("sigma_w", scale="log"), axis("hidden layers", scale="log"), lines))
    return case.verdict(f"""
        With one hidden layer any small random start will do. With depth it depends on how small. The gradient of each
        layer has the weights of all the others as factors, so it goes as eps^L at the start (measured exponents
        {slopes[1].value:.3f}, {slopes[2].value:.3f}, {slopes[3].value:.3f} and {slopes[4].value:.3f} for L = 1 to 4).
        Steps make up for that up to a depth of about 1 + 2 xi log(rate x steps): in the {len(within)} settings that lie
        well within it at most {100 * (learnt.value or 0):.2g} % of the loss is left (median), and in the {len(beyond)}
        well beyond it at least {100 * (stuck.value or 0):.0f} %. At the variance that mean-field theory names as the
        boundary, sigma_w = 1 for tanh and sqrt(2) for ReLU (He), all depths up to 16 learn (at most
        {100 * (boundary.value or 0):.2g} % left), and twice that is no harm yet. So not "small" but "of the right size
        for the depth".""")
