"""The report of the claims: one HTML file that opens from disk, and every figure as PNG and SVG.

    from claims.report import read_report, write_report
    report = read_report(verdicts, figures, root)
    write_report(report, out, figures)

reading.py reads and checks the input, tables.py and page.py write the HTML of the claims; initsweep.report does the
rest.
"""
from claims.report.page import write_report
from claims.report.reading import Report, read_report

__all__ = ["Report", "read_report", "write_report"]
