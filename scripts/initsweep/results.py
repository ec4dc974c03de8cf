"""Results files as xarray datasets."""
from __future__ import annotations

import math
import os
from typing import Any, Sequence

import numpy as np
import xarray

# Values of `status`.
MISSING, COMPLETED, STOPPED, DIVERGED, SKIPPED = 0, 1, 2, 3, 4

FORMAT = "initsweep results"
FORMAT_VERSION = 1
DIMENSIONS = ("network", "record", "layer", "parameter")


def open_results(path: str | os.PathLike[str]) -> xarray.Dataset:
    """Opens a results file.

    Returns a Dataset with the dimensions network, record, layer and, where weights or Hessian eigenvalues were kept, parameter. The settings
    (init, activation, depth, learning_rate, replicate, ...) are coordinates along network, and `step` (optimiser steps
    before a record) is one along record or (network, record). Fill values are NaN, so whole numbers that have one come as
    float64. What varies from run to run is in attrs under `provenance_...`. Variables are read when they are used, but for
    the fallback on h5py, which reads all. Raises ValueError where the file is no results file of format 1.
    """
    path = os.fspath(path)
    check_file(path)
    for engine in ("netcdf4", "h5netcdf"):
        try:
            dataset = xarray.open_dataset(path, engine=engine)
            provenance = xarray.open_dataset(path, engine=engine, group="provenance").attrs
        except (ImportError, ValueError):  # xarray says ValueError where an engine is not installed
            continue
        return with_provenance(dataset, provenance)
    return open_with_h5py(path)


def check_file(path: str) -> None:
    """Raises ValueError with a reason where `path` is no results file of a format that this library reads."""
    import h5py
    if not os.path.exists(path):
        raise FileNotFoundError(f"{path}: no such file")
    if not h5py.is_hdf5(path):
        raise ValueError(f"{path}: not an HDF5 file")
    with h5py.File(path, "r") as file:
        if file.attrs.get("format") != FORMAT:
            raise ValueError(f"{path}: not a results file of initsweep")
        if int(file.attrs.get("format_version", 0)) != FORMAT_VERSION:
            raise ValueError(f"{path}: format {file.attrs.get('format_version')}; this library reads format "
                             f"{FORMAT_VERSION}")


def with_provenance(dataset: xarray.Dataset, provenance: dict[str, Any]) -> xarray.Dataset:
    """The dataset with the attributes of the group /provenance beside its own."""
    return dataset.assign_attrs({f"provenance_{name}": value for name, value in provenance.items()})


def open_with_h5py(path: str) -> xarray.Dataset:
    """open_results by h5py alone: reads everything into memory."""
    import h5py
    variables: dict[str, xarray.Variable] = {}
    with h5py.File(path, "r") as file:
        for name, node in file.items():
            if not isinstance(node, h5py.Dataset):
                continue
            scale = node.attrs.get("CLASS") == b"DIMENSION_SCALE"
            dims = [name] if scale else [node.dims[d][0].name.lstrip("/") for d in range(node.ndim)]
            text = h5py.check_string_dtype(node.dtype) is not None
            attributes = {key: value for key, value in node.attrs.items()
                          if key not in ("DIMENSION_LIST", "REFERENCE_LIST", "CLASS", "NAME")}
            variables[name] = xarray.Variable(dims, node.asstr()[()] if text else node[()], attributes)
        attributes = dict(file.attrs)
        provenance = dict(file["provenance"].attrs) if "provenance" in file else {}
    return with_provenance(xarray.decode_cf(xarray.Dataset(variables, attrs=attributes)), provenance)


def columns(dataset: xarray.Dataset) -> list[str]:
    """Names of the settings: coordinates along network that carry the `path` of a setting, in the file's order."""
    return [str(name) for name, variable in dataset.variables.items()
            if variable.dims == ("network",) and "path" in variable.attrs]


def codes_of(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Numbers the different values of an array in the order in which they first appear; NaN is one value.

    values: [network]. Returns (values, [different]) and (codes, [network] int64).
    """
    different, first, codes = np.unique(values, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return different[order], rank[codes.reshape(values.shape)]


def swept_columns(dataset: xarray.Dataset) -> list[str]:
    """Names of the settings that have more than one value."""
    return [name for name in columns(dataset) if len(codes_of(dataset[name].values)[0]) > 1]


def parameters_of(dataset: xarray.Dataset, column: str, among: Sequence[str]) -> list[str]:
    """The columns that are parameters of a column's named choice: init_value belongs to init."""
    if dataset[column].dtype.kind not in "OUS":
        return []
    path = dataset[column].attrs.get("path", column)
    return [name for name in among if name.startswith(column + "_") and name != column and
            str(dataset[name].attrs.get("path", "")).startswith(path)]


def as_text(value: Any) -> str:
    """A value as a person writes it."""
    if isinstance(value, (float, np.floating)):
        return f"{value:.6g}"
    return str(value)


def labels(dataset: xarray.Dataset, column: str) -> np.ndarray:
    """A setting's value for each network, for people and for grouping.

    [network]: numbers as they are; the texts of a named choice with the parameters that vary within it, as in
    "constant(value=0.1)".
    """
    values = dataset[column].values
    parameters = [name for name in parameters_of(dataset, column, columns(dataset))]
    if not parameters:
        return values
    result = values.astype(object)
    for choice in codes_of(values)[0]:
        mine = values == choice
        varying = [name for name in parameters if len(codes_of(dataset[name].values[mine])[0]) > 1]
        for network in np.flatnonzero(mine) if varying else []:
            parts = [f"{name[len(column) + 1:]}={as_text(dataset[name].values[network])}" for name in varying]
            result[network] = f"{choice}({', '.join(parts)})"
    return result


def determines(codes: np.ndarray, other: np.ndarray) -> bool:
    """Whether each value of one column comes with one value of another. codes, other: [network] numbers from 0."""
    pairs = np.unique(codes * (int(other.max()) + 1) + other)
    return len(pairs) == len(np.unique(codes))


def find_axes(dataset: xarray.Dataset) -> tuple[dict[str, tuple[np.ndarray, np.ndarray]], dict[str, str]]:
    """The axes of the grid, the slowest first, and for each column that moves with an axis that axis's name.

    An axis is (values, codes): values [length], codes [network] = index in values.
    """
    swept = swept_columns(dataset)
    axes: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    along: dict[str, str] = {}
    for name in swept:
        for parameter in parameters_of(dataset, name, swept):
            along[parameter] = name
    for name in swept:
        if name not in along:
            axes[name] = codes_of(labels(dataset, name))
    # columns that move together (zip) are one axis: the one that the others follow from, the first where all do
    for name in list(axes):
        followers = [other for other in axes if other != name and determines(axes[other][1], axes[name][1])]
        leader = next((other for other in followers if swept.index(other) < swept.index(name) or
                       not determines(axes[name][1], axes[other][1])), None)
        if leader is not None:
            along = {key: leader if value == name else value for key, value in along.items()}
            along[name] = leader
            del axes[name]
    slowness = {name: int(np.count_nonzero(np.diff(codes))) for name, (_, codes) in axes.items()}
    return dict(sorted(axes.items(), key=lambda item: slowness[item[0]])), along


def point_text(axes: dict[str, tuple[np.ndarray, np.ndarray]], flat: int) -> str:
    """A point of the grid in words, from its index in row-major order."""
    index = np.unravel_index(flat, [len(values) for values, _ in axes.values()])
    return ", ".join(f"{name}={as_text(values[i])}" for (name, (values, _)), i in zip(axes.items(), index))


def unfold(dataset: xarray.Dataset) -> xarray.Dataset:
    """Unfolds a full grid: network becomes one dimension for each swept axis.

    dataset: as open_results gives it, or a part of its variables; read into memory. The axes are named as their columns
    and stand slowest first; a named choice and its parameters are one axis with labels like "constant(value=0.1)"; columns
    that move together are one axis, and the others are coordinates along it. Variables [network, ...] become
    [axis, axis, ..., ...]. Networks whose status is MISSING stay, as fill values. Raises ValueError where networks do not
    fill the grid, or two of them stand at the same point.
    """
    networks = dataset.sizes["network"]
    axes, along = find_axes(dataset)
    shape = [len(values) for values, _ in axes.values()]
    points = math.prod(shape)
    product = " x ".join(f"{name} ({length})" for name, length in zip(axes, shape)) or "no axis"
    flat = np.zeros(networks, dtype=np.int64)
    for (_, codes), length in zip(axes.values(), shape):
        flat = flat * length + codes
    order = np.argsort(flat, kind="stable")
    twice = np.flatnonzero(np.diff(flat[order]) == 0)
    if len(twice):
        one, other = order[twice[0]], order[twice[0] + 1]
        raise ValueError(f"cannot unfold: networks {one} and {other} both stand at ({point_text(axes, int(flat[one]))})")
    if networks != points:
        hole = int(np.flatnonzero(~np.isin(np.arange(points), flat))[0])
        raise ValueError(f"cannot unfold: the grid {product} has {points} points and there are {networks} networks; "
                         f"({point_text(axes, hole)}) is the first without one")

    def fold(variable: xarray.Variable) -> xarray.Variable:
        if "network" not in variable.dims:
            return variable
        variable = variable.transpose("network", ...)
        data = variable.values[order].reshape(shape + list(variable.shape[1:]))
        return xarray.Variable(list(axes) + list(variable.dims[1:]), data, variable.attrs)

    own = {name: (name, values, dataset[name].attrs) for name, (values, _) in axes.items()}
    beside: dict[str, xarray.Variable] = {}
    for name, axis in along.items():
        _, first = np.unique(axes[axis][1], return_index=True)
        beside[name] = xarray.Variable(axis, dataset[name].values[first], dataset[name].attrs)
    constant = [name for name in columns(dataset) if name not in axes and name not in along]
    coordinates = {name: fold(variable.variable) for name, variable in dataset.coords.items()
                   if name not in axes and name not in along and name not in constant}
    for name in constant:
        if networks:
            coordinates[name] = xarray.Variable((), dataset[name].values[0], dataset[name].attrs)
    variables = {name: fold(dataset[name].variable) for name in dataset.data_vars}
    return xarray.Dataset(variables, coords={**coordinates, **own, **beside}, attrs=dataset.attrs)


def split_weights(dataset: xarray.Dataset, network: int,
                  which: str = "final") -> list[tuple[np.ndarray, np.ndarray]]:
    """Weights and biases of one network, layer by layer.

    network: its number. which: "initial" or "final". Returns for each weight layer (weight [fan_out, fan_in], bias
    [fan_out]) in the sweep's precision, NaN where the network is missing. The scales of residual branches are left out
    (residual_scales has them). Raises ValueError where the file does not keep these weights.
    """
    return [(weight, bias) for weight, bias, _ in split_parameters(dataset, network, which)]


def residual_scales(dataset: xarray.Dataset, network: int, which: str = "final") -> np.ndarray:
    """The scale alpha of each residual branch h + alpha f(h) of one network, [branches] in the sweep's precision.

    network, which, errors: as split_weights. Empty where the network has no branches.
    """
    return np.concatenate([scale for *_, scale in split_parameters(dataset, network, which)])


def split_parameters(dataset: xarray.Dataset, network: int,
                     which: str) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """For each weight layer weight [fan_out, fan_in], bias [fan_out] and the scale of the branch that ends there, [1] or [0]."""
    name = f"weights_{which}"
    if which not in ("initial", "final"):
        raise ValueError(f"which is 'initial' or 'final', not {which!r}")
    if name not in dataset:
        raise ValueError(f"the sweep kept no {which} weights (record.weights)")
    one = dataset[[name, "layer_size", "features"]].sel(network=network)
    branch_layers = int(one["branch_layers"]) if "branch_layers" in one.coords else 0
    flat = one[name].values
    sizes = [int(one["features"])] + [int(size) for size in one["layer_size"].values if np.isfinite(size) and size >= 0]
    layers, start = [], 0
    for k, (fan_in, fan_out) in enumerate(zip(sizes, sizes[1:])):
        end = start + fan_out * fan_in
        scale = end + fan_out
        start = scale + (branch_layers > 0 and 0 < k < len(sizes) - 2 and k % branch_layers == 0)
        layers.append((flat[end - fan_out * fan_in:end].reshape(fan_out, fan_in), flat[end:scale], flat[scale:start]))
    return layers


def final_values(dataset: xarray.Dataset, quantity: str) -> np.ndarray:
    """The last recorded value of a quantity without layers.

    Returns [network] float64 in the quantity's units: NaN for networks that are missing or diverged, and for those whose
    last value is not finite.
    """
    values = dataset[quantity].transpose("network", "record").values.astype(np.float64)
    recorded = np.isfinite(values)
    last = values.shape[1] - 1 - np.argmax(recorded[:, ::-1], axis=1) if values.shape[1] else None
    if last is None:
        return np.full(values.shape[0], np.nan)
    final = np.where(recorded.any(axis=1), values[np.arange(values.shape[0]), last], np.nan)
    ended = np.isin(dataset["status"].values, (COMPLETED, STOPPED))
    return np.where(ended, final, np.nan)
