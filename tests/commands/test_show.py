#!/usr/bin/python3
"""`initsweep show`: what it says of a file is what NumPy finds there, on terminals of any width, and for programs."""
import json
import re
import unittest

import h5py
import numpy

from program import SMALL, SMALL_NETWORKS, Case

COMPLETED, STOPPED, DIVERGED, SKIPPED = 1, 2, 3, 4
# Networks of every end but missing and skipped; replicates vary slowest, so that a cell's networks stand apart
MIXED = SMALL.replace("learning_rate: 0.5, steps: 40",
                      "learning_rate: 0.5, steps: 40, stop: {loss_below: 0.2}").replace(
    "  replicate: {range: [0, 4]}\n", "").replace("grid:\n", "grid:\n  replicate: {range: [0, 6]}\n")
BLOCKS = "▁▂▃▄▅▆▇█"
ESCAPES = re.compile(r"\x1b\[[0-9;]*[mK]")


class Oracle:
    """The same by NumPy."""

    def __init__(self, path):
        with h5py.File(path, "r") as file:
            self.status = file["status"][()]
            self.loss = file["loss"][()].astype(float)
            self.accuracy = file["accuracy"][()].astype(float)
            self.axes = {name: file[name].asstr()[()] if file[name].dtype.kind == "O" else file[name][()]
                         for name in ("init", "init_value", "activation", "depth", "learning_rate")}

    def final(self, values):
        """[networks]: the last record, of stopped networks the last that there is."""
        last = values[:, -1].copy()
        for i in numpy.flatnonzero((self.status == STOPPED) & numpy.isnan(last)):
            last[i] = values[i][~numpy.isnan(values[i])][-1]
        return last

    def cells(self):
        """Values of the axes -> networks."""
        cells = {}
        for i, status in enumerate(self.status):
            if status in (COMPLETED, STOPPED, DIVERGED):
                key = tuple(None if isinstance(axis[i], float) and numpy.isnan(axis[i]) else axis[i]
                            for axis in self.axes.values())
                cells.setdefault(key, []).append(i)
        return cells

    def median(self, values, members, worst):
        """Of final values, a diverged network and one without a number as the worst."""
        final = self.final(values)[members]
        final[(self.status[members] == DIVERGED) | numpy.isnan(final)] = worst
        return numpy.median(final)

    def ranked(self, by):
        """(members, median loss, median accuracy) of every cell, the best first."""
        cells = [(members, self.median(self.loss, members, numpy.inf), self.median(self.accuracy, members, -numpy.inf))
                 for members in self.cells().values()]
        return sorted(cells, key=lambda cell: (-cell[2] if by == "accuracy" else cell[1],
                                               (self.status[cell[0]] == DIVERGED).mean(), cell[1], cell[0][0]))

    def curve(self, members):
        """[records] median loss; diverged networks are infinite where they have ended, stopped ones keep their last."""
        loss = self.loss[members].copy()
        for row, status in zip(loss, self.status[members]):
            for r in range(1, len(row)):
                if numpy.isnan(row[r]):
                    row[r] = numpy.inf if status == DIVERGED else row[r - 1]
        return numpy.median(loss, axis=0)


def null(number):
    return None if not numpy.isfinite(number) else number


class Show(Case):
    def shown(self, file, *words):
        return json.loads(self.expect(0, "show", file, "--json", *words, stderr="").stdout)

    def test_json_is_what_numpy_finds(self):
        self.expect(0, "run", self.write("mixed.yaml", MIXED), "--quiet", "-o", "mixed.h5")
        oracle = Oracle(self.path("mixed.h5"))
        self.assertEqual(set(oracle.status), {COMPLETED, STOPPED, DIVERGED})
        self.assertTrue(numpy.isnan(oracle.loss[oracle.status == STOPPED][:, -1]).any())
        told = self.shown("mixed.h5")
        self.assertEqual(told["networks"], len(oracle.status))
        self.assertEqual(told["status"], {"missing": 0, "completed": (oracle.status == COMPLETED).sum(), "skipped": 0,
                                          "stopped": (oracle.status == STOPPED).sum(),
                                          "diverged": (oracle.status == DIVERGED).sum()})
        axes = {axis["name"]: axis for axis in told["axes"]}
        self.assertEqual(list(axes), ["replicate", *oracle.axes])
        self.assertEqual(axes["replicate"]["values"], list(range(7)))
        for name, values in oracle.axes.items():
            texts = values.dtype.kind == "O"
            distinct = list(dict.fromkeys(values)) if texts else sorted(set(values[~numpy.isnan(values)]))
            self.assertEqual((axes[name]["values"], axes[name]["count"]), (distinct, len(distinct)))
        for name, values in (("loss", oracle.loss), ("accuracy", oracle.accuracy)):
            final = oracle.final(values)
            self.assertEqual(told["final"][name], {"median": numpy.nanmedian(final), "lowest": numpy.nanmin(final),
                                                   "highest": null(numpy.nanmax(final))})
            self.assertEqual(told["groups"]["axis"], "init")
            for group in told["groups"]["values"]:
                own = final[oracle.axes["init"] == group["value"]]
                self.assertEqual(group[name], {"median": null(numpy.nanmedian(own)), "lowest": numpy.nanmin(own),
                                               "highest": null(numpy.nanmax(own))})
                self.assertEqual(group["networks"], len(own))
        for by, top in (("accuracy", 3), ("loss", 10), ("loss", 1000)):
            cells = self.shown("mixed.h5", "--by", by, "--top", str(top))["cells"]
            ranked = oracle.ranked(by)
            self.assertEqual((cells["count"], cells["by"], cells["larger_is_better"]),
                             (len(ranked), by, by == "accuracy"))
            worst = ranked[::-1][:max(0, min(top, len(ranked) - top))]
            self.assertEqual(len(cells["worst"]), len(worst))
            for cell, (members, loss, accuracy) in zip(cells["best"] + cells["worst"], ranked[:top] + worst):
                self.assertEqual((cell["first_network"], cell["networks"]), (members[0], len(members)))
                self.assertEqual(cell["diverged"], (oracle.status[members] == DIVERGED).sum())
                self.assertEqual(cell["median"], {"loss": null(loss), "accuracy": null(accuracy)})
                self.assertEqual(cell["loss_by_record"], [null(value) for value in oracle.curve(members)])
                self.assertEqual(cell["axes"]["init"], oracle.axes["init"][members[0]])
                self.assertEqual(cell["axes"]["learning_rate"], oracle.axes["learning_rate"][members[0]])

    def test_text_is_what_h5py_finds(self):
        self.expect(0, "run", self.write("small.yaml", SMALL), "--quiet")
        text = self.expect(0, "show", "small.h5", stderr="").stdout
        with h5py.File(self.path("small.h5"), "r") as results:
            status = results["status"][()]
            final = results["loss"][:, -1]
            init = results["init"].asstr()[()]
        self.assertIn(f"{SMALL_NETWORKS}: {(status == 1).sum()} completed, 0 stopped by a rule, {(status == 3).sum()} "
                      "diverged, 0 missing", text)
        for name in ("zeros", "constant", "glorot_uniform"):
            group = final[(init == name)]
            row = re.search(rf"(?m)^{name} +(\d+) +(\d+) +(\S+) +(\S+) +(\S+)", text).groups()
            self.assertEqual(int(row[0]), len(group))
            self.assertEqual(int(row[1]), (status[init == name] == 3).sum())
            for shown, number in zip(row[2:], (numpy.nanmedian(group), numpy.nanmin(group), numpy.nanmax(group))):
                self.assertAlmostEqual(float(shown) / number, 1, places=3)
        self.assertRegex(text, r"(?m)^learning_rate +2  0.5, 1e\+30$")
        self.assertRegex(text, r"(?m)^replicate +5  0, 1, 2, 3, 4$")
        self.assertIn("best of 32 cells by median final accuracy", text)
        self.assertIn("first -> middle -> last", text)
        self.assertNotRegex(text, rf"\x1b|[{BLOCKS}]")

    def test_terminals_of_any_width_and_kind(self):
        self.expect(0, "run", self.write("small.yaml", SMALL), "--quiet")
        for width in (40, 60, 80, 132):
            for utf8, no_color in (("C.UTF-8", ""), ("C", "1")):
                with self.subTest(width=width, utf8=utf8):
                    status, _, text = self.on_terminal(("show", "small.h5"), width, LC_ALL=utf8, NO_COLOR=no_color)
                    self.assertEqual(status, 0)
                    self.assertEqual("\x1b[1m" in text, not no_color)
                    self.assertEqual(any(block in text for block in BLOCKS), utf8 == "C.UTF-8")
                    for line in ESCAPES.sub("", text).splitlines():
                        self.assertLessEqual(len(line), width, line)
        _, _, wide = self.on_terminal(("show", "small.h5"), 80, LC_ALL="C.UTF-8", NO_COLOR="1")
        _, _, told = self.on_terminal(("show", "small.h5"), 132, LC_ALL="C.UTF-8", NO_COLOR="1", COLUMNS="80")
        self.assertEqual(wide, told)

    def test_sparklines_stand_on_one_scale(self):
        """The worst cell's loss stays where it begins, or grows: a line of full blocks; the best cell's ends below
        it."""
        self.expect(0, "run", self.write("small.yaml", SMALL), "--quiet", "--set", "train.steps=2000", "--set",
                    "grid.train.learning_rate=[0.1]", "--set", "grid.network.activation=[tanh]")
        _, _, text = self.on_terminal(("show", "small.h5", "--by", "loss", "--top", "1"), 80, LC_ALL="C.UTF-8",
                                      NO_COLOR="1")
        best, worst = re.findall(rf"[{BLOCKS}]+", text)
        cells = self.shown("small.h5", "--by", "loss", "--top", "1")["cells"]
        curves = [cells["best"][0]["loss_by_record"], cells["worst"][0]["loss_by_record"]]
        low, high = min(map(min, curves)), max(curve[0] for curve in curves)
        low = max(low, high / 1e4)
        for line, curve in ((best, curves[0]), (worst, curves[1])):
            self.assertEqual(len(line), len(curve))
            for block, loss in zip(line, curve):
                share = numpy.log(max(loss, low) / low) / numpy.log(high / low)
                self.assertLessEqual(abs(BLOCKS.index(block) - min(7, share * 8)), 1)
        self.assertLess(BLOCKS.index(best[-1]), BLOCKS.index(worst[-1]))

    def test_missing_networks_are_in_no_cell(self):
        """A file of the first networks: the others are missing, and cells without a network are not counted."""
        file = self.write("small.yaml", SMALL)
        self.expect(0, "run", file, "--quiet", "-o", "whole.h5")
        with h5py.File(self.path("whole.h5"), "r+") as results:
            results["status"][23:] = 0
            results["status"][:2] = SKIPPED
        told = self.shown("whole.h5")
        self.assertEqual((told["status"]["missing"], told["status"]["skipped"]), (SMALL_NETWORKS - 23, 2))
        cells = told["cells"]
        self.assertEqual(cells["count"], 5)
        self.assertEqual(sorted(cell["networks"] for cell in cells["best"] + cells["worst"]), [3, 3, 5, 5, 5])

    def test_the_sweep_file_and_the_settings_as_run(self):
        written = self.write("small.yaml", SMALL)
        self.expect(0, "run", written, "-o", "small.h5", "--quiet")
        self.expect(0, "show", "small.h5", "--sweep", stdout=SMALL, stderr="")
        self.expect(0, "run", written, "--set", "train.steps=7", "-o", "seven.h5", "--quiet")
        changed = ("initsweep: the run changed settings by --set; `initsweep show seven.h5 --settings` prints them as "
                   "they were\n")
        self.expect(0, "show", "seven.h5", "--sweep", stdout=SMALL, stderr=changed)
        settings = self.expect(0, "show", "seven.h5", "--settings", stderr="").stdout
        self.expect(0, "run", self.write("again.yaml", settings), "-o", "again.h5", "--quiet")
        self.expect(0, "show", "again.h5", "--settings", stdout=settings)
        with h5py.File(self.path("seven.h5")) as one, h5py.File(self.path("again.h5")) as other:
            self.assertEqual(one.attrs["identity"], other.attrs["identity"])
        self.assertIn("go with no other option", self.expect(2, "show", "small.h5", "--sweep", "--json").stderr)

    def test_wrong_quantities_are_told(self):
        self.expect(0, "run", self.write("small.yaml", SMALL), "--quiet")
        done = self.expect(2, "show", "small.h5", "--by", "acuracy", stdout="")
        self.assertEqual(done.stderr,
                         "initsweep: --by: the file has no 'acuracy' with one number per network or per record; did "
                         "you mean 'accuracy'?\n  it has steps_done, loss, accuracy\n")
        for name in ("gradient_norm", "init", "status", "id", "weights_final", "none"):
            self.assertIn(f"no '{name}'", self.expect(2, "show", "small.h5", "--by", name, stdout="").stderr)
        self.expect(2, "show", "small.h5", "--top", "0", stdout="",
                    stderr="initsweep show: --top must be a whole number from 1 to 65536, not '0'\n")


if __name__ == "__main__":
    unittest.main()
