#!/usr/bin/python3
"""Networks trained again (verify, replay), runs gathered before their end, grids that grow, and one run at a time."""
import csv
import fcntl
import os
import signal
import subprocess
import time
import unittest

import h5py
import numpy

from program import ENVIRONMENT, PROGRAM, SMALL, SMALL_NETWORKS, Case

LONG = """\
sweep: long
seed: 3
dataset: {name: xor}
network: {width: 8, activation: tanh, init: he_normal}
train: {loss: mse, optimizer: adam, learning_rate: 0.01, steps: 5000}
record: {steps: {geomspace: 8}, probes: [loss, gradient_norm], weights: final}
grid:
  network.depth: [2, 3]
  replicate: {range: [0, 799]}
"""


class Again(Case):
    def small(self, *more):
        self.file = self.write("small.yaml", SMALL)
        self.expect(0, "run", self.file, "-o", "out.h5", "--quiet", *more)

    def stopped(self, *more):
        """A run of LONG, stopped once some packs are in the journal."""
        self.file = self.write("long.yaml", LONG)
        process = subprocess.Popen([PROGRAM, "run", self.file, "-o", "out.h5", *more], cwd=self.folder, env=ENVIRONMENT,
                                   stderr=subprocess.DEVNULL)
        parts = self.path("out.h5.parts")
        while not os.path.isdir(parts) or sum(os.path.getsize(os.path.join(parts, name)) for name in os.listdir(parts)
                                              if name.endswith(".journal")) < 20000:
            self.assertIsNone(process.poll())
            time.sleep(0.002)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(60), 75)

    def test_every_network_is_the_same_again(self):
        self.small()
        done = self.expect(0, "verify", "out.h5", "--all", "--threads", "2", stderr="")
        self.assertIn(f"{SMALL_NETWORKS} of {SMALL_NETWORKS} networks trained again", done.stdout)
        done = self.expect(0, "verify", "out.h5", "--sample", "7", stderr="")
        self.assertIn(f"7 of {SMALL_NETWORKS} networks trained again", done.stdout)

    def test_one_wrong_bit_is_found(self):
        for name, place in (("loss", (11, 2)), ("gradient_norm", (11, 3, 1)), ("distinct_units", (11, 0, 0)),
                            ("weights_final", (11, 4)), ("weights_initial", (11, 0)), ("steps_done", 11)):
            self.small("--resume", "never")
            with h5py.File(self.path("out.h5"), "r+") as file:
                value = numpy.array([file[name][place]])
                bits = value.view(f"u{value.itemsize}")
                bits ^= bits.dtype.type(1)
                file[name][place] = value[0]
            done = self.expect(1, "verify", "out.h5", "--all")
            self.assertIn("network 11 differs", done.stderr, name)
            self.assertIn(f"1 of {SMALL_NETWORKS} networks differ", done.stderr)

    def test_replay_records_every_step_of_the_same_network(self):
        self.small()
        done = self.expect(0, "replay", "out.h5", "--network", "83", "--every", "--probes", "loss,weight_norm")
        self.assertRegex(done.stderr, r"network 83 is the same: status, 40 steps and \d+ stored numbers")
        rows = list(csv.DictReader(done.stdout.splitlines()))
        self.assertEqual([int(row["step"]) for row in rows], list(range(41)))
        self.assertEqual(list(rows[0]), ["step", "loss", "weight_norm_1", "weight_norm_2"])
        with h5py.File(self.path("out.h5"), "r") as file:
            for step, loss in zip(file["step"][()], file["loss"][83]):
                self.assertEqual(numpy.float32(rows[step]["loss"]), loss)

    def test_replay_tells_another_network(self):
        self.small()
        with h5py.File(self.path("out.h5"), "r+") as file:
            file["loss"][83, -1] = numpy.nextafter(file["loss"][83, -1], numpy.float32(1))
        done = self.expect(1, "replay", "out.h5", "--network", "83", "--steps", "1,2", "-o", "x.csv", stdout="")
        self.assertIn("network 83 is another: loss differs at step 40", done.stderr)

    def test_usage(self):
        self.small()
        self.assertIn("there is no network 320", self.expect(2, "replay", "out.h5", "--network", "320").stderr)
        self.assertIn("did you mean 'loss'?", self.expect(2, "replay", "out.h5", "--network", "0", "--probes", "los").stderr)
        self.assertIn("give one results file", self.expect(2, "verify").stderr)
        self.assertIn("no file 'sweep'", self.expect(2, "gather", "nowhere", "-o", "x.h5").stderr)

    def test_gather_before_the_end(self):
        self.stopped()
        os.remove(self.path("long.yaml"))  # the folder says it all
        done = self.expect(0, "gather", "out.h5.parts", "-o", "part.h5")
        self.assertRegex(done.stdout, r"^part\.h5: \d+ of 1600 networks")
        self.assertIn("missing ones passed over", self.expect(0, "verify", "part.h5", "--all").stdout)
        self.write("long.yaml", LONG)
        self.expect(0, "run", "long.yaml", "-o", "whole.h5", "--quiet")
        with h5py.File(self.path("part.h5"), "r") as part, h5py.File(self.path("whole.h5"), "r") as whole:
            there = part["status"][()] == 1
            self.assertTrue(0 < there.sum() < 1600)
            self.assertEqual(set(part["status"][()]), {0, 1})
            for name in ("loss", "gradient_norm", "weights_final", "steps_done"):
                self.assertEqual(part[name][()][there].tobytes(), whole[name][()][there].tobytes(), name)
            self.assertTrue(numpy.isnan(part["loss"][()][~there]).all())
            self.assertEqual(part["id"][()].tobytes(), whole["id"][()].tobytes())
        self.expect(0, "gather", "out.h5.parts", "-o", "out.h5")  # a part under the run's own name is gone on with
        self.expect(0, "run", "long.yaml", "-o", "out.h5", "--quiet")
        self.assertEqual(self.contents("out.h5"), self.contents("whole.h5"))
        self.assertEqual(self.files(), ["long.yaml", "out.h5", "part.h5", "whole.h5"])

    def test_changed_sweep_file_shows_what_changed(self):
        self.stopped()
        before = {name: os.stat(self.path(f"out.h5.parts/{name}")).st_mtime_ns
                  for name in os.listdir(self.path("out.h5.parts")) if name != "lock"}
        done = self.expect(2, "run", self.file, "-o", "out.h5", "--set", "train.learning_rate=0.02", stdout="")
        self.assertIn("  -   learning_rate: 0.01\n  +   learning_rate: 0.02\n", done.stderr)
        self.assertEqual(before, {name: os.stat(self.path(f"out.h5.parts/{name}")).st_mtime_ns for name in before})
        done = self.expect(2, "run", self.file, "-o", "out.h5", "--set", "train.learning_rate=0.02", "--resume", "extend")
        self.assertIn("is not in the grid any more", done.stderr)
        done = self.expect(2, "run", self.file, "-o", "out.h5", "--set", "record.weights=both", "--resume", "extend")
        self.assertIn("only the grid may grow", done.stderr)
        self.expect(0, "run", self.file, "-o", "out.h5", "--quiet")
        self.expect(0, "verify", "out.h5")

    def test_grid_that_grew(self):
        """Old numbers mean other networks: an axis grew in front, and one at the end."""
        self.stopped()
        grown = ("--set", "grid.network.depth=[1, 2, 3]", "--set", "grid.replicate={range: [0, 899]}")
        done = self.expect(0, "run", self.file, "-o", "out.h5", *grown, "--resume", "extend", ranks=2)
        self.assertRegex(done.stderr, r"going on: \d+ networks are done already")
        self.expect(0, "run", self.file, "-o", "whole.h5", "--quiet", *grown)
        self.assertEqual(self.contents("out.h5"), self.contents("whole.h5"))
        more = ("--set", "grid.network.depth=[1, 2, 3]", "--set", "grid.replicate={range: [0, 915]}")
        done = self.expect(0, "run", self.file, "-o", "out.h5", *more, "--resume", "extend")  # of a finished file
        self.assertIn("going on: 2700 networks are done already", done.stderr)
        self.assertIn("48 of 2748 networks in 3 packs", done.stderr)  # 16 more of each depth: full packs of new networks alone
        self.expect(0, "run", self.file, "-o", "whole.h5", "--quiet", *more, "--resume", "extend")
        self.expect(0, "verify", "out.h5", "--sample", "100")
        self.assertEqual(self.contents("out.h5"), self.contents("whole.h5"))
        self.assertEqual(self.files(), ["long.yaml", "out.h5", "whole.h5"])

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

    def test_killed_between_the_file_and_the_folder(self):
        self.stopped()
        os.rename(self.path("out.h5.parts"), self.path("aside"))
        self.expect(0, "run", self.file, "-o", "out.h5", "--quiet")
        os.rename(self.path("aside"), self.path("out.h5.parts"))
        self.assertIn("nothing to do", self.expect(0, "run", self.file, "-o", "out.h5").stdout)
        self.assertEqual(self.files(), ["long.yaml", "out.h5"])

    def test_two_runs_at_once(self):
        self.file = self.write("long.yaml", LONG)
        os.mkdir(self.path("out.h5.parts"))
        with open(self.path("out.h5.parts/lock"), "w", encoding="utf-8") as lock:
            lock.write("process 1 on somewhere\n")
            lock.flush()
            fcntl.lockf(lock, fcntl.LOCK_EX)
            done = self.expect(2, "run", self.file, "-o", "out.h5", stdout="", ranks=2)
            self.assertIn("another run has this output: process 1 on somewhere", done.stderr)
        # its owner is gone, the file is still there: no lock
        self.expect(0, "run", self.file, "-o", "out.h5", "--set", "train.steps=10", "--quiet")
        self.assertEqual(self.files(), ["long.yaml", "out.h5"])

    def test_damaged_origin_is_told(self):
        self.stopped()
        with open(self.path("out.h5.parts/sweep"), "r+b") as file:
            whole = file.read()
            for place in range(0, len(whole), 7):
                file.seek(place)
                file.write(bytes([whole[place] ^ 16]))
                file.flush()
                done = self.expect(2, "gather", "out.h5.parts", "-o", "x.h5")
                self.assertIn("this file is damaged", done.stderr, place)
                file.seek(place)
                file.write(whole[place:place + 1])


if __name__ == "__main__":
    unittest.main()
