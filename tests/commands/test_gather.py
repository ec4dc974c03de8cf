#!/usr/bin/python3
"""gather: what a stopped run has finished, as a results file; a damaged run folder is refused."""
import os
import unittest

import h5py
import numpy

from stopped_run import LONG, StoppedRun


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

    def test_a_folder_that_holds_no_run_is_refused(self):
        self.assertIn("no file 'sweep'", self.expect(2, "gather", "nowhere", "-o", "x.h5").stderr)

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
