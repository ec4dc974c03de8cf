"""Maps of trainability: final values of a quantity over two numeric axes, also of a grid that was refined."""
from __future__ import annotations

from typing import Any

import matplotlib.colors
import matplotlib.patches
import numpy as np
import xarray

from initsweep.arrays import Array, factorize, format_value, swept_columns
from initsweep.figures import (cell_statistics, colour_bar, colour_map_name, colour_norm, quantity_label,
                               require_quantity, titled_figure)
from initsweep.style import Figure, in_style

__all__ = ["trainability"]

DIVERGED_COLOUR = "#b0b0b0"
POOLED = ("replicate", "seed")  # settings over whose values a map takes the median


def numeric_axes(dataset: xarray.Dataset) -> list[str]:
    """The swept numeric settings without replicate and level, those with the most values first."""
    names = [name for name in swept_columns(dataset)
             if dataset[name].dtype.kind in "iuf" and name not in ("replicate", "level")]
    return sorted(names, key=lambda name: -len(factorize(dataset[name].values)[0]))


def select_plane(dataset: xarray.Dataset, rows: str, columns: str) -> tuple[xarray.Dataset, str]:
    """The networks that a map over two numeric axes shows, and a note on which they are.

    Of every other swept setting the first value that is present; all replicates and seeds.
    """
    shown = np.ones(dataset.sizes["network"], bool)
    for name in (rows, columns):
        shown &= np.isfinite(dataset[name].values.astype(np.float64))
    notes = []
    for name in swept_columns(dataset):
        if name in (rows, columns, "level", *POOLED) or not shown.any():
            continue
        values, codes = factorize(dataset[name].values)
        present = list(dict.fromkeys(codes[shown]))
        if len(present) > 1:
            notes.append(f"{name} = {format_value(values[present[0]])} (the first of {len(present)})")
            shown &= codes == present[0]
    replicates = max((len(np.unique(dataset[name].values[shown])) for name in POOLED if name in dataset.coords),
                     default=0)
    if replicates > 1:
        notes.append(f"medians over {replicates} replicates")
    return dataset.isel(network=np.flatnonzero(shown)), ", ".join(notes)


def plane_values(dataset: xarray.Dataset, rows: str, columns: str, quantity: str) -> tuple[Array, ...]:
    """Final values of a quantity over two numeric axes. dataset: as select_plane returns it.

    Returns (row values [n], column values [m], trained [n, m] bool, diverged [n, m] bool, value [n, m] float64 in the
    quantity's units). The value of a point is the median of its networks; it diverged if more than half of them did.
    """
    numbers = [np.unique(dataset[name].values) for name in (rows, columns)]
    codes = [np.searchsorted(values, dataset[name].values) for values, name in zip(numbers, (rows, columns))]
    value, share, trained = cell_statistics(codes, [len(values) for values in numbers], dataset, quantity)
    return numbers[0], numbers[1], trained > 0, share > 0.5, value


def nearest_trained(trained: Array) -> tuple[Array, Array]:
    """For each point the nearest trained one of the finest level that has one there: (row, column), each [n, m]."""
    row, column = np.indices(trained.shape)
    found, step = trained.copy(), 1
    source = [row.copy(), column.copy()]
    while not found.all() and step < 2 * max(trained.shape):
        step *= 2
        near = [np.minimum(np.rint(index / step).astype(int) * step, size - 1)
                for index, size in zip((row, column), trained.shape)]
        fits = ~found & trained[near[0], near[1]]
        for target, index in zip(source, near):
            target[fits] = index[fits]
        found |= fits
    return source[0], source[1]


def cell_edges(values: Array) -> tuple[Array, bool]:
    """The edges of the cells around values, and whether the values are spaced logarithmically."""
    logarithmic = False
    if (values > 0).all():
        logarithmic = bool(values[-1] > 3 * values[0] if len(values) == 2 else
                           np.ptp(np.diff(np.log(values))) < np.ptp(np.diff(values)))
    centres = np.log(values) if logarithmic else values
    middle = (centres[1:] + centres[:-1]) / 2
    edges = np.concatenate([[2 * centres[0] - middle[0]], middle, [2 * centres[-1] - middle[-1]]])
    return (np.exp(edges) if logarithmic else edges), logarithmic


def draw_plane(panel: Any, x: Array, y: Array, shown: Array, diverged: Array, norm: matplotlib.colors.Normalize,
               quantity: str) -> Any:
    """Draws a map: values by colour, diverged points grey, untrained ones white. Returns the image for a colour bar.

    x: [m] column values, y: [n] row values; shown: [n, m], NaN for none; diverged: [n, m] bool.
    """
    (x_edges, x_log), (y_edges, y_log) = cell_edges(x), cell_edges(y)
    panel.grid(False)
    panel.pcolormesh(x_edges, y_edges, np.where(diverged, 1.0, np.nan), rasterized=True,
                     cmap=matplotlib.colors.ListedColormap([DIVERGED_COLOUR]))
    image = panel.pcolormesh(x_edges, y_edges, np.where(diverged, np.nan, shown), norm=norm,
                             cmap=colour_map_name(quantity), rasterized=True)
    panel.set_xscale("log" if x_log else "linear")
    panel.set_yscale("log" if y_log else "linear")
    panel.set_xlim(x_edges[0], x_edges[-1])
    panel.set_ylim(y_edges[0], y_edges[-1])
    return image


def draw_handles(figure: Any, handles: list[Any]) -> None:
    """Draws a legend with its entries side by side. figure: a Figure or SubFigure of its own."""
    figure.legend(handles=handles, loc="center", frameon=False, ncol=max(1, len(handles)))


def diverged_handles(diverged: Array, note: str) -> list[Any]:
    """The legend entry of the grey points. diverged: of any shape, bool; note: as select_plane returns it."""
    label = "diverged (more than half of the replicates)" if "replicates" in note else "diverged"
    return [matplotlib.patches.Patch(color=DIVERGED_COLOUR, label=label)] if diverged.any() else []


@in_style
def trainability(dataset: xarray.Dataset, quantity: str = "loss", rows: str | None = None,
                 columns: str | None = None) -> Figure:
    """A map of the final values of a quantity over two numeric axes; networks that diverged are grey.

    rows, columns: settings; without them the two with the most values. Raises ValueError if there are no such settings.
    """
    require_quantity(dataset, quantity)
    names = numeric_axes(dataset)
    pairs = [(y, x) for x in ([columns] if columns else names) for y in ([rows] if rows else names) if x != y]
    if not pairs:
        raise ValueError("a map needs two swept settings that are numbers")
    vertical, horizontal = next((pair for pair in pairs if is_plane(dataset, *pair)), pairs[0])
    require_numeric(dataset, vertical, horizontal)
    part, note = select_plane(dataset, vertical, horizontal)
    y, x, trained, diverged, value = plane_values(part, vertical, horizontal, quantity)
    if len(x) < 2 or len(y) < 2:
        raise ValueError(f"{vertical} x {horizontal} is not a plane: an axis has one value")
    if "level" in dataset.coords:
        source = nearest_trained(trained)
        value, diverged = value[source], diverged[source]
    norm = colour_norm(part, quantity, value)
    if not trained.all():
        count = f"{np.count_nonzero(trained):,} of {trained.size:,} networks trained"
        note = f"{count}, {note}" if note else count
    handles = diverged_handles(diverged, note)
    figure, upper = titled_figure(dataset, 7.2, 5.4, lambda lower: draw_handles(lower, handles),
                                  0.3 if handles else 0.05, note)
    panel = upper.subplots()
    image = draw_plane(panel, x, y, np.maximum(value, norm.vmin), diverged, norm, quantity)
    panel.set_xlabel(horizontal)
    panel.set_ylabel(vertical)
    colour_bar(upper, image, panel, f"final {quantity_label(dataset, quantity)}", value)
    return figure


def is_plane(dataset: xarray.Dataset, rows: str, columns: str) -> bool:
    """Whether two numeric settings each have two values among the networks that have both."""
    if any(name not in dataset.coords or dataset[name].dtype.kind not in "iuf" for name in (rows, columns)):
        return False
    part, _ = select_plane(dataset, rows, columns)
    return all(len(np.unique(part[name].values)) > 1 for name in (rows, columns))


def require_numeric(dataset: xarray.Dataset, *names: str) -> None:
    """Raises ValueError if a setting is not in the file or not a number."""
    for name in names:
        if name not in dataset.coords or dataset[name].dtype.kind not in "iuf":
            known = ", ".join(numeric_axes(dataset)) or "none"
            raise ValueError(f"the file has no setting '{name}' that is a number; it has: {known}")
