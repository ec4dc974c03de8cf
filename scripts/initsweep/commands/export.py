"""Writes one row per network as CSV or Parquet.

    initsweep export FILE                            FILE with the ending .csv: settings, status, final values
    initsweep export FILE -o table.parquet           as Parquet (needs pyarrow)
    initsweep export FILE -o - --quantity loss       on stdout, of the measurements the loss alone
    initsweep export FILE --records                  one row per network and record: the trajectories

A value is the last recorded one, and missing for networks that diverged. A quantity with layers has a column for each,
NAME_layer_1 at the inputs. Missing values are empty in CSV and NaN in Parquet.
"""
from __future__ import annotations

import argparse
import os
import sys

import initsweep
from initsweep import frames
from initsweep.arrays import select_by_filters
from initsweep.files import replacing


def main() -> int:
    """The command line. Returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", metavar="FILE")
    parser.add_argument("-o", dest="out", metavar="OUT", help="a name that ends in .csv or .parquet, or - for stdout")
    parser.add_argument("--quantity", action="append", metavar="QUANTITY",
                        help="only this measurement (default: all); may be repeated")
    parser.add_argument("--records", action="store_true", help="one row per network and record")
    parser.add_argument("--select", action="append", default=[], metavar="SETTING=VALUE,...",
                        help="only these networks; may be repeated")
    arguments = parser.parse_args()
    out = arguments.out or f"{os.path.splitext(arguments.file)[0]}.csv"
    if out != "-" and not out.endswith((".csv", ".parquet")):
        parser.error(f"-o {out}: must end in .csv or .parquet, or be -")
    try:
        results = select_by_filters(initsweep.open_arrays(arguments.file), arguments.select)
        table = (frames.record_table if arguments.records else frames.network_table)(results, arguments.quantity)
        if out == "-":
            frames.write_csv(table, sys.stdout)
            return 0
        with replacing(out) as temporary:
            if out.endswith(".parquet"):
                frames.write_parquet(table, str(temporary))
            else:
                with open(temporary, "w", encoding="utf-8", newline="") as stream:
                    frames.write_csv(table, stream)
    except (OSError, ValueError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 2
    print(out)
    return 0
