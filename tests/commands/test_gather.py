#!/usr/bin/python3
"""gather: what a stopped run has finished, as a results file; a damaged run folder is refused."""
import os
import unittest

import h5py
import numpy

from program import SMALL
from stopped_run import LONG, StoppedRun
from test_refine import AXES, SWEEP as REFINED


class Gather(StoppedRun):
    def test_finished_networks_of_a_stopped_run(self):
        self.stopped()
        os.remove(self.path("long.yaml"))  # the folder says it all
        done = self.expect(0, "gather", "out.h5.parts", "-o", "part.h5")
        self.assertRegex(done.stdout, r"^part\.h5: \d+ of 1600 networks")
        self.assertRegex(self.expect(0, "verify", "part.h5", "--all").stdout,
                         r"(\d+) of \1 networks .* \(in the file: \d+ missing, \1 completed\)")
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

    def test_a_run_without_its_file_is_gathered_on_any_ranks(self):
        file = self.write("small.yaml", SMALL)
        self.expect(0, "run", file, "-o", "whole.h5", "--quiet")
        done = self.expect(0, "run", file, "-o", "out.h5", "--no-gather", ranks=2)
        self.assertRegex(done.stdout, r"^out\.h5\.parts: 160 networks; trained 160 .*\n"
                                      r"to write the results file: initsweep gather out\.h5\.parts -o out\.h5\n$")
        self.assertNotIn("out.h5", self.files())
        for ranks in (0, 1, 3, 4):
            with self.subTest(ranks=ranks):
                self.expect(0, "gather", "out.h5.parts", "-o", "gathered.h5", ranks=ranks,
                            stdout="gathered.h5: 160 of 160 networks\n")
                self.assertEqual(self.contents("gathered.h5"), self.contents("whole.h5"))
                self.assertEqual(self.chunks("gathered.h5"), self.chunks("whole.h5"))
                os.remove(self.path("gathered.h5"))
        done = self.expect(0, "run", file, "-o", "out.h5", ranks=2)
        self.assertIn("continuing: 160 networks are already finished", done.stderr)
        self.assertEqual(self.contents("out.h5"), self.contents("whole.h5"))
        self.assertEqual(self.files(), ["out.h5", "small.yaml", "whole.h5"])

    def test_one_network_on_more_ranks(self):
        file = self.write("one.yaml", SMALL[:SMALL.index("grid:")] +
                          "grid: {network.init: [zeros], network.activation: [tanh], network.depth: [1], "
                          "train.learning_rate: [0.5], replicate: [0]}\n")
        self.expect(0, "run", file, "-o", "alone.h5", "--quiet")
        self.expect(0, "run", file, "-o", "three.h5", "--quiet", ranks=3)
        self.assertEqual(self.contents("three.h5"), self.contents("alone.h5"))
        self.assertEqual(self.chunks("three.h5"), self.chunks("alone.h5"))

    def test_left_out_journals_are_reported_from_any_rank(self):
        file = self.write("small.yaml", SMALL)
        self.expect(0, "run", file, "-o", "out.h5", "--no-gather", "--quiet")
        for name in ("rank00001-run0000.journal", "rank00002-run0000.journal"):
            os.mkdir(self.path("out.h5.parts/" + name))
        done = self.expect(0, "gather", "out.h5.parts", "-o", "x.h5", ranks=2,
                           stdout="x.h5: 160 of 160 networks\n")
        for name in ("rank00001", "rank00002"):
            self.assertIn(f"out.h5.parts/{name}-run0000.journal: not a journal file\n  its networks are left out",
                          done.stderr)

    def test_a_refinement_is_not_left_ungathered(self):
        file = self.write("refine.yaml", REFINED + f"refine: {{{AXES}}}\n")
        done = self.expect(2, "run", file, "-o", "out.h5", "--no-gather", ranks=2)
        self.assertIn("refine.yaml: --no-gather does not go with refine", done.stderr)
        self.assertEqual(self.files(), ["refine.yaml"])

    def test_a_folder_that_holds_no_run_is_refused(self):
        for ranks in (0, 2):
            done = self.expect(2, "gather", "nowhere", "-o", "x.h5", ranks=ranks)
            self.assertIn("no file 'sweep'", done.stderr)

    def test_a_damaged_manifest_is_refused(self):
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
