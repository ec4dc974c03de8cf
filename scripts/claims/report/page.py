"""The page of the report: a section for each claim, with verdict, evidence, figures, sweep files and provenance."""
from __future__ import annotations

import pathlib
from collections.abc import Mapping
from typing import Any

from claims.report import tables
from claims.report.reading import Report, Sweep
from claims.schema import NOT_DECIDED, VERDICTS
from initsweep.report.images import write_images
from initsweep.report.page import chart_html, definition_list, fill_template, page_html, write_page
from initsweep.report.text import escape, inline, paragraphs

PARTS = pathlib.Path(__file__).parent / "parts"

Images = Mapping[str, Mapping[str, pathlib.Path]]  # paths by figure id and format


def sweep_html(claim: str, sweep: Sweep) -> str:
    """A sweep file, to be unfolded."""
    return fill_template(PARTS / "sweep.html", claim=claim, path=escape(sweep.path), text=escape(sweep.text),
                         sha256=sweep.sha256)


def provenance(report: Report, claim: dict[str, Any], sweeps: list[Sweep]) -> str:
    """What a verdict comes from: the program, the seed and hash of each sweep file, and what the claim adds."""
    pairs: list[tuple[str, Any]] = list((report.verdicts.get("program") or {}).items())
    for sweep in sweeps:
        pairs += [(f"seed of {sweep.path}", sweep.seed), (f"SHA-256 of {sweep.path}", sweep.sha256)]
    return definition_list([*pairs, *(claim.get("provenance") or {}).items()])


def commands_html(claim: dict[str, Any]) -> str:
    """The commands that reproduce a claim, one per line."""
    lines = "\n".join(escape(command) for command in claim.get("commands") or [])
    return f'<pre class="command" tabindex="0"><code>{lines}</code></pre>' if lines else "<p>No command.</p>"


def claim_html(report: Report, claim: dict[str, Any], images: Images) -> str:
    """The section of a claim."""
    name, number = claim["id"], claim["number"]
    sweeps = report.sweeps[name]
    predicted = tables.badge(claim["prediction"]) if claim["prediction"] in VERDICTS else inline(claim["prediction"])
    against = "" if claim["agrees"] else fill_template(PARTS / "against.html", prediction=predicted,
                                                       verdict=tables.badge(claim["verdict"]))
    term = "Not decided, because" if claim["verdict"] == NOT_DECIDED else "Condition"
    condition = ""
    if claim.get("condition"):
        condition = f'<p class="condition"><strong>{term}:</strong> {inline(claim["condition"])}</p>'
    figures = [chart_html(figure, images.get(figure["id"])) for figure in report.figures[name]]
    facts = [("Predicted by theory", predicted),
             ("Prediction and experiment", "agree" if claim["agrees"] else "<strong>disagree</strong>")]
    if claim.get("overturned_by"):
        facts.append(("What would have overturned it", inline(claim["overturned_by"])))
    return fill_template(
        PARTS / "claim.html", id=name, css_class=tables.CSS_CLASS[claim["verdict"]], claim=inline(claim["claim"]),
        badge=tables.badge(claim["verdict"]), answer=inline(claim["answer"]), against=against, condition=condition,
        value=tables.number(number), value_name=inline(number["name"]),
        margin=inline(claim["margin"]["text"]), paragraph=paragraphs(claim["paragraph"]),
        facts="\n".join(f"<div><dt>{term}</dt><dd>{text}</dd></div>" for term, text in facts),
        evidence=tables.evidence(claim) if claim["evidence"] else "<p>No rule was applied.</p>",
        first_figure="".join(figures[:1]), figures="\n".join(figures[1:]),
        sweeps="\n".join(sweep_html(name, sweep) for sweep in sweeps),
        commands=commands_html(claim), provenance=provenance(report, claim, sweeps))


def counts(report: Report) -> str:
    """How many claims have each verdict, and how many verdicts go against their prediction."""
    claims = report.verdicts["claims"]
    parts = []
    for verdict in VERDICTS:
        count = sum(claim["verdict"] == verdict for claim in claims)
        if count:
            parts.append(f'<li><span class="count">{count}</span> {tables.badge(verdict)}</li>')
    against = sum(not claim["agrees"] for claim in claims)
    words = "no verdict goes" if not against else "1 verdict goes" if against == 1 else f"{against} verdicts go"
    parts.append(f'<li class="{"against" if against else "agree"}">{words} against the prediction</li>')
    return "\n".join(parts)


def contents_line(claim: dict[str, Any]) -> str:
    """A claim in the list beside the page: its verdict as a dot, and in words for screen readers."""
    mark = "" if claim["agrees"] else \
        '<span class="mark" aria-hidden="true">≠</span><span class="hidden">, against the prediction</span>'
    dot = f'<span class="dot {tables.CSS_CLASS[claim["verdict"]]}" aria-hidden="true"></span>'
    verdict = f'<span class="hidden">, {escape(claim["verdict"])}</span>'
    return f'<li><a href="#{claim["id"]}">{dot}{claim["id"]}{verdict}{mark}</a></li>'


def statistics(report: Report) -> str:
    """How many criteria there are, and with what confidence the intervals hold; empty if the verdicts do not say."""
    numbers = report.verdicts.get("statistics")
    if not numbers:
        return ""
    return (f"<li>There are {numbers['criteria']} criteria, of which {numbers['statistical']} are statistical. All "
            f"their intervals hold together with {100 * numbers['confidence']:g} % confidence; each alone has "
            f"{100 * numbers['each']:.2f} %. What a criterion would have seen is said beside it.</li>")


def report_html(report: Report, images: Images) -> str:
    """The whole page. images: a figure without images needs JavaScript."""
    claims = report.verdicts["claims"]
    title = f"Zero weights: {len(claims)} claims decided by experiment"
    program = report.verdicts.get("program") or {}
    body = fill_template(
        PARTS / "body.html", title=title, counts=counts(report), overview=tables.overview(report),
        statistics=statistics(report), looks=tables.looks(report),
        claims="\n".join(claim_html(report, claim, images) for claim in claims), discussion=tables.discussion(report),
        provenance=definition_list([*program.items(), ("SHA-256 of verdicts.json", report.sha256)]))
    return page_html(
        title, body, [figure for own in report.figures.values() for figure in own], name="Zero weights",
        links=[("overview", "Verdicts"), ("discussion", "Discussion"), ("provenance", "Provenance")],
        contents="\n".join(map(contents_line, claims)), contents_label="Claims", skip=("overview", "To the verdicts"),
        style=(PARTS / "claims.css").read_text(encoding="utf-8"))


def write_report(report: Report, out: pathlib.Path, folder: pathlib.Path | None) -> None:
    """Draws every figure into `folder` (None: no images) and writes the page to `out`, as a whole file."""
    images = {} if folder is None else {figure["id"]: write_images(figure, folder)
                                        for own in report.figures.values() for figure in own}
    write_page(out, report_html(report, images))
