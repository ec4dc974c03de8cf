"""Decides claims from their results files: writes verdicts.json and the figures, prints a table.

    PYTHONPATH=scripts /usr/bin/python3 -m claims.decide --results out/claims [--only C07 ...]

Results files are FOLDER/NAME.h5 of data/claims/NAME.yaml. scripts/decide_claims.sh trains them and calls this.
With --only, verdicts.json keeps its verdicts on the other claims. Exit status: 0 all decided, 1 a claim is NOT DECIDED,
2 bad usage or missing results.
"""
from __future__ import annotations

import argparse
import importlib
import json
import pathlib
import sys
import textwrap
from typing import Any

from claims import schema
from claims.case import Case
from claims.table import CLAIMS, claim_of

DISCUSSION = pathlib.Path(__file__).with_name("discussion.json")


def discussion() -> list[dict[str, Any]]:
    """The answers and comments of the discussion, each with the claims that decide it."""
    entries: list[dict[str, Any]] = json.loads(DISCUSSION.read_text(encoding="utf-8"))["entries"]
    return entries


def discussion_page() -> str:
    """docs/discussion.md: the table from the discussion to the claims."""
    content = json.loads(DISCUSSION.read_text(encoding="utf-8"))
    rows = [f"| {one['number']} | {one['place']} | {one['paraphrase']} | {', '.join(one['claims'])} |"
            for one in content["entries"]]
    sweeps = {claim.id: ", ".join(f"`{sweep}`" for sweep in claim.sweeps) for claim in CLAIMS}
    claims = [f"| {claim.id} | {claim.claim} | {claim.prediction} | {sweeps[claim.id]} |" for claim in CLAIMS]
    return "\n".join([
        "# From the discussion to the claims", "",
        f"\"{content['title']}\": {content['source']}. {content['note']}", "",
        "`PYTHONPATH=scripts python3 -m claims.decide --discussion` writes this page.", "",
        "| | place | what it says, in a clause | decided by |", "|---|---|---|---|", *rows, "",
        "## The claims", "",
        "The verdicts are computed by `scripts/decide_claims.sh` and stand in `out/claims/verdicts.json`; here is what "
        "theory predicts.", "",
        "| | claim | theory predicts | sweeps in `data/claims/` |", "|---|---|---|---|", *claims, ""])


def decide(name: str, folder: pathlib.Path) -> tuple[schema.Verdict, Case]:
    """Decides one claim from the results files in folder. Raises FileNotFoundError, KeyError or ValueError."""
    case = Case(claim_of(name), folder)
    module = importlib.import_module(f"claims.{name.lower()}")
    return module.decide(case), case


def program_of(case: Case) -> dict[str, str]:
    """Version of the program that trained a claim's networks."""
    attributes = case.networks(case.claim.sweeps[0]).arrays.attrs
    return {"version": str(attributes.get("provenance_program_version", "")),
            "git": str(attributes.get("provenance_git_description", ""))}


def other_verdicts(path: pathlib.Path, names: set[str]) -> list[schema.Verdict]:
    """The verdicts in verdicts.json on other claims than `names`."""
    if not path.exists():
        return []
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    others: list[dict[str, Any]] = [one for one in content["claims"] if one["id"] not in names]
    for one in others:
        one["evidence"] = [schema.Evidence(**item) for item in one["evidence"]]
    return [schema.Verdict(**one) for one in others]


def print_table(verdicts: list[schema.Verdict]) -> None:
    """Prints one line for each claim, and below it the evidence that disagrees with theory."""
    print(f"{'':4} {'verdict':<12} {'theory':<12} {'number':<46} claim")
    for one in verdicts:
        print(f"{one.id:4} {one.verdict:<12} {'agrees' if one.agrees else one.prediction + ' (!)':<12} "
              f"{textwrap.shorten(one.margin['text'], 46, placeholder='...'):<46} "
              f"{textwrap.shorten(one.claim, 70, placeholder='...')}")
        if not one.agrees:
            for piece in one.evidence:
                if piece.holds is not True:
                    state = "undecided" if piece.holds is None else "not seen"
                    print(f"       {state}: {piece.statement} (value {piece.value}, interval {piece.interval}, "
                          f"threshold {piece.threshold})")


def main(arguments: list[str] | None = None) -> int:
    """The command line. Returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=pathlib.Path, default=pathlib.Path("out/claims"),
                        help="folder of the results files")
    parser.add_argument("--out", type=pathlib.Path, help="where verdicts.json and figures/ go (the same folder)")
    parser.add_argument("--only", nargs="+", metavar="CNN", help="these claims alone")
    parser.add_argument("--sweeps", action="store_true", help="print the sweeps of the claims, and decide nothing")
    parser.add_argument("--discussion", action="store_true", help="print docs/discussion.md, and decide nothing")
    options = parser.parse_args(arguments)
    if options.discussion:
        print(discussion_page(), end="")
        return 0
    known = [claim.id for claim in CLAIMS]
    names = options.only or known
    wrong = [name for name in names if name not in known]
    if wrong:
        print(f"error: no claim {wrong[0]}; there are {known[0]} to {known[-1]}", file=sys.stderr)
        return 2
    if options.sweeps:
        print("\n".join(dict.fromkeys(sweep for name in names for sweep in claim_of(name).sweeps)))
        return 0
    out = options.out or options.results
    (out / "figures").mkdir(parents=True, exist_ok=True)
    verdicts: list[schema.Verdict] = []
    program: dict[str, str] = {}
    for name in names:
        try:
            verdict, case = decide(name, options.results)
            schema.write_figures(out / "figures" / f"{name}.json", name, case.figures)
        except (OSError, KeyError, ValueError) as error:
            print(f"error: {name}: {error}", file=sys.stderr)
            return 2
        program = program or program_of(case)
        verdicts.append(verdict)
    path = out / "verdicts.json"
    everything = sorted(verdicts + (other_verdicts(path, set(names)) if options.only else []), key=lambda one: one.id)
    schema.write_verdicts(path, program, everything, discussion())
    print_table(verdicts)
    undecided = [one.id for one in verdicts if one.verdict == schema.NOT_DECIDED]
    against = [one.id for one in verdicts if not one.agrees]
    print(f"{len(verdicts)} claims; not decided: {', '.join(undecided) or 'none'}; other than theory: "
          f"{', '.join(against) or 'none'}")
    return 1 if undecided else 0


if __name__ == "__main__":
    sys.exit(main())
