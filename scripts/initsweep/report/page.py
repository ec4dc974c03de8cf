"""The HTML page: style, scripts and data in one file that opens from disk in any browser and fetches nothing."""
from __future__ import annotations

import base64
import json
import os
import pathlib
import string
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import matplotlib
import matplotlib.colors
import numpy as np

from initsweep.files import json_value, write_text
from initsweep.report.charts import Chart
from initsweep.report.tables import data_tables
from initsweep.report.text import escape, format_number, inline

FOLDER = pathlib.Path(__file__).parent
STYLES = ("vendor/uPlot.min.css", "parts/report.css")
SCRIPTS = ("vendor/uPlot.iife.min.js", "parts/scales.js", "parts/charts.js", "parts/page.js")
MEDIA_TYPES = {"png": "image/png", "svg": "image/svg+xml"}


def read_part(name: str) -> str:
    """A file of this package as text."""
    return (FOLDER / name).read_text(encoding="utf-8")


def fill_template(path: pathlib.Path, /, **values: str) -> str:
    """The text of a template file with each $name replaced. Raises KeyError for a name without a value."""
    return string.Template(path.read_text(encoding="utf-8")).substitute(values)


def json_for_script(value: Any) -> str:
    """JSON for a script element: escaped so that no text in it ends the element."""
    text = json.dumps(json_value(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def colour_map() -> list[str]:
    """The colours of heat maps, low to high: cividis in 64 steps, which looks alike to all kinds of colour vision."""
    return [matplotlib.colors.to_hex(colour) for colour in matplotlib.colormaps["cividis"](np.linspace(0, 1, 64))]


def image_url(images: Mapping[str, pathlib.Path]) -> str:
    """The smallest image of a chart as a data URL. images: paths by format."""
    name = min(images, key=lambda one: images[one].stat().st_size)
    return f"data:{MEDIA_TYPES[name]};base64,{base64.b64encode(images[name].read_bytes()).decode('ascii')}"


def chart_html(chart: Chart, images: Mapping[str, pathlib.Path] | None = None) -> str:
    """The element of a chart: caption, controls, drawing, and its data as tables.

    chart: also to be given to page_html. images: paths by format, as write_images returns them, for readers without
    JavaScript.
    """
    image = (f'<noscript><img alt="{escape(chart["description"])}" src="{image_url(images)}"></noscript>' if images else
             "<noscript><p>The figure needs JavaScript; its data are below.</p></noscript>")
    return fill_template(FOLDER / "parts/figure.html", id=escape(chart["id"]), kind=chart["kind"],
                         title=inline(chart["title"]),
                         plain_title=escape(chart["title"]), description=inline(chart["description"]), image=image,
                         data=data_tables(chart))


def definition_list(pairs: Iterable[tuple[str, Any]]) -> str:
    """Names and values as the rows of a definition list. The members of a dictionary are listed one by one; empty
    values are left out."""
    lines = []
    for name, value in pairs:
        if isinstance(value, dict):
            lines.append(definition_list((f"{name}, {member}", one) for member, one in value.items()))
        elif value not in (None, "", []):
            term, text = escape(name.replace("_", " ")), escape(definition_text(value))
            lines.append(f"<div><dt>{term}</dt><dd>{text}</dd></div>")
    return "\n".join(lines)


def definition_text(value: Any) -> str:
    """A value of a definition list: whole numbers as they are (a seed has no thousands separators), others for
    readers."""
    if isinstance(value, list):
        return ", ".join(map(format_number, value))
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else format_number(value)


def page_html(title: str, body: str, charts: Iterable[Chart], *, name: str = "", links: Sequence[tuple[str, str]] = (),
              contents: str = "", contents_label: str = "Contents", skip: tuple[str, str] = ("top", "To the content"),
              style: str = "", script: str = "", more: Mapping[str, Any] | None = None) -> str:
    """A whole page.

    title: of the window. body: HTML of <main>, with chart_html of every chart. name: what the bar at the top calls the
    page (the title without it). links: (id, text) of the parts that the bar links to. contents: HTML <li> elements of
    the list beside the page, each a link to an id; contents_label: what a screen reader calls that list. skip: (id,
    text) of the first link. style: CSS after the page's own. script: JavaScript after the page's own; more: further
    members of the data that it reads.
    """
    if contents:
        contents = f'<nav class="contents" aria-label="{escape(contents_label)}"><ul>\n{contents}\n</ul></nav>\n'
    return fill_template(
        FOLDER / "parts/page.html", title=escape(title), name=escape(name or title), contents=contents,
                         skip_id=escape(skip[0]), skip_text=escape(skip[1]), body=body,
        links=" ".join(f'<a href="#{escape(target)}">{escape(text)}</a>' for target, text in links),
        styles="\n".join([*map(read_part, STYLES), style]), scripts="\n".join([*map(read_part, SCRIPTS), script]),
        data=json_for_script({"colours": colour_map(), "figures": {chart["id"]: chart for chart in charts},
                              **(more or {})}))


def write_page(path: str | os.PathLike[str], page: str) -> None:
    """Writes a page as a whole file; makes its folder."""
    pathlib.Path(path).parent.mkdir(parents=True, exist_ok=True)
    write_text(path, page)
