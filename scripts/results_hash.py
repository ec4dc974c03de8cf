#!/usr/bin/python3
"""Prints the results hash of files: of everything in them that their sweep determines.

    results_hash.py FILE...

It is computed from the contents; `initsweep verify --hashes` compares it with the one that the file stores. Two files
have the same hash if all but /provenance is the same: names, types, dimensions, attributes and values to the bit.
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
