"""The tables of the report: verdicts, evidence, and what the discussion says."""
from __future__ import annotations

from typing import Any

from claims.report.reading import Report
from claims.schema import CONDITIONAL, FALSE, NOT_DECIDED, TRUE
from initsweep.report.tables import EMPTY, card_table, value_html
from initsweep.report.text import escape, format_interval, format_number, inline

CSS_CLASS = {TRUE: "true", FALSE: "false", CONDITIONAL: "conditional", NOT_DECIDED: "undecided"}
OUTCOME = {True: '<span class="holds yes">holds</span>', False: '<span class="holds no">does not hold</span>',
           None: '<span class="holds open">not decided</span>'}


def badge(verdict: str) -> str:
    """A verdict with its mark."""
    return f'<span class="badge {CSS_CLASS[verdict]}">{escape(verdict)}</span>'


def overview(report: Report) -> str:
    """Every claim with its verdict and the number that decides it."""
    rows = []
    for claim in report.verdicts["claims"]:
        name = claim["id"]
        verdict = badge(claim["verdict"])
        if not claim["agrees"]:
            verdict += ' <span class="against">against the prediction</span>'
        if claim.get("condition"):
            verdict += f'<span class="condition">{inline(claim["condition"])}</span>'
        number = claim["number"]
        rows.append([f'<a href="#{name}">{name}</a>', f'<a class="quiet" href="#{name}">{inline(claim["claim"])}</a>',
                     verdict,
                     f'<span class="figure-number">{value_html(number["value"], number.get("unit"))}</span> '
                     f'<span class="what">{inline(number["name"])}</span>', inline(claim["margin"]["text"]) or EMPTY])
    return card_table("Every claim, its verdict, and the number that decides it",
                      ["Claim", "As people state it", "Verdict", "Number", "Margin"], rows, "overview")


def evidence(claim: dict[str, Any]) -> str:
    """The evidence of a claim: each rule with its value, interval, threshold and outcome."""
    rows = []
    for one in claim["evidence"]:
        interval, threshold = one.get("interval"), one.get("threshold")
        rows.append([inline(one["statement"]), escape(one.get("side") or EMPTY),
                     f'<code>{escape(one["rule"]).replace("_", "_<wbr>")}</code>',
                     f'<span class="figure-number">{escape(format_number(one["value"]))}</span>',
                     EMPTY if interval is None else escape(format_interval(*interval)),
                     EMPTY if threshold is None else escape(format_interval(*threshold) if isinstance(threshold, list)
                                                            else format_number(threshold)),
                     OUTCOME[one["holds"]]])
    return card_table(f'<span class="hidden">Evidence for {escape(claim["id"])}</span>',
                      ["Statement", "Side", "Rule", "Value", "95 % interval", "Threshold", "Outcome"], rows, "evidence")


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
