#!/usr/bin/python3
"""Prints a table of a results file: a statistic of one quantity by one or two axes, as Markdown.

    table.py FILE --by init                                            the median of the last loss
    table.py FILE --by depth --by init --value accuracy                rows, then columns
    table.py FILE --by init --value loss --value accuracy              a column for each quantity
    table.py FILE --by width --value accuracy --above 0.99 --interval  the share of networks above, with its 95 % interval
    table.py FILE --by step --by depth --step 0,100,1000               at those recorded steps
    table.py FILE --by layer --value gradient_norm --step 0            by layer, at the start

An axis is a setting of the file, `step` or `layer`. The value is the last recorded one, or that at --step. Networks that diverged
have no value: a cell counts them, and in a share they are those without the property. Steps that never came (escape_step,
first_moved) are infinite. Intervals: Wilson's for a share, order statistics for a median; a mean has its standard error.
"""
import argparse
import sys

import numpy as np

import initsweep
from initsweep import tables
from initsweep.arrays import select_by_filters


def steps_of(text):
    """Whole numbers in the text of --step, separated by commas. Raises ValueError that names the option."""
    try:
        return [int(word) for word in text.split(",")]
    except ValueError:
        raise ValueError(f"--step takes whole numbers, not '{text}'") from None


def property_of(arguments):
    """What --below or --above asks of values, as a function and in words; None, None without."""
    if arguments.below is not None:
        return (lambda values: values < arguments.below), f"below {arguments.below:g}"
    if arguments.above is not None:
        return (lambda values: values > arguments.above), f"above {arguments.above:g}"
    return None, None


def table(results, arguments):
    """The table as text, a line before it that says what it shows. Raises ValueError for names that are not there."""
    by, quantities = arguments.by, arguments.value or ["loss"]
    if len(by) + (len(quantities) > 1) > 2:
        raise ValueError("two axes and one quantity, or one axis and several quantities")
    has, words = property_of(arguments)
    statistic = "share" if has else arguments.statistic
    steps = steps_of(arguments.step) if arguments.step else None
    grids = [tables.group(results, quantity, by, arguments.layer, steps) for quantity in quantities]
    names = [f"share of networks with {quantity} {words}" if has else f"{statistic} {quantity}" for quantity in quantities]
    sizes = sorted(len(cell.values) for grid in grids for cell in grid.cells.values())
    count = f"{sizes[0]} to {sizes[-1]} networks" if sizes[0] < sizes[-1] else f"{sizes[0]} network{'s' * (sizes[0] != 1)}"
    where = f", layer {arguments.layer}" if arguments.layer else ""
    where += f", at step {arguments.step}" if steps and "step" not in by else ""
    columns = grids[0].columns
    header = [by[0], *([tables.axis_text(by[1], column) for column in columns] if columns else names)]
    places = [(grid, column) for grid in grids for column in range(len(columns) or 1)]
    empty = tables.Cell(np.array([]), 0)
    rows = [[tables.format_value(row), *(tables.statistic_text(grid.cells.get((i, j), empty), statistic, has, arguments.interval)
                                    for grid, j in places)] for i, row in enumerate(grids[0].rows)]
    return f"{', '.join(names)}{where}; {count} a cell\n\n{tables.markdown(header, rows)}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", metavar="FILE")
    parser.add_argument("--by", action="append", required=True, metavar="AXIS",
                        help="an axis of the table; a second one makes columns")
    parser.add_argument("--value", action="append", metavar="QUANTITY", help="what is shown (loss); several make columns")
    parser.add_argument("--statistic", choices=[name for name in tables.STATISTICS if name != "share"], default="median")
    share = parser.add_mutually_exclusive_group()
    share.add_argument("--below", type=float, metavar="X", help="the share of networks with a value below X")
    share.add_argument("--above", type=float, metavar="X", help="the share of networks with a value above X")
    parser.add_argument("--interval", action="store_true", help="with 95 %% intervals")
    parser.add_argument("--layer", type=int, metavar="K", help="of this weight layer, from 1 at the input")
    parser.add_argument("--step", metavar="S,...", help="at this step; with --by step at these")
    parser.add_argument("--select", action="append", default=[], metavar="SETTING=VALUE,...", help="of these networks alone; may be repeated")
    arguments = parser.parse_args()
    try:
        print(table(select_by_filters(initsweep.open_arrays(arguments.file), arguments.select), arguments))
    except (OSError, ValueError) as error:
        print(f"table.py: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
