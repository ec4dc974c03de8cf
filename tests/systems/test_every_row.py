#!/usr/bin/python3
"""Every row of every table has the same bits with the kernels of each instruction set of this machine."""
import os
import pathlib
import re
import subprocess
import sys
import unittest

PROGRAM = os.environ["INITSWEEP"]
SCRIPT = pathlib.Path(__file__).resolve().with_name("every_row.py")


def usable_kernels():
    """The names in `initsweep --version` but those that do not run on this machine."""
    text = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True, check=True).stdout
    names = re.search(r"^kernels +(.*); used: ", text, re.MULTILINE)[1]
    return [name for name in names.split(", ") if "not on this machine" not in name]


class EveryRow(unittest.TestCase):
    def test_all_instruction_sets_have_one_hash(self):
        names = usable_kernels()
        self.assertIn("portable", names)
        printed = {}
        for name in names:
            done = subprocess.run([sys.executable, str(SCRIPT), PROGRAM], capture_output=True, text=True, check=False,
                                  env={**os.environ, "INITSWEEP_KERNELS": name})
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertRegex(done.stdout, r"\nevery row [0-9a-f]{64}\n$")
            printed[name] = done.stdout
        print("\n" + printed["portable"])
        self.assertEqual({name: text for name, text in printed.items() if text != printed["portable"]}, {})


if __name__ == "__main__":
    unittest.main()
