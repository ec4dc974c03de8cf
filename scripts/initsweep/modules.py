"""Trained networks as PyTorch modules. The classes are here, at the top of a module, so that torch.save keeps them."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch

from initsweep.activations import ACTIVATIONS
from initsweep.arrays import Array


class Layer(NamedTuple):
    """A weight layer: weight [fan_out, fan_in]; bias, gain, shift [fan_out] and branch_scale [1], each [0] if it has
    none; its activation with all parameters; whether its pre-activations are normalised."""
    weight: Array
    bias: Array
    gain: Array
    shift: Array
    branch_scale: Array
    activation: str
    parameters: Mapping[str, float]
    normalizes: bool


def parameter(values: Array) -> Any:
    """A trainable copy of an array."""
    return torch.nn.Parameter(torch.from_numpy(np.array(values)))


class RMSNorm(torch.nn.Module):  # type: ignore[misc]  # torch.nn has none before 2.4
    """x / sqrt(mean x^2 + eps), times the weight if there is one."""

    def __init__(self, units: int, eps: float, elementwise_affine: bool) -> None:
        super().__init__()
        self.eps = eps
        self.weight = torch.nn.Parameter(torch.ones(units)) if elementwise_affine else None

    def forward(self, x: Any) -> Any:
        """[samples, units] -> the same"""
        x = x / torch.sqrt((x * x).mean(dim=1, keepdim=True) + self.eps)
        return x if self.weight is None else self.weight * x


class Network(torch.nn.Module):  # type: ignore[misc]  # torch has no types here
    """A network of a results file. layers: Linear modules; norms: their normalisations, or Identity; scales: of the
    residual branches."""

    def __init__(self, layers: Sequence[Layer], output_scale: float, centers: bool, epsilon: float,
                 affine: bool) -> None:
        """centers, epsilon, affine: of the normalisations."""
        super().__init__()
        self.output_scale = output_scale
        self.activations = [(layer.activation, dict(layer.parameters)) for layer in layers]
        self.branch_ends = [k for k, layer in enumerate(layers) if len(layer.branch_scale)]
        self.layers, self.norms = torch.nn.ModuleList(), torch.nn.ModuleList()
        for layer in layers:
            linear = torch.nn.Linear(layer.weight.shape[1], layer.weight.shape[0], bias=len(layer.bias) > 0)
            linear.weight = parameter(layer.weight)
            if len(layer.bias):
                linear.bias = parameter(layer.bias)
            self.layers.append(linear)
            norm = torch.nn.Identity()
            if layer.normalizes:
                kind = torch.nn.LayerNorm if centers else RMSNorm
                norm = kind(len(layer.weight), eps=epsilon, elementwise_affine=affine)
            if len(layer.gain):
                norm.weight = parameter(layer.gain)
            if len(layer.shift):
                norm.bias = parameter(layer.shift)
            self.norms.append(norm)
        self.scales = torch.nn.ParameterList([parameter(layers[k].branch_scale) for k in self.branch_ends])

    def forward(self, a: Any) -> Any:
        """inputs [samples, features] -> outputs [samples, outputs]"""
        branch, last = a, len(self.activations) - 1
        for k, (linear, (name, parameters)) in enumerate(zip(self.layers, self.activations)):
            z = linear(a) if k < last else self.output_scale * linear(a)
            a = ACTIVATIONS[name].torch(torch, self.norms[k](z), **parameters)
            if k in self.branch_ends:
                a = branch + self.scales[self.branch_ends.index(k)] * a
            if k == 0 or k in self.branch_ends:
                branch = a
        return a
