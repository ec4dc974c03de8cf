#!/usr/bin/python3
"""docs/python.md: its Python blocks run as one session and print what the page says; its list of functions is the
library's.

    INITSWEEP=build/release/initsweep INITSWEEP_SOURCE=. test_python_page.py [--update]

--update writes what the blocks print into the page.
"""
import contextlib
import inspect
import io
import os
import pathlib
import re
import sys
import tempfile
import unittest

import page_blocks

SOURCE = pathlib.Path(os.environ.get("INITSWEEP_SOURCE", pathlib.Path(__file__).parents[2])).resolve()
PROGRAM = pathlib.Path(os.environ.get("INITSWEEP", SOURCE / "build/release/initsweep")).resolve()
PAGE = SOURCE / "docs/python.md"
sys.path.insert(0, str(SOURCE / "scripts"))

import initsweep


def session():
    """Runs the page's blocks. Returns for each Python block (its text, what it printed)."""
    found, names, home = [], {}, os.getcwd()
    os.environ["INITSWEEP"] = str(PROGRAM)
    with tempfile.TemporaryDirectory(prefix="initsweep-python-page-") as folder:
        os.chdir(folder)
        try:
            for block in page_blocks.blocks(PAGE):
                if block.saved_as:
                    pathlib.Path(block.saved_as).write_text(block.text, encoding="utf-8")
                elif block.language == "python":
                    said = io.StringIO()
                    with contextlib.redirect_stdout(said):
                        exec(compile(block.text, f"{PAGE.name}:{block.line}", "exec"), names)
                    found.append((block.text, said.getvalue()))
        finally:
            os.chdir(home)
    return found


def arguments_of(function):
    """A function's arguments without their types, as the page writes them."""
    signature = inspect.signature(function)
    bare = [parameter.replace(annotation=inspect.Parameter.empty) for parameter in signature.parameters.values()]
    return str(signature.replace(parameters=bare, return_annotation=inspect.Signature.empty))


class PythonPage(unittest.TestCase):
    def test_every_block_prints_what_the_page_says(self):
        text = PAGE.read_text(encoding="utf-8")
        expected = re.findall(r"^```python\n(.*?)^```\n(?:```text\n(.*?)^```\n)?", text, re.MULTILINE | re.DOTALL)
        found = session()
        self.assertGreater(len(found), 10)
        self.assertEqual(found, expected)

    def test_the_list_of_functions_is_the_librarys(self):
        rows = re.findall(r"^\| `(\w+)(\(.*?\))?` \| \S", PAGE.read_text(encoding="utf-8").split("## All functions")[1],
                          re.MULTILINE)
        library = [(name, arguments_of(value) if inspect.isfunction(value := getattr(initsweep, name)) else "")
                   for name in initsweep.__all__]
        self.assertEqual(rows, library)


def update():
    """Writes what the blocks print into the page."""
    text = PAGE.read_text(encoding="utf-8")
    for block, said in session():
        pattern = re.compile(rf"(^```python\n{re.escape(block)}```\n)```text\n.*?^```\n", re.MULTILINE | re.DOTALL)
        text = pattern.sub(lambda match: f"{match[1]}```text\n{said}```\n", text, count=1)
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    if "--update" in sys.argv:
        update()
    else:
        unittest.main()
