"""Results files as a mapping of names to NumPy arrays, and the functions that also work on an xarray Dataset."""
from __future__ import annotations

import functools
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing

# Values of the variable `status`.
MISSING, COMPLETED, STOPPED, DIVERGED, SKIPPED = 0, 1, 2, 3, 4

FORMAT = "initsweep results"
FORMAT_VERSION = 1

# Two values of a setting with decimals are the same if they differ by no more than this share of their size.
RELATIVE_TOLERANCE = 1e-9

# Attributes by which HDF5 itself keeps the dimensions of a variable.
DIMENSION_ATTRIBUTES = ("DIMENSION_LIST", "REFERENCE_LIST", "CLASS", "NAME")

# Any shape and type of numbers or texts; docstrings say which.
Array = numpy.typing.NDArray[Any]

# An Arrays of open_arrays, or an xarray.Dataset of open_results.
Results = TypeVar("Results", bound=Any)


class Arrays(Mapping[str, Array]):
    """The variables of a results file by name, as NumPy arrays; each is read when it is first used.

    attrs: the file's attributes, those of the group /provenance as `provenance_...`. dims[name]: names of an array's
    dimensions. attributes[name]: an array's attributes (path of a setting, long_name, units). Fill values are NaN, so
    whole numbers that have one come as float64, as in xarray.
    """

    def __init__(self, attrs: dict[str, Any], dims: dict[str, tuple[str, ...]], attributes: dict[str, dict[str, Any]],
                 read: Callable[[str], Array]) -> None:
        """read: gives the values of a variable."""
        self.attrs, self.dims, self.attributes, self.read = attrs, dims, attributes, read
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

    def take(self, positions: Array) -> Arrays:
        """A view of some networks. positions: [selected] whole numbers, or [network] booleans."""
        def read(name: str) -> Array:
            return np.asarray(self[name][positions] if self.dims[name][:1] == ("network",) else self[name])
        return Arrays(self.attrs, self.dims, self.attributes, read)


def read_values(node: Any) -> Array:
    """All values of an HDF5 dataset, text as str."""
    import h5py
    return np.asarray(node.asstr()[()] if h5py.check_string_dtype(node.dtype) is not None else node[()])


def read_structure(file: Any) -> tuple[dict[str, tuple[str, ...]], dict[str, dict[str, Any]]]:
    """Names of the dimensions, and the attributes, of each variable of an open results file."""
    import h5py
    dims: dict[str, tuple[str, ...]] = {}
    attributes: dict[str, dict[str, Any]] = {}
    for name, node in file.items():
        if isinstance(node, h5py.Dataset):
            is_scale = node.attrs.get("CLASS") == b"DIMENSION_SCALE"
            dims[name] = (name,) if is_scale else tuple(node.dims[d][0].name.lstrip("/") for d in range(node.ndim))
            attributes[name] = {key: value.decode() if isinstance(value, bytes) else value  # texts of fixed length
                                for key, value in node.attrs.items() if key not in DIMENSION_ATTRIBUTES}
    return dims, attributes


def read_attributes(file: Any) -> dict[str, Any]:
    """Attributes of an open results file, those of the group /provenance as `provenance_...`."""
    provenance = dict(file["provenance"].attrs) if "provenance" in file else {}
    return {**file.attrs, **{f"provenance_{name}": value for name, value in provenance.items()}}


def open_arrays(path: str | os.PathLike[str]) -> Arrays:
    """Opens a results file with h5py alone. Raises ValueError if the file is not a results file of format 1."""
    import h5py
    path = os.fspath(path)
    check_file(path)
    with h5py.File(path, "r") as file:
        dims, attributes = read_structure(file)
        attrs = read_attributes(file)

    def read(name: str) -> Array:
        with h5py.File(path, "r") as file:
            values = read_values(file[name])
        fill = attributes[name].get("_FillValue")
        if fill is not None and values.dtype.kind in "iu":
            values = np.where(values == fill, np.nan, values.astype(np.float64))
        return values

    return Arrays(attrs, dims, attributes, read)


def get_attributes(results: Any, name: str) -> dict[str, Any]:
    """Attributes of a variable."""
    return results.attributes[name] if isinstance(results, Arrays) else dict(results[name].attrs)


def get_dims(results: Any, name: str) -> tuple[str, ...]:
    """Names of a variable's dimensions."""
    return results.dims[name] if isinstance(results, Arrays) else tuple(results[name].dims)


def take_networks(results: Results, positions: Array) -> Results:
    """The results of some networks. positions: [selected] whole numbers, or [network] booleans."""
    selected: Results = results.take(positions) if isinstance(results, Arrays) else results.isel(network=positions)
    return selected


@functools.lru_cache(maxsize=8)
def parse_settings(text: str) -> Any:
    """The settings of a file, which are asked for network by network: reading them takes longer than all else."""
    import yaml
    return yaml.safe_load(text) or {}


def read_settings(results: Any, path: str) -> Any:
    """What the sweep's settings outside of its grid have at a dotted path, as "network.activation"; None if nothing."""
    node = parse_settings(str(results.attrs.get("settings", "")))
    for part in path.split("."):
        node = node.get(part) if isinstance(node, dict) else None
    return node


def get_values(results: Any, name: str) -> Array:
    """A variable as a NumPy array."""
    return np.asarray(results[name])


def check_file(path: str) -> None:
    """Raises ValueError with a reason if `path` is not a results file in a format that this library reads."""
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
    """Names of the settings, in the file's order: the variables along network that have the `path` of a setting.

    Raises TypeError for anything that is not a Dataset or Arrays.
    """
    if not hasattr(results, "attrs"):
        raise TypeError(f"results must be what open_results or open_arrays returns, not {results!r:.60}")
    names = results if isinstance(results, Arrays) else results.variables
    return [str(name) for name in names
            if get_dims(results, name) == ("network",) and "path" in get_attributes(results, name)]


def factorize(values: Array) -> tuple[Array, Array]:
    """The distinct values of an array in the order of their first appearance, and the index of each element's value.

    values: [network]; NaN is one value. Returns (values [distinct], codes [network] int64).
    """
    distinct, first, codes = np.unique(values, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return distinct[order], rank[codes.reshape(values.shape)]


def swept_columns(results: Any) -> list[str]:
    """Names of the settings with more than one value."""
    return [name for name in columns(results) if len(factorize(get_values(results, name))[0]) > 1]


def choice_parameters(results: Any, column: str, among: Sequence[str]) -> list[str]:
    """Those of some columns that are parameters of a column's named choice: init_value of init, but not init_noise."""
    if get_values(results, column).dtype.kind not in "OUS":
        return []
    path = get_attributes(results, column).get("path", column)
    return [name for name in among if name.startswith(column + "_") and name != column and
            f"{get_attributes(results, name).get('path', '')}.".startswith(f"{path}.")]


def format_value(value: Any) -> str:
    """A value as text, numbers with six digits."""
    if isinstance(value, (float, np.floating)):
        return f"{value:.6g}"
    return str(value)


def labels(results: Any, column: str) -> Array:
    """A setting's value for each network, for readers and for grouping.

    Returns [network]: numbers as they are; names of a choice with the parameters that vary among the networks of that
    choice, as "constant(value=0.1)". Raises ValueError for an unknown setting.
    """
    if column not in results:
        raise ValueError(f"the file has no setting '{column}'; it has: {', '.join(columns(results))}")
    values = get_values(results, column)
    parameters = choice_parameters(results, column, columns(results))
    if not parameters:
        return values
    result = values.astype(object)
    for choice in factorize(values)[0]:
        own = np.asarray(values == choice)
        varying = [name for name in parameters if len(factorize(get_values(results, name)[own])[0]) > 1]
        for network in np.flatnonzero(own & bool(varying)):
            parts = [f"{name[len(column) + 1:]}={format_value(get_values(results, name)[network])}" for name in varying]
            result[network] = f"{choice}({', '.join(parts)})"
    return result


def network_position(results: Any, network: int) -> int:
    """Position of a network in the results, which may be a selection. Raises ValueError if it is not there."""
    found = np.flatnonzero(get_values(results, "network") == network)
    if not len(found):
        raise ValueError(f"there is no network {network} in these results")
    return int(found[0])


def match_values(values: Array, wanted: Any) -> Array:
    """Which values of a setting equal a wanted one, [network] booleans.

    Text and whole numbers must be the same; numbers with decimals may differ by RELATIVE_TOLERANCE. values: [network];
    wanted: one value. A number is never equal to a text.
    """
    if values.dtype.kind in "iuf" and isinstance(wanted, str):
        return np.zeros(len(values), bool)
    if values.dtype.kind == "f":
        return np.isclose(values, wanted, rtol=RELATIVE_TOLERANCE, atol=0)
    return np.asarray(values.astype(object) == wanted)


def match_setting(results: Any, name: str, wanted: Any) -> Array:
    """Which networks have one of the wanted values of a setting, [network] booleans.

    wanted: a value or several, as select takes them. Raises ValueError for an unknown setting, or a value that no
    network has.
    """
    known = columns(results)
    if name not in known:
        raise ValueError(f"the file has no setting '{name}'; it has: {', '.join(known)}")
    values = get_values(results, name)
    is_text = values.dtype.kind not in "iuf"
    matches = np.zeros(len(values), bool)
    for value in wanted if isinstance(wanted, (list, tuple, set, range, np.ndarray)) else [wanted]:
        own = match_values(values, value)
        if is_text and not own.any():
            own = match_values(labels(results, name), value)
        if not own.any():
            present = ", ".join(format_value(text) for text in factorize(labels(results, name))[0][:20])
            raise ValueError(f"no network has {name} = {format_value(value)}; there are: {present}")
        matches |= own
    return matches


def select(results: Results, **settings: Any) -> Results:
    """The networks whose settings have these values.

    settings: column=value, or column=[values], of the columns of the file. A named choice is given by its name
    ("constant") or with its parameters, as labels writes it ("constant(value=0.1)"). Whole numbers and text must be
    equal, numbers with decimals to a relative 1e-9. Returns a Dataset for a Dataset and an Arrays for an Arrays. Raises
    ValueError for an unknown column, or a value that no network has.

        select(results, init=["zeros", "he_normal"], depth=2)
    """
    matches = np.ones(len(get_values(results, "network")), bool)
    for name, wanted in settings.items():
        matches &= match_setting(results, name, wanted)
    return take_networks(results, np.flatnonzero(matches))


def parse_filters(results: Any, filters: Sequence[str]) -> list[tuple[str, list[Any]]]:
    """Settings and values from the texts of an option --select.

    filters: each "SETTING=VALUE,...". A comma inside parentheses belongs to the value: init=normal(mean=0, std=1).
    Returns (setting, values) for each. Raises ValueError for a text of another form, and for a text as the value
    of a numeric setting.
    """
    parsed = []
    for text in filters:
        name, equals, list_of_values = text.partition("=")
        if not equals:
            raise ValueError(f"--select {text}: expected SETTING=VALUE, as in depth=2")
        values: list[Any] = re.split(r",\s*(?![^()]*\))", list_of_values)
        if name in columns(results) and get_values(results, name).dtype.kind in "iuf":
            try:
                values = [parse_number(value) for value in values]
            except ValueError:
                raise ValueError(f"--select {text}: {name} is a number") from None
        parsed.append((name, values))
    return parsed


def parse_number(text: str) -> int | float:
    """A number in a text, a whole one exactly. Raises ValueError."""
    try:
        return int(text)
    except ValueError:
        return float(text)


def select_by_filters(results: Results, filters: Sequence[str]) -> Results:
    """The networks that pass every filter of an option --select. Raises ValueError as parse_filters and select do."""
    for name, values in parse_filters(results, filters):
        results = select(results, **{name: values})
    return results


def pair_replicates(results: Any, setting: str, one: Any, other: Any) -> tuple[Array, Array]:
    """Networks that differ in one setting and agree in all others, the replicate included.

    The same replicate draws the same standard random numbers under every value, so differences are paired. one, other:
    two values as select takes them. Returns (positions under `one`, positions under `other`), each [pairs] int64, in
    the order of the first; networks without a counterpart are left out. Raises ValueError if a value has two
    networks at one point of the other settings (select one first), or if there is no pair.

        a, b = pair_replicates(results, "init", "zeros", "he_normal")
        difference = final[a] - final[b]
    """
    names = columns(results)
    within = [setting, *choice_parameters(results, setting, names)] if setting in names else [setting]
    others = [factorize(get_values(results, name))[1] for name in names if name not in within]
    point = np.unique(np.stack(others, axis=1), axis=0, return_inverse=True)[1].ravel() if others \
        else np.zeros(len(get_values(results, "network")), np.int64)
    sides = []
    for value in (one, other):
        chosen = select(results, **{setting: value})
        positions = np.flatnonzero(np.isin(get_values(results, "network"), get_values(chosen, "network")))
        if len(np.unique(point[positions])) < len(positions):
            raise ValueError(f"cannot pair: several networks have {setting} = {format_value(value)} and agree "
                             "in all else")
        sides.append(positions)
    shared, first, second = np.intersect1d(point[sides[0]], point[sides[1]], return_indices=True)
    if not len(shared):
        raise ValueError(f"cannot pair: no two networks differ in {setting} alone")
    order = np.argsort(sides[0][first], kind="stable")
    return sides[0][first][order], sides[1][second][order]


def split_weights(results: Any, network: int, which: str | int = "final") -> list[tuple[Array, Array]]:
    """Weights and biases of one network, layer by layer.

    network: its number. which: "initial", "final", or a step of record.weights (weights_step). Returns for each weight
    layer (weight [fan_out, fan_in], bias [fan_out], or [0] if the layer has none) in the sweep's precision, NaN if the
    network is missing, or ended before the step. They do not include the scales of residual branches
    (residual_scales). Raises ValueError if the file does not have these weights.
    """
    return [(weight, bias) for weight, bias, *_ in split_parameters(results, network, which)]


class Normalization(NamedTuple):
    """How a network normalises its hidden layers: name of the row, its parameters, and whether the mean is
    subtracted."""
    name: str = "none"
    epsilon: float = 0.0
    affine: bool = False
    branch_ends: bool = True

    @property
    def centers(self) -> bool:
        return self.name == "layer_norm"


def normalization(results: Any, network: int) -> Normalization:
    """The normalisation of a network's hidden layers, from the columns that files of such sweeps have."""
    if "normalization" not in columns(results):
        return Normalization()
    at = network_position(results, network)
    name = str(get_values(results, "normalization")[at])
    if name == "none":
        return Normalization()
    return Normalization(name, float(get_values(results, "normalization_epsilon")[at]),
                         *(str(get_values(results, f"normalization_{parameter}")[at]) == "true"
                           for parameter in ("affine", "branch_ends")))


def gains_and_shifts(results: Any, network: int, which: str | int = "final") -> list[tuple[Array, Array]]:
    """Gains [fan_out] and shifts [fan_out] of the normalisation of each layer of one network, [0] where it has none.

    network, which, errors: as in split_weights.
    """
    return [(gain, shift) for _, _, gain, shift, _ in split_parameters(results, network, which)]


def residual_scales(results: Any, network: int, which: str | int = "final") -> Array:
    """The scale alpha of each residual branch h + alpha f(h) of one network, [branches] in the sweep's precision.

    network, which, errors: as in split_weights. Empty if the network has no branches.
    """
    return np.concatenate([scale for *_, scale in split_parameters(results, network, which)])


def snapshot_steps(results: Any, network: int) -> Array:
    """The steps of record.weights at which the weights of a network are stored, [snapshots] int64. Raises ValueError if
    the file has none."""
    if "weights" not in results:
        raise ValueError("the file has no weights along the training; record.weights: {steps: ...} stores them")
    steps = get_values(results, "weights_step")
    own = steps if steps.ndim == 1 else steps[network_position(results, network)]
    return np.asarray(own[np.isfinite(own)], np.int64)


def stored_weights(results: Any, network: int, which: str | int) -> Array:
    """All stored numbers of one network, [parameter], as split_weights takes them apart."""
    at = network_position(results, network)
    if which == "initial" and "weights_initial" not in results and "weights" in results:
        which = 0
    if isinstance(which, str):
        if which not in ("initial", "final"):
            raise ValueError(f"which is 'initial', 'final' or a step, not {which!r}")
        if f"weights_{which}" not in results:
            raise ValueError(f"the file has no {which} weights (record.weights)")
        return np.asarray(results[f"weights_{which}"][at])
    steps = snapshot_steps(results, network)
    found = np.flatnonzero(steps == which)
    if not len(found):
        raise ValueError(f"no weights of network {network} at step {which}; there are those of: "
                         f"{', '.join(map(str, steps))}")
    return np.asarray(results["weights"][at, int(found[0])])


def split_parameters(results: Any, network: int,
                     which: str | int) -> list[tuple[Array, Array, Array, Array, Array]]:
    """Weight [fan_out, fan_in], bias [fan_out], gain [fan_out], shift [fan_out] and scale of each weight layer.

    Bias, gain and shift are empty, [0], if the layer has none. The scale is that of the residual branch that ends at
    the layer, [1], or empty, [0], if none does.
    """
    flat = stored_weights(results, network, which)
    at = network_position(results, network)
    branch_layers = int(get_values(results, "branch_layers")[at]) if "branch_layers" in columns(results) else 0
    bias = str(get_values(results, "bias")[at]) if "bias" in columns(results) else "all"
    hidden_and_outputs = np.asarray(results["layer_size"][at])
    sizes = [int(get_values(results, "features")[at])]
    sizes += [int(size) for size in hidden_and_outputs if np.isfinite(size) and size >= 0]
    of_units = normalization(results, network)
    layers, start = [], 0
    for k, (fan_in, fan_out) in enumerate(zip(sizes, sizes[1:])):
        ends_branch = branch_layers > 0 and 0 < k < len(sizes) - 2 and k % branch_layers == 0
        has_gain = of_units.affine and k < len(sizes) - 2 and (of_units.branch_ends or not ends_branch)
        counts = (fan_out * fan_in, fan_out * (bias == "all" or (bias == "hidden" and k < len(sizes) - 2)),
                  fan_out * has_gain, fan_out * (has_gain and of_units.centers), int(ends_branch))
        ends = start + np.cumsum(counts)
        weight, biases, gain, shift, scale = (flat[end - count:end] for count, end in zip(counts, ends))
        layers.append((weight.reshape(fan_out, fan_in), biases, gain, shift, scale))
        start = int(ends[-1])
    return layers


def last_records(values: Array) -> Array:
    """The last record at which each network has a finite value.

    values: [network, record, ...]. Returns [network] int64; it is the last record for networks without any.
    """
    recorded = np.isfinite(values).reshape(*values.shape[:2], -1).any(axis=2)
    return np.asarray(values.shape[1] - 1 - np.argmax(recorded[:, ::-1], axis=1))


def last_values(values: Array) -> Array:
    """Each network's values at its last record with a finite value.

    values: [network, record, ...]. Returns [network, ...], NaN if a network has no such record.
    """
    if not values.shape[1]:
        return np.full((len(values), *values.shape[2:]), np.nan)
    return np.asarray(values[np.arange(len(values)), last_records(values)])


def final_values(results: Any, quantity: str, layer: int | None = None) -> Array:
    """The last recorded value of a quantity; of one layer, counted from 1, if it has layers.

    Returns [network] float64 in the quantity's units: NaN for networks that are missing or diverged, and for those
    whose values are never finite.
    """
    values = get_values(results, quantity).astype(np.float64)
    final = last_values(values if layer is None else values[:, :, layer - 1])
    ended = np.isin(get_values(results, "status"), (COMPLETED, STOPPED))
    return np.where(ended & np.isfinite(final), final, np.nan)
