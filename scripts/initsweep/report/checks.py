"""Reads charts from JSON files. Any mistake is reported with its file, its place in the file and what was expected."""
from __future__ import annotations

import difflib
import hashlib
import json
import math
import pathlib
import re
from collections.abc import Sequence
from typing import Any

from initsweep.report.charts import KINDS, SCALES, Chart
from initsweep.report.text import format_number

MAX_SHOWN = 60  # characters of a wrong value in a message


class ReportError(ValueError):
    """A mistake in an input file: the file, the place, what was expected."""


class JsonNode:
    """A value inside a JSON file, with its file and path. Every `require_...` raises ReportError if the value is not as
    required."""

    def __init__(self, file: str, value: Any, path: str = ""):
        self.file, self.value, self.path = file, value, path

    def __getitem__(self, name: str) -> JsonNode:
        """A member of an object; its value is None if it is not there."""
        value = self.value.get(name) if isinstance(self.value, dict) else None
        return JsonNode(self.file, value, f"{self.path}.{name}" if self.path else name)

    def reject(self, expected: str) -> None:
        """Raises ReportError: what was expected, and what is there."""
        shown = json.dumps(self.value, ensure_ascii=False)
        shown = shown if len(shown) <= MAX_SHOWN else shown[:MAX_SHOWN - 3] + "..."
        raise ReportError(f"{self.file}: {self.path or 'the whole file'}: expected {expected}, found {shown}")

    def require_members(self, names: Sequence[str]) -> None:
        """An object that has these members."""
        if not isinstance(self.value, dict):
            self.reject("an object")
        for name in names:
            if name not in self.value:
                where = f"{self.file}: {self.path or 'the whole file'}"
                raise ReportError(f"{where}: '{name}' is missing{did_you_mean(name, self.value)}")

    def elements(self) -> list[JsonNode]:
        """The elements of a list; the path of one with an id names it."""
        if not isinstance(self.value, list):
            self.reject("a list")
        result = []
        for i, value in enumerate(self.value):
            name = value.get("id") if isinstance(value, dict) else None
            result.append(JsonNode(self.file, value,
                                   f"{self.path}[{i}]" + (f" ({name})" if isinstance(name, str) else "")))
        return result

    def require_text(self, empty: bool = False, null: bool = False) -> None:
        """A text. empty, null: whether an empty one, or null, will do."""
        if null and self.value is None:
            return
        if not isinstance(self.value, str) or not (empty or self.value):
            self.reject("a text")

    def require_one_of(self, words: Sequence[str]) -> None:
        """One of these words."""
        if self.value not in words:
            near = difflib.get_close_matches(str(self.value).lower(), [word.lower() for word in words], 1)
            meant = [word for word in words if word.lower() in near]
            self.reject(f"one of {', '.join(words)}" + (f" (is {meant[0]} meant?)" if meant else ""))

    def require_bool(self, null: bool = False) -> None:
        """True or false. null: whether null will do."""
        if not (isinstance(self.value, bool) or (null and self.value is None)):
            self.reject("true, false or null" if null else "true or false")

    def require_scalar(self) -> None:
        """Anything but a list or an object."""
        if not (self.value is None or isinstance(self.value, (bool, int, float, str))):
            self.reject("a number, a text, true, false or null")

    def require_number(self) -> None:
        """A number or null."""
        if self.value is not None and (isinstance(self.value, bool) or not isinstance(self.value, (int, float))):
            self.reject("a number or null")

    def require_numbers(self, count: int | None = None, null: bool = False) -> None:
        """A list of numbers and nulls. count: how many; null: whether null in place of the list will do."""
        if null and self.value is None:
            return
        if not isinstance(self.value, list):
            self.reject("a list of numbers")
        for i, value in enumerate(self.value):
            JsonNode(self.file, value, f"{self.path}[{i}]").require_number()
        if count is not None and len(self.value) != count:
            raise ReportError(f"{self.file}: {self.path}: expected {count} numbers, found {len(self.value)}")


def did_you_mean(name: str, known: Sequence[str] | dict[str, Any]) -> str:
    """The end of a message: the known name nearest to an unknown one, or nothing."""
    near = difflib.get_close_matches(name, known, 1)
    return f"; is '{near[0]}' meant?" if near else ""


def load_json(path: pathlib.Path) -> tuple[JsonNode, str]:
    """The content of a JSON file, and the SHA-256 of its bytes in hexadecimal. Raises ReportError."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ReportError(f"{path}: {error.strerror}") from error
    try:
        return JsonNode(str(path), json.loads(raw.decode("utf-8"))), hashlib.sha256(raw).hexdigest()
    except UnicodeDecodeError as error:
        raise ReportError(f"{path}: not UTF-8 text: {error.reason} at byte {error.start}") from error
    except json.JSONDecodeError as error:
        raise ReportError(f"{path}:{error.lineno}:{error.colno}: not JSON: {error.msg}") from error


def is_numeric(value: Any) -> bool:
    """Whether a category is a number, also one written as text."""
    try:
        return not isinstance(value, bool) and value is not None and math.isfinite(float(value))
    except ValueError:
        return False


def check_axis(axis: JsonNode, needs_categories: bool) -> None:
    """An axis. Categories that are all numbers become numbers."""
    axis.require_members(["label"])
    axis["label"].require_text(empty=True)
    axis["unit"].require_text(empty=True, null=True)
    if axis["scale"].value is not None:
        axis["scale"].require_one_of(SCALES)
    if needs_categories or axis["categories"].value is not None:
        names = axis["categories"].elements()
        for name in names:
            name.require_scalar()
        if not names:
            axis["categories"].reject("one category or more")
        if all(is_numeric(name.value) for name in names):
            axis.value["categories"] = [float(name.value) for name in names]


def check_series(series: JsonNode, chart: Chart) -> None:
    """Lines or points. A text as x or y is a category of the axis, and becomes its position."""
    series.require_members(["label", "x", "y"])
    series["label"].require_text(empty=True)
    for name in ("x", "y"):
        categories = [format_number(category) for category in chart[name].get("categories") or []]
        if categories and isinstance(series.value[name], list):
            series.value[name] = [categories.index(value) if isinstance(value, str) and value in categories else value
                                  for value in series.value[name]]
        series[name].require_numbers()
    count = len(series.value["x"])
    series["y"].require_numbers(count)
    series["low"].require_numbers(count, null=True)
    series["high"].require_numbers(count, null=True)
    if (series.value.get("low") is None) != (series.value.get("high") is None):
        series.reject("both of low and high, or neither")


def check_keys(series: JsonNode, select: list[dict[str, Any]]) -> None:
    """The keys of a series are options of the chart's `select`."""
    if "keys" not in series.value:
        return
    series["keys"].require_members([])
    options = {key["name"]: [str(option) for option in key["options"]] for key in select}
    for name, option in series.value["keys"].items():
        if name not in options:
            series["keys"].reject(f"names among {', '.join(options) or 'none: the figure has no select'}")
        if str(option) not in options[name]:
            series["keys"][name].reject(f"one of {', '.join(options[name])}")


def check_cells(holder: JsonNode, chart: Chart) -> None:
    """Cells [y][x]: a row for each category of y, a number for each category of x."""
    rows = holder["cells"].elements()
    count = len(chart["y"]["categories"])
    if len(rows) != count:
        raise ReportError(f"{holder.file}: {holder.path}.cells: expected {count} rows, one for each category of y, "
                          f"found {len(rows)}")
    for row in rows:
        row.require_numbers(len(chart["x"]["categories"]))


def check_chart(chart: JsonNode) -> Chart:
    """Checks a chart as charts.py describes it, and returns it. Texts that name categories become positions. Raises
    ReportError."""
    chart.require_members(["id", "kind", "title", "description", "x", "y"])
    for name in ("id", "title", "description"):
        chart[name].require_text()
    if not re.fullmatch(r"[\w.-]+", chart.value["id"]):
        chart["id"].reject("letters, digits, ., _ or -, since it names files")
    chart["kind"].require_one_of(KINDS)
    is_heatmap = chart.value["kind"] == "heatmap"
    check_axis(chart["x"], is_heatmap)
    check_axis(chart["y"], is_heatmap)
    for key in (chart["select"].elements() if chart.value.get("select") else []):
        key.require_members(["name", "options"])
        key["name"].require_text()
        for option in key["options"].elements():
            option.require_scalar()
        if not key.value["options"]:
            key["options"].reject("one option or more")
    series = chart["series"].elements() if chart.value.get("series") is not None else []
    for one in series:
        one.require_members([])
        check_keys(one, chart.value.get("select") or [])
        if is_heatmap and "cells" in one.value:
            check_cells(one, chart.value)
        else:
            check_series(one, chart.value)
    if is_heatmap and not any("cells" in one.value for one in series):
        chart.require_members(["cells"])
    if is_heatmap and "cells" in chart.value:
        check_cells(chart, chart.value)
    if not is_heatmap and not series:
        chart["series"].reject("one series or more")
    checked: Chart = chart.value
    return checked


def read_charts(content: JsonNode) -> dict[str, Chart]:
    """The charts of a file's list `figures`, checked, by id. Raises ReportError."""
    content.require_members(["figures"])
    return {chart["id"]: chart for chart in map(check_chart, content["figures"].elements())}
