#!/usr/bin/python3
"""The report without a browser: what it refuses and how, images, escaping, and that what others wrote is as it was."""
import hashlib
import html.parser
import json
import math
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
SCRIPTS = HERE.parents[1] / "scripts"
sys.path[:0] = [str(HERE), str(SCRIPTS)]

import sample_report  # noqa: E402
from claims import case, words  # noqa: E402
from claims.report import reading  # noqa: E402
from claims.report import tables as verdict_tables  # noqa: E402
from initsweep.report import ReportError, charts, scales, tables, text  # noqa: E402

VOID = {"meta", "link", "img", "br", "input", "hr", "wbr"}


class Balance(html.parser.HTMLParser):
    """Whether every element that opens is closed, in order."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.wrong, self.text = [], [], []

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"{tag} at {self.getpos()}")

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("script", "style"):
            self.text.append(data)


class Made(unittest.TestCase):
    """A folder with the made-up claims; `report` runs the script on it."""

    def setUp(self):
        self.holder = tempfile.TemporaryDirectory()
        self.addCleanup(self.holder.cleanup)
        self.folder = pathlib.Path(self.holder.name)
        sample_report.write(self.folder)
        self.verdicts = json.loads((self.folder / "verdicts.json").read_text(encoding="utf-8"))

    def report(self, *more):
        return subprocess.run(["/usr/bin/python3", "-W", "ignore", str(SCRIPTS / "report.py"),
                               str(self.folder / "verdicts.json"),
                               "--root", str(self.folder), *more], capture_output=True, text=True)

    def refuse(self, change, expected, file="verdicts.json"):
        """After change(content of a file) the script ends with status 2 and says what is expected; no page is left."""
        path = self.folder / file
        before = path.read_text(encoding="utf-8")
        content = json.loads(before)
        change(content)
        path.write_text(json.dumps(content), encoding="utf-8")
        with self.assertRaises(ReportError) as caught:
            reading.read_report(self.folder / "verdicts.json", self.folder / "figures", self.folder)
        path.write_text(before, encoding="utf-8")
        self.assertRegex(str(caught.exception), expected)
        self.assertIn(str(self.folder), str(caught.exception))


class Pages(Made):
    def test_one_page_and_every_figure_as_png_and_svg(self):
        done = self.report()
        self.assertEqual(done.returncode, 0, done.stderr)
        page = (self.folder / "report.html").read_text(encoding="utf-8")
        balance = Balance()
        balance.feed(page)
        self.assertEqual((balance.wrong, balance.open), ([], []))
        said = "".join(balance.text)
        self.assertIn(sample_report.NAUGHTY.replace("\u2028", "")[:30], said)
        for claim in self.verdicts["claims"]:
            for name in claim["figures"]:
                self.assertEqual((self.folder / f"figures/{name}.png").read_bytes()[:4], b"\x89PNG")
                self.assertIn("<svg", (self.folder / f"figures/{name}.svg").read_text(encoding="utf-8")[:600])
        left = [path.name for path in self.folder.rglob("*") if ".part" in path.name]
        self.assertEqual(left, [])
        # each claim's provenance: the program's version, its sweep file's seed and hash
        sweep = hashlib.sha256((self.folder / "data/claims/C01.yaml").read_bytes()).hexdigest()
        part = page[page.index('id="C01"'):page.index('id="C02"')]
        for wanted in (sweep, "2026", "0.1.0", "1.10.8"):
            self.assertIn(wanted, part[part.index("Provenance of C01"):])

    def test_a_student_gets_answer_and_figure_before_any_table(self):
        self.assertEqual(self.report("--no-images").returncode, 0)
        page = (self.folder / "report.html").read_text(encoding="utf-8")
        part = page[page.index('<section class="claim true" id="C01"'):page.index('<section class="claim false"')]
        places = [part.index(one) for one in ('class="answer"', 'data-figure="C01-loss"', 'class="deciding"',
                                              'class="paragraph"', 'data-figure="C01-crowd"', 'id="C01-evidence"')]
        self.assertEqual(places, sorted(places))
        # the condition of a verdict is behind it, and every link stays in the page
        self.assertRegex(page, r'<details class="condition"><summary><span class="badge conditional">CONDITIONAL<')
        links = re.findall(r'href="([^"]*)"', page)
        self.assertEqual([link for link in links if not link.startswith(("#", "data:"))], [])

    def test_two_pages_from_the_same_input_are_the_same(self):
        pages = []
        for _ in range(2):
            self.assertEqual(self.report("--no-images").returncode, 0)
            pages.append((self.folder / "report.html").read_bytes())
        self.assertEqual(*pages)

    def test_bad_input_ends_with_2_one_line_and_no_page(self):
        (self.folder / "verdicts.json").write_text('{"format": 2,\n "claims": [,]}')
        done = self.report()
        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stderr, r"^error: .*verdicts\.json:2:\d+: not JSON: .*\n$")
        self.assertFalse((self.folder / "report.html").exists())

    def test_output_that_cannot_be_written_ends_with_1(self):
        (self.folder / "file").write_text("")
        done = self.report("--no-images", "-o", str(self.folder / "file/report.html"))
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"^error: .*: (Not a directory|File exists)\n$")


class Refusals(Made):
    def test_each_mistake_is_told_with_file_place_and_expectation(self):
        def claim(name, value):
            return lambda content: content["claims"][1].__setitem__(name, value)

        def figure(change):
            return lambda content: change(content["figures"][0])

        for change, expected in (
                (lambda c: c.__setitem__("format", 1), r"format: expected 2"),
                (lambda c: c["claims"][1].pop("verdict"), r"claims\[1\] \(C02\): 'verdict' is missing"),
                (claim("verdict", "flase"), r"claims\[1\] \(C02\)\.verdict: expected one of TRUE, .* \(is FALSE "
                                            r"meant\?\)"),
                (claim("agrees", "no"), r"agrees: expected true or false, found \"no\""),
                (claim("id", "C01"), r"the id is not unique"),
                (claim("id", "C 02"), r"id: expected a letter"),
                (claim("paragraph", 3), r"paragraph: expected a text"),
                (claim("figures", ["C02-escpae"]), r"no figure 'C02-escpae', which claim C02 names; is 'C02-escape' "
                                                   r"meant\?")):
            self.refuse(change, expected)
        for change, expected in (
                (lambda f: f.__setitem__("kind", "curve"), r"kind: expected one of curves, .* \(is curves meant\?\)"),
                (lambda f: f.pop("description"), r"'description' is missing"),
                (lambda f: f["series"][0]["y"].pop(), r"series\[0\]\.y: expected \d+ numbers"),
                (lambda f: f["series"][0]["y"].__setitem__(1, "x"), r"series\[0\]\.y\[1\]: expected a number or null"),
                (lambda f: f["series"][0].pop("low"), r"both of low and high"),
                (lambda f: f["series"][0]["keys"].__setitem__("depth", 9), r"keys\.depth: expected one of 1, 2, 3"),
                (lambda f: f["x"].__setitem__("scale", "logarithmic"), r"x\.scale: expected one of linear, log")):
            self.refuse(figure(change), expected, "figures/C01.json")
        self.refuse(figure(lambda f: f["cells"].pop()), r"cells: expected 3 rows", "figures/C03.json")

    def test_files_that_are_missing_are_named(self):
        (self.folder / "data/claims/C01.yaml").unlink()
        done = self.report()
        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stderr, r"data/claims/C01\.yaml: No such file or directory: a sweep file of claim C01")
        (self.folder / "figures/C01.json").unlink()
        self.assertRegex(self.report().stderr, r"figures/C01\.json: No such file")


class Words(unittest.TestCase):
    def test_numbers_read_plainly(self):
        for value, shown in ((0.0, "0"), (-0.0, "0"), (True, "yes"), (None, "none"), (math.nan, "not a number"),
                             (-math.inf, "−∞"),
                             (1234567, "1,234,567"), (0.1 + 0.2, "0.3"), (1 / 3, "0.3333"), (1e-9, "10⁻⁹"),
                             (-3.2e-7, "−3.2 × 10⁻⁷"),
                             (123456.7, "123,457"), (9999.99, "10,000"), (1234.56, "1,235"), (999.96, "1,000"),
                             (2.5e12, "2.5 × 10¹²"), ("text", "text")):
            self.assertEqual(text.format_number(value), shown)

    def test_what_was_seen_and_asked_is_in_words(self):
        for rule, threshold, value, seen, wanted in (
                ("rate_above", 0.95, 0.973, "97.3 %", "above 95 %"),
                ("rates_differ", 0.0, -0.002376, "−0.2376 points", "above 0 points"),
                ("rates_alike", [-0.1, 0.1], 0.02, "2 points", "between −10 points and 10 points"),
                ("equal", 1, 1.0, "1", "exactly 1"), ("zero", None, 0.0, "0", "exactly 0"),
                ("median_below", 0.5, 0.25, "0.25", "below 0.5")):
            self.assertEqual((words.shown(rule, value), words.asked(rule, threshold)), (seen, wanted))
        self.assertEqual(verdict_tables.power({"rule": "rate_above", "detects": 0.9}),
                         "a true rate of 90 % would be seen to fail")
        self.assertEqual(verdict_tables.number({"value": 0.235, "unit": "share of ends"}),
                         '23.5 % <span class="unit">share of ends</span>')

    def test_lines_that_coincide_are_drawn_once_and_named(self):
        line = {"x": [0, 1], "y": [1, 1]}
        figure = case.merge_equal({"description": "Lines.", "series": [{"label": "a", **line}, {"label": "b", **line},
                                                                      {"label": "c", **line},
                                                                      {"label": "d", "x": [0, 1], "y": [1, 2]}]})
        self.assertEqual([one["label"] for one in figure["series"]], ["a and 2 others", "d"])
        self.assertEqual(figure["description"], "Lines. One line for a, b, c, which coincide.")

    def test_escape_leaves_nothing_for_html(self):
        self.assertNotRegex(text.escape(sample_report.NAUGHTY + "\x00\x1b"), "[<>\"'\x00\x1b]")
        self.assertEqual(text.inline("`a<b` & c"), "<code>a&lt;b</code> &amp; c")

    def test_zero_has_a_place_on_a_logarithmic_axis_and_negatives_have_none(self):
        scale = scales.make_scale([0.0, 1e-6, 1.0, -1.0], {"scale": "log"})
        zero, small, one, negative = scale.positions([0.0, 1e-6, 1.0, -1.0])
        self.assertTrue(scale.low < zero < small < one < scale.high and math.isnan(negative))
        self.assertEqual(scale.ticks[0], (zero, "0"))
        self.assertIn((0.0, "1"), scale.ticks)

    def test_a_long_table_is_thinned_and_says_so(self):
        figure = {"id": "f", "kind": "curves", "x": {"label": "step"}, "y": {"label": "loss"},
                  "series": [{"label": "a", "x": list(range(30000)), "y": [0.5] * 30000}]}
        table = tables.data_tables(figure)
        self.assertLess(table.count("<tr>"), tables.MAX_CELLS / 2 + 3)
        self.assertRegex(table, r"1 row in 3 of 30,000")
        self.assertIn(">29,999<", table)

    def test_zeros_beside_decades_make_a_map_logarithmic_and_shares_do_not(self):
        axis = {"label": "", "categories": [1.0, 2.0]}
        for cells, log in (([[0, 1e-9], [1, 0]], True), ([[0, 0.01], [1, 0.5]], False), ([[1e-3, 1]], True),
                           ([[-1, 1e-9]], False), ([[0, 0]], False), ([[None, math.nan]], False)):
            self.assertEqual(charts.is_logarithmic({"kind": "heatmap", "x": axis, "y": axis, "cells": cells}), log,
                             cells)

    def test_lines_and_points_that_others_cover_are_counted(self):
        line = {"x": [0, 1, 2], "y": [1, 1, 1]}
        series = [line, dict(line), {"x": [0, 1, 2], "y": [1, 5, 6]}]
        self.assertEqual(charts.covering_lines(series), [1, 0, 0])
        self.assertEqual(charts.covering_points(series), [[2, 1, 1], [1, 0, 0], [0, 0, 0]])

    def test_whole_numbers_get_whole_ticks(self):
        self.assertEqual([text for _, text in scales.make_scale([1, 2, 3], {"scale": "linear"}).ticks], ["1", "2", "3"])

    def test_choices_are_every_combination(self):
        curves = sample_report.curves()
        every = charts.choices(curves)
        self.assertEqual(len(every), 9)
        for choice in every:
            self.assertEqual([one["label"] for one in charts.series_for(curves, choice)],
                             ["zeros", "constant 0.1", "glorot_uniform"])


class Vendored(unittest.TestCase):
    def test_what_others_wrote_is_unchanged_and_has_its_licence(self):
        folder = SCRIPTS / "initsweep/report/vendor"
        sums = dict(reversed(line.split()) for line in (folder / "SHA256SUMS").read_text().splitlines())
        self.assertEqual(set(sums), {path.name for path in folder.iterdir()} - {"SHA256SUMS", "README.md"})
        for name, sum_ in sums.items():
            self.assertEqual(hashlib.sha256((folder / name).read_bytes()).hexdigest(), sum_, name)
        self.assertIn("MIT", (folder / "uPlot-LICENSE").read_text())

    def test_no_script_ends_its_element_early_and_nothing_is_fetched(self):
        for path in (SCRIPTS / "initsweep/report").rglob("*"):
            if path.suffix in (".js", ".css"):
                content = path.read_text(encoding="utf-8")
                self.assertIsNone(re.search(r"</(script|style)|@import|url\((?!#)", content.replace("url(#${id})", "")),
                                  path)


if __name__ == "__main__":
    unittest.main()
