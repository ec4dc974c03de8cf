"""The commands of the library: plot, table, export and explore, as `initsweep NAME`, `initsweep-NAME` and `python -m
initsweep NAME`. Each module has `main`, which reads sys.argv and returns the exit status."""
from __future__ import annotations

import importlib
import os
import sys

from initsweep.packages import explain_missing

NAMES = ("plot", "table", "export", "explore")


def main(name: str) -> int:
    """Runs a command of NAMES with the arguments in sys.argv. Returns the exit status: 0 done, 2 bad usage or input, or
    a Python package is missing."""
    try:
        return int(importlib.import_module(f"initsweep.commands.{name}").main())
    except ImportError as error:
        print(f"{os.path.basename(sys.argv[0])}: {explain_missing(error)}", file=sys.stderr)
        return 2


def run_plot() -> int:
    """The program initsweep-plot."""
    return main("plot")


def run_table() -> int:
    """The program initsweep-table."""
    return main("table")


def run_export() -> int:
    """The program initsweep-export."""
    return main("export")


def run_explore() -> int:
    """The program initsweep-explore."""
    return main("explore")
