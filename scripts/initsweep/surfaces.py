"""Loss surfaces: a quantity over x and y of the initialiser `plane`, and over t of `interpolate`."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import matplotlib.cm
import matplotlib.colors
import numpy as np
import xarray

from initsweep.arrays import Array, columns, get_values, snapshot_steps, stored_weights
from initsweep.curves import draw_curves, network_values, panel_summaries
from initsweep.design import Role, View, titled, view
from initsweep.maps import MAX_MAPS, MapCells, map_cells, map_handles, panel_grid
from initsweep.layout import wrap_label
from initsweep.scales import colour_bar, colour_map, colour_norm, exceeded_ends, quantity_label, require_quantity
from initsweep.style import Figure, in_style

__all__ = ["surface", "line", "barrier", "Trajectory", "project_trajectory"]

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


class Trajectory(NamedTuple):
    """A training projected onto a plane: steps, x and y, each [snapshots], and the share of the variance of its weights
    over the snapshots that lies in the plane."""
    step: Array
    x: Array
    y: Array
    share: float


def plane_of(dataset: xarray.Dataset) -> tuple[Array, Array]:
    """The centre w [parameters] and the directions d1, d2 [parameters, 2] of a plane, from the initial weights of three
    of its corners: each network starts at w + x d1 + y d2. dataset: the networks of one plane."""
    x, y = get_values(dataset, "init_x"), get_values(dataset, "init_y")
    if "weights_initial" not in dataset and "weights" not in dataset:
        raise ValueError("the directions of the plane are found from its networks' initial weights, which the file of "
                         "the surface does not have: record.weights: initial")
    corners = []
    for place in ((x.min(), y.min()), (x.max(), y.min()), (x.min(), y.max())):
        own = np.flatnonzero((x == place[0]) & (y == place[1]))
        if len(own) != 1:
            raise ValueError(f"{len(own) or 'no'} networks at x = {place[0]:g}, y = {place[1]:g}: a trajectory needs "
                             "one network at each corner of a plane; --select leaves out others")
        network = int(get_values(dataset, "network")[own[0]])
        weights = stored_weights(dataset, network, "initial").astype(np.float64)
        weights = weights[np.isfinite(weights)]  # the others are the padding of smaller networks
        if not len(weights):
            raise ValueError(f"network {network}, a corner of the plane, has no weights")
        corners.append(weights)
    if x.min() == x.max() or y.min() == y.max():
        raise ValueError("a plane needs two values of x and of y")
    directions = np.stack([(corners[1] - corners[0]) / (x.max() - x.min()),
                           (corners[2] - corners[0]) / (y.max() - y.min())], axis=1)
    return corners[0] - directions @ [x.min(), y.min()], directions


def project_trajectory(plane: xarray.Dataset, training: xarray.Dataset, network: int | None = None) -> Trajectory:
    """The snapshots of a network's training, projected onto a plane of the initialiser `plane` at right angles (Li et
    al. 2018, section 7): x d1 + y d2 is the point of the plane nearest to w_k - w.

    plane: the networks of one plane, with their initial weights. training: of a sweep with record.weights: {steps:
    ...}. network: its number there; None: that of the plane's initialiser. Raises ValueError if weights are missing,
    or if the network has other layers.
    """
    if network is None:
        own = np.unique(get_values(plane, "init_network")) if "init_network" in plane else np.zeros(0)
        if len(own) != 1:
            raise ValueError("the plane does not name one network: --network N")
        network = int(own[0])
    steps = snapshot_steps(training, network)
    weights = np.stack([stored_weights(training, network, int(step)) for step in steps]).astype(np.float64)
    made = np.isfinite(weights).any(axis=1)
    steps, weights = steps[made], weights[made][:, np.isfinite(weights[made]).all(axis=0)]
    centre, directions = plane_of(plane)
    if not len(steps) or weights.shape[1] != len(centre):
        raise ValueError(f"network {network} of the training has {weights.shape[1] if len(steps) else 'no'} weights, "
                         f"those of the plane {len(centre)}")
    basis = np.linalg.qr(directions)[0]
    deviations = weights - weights.mean(axis=0)
    total = float((deviations ** 2).sum())
    x, y = np.linalg.lstsq(directions, (weights - centre).T, rcond=None)[0]
    return Trajectory(steps, x, y, float(((deviations @ basis) ** 2).sum()) / total if total else float("nan"))


def draw_trajectory(panel: Any, trajectory: Trajectory) -> int:
    """Marks the snapshots, the first with an open circle, without changing the limits. Returns how many are outside."""
    limits = panel.get_xlim(), panel.get_ylim()
    x, y = trajectory.x, trajectory.y
    panel.plot(x, y, "-o", color="black", linewidth=0.9, markersize=4, markerfacecolor="white", markeredgewidth=0.7)
    panel.plot(x[:1], y[:1], "o", color="none", markersize=8, markeredgecolor="black", markeredgewidth=1.0)
    panel.set_xlim(limits[0])
    panel.set_ylim(limits[1])
    inside = (x >= limits[0][0]) & (x <= limits[0][1]) & (y >= limits[1][0]) & (y <= limits[1][1])
    return int((~inside).sum())


@in_style
def surface(dataset: xarray.Dataset, quantity: str = "loss", panels: str | None = None, best_over: Sequence[str] = (),
            projection: str = "flat", trajectory: xarray.Dataset | None = None, network: int | None = None) -> Figure:
    """Contours of the final values of a quantity over x and y of the initialiser `plane`; a cross marks its centre.

    panels: a setting; without it one more that was swept. projection: "flat", or "3d" for a relief. trajectory: a sweep
    with weights along the training, whose network is drawn over the contours (project_trajectory); the subtitle has
    the share of its variance in the plane. Raises ValueError if x and y were not swept.
    """
    require_quantity(dataset, quantity)
    require_columns(dataset, "plane", ("init_x", "init_y"))
    if trajectory is not None and projection == "3d":
        raise ValueError("a trajectory is drawn over flat contours, not over a relief")
    if trajectory is None and network is not None:
        raise ValueError("--network is the number of a network of --trajectory")
    shown = view(dataset, ON_A_PLANE, {"columns": "init_x", "rows": "init_y", "panels": panels}, quantity, "point",
                 best_over)
    cells = map_cells(shown, quantity)
    norm = colour_norm(shown.dataset, quantity, cells.value)
    paths: list[Trajectory] = []
    if trajectory is not None:
        parts = shown.axes["panels"]
        paths = [project_trajectory(shown.dataset.isel(network=parts.codes == p), trajectory, network)
                 for p in range(len(parts.texts))]
        shown = shown._replace(note="; ".join(part for part in (shown.note, shares_text(paths)) if part))
    return draw_surface(shown, cells, norm, quantity, projection, paths)


def shares_text(paths: Sequence[Trajectory]) -> str:
    """What the subtitle says of the shares of all trajectories."""
    shares = [100 * path.share for path in paths]
    some = f"{shares[0]:.3g} %" if len(shares) == 1 else f"{min(shares):.3g} to {max(shares):.3g} %"
    return f"{some} of the variance of the trajectory's weights in the plane"


def draw_surface(shown: View, cells: MapCells, norm: matplotlib.colors.Normalize, quantity: str,
                 projection: str, paths: Sequence[Trajectory] = ()) -> Figure:
    """The figure of the values of a plane. cells: [panels, rows, columns]; projection: as surface takes it; paths: of
    each panel, or none."""
    x, y, parts = (shown.axes[name] for name in ("columns", "rows", "panels"))
    assert x.numbers is not None and y.numbers is not None
    relief = projection == "3d"
    figure, upper, axes = panel_grid(shown, map_handles(cells), projection="3d" if relief else None)
    for p, panel in enumerate(axes):
        image = (draw_relief if relief else draw_contours)(panel, x.numbers, y.numbers, cells.value[p], norm, quantity)
        panel.set_title(titled(parts, p, p == 0))
        outside = draw_trajectory(panel, paths[p]) if paths else 0
        if outside:
            panel.text(0.02, 0.02, f"{outside} of {len(paths[p].x)} snapshots outside", transform=panel.transAxes,
                       fontsize=7, bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5})
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
