#!/usr/bin/python3
"""The standard streams: output that is lost is an error of every command, and a closed stream harms no file."""
import os
import re
import subprocess
import unittest

from program import ENVIRONMENT, SMALL, SMALL_NETWORKS, Case
from stopped_run import StoppedRun

# The reason is not known any more where the text was written before the end
LOST = re.compile(r"initsweep: cannot write to stdout(: No space left on device)?\n\Z")


class LostOutput(StoppedRun):
    def into_full_device(self, *words):
        """Exit status and stderr where stdout is a full device."""
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = subprocess.run(self.command(words), cwd=self.folder, env=ENVIRONMENT, stdout=full,
                                  stderr=subprocess.PIPE, text=True, check=False, timeout=300)
        return done.returncode, done.stderr

    def test_every_command_reports_it_once(self):
        self.write("small.yaml", SMALL)
        self.expect(0, "run", "small.yaml", "-o", "small.h5", "--quiet")
        for words in (["--help"], ["--version"], ["help"], ["help", "run"], ["run", "--help"], ["list"],
                      ["list", "probes", "--json"], ["list", "settings", "--markdown"], ["new", "first"],
                      ["check", "small.yaml"], ["plan", "small.yaml"], ["plan", "small.yaml", "--json"],
                      ["show", "small.h5"], ["show", "small.h5", "--json"], ["show", "small.h5", "--follow"],
                      ["verify", "small.h5", "--sample", "1"], ["replay", "small.h5", "--network", "3"],
                      ["run", "small.yaml", "-o", "small.h5"]):
            with self.subTest(words=words):
                status, errors = self.into_full_device(*words)
                self.assertEqual((status, errors.count("cannot write to stdout")), (1, 1), errors)
                self.assertRegex(errors, LOST)

    def test_a_run_and_gather_leave_good_files(self):
        self.stopped()
        status, errors = self.into_full_device("gather", "out.h5.parts", "-o", "so-far.h5")
        self.assertEqual(status, 1)
        self.assertRegex(errors, LOST)
        self.expect(0, "show", "so-far.h5")
        self.write("small.yaml", SMALL)
        status, errors = self.into_full_device("run", "small.yaml", "-o", "small.h5")
        self.assertEqual((status, errors.count("cannot write")), (1, 1), errors)
        self.assertRegex(errors, LOST)
        self.expect(0, "verify", "small.h5", "--all")

    def test_an_error_has_its_own_message_and_status_only(self):
        self.assertEqual(self.into_full_device("list", "probs")[0], 2)
        self.assertNotIn("stdout", self.into_full_device("list", "probs")[1])


class ClosedStreams(Case):
    def closed(self, command):
        return subprocess.run(["sh", "-c", f'"$0" {command}', self.program], cwd=self.folder, env=ENVIRONMENT,
                              capture_output=True, text=True, check=False, timeout=300)

    def test_closed_stdout_is_an_error_and_no_file_gets_its_text(self):
        self.write("small.yaml", SMALL)
        done = self.closed("run small.yaml -o small.h5 --threads 1 0<&- 1>&-")
        self.assertEqual(done.returncode, 1)
        self.assertIn("initsweep: cannot write to stdout\n", done.stderr)
        self.expect(0, "verify", "small.h5", "--all", stderr="",
                    stdout=f"small.h5: {SMALL_NETWORKS} of {SMALL_NETWORKS} networks trained again: every stored bit "
                           "is the same\n")

    def test_what_prints_nothing_needs_no_stdout(self):
        self.write("small.yaml", SMALL)
        done = self.closed("run small.yaml -o small.h5 --quiet 0<&- 1>&- 2>&-")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        self.assertTrue(os.path.exists(self.path("small.h5")))


if __name__ == "__main__":
    unittest.main()
