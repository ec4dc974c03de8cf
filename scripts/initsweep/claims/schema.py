"""What the verdicts are, as Python and as JSON: out/claims/verdicts.json and out/claims/figures/CNN.json.

verdicts.json, format 1 (no times and no hosts, so that two runs write the same bytes):

    {"format": 1,
     "program": {"version": str, "git": str},
     "claims": [{"id": "C01", "claim": str,
                 "verdict": "TRUE" | "FALSE" | "CONDITIONAL" | "NOT DECIDED",
                 "condition": str | null,              where it holds (CONDITIONAL), or why it is not decided
                 "number": {"name": str, "value": number | null, "unit": str},       what decides it
                 "margin": {"value": number | null, "threshold": number | null, "text": str},
                 "prediction": str,                    the verdict of theory
                 "agrees": bool,                       the same verdict, and every piece of evidence as predicted
                 "overturned_by": str,
                 "evidence": [{"rule": str, "statement": str, "side": "for" | "against" | "control",
                               "value": number | null, "interval": [low, high] | null,
                               "threshold": number | [low, high] | null, "holds": bool | null}],
                 "paragraph": str,                     for a student
                 "sweeps": ["data/claims/C01.yaml"], "commands": [str], "figures": ["C01-loss"]}],
     "discussion": [{"number": int, "place": str, "paraphrase": str, "claims": ["C01"]}]}

figures/C01.json, at most 300 KB:

    {"claim": "C01",
     "figures": [{"id": "C01-loss", "kind": "curves" | "heatmap" | "points", "title": str,
                  "description": str,                  says in words what the figure shows
                  "x": axis, "y": axis,
                  "series": [...],                     curves and points
                  "cells": [[number | null]],          heat maps: [y category][x category]
                  "value_label": str,                  heat maps
                  "select": [{"name": str, "options": [str]}]}]}

An axis is {"label": str, "unit": str, "scale": "linear" | "log"} and, for a heat map, "categories": [str]. A series is {"label": str,
"x": [number], "y": [number | null]} and, where there are, "low" and "high" (a 95 % interval or a range of quantiles), and "keys":
{name: option} beside "select": then a reader picks one option of each name, and the series with these keys are drawn.
`holds` is null where the data do not decide, or where the experiment says nothing.
"""
from __future__ import annotations

import dataclasses
import json
import math
import pathlib
from typing import Any, Iterable, Sequence

import numpy as np

FORMAT = 1
TRUE, FALSE, CONDITIONAL, NOT_DECIDED = "TRUE", "FALSE", "CONDITIONAL", "NOT DECIDED"
VERDICTS = (TRUE, FALSE, CONDITIONAL, NOT_DECIDED)
LARGEST_FIGURES = 300_000  # bytes of one claim's figures


@dataclasses.dataclass
class Evidence:
    """One rule applied to one number of the results."""
    rule: str
    statement: str
    side: str
    value: float | None
    interval: tuple[float, float] | None
    threshold: float | tuple[float, float] | None
    holds: bool | None


@dataclasses.dataclass
class Verdict:
    """What is decided about a claim. Fields as in verdicts.json."""
    id: str
    claim: str
    verdict: str
    condition: str | None
    number: dict[str, Any]
    margin: dict[str, Any]
    prediction: str
    agrees: bool
    overturned_by: str
    evidence: list[Evidence]
    paragraph: str
    sweeps: list[str]
    commands: list[str]
    figures: list[str]


def plain(value: Any, digits: int = 6) -> Any:
    """A value as JSON has it: numbers to so many significant digits, null where not finite, arrays as lists."""
    if isinstance(value, dict):
        return {str(key): plain(item, digits) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return plain(value.tolist(), digits)
    if isinstance(value, (list, tuple)):
        return [plain(item, digits) for item in value]
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        value = float(value)
        if not math.isfinite(value):
            return None
        value = float(f"{value:.{digits}g}")
        return int(value) if value == int(value) and abs(value) < 1e15 else value
    return value


def write_json(path: pathlib.Path, content: Any, digits: int) -> int:
    """Writes content as JSON, whole or not at all. Returns its bytes."""
    text = json.dumps(plain(content, digits), indent=1 if digits > 5 else None, ensure_ascii=False, allow_nan=False) + "\n"
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)
    return len(text.encode())


def write_verdicts(path: pathlib.Path, program: dict[str, str], verdicts: Iterable[Verdict],
                   discussion: list[dict[str, Any]]) -> None:
    """Writes verdicts.json."""
    content = {"format": FORMAT, "program": program, "claims": [dataclasses.asdict(verdict) for verdict in verdicts],
               "discussion": discussion}
    write_json(path, content, digits=6)


def write_figures(path: pathlib.Path, claim: str, figures: Sequence[dict[str, Any]]) -> None:
    """Writes one claim's figures. Raises ValueError where they are larger than a page should carry."""
    size = write_json(path, {"claim": claim, "figures": list(figures)}, digits=5)
    if size > LARGEST_FIGURES:
        path.unlink()
        raise ValueError(f"{claim}: the figures have {size} bytes; at most {LARGEST_FIGURES}: record less, or draw fewer series")


def axis(label: str, unit: str = "", scale: str = "linear", categories: Sequence[str] | None = None) -> dict[str, Any]:
    """An axis of a figure."""
    result: dict[str, Any] = {"label": label, "unit": unit, "scale": scale}
    if categories is not None:
        result["categories"] = list(categories)
    return result


def series(label: str, x: Any, y: Any, low: Any = None, high: Any = None, **keys: str) -> dict[str, Any]:
    """A series of a figure. x, y, low, high: [points]. keys: the option of each `select` that shows it."""
    result: dict[str, Any] = {"label": label, "x": np.asarray(x), "y": np.asarray(y, dtype=np.float64)}
    if low is not None:
        result["low"], result["high"] = np.asarray(low, dtype=np.float64), np.asarray(high, dtype=np.float64)
    if keys:
        result["keys"] = keys
    return result


def lines(name: str, title: str, description: str, x: dict[str, Any], y: dict[str, Any],
          content: Sequence[dict[str, Any]], kind: str = "curves", select: dict[str, Sequence[str]] | None = None) -> dict[str, Any]:
    """A figure of curves or points."""
    result = {"id": name, "kind": kind, "title": title, "description": description, "x": x, "y": y, "series": list(content)}
    if select:
        result["select"] = [{"name": key, "options": list(options)} for key, options in select.items()]
    return result


def heatmap(name: str, title: str, description: str, x: dict[str, Any], y: dict[str, Any], cells: Any,
            value_label: str) -> dict[str, Any]:
    """A figure of cells. cells: [y category, x category], NaN where there is none."""
    return {"id": name, "kind": "heatmap", "title": title, "description": description, "x": x, "y": y,
            "cells": np.asarray(cells, dtype=np.float64), "value_label": value_label}
