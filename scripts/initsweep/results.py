"""Results files as xarray datasets, and full grids as cubes over the swept axes."""
from __future__ import annotations

import math
import os
from typing import Any

import numpy as np
import xarray

from initsweep.arrays import (Array, check_file, choice_parameters, columns, factorize, format_value, labels,
                              read_attributes, read_structure, read_values,
                              swept_columns)

__all__ = ["open_results", "unfold"]

DIMENSIONS = ("network", "record", "layer", "parameter")


def open_results(path: str | os.PathLike[str]) -> xarray.Dataset:
    """Opens a results file.

    Returns a Dataset with the dimensions network, record, layer and, where weights or Hessian eigenvalues were kept,
    parameter. The settings (init, activation, depth, learning_rate, replicate, ...) are coordinates along network, and
    `step` (optimiser steps before a record) is one along record or (network, record). Fill values are NaN, so whole
    numbers that have one come as float64. What varies from run to run is in attrs under `provenance_...`. Variables are
    read when they are used, but for the fallback on h5py, which reads all. Raises ValueError if the file is no
    results file of format 1.
    """
    path = os.fspath(path)
    check_file(path)
    for engine in ("netcdf4", "h5netcdf"):
        try:
            dataset = xarray.open_dataset(path, engine=engine)
            provenance = xarray.open_dataset(path, engine=engine, group="provenance").attrs
        except (ImportError, ValueError):  # xarray says ValueError where an engine is not installed
            continue
        return dataset.assign_attrs({f"provenance_{name}": value for name, value in provenance.items()})
    return open_with_h5py(path)


def open_with_h5py(path: str | os.PathLike[str]) -> xarray.Dataset:
    """open_results with h5py alone, which reads the whole file into memory."""
    import h5py
    with h5py.File(path, "r") as file:
        dims, attributes = read_structure(file)
        variables = {name: xarray.Variable(dims[name], read_values(file[name]), attributes[name]) for name in dims}
        attributes_of_file = read_attributes(file)
    return xarray.decode_cf(xarray.Dataset(variables, attrs=attributes_of_file))


def determines(codes: Array, other: Array) -> bool:
    """Whether each value of one column occurs with one value of another only. codes, other: [network], from 0."""
    pairs = np.unique(codes * (int(other.max()) + 1) + other)
    return len(pairs) == len(np.unique(codes))


def find_axes(dataset: xarray.Dataset) -> tuple[dict[str, tuple[Array, Array]], dict[str, str]]:
    """The axes of the grid, the slowest first, and the axis of each column that varies along with one.

    An axis is (values, codes): values [length], codes [network] = index in values.
    """
    swept = swept_columns(dataset)
    axes: dict[str, tuple[Array, Array]] = {}
    along: dict[str, str] = {}
    for name in swept:
        for parameter in choice_parameters(dataset, name, swept):
            along[parameter] = name
    for name in swept:
        if name not in along:
            axes[name] = factorize(labels(dataset, name))
    # columns that vary together (zip) are one axis: the column that determines the others, the first of equals
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


def point_text(axes: dict[str, tuple[Array, Array]], flat: int) -> str:
    """A point of the grid as text, from its index in row-major order."""
    index = np.unravel_index(flat, [len(values) for values, _ in axes.values()])
    return ", ".join(f"{name}={format_value(values[i])}" for (name, (values, _)), i in zip(axes.items(), index))


def unfold(dataset: xarray.Dataset) -> xarray.Dataset:
    """Unfolds a full grid: network becomes one dimension for each swept axis.

    dataset: as open_results returns it, or some of its variables; they are read into memory. The axes have the names of
    their columns, the slowest first. A named choice and its parameters are one axis, with labels such as
    "constant(value=0.1)". Columns that vary together are one axis; all but the first are coordinates along it.
    Variables [network, ...] become [axis, axis, ..., ...]. Networks whose status is MISSING remain, as fill values.
    Raises ValueError if the networks do not fill the grid, or two of them are at the same point.
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
        point = point_text(axes, int(flat[one]))
        raise ValueError(f"cannot unfold: networks {one} and {other} are both at ({point})")
    if networks != points:
        hole = int(np.flatnonzero(~np.isin(np.arange(points), flat))[0])
        raise ValueError(f"cannot unfold: the grid {product} has {points} points and there are {networks} networks; "
                         f"the first without one is ({point_text(axes, hole)})")

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
