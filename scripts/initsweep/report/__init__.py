"""The report of the claims: one HTML file that opens from disk, and every figure as PNG and SVG.

    from initsweep.report import read_report, write_report
    report = read_report(verdicts, figures, root)
    write_report(report, out, figures)

reading checks the input, figures and scales say what a figure shows, images draws it by matplotlib, tables and page write
the HTML; parts/ has the page's templates, style and scripts, vendor/ what others wrote.
"""
from initsweep.report.page import write_report
from initsweep.report.reading import Report, ReportError, read_report

__all__ = ["Report", "ReportError", "read_report", "write_report"]
