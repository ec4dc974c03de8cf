#!/usr/bin/python3
"""`initsweep table` in the source tree: scripts/initsweep/commands/table.py."""
import sys

from initsweep.commands import main

if __name__ == "__main__":
    sys.exit(main("table"))
