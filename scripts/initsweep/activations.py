"""Activations g(z) as NumPy and PyTorch compute them, by the names and parameters that `initsweep list activations`
shows."""
from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from initsweep.arrays import Array
from initsweep.rows import table


class Activation(NamedTuple):
    """One activation in both libraries. Its parameters are keyword arguments of both functions."""
    numpy: Callable[..., Any]  # numpy(z, **parameters): an array of the shape and type of z
    torch: Callable[..., Any]  # torch(module, z, **parameters): a tensor; module is the module torch


ACTIVATIONS: dict[str, Activation] = {
    "linear": Activation(lambda z: z, lambda torch, z: z),
    "sigmoid": Activation(lambda z: (1 + np.tanh(z / 2)) / 2, lambda torch, z: torch.sigmoid(z)),
    "tanh": Activation(np.tanh, lambda torch, z: torch.tanh(z)),
    "relu": Activation(lambda z: np.maximum(z, 0), lambda torch, z: torch.relu(z)),
    "leaky_relu": Activation(lambda z, negative_slope: np.where(z > 0, z, negative_slope * z),
                             lambda torch, z, negative_slope: torch.nn.functional.leaky_relu(z, negative_slope)),
    "sin": Activation(np.sin, lambda torch, z: torch.sin(z)),
    "prelu": Activation(lambda z, slope: np.where(z > 0, z, slope * z),
                        lambda torch, z, slope: torch.nn.functional.leaky_relu(z, slope)),
    "elu": Activation(lambda z, alpha: np.where(z > 0, z, alpha * np.expm1(np.minimum(z, 0))),
                      lambda torch, z, alpha: torch.nn.functional.elu(z, alpha)),
    "selu": Activation(
        lambda z: 1.0507009873554805 * np.where(z > 0, z, 1.6732632423543772 * np.expm1(np.minimum(z, 0))),
        lambda torch, z: torch.nn.functional.selu(z)),
    "gelu": Activation(lambda z: z * (1 + np.vectorize(math.erf, otypes=[z.dtype])(z / math.sqrt(2))) / 2,
                       lambda torch, z: torch.nn.functional.gelu(z)),
    "gelu_tanh": Activation(lambda z: z * (1 + np.tanh(math.sqrt(2 / math.pi) * (z + 0.044715 * z ** 3))) / 2,
                            lambda torch, z: torch.nn.functional.gelu(z, approximate="tanh")),
    "silu": Activation(lambda z: z * (1 + np.tanh(z / 2)) / 2, lambda torch, z: torch.nn.functional.silu(z)),
    "softplus": Activation(lambda z: np.logaddexp(0, z),
                           lambda torch, z: torch.nn.functional.softplus(z, threshold=1000.0)),
    "softsign": Activation(lambda z: z / (1 + np.abs(z)), lambda torch, z: torch.nn.functional.softsign(z)),
    "mish": Activation(lambda z: z * np.tanh(np.logaddexp(0, z)), lambda torch, z: torch.nn.functional.mish(z)),
    "hard_tanh": Activation(lambda z: np.clip(z, -1, 1), lambda torch, z: torch.nn.functional.hardtanh(z)),
    "cos": Activation(np.cos, lambda torch, z: torch.cos(z)),
    "gaussian": Activation(lambda z: np.exp(-z * z), lambda torch, z: torch.exp(-z * z)),
    "square": Activation(lambda z: z * z, lambda torch, z: torch.square(z)),
}


def complete_activation(name: str, parameters: Mapping[str, float]) -> tuple[str, dict[str, float]]:
    """The name of an activation, and all its parameters: those that are not given have the program's defaults.

    Raises ValueError for a name or parameter that the program does not know, or that this library does not compute.
    """
    rows = table("activations")
    if name not in rows or name not in ACTIVATIONS:
        raise ValueError(f"this library does not compute the activation '{name}'")
    values = rows[name].defaults
    for parameter in parameters:
        if parameter not in values:
            raise ValueError(f"the activation '{name}' has no parameter '{parameter}'")
    return name, {**values, **parameters}
