"""The tables of the report: verdicts, evidence, and what the discussion says."""
from __future__ import annotations

from typing import Any

from claims.report.reading import Report
from claims.schema import CONDITIONAL, FALSE, NOT_DECIDED, TRUE
from claims.words import asked, shown
from initsweep.report.tables import EMPTY, card_table, value_html
from initsweep.report.text import escape, format_number, inline

CSS_CLASS = {TRUE: "true", FALSE: "false", CONDITIONAL: "conditional", NOT_DECIDED: "undecided"}
OUTCOME = {True: '<span class="holds yes">holds</span>', False: '<span class="holds no">does not hold</span>',
           None: '<span class="holds open">not decided</span>'}


def badge(verdict: str) -> str:
    """A verdict with its mark."""
    return f'<span class="badge {CSS_CLASS[verdict]}">{escape(verdict)}</span>'


def number(deciding: dict[str, Any]) -> str:
    """The deciding number with its unit; shares as percentages."""
    value, unit = deciding["value"], deciding.get("unit") or ""
    if unit.startswith("share") and isinstance(value, float | int) and -1 <= value <= 1:
        return f'{escape(format_number(100 * value))} % <span class="unit">{escape(unit)}</span>'
    return value_html(value, unit)


def overview(report: Report) -> str:
    """Every claim with its verdict and the number that decides it. A condition is unfolded on request."""
    rows = []
    for claim in report.verdicts["claims"]:
        name = claim["id"]
        verdict = badge(claim["verdict"])
        if claim.get("condition"):
            verdict = f'<details class="condition"><summary>{verdict}</summary>{inline(claim["condition"])}</details>'
        if not claim["agrees"]:
            verdict += '<span class="against">against the prediction</span>'
        rows.append([f'<a href="#{name}">{name}</a>', f'<a class="quiet" href="#{name}">{inline(claim["claim"])}</a>',
                     verdict,
                     f'<span class="figure-number">{number(claim["number"])}</span>',
                     inline(claim["margin"]["text"]) or EMPTY])
    return card_table("Every claim, its verdict, and the number that decides it",
                      ["Claim", "As people state it", "Verdict", "Number", "How sure"], rows, "overview")


def power(one: dict[str, Any]) -> str:
    """What a criterion would have seen to fail with probability 0.9; empty for exact rules."""
    detects, rule = one.get("detects"), one["rule"]
    if detects is None:
        return ""
    if rule in ("rate_above", "rate_below"):
        return f"a true rate of {shown(rule, detects)} would be seen to fail"
    if rule in ("rates_differ", "rates_alike"):
        return f"a difference of {shown(rule, detects)} would be seen"
    if rule == "mean_within":
        return f"a mean {format_number(detects)} off would be seen"
    return f"would be seen to fail if {format_number(100 * detects)} % lay beyond"


def evidence(claim: dict[str, Any]) -> str:
    """The evidence of a claim: what is stated, what was seen, what was asked, and the outcome."""
    rows = []
    for one in claim["evidence"]:
        interval, rule = one.get("interval"), one["rule"]
        seen = f'<span class="figure-number">{escape(shown(rule, one["value"]))}</span>'
        notes = [] if interval is None else [f"{shown(rule, interval[0])} to {shown(rule, interval[1])}"]
        if one.get("count"):
            groups = one.get("groups") or 1
            notes.append(f"of {one['count']:,}" + (f", in the worst of {groups} groups" if groups > 1 else ""))
        if notes:
            seen += f' <span class="note">{escape("; ".join(notes))}</span>'
        wanted = escape(asked(rule, one.get("threshold")) or EMPTY)
        if power(one):
            wanted += f' <span class="note">{escape(power(one))}</span>'
        rows.append([inline(one["statement"]), escape(one.get("side") or EMPTY), seen, wanted, OUTCOME[one["holds"]]])
    return card_table(f'<span class="hidden">Evidence for {escape(claim["id"])}</span>',
                      ["Statement", "Side", "Seen", "Asked", "Outcome"], rows, "evidence")


def looks(report: Report) -> str:
    """What was changed after which look at which data."""
    rows = [[inline(one["look"]), inline(one["data"]), escape(", ".join(one["claims"])), inline(one["change"])]
            for one in report.verdicts.get("looks") or []]
    return card_table("Every look at data after which a criterion, a sweep or a statement was changed",
                      ["Look", "Data", "Claims", "Change"], rows, "looks")


def discussion(report: Report) -> str:
    """The answers and comments of the discussion, each with the claims that decide it."""
    verdicts = {claim["id"]: claim["verdict"] for claim in report.verdicts["claims"]}
    rows = []
    for row in report.verdicts.get("discussion") or []:
        # a report of some claims only has no section for the others
        links = " ".join(f'<span class="ruling"><a href="#{name}">{name}</a> {badge(verdicts[name])}</span>'
                         if name in verdicts
                         else f'<span class="ruling">{escape(name)}, not in this report</span>'
                         for name in row["claims"])
        rows.append([escape(format_number(row["number"])), inline(row["place"]), inline(row["paraphrase"]),
                     links or EMPTY])
    return card_table("Every answer and comment of the discussion in our own words, and the claims that decide it",
                      ["No.", "Place", "What is said", "Decided by"], rows, "discussion")
