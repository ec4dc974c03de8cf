"""Trained networks as functions: in NumPy and in PyTorch, from the weights that a results file keeps."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from initsweep.activations import Activation, find_activation
from initsweep.arrays import Array, columns, choice_parameters, network_position, split_parameters, get_values


def shared_choice(results: Any, section: str, name: str) -> tuple[str | None, dict[str, float]]:
    """A named choice that all networks of a sweep share, from the sweep's settings, with its parameters.

    section, name: of the setting, as "network", "activation". Returns (None, {}) if the settings do not have it,
    because it is swept.
    """
    import yaml
    settings = yaml.safe_load(str(results.attrs.get("settings", ""))) or {}
    choice = settings.get(section, {}).get(name)
    if not isinstance(choice, dict):
        return choice, {}
    # PyYAML takes 1e-05, which has no decimal point, for text
    return choice["name"], {key: float(value) for key, value in choice.items() if key != "name"}


def network_choice(results: Any, network: int, column: str) -> tuple[str, dict[str, float]]:
    """A network's named choice and its parameters, as ("leaky_relu", {"negative_slope": 0.1}).

    column: "activation" or "output_activation". What the file has no column for is the same for all networks, and comes
    from the sweep's settings.
    """
    name, parameters = shared_choice(results, "network", column)
    if column not in columns(results):
        return name or "linear", parameters
    at = network_position(results, network)
    own_name = str(get_values(results, column)[at])
    swept = {key[len(column) + 1:]: float(get_values(results, key)[at])
             for key in choice_parameters(results, column, columns(results))}
    swept = {key: value for key, value in swept.items() if np.isfinite(value)}
    return own_name, {**parameters, **swept} if name == own_name else swept


def output_scale(results: Any, network: int) -> float:
    """The constant that multiplies a network's outputs before its output activation (network.output_scale)."""
    if "output_scale" in columns(results):
        return float(get_values(results, "output_scale")[network_position(results, network)])
    import yaml
    settings = yaml.safe_load(str(results.attrs.get("settings", ""))) or {}
    return float(settings.get("network", {}).get("output_scale", 1.0))


def branches_end_linear(results: Any, network: int) -> bool:
    """Whether the residual branches of a network end without an activation."""
    if "activation_after" in columns(results):
        return str(get_values(results, "activation_after")[network_position(results, network)]) == "false"
    import yaml
    settings = yaml.safe_load(str(results.attrs.get("settings", ""))) or {}
    return (settings.get("network", {}).get("residual") or {}).get("activation_after") is False


def layer_activations(results: Any, network: int,
                      layers: list[tuple[Array, Array, Array]]) -> list[tuple[Activation, dict[str, float]]]:
    """The activation of each weight layer of a network, with its parameters; the last is the output activation.

    layers: of split_parameters.
    """
    hidden = find_activation(*network_choice(results, network, "activation"))
    linear = find_activation("linear", {}) if branches_end_linear(results, network) else hidden
    return [linear if len(scale) else hidden for *_, scale in layers[:-1]] + [
        find_activation(*network_choice(results, network, "output_activation"))]


def network_function(results: Any, network: int, which: str = "final") -> Callable[[Array], Array]:
    """What a network computes, from the weights that the file keeps.

    results: of open_results or open_arrays, of a sweep with record.weights. network: its number. which: "initial" or
    "final". Returns f: inputs [samples, features] -> outputs [samples, outputs] in the sweep's precision; it includes
    the output activation and residual branches. The outputs are logits for losses on logits. NumPy sums in another
    order than the program, so outputs agree with it to rounding, not to the bit. Raises ValueError if the file does not
    keep these weights.
    """
    layers = split_parameters(results, network, which)
    activations = layer_activations(results, network, layers)
    scale_of_output = layers[-1][0].dtype.type(output_scale(results, network))

    def function(inputs: Array) -> Array:
        a = np.atleast_2d(np.asarray(inputs, dtype=layers[0][0].dtype))
        branch = a
        for k, ((weight, bias, scale), (activation, parameters)) in enumerate(zip(layers, activations)):
            z = a @ weight.T + bias if len(bias) else a @ weight.T
            z = z if k + 1 < len(layers) else scale_of_output * z
            a = activation.numpy(z, **parameters).astype(weight.dtype, copy=False)
            if len(scale):
                a = branch + scale * a
            if k == 0 or len(scale):
                branch = a
        return np.asarray(a)

    return function


def torch_module(results: Any, network: int, which: str = "final") -> Any:
    """The same network as a torch.nn.Module, which PyTorch can train further.

    results, network, which, errors: as in network_function. Its forward maps inputs [samples, features] to outputs
    [samples, outputs]; module.layers are Linear modules with weight [fan_out, fan_in], module.scales has the scale of
    each residual branch. Parameters have the sweep's precision. Raises ImportError if PyTorch is not installed.
    """
    import torch
    layers = split_parameters(results, network, which)
    activations = layer_activations(results, network, layers)
    scale_of_output = output_scale(results, network)
    branch_ends = [k for k, (*_, scale) in enumerate(layers) if len(scale)]

    class Network(torch.nn.Module):  # type: ignore[misc]  # torch has no types here
        """A network of a results file."""

        def __init__(self) -> None:
            super().__init__()
            self.layers = torch.nn.ModuleList()
            for weight, bias, _ in layers:
                linear = torch.nn.Linear(weight.shape[1], weight.shape[0], bias=len(bias) > 0)
                linear.weight = torch.nn.Parameter(torch.from_numpy(np.array(weight)))
                if len(bias):
                    linear.bias = torch.nn.Parameter(torch.from_numpy(np.array(bias)))
                self.layers.append(linear)
            self.scales = torch.nn.ParameterList(
                [torch.nn.Parameter(torch.from_numpy(np.array(layers[k][2]))) for k in branch_ends])

        def forward(self, a: Any) -> Any:
            """inputs [samples, features] -> outputs [samples, outputs]"""
            branch = a
            for k, (linear, (activation, parameters)) in enumerate(zip(self.layers, activations)):
                z = linear(a) if k + 1 < len(layers) else scale_of_output * linear(a)
                a = activation.torch(torch, z, **parameters)
                if k in branch_ends:
                    a = branch + self.scales[branch_ends.index(k)] * a
                if k == 0 or k in branch_ends:
                    branch = a
            return a

    return Network()
