#!/usr/bin/python3
"""kill -9 while an output file is written: its name stands for what it stood for before, and the next run clears up.

The sync of the written file does not return (failing_calls.c), so that the kill comes at that moment on any machine.
Needs INITSWEEP (the program) and FAILING_CALLS (the library).
"""
import os
import signal
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "commands"))
from program import ENVIRONMENT, PROGRAM, SMALL, Case, ranks_of  # noqa: E402


class KilledOutput(Case):
    def setUp(self):
        super().setUp()
        self.write("small.yaml", SMALL)
        self.expect(0, "run", "small.yaml", "-o", "out.h5", "--quiet")

    def content(self, name):
        with open(self.path(name), "rb") as file:
            return os.fstat(file.fileno()).st_ino, file.read()

    def temporaries(self):
        return [name for name in self.files() if name.endswith(".new")]

    def killed_in_sync(self, number, of, *words):
        """Starts a command and kills it once sync `number` of a file with `of` in its path hangs."""
        report = self.path("report")
        process = subprocess.Popen([PROGRAM, *words], cwd=self.folder, stderr=subprocess.DEVNULL,
                                   env={**ENVIRONMENT, "LD_PRELOAD": os.environ["FAILING_CALLS"], "FAULT_KIND": "hang",
                                        "FAULT_AT": str(number), "FAULT_UNDER": of, "FAULT_REPORT": report})
        while not os.path.exists(report):
            self.assertIsNone(process.poll())
            time.sleep(0.002)
        process.kill()
        process.wait(60)
        os.remove(report)

    def test_replay(self):
        before = self.content("out.h5")
        words = ("replay", "out.h5", "--network", "83", "--every", "-o", "x.csv")
        self.killed_in_sync(1, self.path("x.csv"), *words)
        self.assertEqual(len(self.temporaries()), 1)
        self.assertNotIn("x.csv", self.files())
        self.assertEqual(self.content("out.h5"), before)
        self.expect(0, *words)
        with open(self.path("x.csv"), encoding="utf-8") as file:
            self.assertEqual(len(file.readlines()), 42)

    def test_run_over_the_same_sweep(self):
        before = self.content("out.h5")
        words = ("run", "small.yaml", "-o", "out.h5", "--resume", "never", "--quiet")
        self.killed_in_sync(2, ".new", *words)  # the first is the manifest's
        self.assertRegex(" ".join(self.temporaries()), r"^out\.h5\.[0-9a-f]{16}\.new$")
        self.assertEqual(self.content("out.h5"), before)
        self.expect(0, *words)
        self.assertEqual(self.files(), ["out.h5", "small.yaml"])

    def test_gathering_on_two_ranks(self):
        """Both ranks killed while they read journals, then while rank 0 syncs the file: nothing is trained again."""
        whole = self.contents("out.h5")
        os.remove(self.path("out.h5"))
        self.expect(0, "run", "small.yaml", "-o", "out.h5", "--no-gather", "--quiet", ranks=2)
        report = self.path("report")
        for kind, under in (("slow", ".journal"), ("hang", ".new")):
            launcher = subprocess.Popen(self.command(("run", "small.yaml", "-o", "out.h5", "--quiet"), 2),
                                        cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        env={**ENVIRONMENT, "LD_PRELOAD": os.environ["FAILING_CALLS"],
                                             "FAULT_KIND": kind, "FAULT_AT": "1", "FAULT_UNDER": under,
                                             "FAULT_REPORT": report})
            while not os.path.exists(report):
                self.assertIsNone(launcher.poll())
                time.sleep(0.002)
            for process in ranks_of(launcher.pid):
                os.kill(process, signal.SIGKILL)
            launcher.kill()
            launcher.wait(60)
            os.remove(report)
            self.assertNotIn("out.h5", self.files())
        done = self.expect(0, "run", "small.yaml", "-o", "out.h5", ranks=2)
        self.assertIn("continuing: 160 networks", done.stderr)
        self.assertEqual(self.contents("out.h5"), whole)
        self.assertEqual(self.files(), ["out.h5", "small.yaml"])

    def test_a_disk_that_fails_while_the_results_are_written(self):
        """The networks are kept, and both ways on that the message names write the file without training."""
        first = self.contents("out.h5")
        for more in ((), ("--resume", "never")):
            with self.subTest(more=more):
                if not more:
                    os.remove(self.path("out.h5"))
                done = self.expect(1, "run", "small.yaml", "-o", "out.h5", "--quiet", *more, stdout="",
                                   LD_PRELOAD=os.environ["FAILING_CALLS"], FAULT_KIND="sync", FAULT_AT="2",
                                   FAULT_UNDER=".new")
                self.assertIn("cannot sync: Input/output error\n  all networks are kept in out.h5.parts: ", done.stderr)
                self.assertIn("initsweep gather out.h5.parts -o FILE", done.stderr)
                self.expect(0, "gather", "out.h5.parts", "-o", "gathered.h5")
                self.assertEqual(self.contents("gathered.h5"), first)
                os.remove(self.path("gathered.h5"))
                if more:
                    self.assertIn("without --resume never, once the old results file is moved away,", done.stderr)
                    os.remove(self.path("out.h5"))
                done = self.expect(0, "run", "small.yaml", "-o", "out.h5")
                self.assertIn("continuing: 160 networks", done.stderr)
                self.assertEqual(self.contents("out.h5"), first)
                self.assertEqual(self.files(), ["out.h5", "small.yaml"])


if __name__ == "__main__":
    unittest.main()
