"""C17: weight decay makes zero a minimum."""
from __future__ import annotations

import numpy as np

from claims.c07 import correlation
from claims.case import Case
from claims.data import Networks
from claims.schema import Verdict
from initsweep.arrays import STOPPED, Array
from initsweep.report import axis, curves, points, series

GROWN = 10.0  # times the norm at the start


def norms(networks: Networks) -> Array:
    """Norm of all weights [networks, record]; NaN at records that a stopped network does not have."""
    return np.asarray(np.sqrt((networks.layers("weight_norm") ** 2).sum(axis=2)))


def thresholds(networks: Networks) -> tuple[Array, Array]:
    """Weight decays [decays] and the noise above which each replicate escapes [replicate, decays].

    It lies between two sizes: their geometric mean. Infinite if all sizes escape or none.
    """
    decays, columns = [], []
    for (decay,), some in networks.groups("weight_decay"):
        sizes = np.array([size for (size,), _ in some.groups("init_std")])
        escaped = np.array([group.get("status") == STOPPED for _, group in some.groups("init_std")])
        first = escaped.argmax(axis=0)  # the smallest size that escapes
        inside = escaped.any(axis=0) & (first > 0)
        columns.append(np.where(inside, np.sqrt(sizes[first] * sizes[first - 1]), np.inf))
        decays.append(decay)
    return np.array(decays), np.array(columns).T


def decide(case: Case) -> Verdict:
    """Noise around zero under weight decay."""
    shallow, deep = case.networks("C17"), case.networks("C17-deep")
    table = np.loadtxt(case.data("twelve.csv"), delimiter=",", skiprows=1)
    standard = (table - table.mean(axis=0)) / table.std(axis=0)
    eigenvalue = 2 * np.linalg.svd(correlation(standard, 1, True), compute_uv=False)[0]
    low, high = sorted(set(shallow.get("weight_decay").tolist()))
    case.check("eigenvalue", [1 - low / eigenvalue, high / eigenvalue - 1])
    size = {decay: norms(shallow.where(weight_decay=decay)) for decay in (low, high)}
    above = case.check("above_stays", size[high][:, -1] > GROWN * size[high][:, 0])
    below = case.check("below_escapes", size[low][:, -1] > GROWN * size[low][:, 0])

    decayed = deep.take(deep.get("weight_decay") > 0)
    ratios, exponents, curves_of_escape = [], {}, []
    for (depth,), mine in decayed.groups("depth"):
        decays, limits = thresholds(mine)
        exponents[depth] = case.check(f"threshold_{depth}", (np.log(decays), np.log(limits)))
        for (decay,), some in mine.groups("weight_decay"):
            sizes = [key for (key,), _ in some.groups("init_std")]
            smallest = norms(some.where(init_std=sizes[0]))
            ratios.append(smallest[:, -1] / smallest[:, 0])
            curves_of_escape.append(series(f"L = {depth}, decay {decay}", sizes,
                                           [(group.get("status") == STOPPED).mean()
                                            for _, group in some.groups("init_std")]))
    case.check("deep_shrinks", np.concatenate(ratios))
    free = deep.where(weight_decay=0)
    case.check("without_decay", {depth: some.get("status") == STOPPED for (depth,), some in free.groups("depth")})

    steps = shallow.steps()
    content = [series(f"{label} ({decay:.3f})", steps, *np.quantile(size[decay], [0.5, 0.1, 0.9], axis=0))
               for label, decay in (("2 % below", low), ("2 % above", high))]
    case.draw(curves("C17-threshold", "One hidden layer: two weight decays, 4 % apart",
                     "Norm of all weights over the steps from noise of size 1e-4: 2 % below the threshold it grows, "
                     "2 % above it shrinks to nothing.",
                     axis("optimiser steps", scale="log"), axis("norm of the weights", scale="log"), content))
    case.draw(points("C17-basin", "Two and three hidden layers: how large noise must be to escape",
                     "Share of 60 noisy starts that escape, over the size of the noise. The smallest noise never does; "
                     "the threshold doubles with the decay at L = 2, and grows by the square root of 2 at L = 3.",
                     axis("standard deviation of the noise", scale="log"), axis("share that escapes"),
                     curves_of_escape))
    return case.verdict(f"""
        Without weight decay zero is a saddle. Decay adds a bowl of curvature weight_decay. With one hidden layer the
        saddle's steepest way down has curvature (2/m) g'(0) sigma_1(C) = {eigenvalue:.4f} here, and the stronger of
        the two wins: 2 % below that value {100 * (below.value or 0):.0f} % of the noisy starts escape, 2 % above it
        {100 * (above.value or 0):.0f} %. With two or more hidden layers the saddle has no curvature at all, so any
        decay, however small, makes zero a minimum: small noise dies out. What decides then is the size of the noise.
        The threshold goes as decay^{exponents[2].value:.2f} with two and as decay^{exponents[3].value:.2f} with
        three hidden layers; theory has 1 and 1/2. Without decay, noise from the middle of those sizes escapes within
        the same steps.""")
