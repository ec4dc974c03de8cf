"""The notebooks run from a clean copy and print to the last character what they have stored; what they would not is
seen."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import nbformat

from sample_results import SCRIPTS

sys.path.insert(0, str(SCRIPTS / "notebooks"))
import execute  # noqa: E402

NAMES = ["escape_time", "gradient_by_depth", "success_rate", "when_do_units_separate", "which_inits_fail"]


class Notebooks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="initsweep-notebooks-")
        shutil.copytree(SCRIPTS, os.path.join(cls.folder, "scripts"),
                        ignore=shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints"))
        cls.copies = pathlib.Path(cls.folder, "scripts", "notebooks")

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def execute(self, *arguments):
        return subprocess.run(["/usr/bin/python3", str(self.copies / "execute.py"), *map(str, arguments)],
                              capture_output=True, text=True, cwd=self.folder)

    def small(self, name, source, stored):
        """A notebook of one cell and what it is said to print."""
        cell = nbformat.v4.new_code_cell(source, id="only",
                                         outputs=[nbformat.v4.new_output("stream", name="stdout", text=stored)])
        path = self.copies.parent / name
        nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)
        return path

    def test_all_print_what_they_have_stored(self):
        done = self.execute("--check")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(done.stdout.split("\n"), [*(f"{name}.ipynb: the same" for name in NAMES), ""])

    def test_another_number_and_a_raising_cell_are_seen(self):
        changed = self.small("changed.ipynb", "print('rate', 6 * 7)", "rate 41\n")
        raising = self.small("raising.ipynb", "import numpy\nnumpy.log(numpy.zeros(1))", "")
        done = self.execute("--check", changed, raising)
        self.assertEqual(done.returncode, 1)
        self.assertIn("-rate 41\n+rate 42\n", done.stdout)
        self.assertIn("divide by zero", done.stderr)
        self.assertEqual(self.execute(changed).returncode, 0)  # in place
        self.assertEqual(execute.texts(nbformat.read(changed, 4).cells[0]), "rate 42\n")

    def test_each_is_small_and_has_outputs_of_no_machine(self):
        for name in NAMES:
            path = SCRIPTS / "notebooks" / f"{name}.ipynb"
            notebook = nbformat.read(path, as_version=4)
            nbformat.validate(notebook)
            self.assertLess(path.stat().st_size, 150_000, name)
            printed = "".join(execute.texts(cell) for cell in notebook.cells)
            for word in ("[", "+-") if name == "success_rate" else ("+-",) if name != "which_inits_fail" else ("[",):
                self.assertIn(word, printed, name)  # an uncertainty
            for word in ("/tmp", "/home", "Warning"):
                self.assertNotIn(word, printed, name)
            self.assertTrue(any("image/png" in output.get("data", {}) for cell in notebook.cells
                                for output in cell.get("outputs", [])), name)
        self.assertEqual(sorted(path.stem for path in (SCRIPTS / "notebooks").glob("*.ipynb")), NAMES)


if __name__ == "__main__":
    unittest.main()
