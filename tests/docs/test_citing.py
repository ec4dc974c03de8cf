#!/usr/bin/python3
"""docs/citing.md cites what CITATION.cff says, and the hashes and attributes that it names are there.

    INITSWEEP_SOURCE=. test_citing.py
"""
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

import h5py
import yaml

SOURCE = pathlib.Path(os.environ.get("INITSWEEP_SOURCE", pathlib.Path(__file__).parents[2])).resolve()
PROGRAM = os.environ.get("INITSWEEP", str(SOURCE / "build/release/initsweep"))
CITATION = yaml.safe_load((SOURCE / "CITATION.cff").read_text(encoding="utf-8"))
TEXT = (SOURCE / "docs/citing.md").read_text(encoding="utf-8")


def block(language):
    return re.search(rf"^```{language}\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)[1]


def authors():
    """Names as CITATION.cff has them: a group's `name`, a person's given and family names."""
    return [one.get("name") or f"{one['given-names']} {one['family-names']}" for one in CITATION["authors"]]


def year():
    return str(CITATION["date-released"])[:4] if "date-released" in CITATION else None


class Citation(unittest.TestCase):
    def test_bibtex_says_what_the_citation_file_says(self):
        fields = dict(re.findall(r"^  (\w+) *= *\{(.*?)\},?$", block("bibtex"), re.MULTILINE))
        self.assertEqual(fields["author"].replace("{", "").replace("}", "").split(" and "), authors())
        for field, key in (("title", "title"), ("version", "version"), ("license", "license")):
            self.assertEqual(fields[field], str(CITATION[key]))
        self.assertEqual((fields.get("year"), fields.get("doi"), fields.get("url")),
                         (year(), CITATION.get("doi"), CITATION.get("url")))
        self.assertTrue(block("bibtex").startswith("@software{"))
        self.assertEqual(CITATION["type"], "software")

    def test_apa_says_what_the_citation_file_says(self):
        self.assertEqual(block("text").strip(), f"{', '.join(authors())}. ({year() or 'n.d.'}). {CITATION['title']} "
                                                f"(Version {CITATION['version']}) [Computer software].")

    def test_sentences_name_the_version(self):
        for version in re.findall(r"initsweep (\d[\d.]*\d)", TEXT):
            self.assertEqual(version, CITATION["version"])

    def test_what_is_to_be_named_is_in_the_file(self):
        said = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True).stdout
        self.assertIn(CITATION["version"], said)
        with tempfile.TemporaryDirectory() as folder:
            out = f"{folder}/xor.h5"
            subprocess.run([PROGRAM, "run", SOURCE / "data/examples/xor.yaml", "-o", out, "--quiet", "--set",
                            "train.steps=10", "--set", "grid.replicate=[0]"], check=True)
            with h5py.File(out) as file:
                self.assertEqual(file["provenance"].attrs["program_version"], CITATION["version"])
                self.assertTrue(file["provenance"].attrs["git_description"])
                self.assertTrue(all(file.attrs[name] for name in ("sweep", "settings", "identity")))
            done = subprocess.run(["/usr/bin/python3", SOURCE / "scripts/results_hash.py", out], capture_output=True,
                                  text=True)
            self.assertRegex(done.stdout, r"^[0-9a-f]{32}  ")


if __name__ == "__main__":
    unittest.main()
