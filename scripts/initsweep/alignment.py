"""Alignment of two networks: the order of the hidden units of one that makes its weights most like those of another."""
from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import h5py
import numpy as np

from initsweep.arrays import Array, split_parameters
from initsweep.files import replacing
from initsweep.packages import explain_missing

try:
    from scipy.optimize import linear_sum_assignment
except ImportError as missing:
    raise ImportError(explain_missing(missing)) from missing

__all__ = ["align", "match_units", "write_weights"]

LayerParameters = tuple[Array, Array, Array, Array, Array]  # as split_parameters returns them
MOST_SWEEPS = 100


def match_units(reference: Sequence[LayerParameters], layers: Sequence[LayerParameters]) -> list[Array]:
    """The orders of the hidden units of `layers` that are most like those of `reference`: [hidden layer][unit].

    Weight matching (Ainsworth, Hayase & Srinivasa 2023, section 3.2) maximises the inner product of all parameters,
    layer after layer until no layer changes. It starts from the orders that match the incoming weights alone, so a copy
    with units in another order is found exactly.
    """
    orders: list[Array] = []
    for k in range(len(layers) - 1):
        orders.append(assigned(incoming_products(reference[k], layers[k], orders[k - 1] if k else None)))
    for _ in range(MOST_SWEEPS):
        changed = False
        for k, order in enumerate(orders):
            products = incoming_products(reference[k], layers[k], orders[k - 1] if k else None)
            outgoing = layers[k + 1][0] if k + 1 == len(orders) else layers[k + 1][0][orders[k + 1]]
            products += reference[k + 1][0].astype(np.float64).T @ outgoing
            better = assigned(products)
            units = np.arange(len(order))
            if products[units, better].sum() > products[units, order].sum() + 1e-12 * np.abs(products).max():
                orders[k], changed = better, True
        if not changed:
            break
    return orders


def assigned(products: Array) -> Array:
    """The order with the largest sum of products[i, order[i]]. products: [unit, unit]."""
    return np.asarray(linear_sum_assignment(products, maximize=True)[1])


def incoming_products(reference: LayerParameters, layer: LayerParameters, before: Array | None) -> Array:
    """Inner products of the parameters of each unit of a layer of one network with each of the other: [unit, unit].

    before: the order of the units of the layer before; None: inputs.
    """
    weight = layer[0] if before is None else layer[0][:, before]
    products: Array = reference[0].astype(np.float64) @ weight.T
    for of_units, others in zip(reference[1:4], layer[1:4]):
        if len(of_units):
            products += np.outer(of_units.astype(np.float64), others)
    return products


def reordered(layers: Sequence[LayerParameters], orders: Sequence[Array]) -> list[LayerParameters]:
    """The same network with its hidden units in other orders."""
    result = []
    for k, (weight, *of_units, scale) in enumerate(layers):
        if k > 0:
            weight = weight[:, orders[k - 1]]
        if k < len(orders):
            weight, of_units = weight[orders[k]], [values[orders[k]] if len(values) else values for values in of_units]
        bias, gain, shift = of_units
        result.append((weight, bias, gain, shift, scale))
    return result


def align(results: Any, fixed: int, moved: int, which: str | int = "final") -> Array:
    """The weights of two networks, [2, parameters]: of `fixed`, and of `moved` with its hidden units in the orders of
    match_units, which leave its function as it is.

    fixed, moved: numbers of networks of the same layers; which: "initial", "final" or a step of record.weights. Raises
    ValueError for networks with different layers, with residual branches, or without weights.
    """
    reference, layers = (split_parameters(results, network, which) for network in (fixed, moved))
    if [[part.shape for part in layer] for layer in reference] != [[part.shape for part in layer] for layer in layers]:
        raise ValueError(f"networks {fixed} and {moved} have different layers")
    if any(len(scale) for *_, scale in reference):
        raise ValueError("networks with residual branches cannot be aligned: their layers share the order of the units")
    for network, parameters in ((fixed, reference), (moved, layers)):
        if not all(np.isfinite(part).all() for layer in parameters for part in layer):
            raise ValueError(f"network {network} has weights that are missing or not finite")
    both = (reference, reordered(layers, match_units(reference, layers)))
    return np.stack([np.concatenate([part.ravel() for layer in parameters for part in layer]) for parameters in both])


def write_weights(path: str | os.PathLike[str], weights: Array) -> None:
    """Writes weights [networks, parameters] to an HDF5 file that the initialisers `file`, `interpolate` and `plane`
    read. A file of this name is replaced."""
    with replacing(path) as temporary, h5py.File(temporary, "w") as file:
        file["weights_final"] = weights
