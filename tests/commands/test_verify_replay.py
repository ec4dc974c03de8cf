#!/usr/bin/python3
"""verify and replay: networks of a results file trained again, bit for bit; a single wrong bit is found."""
import csv
import unittest

import h5py
import numpy

from program import SMALL, SMALL_NETWORKS, Case


class VerifyReplay(Case):
    def small(self, *more):
        self.file = self.write("small.yaml", SMALL)
        self.expect(0, "run", self.file, "-o", "out.h5", "--quiet", *more)

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

    def test_replay_reports_a_network_that_differs(self):
        self.small()
        with h5py.File(self.path("out.h5"), "r+") as file:
            file["loss"][83, -1] = numpy.nextafter(file["loss"][83, -1], numpy.float32(1))
        done = self.expect(1, "replay", "out.h5", "--network", "83", "--steps", "1,2", "-o", "x.csv", stdout="")
        self.assertIn("network 83 differs: loss at step 40", done.stderr)

    def test_wrong_arguments_are_named(self):
        self.small()
        self.assertIn("there is no network 320", self.expect(2, "replay", "out.h5", "--network", "320").stderr)
        self.assertIn("did you mean 'loss'?", self.expect(2, "replay", "out.h5", "--network", "0", "--probes",
                                                          "los").stderr)
        self.assertIn("give one results file", self.expect(2, "verify").stderr)


if __name__ == "__main__":
    unittest.main()
