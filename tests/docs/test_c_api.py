#!/usr/bin/python3
"""The C headers through doxygen: no warning, every public function has its page, and the settings would tell of a
mistake.

    INITSWEEP_SOURCE=. test_c_api.py
"""
import html
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import requirements  # noqa: E402

SOURCE = pathlib.Path(os.environ.get("INITSWEEP_SOURCE", pathlib.Path(__file__).parents[2])).resolve()


def doxygen(folder, source=SOURCE):
    """Runs doxygen with docs/Doxyfile over a tree's headers; pages go to folder/api."""
    settings = (SOURCE / "docs/Doxyfile").read_text(encoding="utf-8") + f'OUTPUT_DIRECTORY = "{folder}"\n'
    return subprocess.run([requirements.tool("doxygen"), "-"], cwd=source, input=settings, capture_output=True,
                          text=True)


class Headers(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = pathlib.Path(holder.name)

    def test_doxygen_warns_of_nothing_and_shows_every_function(self):
        done = doxygen(self.folder)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        functions = 0
        for header in sorted((SOURCE / "include/initsweep").glob("*.h")):
            if header.name.endswith(".inc.h"):
                continue  # templates of functions, which docs/numerics.md defines
            name = header.stem.replace("_", "__")  # as doxygen names its pages
            page = (self.folder / "api" / f"{name}_8h.html").read_text(encoding="utf-8")
            comment = re.search(r"@file (.*?)[.:]", header.read_text(encoding="utf-8"), re.DOTALL)[1]
            text = " ".join(html.unescape(re.sub(r"<[^>]*>", "", page)).split())
            self.assertIn(" ".join(comment.replace("`", "").replace("\n *", " ").split()), text, header.name)
            for name in re.findall(r"^[\w *]*?\b(isw_\w+)\([^;{]*;", header.read_text(encoding="utf-8"), re.MULTILINE):
                functions += 1
                self.assertRegex(page, rf">{name}\b", header.name)
        self.assertGreater(functions, 80)

    def test_a_comment_that_names_another_parameter_is_told(self):
        shutil.copytree(SOURCE / "include", self.folder / "include")
        with (self.folder / "include/initsweep/base.h").open("a", encoding="utf-8") as file:
            file.write("/** Adds. @param nothing is none */\nint isw_added(int one);\n")
        done = doxygen(self.folder, self.folder)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("argument 'nothing' of command @param is not found", done.stderr)


if __name__ == "__main__":
    unittest.main()
