#!/usr/bin/python3
"""The report of the claims: one HTML file that opens from disk in any browser, and every figure as PNG and SVG.

    report.py out/claims/verdicts.json -o out/claims/report.html

VERDICTS is what scripts/decide_claims.sh computes. The figures' data are CNN.json in DIR, and their images go there
too. Exit status: 0 written, 1 failed, 2 bad usage or input.
"""
import argparse
import pathlib
import sys

from claims.report import read_report, write_report
from initsweep.report import ReportError


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verdicts", metavar="VERDICTS", type=pathlib.Path, help="verdicts.json, format 1")
    parser.add_argument("-o", dest="out", metavar="FILE", type=pathlib.Path,
                        help="default: report.html beside VERDICTS")
    parser.add_argument("--figures", metavar="DIR", type=pathlib.Path, help="default: figures/ beside VERDICTS")
    parser.add_argument("--root", metavar="DIR", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[1],
                        help="folder that the paths of sweep files start from (default: the repository)")
    parser.add_argument("--no-images", action="store_true", help="the page alone, no PNG and SVG")
    arguments = parser.parse_args()
    figures = arguments.figures or arguments.verdicts.parent / "figures"
    out = arguments.out or arguments.verdicts.with_name("report.html")
    try:
        report = read_report(arguments.verdicts, figures, arguments.root)
    except ReportError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    try:
        write_report(report, out, None if arguments.no_images else figures)
    except OSError as error:
        print(f"error: {error.filename or out}: {error.strerror}", file=sys.stderr)
        return 1
    print(out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
