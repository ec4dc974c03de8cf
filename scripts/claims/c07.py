"""C07: zero is the top of a hill: perturb a little and we are on our way."""
from __future__ import annotations

import numpy as np

from claims.case import Case
from claims.data import Networks
from claims.rules import quantile
from claims.schema import Verdict
from initsweep.arrays import STOPPED, Array
from initsweep.report import axis, points, series

BELOW = 1e-5  # noise of three hidden layers below which gradients are below Adam's epsilon, 1e-8
SLOPE_AT_0 = {"tanh": 1.0, "sin": 1.0, "gelu": 0.5, "silu": 0.5}  # g'(0)


def escape_times(networks: Networks) -> tuple[Array, Array]:
    """Sizes of the noise [sizes], ascending, and escape times [replicate, sizes], infinite where censored."""
    sizes = sorted(set(networks.get("init_std").tolist()))
    columns = []
    for size in sizes:
        some = networks.where(init_std=size)
        columns.append(np.where(some.get("status") == STOPPED, some.get("steps_done"), np.inf))
    return np.array(sizes), np.array(columns).T


def correlation(table: Array, outputs: int, bias_at_mean: bool) -> Array:
    """E[r (x, 1)^T], r the targets less the output: [outputs, features + 1]. table: features, then targets."""
    inputs, targets = table[:, :-outputs], table[:, -outputs:]
    rest = targets - targets.mean(axis=0) if bias_at_mean else targets
    return np.asarray(rest.T @ np.column_stack([inputs, np.ones(len(inputs))]) / len(inputs))


def decide(case: Case) -> Verdict:
    """Eigenvalues of the Hessian at zero; escape times by noise, depth and optimiser."""
    hessian, escapes = case.networks("C07-hessian"), case.networks("C07")
    table = np.loadtxt(case.data("twelve.csv"), delimiter=",", skiprows=1)
    standard = (table - table.mean(axis=0)) / table.std(axis=0)
    errors, deep = [], []
    low, high, depth = hessian.at("hessian_min", 0), hessian.at("hessian_max", 0), hessian.get("depth")
    for i, (name, bias, scaling) in enumerate(zip(hessian.get("activation"), hessian.get("bias_init"),
                                                  hessian.get("dataset_standardize"))):
        data, outputs = (standard, 1) if scaling == "all" else (table, 2)
        if depth[i] == 1:
            largest = np.linalg.svd(correlation(data, outputs, bias == "target_mean"), compute_uv=False)[0]
            value = 2 / outputs * SLOPE_AT_0[name] * largest
            errors += [low[i] + value, high[i] - max(value, 2 / outputs)]
        elif bias == "target_mean":
            deep += [low[i], high[i] - 2 / outputs]  # the output biases' own
    saddle = case.check("hessian_shallow", np.abs(errors))
    case.check("hessian_deep", np.abs(deep))
    case.check("descends", low[depth == 1])
    case.check("rises", high)

    eigenvalue = 2 * np.linalg.svd(correlation(standard, 1, True), compute_uv=False)[0]
    content = []
    sgd = escapes.where(optimizer="sgd")
    for name, rate in (("slow", 0.02), ("fast", 0.1)):
        size, times = escape_times(sgd.where(depth=1, learning_rate=rate))
        slope = case.check(f"shallow_{name}", (-np.log(size) / np.log1p(rate * eigenvalue), times))
    size, times = escape_times(escapes.where(optimizer="momentum"))
    rate = 0.01 * eigenvalue
    root = (1.9 + rate + np.sqrt((1.9 + rate) ** 2 - 4 * 0.9)) / 2
    momentum = case.check("shallow_momentum", (-np.log(size) / np.log(root), times))
    slopes = {}
    for layers in (2, 3):
        size, times = escape_times(sgd.where(depth=layers))
        slopes[layers] = case.check(f"deep_{layers}", (np.log(size), np.log(times)))
    adam = escapes.where(optimizer="adam")
    is_below = (adam.get("depth") == 3) & (adam.get("init_std") < BELOW)
    above = {layers: adam.take(~is_below).where(depth=layers) for layers in (1, 2, 3)}
    # the smallest size of each depth
    fastest = case.check("adam", {layers: escape_times(some)[1][:, 0] for layers, some in above.items()})
    below = adam.take(is_below)
    size, times = escape_times(below)
    slowed = case.check("adam_below", (np.log(size), np.log(times)))
    all_sgd = [("gradient descent, L = 1", sgd.where(depth=1, learning_rate=0.1)),
               ("momentum, L = 1", escapes.where(optimizer="momentum")),
               ("gradient descent, L = 2", sgd.where(depth=2)), ("gradient descent, L = 3", sgd.where(depth=3))] + [
                   (f"Adam, L = {layers}", some) for layers, some in above.items()] + [
                       ("Adam, L = 3, eps^3 below its epsilon", below)]
    for label, some in all_sgd:
        size, times = escape_times(some)
        content.append(series(label, size, [quantile(column, 0.5) for column in times.T],
                              [quantile(column, 0.1) for column in times.T],
                             [quantile(column, 0.9) for column in times.T]))
    case.draw(points("C07-escape", "How long noise around zero takes to escape",
                     "Median escape time, with 10 % and 90 % quantiles, over the size of the noise, both logarithmic. "
                     "With one hidden layer it hardly depends on the size; with two it falls as 1 / size and with "
                     "three as 1 / size^2; Adam needs tens of steps at any depth while size^L is far above its "
                     "epsilon, "
                     "and as gradient descent does far below it.",
                     axis("standard deviation of the noise", scale="log"),
                     axis("optimiser steps until the loss is below 0.9", scale="log"), content))
    return case.verdict(f"""
        Zero is no hilltop. At the best constant, with one hidden layer, the Hessian has the eigenvalues +- (2/m) g'(0)
        sigma_j, as many up as down (measured to {saddle.value:.0e}): a saddle. Noise of size eps then grows by the
        factor 1 + eta lambda a step, so that each factor e less noise costs 1 / log(1 + eta lambda) steps more: the
        measured slopes are {slope.value:.3f} (gradient descent) and {momentum.value:.3f} (momentum) of that. With more
        hidden layers all second derivatives by the weights vanish and there is no slope to begin with: the escape takes
        eps^{slopes[2].value:.2f} with two and eps^{slopes[3].value:.2f} with three hidden layers, so "a little" noise
        may mean millions of steps. That is gradient descent's law. Adam divides the size of the gradient out: from the
        smallest noise with eps^L = 1e-6 it is away in {fastest.value:.0f} steps or fewer (medians of L = 1, 2, 3). But
        where gradients are below its epsilon it is gradient descent again, and takes eps^{slowed.value:.2f} at three
        hidden layers.""")
