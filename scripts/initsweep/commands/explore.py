"""Writes a page on which a results file can be explored.

    initsweep explore FILE                  FILE with the ending .html
    initsweep explore FILE -o page.html

The page opens in a browser from disk, without a network: brushes on settings and results, heat maps over any two
settings, trajectories, every network with the command that replays it, and a table to sort and to save as CSV.
"""
from __future__ import annotations

import argparse
import os
import sys

from initsweep.explorer import write_explorer


def main() -> int:
    """The command line. Returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", metavar="FILE")
    parser.add_argument("-o", dest="out", metavar="PAGE", help="the page (default: FILE with the ending .html)")
    arguments = parser.parse_args()
    out = arguments.out or f"{os.path.splitext(arguments.file)[0]}.html"
    try:
        write_explorer(arguments.file, out)
    except (OSError, ValueError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 2
    print(out)
    return 0
