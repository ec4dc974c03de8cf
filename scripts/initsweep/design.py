"""What was swept in a results file: its axes, which of them a figure shows and pools, and the subtitle that says so."""
from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import xarray

from initsweep.arrays import (COMPLETED, DIVERGED, STOPPED, Array, choice_parameters, columns, factorize, final_values,
                              format_value, labels, swept_columns)
from initsweep.style import literal_text

REPEATS = ("replicate", "seed")  # axes over which figures pool without being asked
INDICES = ("point", "level")  # columns that number the points of a sample and the levels of a refinement
CONTINUOUS = 12  # a sampled number with more values than this has no cells and no panels
MAX_LABEL = 36  # characters
# Parameters without which the name of a choice says little
ESSENTIAL_PARAMETERS = ("value", "std", "low", "high", "sigma_w")


class Axis(NamedTuple):
    """A swept setting, or settings that vary together (zip).

    name: its column; along: the columns that vary with it. texts [length] are its values for readers, numbers [length]
    the same as float64 (None for names), codes [network] the index of each network's value, -1 if it has none.
    sampled: each point of a design has its own value.
    """
    name: str
    along: tuple[str, ...]
    texts: list[str]
    numbers: Array | None
    codes: Array
    sampled: bool = False

    @property
    def label(self) -> str:
        """The names of its settings."""
        return ", ".join((self.name, *self.along))


class Role(NamedTuple):
    """What an axis can be in a figure: rows, columns, panels, colour or x.

    usual: the setting that takes this role if it is swept; most: how many values there is room for. wants: "number" for
    numeric axes only, "sampled" for those and for sampled numbers, "any" otherwise. needed: before any other role.
    """
    name: str
    usual: str = ""
    most: int = 16
    wants: str = "any"
    needed: bool = False


class View(NamedTuple):
    """What a figure shows.

    dataset: the networks; axes: the axis of each role, whose codes belong to these networks (an axis of one value, ""
    for a role without a setting); note: the subtitle; pools: whether a cell has networks that differ in more than their
    replicate.
    """
    dataset: xarray.Dataset
    axes: dict[str, Axis]
    note: str
    pools: bool


def shorten(text: str, longest: int = MAX_LABEL) -> str:
    """The text without its middle if it is longer than `longest` characters."""
    if len(text) <= longest:
        return text
    half = (longest - 1) // 2
    return f"{text[:half]}…{text[-half:]}"


def label_with_parameters(dataset: xarray.Dataset, name: str, text: str, chosen: Array) -> str:
    """The label of a named choice with its essential parameters, as "constant(value=0.1)".

    text: the label of the choice; one with parameters stays as it is. chosen: [network], which networks have it.
    """
    parts = []
    for parameter in choice_parameters(dataset, name, columns(dataset)) if "(" not in text else []:
        values, short = dataset[parameter].values[chosen], parameter[len(name) + 1:]
        if short in ESSENTIAL_PARAMETERS and values.dtype.kind in "iuf" and np.isfinite(values[0]):
            parts.append(f"{short}={format_value(values[0])}")
    return f"{text}({', '.join(parts)})" if parts else text


def number_texts(numbers: Array) -> list[str]:
    """Numbers with three digits, or as many more as distinguish them. numbers: [length], distinct."""
    if numbers.dtype.kind in "iu":
        return [str(number) for number in numbers]
    for digits in range(3, 17):
        texts = [f"{number:.{digits}g}" for number in numbers]
        if len(set(texts)) == len(texts):
            break
    return texts


def column_values(dataset: xarray.Dataset, name: str) -> tuple[list[str], Array | None, Array]:
    """The distinct values of a setting: (texts, numbers or None, codes) as in an Axis.

    Numbers ascend, and networks without one have no value; names keep the order of the grid.
    """
    values, codes = factorize(labels(dataset, name))
    if values.dtype.kind in "iuf":
        order = np.argsort(values, kind="stable")
        order = order[np.isfinite(values[order].astype(np.float64))]
        rank = np.full(len(values), -1)
        rank[order] = np.arange(len(order))
        numbers = values[order]
        return number_texts(numbers), numbers.astype(np.float64), rank[codes]
    texts = [literal_text(shorten(label_with_parameters(dataset, name, format_value(value), codes == code)))
             for code, value in enumerate(values)]
    # a number distinguishes texts that shortening made equal
    return [f"{text} ({i + 1})" if texts.count(text) > 1 else text for i, text in enumerate(texts)], None, codes


def varying(dataset: xarray.Dataset) -> list[str]:
    """The swept columns that are settings of their own: without those that number points and levels, and without
    parameters of a choice that is itself swept, whose labels contain them."""
    swept = [name for name in swept_columns(dataset) if name not in INDICES]
    within = {parameter for name in swept for parameter in choice_parameters(dataset, name, swept)}
    return [name for name in swept if name not in within]


def determines(codes: Array, other: Array) -> bool:
    """Whether each value of one column occurs with one value of another only. codes, other: [network], from -1."""
    if not len(codes):
        return True
    codes, other = codes + 1, other + 1
    pairs = np.unique(codes * (int(other.max()) + 1) + other)
    return len(pairs) == len(np.unique(codes))


def make_axis(dataset: xarray.Dataset, name: str, along: Sequence[str] = ()) -> Axis:
    """The axis of a column. along: the columns that vary with it; their values stand beside its own."""
    texts, numbers, codes = column_values(dataset, name)
    point = factorize(dataset["point"].values)[1] if "point" in dataset.coords else None
    sampled = point is not None and numbers is not None and len(numbers) > CONTINUOUS and determines(point, codes)
    for other in along:
        its_texts, _, its_codes = column_values(dataset, other)
        texts = [f"{text}, {its_texts[its_codes[np.flatnonzero(codes == code)[0]]]}" for code, text in enumerate(texts)]
    return Axis(name, tuple(along), texts, numbers, codes, bool(sampled))


def read_axes(dataset: xarray.Dataset) -> list[Axis]:
    """The axes of a results file in the order of its columns, those that repeat (REPEATS) included.

    Settings that vary together are one axis; it has the name of the first. A setting that another determines without
    being determined by it (a rate for each optimiser) is an axis of its own.
    """
    names = varying(dataset)
    codes = {name: column_values(dataset, name)[2] for name in names}
    axes: list[Axis] = []
    taken: set[str] = set()
    for i, name in enumerate(names):
        if name in taken:
            continue
        along = [other for other in names[i + 1:] if other not in taken and name not in REPEATS
                 and other not in REPEATS and determines(codes[name], codes[other])
                 and determines(codes[other], codes[name])]
        axis = make_axis(dataset, name)
        if axis.sampled:  # the numbers of a point vary together, but each is an axis
            along = []
        taken.update(along)
        axes.append(make_axis(dataset, name, along) if along else axis)
    return axes


def number_axes(dataset: xarray.Dataset) -> list[Axis]:
    """The numeric axes of a results file, without those that repeat."""
    return [axis for axis in read_axes(dataset) if axis.numbers is not None and axis.name not in REPEATS]


def nearest_names(name: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown name: the nearest known one, or nothing."""
    near = difflib.get_close_matches(name, list(known), 1)
    return f"; did you mean '{near[0]}'?" if near else ""


def find_axis(dataset: xarray.Dataset, axes: Sequence[Axis], name: str) -> Axis:
    """The axis of a setting; a setting that varies with another leads then. Raises ValueError if it was not swept."""
    for axis in axes:
        if name == axis.name:
            return axis
        if name in axis.along:
            return make_axis(dataset, name, [axis.name, *(other for other in axis.along if other != name)])
    swept = ", ".join(axis.label for axis in axes) or "nothing"
    if name not in columns(dataset):
        raise ValueError(f"the file has no setting '{name}'{nearest_names(name, columns(dataset))} "
                         f"(swept are: {swept})")
    if name in INDICES:
        raise ValueError(f"{name} is an index, not a setting; swept are: {swept}")
    axis = make_axis(dataset, name)
    if len(axis.texts) < 2:
        value = format_value(dataset[name].values[0]) if dataset.sizes["network"] else "nothing"
        raise ValueError(f"{name} was not swept: it is {value} in all these networks; swept are: {swept}")
    return axis  # a parameter of a swept choice


def single(dataset: xarray.Dataset) -> Axis:
    """The axis of a role without a setting: one value without a name."""
    return Axis("", (), [""], None, np.zeros(dataset.sizes["network"], np.int64))


def fits(axis: Axis, role: Role) -> bool:
    """Whether an axis can take a role without being asked."""
    if role.wants == "any":
        return not axis.sampled and len(axis.texts) <= role.most
    return axis.numbers is not None and len(axis.numbers) > 1 and (role.wants == "sampled" or not axis.sampled)


def assign(axes: Sequence[Axis], roles: Sequence[Role], chosen: Mapping[str, Axis]) -> dict[str, Axis]:
    """The axis of each role: the chosen ones, then those with the usual name, then the axes with the most values.

    roles: in the order in which they get axes. Roles that no axis fits are left out.
    """
    given = dict(chosen)
    left = [axis for axis in axes if axis.name not in REPEATS
            and not any(axis.name == other.name or axis.name in other.along for other in given.values())]
    for role in roles:
        usual = next((axis for axis in left if role.usual in (axis.name, *axis.along)), None)
        if role.name not in given and usual is not None and fits(usual, role):
            given[role.name] = usual
            left.remove(usual)
    for role in roles:
        fitting = [axis for axis in left if fits(axis, role)]
        if role.name not in given and fitting:
            given[role.name] = max(fitting, key=lambda axis: len(axis.texts))  # the first of equals
            left.remove(given[role.name])
    for role in roles:
        others = [name for name in given if name not in chosen and fits(given[name], role)]
        if role.needed and role.name not in given and others:
            given[role.name] = given.pop(others[0])
    return given


def cell_codes(axes: Iterable[Axis], networks: int) -> Array:
    """The number of the cell of each network [network], row-major over the axes; -1 where an axis has no value."""
    cell, outside = np.zeros(networks, np.int64), np.zeros(networks, bool)
    for axis in axes:
        cell = cell * len(axis.texts) + axis.codes
        outside |= axis.codes < 0
    return np.where(outside, -1, cell)


def is_larger_better(quantity: str) -> bool:
    """Whether large values of a quantity are good: accuracies."""
    return "accuracy" in quantity


def judged_by(dataset: xarray.Dataset, quantity: str) -> str:
    """The quantity that says which networks are best: the one drawn if it is a loss or an accuracy, or the loss.

    Raises ValueError if the file has no loss either.
    """
    if "loss" in quantity or "accuracy" in quantity:
        return quantity
    if "loss" not in dataset:
        raise ValueError("the best networks are those with the smallest loss, which the file does not have")
    return "loss"


def final_scores(dataset: xarray.Dataset, quantity: str) -> Array:
    """Final values [network] in which networks that diverged have the worst value, an infinity; NaN for missing."""
    worst = -np.inf if is_larger_better(quantity) else np.inf
    diverged = dataset["status"].values == DIVERGED
    return np.where(diverged, worst, final_values(dataset, quantity))


def best_networks(dataset: xarray.Dataset, shown: Sequence[Axis], over: Sequence[Axis], quantity: str) -> Array:
    """Positions of the networks that have, in each cell of the shown axes, the best value of the axes `over`.

    The best has the best median of final_scores over its networks; the first of equals.
    """
    sign = -1.0 if is_larger_better(quantity) else 1.0
    score = sign * final_scores(dataset, quantity)
    cell, value = (cell_codes(axes, dataset.sizes["network"]) for axes in (shown, over))
    kept: list[Array] = []
    for number in np.unique(cell[cell >= 0]):
        own = np.flatnonzero((cell == number) & (value >= 0))
        groups = [own[value[own] == one] for one in np.unique(value[own])]
        known = [(float(np.median(score[group][~np.isnan(score[group])])), group) for group in groups
                 if not np.isnan(score[group]).all()]
        if known:
            kept.append(min(known, key=lambda pair: pair[0])[1])
    return np.sort(np.concatenate(kept)) if kept else np.zeros(0, np.int64)


def counted(axis: Axis) -> str:
    """An axis and its number of values, for a subtitle."""
    return f"{axis.label} ({len(axis.texts)} {'points' if axis.sampled else 'values'})"


def pooling_note(dataset: xarray.Dataset, pooled: Sequence[Axis], shown: Sequence[Axis], what: str) -> str:
    """What is pooled, and over how many trained networks: "pooled: replicate (10 values); n = 10 per cell"."""
    trained = np.isin(dataset["status"].values, (COMPLETED, STOPPED, DIVERGED))
    cell = cell_codes(shown, dataset.sizes["network"])
    counts = np.unique(cell[trained & (cell >= 0)], return_counts=True)[1]
    if not len(counts):
        return "no network was trained"
    several = "" if counts.min() == counts.max() else f"{counts.min()} to "
    number = f"n = {several}{counts.max()} {'network' if counts.max() == 1 else 'networks'} per {what}"
    return f"pooled: {', '.join(counted(axis) for axis in pooled)}; {number}" if pooled else number


def view(dataset: xarray.Dataset, roles: Sequence[Role], given: Mapping[str, str | None], quantity: str, what: str,
         best_over: Sequence[str] = (), note: str = "") -> View:
    """What a figure shows of a results file: the axis of each role, the networks, and the subtitle.

    given: the setting of a role, None for the default; what: what an axis value makes: "cell", "line" or "point".
    best_over: settings of which each cell shows only the best value, judged by `quantity`. note: what else the subtitle
    says. Everything else that was swept is pooled. Raises ValueError for settings that were not swept, or that two
    roles have.
    """
    axes = read_axes(dataset)
    over = [find_axis(dataset, axes, name) for name in best_over]
    chosen: dict[str, Axis] = {}
    for wanted, name in given.items():
        if name is None:
            continue
        for other, axis in [*chosen.items(), *(("best-over", axis) for axis in over)]:
            if name in (axis.name, *axis.along):
                raise ValueError(f"{name} cannot be both {other} and {wanted}")
        chosen[wanted] = find_axis(dataset, axes, name)
    taken = {name for axis in over for name in (axis.name, *axis.along)}
    shown = assign([axis for axis in axes if axis.name not in taken], roles, chosen)
    for role in (role for role in roles if role.name in shown):
        axis = shown[role.name]
        if role.wants != "any" and axis.numbers is None:
            numeric = [other.label for other in axes if other.numbers is not None and other.name not in REPEATS]
            raise ValueError(f"{axis.name} is not a number; the numbers swept are: {', '.join(numeric) or 'none'}")
        if role.wants == "any" and len(axis.texts) > role.most:
            raise ValueError(f"{axis.name} has {len(axis.texts)} values; at most {role.most} {role.name} can be read")
    notes = [note] if note else []
    if over:
        judge = judged_by(dataset, quantity)
        kept = best_networks(dataset, list(shown.values()), over, judge)
        values = " x ".join(str(len(axis.texts)) for axis in over)
        notes.append(f"best of {values} {', '.join(axis.label for axis in over)} for each {what}, by the median final "
                     f"{judge}")
        dataset = dataset.isel(network=kept)
        shown = {role: axis._replace(codes=axis.codes[kept]) for role, axis in shown.items()}
        axes = [axis._replace(codes=axis.codes[kept]) for axis in axes if axis.name not in taken]
    cell = cell_codes(shown.values(), dataset.sizes["network"])
    if (cell < 0).any():
        names = ", ".join(axis.name for axis in shown.values() if (axis.codes < 0).any())
        notes.append(f"left out: {np.count_nonzero(cell < 0)} networks without {names}")
    pooled = [axis for axis in axes if not determines(cell[cell >= 0], axis.codes[cell >= 0])]
    notes.append(pooling_note(dataset, pooled, list(shown.values()), what))
    complete = {role.name: shown.get(role.name) or single(dataset) for role in roles}
    return View(dataset, complete, "; ".join(notes), any(axis.name not in REPEATS for axis in pooled))


def keep(shown: View, mask: Array) -> View:
    """A view of some of its networks. mask: [network] booleans."""
    at = np.flatnonzero(mask)
    return shown._replace(dataset=shown.dataset.isel(network=at),
                          axes={role: axis._replace(codes=axis.codes[at]) for role, axis in shown.axes.items()})


def shorten_axis(shown: View, role: str, most: int) -> View:
    """A view with at most `most` values of the axis of a role: evenly spread, the first and the last among them."""
    axis = shown.axes[role]
    if len(axis.texts) <= most:
        return shown
    codes = np.unique(np.linspace(0, len(axis.texts) - 1, most).round().astype(int))
    rank = np.full(len(axis.texts), -1)
    rank[codes] = np.arange(len(codes))
    few = axis._replace(texts=[axis.texts[code] for code in codes], codes=rank[axis.codes],
                        numbers=None if axis.numbers is None else axis.numbers[codes])
    few_shown = shown._replace(axes={**shown.axes, role: few})
    return keep(few_shown, few.codes >= 0)


def titled(axis: Axis, code: int, first: bool) -> str:
    """The title of a panel: the value of its axis, after the axis's name in the first."""
    return f"{axis.label} = {axis.texts[code]}" if first and axis.name else axis.texts[code]
