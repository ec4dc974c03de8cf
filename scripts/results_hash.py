#!/usr/bin/python3
"""Prints a hash of everything in results files that their sweep decides.

    results_hash.py FILE...

Two files have the same hash where all but /provenance is the same: names, types, shapes, attributes and values to the
bit.
"""
import argparse
import sys

import initsweep


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", metavar="FILE")
    status = 0
    for path in parser.parse_args().files:
        try:
            print(f"{initsweep.results_hash(path)}  {path}")
        except OSError as error:
            print(f"results_hash.py: {path}: {error}", file=sys.stderr)
            status = 2
    return status


if __name__ == "__main__":
    sys.exit(main())
