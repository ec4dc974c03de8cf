#!/usr/bin/python3
"""The folder OUT.parts: left behind beside a finished file, and locked by one run at a time."""
import fcntl
import os
import unittest

from program import SMALL
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
            self.assertNotIn("INITSWEEP_MPI", done.stderr)
            done = self.expect(2, "run", self.file, "-o", "out.h5", stdout="")  # by an unknown launcher?
            self.assertRegex(done.stderr, r"process 1 on somewhere\n.*\n  if a launcher .* set INITSWEEP_MPI=always\n$")
        # its owner is gone, the file is still there: no lock
        self.expect(0, "run", self.file, "-o", "out.h5", "--set", "train.steps=10", "--quiet")
        self.assertEqual(self.files(), ["long.yaml", "out.h5"])

    def test_a_folder_on_another_disk(self):
        """OUT.parts may be a link: it stays with its folder, which is empty after the run."""
        self.file = self.write("small.yaml", SMALL)
        self.expect(0, "run", self.file, "-o", "plain.h5", "--quiet", stderr="")
        os.mkdir(self.path("scratch"))
        os.symlink("scratch", self.path("out.h5.parts"))
        for _ in range(2):
            self.expect(0, "run", self.file, "-o", "out.h5", "--quiet", "--resume", "never", stderr="")
            self.assertEqual(self.contents("out.h5"), self.contents("plain.h5"))
            self.assertEqual((os.listdir(self.path("scratch")), os.path.islink(self.path("out.h5.parts"))), ([], True))
        self.assertIn("100 %, 160 of 160 networks, done", self.expect(0, "show", "-f", "out.h5", stderr="").stdout)

    def test_what_has_the_names_of_the_folder_and_its_lock(self):
        self.file = self.write("small.yaml", SMALL)
        os.symlink("nowhere", self.path("a.h5.parts"))
        self.write("b.h5.parts", "mine\n")
        for name, of, make in (("c", "dangling", lambda path: os.symlink("nowhere/lock", path)),
                               ("d", "elsewhere", lambda path: os.symlink(self.path("small.yaml"), path)),
                               ("e", "fifo", os.mkfifo), ("f", "folder", os.mkdir)):
            with self.subTest(of=of):
                os.mkdir(self.path(f"{name}.h5.parts"))
                make(self.path(f"{name}.h5.parts/lock"))
                done = self.expect(2, "run", self.file, "-o", f"{name}.h5", stdout="", timeout=60)
                self.assertIn(f"{name}.h5.parts/lock' is not a regular file\n", done.stderr)
                # looking for a lock does not wait either
                self.expect(2, "show", "--follow", f"{name}.h5", "--every", "0.05", timeout=60)
        for name, what in (("a", "is a link to a folder that does not exist"), ("b", "is not a folder")):
            done = self.expect(2, "run", self.file, "-o", f"{name}.h5", stdout="", timeout=60)
            self.assertRegex(done.stderr, f"{name}.h5.parts' {what}.*\n  move it away, or name another output with -o")
        with open(self.path("small.yaml"), encoding="utf-8") as file:
            self.assertEqual(file.read(), SMALL)

    def test_files_of_something_else_stay_and_nothing_waits_for_them(self):
        self.file = self.write("small.yaml", SMALL)
        os.mkdir(self.path("out.h5.parts"))
        self.write("out.h5.parts/notes", "mine\n")
        done = self.expect(2, "show", "--follow", "out.h5", "--every", "0.05", timeout=60)
        self.assertIn("neither a results file 'out.h5' nor a run in a folder 'out.h5.parts'", done.stderr)
        self.expect(0, "run", self.file, "-o", "out.h5", "--quiet",
                    stderr="initsweep: out.h5.parts is kept: it holds files of something else\n")
        self.assertEqual(os.listdir(self.path("out.h5.parts")), ["notes"])
        for name in ("out.h5", "out.h5.parts"):
            done = self.expect(0, "show", "--follow", name, stderr="", timeout=60)
            self.assertIn("160 of 160 networks, done", done.stdout)


if __name__ == "__main__":
    unittest.main()
