"""The case of a claim: its results, and the evidence and figures that its module makes from them."""
from __future__ import annotations

import pathlib
from typing import Any

from claims import rules, schema
from claims.data import Networks
from claims.table import CRITERION_ERROR
from claims.words import asked, shown


def data_folder(share: pathlib.Path) -> pathlib.Path:
    """Folder of the claims' sweep files and data. share: the repository, or share/initsweep of an installed tree."""
    return share / "data/claims" if (share / "data/claims").is_dir() else share / "claims"


DATA = data_folder(pathlib.Path(__file__).resolve().parents[2])


class Case:
    """What the module of a claim works on. Evidence and figures keep the order in which they are made."""

    def __init__(self, claim: rules.Claim, folder: pathlib.Path):
        """folder: of the results files, one for each sweep: C04.h5 of data/claims/C04.yaml."""
        self.claim = claim
        self.folder = folder
        self.evidence: dict[str, schema.Evidence] = {}
        self.figures: list[dict[str, Any]] = []
        self._open: dict[str, Networks] = {}

    def networks(self, sweep: str) -> Networks:
        """The networks of one of the claim's sweeps. Raises KeyError if the claim does not list the sweep."""
        if sweep not in self.claim.sweeps:
            raise KeyError(f"{self.claim.id} does not name the sweep '{sweep}'")
        if sweep not in self._open:
            self._open[sweep] = Networks(self.folder / f"{sweep}.h5")
        return self._open[sweep]

    @staticmethod
    def data(name: str) -> pathlib.Path:
        """A file beside the claims' sweep files."""
        return DATA / name

    def check(self, name: str, values: Any) -> schema.Evidence:
        """Applies a criterion to the data, or to {group: data}.

        Raises KeyError for an unknown name, ValueError if it was applied before.
        """
        if name in self.evidence:
            raise ValueError(f"{self.claim.id}: criterion '{name}' twice")
        self.evidence[name] = rules.apply(self.claim, name, values, CRITERION_ERROR)
        return self.evidence[name]

    def draw(self, figure: dict[str, Any]) -> None:
        """Adds a figure. Its id must begin with the claim's."""
        if not figure["id"].startswith(self.claim.id + "-"):
            raise ValueError(f"{self.claim.id}: a figure is called '{figure['id']}'")
        self.figures.append(merge_equal(figure))

    def verdict(self, paragraph: str) -> schema.Verdict:
        """The verdict that the evidence gives.

        paragraph: explains the claim to a student, assuming that theory is right; if it is not, a sentence before it
        says so. Raises ValueError if a criterion of the claim was not applied.
        """
        claim = self.claim
        left = [one.name for one in claim.criteria if one.name not in self.evidence]
        if left:
            raise ValueError(f"{claim.id}: criteria without evidence: {', '.join(left)}")
        ordered = [self.evidence[one.name] for one in claim.criteria]
        verdict, condition, agrees = rules.conclude(claim, ordered)
        deciding = self.evidence[claim.deciding]
        text = " ".join(paragraph.split())
        if not agrees:
            text = "The experiment is not as theory predicts: the evidence says where. What follows explains the " \
                   f"prediction. {text}"
        sweeps = [f"data/claims/{name}.yaml" for name in claim.sweeps]
        return schema.Verdict(
            id=claim.id, claim=claim.claim, answer=claim.answer, verdict=verdict, condition=condition,
            number={"name": deciding.statement, "value": deciding.value, "unit": claim.unit},
            margin=margin(deciding), prediction=claim.prediction, agrees=agrees, overturned_by=claim.overturned_by,
            evidence=ordered, paragraph=text, sweeps=sweeps,
            commands=[f"mpirun -n 2 initsweep run {sweep} -o out/claims/{name}.h5"
                      for sweep, name in zip(sweeps, claim.sweeps)]
            + [f"scripts/decide_claims.sh --only {claim.id}"],
            figures=[figure["id"] for figure in self.figures])


def merge_equal(figure: dict[str, Any]) -> dict[str, Any]:
    """The figure with series that coincide drawn as one, whose label and description say so."""
    kept: list[dict[str, Any]] = []
    names: list[list[str]] = []
    for one in figure.get("series", []):
        rest = {key: value for key, value in one.items() if key != "label"}
        same = [i for i, other in enumerate(kept) if rest == {key: other[key] for key in other if key != "label"}]
        if same and "y" in one:
            names[same[0]].append(one["label"])
        else:
            kept.append(dict(one))
            names.append([one["label"]])
    notes = []
    for one, labels in zip(kept, names):
        if len(labels) > 2:
            one["label"] = f"{labels[0]} and {len(labels) - 1} others"
            notes.append(f"One line for {', '.join(labels)}, which coincide.")
        elif len(labels) == 2:
            one["label"] = " and ".join(labels)
    if len(kept) == len(figure.get("series", [])):
        return figure
    return {**figure, "series": kept, "description": " ".join([figure["description"], *dict.fromkeys(notes)])}


def margin(evidence: schema.Evidence) -> dict[str, Any]:
    """How far the deciding number is from its threshold, and what was asked of it, in words."""
    value, threshold = evidence.value, evidence.threshold
    if threshold is None or value is None:
        return {"value": value, "threshold": None, "text": "exact: a single bit would change it"}
    ends = list(threshold) if isinstance(threshold, (tuple, list)) else [threshold]
    low, high = evidence.interval if evidence.interval else (value, value)
    # the end of the interval that is nearest to an end of the threshold
    room, nearest = min((min(abs(low - end), abs(high - end)), end) for end in ends)
    between = any(low < end < high for end in ends)
    text = f"asked: {asked(evidence.rule, threshold)}"
    if evidence.interval:
        text = f"between {shown(evidence.rule, low)} and {shown(evidence.rule, high)}; {text}"
    return {"value": 0.0 if between else room, "threshold": nearest, "text": text}
