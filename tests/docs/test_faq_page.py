#!/usr/bin/python3
"""docs/faq.md keeps its word: its fragments pass the check beside its sweep, its commands and Python run in their
order, and what the answers promise of them is so.

    INITSWEEP=build/release/initsweep INITSWEEP_SOURCE=. test_faq_page.py
"""
import contextlib
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

import h5py
import numpy as np
import yaml

SOURCE = pathlib.Path(os.environ.get("INITSWEEP_SOURCE", pathlib.Path(__file__).parents[2])).resolve()
PROGRAM = pathlib.Path(os.environ.get("INITSWEEP", SOURCE / "build/release/initsweep")).resolve()
TEXT = (SOURCE / "docs/faq.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
BASE = next(text for language, text in BLOCKS if language == "yaml")


class Faq(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory(prefix="initsweep-faq-")
        self.addCleanup(holder.cleanup)
        self.folder = pathlib.Path(holder.name)
        (self.folder / "scripts").symlink_to(SOURCE / "scripts")
        (self.folder / "faq.yaml").write_text(BASE, encoding="utf-8")
        (self.folder / "my.csv").write_text("a,b,label\n" + "".join(f"{i},{i * i % 7},{'yn'[i % 2]}\n"
                                                                    for i in range(20)), encoding="utf-8")
        (self.folder / "bin").mkdir()
        (self.folder / "bin/initsweep").symlink_to(PROGRAM)
        self.environment = {**os.environ, "PATH": f"{self.folder}/bin:/usr/bin:/bin:{os.environ['PATH']}",
                            "PYTHONDONTWRITEBYTECODE": "1",
                            "INITSWEEP_DATA": str(SOURCE / "data"), "XDG_CACHE_HOME": str(self.folder / "cache"),
                            "OMP_NUM_THREADS": "2"}

    def run_here(self, *command):
        return subprocess.run(command, cwd=self.folder, env=self.environment, capture_output=True, text=True,
                              timeout=300)

    def must(self, *command):
        done = self.run_here(*command)
        self.assertEqual(done.returncode, 0, f"{command}\n{done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def test_there_are_answers_enough_and_each_question_stands_once(self):
        questions = re.findall(r"^### (.*)$", TEXT, re.MULTILINE)
        self.assertGreaterEqual(len(questions), 25)
        self.assertEqual(len(questions), len(set(questions)))
        for answer in re.split(r"^#{2,3} .*$", TEXT, flags=re.MULTILINE)[1:]:
            prose = re.sub(r"^```.*?^```$", "", answer, flags=re.MULTILINE | re.DOTALL)
            self.assertLess(len(prose), 900, prose)

    def test_fragments_pass_the_check_in_the_pages_sweep(self):
        fragments = [text for language, text in BLOCKS if language == "yaml" and text != BASE]
        self.assertGreaterEqual(len(fragments), 6)
        for text in fragments:
            with self.subTest(fragment=text):
                sweep = {**yaml.safe_load(BASE), "network": {"depth": 1, "width": 4, "activation": "tanh",
                                                             "init": "zeros"}, "grid": {}}
                fragment = yaml.safe_load(text)
                if "kind: classes" in text:
                    sweep["train"]["loss"] = "cross_entropy"
                (self.folder / "fragment.yaml").write_text(yaml.safe_dump({**sweep, **fragment}, sort_keys=False),
                                                           encoding="utf-8")
                self.must("initsweep", "check", "fragment.yaml")

    def test_commands_and_python_run_in_their_order(self):
        said = []
        for language, text in BLOCKS:
            if language == "python":
                said.append(self.must("/usr/bin/python3", "-c", text))
            elif language == "sh":
                said += [self.must("bash", "-c", line) for line in text.splitlines()]
        said = "\n".join(said)
        self.assertRegex(said, r"array\(\[0\. *, 0\.\d*, 1\. *\]\)")  # every network diverges at a rate of 1000
        self.assertRegex(said, r"(?m)^0\.00 0\.0000$")  # a network that has learned, and the path to another
        names = ("faq.h5", "part1.h5", "part2.h5")
        with contextlib.ExitStack() as stack:
            grown, one, two = (stack.enter_context(h5py.File(self.folder / name)) for name in names)
            self.assertEqual(len(grown["network"]), 120)  # extended
            at = {key: place for place, key in enumerate(grown["id"][:])}
            for part in (one, two):
                for place, key in enumerate(part["id"][:]):
                    for name in ("loss", "weights_final"):
                        np.testing.assert_array_equal(part[name][place], grown[name][at[key]])
        with h5py.File(self.folder / "longer.h5") as longer, h5py.File(self.folder / "faq.h5") as first:
            np.testing.assert_array_equal(longer["weights_initial"][0], first["weights_final"][60])
        # finished: nothing is trained again; changed: refused, with what differs; and the file is as it was
        before = (self.folder / "faq.h5").read_bytes()
        self.assertIn("nothing to do", self.must("initsweep", "run", "faq.yaml", "--set",
                                                 "grid.replicate={range: [0, 19]}"))
        refused = self.run_here("initsweep", "run", "faq.yaml", "--set", "train.steps=1000")
        self.assertEqual(refused.returncode, 2)
        self.assertRegex(refused.stderr, r"-   steps: 500\n.*\+   steps: 1000")
        self.assertEqual((self.folder / "faq.h5").read_bytes(), before)

    def test_seeds_that_move_along_make_independent_draws(self):
        text = next(text for language, text in BLOCKS if "seed: [1, 2, 3]" in text)
        sweep = {**yaml.safe_load(BASE), **yaml.safe_load(text)}
        sweep["zip"][0]["network.init"] = ["glorot_uniform", {"name": "glorot_uniform", "gain": 2}]
        starts = {}
        for name, seeds in (("paired", [1, 1]), ("apart", [1, 2])):
            sweep["zip"][0]["seed"] = seeds
            (self.folder / f"{name}.yaml").write_text(yaml.safe_dump(sweep, sort_keys=False), encoding="utf-8")
            self.must("initsweep", "run", f"{name}.yaml", "-o", f"{name}.h5", "--set", "train.steps=1", "--quiet")
            with h5py.File(self.folder / f"{name}.h5") as file:
                starts[name] = file["weights_initial"][:][file["replicate"][:] == 0]
        np.testing.assert_allclose(starts["paired"][1], 2 * starts["paired"][0], rtol=1e-6)
        self.assertGreater(np.abs(starts["apart"][1] - 2 * starts["apart"][0]).max(), 0.1)


if __name__ == "__main__":
    unittest.main()
