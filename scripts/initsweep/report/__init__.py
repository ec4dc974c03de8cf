"""Self-contained HTML pages with interactive charts, and the same charts as PNG and SVG images.

    from initsweep import report
    step, loss = report.axis("step", scale="log"), report.axis("loss", scale="log")
    chart = report.curves("loss", "Loss", "Loss over the steps.", step, loss, [report.series("tanh", steps, values)])
    images = report.write_images(chart, pathlib.Path("figures"))
    body = report.chart_html(chart, images)
    report.write_page(pathlib.Path("page.html"), report.page_html("My sweep", body, [chart]))

A chart is a dictionary that JSON can hold; charts.py describes it. The modules:

    charts.py   the description of a chart: builders, and what the page and the images derive from it
    checks.py   reads charts from JSON files and reports any mistake with its file and place
    scales.py   axes: positions and ticks
    images.py   a chart drawn by matplotlib
    tables.py   HTML tables: cards, and the data of a chart
    page.py     the HTML page: style, scripts and data in one file
    text.py     numbers and text as readers see them
    parts/      templates, style and scripts of the page; vendor/ has third-party files

It needs matplotlib for images and colours, and no network: a page opens from disk in any browser.
"""
from initsweep.report.charts import Chart, Series, axis, curves, heatmap, points, series
from initsweep.report.checks import JsonNode, ReportError, check_chart, load_json, read_charts
from initsweep.report.images import draw, write_images
from initsweep.report.page import chart_html, definition_list, fill_template, page_html, write_page
from initsweep.report.tables import card_table, data_tables, value_html
from initsweep.report.text import escape, format_interval, format_number, inline, paragraphs, with_unit

__all__ = ["Chart", "Series", "axis", "series", "curves", "points", "heatmap", "JsonNode", "ReportError", "check_chart",
           "load_json",
           "read_charts", "draw", "write_images", "chart_html", "definition_list", "fill_template", "page_html",
           "write_page",
           "card_table", "data_tables", "value_html", "escape", "format_interval", "format_number", "inline",
           "paragraphs",
           "with_unit"]
