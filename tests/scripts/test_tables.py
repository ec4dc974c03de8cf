"""Tables of results files: every cell against a sum of its own, and what is said where there is nothing to show."""
import contextlib
import csv
import io
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest
from unittest import mock

import h5py
import numpy as np

from sample_results import SCRIPTS, make, run_script
import initsweep
from initsweep import tables
from initsweep.commands import export, table


def call(*arguments):
    """scripts/table.py in this process: (exit status, stdout, stderr)."""
    out, error = io.StringIO(), io.StringIO()
    with mock.patch("sys.argv",
                    ["table.py", *arguments]), contextlib.redirect_stdout(out), contextlib.redirect_stderr(error):
        status = table.main()
    return status, out.getvalue(), error.getvalue()


def cells(output):
    """A printed table: {row: [texts]}."""
    lines = [line for line in output.splitlines() if line.startswith("| ")][2:]
    return {line.split("|")[1].strip(): [text.strip() for text in line.split("|")[2:-1]] for line in lines}


class Tables(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="initsweep-tables-")
        cls.path = make(cls.folder, "full.h5")
        cls.holes = make(cls.folder, "holes.h5", "holes", "varying", "float64")
        with h5py.File(cls.path) as file:
            cls.init, cls.activation = file["init"].asstr()[()], file["activation"].asstr()[()]
            cls.status = file["status"][()]
            cls.loss, cls.gradient, cls.step = file["loss"][()], file["gradient_norm"][()], file["step"][()]
        failed = cls.status == initsweep.DIVERGED
        last = [row[np.isfinite(row)][-1] if np.isfinite(row).any() else np.nan for row in cls.loss.astype(float)]
        cls.final = np.where(failed, np.nan, last)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def table(self, *arguments, path=None):
        status, output, error = call(path or self.path, *arguments)
        self.assertEqual(status, 0, error)
        return cells(output)

    def test_the_script_prints_it(self):
        done = run_script("table.py", self.path, "--by", "init")
        self.assertEqual((done.returncode, done.stdout, done.stderr), call(self.path, "--by", "init"))
        self.assertTrue(done.stdout.startswith("median loss; 96 networks per cell\n\n| init "))

    def test_a_cell_is_the_median_of_its_networks(self):
        shown = self.table("--by", "init", "--by", "activation")
        self.assertEqual(list(shown), list(dict.fromkeys(self.init)))
        for row, texts in shown.items():
            for column, text in zip(dict.fromkeys(self.activation), texts):
                mine = self.final[(self.init == row) & (self.activation == column)]
                if np.isnan(mine).all():
                    self.assertEqual(text, "diverged")
                    continue
                bad = f", {np.isnan(mine).sum()} of {len(mine)} diverged" if np.isnan(mine).any() else ""
                self.assertEqual(text, f"{np.nanmedian(mine):.4g}{bad}")

    def test_networks_that_diverged_have_no_property(self):
        failed = self.status == initsweep.DIVERGED
        self.assertTrue(failed.any())
        for option, has in (("--below", np.less), ("--above", np.greater)):
            bound = float(np.nanmedian(self.final))
            for row, (text,) in self.table("--by", "init", option, str(bound), "--interval").items():
                mine = self.final[self.init == row]
                hits = int(has(mine, bound).sum())
                low, high = initsweep.wilson(hits, len(mine))
                self.assertEqual(text, f"{tables.share_text(hits / len(mine))} % ({tables.share_text(low)} to "
                                       f"{tables.share_text(high)})")

    def test_steps_and_layers_are_axes(self):
        one, other = int(self.step[0]), int(self.step[3])
        shown = self.table("--by", "step", "--by", "layer", "--value", "gradient_norm", "--step", f"{one},{other}",
                           "--statistic", "highest")
        for record, step in ((0, one), (3, other)):
            for layer in range(self.gradient.shape[2]):
                values = self.gradient[:, record, layer]
                self.assertEqual(shown[str(step)][layer].split(",")[0], f"{np.nanmax(values):.4g}")
        only = self.table("--by", "init", "--value", "gradient_norm", "--layer", "2", "--step", str(other),
                          "--statistic", "lowest")
        for row, (text,) in only.items():
            self.assertEqual(text.split(",")[0], f"{np.nanmin(self.gradient[self.init == row, 3, 1]):.4g}")

    def test_schedules_that_differ_and_missing_networks(self):
        results = initsweep.open_arrays(self.holes)
        steps, loss = np.asarray(results["step"], float), results["loss"]
        wanted = int(steps[1, 5])
        shown = self.table("--by", "replicate", "--step", str(wanted), "--statistic", "mean", path=self.holes)
        for replicate in np.unique(results["replicate"]):
            mine = (steps == wanted) & (results["replicate"] == replicate)[:, None] & np.isfinite(loss)
            self.assertEqual(shown[str(replicate)][0].split(" ")[0], f"{loss[mine].mean():.4g}")

    def test_conditions_keep_networks(self):
        shown = self.table("--by", "init", "--select", "activation=relu", "--select", "depth=2")
        (zeros,) = shown["zeros"]
        with h5py.File(self.path) as file:
            mine = self.final[(self.init == "zeros") & (self.activation == "relu") & (file["depth"][()] == 2)]
        self.assertEqual(zeros.split(",")[0], f"{np.nanmedian(mine):.4g}")

    def test_mistakes_are_named(self):
        for arguments, words in ((["--by", "inti"], "no axis 'inti'; it has: "),
                                 (["--by", "init", "--value", "los"], "no quantity 'los'"),
                                 (["--by", "init", "--value", "gradient_norm"], "name a layer"),
                                 (["--by", "init", "--value", "gradient_norm", "--layer", "9"], "no layer 9"),
                                 (["--by", "step", "--step", "123457"], "nearest"),
                                 (["--by", "init", "--layer", "1"], "no layers"),
                                 (["--by", "init", "--step", "some"], "--step takes"),
                                 (["--by", "init", "--select", "depth"], "expected SETTING=VALUE"),
                                 (["--by", "init", "--select", "depth=deep"], "depth is a number"),
                                 (["--by", "init", "--by", "depth", "--by", "width"], "two axes")):
            with self.subTest(arguments=arguments):
                status, output, error = call(self.path, *arguments)
                self.assertEqual((status, output), (2, ""), error)
                self.assertIn(words, error)
                self.assertEqual(error.count("\n"), 1)


class Medians(unittest.TestCase):
    def test_interval_of_a_median(self):
        # Conover 1999, table A3 (binomial, p = 1/2): n = 6 takes the ends, 20 the 6th and 15th, 100 the 40th and 61st
        for n, low, high in ((6, 1, 6), (20, 6, 15), (100, 40, 61)):
            self.assertEqual(initsweep.median_interval(np.random.default_rng(1).permutation(n) + 1.0), (low, high))
        self.assertEqual(initsweep.median_interval(np.arange(5.0)), (-np.inf, np.inf))

    def test_shares_that_are_nearly_all(self):
        self.assertEqual([tables.share_text(share) for share in (0, 0.001, 0.5, 0.996, 1.0)],
                         ["0", "0.1", "50", "99.6", "100"])

    def test_steps_that_never_came(self):
        cell = tables.Cell(np.array([3.0, np.inf, np.inf]), 0)
        self.assertEqual(tables.statistic_text(cell, "median", None, False), "never")


class Export(unittest.TestCase):
    """`initsweep export`: every cell against the file."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="initsweep-export-")
        cls.path = make(cls.folder, "holes.h5", "holes", "varying", "float64")
        cls.results = initsweep.open_arrays(cls.path)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def export(self, *arguments):
        """The rows of a table, each a dictionary of texts."""
        out, error = io.StringIO(), io.StringIO()
        with mock.patch("sys.argv", ["initsweep-export", self.path, *arguments]), \
                contextlib.redirect_stdout(out), contextlib.redirect_stderr(error):
            self.assertEqual(export.main(), 0, error.getvalue())
        text = out.getvalue()
        if not text.startswith("network,"):  # the name of the file
            text = pathlib.Path(text.strip()).read_text(encoding="utf-8")
        return list(csv.DictReader(io.StringIO(text)))

    def test_a_row_for_each_network(self):
        rows = self.export()
        final = np.asarray(initsweep.final_values(self.results, "loss"))
        deepest = np.asarray(initsweep.final_values(self.results, "gradient_norm", 4))
        words = ["missing", "completed", "stopped", "diverged", "skipped"]
        self.assertEqual(len(rows), len(final))
        for row, loss, gradient, status, init, depth in zip(rows, final, deepest, self.results["status"],
                                                            self.results["init"], self.results["depth"]):
            self.assertEqual((row["status"], row["init"], row["depth"]), (words[int(status)], init, str(depth)))
            for text, value in ((row["loss"], loss), (row["gradient_norm_layer_4"], gradient)):
                self.assertEqual(text == "", bool(np.isnan(value)))
                self.assertTrue(text == "" or float(text) == value)
        self.assertNotIn("id", rows[0])

    def test_a_row_for_each_record_that_was_reached(self):
        rows = self.export("-o", "-", "--records", "--quantity", "loss", "--select", "init=zeros,normal")
        loss, init, step = (self.results[name] for name in ("loss", "init", "step"))
        expected = [(str(network), f"{step[network, record]:.0f}", loss[network, record])
                    for network in np.flatnonzero(np.isin(init, ("zeros", "normal")))
                    for record in np.flatnonzero(~np.isnan(loss[network]))]
        self.assertEqual([(row["network"], row["step"], float(row["loss"])) for row in rows], expected)
        self.assertNotIn("distinct_units_layer_1", rows[0])

    def test_pandas_has_the_same_table(self):
        frame = initsweep.to_pandas(self.results)
        rows = self.export("-o", "-")
        self.assertEqual(list(frame.columns), list(rows[0]))
        self.assertEqual(frame.loss.count(), sum(row["loss"] != "" for row in rows))
        self.assertEqual(list(frame.groupby("init").size()), [96] * 5)
        self.assertEqual(len(initsweep.to_pandas(initsweep.open_results(self.path), ["loss"], records=True)),
                         int((~np.isnan(self.results["loss"])).sum()))

    def test_parquet_has_the_same_table(self):
        try:
            import pyarrow.parquet
        except ImportError:  # Debian has no package of it; test_pip_install.py has what is said without it
            self.skipTest("pyarrow is not installed")
        initsweep.frames.write_parquet(initsweep.frames.network_table(self.results), f"{self.folder}/a.parquet")
        table = pyarrow.parquet.read_table(f"{self.folder}/a.parquet").to_pydict()
        self.assertEqual(list(table), list(initsweep.frames.network_table(self.results)))
        np.testing.assert_array_equal(table["loss"], np.asarray(initsweep.final_values(self.results, "loss")))

    def test_mistakes_are_named_and_leave_nothing(self):
        for arguments, message in (
                (["-o", "a.xlsx"], "-o a.xlsx: must end in .csv or .parquet, or be -"),
                (["-o", f"{self.folder}/b.csv", "--quantity", "los"], "the file has no quantity 'los'; it has: "),
                (["-o", f"{self.folder}/none/b.csv"], "No such file")):
            done = subprocess.run(["/usr/bin/python3", "-m", "initsweep", "export", self.path, *arguments],
                                  cwd=self.folder, capture_output=True, text=True, env={**os.environ,
                                                                                        "PYTHONPATH": str(SCRIPTS)})
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertIn(message, done.stderr)
            self.assertNotIn("Traceback", done.stderr)
        self.assertFalse(os.path.exists(f"{self.folder}/b.csv"))


if __name__ == "__main__":
    unittest.main()
