"""Results files as xarray datasets, and full grids as cubes over the swept axes."""
from __future__ import annotations

import math
import os
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import xarray

from initsweep.arrays import (Array, check_file, choice_parameters, columns, factorize, format_value, labels,
                              read_attributes, read_structure, read_values, swept_columns)
from initsweep.frames import to_pandas
from initsweep.labelled import final_values

__all__ = ["open_results", "unfold", "SweepAccessor"]

DIMENSIONS = ("network", "record", "layer", "parameter")


def open_results(path: str | os.PathLike[str]) -> xarray.Dataset:
    """Opens a results file.

    Returns a Dataset with the dimensions network, record, layer and, where weights or Hessian eigenvalues were kept,
    parameter. The settings (init, activation, depth, learning_rate, replicate, ...) are coordinates along network, and
    `step` (optimiser steps before a record) is one along record or (network, record); so is `weights_step` along
    weights_record where the weights of some steps were kept. Fill values are NaN, so whole
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


def fill_value(dtype: Any) -> Any:
    """What stands at a point of the grid without a network: NaN, "", -1, or 0 in types that have none of these."""
    return {"f": np.nan, "i": -1, "O": "", "U": ""}.get(dtype.kind, 0)


def sort_numbers(values: Array, codes: Array) -> tuple[Array, Array]:
    """An axis (values, codes) with its values in ascending order if they are numbers."""
    if values.dtype.kind not in "iuf":
        return values, codes
    order = np.argsort(values)
    return values[order], np.argsort(order)[codes]


def unfold(dataset: xarray.Dataset, fill: bool = False) -> xarray.Dataset:
    """Unfolds a grid: network becomes one dimension for each swept axis.

    dataset: as open_results returns it, or some of its variables; they are read into memory. The axes have the names of
    their columns, the slowest first. A named choice and its parameters are one axis, with labels such as
    "constant(value=0.1)". Columns that vary together are one axis; all but the first are coordinates along it.
    Variables [network, ...] become [axis, axis, ..., ...]. Networks whose status is MISSING remain, as fill values.
    fill: points of the grid without a network (of a selection, or a random design) become fill values too: NaN, "", -1,
    and the status MISSING; the values of numeric axes then ascend. Raises ValueError if two networks are at the same
    point, or if there are such points and fill is False; TypeError for Arrays.
    """
    if not isinstance(dataset, xarray.Dataset):
        raise TypeError(f"unfold needs the Dataset of open_results, not {type(dataset).__name__}")
    networks = dataset.sizes["network"]
    axes, along = find_axes(dataset)
    if fill:  # the first appearance says little where networks are missing
        axes = {name: sort_numbers(*axis) for name, axis in axes.items()}
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
    if networks != points and not fill:
        hole = int(np.flatnonzero(~np.isin(np.arange(points), flat))[0])
        raise ValueError(f"cannot unfold: the grid {product} has {points} points and there are {networks} networks; "
                         f"the first without one is ({point_text(axes, hole)}); fill=True fills them")

    def fold(variable: xarray.Variable) -> xarray.Variable:
        if "network" not in variable.dims:
            return variable
        variable = variable.transpose("network", ...)
        empty = 0 if "flag_meanings" in variable.attrs else fill_value(variable.dtype)  # of a status: MISSING
        data = np.full((points, *variable.shape[1:]), empty, variable.dtype)
        data[flat] = variable.values
        data = data.reshape(shape + list(variable.shape[1:]))
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


@xarray.register_dataset_accessor("sweep")
class SweepAccessor:
    """What a Dataset of open_results can do, as `results.sweep`: the functions of this library as methods."""

    def __init__(self, dataset: xarray.Dataset) -> None:
        self.dataset = dataset

    def final(self, quantity: str, layer: int | None = None) -> xarray.DataArray:
        """Last recorded values [network] with the settings as coordinates: final_values."""
        return final_values(self.dataset, quantity, layer)

    def cube(self, fill: bool = False) -> xarray.Dataset:
        """One dimension per axis instead of network: unfold."""
        return unfold(self.dataset, fill)

    def to_pandas(self, names: Iterable[str] | None = None, records: bool = False) -> Any:
        """A tidy table: to_pandas."""
        return to_pandas(self.dataset, names, records)

    def best(self, by: str = "loss", over: str | Sequence[str] = "learning_rate",
             largest: bool | None = None) -> xarray.Dataset:
        """The networks at the best value of one or several settings, chosen separately at each point of the others.

        by: quantity whose median over replicates decides, from the last records; networks that diverged count as the
        worst. over: settings that are chosen; with "replicate" among them single networks compete. largest: whether
        large values are good; by default for names that contain "accuracy". Returns the networks of the best values,
        all replicates of them; the first of equals. Raises ValueError for unknown names.
        """
        dataset, chosen = self.dataset, [over] if isinstance(over, str) else list(over)
        known = columns(dataset)
        for name in chosen:
            if name not in known:
                raise ValueError(f"the file has no setting '{name}'; it has: {', '.join(known)}")
        sign = -1.0 if ("accuracy" in by if largest is None else largest) else 1.0
        score = np.nan_to_num(sign * np.asarray(final_values(dataset, by)), nan=np.inf, posinf=np.inf, neginf=-np.inf)
        inner = [name for axis in chosen for name in (axis, *choice_parameters(dataset, axis, known))]
        outer = [name for name in known if name not in inner and name != "replicate"]
        point, cell = (group_codes(dataset, names) for names in (outer, [*outer, *inner]))
        order = np.lexsort((score, cell))
        starts = np.flatnonzero(np.diff(cell[order], prepend=-1))
        sizes = np.diff(starts, append=len(order))
        with np.errstate(invalid="ignore"):  # of two infinite values
            median = np.nan_to_num((score[order][starts + (sizes - 1) // 2] + score[order][starts + sizes // 2]) / 2,
                                   nan=np.inf, posinf=np.inf, neginf=-np.inf)
        point_of_cell = point[order][starts]
        first_network = np.minimum.reduceat(order, starts)
        ranked = np.lexsort((first_network, median, point_of_cell))
        winners = ranked[np.flatnonzero(np.diff(point_of_cell[ranked], prepend=-1))]
        return dataset.isel(network=np.flatnonzero(np.isin(cell, cell[order][starts][winners])))


def group_codes(dataset: xarray.Dataset, names: Sequence[str]) -> Array:
    """A number from 0 for each combination of some columns, [network]."""
    codes = np.zeros(dataset.sizes["network"], np.int64)
    for name in names:
        codes = codes * dataset.sizes["network"] + factorize(dataset[name].values)[1]
        codes = np.unique(codes, return_inverse=True)[1].ravel()
    return codes
