#!/usr/bin/python3
"""`initsweep plot` in the source tree: scripts/initsweep/commands/plot.py."""
import sys

from initsweep.commands import main

if __name__ == "__main__":
    sys.exit(main("plot"))
