"""Reads verdicts.json and the claims' figures, and checks them; schema.py describes both."""
from __future__ import annotations

import dataclasses
import hashlib
import pathlib
import re
from typing import Any

import yaml

from claims.case import data_folder
from claims.schema import FORMAT, VERDICTS
from initsweep.report.charts import Chart
from initsweep.report.checks import JsonNode, ReportError, did_you_mean, load_json, read_charts


@dataclasses.dataclass
class Sweep:
    """A sweep file that a claim rests on. path: from the repository's root."""
    path: str
    text: str
    sha256: str

    @property
    def seed(self) -> str:
        """The seed that the file sets; empty if it sets none."""
        settings = yaml.safe_load(self.text)
        return str(settings.get("seed", "")) if isinstance(settings, dict) else ""


@dataclasses.dataclass
class Report:
    """Everything that the page shows. figures and sweeps: by claim id, in the claim's order."""
    verdicts: dict[str, Any]
    sha256: str
    root: pathlib.Path
    figures: dict[str, list[Chart]]
    sweeps: dict[str, list[Sweep]]


def check_claim(claim: JsonNode) -> None:
    """One element of `claims`."""
    claim.require_members(["id", "claim", "answer", "verdict", "number", "margin", "prediction", "agrees", "evidence",
                           "paragraph"])
    if not isinstance(claim["id"].value, str) or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", claim["id"].value):
        claim["id"].reject("a letter, then letters, digits, _ or -")
    for name in ("claim", "answer", "prediction", "paragraph"):
        claim[name].require_text()
    claim["verdict"].require_one_of(VERDICTS)
    claim["condition"].require_text(empty=True, null=True)
    claim["overturned_by"].require_text(empty=True, null=True)
    claim["number"].require_members(["name", "value"])
    claim["number"]["name"].require_text()
    claim["number"]["value"].require_scalar()
    claim["number"]["unit"].require_text(empty=True, null=True)
    claim["margin"].require_members(["text"])
    claim["margin"]["text"].require_text(empty=True)
    claim["margin"]["value"].require_scalar()
    claim["margin"]["threshold"].require_scalar()
    claim["agrees"].require_bool()
    for evidence in claim["evidence"].elements():
        check_evidence(evidence)
    for name in ("sweeps", "commands", "figures"):
        for item in (claim[name].elements() if name in claim.value else []):
            item.require_text()


def check_evidence(evidence: JsonNode) -> None:
    """One element of a claim's `evidence`."""
    evidence.require_members(["rule", "statement", "value", "holds"])
    evidence["rule"].require_text()
    evidence["statement"].require_text()
    evidence["value"].require_scalar()
    if isinstance(evidence["threshold"].value, list):
        evidence["threshold"].require_numbers(2)
    else:
        evidence["threshold"].require_scalar()
    evidence["side"].require_text(empty=True, null=True)
    evidence["interval"].require_numbers(2, null=True)
    for name in ("count", "groups", "detects"):
        evidence[name].require_scalar()
    evidence["holds"].require_bool(null=True)


def read_figures(claim: dict[str, Any], folder: pathlib.Path) -> list[Chart]:
    """The figures that a claim names, from folder/CNN.json."""
    names = claim.get("figures") or []
    if not names:
        return []
    path = folder / f"{claim['id']}.json"
    content, _ = load_json(path)
    content.require_members(["claim", "figures"])
    if content.value["claim"] != claim["id"]:
        content["claim"].reject(f"'{claim['id']}'")
    figures = read_charts(content)
    for name in names:
        if name not in figures:
            hint = did_you_mean(name, figures) or f"; it has: {', '.join(figures) or 'none'}"
            raise ReportError(f"{path}: no figure '{name}', which claim {claim['id']} names{hint}")
    return [figures[name] for name in names]


def read_sweep(claim: str, name: str, root: pathlib.Path) -> Sweep:
    """A sweep file of a claim. name: data/claims/NAME.yaml; root: the repository, or share/initsweep of an installed
    tree."""
    path = root / name
    if not path.exists():
        path = data_folder(root) / path.name
    try:
        raw = path.read_bytes()
    except OSError as error:
        message = f"{root / name}: {error.strerror}: a sweep file of claim {claim} (--root names their folder)"
        raise ReportError(message) from error
    return Sweep(name, raw.decode("utf-8", "replace"), hashlib.sha256(raw).hexdigest())


def read_report(verdicts: pathlib.Path, figures: pathlib.Path, root: pathlib.Path) -> Report:
    """Reads and checks everything.

    verdicts: verdicts.json; figures: folder of CNN.json; root: the repository, or share/initsweep of an
    installed tree. Raises ReportError.
    """
    content, sha256 = load_json(verdicts)
    content.require_members(["format", "claims"])
    if content.value["format"] != FORMAT:
        content["format"].reject(f"{FORMAT}: this script reads no other format")
    if "program" in content.value:
        content["program"].require_members([])
    path_of: dict[str, str] = {}
    for claim in content["claims"].elements():
        check_claim(claim)
        name = claim.value["id"]
        if name in path_of:
            raise ReportError(f"{verdicts}: {claim.path}: the id is not unique, it is also that of {path_of[name]}")
        path_of[name] = claim.path
    for row in (content["looks"].elements() if "looks" in content.value else []):
        row.require_members(["look", "data", "claims", "change"])
        for name in ("look", "data", "change"):
            row[name].require_text()
        for claim in row["claims"].elements():
            claim.require_text()
    if "statistics" in content.value:
        content["statistics"].require_members(["criteria", "statistical", "confidence", "each"])
    for row in (content["discussion"].elements() if "discussion" in content.value else []):
        row.require_members(["number", "place", "paraphrase", "claims"])
        row["number"].require_scalar()
        row["place"].require_text(empty=True)
        row["paraphrase"].require_text()
        for claim in row["claims"].elements():
            claim.require_text()
    claims = content.value["claims"]
    figures_of = {claim["id"]: read_figures(claim, figures) for claim in claims}
    owner: dict[str, str] = {}
    for name, own in figures_of.items():
        for figure in own:
            if owner.setdefault(figure["id"], name) != name:
                other = owner[figure["id"]]
                raise ReportError(f"{figures / name}.json: figure '{figure['id']}' is also one of {other}")
    sweeps = {claim["id"]: [read_sweep(claim["id"], name, root) for name in claim.get("sweeps") or []]
              for claim in claims}
    return Report(content.value, sha256, root, figures_of, sweeps)
