#!/usr/bin/python3
"""A sweep file that changed: run names what changed, --resume extend trains only the networks that are new."""
import os
import unittest

import h5py

from stopped_run import LONG, StoppedRun


class Extend(StoppedRun):
    def test_changed_sweep_file_shows_what_changed(self):
        self.stopped()
        before = {name: os.stat(self.path(f"out.h5.parts/{name}")).st_mtime_ns
                  for name in os.listdir(self.path("out.h5.parts")) if name != "lock"}
        done = self.expect(2, "run", self.file, "-o", "out.h5", "--set", "train.learning_rate=0.02", stdout="")
        self.assertIn("  -   learning_rate: 0.01\n  +   learning_rate: 0.02\n", done.stderr)
        self.assertEqual(before, {name: os.stat(self.path(f"out.h5.parts/{name}")).st_mtime_ns for name in before})
        done = self.expect(2, "run", self.file, "-o", "out.h5", "--set", "train.learning_rate=0.02", "--resume",
                           "extend")
        self.assertIn("is finished, and none of this sweep has its settings", done.stderr)
        done = self.expect(2, "run", self.file, "-o", "out.h5", "--set", "record.weights=both", "--resume", "extend")
        self.assertIn("only the grid may grow", done.stderr)
        self.expect(0, "run", self.file, "-o", "out.h5", "--quiet")
        self.expect(0, "verify", "out.h5")

    def test_grid_that_grew(self):
        """Old numbers mean other networks: an axis grew in front, and one at the end."""
        self.stopped()
        grown = ("--set", "grid.network.depth=[1, 2, 3]", "--set", "grid.replicate={range: [0, 899]}")
        done = self.expect(0, "run", self.file, "-o", "out.h5", *grown, "--resume", "extend", ranks=2)
        self.assertRegex(done.stderr, r"continuing: \d+ networks are already finished")
        self.expect(0, "run", self.file, "-o", "whole.h5", "--quiet", *grown)
        self.assertEqual(self.contents("out.h5"), self.contents("whole.h5"))
        more = ("--set", "grid.network.depth=[1, 2, 3]", "--set", "grid.replicate={range: [0, 915]}")
        done = self.expect(0, "run", self.file, "-o", "out.h5", *more, "--resume", "extend")  # of a finished file
        self.assertIn("continuing: 2700 networks are already finished", done.stderr)
        # 16 more of each depth: full packs of new networks alone
        self.assertIn("48 of 2748 networks in 3 packs", done.stderr)
        self.expect(0, "run", self.file, "-o", "whole.h5", "--quiet", *more, "--resume", "extend")
        self.expect(0, "verify", "out.h5", "--sample", "100")
        self.assertEqual(self.contents("out.h5"), self.contents("whole.h5"))
        self.assertEqual(self.files(), ["long.yaml", "out.h5", "whole.h5"])

    def test_sample_of_more_points(self):
        """Points of a design keep their networks; those of a Latin hypercube are others."""
        text = LONG[:LONG.index("grid:")] + """grid: {replicate: {count: 3}, network.depth: [2]}
sample:
  design: DESIGN
  points: 20
  axes: {train.learning_rate: {log_uniform: [1e-3, 1]}, network.init_noise: {uniform: [0, 1]}}
"""
        text = text.replace("steps: 5000", "steps: 20")
        for design in ("sobol", "random"):
            self.file = self.write("long.yaml", text.replace("DESIGN", design))
            out, whole = f"{design}.h5", f"{design}-whole.h5"
            self.expect(0, "run", self.file, "-o", out, "--quiet")
            more = ("--set", "sample.points=45")
            done = self.expect(0, "run", self.file, "-o", out, *more, "--resume", "extend", ranks=2)
            self.assertIn("continuing: 60 networks are already finished", done.stderr)
            self.assertIn("75 of 135 networks", done.stderr)
            self.expect(0, "run", self.file, "-o", whole, "--quiet", *more)
            self.expect(0, "verify", out)
            self.assertEqual(self.contents(out), self.contents(whole))
            with h5py.File(self.path(out)) as file:
                self.assertEqual(list(file["point"]), [point for point in range(45) for _ in range(3)])
        self.file = self.write("long.yaml", text.replace("DESIGN", "latin_hypercube"))
        self.expect(0, "run", self.file, "-o", "lhs.h5", "--quiet")
        done = self.expect(2, "run", self.file, "-o", "lhs.h5", *more, "--resume", "extend")
        self.assertIn("is finished, and none of this sweep has its settings", done.stderr)

    def test_only_the_description_may_change(self):
        self.file = self.write("long.yaml", LONG)
        self.expect(0, "run", self.file, "-o", "out.h5", "--quiet", "--set", "grid.replicate=[0, 1]")
        grown = ("run", self.file, "-o", "out.h5", "--quiet", "--resume", "extend", "--set", "grid.replicate=[0, 1, 2]")
        self.expect(2, *grown, "--set", "record.escape_fraction=0.1", "--set", "record.probes=[escape_step]")
        self.expect(0, *grown, "--set", "about=now with three")
        with h5py.File(self.path("out.h5")) as file:
            self.assertEqual((file.attrs["about"], len(file["status"])), ("now with three", 6))

    def test_extension_that_was_stopped_goes_on(self):
        self.file = self.write("long.yaml", LONG)
        grown = ("--set", "grid.replicate={range: [0, 399]}")
        self.expect(0, "run", self.file, "-o", "out.h5", "--quiet", "--set", "grid.replicate={range: [0, 23]}")
        self.stopped(*grown, "--resume", "extend")
        self.assertIn("reused-run0000.journal", os.listdir(self.path("out.h5.parts")))
        done = self.expect(0, "run", self.file, "-o", "out.h5", *grown, "--resume", "extend", ranks=2)
        # the packs of the first try: 376 networks of each depth are left, which is 23 packs and a half
        self.assertIn("752 of 800 networks in 48 packs", done.stderr)
        self.expect(0, "run", self.file, "-o", "whole.h5", "--quiet", *grown)
        self.assertEqual(self.contents("out.h5"), self.contents("whole.h5"))


if __name__ == "__main__":
    unittest.main()
