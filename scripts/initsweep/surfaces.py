"""Loss surfaces: a quantity over x and y of the initialiser `plane`, and over t of `interpolate`."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib.cm
import matplotlib.colors
import numpy as np
import xarray

from initsweep.arrays import Array, columns
from initsweep.curves import draw_curves, network_values, panel_summaries
from initsweep.design import Role, View, titled, view
from initsweep.maps import MAX_MAPS, MapCells, map_cells, map_handles, panel_grid
from initsweep.layout import wrap_label
from initsweep.scales import colour_bar, colour_map, colour_norm, exceeded_ends, quantity_label, require_quantity
from initsweep.style import Figure, in_style

__all__ = ["surface", "line", "barrier"]

PROJECTIONS = ("flat", "3d")
LEVELS = 16  # of the contours
ON_A_PLANE = (Role("columns", wants="number"), Role("rows", wants="number"), Role("panels", most=MAX_MAPS))
ON_A_LINE = (Role("x", wants="number"), Role("colour", most=24), Role("panels", most=12))


def require_columns(dataset: xarray.Dataset, initializer: str, names: Sequence[str]) -> None:
    """Raises ValueError if the sweep has no parameters of these names, those of an initialiser of network.init."""
    lacking = [name for name in names if name not in columns(dataset)]
    if lacking:
        raise ValueError(f"the file has no setting {lacking[0]}; a sweep over "
                         f"{' and '.join(name.removeprefix('init_') for name in names)} of the initialiser "
                         f"{initializer} in network.init has")


def contour_levels(norm: matplotlib.colors.Normalize) -> Array:
    """Values of the contours, evenly spread over the colours."""
    if isinstance(norm, matplotlib.colors.LogNorm):
        return np.asarray(np.geomspace(norm.vmin, norm.vmax, LEVELS))
    return np.asarray(np.linspace(norm.vmin, norm.vmax, LEVELS))


def draw_contours(panel: Any, x: Array, y: Array, value: Array, norm: matplotlib.colors.Normalize,
                  quantity: str) -> Any:
    """Contours and a mark at the centre. x: [columns], y: [rows], value: [rows, columns]. Returns the colours."""
    levels = contour_levels(norm)
    panel.grid(False)
    image = panel.contourf(x, y, value, levels, norm=norm, cmap=colour_map(quantity), extend=exceeded_ends(norm, value))
    panel.contour(x, y, value, levels, colors="0.25", linewidths=0.4)
    if x[0] <= 0 <= x[-1] and y[0] <= 0 <= y[-1]:
        panel.plot(0, 0, "+", color="black", markersize=9, markeredgewidth=1.5)
    return image


def draw_relief(panel: Any, x: Array, y: Array, value: Array, norm: matplotlib.colors.Normalize, quantity: str) -> Any:
    """The surface in three dimensions, arguments as draw_contours; the height is logarithmic if the colours are."""
    within = np.clip(value, norm.vmin, norm.vmax)
    logarithmic = isinstance(norm, matplotlib.colors.LogNorm)
    colours = matplotlib.cm.ScalarMappable(norm, colour_map(quantity))
    panel.plot_surface(*np.meshgrid(x, y), np.log10(within) if logarithmic else within, rcount=len(y), ccount=len(x),
                       facecolors=colours.to_rgba(within), linewidth=0, shade=False)
    panel.set_zlabel("log10" if logarithmic else "")
    panel.set_box_aspect(None, zoom=0.85)
    panel.locator_params(nbins=5)
    return colours


@in_style
def surface(dataset: xarray.Dataset, quantity: str = "loss", panels: str | None = None, best_over: Sequence[str] = (),
            projection: str = "flat") -> Figure:
    """Contours of the final values of a quantity over x and y of the initialiser `plane`; a cross marks its centre.

    panels: a setting; without it one more that was swept. projection: "flat", or "3d" for a relief. Raises ValueError
    if x and y were not swept.
    """
    require_quantity(dataset, quantity)
    require_columns(dataset, "plane", ("init_x", "init_y"))
    shown = view(dataset, ON_A_PLANE, {"columns": "init_x", "rows": "init_y", "panels": panels}, quantity, "point",
                 best_over)
    cells = map_cells(shown, quantity)
    norm = colour_norm(shown.dataset, quantity, cells.value)
    return draw_surface(shown, cells, norm, quantity, projection)


def draw_surface(shown: View, cells: MapCells, norm: matplotlib.colors.Normalize, quantity: str,
                 projection: str) -> Figure:
    """The figure of the values of a plane. cells: [panels, rows, columns]; projection: as surface takes it."""
    x, y, parts = (shown.axes[name] for name in ("columns", "rows", "panels"))
    assert x.numbers is not None and y.numbers is not None
    relief = projection == "3d"
    figure, upper, axes = panel_grid(shown, map_handles(cells), projection="3d" if relief else None)
    for p, panel in enumerate(axes):
        image = (draw_relief if relief else draw_contours)(panel, x.numbers, y.numbers, cells.value[p], norm, quantity)
        panel.set_title(titled(parts, p, p == 0))
        if relief:
            panel.set_xlabel(x.name)
            panel.set_ylabel(y.name)
    if not relief:
        upper.supxlabel(x.name, fontsize=9)
        upper.supylabel(y.name, fontsize=9)
    colour_bar(upper, image, axes, wrap_label(f"final {quantity_label(shown.dataset, quantity)}", 2.4), cells.value)
    return figure


def barrier(t: Array, value: Array) -> float:
    """How far a quantity on the way from t = 0 to t = 1 is above the straight line between its ends (Frankle et al.
    2020, section 2): the largest difference, at least 0. t, value: [points]. NaN without values at 0 and 1."""
    if not (np.any(t == 0) and np.any(t == 1)):
        return float("nan")
    first, last = value[t == 0][0], value[t == 1][0]
    between = (t >= 0) & (t <= 1)
    return float(np.max(value[between] - ((1 - t[between]) * first + t[between] * last)))


def barrier_text(heights: Sequence[float]) -> str:
    """What the subtitle says of the barriers of all lines."""
    known = [height for height in heights if np.isfinite(height)]
    if not known:
        return ""
    return f"barrier {known[0]:.3g}" if len(heights) == 1 else f"barriers from {min(known):.3g} to {max(known):.3g}"


@in_style
def line(dataset: xarray.Dataset, quantity: str = "loss", colour: str | None = None, panels: str | None = None,
         best_over: Sequence[str] = ()) -> Figure:
    """The final values of a quantity over t of the initialiser `interpolate`, a line for each colour; the subtitle has
    the barrier of a loss.

    colour, panels: settings; those that are None are taken from the swept axes. Raises ValueError if t was not swept.
    """
    require_quantity(dataset, quantity)
    require_columns(dataset, "interpolate", ("init_t",))
    shown = view(dataset, ON_A_LINE, {"x": "init_t", "colour": colour, "panels": panels}, quantity, "point", best_over)
    x, values = shown.axes["x"], network_values(shown.dataset, quantity, "final")
    assert x.numbers is not None
    if "loss" in quantity:
        summaries = panel_summaries(shown, values, x.numbers, x.codes)
        text = barrier_text([barrier(summary.place, summary.median) for row in summaries for summary in row])
        shown = shown._replace(note="; ".join(part for part in (shown.note, text) if part))
    figure = draw_curves(shown, quantity, "final", values)
    for panel in figure.subfigs[0].axes:
        for end in (0, 1):
            panel.axvline(end, color="0.6", linewidth=0.8, linestyle=":", zorder=0)
    return figure
