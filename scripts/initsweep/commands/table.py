"""Prints a statistic of a quantity by one or two settings.

The output is a table in Markdown.

    initsweep table FILE --by init                                            the median of the last loss
    initsweep table FILE --by depth --by init --value accuracy                rows, then columns
    initsweep table FILE --by init --value loss --value accuracy              a column for each quantity
    initsweep table FILE --by width --value accuracy --above 0.99 --interval  the share above, with its 95 % interval
    initsweep table FILE --by step --by depth --step 0,100,1000               at these recorded steps
    initsweep table FILE --by layer --value gradient_norm --step 0            by layer, at the start

An axis is a setting of the file, `step` or `layer`. The value is the last recorded one, or that at --step. Networks
that diverged have no value: a cell counts them, and in a share they do not have the property. Steps of events that
never happened (escape_step, first_moved) are infinite. Intervals: Wilson's for a share, order statistics for a median;
a mean has its standard error.
"""
from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

import initsweep
from initsweep import tables
from initsweep.arrays import Array, format_value, select_by_filters


def parse_steps(text: str) -> list[int]:
    """The comma-separated whole numbers of --step. Raises ValueError that names the option."""
    try:
        return [int(word) for word in text.split(",")]
    except ValueError:
        raise ValueError(f"--step takes whole numbers, not '{text}'") from None


def parse_property(arguments: argparse.Namespace) -> tuple[Callable[[Array], Array] | None, str | None]:
    """The property of --below or --above as a function of values and as text; (None, None) if neither is given."""
    if arguments.below is not None:
        return (lambda values: np.less(values, arguments.below)), f"below {arguments.below:g}"
    if arguments.above is not None:
        return (lambda values: np.greater(values, arguments.above)), f"above {arguments.above:g}"
    return None, None


def table(results: Any, arguments: argparse.Namespace) -> str:
    """The table as text, after a line that says what it shows. Raises ValueError for unknown names."""
    by, quantities = arguments.by, arguments.value or ["loss"]
    if len(by) + (len(quantities) > 1) > 2:
        raise ValueError("give two axes and one quantity, or one axis and several quantities")
    has, words = parse_property(arguments)
    statistic = "share" if has else arguments.statistic
    steps = parse_steps(arguments.step) if arguments.step else None
    grids = [tables.group(results, quantity, by, arguments.layer, steps) for quantity in quantities]
    names = [f"share of networks with {quantity} {words}" if has else f"{statistic} {quantity}"
             for quantity in quantities]
    sizes = sorted(len(cell.values) for grid in grids for cell in grid.cells.values())
    count = f"{sizes[0]} to {sizes[-1]}" if sizes[0] < sizes[-1] else str(sizes[0])
    count += " network" if sizes[-1] == 1 else " networks"
    where = f", layer {arguments.layer}" if arguments.layer else ""
    where += f", at step {arguments.step}" if steps and "step" not in by else ""
    columns = grids[0].columns
    header = [by[0], *([tables.head_text(by[1], column) for column in columns] if columns else names)]
    column_keys = [(grid, column) for grid in grids for column in range(len(columns) or 1)]
    empty = tables.Cell(np.array([]), 0)

    def cell_text(grid: tables.Grid, row: int, column: int) -> str:
        return tables.statistic_text(grid.cells.get((row, column), empty), statistic, has, arguments.interval)

    rows = [[format_value(value), *(cell_text(grid, row, column) for grid, column in column_keys)]
            for row, value in enumerate(grids[0].rows)]
    return f"{', '.join(names)}{where}; {count} per cell\n\n{tables.markdown(header, rows)}"


def main() -> int:
    """The command line. Returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", metavar="FILE")
    parser.add_argument("--by", action="append", required=True, metavar="AXIS",
                        help="an axis of the table; a second one makes columns")
    parser.add_argument("--value", action="append", metavar="QUANTITY",
                        help="what to show (default: loss); several make columns")
    parser.add_argument("--statistic", choices=[name for name in tables.STATISTICS if name != "share"],
                        default="median")
    share = parser.add_mutually_exclusive_group()
    share.add_argument("--below", type=float, metavar="X", help="the share of networks with a value below X")
    share.add_argument("--above", type=float, metavar="X", help="the share of networks with a value above X")
    parser.add_argument("--interval", action="store_true", help="with 95 %% intervals")
    parser.add_argument("--layer", type=int, metavar="K", help="of this weight layer, 1 at the inputs")
    parser.add_argument("--step", metavar="S,...", help="at this step; with --by step at these steps")
    parser.add_argument("--select", action="append", default=[], metavar="SETTING=VALUE,...",
                        help="only these networks; may be repeated")
    arguments = parser.parse_args()
    try:
        print(table(select_by_filters(initsweep.open_arrays(arguments.file), arguments.select), arguments))
    except (OSError, ValueError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 2
    return 0
