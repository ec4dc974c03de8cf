#!/usr/bin/python3
"""The documents keep their word: links resolve, sweep files in them and in data/ pass `initsweep check`, the reference
is what the program prints, packages and presets that are named exist.

    INITSWEEP=build/release/initsweep INITSWEEP_SOURCE=. test_consistency.py
"""
import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ.get("INITSWEEP_SOURCE", pathlib.Path(__file__).parents[2])).resolve()
PROGRAM = os.environ.get("INITSWEEP", str(SOURCE / "build/release/initsweep"))
PAGES = sorted([*SOURCE.glob("*.md"), *SOURCE.glob("docs/**/*.md"), *SOURCE.glob("data/**/*.md")])


def program(*arguments):
    # one process without mpirun; MPI started by root is the test's business
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=120)


def fences(page, language):
    """Texts of a page's fenced blocks in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def anchors(page):
    """Anchors of a page's headings, as GitHub makes them."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.*)", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


class Links(unittest.TestCase):
    def test_every_relative_link_resolves(self):
        seen = 0
        for page in PAGES:
            text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
            text = re.sub(r"`[^`\n]*`", "", text)
            for target in re.findall(r"\]\(([^)\s]+)[^)]*\)", text):
                if re.match(r"[a-z]+:", target):
                    continue
                seen += 1
                path, _, anchor = target.partition("#")
                file = (page.parent / path).resolve() if path else page
                with self.subTest(page=str(page.relative_to(SOURCE)), link=target):
                    self.assertTrue(file.exists())
                    if anchor:
                        self.assertIn(anchor, anchors(file))
        self.assertGreater(seen, 10)

    def test_the_index_names_every_page(self):
        index = (SOURCE / "docs/README.md").read_text(encoding="utf-8")
        for page in (SOURCE / "docs").glob("*.md"):
            if page.name != "README.md":
                self.assertIn(f"({page.name})", index)

    def test_scripts_and_folders_that_pages_name_exist(self):
        for page in PAGES:
            text = re.sub(r"<!--.*?-->", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
            for name in re.findall(r"(?<![\w/.-])((?:scripts|tests|src|include|data|docs|cmake)/[\w./-]*\w)", text):
                with self.subTest(page=str(page.relative_to(SOURCE)), name=name):
                    self.assertTrue((SOURCE / name).exists() or (page.parent / name).exists())


class Sweeps(unittest.TestCase):
    def check(self, text, name):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "sweep.yaml")
            file.write_text(text, encoding="utf-8")
            for stem in set(re.findall(r"path: (\w+)\.h5", text)):  # weights of another sweep of the page
                example = SOURCE / f"data/examples/{stem}.yaml"
                if example.exists():
                    program("run", str(example), "-o", f"{folder}/{stem}.h5", "--quiet", "--set", "train.steps=1",
                            "--set", "record.steps=[1]")
            done = program("check", str(file))
            self.assertEqual(done.returncode, 0, f"{name}:\n{done.stdout}{done.stderr}")

    def test_whole_sweep_files_in_pages_pass_the_check(self):
        seen = 0
        for page in PAGES:
            for text in fences(page, "yaml"):
                if re.search(r"^sweep:", text, re.MULTILINE):
                    seen += 1
                    self.check(text, page.name)
        self.assertGreaterEqual(seen, 2)

    def test_the_readme_counts_its_networks_rightly(self):
        text = next(iter(fences(SOURCE / "README.md", "yaml")))
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "sweep.yaml")
            file.write_text(text, encoding="utf-8")
            done = program("plan", "--json", str(file))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["networks"], 1200)

    def test_the_readmes_python_reads_what_its_sweep_leaves(self):
        readme = SOURCE / "README.md"
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "sweep.yaml").write_text(next(iter(fences(readme, "yaml"))), encoding="utf-8")
            program("run", f"{folder}/sweep.yaml", "-o", f"{folder}/zero-on-xor.h5", "--set", "train.steps=20",
                    "--set", "grid.replicate=[0, 1]")
            for text in fences(readme, "python"):
                done = subprocess.run(["/usr/bin/python3", "-c", text], cwd=folder, capture_output=True, text=True)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertIn("glorot_uniform", done.stdout)

    def test_sweep_files_that_ship_pass_the_check(self):
        files = sorted([*SOURCE.glob("data/examples/*.yaml"), *SOURCE.glob("data/claims/*.yaml")])
        self.assertGreaterEqual(len(files), 2)
        for file in files:
            with self.subTest(file=file.name):
                done = program("check", str(file))
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


class Reference(unittest.TestCase):
    def test_the_sweep_file_reference_is_what_the_program_prints(self):
        done = program("list", "settings", "--markdown")
        self.assertEqual(done.returncode, 0, done.stderr)
        page = (SOURCE / "docs/sweep-file-reference.md").read_text(encoding="utf-8")
        self.assertEqual(page, done.stdout, "run: initsweep list settings --markdown > docs/sweep-file-reference.md")

    def test_the_commands_page_is_what_the_program_prints(self):
        page = (SOURCE / "docs/commands.md").read_text(encoding="utf-8")
        self.assertEqual(page, program("help", "--format", "markdown").stdout,
                         "run: initsweep help --format markdown > docs/commands.md")

    def test_the_readme_can_be_read_in_one_go(self):
        self.assertLessEqual((SOURCE / "README.md").read_text(encoding="utf-8").count("\n"), 120)

    def test_the_readme_names_every_command(self):
        done = program("--help")
        self.assertEqual(done.returncode, 0, done.stderr)
        readme = (SOURCE / "README.md").read_text(encoding="utf-8")
        listed = done.stdout.partition("example")[0]
        commands = re.findall(r"^  ([a-z]+) ", listed, re.MULTILINE)
        self.assertIn("run", commands)
        for command in commands:
            self.assertIn(f"`initsweep {command} ", readme)


class Packages(unittest.TestCase):
    def rows(self):
        lines = (SOURCE / "scripts/packages.txt").read_text(encoding="utf-8").splitlines()
        return [line.split(None, 2) for line in lines if line and not line.startswith("#")]

    def test_every_package_has_a_group_and_a_reason_and_stands_once(self):
        rows = self.rows()
        for row in rows:
            self.assertEqual(len(row), 3, row)
            self.assertIn(row[0], ("build", "run", "docs", "test", "long"))
        names = [row[1] for row in rows]
        self.assertEqual(len(names), len(set(names)))

    def test_packages_that_cmake_asks_for_are_listed(self):
        listed = {row[1] for row in self.rows()}
        text = (SOURCE / "cmake/dependencies.cmake").read_text(encoding="utf-8")
        asked = set(re.findall(r"\b(lib[a-z0-9]+-dev)\b", text))
        self.assertGreaterEqual(len(asked), 5)
        self.assertLessEqual(asked, listed)


if __name__ == "__main__":
    unittest.main()
