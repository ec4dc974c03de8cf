#!/usr/bin/python3
"""Draws results files, as PNG and SVG.

    plot.py overview FILE...                              trajectories and heat map in one figure
    plot.py trajectories FILE... [--quantity loss]        a quantity over the steps
    plot.py heatmap FILE... [--quantity accuracy]         where a quantity ends
    plot.py trainability FILE...                          the same over two numeric axes, as a map
    plot.py multiples FILE... [--panels init]             every network, a panel for each value of a setting
    plot.py layers FILE... [--quantity gradient_norm]     a quantity of each layer over the steps
    plot.py symmetry FILE... [--quantity distinct_units]  the same of distinct_units, or mean_cosine
    plot.py escape FILE... [--columns init_noise]         escape_step over a number, both logarithmic, with a power law
    plot.py spectra FILE...                               singular values and effective rank of each layer
    plot.py hessian FILE...                               extreme eigenvalues of the Hessian over the steps
    plot.py phase FILE... [--quantity accuracy]           where it ends over sigma_w and sigma_b, with the edge of chaos

Each file gives FILE-KIND.png and FILE-KIND.svg beside it; -o OUT names them otherwise: OUT.png or OUT.svg writes that one
only, another OUT writes OUT.png and OUT.svg.
Trajectories: panels activation x depth, a colour for each init, the median and a band from 10 % to 90 % of the networks.
Heat map: panels for depth, cells init x activation: the median over the networks that ended in order, the share diverged.
Map: the two numeric axes with the most values; of the other settings the first value; points that a refinement skipped look
like the nearest that was trained.
Escape: points are networks, triangles those that never escaped, diamonds medians; a colour for each depth.
Phase: columns sigma_w (init mean_field, or std times the root of the width), rows the biases' std; the edge of chaos is that of
wide networks (Poole et al. 2016), computed by Gauss-Hermite.
A figure whose probe is not in the file says which one to name in record.probes.
--rows, --columns, --panels and --colour take other settings of the file.
"""
import argparse
import os
import sys

import initsweep
from initsweep import figures, kinds, maps


def draw(kind, results, arguments):
    """The figure of a kind. results: Dataset of open_results. Raises ValueError where the file lacks what it needs."""
    quantity = arguments.quantity or "loss"
    if kind == "trajectories":
        return figures.trajectories(results, quantity, arguments.rows or "depth", arguments.columns or "activation",
                                    arguments.colour or "init")
    if kind == "heatmap":
        return figures.heatmap(results, quantity, arguments.rows or "init", arguments.columns or "activation",
                               arguments.panels or "depth")
    if kind == "trainability":
        return maps.trainability(results, quantity, arguments.rows, arguments.columns)
    if kind == "multiples":
        return kinds.small_multiples(results, quantity, arguments.panels or "init", arguments.colour or "activation")
    if kind in ("layers", "symmetry"):
        first = "gradient_norm" if kind == "layers" else "distinct_units" if "distinct_units" in results else "mean_cosine"
        return kinds.by_layer(results, arguments.quantity or first, arguments.rows or "init", arguments.columns or "activation")
    if kind == "escape":
        return kinds.escape_time(results, arguments.columns, arguments.colour or "depth")
    if kind in ("spectra", "hessian"):
        draw_kind = kinds.spectra if kind == "spectra" else kinds.hessian
        return draw_kind(results, arguments.columns or "activation", arguments.colour or "init")
    if kind == "phase":
        return kinds.phase(results, quantity, arguments.rows, arguments.columns)
    ending = "accuracy" if arguments.quantity is None and "accuracy" in results else quantity
    return figures.overview(results, quantity, ending)


def outputs(path, kind, out):
    """Names of the files to write."""
    if out and out.endswith((".png", ".svg")):
        return [out]
    base = out or f"{os.path.splitext(path)[0]}-{kind}"
    return [base + ".png", base + ".svg"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=["overview", "trajectories", "heatmap", "trainability", "multiples", "layers", "symmetry",
                                         "escape", "spectra", "hessian", "phase"])
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument("-o", dest="out", metavar="OUT", help="for one FILE")
    parser.add_argument("--quantity", help="a probe with one value a record (default: loss)")
    for name in ("rows", "columns", "panels", "colour"):
        parser.add_argument(f"--{name}", metavar="SETTING")
    arguments = parser.parse_args()
    if arguments.out and len(arguments.files) > 1:
        parser.error("-o takes one FILE")
    status = 0
    for path in arguments.files:
        try:
            figure = draw(arguments.kind, initsweep.open_results(path), arguments)
            for output in outputs(path, arguments.kind, arguments.out):
                figures.save(figure, output)
                print(output)
        except (OSError, ValueError) as error:
            print(f"plot.py: {path}: {error}", file=sys.stderr)
            status = 2
    return status


if __name__ == "__main__":
    sys.exit(main())
