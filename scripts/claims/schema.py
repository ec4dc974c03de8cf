"""What the verdicts are, as Python and as JSON: out/claims/verdicts.json and out/claims/figures/CNN.json.

verdicts.json, format 2 (no times and no hosts, so that two runs write the same bytes):

    {"format": 2,
     "program": {"version": str, "git": str},
     "statistics": {"criteria": int,                   of all claims
                    "statistical": int,                those with an interval
                    "confidence": 0.95,                with which all intervals hold together
                    "each": number},                   with which each does
     "claims": [{"id": "C01", "claim": str,
                 "answer": str,                        for a student, before any number
                 "verdict": "TRUE" | "FALSE" | "CONDITIONAL" | "NOT DECIDED",
                 "condition": str | null,              where it holds (CONDITIONAL), or why it is not decided
                 "number": {"name": str, "value": number | null, "unit": str},       what decides it
                 "margin": {"value": number | null, "threshold": number | null, "text": str},
                 "prediction": str,                    the verdict of theory
                 "agrees": bool,                       the same verdict, and every piece of evidence as predicted
                 "overturned_by": str,
                 "evidence": [{"rule": str, "statement": str, "side": "for" | "against" | "control" | "beside",
                               "value": number | null, "interval": [low, high] | null,
                               "threshold": number | [low, high] | null, "holds": bool | null,
                               "count": int,           values, or replicates of the group that is nearest to failing
                               "groups": int,          looked at separately
                               "detects": number | null}],   effect that is seen to fail with probability 0.9
                 "paragraph": str,                     for a student
                 "sweeps": ["data/claims/C01.yaml"], "commands": [str], "figures": ["C01-loss"]}],
     "looks": [{"look": str, "data": str, "claims": ["C01"], "change": str}],    what was changed after which data
     "discussion": [{"number": int, "place": str, "paraphrase": str, "claims": ["C01"]}]}

figures/C01.json, at most 300 KB:

    {"claim": "C01", "figures": [chart]}         a chart as initsweep/report/charts.py describes it

`holds` is null where the data do not decide, or where the experiment says nothing.
"""
from __future__ import annotations

import dataclasses
import json
import pathlib
from collections.abc import Iterable, Sequence
from typing import Any

from initsweep.files import json_value, write_text
from initsweep.report.charts import Chart

FORMAT = 2
TRUE, FALSE, CONDITIONAL, NOT_DECIDED = "TRUE", "FALSE", "CONDITIONAL", "NOT DECIDED"
VERDICTS = (TRUE, FALSE, CONDITIONAL, NOT_DECIDED)
MAX_FIGURE_BYTES = 300_000  # bytes of one claim's figures


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
    count: int
    groups: int
    detects: float | None


@dataclasses.dataclass
class Verdict:
    """What is decided about a claim. Fields as in verdicts.json."""
    id: str
    claim: str
    answer: str
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


def write_verdicts(path: pathlib.Path, verdicts: Iterable[Verdict], **rest: Any) -> None:
    """Writes verdicts.json. rest: program, statistics, looks and discussion, as above."""
    content = {"format": FORMAT, "claims": [dataclasses.asdict(verdict) for verdict in verdicts], **rest}
    text = json.dumps(json_value(content, digits=6), indent=1, ensure_ascii=False, allow_nan=False)
    write_text(path, text + "\n")


def write_figures(path: pathlib.Path, claim: str, figures: Sequence[Chart]) -> None:
    """Writes one claim's figures. Raises ValueError if they are larger than a page should carry."""
    text = json.dumps(json_value({"claim": claim, "figures": list(figures)}, digits=5), ensure_ascii=False,
                      allow_nan=False) + "\n"
    size = len(text.encode())
    if size > MAX_FIGURE_BYTES:
        raise ValueError(f"{claim}: the figures have {size} bytes; at most {MAX_FIGURE_BYTES}: record less, or draw "
                         "fewer series")
    write_text(path, text)
