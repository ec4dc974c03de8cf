"""C22: zero weights are a prior that rules the inputs out, and no data bring back what a prior rules out."""
from __future__ import annotations

import numpy as np

from claims.c06 import learnt
from claims.case import Case
from claims.schema import Verdict
from initsweep.arrays import Array
from initsweep.report import axis, curves, series


def ridge(features: Array, targets: Array, decay: float) -> tuple[Array, Array]:
    """Mode of the posterior under weight decay on the weights alone, and the Hessian of loss and decay: weights, then
    the bias. features: [samples, inputs]."""
    design = np.column_stack([features, np.ones(len(features))])
    hessian = 2 * design.T @ design / len(features) + decay * np.diag([1.0] * features.shape[1] + [0.0])
    return np.linalg.solve(hessian, 2 * design.T @ targets / len(features)), hessian


def decide(case: Case) -> Verdict:
    """Posteriors of a linear model by prior and start; a layer held at zero; a start that noise moves."""
    mode, held, chains, noise = (case.networks(name) for name in ("C22", "C22-held", "C22-langevin", "C22-noise"))
    case.check("held", held.quantity("jacobian_norm"))
    case.check("held_trains", held.last("loss") / held.at("loss", 0))
    table = np.loadtxt(case.data("twelve.csv"), delimiter=",", skiprows=1)
    standard = (table - table.mean(axis=0)) / table.std(axis=0)
    features, targets = standard[:, :-1], standard[:, -1]
    decays, differences, lengths = [], [], []
    for (decay,), some in mode.groups("weight_decay"):
        solution, _ = ridge(features, targets, decay)
        weights = some.get("weights_final").astype(np.float64)
        differences.append(np.abs(weights - solution).max())
        decays.append(decay)
        lengths.append(np.linalg.norm(weights[:, :-1], axis=1).mean())
    worst = case.check("mode", differences)
    strongest = np.log(lengths[-1] / lengths[-2]) / np.log(decays[-2] / decays[-1])  # variance is 1 / decay
    shrinks = case.check("shrinks", strongest)
    rate, size = float(chains.get("learning_rate")[0]), float(chains.get("gradient_noise")[0])
    centre, hessian = ridge(features, targets, float(chains.get("weight_decay")[0]))
    step = np.eye(len(hessian)) - rate * hessian
    covariance = (rate * size) ** 2 * np.linalg.inv(np.eye(len(step)) - step @ step)  # of the chain's own steps
    evidence = {}
    for init, name in (("zeros", "posterior_zero"), ("normal", "posterior_random")):
        away = chains.where(init=init).get("weights_final").astype(np.float64) - centre
        evidence[name] = case.check(name, np.einsum("ni,ij,nj->n", away, np.linalg.inv(covariance), away) / len(centre))
    still, moved = (noise.take(noise.get("gradient_noise") == 0), noise.take(noise.get("gradient_noise") > 0))
    case.check("without_noise", still.quantity("jacobian_norm"))
    learns = case.check("noise_learns", learnt(moved))

    content = [series("mode of the posterior, measured", [1 / decay for decay in decays], lengths)]
    variances = np.geomspace(1 / max(decays), 1 / min(decays), 40)
    content.append(series("ridge regression", variances, [np.linalg.norm(ridge(features, targets, 1 / variance)[0][:-1])
                                                          for variance in variances]))
    case.draw(curves("C22-prior", "How much the inputs matter, by the variance of the prior",
                     "Norm of the weights at the mode of the posterior over the variance of the prior (1 / weight "
                     "decay), both logarithmic: it goes to 0 in proportion to the variance. Starts at zero and random "
                     "starts end at the same points.",
                     axis("variance of the prior", scale="log"), axis("norm of the weights", scale="log"), content))
    steps = noise.steps()
    middle, low, high = moved.median("jacobian_norm")
    case.draw(curves("C22-noise", "A tanh network from zero, with and without noise on its gradient",
                     "Norm of the Jacobian over the steps, with 10 % and 90 % quantiles: exactly 0 for ever without "
                     "noise; with noise of 0.001 the network leaves zero and learns.",
                     axis("optimiser steps", scale="log"), axis("norm of the Jacobian", scale="log"),
                     [series("no noise", steps, still.quantity("jacobian_norm")[0]),
                      series("noise 0.001", steps, middle, low, high)]))
    return case.verdict(f"""
        A prior says what is possible; a start says only where one begins. Weights held at zero are a prior of
        variance zero: with the first layer held there the Jacobian is exactly 0 at every record, whatever the other
        layers learn. As the variance of a Gaussian prior goes to 0 the posterior's mode goes with it (exponent
        {shrinks.value:.3f}). But a start at zero rules nothing out: gradient descent ends at the same mode from zero
        and from random starts, to {worst.value:.0e}, and Langevin chains from zero scatter as the posterior does
        (mean squared distance over its own {evidence["posterior_zero"].value:.3f} from zero,
        {evidence["posterior_random"].value:.3f} from random starts). An all-zero tanh network does not move by
        itself, which is a lack of gradient, not of possibility: with noise of 0.001 on the gradient
        {100 * (learns.value or 0):.0f} % of them learn.""")
