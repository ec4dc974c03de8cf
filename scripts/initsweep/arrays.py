"""Results files without xarray: a view of named NumPy arrays, and all that works on it as on a Dataset."""
from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any, Sequence, TypeVar

import numpy as np
import numpy.typing

# Values of `status`.
MISSING, COMPLETED, STOPPED, DIVERGED, SKIPPED = 0, 1, 2, 3, 4

FORMAT = "initsweep results"
FORMAT_VERSION = 1

# Any shape and type of numbers or texts; docstrings say which.
Array = numpy.typing.NDArray[Any]

# An Arrays, or an xarray.Dataset of open_results.
Results = TypeVar("Results", bound=Any)


class Arrays(Mapping[str, Array]):
    """The variables of a results file by name, as NumPy arrays; each is read when it is first asked for.

    attrs: the file's attributes. dims[name]: names of an array's dimensions. attributes[name]: an array's attributes (path of
    a setting, long_name, units). Fill values are NaN, so whole numbers that have one come as float64, as xarray does it.
    """

    def __init__(self, path: str, attrs: dict[str, Any], dims: dict[str, tuple[str, ...]],
                 attributes: dict[str, dict[str, Any]], networks: Array | None = None) -> None:
        self.path, self.attrs, self.dims, self.attributes, self.networks = path, attrs, dims, attributes, networks
        self.cache: dict[str, Array] = {}

    def __getitem__(self, name: str) -> Array:
        if name not in self.dims:
            raise KeyError(name)
        if name not in self.cache:
            self.cache[name] = self.read(name)
        return self.cache[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.dims)

    def __len__(self) -> int:
        return len(self.dims)

    def read(self, name: str) -> Array:
        """An array from the file, of the networks of this view."""
        import h5py
        with h5py.File(self.path, "r") as file:
            node = file[name]
            values = node.asstr()[()] if h5py.check_string_dtype(node.dtype) is not None else node[()]
        fill = self.attributes[name].get("_FillValue")
        if fill is not None and values.dtype.kind in "iu":
            values = np.where(values == fill, np.nan, values.astype(np.float64))
        return np.asarray(values[self.networks] if self.networks is not None and self.dims[name][:1] == ("network",) else values)

    def take(self, positions: Array) -> Arrays:
        """A view of some networks. positions: [chosen] whole numbers, or [network] booleans."""
        every = np.arange(len(self["network"])) if self.networks is None else self.networks
        return Arrays(self.path, self.attrs, self.dims, self.attributes, every[positions])


def open_arrays(path: str | os.PathLike[str]) -> Arrays:
    """Opens a results file with h5py alone. Raises ValueError where the file is no results file of format 1."""
    import h5py
    path = os.fspath(path)
    check_file(path)
    dims: dict[str, tuple[str, ...]] = {}
    attributes: dict[str, dict[str, Any]] = {}
    with h5py.File(path, "r") as file:
        for name, node in file.items():
            if isinstance(node, h5py.Dataset):
                scale = node.attrs.get("CLASS") == b"DIMENSION_SCALE"
                dims[name] = (name,) if scale else tuple(node.dims[d][0].name.lstrip("/") for d in range(node.ndim))
                attributes[name] = {key: value for key, value in node.attrs.items()
                                    if key not in ("DIMENSION_LIST", "REFERENCE_LIST", "CLASS", "NAME")}
        return Arrays(path, dict(file.attrs), dims, attributes)


def attributes_of(results: Any, name: str) -> dict[str, Any]:
    """Attributes of a variable."""
    return results.attributes[name] if isinstance(results, Arrays) else dict(results[name].attrs)


def dims_of(results: Any, name: str) -> tuple[str, ...]:
    """Names of a variable's dimensions."""
    return results.dims[name] if isinstance(results, Arrays) else tuple(results[name].dims)


def take(results: Results, positions: Array) -> Results:
    """The results of some networks. positions: [chosen] whole numbers, or [network] booleans."""
    chosen: Results = results.take(positions) if isinstance(results, Arrays) else results.isel(network=positions)
    return chosen


def values_of(results: Any, name: str) -> Array:
    """A variable as a NumPy array."""
    return np.asarray(results[name])


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


def columns(results: Any) -> list[str]:
    """Names of the settings: variables along network that carry the `path` of a setting, in the file's order."""
    names = results if isinstance(results, Arrays) else results.variables
    return [str(name) for name in names
            if dims_of(results, name) == ("network",) and "path" in attributes_of(results, name)]


def codes_of(values: Array) -> tuple[Array, Array]:
    """Numbers the different values of an array in the order in which they first appear; NaN is one value.

    values: [network]. Returns (values, [different]) and (codes, [network] int64).
    """
    different, first, codes = np.unique(values, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return different[order], rank[codes.reshape(values.shape)]


def swept_columns(results: Any) -> list[str]:
    """Names of the settings that have more than one value."""
    return [name for name in columns(results) if len(codes_of(values_of(results, name))[0]) > 1]


def parameters_of(results: Any, column: str, among: Sequence[str]) -> list[str]:
    """The columns that are parameters of a column's named choice: init_value belongs to init, init_noise does not."""
    if values_of(results, column).dtype.kind not in "OUS":
        return []
    path = attributes_of(results, column).get("path", column)
    return [name for name in among if name.startswith(column + "_") and name != column and
            f"{attributes_of(results, name).get('path', '')}.".startswith(f"{path}.")]


def as_text(value: Any) -> str:
    """A value as a person writes it."""
    if isinstance(value, (float, np.floating)):
        return f"{value:.6g}"
    return str(value)


def labels(results: Any, column: str) -> Array:
    """A setting's value for each network, for people and for grouping.

    [network]: numbers as they are; the texts of a named choice with the parameters that vary within it, as in
    "constant(value=0.1)".
    """
    values = values_of(results, column)
    parameters = [name for name in parameters_of(results, column, columns(results))]
    if not parameters:
        return values
    result = values.astype(object)
    for choice in codes_of(values)[0]:
        mine = np.asarray(values == choice)
        varying = [name for name in parameters if len(codes_of(values_of(results, name)[mine])[0]) > 1]
        for network in np.flatnonzero(mine & bool(varying)):
            parts = [f"{name[len(column) + 1:]}={as_text(values_of(results, name)[network])}" for name in varying]
            result[network] = f"{choice}({', '.join(parts)})"
    return result


def position_of(results: Any, network: int) -> int:
    """Where a network stands in the results, which may be a selection. Raises ValueError where it is not there."""
    found = np.flatnonzero(values_of(results, "network") == network)
    if not len(found):
        raise ValueError(f"there is no network {network} in these results")
    return int(found[0])


def select(results: Results, **settings: Any) -> Results:
    """The networks whose settings have these values.

    settings: column=value, or column=[values], of the columns of the file; a named choice goes by its name ("constant") or
    with its parameters, as labels gives it ("constant(value=0.1)"). Numbers match to 12 digits. Returns a Dataset for a
    Dataset and an Arrays for an Arrays. Raises ValueError for an unknown column, or a value that no network has.

        select(results, init=["zeros", "he_normal"], depth=2)
    """
    good = columns(results)
    chosen = np.ones(len(values_of(results, "network")), bool)
    for name, wanted in settings.items():
        if name not in good:
            raise ValueError(f"the file has no setting '{name}'; it has: {', '.join(good)}")
        values, texts = values_of(results, name), labels(results, name)
        some = np.zeros(len(chosen), bool)
        for value in wanted if isinstance(wanted, (list, tuple, set, np.ndarray)) else [wanted]:
            if values.dtype.kind in "iuf":
                mine = np.isclose(values, value, rtol=1e-12, atol=0)
            else:
                mine = (values == value) | (texts == value)
            if not mine.any():
                there = ", ".join(as_text(text) for text in codes_of(texts)[0][:20])
                raise ValueError(f"no network has {name} = {as_text(value)}; there are: {there}")
            some |= mine
        chosen &= some
    return take(results, np.flatnonzero(chosen))


def select_texts(results: Results, wishes: Sequence[str]) -> Results:
    """select, as the scripts' option --select has it.

    wishes: each "SETTING=VALUE,..."; a network is kept that meets them all. A comma inside parentheses belongs to the value:
    init=normal(mean=0, std=1). Raises ValueError as select does, and for a text that is none of these.
    """
    for wish in wishes:
        name, equals, text = wish.partition("=")
        if not equals:
            raise ValueError(f"--select {wish}: expected SETTING=VALUE, as in depth=2")
        values: list[Any] = re.split(r",\s*(?![^()]*\))", text)
        if name in columns(results) and values_of(results, name).dtype.kind in "iuf":
            try:
                values = [float(value) for value in values]
            except ValueError:
                raise ValueError(f"--select {wish}: {name} is a number") from None
        results = select(results, **{name: values})
    return results


def pair_replicates(results: Any, setting: str, one: Any, other: Any) -> tuple[Array, Array]:
    """Networks that differ in one setting and share all others, the replicate with them.

    The same replicate draws the same standard random numbers under every value, so differences are paired. one, other: two
    values as select takes them. Returns (positions under `one`, positions under `other`), each [pairs] int64, in the order
    of the first; networks without a counterpart are left out. Raises ValueError where a value has two networks at one
    point of the other settings (then one must be selected), or nothing pairs.

        a, b = pair_replicates(results, "init", "zeros", "he_normal")
        difference = final[a] - final[b]
    """
    names = columns(results)
    within = [setting, *parameters_of(results, setting, names)] if setting in names else [setting]
    others = [codes_of(values_of(results, name))[1] for name in names if name not in within]
    point = np.unique(np.stack(others, axis=1), axis=0, return_inverse=True)[1].ravel() if others \
        else np.zeros(len(values_of(results, "network")), np.int64)
    sides = []
    for value in (one, other):
        chosen = select(results, **{setting: value})
        positions = np.flatnonzero(np.isin(values_of(results, "network"), values_of(chosen, "network")))
        if len(np.unique(point[positions])) < len(positions):
            raise ValueError(f"cannot pair: several networks have {setting} = {as_text(value)} and all else the same")
        sides.append(positions)
    shared, first, second = np.intersect1d(point[sides[0]], point[sides[1]], return_indices=True)
    if not len(shared):
        raise ValueError(f"nothing pairs: no two networks differ in {setting} alone")
    order = np.argsort(sides[0][first], kind="stable")
    return sides[0][first][order], sides[1][second][order]


def split_weights(results: Any, network: int,
                  which: str = "final") -> list[tuple[Array, Array]]:
    """Weights and biases of one network, layer by layer.

    network: its number. which: "initial" or "final". Returns for each weight layer (weight [fan_out, fan_in], bias
    [fan_out]) in the sweep's precision, NaN where the network is missing. The scales of residual branches are left out
    (residual_scales has them). Raises ValueError where the file does not keep these weights.
    """
    return [(weight, bias) for weight, bias, _ in split_parameters(results, network, which)]


def residual_scales(results: Any, network: int, which: str = "final") -> Array:
    """The scale alpha of each residual branch h + alpha f(h) of one network, [branches] in the sweep's precision.

    network, which, errors: as split_weights. Empty where the network has no branches.
    """
    return np.concatenate([scale for *_, scale in split_parameters(results, network, which)])


def split_parameters(results: Any, network: int,
                     which: str) -> list[tuple[Array, Array, Array]]:
    """For each weight layer weight [fan_out, fan_in], bias [fan_out] and the scale of the branch that ends there, [1] or [0]."""
    name = f"weights_{which}"
    if which not in ("initial", "final"):
        raise ValueError(f"which is 'initial' or 'final', not {which!r}")
    if name not in results:
        raise ValueError(f"the sweep kept no {which} weights (record.weights)")
    at = position_of(results, network)
    branch_layers = int(values_of(results, "branch_layers")[at]) if "branch_layers" in columns(results) else 0
    flat = np.asarray(results[name][at])
    hidden_and_outputs = np.asarray(results["layer_size"][at])
    sizes = [int(values_of(results, "features")[at])]
    sizes += [int(size) for size in hidden_and_outputs if np.isfinite(size) and size >= 0]
    layers, start = [], 0
    for k, (fan_in, fan_out) in enumerate(zip(sizes, sizes[1:])):
        end = start + fan_out * fan_in
        scale = end + fan_out
        start = scale + (branch_layers > 0 and 0 < k < len(sizes) - 2 and k % branch_layers == 0)
        layers.append((flat[end - fan_out * fan_in:end].reshape(fan_out, fan_in), flat[end:scale], flat[scale:start]))
    return layers


def final_values(results: Any, quantity: str, layer: int | None = None) -> Array:
    """The last recorded value of a quantity, of one layer (from 1) where it has layers.

    Returns [network] float64 in the quantity's units: NaN for networks that are missing or diverged, and for those whose
    last value is not finite.
    """
    values = values_of(results, quantity).astype(np.float64)
    values = values if layer is None else values[:, :, layer - 1]
    recorded = np.isfinite(values)
    last = values.shape[1] - 1 - np.argmax(recorded[:, ::-1], axis=1) if values.shape[1] else None
    if last is None:
        return np.full(values.shape[0], np.nan)
    final = np.where(recorded.any(axis=1), values[np.arange(values.shape[0]), last], np.nan)
    ended = np.isin(values_of(results, "status"), (COMPLETED, STOPPED))
    return np.where(ended, final, np.nan)
