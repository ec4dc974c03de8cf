"""Reads verdicts.json and the claims' figures, and checks them: whatever is wrong is told with its file and place."""
from __future__ import annotations

import dataclasses
import difflib
import hashlib
import json
import math
import pathlib
import re
from typing import Any, Sequence

from initsweep.report.text import number

VERDICTS = ("TRUE", "FALSE", "CONDITIONAL", "NOT DECIDED")
KINDS = ("curves", "heatmap", "points")
SCALES = ("linear", "log")


class ReportError(ValueError):
    """What is wrong with the report's input: file, place, what was expected."""


@dataclasses.dataclass
class Sweep:
    """A sweep file that a claim rests on."""
    path: str
    text: str
    sha256: str

    @property
    def seed(self) -> str:
        """The seed that the file names, or nothing."""
        found = re.search(r"^seed:\s*(\S+)", self.text, re.MULTILINE)
        return found.group(1) if found else ""


@dataclasses.dataclass
class Report:
    """All that the page shows. figures and sweeps: by claim id, in the claim's order."""
    verdicts: dict[str, Any]
    sha256: str
    root: pathlib.Path
    figures: dict[str, list[dict[str, Any]]]
    sweeps: dict[str, list[Sweep]]


class Place:
    """A value inside a JSON file, with the way to it. Every method raises ReportError where the value is not as asked."""

    def __init__(self, file: str, value: Any, way: str = ""):
        self.file, self.value, self.way = file, value, way

    def fail(self, expected: str) -> None:
        shown = json.dumps(self.value, ensure_ascii=False)
        shown = shown if len(shown) <= 60 else shown[:57] + "..."
        raise ReportError(f"{self.file}: {self.way or 'the whole'}: expected {expected}, found {shown}")

    def members(self, required: Sequence[str]) -> None:
        """An object with these names."""
        if not isinstance(self.value, dict):
            self.fail("an object")
        for name in required:
            if name not in self.value:
                near = difflib.get_close_matches(name, self.value, 1)
                hint = f"; '{near[0]}' is there: is it meant?" if near else ""
                raise ReportError(f"{self.file}: {self.way or 'the whole'}: '{name}' is missing{hint}")

    def __getitem__(self, name: str) -> "Place":
        value = self.value.get(name) if isinstance(self.value, dict) else None
        return Place(self.file, value, f"{self.way}.{name}" if self.way else name)

    def items(self) -> list["Place"]:
        """A list's elements; one with an id is called by it."""
        if not isinstance(self.value, list):
            self.fail("a list")
        result = []
        for i, value in enumerate(self.value):
            name = value.get("id") if isinstance(value, dict) else None
            result.append(Place(self.file, value, f"{self.way}[{i}]" + (f" ({name})" if isinstance(name, str) else "")))
        return result

    def text(self, empty: bool = False, none: bool = False) -> None:
        if none and self.value is None:
            return
        if not isinstance(self.value, str) or not (empty or self.value):
            self.fail("a text")

    def one_of(self, words: Sequence[str]) -> None:
        if self.value not in words:
            near = difflib.get_close_matches(str(self.value).upper() if words is VERDICTS else str(self.value), words, 1)
            self.fail(f"one of {', '.join(words)}" + (f" (is {near[0]} meant?)" if near else ""))

    def scalar(self) -> None:
        if not (self.value is None or isinstance(self.value, (bool, int, float, str))):
            self.fail("a number, a text, true, false or null")

    def number(self) -> None:
        if self.value is not None and (isinstance(self.value, bool) or not isinstance(self.value, (int, float))):
            self.fail("a number or null")

    def numbers(self, count: int | None = None, none: bool = False) -> None:
        """A list of numbers and nulls, `count` of them."""
        if none and self.value is None:
            return
        if not isinstance(self.value, list):
            self.fail("a list of numbers")
        for i, value in enumerate(self.value):
            Place(self.file, value, f"{self.way}[{i}]").number()
        if count is not None and len(self.value) != count:
            raise ReportError(f"{self.file}: {self.way}: expected {count} numbers, found {len(self.value)}")


def load(path: pathlib.Path) -> Any:
    """A JSON file's content, and its SHA-256 in hexadecimal."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ReportError(f"{path}: {error.strerror}") from error
    try:
        return json.loads(raw.decode("utf-8")), hashlib.sha256(raw).hexdigest()
    except UnicodeDecodeError as error:
        raise ReportError(f"{path}: not UTF-8 text: {error.reason} at byte {error.start}") from error
    except json.JSONDecodeError as error:
        raise ReportError(f"{path}:{error.lineno}:{error.colno}: not JSON: {error.msg}") from error


def check_claim(claim: Place) -> None:
    """One element of `claims`."""
    claim.members(["id", "claim", "verdict", "number", "margin", "prediction", "agrees", "evidence", "paragraph"])
    if not isinstance(claim["id"].value, str) or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", claim["id"].value):
        claim["id"].fail("a letter, then letters, digits, _ or -")
    for name in ("claim", "prediction", "paragraph"):
        claim[name].text()
    claim["verdict"].one_of(VERDICTS)
    claim["condition"].text(none=True, empty=True)
    claim["overturned_by"].text(none=True, empty=True)
    claim["number"].members(["name", "value"])
    claim["number"]["name"].text()
    claim["number"]["value"].scalar()
    claim["number"]["unit"].text(none=True, empty=True)
    claim["margin"].members(["text"])
    claim["margin"]["text"].text(empty=True)
    claim["margin"]["value"].scalar()
    claim["margin"]["threshold"].scalar()
    if not isinstance(claim["agrees"].value, bool):
        claim["agrees"].fail("true or false")
    for evidence in claim["evidence"].items():
        evidence.members(["rule", "statement", "value", "holds"])
        evidence["rule"].text()
        evidence["statement"].text()
        evidence["value"].scalar()
        if isinstance(evidence["threshold"].value, list):
            evidence["threshold"].numbers(2)
        else:
            evidence["threshold"].scalar()
        evidence["side"].text(none=True, empty=True)
        evidence["interval"].numbers(2, none=True)
        if not (evidence["holds"].value is None or isinstance(evidence["holds"].value, bool)):
            evidence["holds"].fail("true, false or null")
    for name in ("sweeps", "commands", "figures"):
        for item in (claim[name].items() if name in claim.value else []):
            item.text()


def is_number(value: Any) -> bool:
    """Whether a category is a number, also one written as text."""
    try:
        return not isinstance(value, bool) and value is not None and math.isfinite(float(value))
    except ValueError:
        return False


def check_axis(axis: Place, categories: bool) -> None:
    axis.members(["label"])
    axis["label"].text(empty=True)
    axis["unit"].text(none=True, empty=True)
    if axis["scale"].value is not None:
        axis["scale"].one_of(SCALES)
    if categories or axis["categories"].value is not None:
        names = axis["categories"].items()
        for name in names:
            name.scalar()
        if not names:
            axis["categories"].fail("one category or more")
        if all(is_number(name.value) for name in names):
            axis.value["categories"] = [float(name.value) for name in names]


def check_series(series: Place, figure: dict[str, Any]) -> None:
    """A line or a cloud of points. A text as x or y is one of the axis' categories, and becomes its place among them."""
    series.members(["label", "x", "y"])
    series["label"].text(empty=True)
    for name in ("x", "y"):
        categories = [number(category) for category in figure[name].get("categories") or []]
        if categories and isinstance(series.value[name], list):
            series.value[name] = [categories.index(v) if isinstance(v, str) and v in categories else v
                                  for v in series.value[name]]
        series[name].numbers()
    count = len(series.value["x"])
    series["y"].numbers(count)
    series["low"].numbers(count, none=True)
    series["high"].numbers(count, none=True)
    if (series.value.get("low") is None) != (series.value.get("high") is None):
        series.fail("both of low and high, or neither")


def check_keys(series: Place, select: list[dict[str, Any]]) -> None:
    """keys of a series name options of the figure's select."""
    if "keys" not in series.value:
        return
    series["keys"].members([])
    options = {key["name"]: [str(option) for option in key["options"]] for key in select}
    for name, option in series.value["keys"].items():
        if name not in options:
            series["keys"].fail(f"names among {', '.join(options) or 'none: the figure has no select'}")
        if str(option) not in options[name]:
            series["keys"][name].fail(f"one of {', '.join(options[name])}")


def check_figure(figure: Place) -> None:
    """One element of a file's `figures`. A heat map's cells are its own, or those of series with keys."""
    figure.members(["id", "kind", "title", "description", "x", "y"])
    for name in ("id", "title", "description"):
        figure[name].text()
    if not re.fullmatch(r"[\w.-]+", figure.value["id"]):
        figure["id"].fail("letters, digits, ., _ or -: files are called by it")
    figure["kind"].one_of(KINDS)
    heatmap = figure.value["kind"] == "heatmap"
    check_axis(figure["x"], heatmap)
    check_axis(figure["y"], heatmap)
    for key in (figure["select"].items() if figure.value.get("select") else []):
        key.members(["name", "options"])
        key["name"].text()
        for option in key["options"].items():
            option.scalar()
        if not key.value["options"]:
            key["options"].fail("one option or more")
    series = figure["series"].items() if figure.value.get("series") is not None else []
    select = figure.value.get("select") or []
    for one in series:
        one.members([])
        check_keys(one, select)
        if heatmap and "cells" in one.value:
            check_cells(one, figure.value)
        else:
            check_series(one, figure.value)
    if heatmap and not any("cells" in one.value for one in series):
        figure.members(["cells"])
    if heatmap and "cells" in figure.value:
        check_cells(figure, figure.value)
    if not heatmap and not series:
        figure["series"].fail("one series or more")


def check_cells(holder: Place, figure: dict[str, Any]) -> None:
    """cells [y][x]: a row for each category of y, a number for each category of x."""
    rows = holder["cells"].items()
    if len(rows) != len(figure["y"]["categories"]):
        raise ReportError(f"{holder.file}: {holder.way}.cells: expected {len(figure['y']['categories'])} rows, one a category of y, "
                          f"found {len(rows)}")
    for row in rows:
        row.numbers(len(figure["x"]["categories"]))


def figures_of(claim: dict[str, Any], folder: pathlib.Path) -> list[dict[str, Any]]:
    """The figures that a claim names, from CNN.json."""
    wanted = claim.get("figures") or []
    if not wanted:
        return []
    path = folder / f"{claim['id']}.json"
    content = Place(str(path), load(path)[0])
    content.members(["claim", "figures"])
    if content.value["claim"] != claim["id"]:
        content["claim"].fail(f"'{claim['id']}'")
    found = {}
    for figure in content["figures"].items():
        check_figure(figure)
        found[figure.value["id"]] = figure.value
    for name in wanted:
        if name not in found:
            near = difflib.get_close_matches(name, found, 1)
            hint = f"; is '{near[0]}' meant?" if near else f"; it has: {', '.join(found) or 'none'}"
            raise ReportError(f"{path}: no figure '{name}', which claim {claim['id']} names{hint}")
    return [found[name] for name in wanted]


def sweep_of(claim: str, name: str, root: pathlib.Path) -> Sweep:
    """A sweep file by its name from the repository's root."""
    try:
        raw = (root / name).read_bytes()
    except OSError as error:
        raise ReportError(f"{root / name}: {error.strerror}: a sweep file of claim {claim} (--root says where they are)") from error
    return Sweep(name, raw.decode("utf-8", "replace"), hashlib.sha256(raw).hexdigest())


def read_report(verdicts: pathlib.Path, figures: pathlib.Path, root: pathlib.Path) -> Report:
    """Everything, checked.

    verdicts: verdicts.json, format 1; figures: folder of CNN.json; root: folder that sweep files are named from.
    Raises ReportError."""
    value, sha256 = load(verdicts)
    whole = Place(str(verdicts), value)
    whole.members(["format", "claims"])
    if whole.value["format"] != 1:
        whole["format"].fail("1: another format needs another version of this script")
    if "program" in whole.value:
        whole["program"].members([])
    seen: dict[str, str] = {}
    for claim in whole["claims"].items():
        check_claim(claim)
        name = claim.value["id"]
        if name in seen:
            raise ReportError(f"{verdicts}: {claim.way}: the id stands twice, first at {seen[name]}")
        seen[name] = claim.way
    for row in (whole["discussion"].items() if "discussion" in whole.value else []):
        row.members(["number", "place", "paraphrase", "claims"])
        row["number"].scalar()
        row["place"].text(empty=True)
        row["paraphrase"].text()
        for claim in row["claims"].items():
            claim.text()
    claims = whole.value["claims"]
    drawn = {claim["id"]: figures_of(claim, figures) for claim in claims}
    names: dict[str, str] = {}
    for name, mine in drawn.items():
        for figure in mine:
            if names.setdefault(figure["id"], name) != name:
                raise ReportError(f"{figures / name}.json: figure '{figure['id']}' is one of {names[figure['id']]} too")
    return Report(whole.value, sha256, root, drawn,
                  {claim["id"]: [sweep_of(claim["id"], name, root) for name in claim.get("sweeps") or []] for claim in claims})
