#!/usr/bin/python3
"""Every row of every table stands in the reference, has an oracle, and has its bits in the exactness test's list.

    INITSWEEP=build/release/initsweep INITSWEEP_SOURCE=. test_table_rows.py

A row's oracle is its entry in tests/oracles/test_training.py (PyTorch, and NumPy for finite differences) or, where the
program's training does not meet it, its name in the code, not the comments, of its room's unit tests. Its bits are the
lines of tests/reference/hashes.txt.
"""
import ast
import json
import os
import pathlib
import re
import subprocess
import unittest

SOURCE = pathlib.Path(os.environ.get("INITSWEEP_SOURCE", pathlib.Path(__file__).parents[2])).resolve()
PROGRAM = os.environ.get("INITSWEEP", str(SOURCE / "build/release/initsweep"))
ORACLES = {
    "activations": ("TORCH_ACTIVATIONS", "NUMPY_ACTIVATIONS"),
    "losses": ("TORCH_LOSSES", "NUMPY_LOSSES"),
    "optimizers": ("TORCH_OPTIMIZERS",),
    "schedules": ("TORCH_SCHEDULES",),
    "normalizations": ("TORCH_NORMALIZATIONS",),
}
UNIT_TESTS = {"initializers": "test_model_initializers*.c", "datasets": "test_datasets*.c", "probes": "test_probes*.c",
              "parametrizations": "test_model_tables.c", "masks": "test_model_tables.c"}
HASHED = {
    "initializers": "initializer",
    "activations": "activation",
    "losses": "loss",
    "optimizers": "optimizer",
    "schedules": "schedule",
    "normalizations": "normalization",
    "masks": "mask",
}


def read(*parts):
    return SOURCE.joinpath(*parts).read_text(encoding="utf-8")


def training_oracles():
    """The keys of test_training.py's dictionaries, by the dictionary's name. The file is read, not run: it needs
    PyTorch."""
    keys = {}
    for node in ast.parse(read("tests/oracles/test_training.py")).body:
        if not isinstance(node, ast.Assign):
            continue
        target = node.targets[0]
        if isinstance(target, ast.Name) and isinstance(node.value, ast.Dict):
            keys[target.id] = {key.value for key in node.value.keys if isinstance(key, ast.Constant)}
        elif isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
            keys.setdefault(target.value.id, set()).add(target.slice.value)
    return keys


def names_in_code(text):
    """The words of a C text's strings, and its identifiers; not the words of comments."""
    token = r'/\*.*?\*/|//[^\n]*|"((?:\\.|[^"\\])*)"|\bisw_\w+'
    found = set()
    for match in re.finditer(token, text, re.DOTALL):
        if match[1] is not None:
            found.update(re.findall(r"\w+", match[1]))
        elif match[0].startswith("isw_"):
            found.add(match[0])
    return found


class Tree:
    """What the tree says of rows."""

    def __init__(self):
        self.reference = read("docs/sweep-file-reference.md")
        self.oracles = training_oracles()
        self.hashes = {tuple(line.split()[:3]) for line in read("tests/reference/hashes.txt").splitlines()}
        self.unit = {
            table: names_in_code("".join(path.read_text(encoding="utf-8")
                                         for path in sorted(SOURCE.glob(f"tests/unit/{pattern}"))))
            for table, pattern in UNIT_TESTS.items()
        }

    def lacks(self, table, name):
        """What a row has not, each in a few words."""
        found = []
        section = re.search(rf"^## {table}\n(.*?)(?=^## |\Z)", self.reference, re.MULTILINE | re.DOTALL)
        if table != "probes" and (not section or f"\n| `{name}` |" not in section.group(1)):
            found.append("docs/sweep-file-reference.md")
        found += [oracle for oracle in ORACLES.get(table, ()) if name not in self.oracles[oracle]]
        if table in self.unit and not {name, f"isw_{table[:-1]}_{name}"} & self.unit[table]:
            found.append(f"tests/unit/{UNIT_TESTS[table]}")
        if table in HASHED:
            found += [
                f"tests/reference/hashes.txt {real}"
                for real in ("float32", "float64")
                if (HASHED[table], name, real) not in self.hashes
            ]
        return found


class Rows(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tree = Tree()
        done = subprocess.run([PROGRAM, "list", "--json"], capture_output=True, text=True, timeout=120, check=True)
        cls.tables = json.loads(done.stdout)

    def test_every_table_is_asked_for_an_oracle(self):
        self.assertEqual({table["name"] for table in self.tables}, {*ORACLES, *UNIT_TESTS})

    def test_every_row_has_docs_an_oracle_and_its_bits(self):
        rows = 0
        for table in self.tables:
            for row in table["rows"]:
                rows += 1
                with self.subTest(table=table["name"], row=row["name"]):
                    self.assertEqual(self.tree.lacks(table["name"], row["name"]), [])
                    self.assertTrue(row["formula"])
        self.assertGreater(rows, 60)

    def test_json_tells_all_of_a_row(self):
        """Names, types, ranges, defaults and facts: what scripts need to write sweep files and to judge claims."""
        facts = {
            "activations": {"value_at_0", "slope_at_0", "curvature_at_0", "monotone", "gain"},
            "initializers": {"for_bias", "needs_data"},
            "losses": {"on_logits", "takes_values", "takes_classes", "mean_over_outputs"},
            "optimizers": {"states", "decoupled_decay", "solves"},
        }
        for table in self.tables:
            for row in table["rows"]:
                with self.subTest(table=table["name"], row=row["name"]):
                    self.assertLessEqual({"name", "parameters", "formula", "aliases", "source"}, set(row))
                    self.assertEqual(set(row.get("facts", {})), facts.get(table["name"], set()))
                    for parameter in row["parameters"]:
                        self.assertTrue(parameter["about"])
                        if parameter["type"] == "word":
                            self.assertIn(parameter["default"], parameter["words"])
                        elif parameter["type"] in ("number", "whole number") and parameter["default"] is not None:
                            low, high = (parameter[end] for end in ("low", "high"))
                            self.assertTrue(low is None or low <= parameter["default"])
                            self.assertTrue(high is None or parameter["default"] <= high)
        activations = next(table["rows"] for table in self.tables if table["name"] == "activations")
        at_0 = {row["name"]: row["facts"] for row in activations}
        self.assertEqual(at_0["sigmoid"], {"value_at_0": 0.5, "slope_at_0": 0.25, "curvature_at_0": 0, "monotone": True,
                                           "gain": 1})
        self.assertIsNone(at_0["relu"]["curvature_at_0"])

    def test_a_row_without_them_is_seen(self):
        self.assertEqual(len(self.tree.lacks("activations", "no_such_row")), 5)
        self.assertEqual(len(self.tree.lacks("initializers", "no_such_row")), 4)
        self.assertEqual(len(self.tree.lacks("losses", "relu")), 5)  # another table's row
        self.assertEqual(len(self.tree.lacks("probes", "no_such_row")), 1)

    def test_a_word_in_a_comment_is_no_unit_test(self):
        self.assertEqual(names_in_code('int loss; /* "relu" */ f("init: tanh"); // isw_probe_sin\nisw_probe_cos'),
                         {"init", "tanh", "isw_probe_cos"})

    def test_oracles_name_no_row_that_is_not_there(self):
        for table in self.tables:
            names = {row["name"] for row in table["rows"]}
            for oracle in ORACLES.get(table["name"], ()):
                self.assertLessEqual(self.tree.oracles[oracle], names)


if __name__ == "__main__":
    unittest.main()
