"""A short form of scripts/decide_claims.sh: some claims from few steps and replicates, twice the same bytes, and
changed results.

Environment: INITSWEEP is the program. INITSWEEP_CLAIMS=all decides all twenty-two from the full sweeps instead, in
minutes.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import h5py
import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
from claims import decide
from claims.table import CLAIMS, claim_of
from initsweep.files import json_value

PROGRAM = os.path.abspath(os.environ["INITSWEEP"])
ALL = os.environ.get("INITSWEEP_CLAIMS") == "all"
SHORT = ["C01", "C02", "C05", "C09", "C10", "C13"]  # exact statements, that hold at any length
CLAIMED = [claim.id for claim in CLAIMS] if ALL else SHORT
FEWER = {} if ALL else {  # what makes a sweep short
    "C05": ["train.steps=100"], "C05-one-unit": ["train.steps=2000"],
    "C09": ["grid.replicate={range: [0, 49]}"],
}


def names(file, dataset):
    return file[dataset].asstr()[:]


def change_weight(file):
    """A weight norm of a tanh network, from 0 to the smallest number."""
    network = np.flatnonzero(names(file, "activation") == "tanh")[0]
    file["weight_norm"][network, -1, 0] = 5e-324


def change_units(file):
    """A unit of a constant start that differs from the others."""
    network = np.flatnonzero(names(file, "init") == "constant")[3]
    file["distinct_units"][network, -1, 0] = 2


def change_accuracy(file):
    """A sample that identical sigmoid units get wrong."""
    network = np.flatnonzero((names(file, "init") == "constant") & (names(file, "activation") == "sigmoid"))[0]
    file["accuracy"][network, -1] = 0.75


def change_loss(file):
    """The loss of a tanh network with one zero layer, by its last bit."""
    network = np.flatnonzero((names(file, "init_by_layer_output") == "zeros") & (names(file,
                                                                                       "activation") == "tanh"))[0]
    file["loss"][network, 0] = np.nextafter(file["loss"][network, 0], 2)


def change_first_step(file):
    """An output layer that moves a step later."""
    network = np.flatnonzero(names(file, "activation") == "sigmoid")[0]
    file["first_moved"][network, 1] = 2


def change_gradient(file):
    """A gradient on XOR that is not quite 0."""
    file["gradient_norm"][0, 2, 0] = 1e-300


CHANGES = {"C10": change_weight, "C05": change_units, "C13": change_accuracy, "C09": change_loss,
           "C02": change_first_step, "C01": change_gradient}


class Run(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="initsweep-claims-"))
        for sweep in dict.fromkeys(sweep for name in CLAIMED for sweep in claim_of(name).sweeps):
            overrides = [word for item in FEWER.get(sweep, []) for word in ("--set", item)]
            subprocess.run([PROGRAM, "run", str(ROOT / "data" / "claims" / f"{sweep}.yaml"), *overrides, "-o",
                            str(cls.folder / f"{sweep}.h5")],
                           check=True, capture_output=True)
        cls.verdicts = {}
        for name in CLAIMED:
            verdict, case = decide.decide(name, cls.folder)
            cls.verdicts[name] = verdict, case

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def test_verdicts_are_those_of_theory(self):
        for name, (verdict, _) in self.verdicts.items():
            with self.subTest(claim=name):
                self.assertEqual((verdict.verdict, verdict.agrees), (claim_of(name).prediction, True),
                                 [one.statement for one in verdict.evidence if one.holds is not True])

    def test_every_verdict_has_number_margin_figure_and_paragraph(self):
        for name, (verdict, case) in self.verdicts.items():
            with self.subTest(claim=name):
                self.assertIsNotNone(json_value(verdict.number["value"]))
                self.assertTrue(verdict.margin["text"])
                self.assertTrue(80 <= len(verdict.paragraph.split()) <= 200, len(verdict.paragraph.split()))
                self.assertEqual(verdict.figures, [figure["id"] for figure in case.figures])
                self.assertTrue(case.figures)
                for figure in case.figures:
                    self.check_figure(figure)

    def check_figure(self, figure):
        self.assertIn(figure["kind"], ("curves", "heatmap", "points"))
        self.assertTrue(figure["title"] and len(figure["description"]) > 60)
        if figure["kind"] == "heatmap":
            shape = len(figure["y"]["categories"]), len(figure["x"]["categories"])
            self.assertEqual(np.shape(figure["cells"]), shape)
            return
        options = {one["name"]: one["options"] for one in figure.get("select", [])}
        for one in figure["series"]:
            self.assertEqual(len(one["x"]), len(one["y"]))
            self.assertEqual(set(one.get("keys", {})), set(options))
            for key, value in one.get("keys", {}).items():
                self.assertIn(value, options[key])

    def test_twice_the_same_bytes(self):
        bytes_of = []
        for number in range(2):
            out = self.folder / f"out{number}"
            decide.main(["--results", str(self.folder), "--out", str(out), "--only", *CLAIMED])
            bytes_of.append([path.read_bytes() for path in [out / "verdicts.json",
                                                            *sorted((out / "figures").iterdir())]])
        self.assertEqual(bytes_of[0], bytes_of[1])
        content = json.loads(bytes_of[0][0])
        self.assertEqual([one["id"] for one in content["claims"]], CLAIMED)
        self.assertEqual(set(content), {"format", "program", "statistics", "looks", "claims", "discussion"})

    def test_a_changed_result_changes_the_verdict(self):
        for name, change in CHANGES.items():
            changed = self.folder / f"changed-{name}"
            changed.mkdir()
            for sweep in claim_of(name).sweeps:
                shutil.copy(self.folder / f"{sweep}.h5", changed)
            with h5py.File(changed / f"{claim_of(name).sweeps[0]}.h5", "r+") as file:
                change(file)
            verdict, _ = decide.decide(name, changed)
            with self.subTest(claim=name):
                self.assertFalse(verdict.agrees)

    def test_an_unfinished_run_is_refused(self):
        changed = self.folder / "unfinished"
        changed.mkdir()
        shutil.copy(self.folder / "C13.h5", changed)
        with h5py.File(changed / "C13.h5", "r+") as file:
            file["status"][3] = 0
        self.assertEqual(decide.main(["--results", str(changed), "--only", "C13"]), 2)
        self.assertEqual(decide.main(["--results", str(changed), "--only", "C02"]), 2)
        self.assertEqual(decide.main(["--results", str(changed), "--only", "C99"]), 2)


class Script(unittest.TestCase):
    def test_script_from_sweep_to_verdict(self):
        script = str(ROOT / "scripts" / "decide_claims.sh")
        with tempfile.TemporaryDirectory(prefix="initsweep-claims-") as out:
            for _ in range(2):
                done = subprocess.run([script, "--only", "C13", "--program", PROGRAM, "--out", out],
                                      capture_output=True, text=True)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertIn("C13  FALSE        agrees", done.stdout)
            self.assertTrue(json.loads(pathlib.Path(out, "verdicts.json").read_text(encoding="utf-8"))["claims"])
        done = subprocess.run([script, "--help"], capture_output=True, text=True)
        self.assertIn("--only CNN", done.stdout)
        self.assertEqual(subprocess.run([script, "--onyl"], capture_output=True).returncode, 2)


if __name__ == "__main__":
    unittest.main()
