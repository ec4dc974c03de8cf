"""Draws results files as PNG and SVG.

    initsweep plot overview FILE...                              a heat map of final values, and trajectories
    initsweep plot trajectories FILE... [--quantity loss]        a quantity over the steps
    initsweep plot heatmap FILE... [--quantity accuracy]         its final values in cells
    initsweep plot curve FILE... [--x learning_rate]             its final or best value over a setting, with intervals
    initsweep plot trainability FILE...                          final values over two numeric axes, as a map
    initsweep plot multiples FILE... [--panels init]             every network, a panel for each value of a setting
    initsweep plot layers FILE... [--quantity gradient_norm]     a quantity of each layer over the steps
    initsweep plot symmetry FILE... [--quantity distinct_units]  whether the units of a hidden layer act as one
    initsweep plot escape FILE... [--x init_noise]               escape_step over a number, with a power law
    initsweep plot spectra FILE...                               singular values and effective rank of each layer
    initsweep plot hessian FILE...                               extreme eigenvalues of the Hessian over the steps
    initsweep plot phase FILE... [--quantity accuracy]           final values over sigma_w, sigma_b; edge of chaos
    initsweep plot surface FILE... [--projection 3d]             contours over x and y of the initialiser plane
    initsweep plot line FILE... [--quantity accuracy]            a quantity over t of the initialiser interpolate

For each file it writes FILE-KIND.png and FILE-KIND.svg in the same folder. -o OUT gives another name: OUT.png, OUT.svg
or OUT.pdf is written as it is; any other OUT becomes OUT.png and OUT.svg. --format selects other formats.

What is shown follows from what was swept. --rows, --columns, --panels, --colour and --x select other settings. The
subtitle says which swept settings are pooled, and over how many networks. --best-over SETTING shows, in each cell or
line, only the networks with the best value of a setting, judged by the median final value. --select keeps the networks
with some values.

overview, trajectories, hessian: the median and a band from the 10 % to the 90 % quantile of the networks. Earlier lines
    are wider, so that a line exactly under another can be seen.
heatmap: the median over the networks that ended without divergence, the 10 % and 90 % quantiles and the number of
    networks where there is room, and the share that diverged.
curve: medians with exact 95 % intervals from order statistics (from the smallest to the largest network if they are
    fewer than 6); networks that diverged count as the worst. Sorted bars for a setting with names. --value best: the
    best recorded value of each network instead of the last.
trainability: the two numeric axes with the most values, or the points of a sample. Points that a refinement skipped
    look like the nearest trained point.
layers, symmetry, spectra, hessian: of networks of different depth the deepest, unless the figure shows depth.
escape: points are networks, triangles networks that had not escaped at their last step, diamonds medians. The exponent
    of the power law has the standard error of the fit through the medians.
phase: columns are sigma_w (init mean_field, or std times the root of the width), rows the standard deviation of the
    biases. The edge of chaos is that of wide networks (Poole et al. 2016), by Gauss-Hermite quadrature.
surface: a cross marks the network at the centre; --projection 3d draws a relief. --trajectory TRAINING projects the
    training of a network onto the plane, at right angles, from the weights of a sweep with record.weights: {steps:
    ...}; the surface needs record.weights: initial. Dots are snapshots, the first one in a circle.
line: dotted lines are the two networks. The barrier is how far the loss between them is above a straight line.

--theory draws what theory predicts over what was measured, where the networks of a panel have the settings that it
holds for. A panel without says what is missing; if no panel has a prediction, that is an error.
layers: diamonds at step 0, for wide networks (length map, chi, correlation map).
hessian: a dashed line where the optimiser becomes unstable, 2 / eta, with momentum 2 (1 + mu) / eta (Cohen et al.
    2021).
phase: dashed lines where depth is 6 xi_c, between which networks can be trained (Schoenholz et al. 2017).
trainability: the edge of chaos where an axis is sigma_w, and 6 xi_c where the other one is depth.

If the file lacks a probe, the message says which one to add to record.probes. docs/plots.md shows each kind.
"""
from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable, Sequence
from typing import Any

import initsweep
from initsweep import curves, figures, maps, plots, surfaces
from initsweep.arrays import select_by_filters
from initsweep.style import Figure

FORMATS = ("png", "svg", "pdf")


def draw_overview(results: Any, quantity: str | None = None, **options: Any) -> Figure:
    """The figure `overview`, with final accuracies if the file has them and no quantity is given."""
    final = "accuracy" if quantity is None and "accuracy" in results else quantity or "loss"
    return figures.overview(results, quantity or "loss", final, **options)


# For each kind a function of the results of open_results and of the options that it takes, by their names; it returns a
# Figure, and raises ValueError if the file lacks what the figure needs.
KINDS: dict[str, tuple[Callable[..., Figure], tuple[str, ...]]] = {
    "overview": (draw_overview, ("quantity", "rows", "columns", "colour")),
    "trajectories": (figures.trajectories, ("quantity", "rows", "columns", "colour")),
    "heatmap": (figures.heatmap, ("quantity", "rows", "columns", "panels")),
    "curve": (curves.curve, ("quantity", "x", "colour", "panels", "value")),
    "trainability": (maps.trainability, ("quantity", "rows", "columns", "panels", "theory")),
    "multiples": (plots.small_multiples, ("quantity", "panels", "colour")),
    "layers": (plots.by_layer, ("quantity", "rows", "columns", "theory")),
    "symmetry": (plots.symmetry, ("quantity", "columns", "colour")),
    "escape": (plots.escape_time, ("x", "colour")),
    "spectra": (plots.spectra, ("columns", "colour")),
    "hessian": (plots.hessian, ("columns", "colour", "theory")),
    "phase": (plots.phase, ("quantity", "rows", "columns", "panels", "theory")),
    "surface": (surfaces.surface, ("quantity", "panels", "projection", "trajectory", "network")),
    "line": (surfaces.line, ("quantity", "colour", "panels")),
}
OPTIONS = ("quantity", "rows", "columns", "panels", "colour", "x", "value", "projection", "theory", "trajectory",
           "network")


def draw(results: Any, arguments: argparse.Namespace) -> Figure:
    """The figure that the arguments of the command line describe. Raises ValueError for options the kind has not."""
    function, names = KINDS[arguments.kind]
    given = {name: getattr(arguments, name) for name in OPTIONS if getattr(arguments, name) is not None}
    foreign = [name for name in given if name not in names]
    if foreign:
        raise ValueError(f"{arguments.kind} has no --{foreign[0]}; it has: {', '.join(f'--{name}' for name in names)}, "
                         "--best-over")
    if "trajectory" in given:
        given["trajectory"] = initsweep.open_results(given["trajectory"])
    return function(results, best_over=arguments.best_over, **given)


def outputs(path: str, kind: str, out: str | None, formats: Sequence[str] | None) -> list[str]:
    """Paths of the files to write."""
    stem, dotted = os.path.splitext(out or "")
    ending = dotted[1:]
    if out and ending in FORMATS and not formats:
        return [out]
    base = stem if ending in FORMATS else out or f"{os.path.splitext(path)[0]}-{kind}"
    return [f"{base}.{name}" for name in formats or ("png", "svg")]


def parse_size(text: str) -> tuple[float, float]:
    """(width, height) in inches from the text WIDTHxHEIGHT."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)x(\d+(?:\.\d+)?)", text)
    size = (float(match[1]), float(match[2])) if match else (0.0, 0.0)
    if not all(1 <= inches <= 100 for inches in size):
        raise argparse.ArgumentTypeError(f"'{text}' is not a size; one in inches, from 1 to 100, is 6.5x4")
    return size


def parse_formats(text: str) -> list[str]:
    """The formats in a comma-separated list."""
    unknown = [name for name in text.split(",") if name not in FORMATS]
    if unknown:
        raise argparse.ArgumentTypeError(f"unknown format '{unknown[0]}'; known are {', '.join(FORMATS)}")
    return text.split(",")


def main() -> int:
    """The command line. Returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=list(KINDS))
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument("-o", dest="out", metavar="OUT", help="for one FILE")
    parser.add_argument("--quantity", help="a probe with one value per record (default: loss)")
    for name in ("rows", "columns", "panels", "colour", "x"):
        parser.add_argument(f"--{name}", metavar="SETTING")
    parser.add_argument("--best-over", action="append", default=[], metavar="SETTING",
                        help="show the best value of this setting instead of pooling; may be repeated")
    parser.add_argument("--value", choices=curves.VALUES, help="of a curve: the last recorded value, or the best one "
                        "(default: final)")
    parser.add_argument("--projection", choices=surfaces.PROJECTIONS, help="of a surface (default: flat)")
    parser.add_argument("--theory", action="store_const", const=True, help=
                        "of layers, hessian, trainability and phase: draw what theory predicts over the measurements")
    parser.add_argument("--trajectory", metavar="TRAINING", help="of a surface: the results file of the training")
    parser.add_argument("--network", type=int, metavar="N", help="its network (default: that of the plane)")
    parser.add_argument("--select", action="append", default=[], metavar="SETTING=VALUE,...",
                        help="draw only these networks; may be repeated")
    parser.add_argument("--format", type=parse_formats, metavar="FORMAT,...",
                        help=f"from {', '.join(FORMATS)} (default: png,svg)")
    parser.add_argument("--size", type=parse_size, metavar="WxH", help=
                        "width x height in inches, kept exactly (default: as the figure needs)")
    parser.add_argument("--dpi", type=int, default=150, metavar="N", help="pixels per inch of a PNG (default: 150)")
    arguments = parser.parse_args()
    if arguments.out and len(arguments.files) > 1:
        parser.error("-o takes one FILE")
    if not 10 <= arguments.dpi <= 1200:
        parser.error(f"--dpi {arguments.dpi}: must be from 10 to 1200")
    status = 0
    for path in arguments.files:
        try:
            figure = draw(select_by_filters(initsweep.open_results(path), arguments.select), arguments)
            if arguments.size:
                figure.set_size_inches(*arguments.size)
            figure.set_dpi(arguments.dpi)
            for output in outputs(path, arguments.kind, arguments.out, arguments.format):
                figures.save(figure, output, exact=arguments.size is not None)
                print(output)
        except (OSError, ValueError) as error:
            print(f"{parser.prog}: {path}: {error}", file=sys.stderr)
            status = 2
    return status
