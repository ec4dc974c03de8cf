"""The table of claims against the sweep files, the modules, the discussion and the program."""
import importlib
import json
import os
import pathlib
import re
import subprocess
import sys
import unittest

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
from claims import c02, c05, c10, c18, decide, rules, schema
from claims.table import CLAIMS, claim_of

PROGRAM = os.environ["INITSWEEP"]
IDS = [f"C{number:02}" for number in range(1, 23)]
SWEEPS = sorted(path.stem for path in (ROOT / "data" / "claims").glob("*.yaml"))


def rows(table):
    """{name: facts} of a table as the program lists it."""
    listed = subprocess.run([PROGRAM, "list", table, "--json"], capture_output=True, text=True, check=True).stdout
    return {row["name"]: row["facts"] for row in json.loads(listed)[0]["rows"]}


class Table(unittest.TestCase):
    def test_every_claim_has_sweep_rule_and_module(self):
        self.assertEqual([claim.id for claim in CLAIMS], IDS)
        for claim in CLAIMS:
            with self.subTest(claim=claim.id):
                self.assertTrue(claim.sweeps and claim.criteria and claim.claim and claim.overturned_by)
                self.assertTrue(callable(importlib.import_module(f"claims.{claim.id.lower()}").decide))
                self.assertIn(claim.prediction, (schema.TRUE, schema.FALSE, schema.CONDITIONAL))
                self.assertEqual(claim.condition is not None, claim.prediction == schema.CONDITIONAL)
                claim.criterion(claim.deciding)
                self.assertLessEqual(len(re.findall(r"[.?!](?: |$)", claim.answer)), 4)
                self.assertLessEqual(len(claim.answer.split()), 75)
                names = [one.name for one in claim.criteria]
                self.assertEqual(len(names), len(set(names)))
                for one in claim.criteria:
                    self.assertIn(one.rule, rules.RULES)
                    self.assertIn(one.side, rules.SIDES)

    def test_the_predicted_evidence_gives_the_predicted_verdict(self):
        """Each claim's sides and prediction fit: where every statement holds, the verdict is theory's."""
        for claim in CLAIMS:
            evidence = [schema.Evidence(one.rule, one.statement, one.side, 0.0, None, one.threshold, True, 1, 1, None)
                        for one in claim.criteria]
            with self.subTest(claim=claim.id):
                self.assertEqual(rules.conclude(claim, evidence), (claim.prediction, claim.condition, True))

    def test_every_sweep_file_belongs_to_a_claim(self):
        named = {sweep for claim in CLAIMS for sweep in claim.sweeps}
        self.assertEqual(sorted(named), SWEEPS)
        for claim in CLAIMS:
            self.assertTrue(any(sweep.split("-")[0] == claim.id for sweep in claim.sweeps), claim.id)

    def test_sweep_files_say_claim_overturning_and_replicates(self):
        for sweep in SWEEPS:
            with self.subTest(sweep=sweep):
                text = (ROOT / "data" / "claims" / f"{sweep}.yaml").read_text(encoding="utf-8")
                head = text.split("\nsweep:")[0]
                self.assertTrue(head.startswith(f"# {sweep.split('-')[0]}"), head)
                self.assertIn("# Overturned by", head)
                self.assertIn("# Replicates: ", head)
                self.assertIn(f"\nsweep: {sweep}\n", text)

    def test_the_program_takes_every_sweep_file(self):
        for sweep in SWEEPS:
            done = subprocess.run([PROGRAM, "check", str(ROOT / "data" / "claims" / f"{sweep}.yaml")],
                                  capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_activations_are_all_there(self):
        registry = rows("activations")
        for sweep, named in (("C10", c10.FROZEN + c10.MOVING + c10.OUTPUT_ONLY),
                             ("C05-one-unit", c05.MONOTONE + c05.NOT_MONOTONE)):
            settings = yaml.safe_load((ROOT / "data" / "claims" / f"{sweep}.yaml").read_text(encoding="utf-8"))
            grids = settings["grid"] if isinstance(settings["grid"], list) else [settings["grid"]]
            self.assertLessEqual(set(named), set(grids[0]["network.activation"]), sweep)
        self.assertEqual(sorted(c10.FROZEN + c10.MOVING + c10.OUTPUT_ONLY), sorted(registry))
        self.assertEqual(sorted(c05.MONOTONE), sorted(name for name, facts in registry.items() if facts["monotone"]))
        self.assertFalse(any(registry[name]["monotone"] for name in c05.NOT_MONOTONE))
        self.assertEqual(sorted(c18.SMOOTH + c18.FLAT + c18.OFFSET + c18.BUMP), sorted(registry))

    def test_optimisers_are_all_there(self):
        self.assertEqual(set(c02.ADDING + c02.MULTIPLYING), set(rows("optimizers")))

    def test_discussion_leads_to_claims(self):
        entries = decide.discussion()
        self.assertEqual([entry["number"] for entry in entries], list(range(1, len(entries) + 1)))
        for entry in entries:
            self.assertTrue(entry["place"] and entry["paraphrase"] and entry["claims"])
            for name in entry["claims"]:
                claim_of(name)
        led = {name for entry in entries for name in entry["claims"]}
        # C17 to C20 go beyond the discussion
        self.assertEqual({f"C{number:02}" for number in (*range(1, 17), 21, 22)}, led)

    def test_every_changed_claim_says_after_which_look(self):
        for one in decide.looks():
            self.assertEqual(set(one), {"look", "data", "claims", "change"})
            for name in one["claims"]:
                claim_of(name)
        self.assertLessEqual({"C04", "C08", "C11"}, {name for one in decide.looks() for name in one["claims"]})

    def test_discussion_is_in_the_docs(self):
        text = (ROOT / "docs" / "discussion.md").read_text(encoding="utf-8")
        self.assertEqual(text, decide.discussion_page(),
                         "docs/discussion.md is not what the table says; its second paragraph tells how")


if __name__ == "__main__":
    unittest.main()
