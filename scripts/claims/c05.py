"""C05: equal weights: all units of a layer stay identical, the network is one unit wide."""
from __future__ import annotations

from typing import Any

import numpy as np

from claims.case import Case
from claims.data import Networks
from claims.schema import Verdict
from initsweep.arrays import Array
from initsweep.report import axis, curves, heatmap, series
from initsweep.rows import table

MONOTONE = tuple(name for name, row in table("activations").items() if row.facts["monotone"])
NOT_MONOTONE = ("sin", "gelu", "silu", "mish", "gaussian")
SIGMOID = (lambda z: 1 / (1 + np.exp(-z)), lambda a: a * (1 - a))
TANH = (np.tanh, lambda a: 1 - a * a)


def teacher(weights: list[tuple[Array, Array]], activation: Any, inputs: Array) -> list[Array]:
    """Activations of every layer of a network. inputs: [samples, features]. Returns [layer][samples, units], inputs
    first."""
    result = [inputs]
    for number, (weight, bias) in enumerate(weights):
        z = result[-1] @ weight.T + bias
        result.append(z if number == len(weights) - 1 else activation[0](z))
    return result


def twin_losses(weights: list[tuple[Array, Array]], activation: Any, optimizer: str, learning_rate: float, decay: float,
                epsilon: float, inputs: Array, targets: Array, steps: int) -> Array:
    """Losses of the one-unit network that equals a network of equal units: [steps + 1].

    weights: of the wide network at its start. With widths n_k, n_0 = n_(L+1) = 1, the twin has W_k = n_(k-1) w_k. Rates
    of sgd, momentum and Nesterov: n_(k-1) / n_k (weights), 1 / n_k (biases), weight decay divided by the rate. Of Adam
    and RMSprop: n_(k-1), 1, epsilon times n_k.
    """
    last = len(weights) - 1
    widths = [1] + [weight.shape[0] for weight, _ in weights[:-1]] + [1]
    twin, rates, epsilons = [], [], []
    adaptive = optimizer in ("adam", "rmsprop")
    for k, (weight, bias) in enumerate(weights):
        below, above = widths[k], widths[k + 1]
        rows = weight.shape[0] if k == last else 1
        columns = weight.shape[1] if k == 0 else 1
        twin += [below * weight[:rows, :columns], bias[:rows].copy()]
        rates += [below, 1.0] if adaptive else [below / above, 1.0 / above]
        epsilons += [epsilon * above] * 2
    first, second = [np.zeros_like(one) for one in twin], [np.zeros_like(one) for one in twin]
    losses = []
    for step in range(steps + 1):
        layers = teacher(list(zip(twin[::2], twin[1::2])), activation, inputs)
        error = layers[-1] - targets
        losses.append(float((error * error).mean()))
        delta = 2 * error / error.size
        gradients: list[Array] = [np.zeros(0)] * len(twin)
        for k in range(last, -1, -1):
            gradients[2 * k], gradients[2 * k + 1] = delta.T @ layers[k], delta.sum(axis=0)
            if k > 0:
                delta = (delta @ twin[2 * k]) * activation[1](layers[k])
        for i, gradient in enumerate(gradients):
            gradient = gradient + decay / rates[i] * twin[i]
            if optimizer == "adam":
                first[i] = 0.9 * first[i] + 0.1 * gradient
                second[i] = 0.999 * second[i] + 0.001 * gradient * gradient
                mean, variance = first[i] / (1 - 0.9 ** (step + 1)), second[i] / (1 - 0.999 ** (step + 1))
                direction = mean / (np.sqrt(variance) + epsilons[i])
            elif optimizer == "rmsprop":
                second[i] = 0.99 * second[i] + 0.01 * gradient * gradient
                direction = gradient / (np.sqrt(second[i]) + epsilons[i])
            elif optimizer == "sgd":
                direction = gradient
            else:
                first[i] = 0.9 * first[i] + gradient
                direction = gradient + 0.9 * first[i] if optimizer == "nesterov" else first[i]
            twin[i] = twin[i] - learning_rate * rates[i] * direction
    return np.array(losses)


def worst_twin(networks: Networks, inputs: Array, targets: Array) -> Array:
    """Largest relative difference of a network's recorded losses from its twin's, [networks]."""
    steps = networks.steps().astype(int)
    losses, optimizers, activations = networks.quantity("loss"), networks.get("optimizer"), networks.get("activation")
    rates, decays, epsilons = (networks.get(name) for name in ("learning_rate", "weight_decay", "optimizer_epsilon"))
    result = np.zeros(len(networks))
    for i, weights in enumerate(networks.weights("initial")):
        expected = twin_losses(weights, {"sigmoid": SIGMOID, "tanh": TANH}[activations[i]], optimizers[i],
                               float(rates[i]),
                               float(decays[i]), float(epsilons[i]), inputs, targets, int(steps[-1]))[steps]
        result[i] = np.abs(losses[i] / expected - 1).max()
    return result


def decide(case: Case) -> Verdict:
    """Bits of equal units, the one-unit twins, and how bad one unit is by activation."""
    networks, alone, twins = case.networks("C05"), case.networks("C05-one-unit"), case.networks("C05-twins")
    equal = networks.where(init="constant")
    hidden = equal.layers("distinct_units")[:, :, :-1]
    depth = equal.get("depth")[:, None, None]
    case.check("one_unit", hidden[np.broadcast_to(np.arange(hidden.shape[2]) < depth, hidden.shape)])
    samples = np.loadtxt(case.data("twelve.csv"), delimiter=",", skiprows=1)
    worst = case.check("twin", worst_twin(twins, samples[:, :-1], samples[:, -1:]))
    random = networks.where(init="glorot_uniform")
    case.check("random_units_differ", random.last("distinct_units")[:, 0])
    best = {name: np.nanmin(alone.where(activation=name).quantity("loss")) for name in MONOTONE + NOT_MONOTONE}
    monotone = case.check("monotone", [best[name] for name in MONOTONE])
    case.check("not_monotone", [best[name] for name in NOT_MONOTONE])

    names = [*MONOTONE, *NOT_MONOTONE]
    case.draw(heatmap("C05-one-unit", "What one hidden unit makes of XOR",
                      "Best loss on XOR over 200 random starts of a network with one hidden unit, by activation. "
                      "Monotone activations end at 1/6 or above, the others at 0.",
                      axis("activation", categories=names),
                      axis("", categories=["best loss"]), [[max(best[name], 1e-16) for name in names]], "best loss"))
    content = []
    for optimizer in ("sgd", "momentum", "nesterov", "adam", "adamw", "rmsprop", "adagrad", "sign_sgd"):
        for activation in ("sigmoid", "tanh", "relu"):
            one = equal.where(optimizer=optimizer, activation=activation, depth=2, init_value=0.5, batch_size=8,
                              width=8)
            content.append(series(optimizer, one.steps(), one.quantity("distinct_units")[0, :, 0],
                                  activation=activation))
    control = random.where(activation="tanh", optimizer="sgd", depth=2)
    content += [series("sgd, random start", control.steps(), control.quantity("distinct_units")[0, :, 0],
                       activation=activation)
                for activation in ("sigmoid", "tanh", "relu")]
    case.draw(curves("C05-units", "Distinct units of the first of two hidden layers",
                     "Distinct units of the first hidden layer over the steps, minibatches of 8: one for ever from a "
                     "constant start under every optimiser, all eight from a random start.",
                     axis("optimiser steps", scale="log"),
                     axis("distinct units of 8"), content, select={"activation": ("sigmoid", "tanh", "relu")}))
    return case.verdict(f"""
        Units that start with the same incoming weights, the same outgoing weights and the same optimiser state see the
        same numbers, so they make the same step: {len(equal)} networks from constant starts, under eight optimisers,
        full batch and minibatches, keep one distinct unit in every hidden layer at every record, to the last bit. Such
        a network is a network of width 1 in disguise, with learning rates of its own: the disguise was taken off and
        the losses agree to {worst.value:.1e}. How bad that is depends on the activation. On XOR one monotone unit
        cannot get below 1/6 (best seen {monotone.value:.5f}), while one unit of sin, GELU, SiLU, Mish or a Gaussian,
        which rise and fall, solves it.""")
