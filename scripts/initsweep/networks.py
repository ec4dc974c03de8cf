"""Trained networks as functions: NumPy and PyTorch from the weights that a results file keeps."""
from __future__ import annotations

import math
import re
from typing import Any, Callable

import numpy as np

from initsweep.arrays import Array, attributes_of, columns, position_of, split_parameters, values_of

# g(z) by the names and parameters of `initsweep list activations`. z: an array; p: the choice's parameters.
NUMPY_ACTIVATIONS: dict[str, Callable[[Array, dict[str, float]], Any]] = {
    "linear": lambda z, p: z,
    "sigmoid": lambda z, p: (1 + np.tanh(z / 2)) / 2,
    "tanh": lambda z, p: np.tanh(z),
    "relu": lambda z, p: np.maximum(z, 0),
    "leaky_relu": lambda z, p: np.where(z > 0, z, p["negative_slope"] * z),
    "sin": lambda z, p: np.sin(z),
    "prelu": lambda z, p: np.where(z > 0, z, p["slope"] * z),
    "elu": lambda z, p: np.where(z > 0, z, p["alpha"] * np.expm1(np.minimum(z, 0))),
    "selu": lambda z, p: 1.0507009873554805 * np.where(z > 0, z, 1.6732632423543772 * np.expm1(np.minimum(z, 0))),
    "gelu": lambda z, p: z * (1 + np.vectorize(math.erf, otypes=[z.dtype])(z / math.sqrt(2))) / 2,
    "gelu_tanh": lambda z, p: z * (1 + np.tanh(math.sqrt(2 / math.pi) * (z + 0.044715 * z ** 3))) / 2,
    "silu": lambda z, p: z * (1 + np.tanh(z / 2)) / 2,
    "softplus": lambda z, p: np.logaddexp(0, z),
    "softsign": lambda z, p: z / (1 + np.abs(z)),
    "mish": lambda z, p: z * np.tanh(np.logaddexp(0, z)),
    "hard_tanh": lambda z, p: np.clip(z, -1, 1),
    "cos": lambda z, p: np.cos(z),
    "gaussian": lambda z, p: np.exp(-z * z),
    "square": lambda z, p: z * z,
}
# The same for tensors; torch is the module.
TORCH_ACTIVATIONS: dict[str, Callable[[Any, Any, dict[str, float]], Any]] = {
    "linear": lambda torch, z, p: z,
    "sigmoid": lambda torch, z, p: torch.sigmoid(z),
    "tanh": lambda torch, z, p: torch.tanh(z),
    "relu": lambda torch, z, p: torch.relu(z),
    "leaky_relu": lambda torch, z, p: torch.nn.functional.leaky_relu(z, p["negative_slope"]),
    "sin": lambda torch, z, p: torch.sin(z),
    "prelu": lambda torch, z, p: torch.nn.functional.leaky_relu(z, p["slope"]),
    "elu": lambda torch, z, p: torch.nn.functional.elu(z, p["alpha"]),
    "selu": lambda torch, z, p: torch.nn.functional.selu(z),
    "gelu": lambda torch, z, p: torch.nn.functional.gelu(z),
    "gelu_tanh": lambda torch, z, p: torch.nn.functional.gelu(z, approximate="tanh"),
    "silu": lambda torch, z, p: torch.nn.functional.silu(z),
    "softplus": lambda torch, z, p: torch.nn.functional.softplus(z, threshold=1000.0),
    "softsign": lambda torch, z, p: torch.nn.functional.softsign(z),
    "mish": lambda torch, z, p: torch.nn.functional.mish(z),
    "hard_tanh": lambda torch, z, p: torch.nn.functional.hardtanh(z),
    "cos": lambda torch, z, p: torch.cos(z),
    "gaussian": lambda torch, z, p: torch.exp(-z * z),
    "square": lambda torch, z, p: torch.square(z),
}


def choice_of(results: Any, network: int, column: str) -> tuple[str, dict[str, float]]:
    """A network's named choice and its parameters, as ("leaky_relu", {"negative_slope": 0.1}).

    column: "activation" or "output_activation". It is taken from the columns of the file; what all networks share and has no
    column from the sweep's settings.
    """
    line = re.search(rf"^  {column}: (.*)$", str(results.attrs.get("settings", "")), re.MULTILINE)
    words = dict(re.findall(r"(\w+): ([^,{}]+)", line.group(1))) if line else {}
    name = words.pop("name", line.group(1) if line else "linear")
    parameters = {key: float(value) for key, value in words.items()}
    names = columns(results)
    if column in names:
        at, path = position_of(results, network), attributes_of(results, column)["path"]
        name = str(values_of(results, column)[at])
        swept = {key[len(column) + 1:]: float(values_of(results, key)[at]) for key in names
                 if key.startswith(column + "_") and str(attributes_of(results, key)["path"]).startswith(path)}
        parameters.update({key: value for key, value in swept.items() if np.isfinite(value)})
    return name, parameters


def known(name: str) -> str:
    """The name of an activation. Raises ValueError for one that this library does not compute."""
    if name not in NUMPY_ACTIVATIONS:
        raise ValueError(f"this library does not compute the activation '{name}'")
    return name


def network_function(results: Any, network: int, which: str = "final") -> Callable[[Array], Array]:
    """What a network computes, from the weights that the file keeps.

    results: of open_results or open_arrays, of a sweep with record.weights. network: its number. which: "initial" or
    "final". Returns f: inputs [samples, features] -> outputs [samples, outputs] in the sweep's precision; the output
    activation and residual branches are in it. The outputs are logits for losses on logits. Sums are NumPy's, so outputs agree
    with the program's to rounding, not to the bit. Raises ValueError where the file does not keep these weights.
    """
    layers = split_parameters(results, network, which)
    hidden, hidden_parameters = choice_of(results, network, "activation")
    last, last_parameters = choice_of(results, network, "output_activation")
    g = [(NUMPY_ACTIVATIONS[known(hidden)], hidden_parameters)] * (len(layers) - 1)
    g.append((NUMPY_ACTIVATIONS[known(last)], last_parameters))

    def function(inputs: Array) -> Array:
        a = np.atleast_2d(np.asarray(inputs, dtype=layers[0][0].dtype))
        branch = a
        for k, ((weight, bias, scale), (activation, parameters)) in enumerate(zip(layers, g)):
            a = activation(a @ weight.T + bias, parameters).astype(weight.dtype, copy=False)
            if len(scale):
                a = branch + scale * a
            if k == 0 or len(scale):
                branch = a
        return np.asarray(a)

    return function


def torch_module(results: Any, network: int, which: str = "final") -> Any:
    """The same network as a torch.nn.Module, ready to go on training in PyTorch.

    results, network, which, errors: as network_function. Its forward maps inputs [samples, features] to outputs [samples,
    outputs]; module.layers are Linear modules with weight [fan_out, fan_in], module.scales has the scale of each residual
    branch. Parameters have the sweep's precision. Raises ImportError where PyTorch is not installed.
    """
    import torch
    layers = split_parameters(results, network, which)
    hidden, hidden_parameters = choice_of(results, network, "activation")
    last, last_parameters = choice_of(results, network, "output_activation")
    g = [(TORCH_ACTIVATIONS[known(hidden)], hidden_parameters)] * (len(layers) - 1)
    g.append((TORCH_ACTIVATIONS[known(last)], last_parameters))
    ends = [k for k, (*_, scale) in enumerate(layers) if len(scale)]

    class Network(torch.nn.Module):  # type: ignore[misc]  # torch has no types here
        """A network of a results file."""

        def __init__(self) -> None:
            super().__init__()
            self.layers = torch.nn.ModuleList()
            for weight, bias, _ in layers:
                linear = torch.nn.Linear(weight.shape[1], weight.shape[0])
                linear.weight = torch.nn.Parameter(torch.from_numpy(np.array(weight)))
                linear.bias = torch.nn.Parameter(torch.from_numpy(np.array(bias)))
                self.layers.append(linear)
            self.scales = torch.nn.ParameterList(
                [torch.nn.Parameter(torch.from_numpy(np.array(layers[k][2]))) for k in ends])

        def forward(self, a: Any) -> Any:
            """inputs [samples, features] -> outputs [samples, outputs]"""
            branch = a
            for k, (linear, (activation, parameters)) in enumerate(zip(self.layers, g)):
                a = activation(torch, linear(a), parameters)
                if k in ends:
                    a = branch + self.scales[ends.index(k)] * a
                if k == 0 or k in ends:
                    branch = a
            return a

    return Network()
