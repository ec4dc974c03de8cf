#!/usr/bin/python3
"""docs/plots.md shows every kind of figure with a small picture, and its commands draw.

    INITSWEEP=build/release/initsweep INITSWEEP_SOURCE=. test_plots_page.py
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
import unittest.mock

SOURCE = pathlib.Path(os.environ.get("INITSWEEP_SOURCE", pathlib.Path(__file__).parents[2])).resolve()
PROGRAM = pathlib.Path(os.environ.get("INITSWEEP", SOURCE / "build/release/initsweep")).resolve()
sys.path.insert(0, str(SOURCE / "scripts"))

import gallery
from initsweep import figures
from initsweep.commands import plot

PAGE = (SOURCE / "docs/plots.md").read_text(encoding="utf-8")
IMAGES = SOURCE / "docs/images"
KILOBYTE, MOST_EACH, MOST_ALL = 1000, 60, 700


class Gallery(unittest.TestCase):
    def test_every_kind_has_its_section_command_and_picture(self):
        sections = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
        self.assertEqual(list(sections), list(plot.KINDS))
        sizes = []
        for kind, text in sections.items():
            with self.subTest(kind=kind):
                self.assertRegex(text, rf"(?m)^scripts/plot\.py {kind} \S+\.h5\b")
                self.assertRegex(text, rf"!\[[^\]]{{40,}}\]\(images/{gallery.picture_of(kind)}\)")
                self.assertGreater(len(re.sub(r"^```.*?^```$|!\[.*", "", text, flags=re.MULTILINE | re.DOTALL)), 0)
                picture = IMAGES / gallery.picture_of(kind)
                self.assertEqual(picture.read_bytes()[:8], b"\x89PNG\r\n\x1a\n")
                sizes.append(picture.stat().st_size)
                self.assertLessEqual(sizes[-1], MOST_EACH * KILOBYTE)
        self.assertLessEqual(sum(sizes), MOST_ALL * KILOBYTE)
        self.assertEqual({path.name for path in IMAGES.glob("plots-*")},
                         {gallery.picture_of(kind) for kind in plot.KINDS})

    def test_the_commands_draw(self):
        """The page's sweeps, of twenty steps, and its figures up to the point where they would be saved."""
        saved = {}
        with tempfile.TemporaryDirectory(prefix="initsweep-gallery-") as folder:
            (pathlib.Path(folder) / "data").symlink_to(SOURCE / "data")
            for name, text in gallery.sweeps(PAGE).items():
                (pathlib.Path(folder) / name).write_text(text, encoding="utf-8")
            for words in gallery.commands(PAGE):
                with self.subTest(command=" ".join(words)):
                    if words[0] == "initsweep":
                        done = subprocess.run([PROGRAM, *words[1:], "--quiet", "--set", "train.steps=20", "--set",
                                               "record.steps=[0, 1, 20]"],
                                              cwd=folder, capture_output=True, text=True)
                        self.assertEqual(done.returncode, 0, done.stderr + done.stdout)
                        continue
                    self.assertEqual(words[0], "scripts/plot.py")
                    arguments = ["plot.py", words[1], os.path.join(folder, words[2]), *words[3:], "--format", "svg"]
                    with unittest.mock.patch("sys.argv", arguments), \
                            unittest.mock.patch.object(figures, "save", lambda figure, path,
                                                       exact: saved.update({path: figure})), \
                            unittest.mock.patch("builtins.print") as said:
                        self.assertEqual(plot.main(), 0, said.call_args)
        self.assertEqual(len(saved), sum(words[0] == "scripts/plot.py" for words in gallery.commands(PAGE)))


if __name__ == "__main__":
    unittest.main()
