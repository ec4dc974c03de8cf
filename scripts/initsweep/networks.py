"""Trained networks as functions: in NumPy and in PyTorch, from the weights that a results file keeps."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from initsweep.activations import ACTIVATIONS, complete_activation
from initsweep.arrays import (Array, columns, choice_parameters, network_position, normalization, split_parameters,
                              get_values, read_settings)
from initsweep.packages import explain_missing


def shared_choice(results: Any, section: str, name: str) -> tuple[str | None, dict[str, float]]:
    """A named choice that all networks of a sweep share, from the sweep's settings, with its parameters.

    section, name: of the setting, as "network", "activation". Returns (None, {}) if the settings do not have it,
    because it is swept.
    """
    choice = read_settings(results, f"{section}.{name}")
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
    scale = read_settings(results, "network.output_scale")
    return 1.0 if scale is None else float(scale)


def branches_end_linear(results: Any, network: int) -> bool:
    """Whether the residual branches of a network end without an activation."""
    if "activation_after" in columns(results):
        return str(get_values(results, "activation_after")[network_position(results, network)]) == "false"
    return read_settings(results, "network.residual.activation_after") is False


def layer_activations(
        results: Any, network: int,
        layers: list[tuple[Array, Array, Array, Array, Array]]) -> list[tuple[str, dict[str, float]]]:
    """The activation of each weight layer of a network, with all its parameters; the last is the output activation.

    layers: of split_parameters.
    """
    hidden = complete_activation(*network_choice(results, network, "activation"))
    linear = complete_activation("linear", {}) if branches_end_linear(results, network) else hidden
    return [linear if len(scale) else hidden for *_, scale in layers[:-1]] + [
        complete_activation(*network_choice(results, network, "output_activation"))]


def normalized_layers(results: Any, network: int, layers: int) -> list[bool]:
    """Whether each of so many weight layers of a network normalises its pre-activations."""
    of_units = normalization(results, network)
    branch_layers = 0
    if "branch_layers" in columns(results):
        branch_layers = int(get_values(results, "branch_layers")[network_position(results, network)])
    ends = [branch_layers > 0 and 0 < k < layers - 1 and k % branch_layers == 0 for k in range(layers)]
    return [of_units.name != "none" and k < layers - 1 and (of_units.branch_ends or not ends[k])
            for k in range(layers)]


def network_function(results: Any, network: int, which: str | int = "final") -> Callable[[Array], Array]:
    """What a network computes, from the weights that the file keeps.

    results: of open_results or open_arrays, of a sweep with record.weights. network: its number. which: "initial",
    "final" or a step of record.weights. Returns f: inputs [samples, features] -> outputs [samples, outputs] in the
    sweep's precision; it includes the output activation, normalisations and residual branches. The outputs are logits
    for losses on logits. NumPy sums in another order than the program, so outputs agree with it to rounding, not to the
    bit. Raises ValueError if the file does not keep these weights.
    """
    layers = split_parameters(results, network, which)
    activations = layer_activations(results, network, layers)
    scale_of_output = layers[-1][0].dtype.type(output_scale(results, network))

    of_units, normalizes = normalization(results, network), normalized_layers(results, network, len(layers))

    def function(inputs: Array) -> Array:
        a = np.atleast_2d(np.asarray(inputs, dtype=layers[0][0].dtype))
        branch = a
        for k, ((weight, bias, gain, shift, scale), (activation, parameters)) in enumerate(zip(layers, activations)):
            z = a @ weight.T + bias if len(bias) else a @ weight.T
            if normalizes[k]:
                z = z - z.mean(axis=1, keepdims=True) if of_units.centers else z
                z = z / np.sqrt((z * z).mean(axis=1, keepdims=True) + of_units.epsilon)
                z = gain * z if len(gain) else z
                z = (z + shift if len(shift) else z).astype(weight.dtype, copy=False)
            z = z if k + 1 < len(layers) else scale_of_output * z
            a = ACTIVATIONS[activation].numpy(z, **parameters).astype(weight.dtype, copy=False)
            if len(scale):
                a = branch + scale * a
            if k == 0 or len(scale):
                branch = a
        return np.asarray(a)

    return function


def torch_module(results: Any, network: int, which: str | int = "final") -> Any:
    """The same network as a torch.nn.Module, which PyTorch can train further.

    results, network, which, errors: as in network_function. Its forward maps inputs [samples, features] to outputs
    [samples, outputs]; module.layers are Linear modules with weight [fan_out, fan_in], module.norms are their
    normalisations (torch.nn.LayerNorm, a module like torch.nn.RMSNorm, or Identity), module.scales has the scale of
    each residual branch. Parameters have the sweep's precision. torch.save keeps the module; to load it, this library
    must be installed. Raises ImportError if PyTorch is not installed.
    """
    try:
        from initsweep.modules import Layer, Network
    except ImportError as error:
        raise ImportError(explain_missing(error)) from error
    layers = split_parameters(results, network, which)
    activations = layer_activations(results, network, layers)
    of_units, normalizes = normalization(results, network), normalized_layers(results, network, len(layers))
    return Network([Layer(*arrays, *activation, normalized)
                    for arrays, activation, normalized in zip(layers, activations, normalizes)],
                   output_scale(results, network), of_units.centers, of_units.epsilon, of_units.affine)
