"""Maps of trainability: where a quantity ends over two numeric axes, also of a grid that was refined."""
from __future__ import annotations

from typing import Any

import matplotlib.colors
import matplotlib.patches
import numpy as np
import xarray

from initsweep.arrays import Array, format_value, factorize, swept_columns
from initsweep.figures import cell_statistics, colour_bar, colour_map_of, colour_norm, quantity_label, require_quantity, titled_figure
from initsweep.style import Figure, in_style

OUTSIDE = "#b0b0b0"  # diverged
POOLED = ("replicate", "seed")  # settings over whose values a map takes the median


def numeric_axes(dataset: xarray.Dataset) -> list[str]:
    """The swept numbers with the most values first; replicate and level are none."""
    names = [name for name in swept_columns(dataset)
             if dataset[name].dtype.kind in "iuf" and name not in ("replicate", "level")]
    return sorted(names, key=lambda name: -len(factorize(dataset[name].values)[0]))


def cut(dataset: xarray.Dataset, rows: str, columns: str) -> tuple[xarray.Dataset, str]:
    """The networks that a map over two numeric axes shows, and what a reader must know of the choice.

    Of every other swept setting the first value that is there; all replicates and seeds.
    """
    chosen = np.isfinite(dataset[rows].values.astype(np.float64)) & np.isfinite(dataset[columns].values.astype(np.float64))
    kept = []
    for name in swept_columns(dataset):
        values = dataset[name].values
        if name in (rows, columns, "level", *POOLED) or not chosen.any():
            continue
        different = factorize(values[chosen])[0]
        if len(different) > 1:
            kept.append(f"{name} = {format_value(different[0])} (the first of {len(different)})")
            chosen &= factorize(values)[1] == factorize(values)[1][np.flatnonzero(chosen)[0]]
    replicates = max((len(np.unique(dataset[name].values[chosen])) for name in POOLED if name in dataset.coords), default=0)
    if replicates > 1:
        kept.append(f"medians over {replicates} replicates")
    return dataset.isel(network=np.flatnonzero(chosen)), ", ".join(kept)


def plane(dataset: xarray.Dataset, rows: str, columns: str, quantity: str) -> tuple[Array, ...]:
    """Where a quantity ends over two numeric axes. dataset: as cut leaves it.

    Returns (row values [n], column values [m], trained [n, m] bool, diverged [n, m] bool, value [n, m] float64 in the
    quantity's units). A point of several networks is their median, and has diverged where more than half of them have.
    """
    numbers = [np.unique(dataset[name].values) for name in (rows, columns)]
    codes = [np.searchsorted(values, dataset[name].values) for values, name in zip(numbers, (rows, columns))]
    value, share, trained = cell_statistics(codes, [len(values) for values in numbers], dataset, quantity)
    return numbers[0], numbers[1], trained > 0, share > 0.5, value


def fill_skipped(trained: Array) -> tuple[Array, Array]:
    """For each point the nearest trained one of the finest level that has one there: (row, column), each [n, m]."""
    row, column = np.indices(trained.shape)
    found, step = trained.copy(), 1
    source = [row.copy(), column.copy()]
    while not found.all() and step < 2 * max(trained.shape):
        step *= 2
        near = [np.minimum(np.rint(at / step).astype(int) * step, size - 1) for at, size in zip((row, column), trained.shape)]
        fits = ~found & trained[near[0], near[1]]
        for to, at in zip(source, near):
            to[fits] = at[fits]
        found |= fits
    return source[0], source[1]


def edges(values: Array) -> tuple[Array, bool]:
    """The borders between values, and whether they are even on a logarithmic scale."""
    logarithmic = bool((values > 0).all() and (values[-1] > 3 * values[0] if len(values) == 2 else
                                               np.ptp(np.diff(np.log(values))) < np.ptp(np.diff(values))))
    at = np.log(values) if logarithmic else values
    middle = (at[1:] + at[:-1]) / 2
    ends = np.concatenate([[2 * at[0] - middle[0]], middle, [2 * at[-1] - middle[-1]]])
    return (np.exp(ends) if logarithmic else ends), logarithmic


def draw_plane(panel: Any, x: Array, y: Array, shown: Array, diverged: Array, norm: matplotlib.colors.Normalize,
               quantity: str) -> Any:
    """Draws a map: values by colour, what diverged grey, what was not trained white. Returns the image for a colour bar.

    x: [m] column values, y: [n] row values; shown: [n, m], NaN where nothing is; diverged: [n, m] bool.
    """
    (x_edges, x_log), (y_edges, y_log) = edges(x), edges(y)
    panel.grid(False)
    panel.pcolormesh(x_edges, y_edges, np.where(diverged, 1.0, np.nan), rasterized=True,
                     cmap=matplotlib.colors.ListedColormap([OUTSIDE]))
    image = panel.pcolormesh(x_edges, y_edges, np.where(diverged, np.nan, shown), norm=norm,
                             cmap=colour_map_of(quantity), rasterized=True)
    panel.set_xscale("log" if x_log else "linear")
    panel.set_yscale("log" if y_log else "linear")
    panel.set_xlim(x_edges[0], x_edges[-1])
    panel.set_ylim(y_edges[0], y_edges[-1])
    return image


def legend_of(figure: Any, handles: list[Any]) -> None:
    """Entries side by side. figure: a Figure or SubFigure of its own."""
    figure.legend(handles=handles, loc="center", frameon=False, ncol=max(1, len(handles)))


def diverged_handles(diverged: Array, note: str) -> list[Any]:
    """Legend entry of the grey points. diverged: of any shape, bool; note: of cut."""
    label = "diverged (more than half of the replicates)" if "replicates" in note else "diverged"
    return [matplotlib.patches.Patch(color=OUTSIDE, label=label)] if diverged.any() else []


@in_style
def trainability(dataset: xarray.Dataset, quantity: str = "loss", rows: str | None = None,
                 columns: str | None = None) -> Figure:
    """A map of where a quantity ends over two axes; networks that diverged are grey. Raises ValueError where there are none."""
    require_quantity(dataset, quantity)
    names = numeric_axes(dataset)
    pairs = [(y, x) for x in ([columns] if columns else names) for y in ([rows] if rows else names) if x != y]
    if not pairs:
        raise ValueError("a map wants two swept settings that are numbers")
    vertical, horizontal = next((pair for pair in pairs if is_plane(dataset, *pair)), pairs[0])
    check_numbers(dataset, vertical, horizontal)
    part, note = cut(dataset, vertical, horizontal)
    y, x, trained, diverged, value = plane(part, vertical, horizontal, quantity)
    if len(x) < 2 or len(y) < 2:
        raise ValueError(f"{vertical} x {horizontal} is no plane")
    if "level" in dataset.coords:
        source = fill_skipped(trained)
        value, diverged = value[source], diverged[source]
    norm = colour_norm(part, quantity, value)
    if not trained.all():
        note = f"{np.count_nonzero(trained):,} of {trained.size:,} networks trained" + (f", {note}" if note else "")
    handles = diverged_handles(diverged, note)
    figure, upper = titled_figure(dataset, 7.2, 5.4, lambda lower: legend_of(lower, handles), 0.3 if handles else 0.05, note)
    panel = upper.subplots()
    image = draw_plane(panel, x, y, np.maximum(value, norm.vmin), diverged, norm, quantity)
    panel.set_xlabel(horizontal)
    panel.set_ylabel(vertical)
    colour_bar(upper, image, panel, f"final {quantity_label(dataset, quantity)}", value)
    return figure


def is_plane(dataset: xarray.Dataset, rows: str, columns: str) -> bool:
    """Whether two settings have two values each among the networks that have both."""
    if any(name not in dataset.coords or dataset[name].dtype.kind not in "iuf" for name in (rows, columns)):
        return False
    part, _ = cut(dataset, rows, columns)
    return all(len(np.unique(part[name].values)) > 1 for name in (rows, columns))


def check_numbers(dataset: xarray.Dataset, *names: str) -> None:
    """Raises ValueError where a setting is not in the file or no number."""
    for name in names:
        if name not in dataset.coords or dataset[name].dtype.kind not in "iuf":
            raise ValueError(f"the file has no setting '{name}' that is a number; it has: {', '.join(numeric_axes(dataset)) or 'none'}")
