#!/usr/bin/python3
"""The site that scripts/site.sh makes, without a browser: every link and anchor leads somewhere, nothing is loaded from
another host, all of docs/ is in the navigation, formulas are typeset, and mistakes end the build.

    INITSWEEP_SOURCE=. test_site.py FOLDER     FOLDER: where the site goes
"""
import html.parser
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
import urllib.parse

SOURCE = pathlib.Path(os.environ.get("INITSWEEP_SOURCE", pathlib.Path(__file__).parents[2])).resolve()
SITE = pathlib.Path(sys.argv.pop(1) if len(sys.argv) > 1 else SOURCE / "out/site").resolve()
# what the theme's script can ask of another host: facts about a repository (only with repo_url) and diagrams (only on a
# page with class mermaid)
OPTIONAL = {"https://api.github.com", "https://unpkg.com/mermaid"}


class Page(html.parser.HTMLParser):
    """A page's links, what it loads, its anchors, and the text of its article."""

    def __init__(self, path):
        super().__init__(convert_charrefs=True)
        self.links, self.loads, self.anchors, self.classes = [], [], set(), set()
        self.paragraphs, self.inside = [], []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.anchors |= {attrs.get("id"), attrs.get("name")} - {None}
        self.classes |= set((attrs.get("class") or "").split())
        if tag == "a" and attrs.get("href"):
            self.links.append(attrs["href"])
        if tag == "link" and attrs.get("rel") != "canonical":
            self.loads.append(attrs["href"])
        self.loads += [attrs[name] for name in ("src", "srcset", "poster", "data") if tag != "a" and attrs.get(name)]
        if tag in ("p", "pre", "code", "script", "style",
                   "math") or (tag == "span" and "katex" in attrs.get("class", "")):
            self.inside.append(tag)
            if tag == "p":
                self.paragraphs.append("")

    def handle_endtag(self, tag):
        if self.inside and self.inside[-1] == tag:
            self.inside.pop()

    def handle_data(self, data):
        if self.inside == ["p"]:
            self.paragraphs[-1] += data


def build(*arguments):
    return subprocess.run([SOURCE / "scripts/site.sh", *arguments], capture_output=True, text=True)


class Site(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        done = build("--out", str(SITE))
        assert done.returncode == 0, done.stdout + done.stderr
        cls.pages = {path: Page(path) for path in sorted(SITE.rglob("*.html"))}
        # the theme's own, and the page of what is missing, which knows no place
        cls.own = {path: page for path, page in cls.pages.items() if path.name != "404.html"
                   and path.relative_to(SITE).parts[0] != "api"}

    def resolve(self, path, link):
        """(file of the site, anchor) of a relative link on a page."""
        address = urllib.parse.urlsplit(link)
        target = path if not address.path else (path.parent / urllib.parse.unquote(address.path)).resolve()
        return (target / "index.html" if target.is_dir() else target), urllib.parse.unquote(address.fragment)

    def test_every_link_and_anchor_leads_somewhere(self):
        seen = 0
        for path, page in self.pages.items():
            if path.name == "404.html":
                continue
            for link in set(page.links + page.loads):
                if re.match(r"(https?|mailto|data|javascript):", link) or link == "#":
                    continue
                with self.subTest(page=str(path.relative_to(SITE)), link=link):
                    target, anchor = self.resolve(path, link)
                    seen += 1
                    self.assertTrue(target.is_file() and target.is_relative_to(SITE), target)
                    if anchor and target in self.pages:
                        # the theme's header leads to __skip and labels by name
                        self.assertIn(anchor, self.pages[target].anchors)
        self.assertGreater(seen, 1000)

    def test_a_folder_of_other_things_is_left_alone(self):
        with tempfile.TemporaryDirectory() as folder:
            kept = pathlib.Path(folder, "kept")
            kept.write_text("mine", encoding="utf-8")
            done = build("--out", folder)
            self.assertEqual(done.returncode, 1)
            self.assertIn("neither empty nor an earlier site", done.stderr)
            self.assertEqual(kept.read_text(encoding="utf-8"), "mine")

    def test_nothing_is_loaded_from_another_host(self):
        for path, page in self.pages.items():
            for load in page.loads:
                self.assertNotRegex(load, r"^([a-z]+:)?//", path)
            self.assertNotIn("mermaid", page.classes, path)
        for path in SITE.rglob("*.css"):
            for address in re.findall(r"url\(([^)]*)\)|@import ([^;]*)", path.read_text(encoding="utf-8")):
                address = "".join(address).strip("\"' ")
                self.assertNotRegex(address, r"^([a-z]+:)?//", path)
                if not address.startswith(("data:", "#")):
                    self.assertTrue((path.parent / address.partition("?")[0].partition("#")[0]).is_file(),
                                    (path, address))
        # addresses that the scripts of the theme could fetch
        for path in SITE.rglob("assets/**/*.js"):
            for address in re.findall(r"[\"'`](https?://[^\"'`]*)", path.read_text(encoding="utf-8")):
                if "${" in address.partition("://")[2].partition("/")[0] or address in ("http://a", "http://a/c%20d"):
                    continue  # a host that is none here, and a browser's check of its own URL class
                self.assertTrue(any(address.startswith(one) for one in OPTIONAL), (path, address))

    def test_every_page_of_docs_is_in_the_navigation_and_none_twice(self):
        text = (SITE / "index.html").read_text(encoding="utf-8")
        navigation = text[text.index('<nav class="md-nav md-nav--primary'):]
        navigation = navigation[:navigation.index('<div class="md-content"')]
        for page in (SOURCE / "docs").glob("*.md"):
            if page.name != "README.md":
                self.assertEqual(navigation.count(f'href="docs/{page.stem}.html"'), 1, page.name)
        for link in ("CHANGELOG.html", "api/index.html"):
            self.assertEqual(navigation.count(f'href="{link}"'), 1, link)

    def test_files_that_pages_link_to_are_shown(self):
        page = (SITE / "scripts/slurm/one-node.sbatch.html").read_text(encoding="utf-8")
        self.assertIn("sbatch one-node.sbatch SWEEP.yaml", re.sub("<[^>]*>", "", page))
        link = next(link for link in self.pages[SITE / "docs/cluster-guide.html"].links if "one-node" in link)
        self.assertEqual(link, "../scripts/slurm/one-node.sbatch.html")

    def test_formulas_are_typeset_and_lists_are_lists(self):
        claims = self.own[SITE / "docs/claims.html"]
        self.assertIn("katex-display", claims.classes)
        self.assertTrue((SITE / "katex/fonts/KaTeX_Math-Italic.woff2").is_file())
        for path, page in self.own.items():
            self.assertNotIn("arithmatex", page.classes, path)
            self.assertNotIn("katex-error", page.classes, path)
            for paragraph in page.paragraphs:
                self.assertNotRegex(paragraph, r"(?m)^\s*(- |1\. |```|\|)", path)

    def test_the_search_knows_the_pages(self):
        index = json.loads((SITE / "search/search_index.json").read_text(encoding="utf-8"))
        places = {entry["location"].partition("#")[0] for entry in index["docs"]}
        for page in (SOURCE / "docs").glob("*.md"):
            self.assertIn(f"docs/{'index' if page.stem == 'README' else page.stem}.html", places)


class Mistakes(unittest.TestCase):
    """A copy of what the site is made of, with one mistake in it."""

    def tree(self, folder):
        for name in ("README.md", "CHANGELOG.md", "CITATION.cff", "LICENSE", "mkdocs.yml", "docs", "scripts", "data",
                     "include", "src"):
            subprocess.run(["cp", "-r", SOURCE / name, folder], check=True)
        return pathlib.Path(folder)

    def test_a_link_to_nowhere_and_a_wrong_formula_end_the_build(self):
        with tempfile.TemporaryDirectory() as folder:
            tree = self.tree(folder)
            with (tree / "docs/limits.md").open("a", encoding="utf-8") as file:
                file.write("\n[nowhere](nowhere.md)\n\n```math\n\\frac{1\n```\n")
            done = subprocess.run([tree / "scripts/site.sh"], capture_output=True, text=True)
            self.assertEqual(done.returncode, 1, done.stdout)
            self.assertIn("nowhere.md", done.stderr)
            self.assertIn("KaTeX parse error", done.stderr)


if __name__ == "__main__":
    unittest.main()
