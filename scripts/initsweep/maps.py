"""Maps of trainability: where a quantity ends over two numeric axes, also of a grid that was refined."""
from __future__ import annotations

import matplotlib.colors
import matplotlib.figure
import matplotlib.patches
import numpy as np
import xarray

from initsweep.figures import quantity_label, spans_decades, title_of
from initsweep.results import DIVERGED, codes_of, final_values, swept_columns

OUTSIDE = "#b0b0b0"  # diverged


def numeric_axes(dataset: xarray.Dataset) -> list[str]:
    """The swept numbers with the most values first; replicate and level are none."""
    names = [name for name in swept_columns(dataset)
             if dataset[name].dtype.kind in "iuf" and name not in ("replicate", "level")]
    return sorted(names, key=lambda name: -len(codes_of(dataset[name].values)[0]))


def plane(dataset: xarray.Dataset, rows: str, columns: str, quantity: str) -> tuple[np.ndarray, ...]:
    """What a map shows of networks that differ in two axes, and otherwise are those of the first value of each setting.

    Returns (row values [n], column values [m], trained [n, m], diverged [n, m], value [n, m] float64).
    """
    chosen = np.ones(dataset.sizes["network"], bool)
    for name in swept_columns(dataset):
        if name not in (rows, columns, "level"):
            values, codes = codes_of(dataset[name].values)
            chosen &= codes == 0
    numbers = [np.unique(dataset[name].values[chosen]) for name in (rows, columns)]
    index = tuple(np.searchsorted(values, dataset[name].values[chosen]) for values, name in zip(numbers, (rows, columns)))
    shape = tuple(len(values) for values in numbers)
    status = np.zeros(shape, np.int64)
    status[index] = dataset["status"].values[chosen]
    value = np.full(shape, np.nan)
    value[index] = final_values(dataset, quantity)[chosen]
    return numbers[0], numbers[1], np.isin(status, (1, 2, 3)), status == DIVERGED, value


def fill_skipped(trained: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
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


def edges(values: np.ndarray) -> tuple[np.ndarray, bool]:
    """The borders between values, and whether they are even on a logarithmic scale."""
    logarithmic = bool((values > 0).all()) and np.ptp(np.diff(np.log(values))) < np.ptp(np.diff(values))
    at = np.log(values) if logarithmic else values
    middle = (at[1:] + at[:-1]) / 2
    ends = np.concatenate([[2 * at[0] - middle[0]], middle, [2 * at[-1] - middle[-1]]])
    return (np.exp(ends) if logarithmic else ends), logarithmic


def trainability(dataset: xarray.Dataset, quantity: str = "loss", rows: str | None = None,
                 columns: str | None = None) -> matplotlib.figure.Figure:
    """A map of where a quantity ends over two axes; networks that diverged are grey. Raises ValueError where there are none."""
    names = numeric_axes(dataset)
    columns = columns or next((name for name in names if name != rows), None)
    rows = rows or next((name for name in names if name != columns), None)
    if rows is None or columns is None:
        raise ValueError("a map wants two swept settings that are numbers")
    y, x, trained, diverged, value = plane(dataset, rows, columns, quantity)
    if len(x) < 2 or len(y) < 2:
        raise ValueError(f"{rows} x {columns} is no plane")
    source = fill_skipped(trained)
    value, outside = value[source], diverged[source]
    finite = value[np.isfinite(value)]
    low, high = (finite.min(), finite.max()) if len(finite) else (0.0, 1.0)
    positive = finite[finite > 0]
    norm: matplotlib.colors.Normalize = matplotlib.colors.Normalize(low, high if high > low else low + 1)
    if len(positive) and spans_decades(positive):
        low, high = np.quantile(positive, [0.01, 0.98])  # networks about to diverge would take the scale for themselves
        norm = matplotlib.colors.LogNorm(max(low, high * 1e-8), high, clip=True)
        value = np.where(value <= norm.vmin, norm.vmin, value)
    figure = matplotlib.figure.Figure(figsize=(7.2, 5.6))
    panel = figure.subplots()
    (x_edges, x_log), (y_edges, y_log) = edges(x), edges(y)
    panel.set_facecolor(OUTSIDE)
    panel.grid(False)
    image = panel.pcolormesh(x_edges, y_edges, np.ma.masked_where(outside | ~np.isfinite(value), value), norm=norm,
                             cmap="cividis" if "accuracy" in quantity else "cividis_r", rasterized=True)
    panel.set_xscale("log" if x_log else "linear")
    panel.set_yscale("log" if y_log else "linear")
    panel.set_xlim(x_edges[0], x_edges[-1])
    panel.set_ylim(y_edges[0], y_edges[-1])
    panel.set_xlabel(columns)
    panel.set_ylabel(rows)
    figure.colorbar(image, ax=panel, label=f"final {quantity_label(dataset, quantity)}", pad=0.01, extend="both")
    panel.legend(handles=[matplotlib.patches.Patch(color=OUTSIDE, label="diverged")], loc="upper left", fontsize=8)
    share = f"\n{np.count_nonzero(trained):,} of {trained.size:,} networks trained" if not trained.all() else ""
    figure.suptitle(title_of(dataset, 7.2) + share)
    return figure
