#!/usr/bin/python3
"""The folder OUT.parts: left behind beside a finished file, and locked by one run at a time."""
import fcntl
import os
import unittest

from stopped_run import LONG, StoppedRun


class RunFolder(StoppedRun):
    def test_a_folder_left_beside_its_finished_file_is_removed(self):
        self.stopped()
        os.rename(self.path("out.h5.parts"), self.path("aside"))
        self.expect(0, "run", self.file, "-o", "out.h5", "--quiet")
        os.rename(self.path("aside"), self.path("out.h5.parts"))
        self.assertIn("nothing to do", self.expect(0, "run", self.file, "-o", "out.h5").stdout)
        self.assertEqual(self.files(), ["long.yaml", "out.h5"])

    def test_a_second_run_at_once_is_refused(self):
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


if __name__ == "__main__":
    unittest.main()
