"""Writes the report's page: one HTML file with everything in it."""
from __future__ import annotations

import base64
import json
import math
import os
import pathlib
import string
from typing import Any

import matplotlib
import numpy as np

from initsweep.report import figures, images, tables
from initsweep.report.reading import VERDICTS, Report, Sweep
from initsweep.report.text import escape, inline, number, prose

HERE = pathlib.Path(__file__).parent
STYLES = ("vendor/uPlot.min.css", "parts/report.css")
SCRIPTS = ("vendor/uPlot.iife.min.js", "parts/scales.js", "parts/charts.js", "parts/page.js")


def part(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


def template(name: str, **values: str) -> str:
    return string.Template(part(f"parts/{name}")).substitute(values)


def plain_json(value: Any) -> Any:
    """The value with null for numbers that JSON has not."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {name: plain_json(one) for name, one in value.items()}
    if isinstance(value, list):
        return [plain_json(one) for one in value]
    return value


def embedded(value: Any) -> str:
    """JSON for a script element: no `<` that could end it."""
    text = json.dumps(plain_json(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def colour_map() -> list[str]:
    """cividis in 64 steps, which people with any kind of colour vision read alike: the page's heat maps."""
    colours = matplotlib.colormaps["cividis"](np.linspace(0, 1, 64))
    return [matplotlib.colors.to_hex(colour) for colour in colours]


def static_image(drawn: dict[str, pathlib.Path]) -> str:
    """The smaller of a figure's images as a data address."""
    kinds = {"png": "image/png", "svg": "image/svg+xml"}
    kind = min(drawn, key=lambda one: drawn[one].stat().st_size)
    return f"data:{kinds[kind]};base64,{base64.b64encode(drawn[kind].read_bytes()).decode('ascii')}"


def figure_part(figure: figures.Figure, drawn: dict[str, pathlib.Path]) -> str:
    image = (f'<noscript><img alt="{escape(figure["description"])}" src="{static_image(drawn)}"></noscript>' if drawn else
             "<noscript><p>The figure needs JavaScript; its data stand below.</p></noscript>")
    return template("figure.html", id=escape(figure["id"]), kind=figure["kind"], title=inline(figure["title"]),
                    plain_title=escape(figure["title"]), description=inline(figure["description"]), image=image,
                    data=tables.data(figure))


def sweep_part(claim: str, sweep: Sweep) -> str:
    return template("sweep.html", claim=claim, path=escape(sweep.path), text=escape(sweep.text), sha256=sweep.sha256)


def definitions(pairs: list[tuple[str, Any]]) -> str:
    """A list of names and values; an object's members one by one."""
    lines = []
    for name, value in pairs:
        if isinstance(value, dict):
            lines.append(definitions([(f"{name}, {inner}", one) for inner, one in value.items()]))
        elif value not in (None, "", []):
            shown = ", ".join(map(number, value)) if isinstance(value, list) else number(value) if not isinstance(value, int) \
                or isinstance(value, bool) else str(value)
            lines.append(f"<div><dt>{escape(name.replace('_', ' '))}</dt><dd>{escape(shown)}</dd></div>")
    return "\n".join(lines)


def provenance(report: Report, claim: dict[str, Any], sweeps: list[Sweep]) -> str:
    """What a verdict comes from: the program, each sweep file's seed and hash, what the claim says itself."""
    pairs: list[tuple[str, Any]] = list((report.verdicts.get("program") or {}).items())
    for sweep in sweeps:
        pairs += [(f"seed of {sweep.path}", sweep.seed), (f"SHA-256 of {sweep.path}", sweep.sha256)]
    return definitions([*pairs, *(claim.get("provenance") or {}).items()])


def commands(claim: dict[str, Any]) -> str:
    """The commands that reproduce a claim, one a line."""
    lines = "\n".join(escape(command) for command in claim.get("commands") or [])
    return f'<pre class="command" tabindex="0"><code>{lines}</code></pre>' if lines else "<p>No command.</p>"


def claim_part(report: Report, claim: dict[str, Any], drawn: dict[str, dict[str, pathlib.Path]]) -> str:
    name, margin = claim["id"], claim["margin"]
    sweeps = report.sweeps[name]
    predicted = tables.badge(claim["prediction"]) if claim["prediction"] in VERDICTS else inline(claim["prediction"])
    against = template("against.html", prediction=predicted, verdict=tables.badge(claim["verdict"])) if not claim["agrees"] else ""
    term = "Not decided, because" if claim["verdict"] == "NOT DECIDED" else "Condition"
    condition = f'<p class="condition"><strong>{term}:</strong> {inline(claim["condition"])}</p>' if claim.get("condition") else ""
    facts = [("Predicted by theory", predicted),
             ("Prediction and experiment", "agree" if claim["agrees"] else "<strong>disagree</strong>")]
    if claim.get("overturned_by"):
        facts.append(("What would have overturned it", inline(claim["overturned_by"])))
    return template(
        "claim.html", id=name, slug=tables.SLUG[claim["verdict"]], claim=inline(claim["claim"]),
        badge=tables.badge(claim["verdict"]), against=against, condition=condition,
        value=tables.quantity(claim["number"]["value"], claim["number"].get("unit")), value_name=inline(claim["number"]["name"]),
        margin=inline(margin["text"]), paragraph=prose(claim["paragraph"]),
        facts="\n".join(f"<div><dt>{term}</dt><dd>{text}</dd></div>" for term, text in facts),
        evidence=tables.evidence(claim) if claim["evidence"] else "<p>No rule was applied.</p>",
        figures="\n".join(figure_part(figure, drawn.get(figure["id"], {})) for figure in report.figures[name]),
        sweeps="\n".join(sweep_part(name, sweep) for sweep in sweeps),
        commands=commands(claim),
        provenance=provenance(report, claim, sweeps))


def counts(report: Report) -> str:
    """How many claims have each verdict, and how many go against their prediction."""
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
    """A claim in the list at the side: its verdict as a dot and in words for who cannot see it."""
    mark = "" if claim["agrees"] else '<span class="mark" aria-hidden="true">≠</span><span class="hidden">, against the prediction</span>'
    return (f'<li><a href="#{claim["id"]}"><span class="dot {tables.SLUG[claim["verdict"]]}" aria-hidden="true"></span>'
            f'{claim["id"]}<span class="hidden">, {escape(claim["verdict"])}</span>{mark}</a></li>')


def theory_link(report: Report, out: pathlib.Path) -> str:
    """The page of derivations: a link from where the report lies, if it is on this disk."""
    page_of_theory = report.root / "docs/claims.md"
    name = "<code>docs/claims.md</code>"
    if not page_of_theory.exists():
        return name
    return f'<a href="{escape(os.path.relpath(page_of_theory.resolve(), out.parent.resolve()))}">{name}</a>'


def page(report: Report, out: pathlib.Path, drawn: dict[str, dict[str, pathlib.Path]]) -> str:
    """The whole page. drawn: images by figure id and format; a figure without images is shown by JavaScript alone.
    out: where it will lie."""
    claims = report.verdicts["claims"]
    contents = "\n".join(map(contents_line, claims))
    every = {figure["id"]: figure for mine in report.figures.values() for figure in mine}
    program = report.verdicts.get("program") or {}
    return template(
        "page.html", styles="\n".join(map(part, STYLES)), scripts="\n".join(map(part, SCRIPTS)), contents=contents,
        count=str(len(claims)), counts=counts(report), overview=tables.overview(report), theory=theory_link(report, out),
        claims="\n".join(claim_part(report, claim, drawn) for claim in claims), discussion=tables.discussion(report),
        provenance=definitions([*program.items(), ("SHA-256 of verdicts.json", report.sha256)]),
        data=embedded({"colours": colour_map(), "figures": every}))


def write_report(report: Report, out: pathlib.Path, folder: pathlib.Path | None) -> None:
    """Draws every figure into `folder` (None: no images) and writes the page; an interrupted call leaves no half page."""
    drawn = {} if folder is None else {figure["id"]: images.write(figure, folder)
                                       for mine in report.figures.values() for figure in mine}
    text = page(report, out, drawn)
    out.parent.mkdir(parents=True, exist_ok=True)
    temporary = out.with_name(f".{out.name}.part")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, out)
