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
    """Norm of all weights [networks, record]."""
    return np.asarray(np.sqrt(np.nansum(networks.layers("weight_norm") ** 2, axis=2)))


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

    def escaped(depth: int, noise: float, decay: float) -> Array:
        return np.asarray(deep.where(depth=depth, init_noise=noise, weight_decay=decay).get("status") == STOPPED)
    small = deep.where(init_noise=1e-4)
    case.check("deep_minimum", small.get("status") == STOPPED)
    case.check("deep_shrinks", norms(small)[:, -1] < norms(small)[:, 0])
    case.check("basin_2", (escaped(2, 0.003, 0.001), escaped(2, 0.003, 0.1)))
    case.check("basin_3", (escaped(3, 0.03, 0.001), escaped(3, 0.03, 0.1)))
    case.check("large_escapes", deep.where(init_noise=0.3).get("status") == STOPPED)

    steps = shallow.steps()
    content = [series(f"{label} ({decay:.3f})", steps, *np.quantile(size[decay], [0.5, 0.1, 0.9], axis=0))
               for label, decay in (("2 % below", low), ("2 % above", high))]
    case.draw(curves("C17-threshold", "One hidden layer: two weight decays, 4 % apart",
                     "Norm of all weights over the steps from noise of size 1e-4: 2 % below the threshold it grows to "
                     "0.16, 2 % above it shrinks to nothing.",
                     axis("optimiser steps", scale="log"), axis("norm of the weights", scale="log"), content))
    sizes = sorted(set(deep.get("init_noise").tolist()))
    content = [series(f"L = {depth}, decay {decay}", sizes, [escaped(depth, noise, decay).mean() for noise in sizes])
               for depth in (2, 3) for decay in (0.001, 0.1)]
    case.draw(points("C17-basin", "Two and three hidden layers: how large noise must be to escape",
                     "Share of 100 noisy starts that escape, over the size of the noise. The smallest noise never "
                     "does; the larger the weight decay, the larger the noise that stays.",
                     axis("standard deviation of the noise", scale="log"), axis("share that escapes"), content))
    return case.verdict(f"""
        Without weight decay zero is a saddle. Decay adds a bowl of curvature weight_decay. With one hidden layer the
        saddle's steepest way down has curvature (2/m) g'(0) sigma_1(C) = {eigenvalue:.4f} here, and the stronger of the
        two wins: 2 % below that value {100 * (below.value or 0):.0f} % of the noisy starts escape, 2 % above it
        {100 * (above.value or 0):.0f} %. With two or more hidden layers the saddle has no curvature at all, so any
        decay, however small, makes zero a minimum: noise small enough always dies out. What decides then is the size of
        the noise, as the basin grows with the decay.""")
