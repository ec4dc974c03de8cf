#!/usr/bin/python3
"""show --follow: a run is seen from outside, paused, killed, gone on with and done, and nothing of it is touched.

Runs are stopped by SIGSTOP where a number is compared, so that no test depends on which of two programs is faster.
"""
import json
import os
import re
import signal
import subprocess
import time
import unittest

import h5py
import numpy
from program import ENVIRONMENT, SMALL, SMALL_NETWORKS, Case
from test_interrupt import LONG, NETWORKS

QUICK = ("--every", "0.02")


class Follow(Case):
    def start(self, *words):
        """A process whose output can be read line by line; it does not outlive the test."""
        process = subprocess.Popen(self.command(words), cwd=self.folder, env=ENVIRONMENT, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)

        def end():
            process.kill()
            process.communicate()

        self.addCleanup(end)
        return process

    def finished(self):
        """Networks in the journal, by another reader of it."""
        done = self.expect(0, "gather", "out.h5.parts", "-o", "so-far.h5")
        os.remove(self.path("so-far.h5"))
        return int(re.search(rf"(\d+) of {NETWORKS} networks", done.stdout)[1])

    def paused(self):
        """A run that is stopped in the middle."""
        run = self.start("run", self.write("long.yaml", LONG), "-o", "out.h5", "--quiet")
        parts = self.path("out.h5.parts")
        while not os.path.isdir(parts) or sum(os.path.getsize(os.path.join(parts, name)) for name in os.listdir(parts)
                                              if name.endswith(".journal")) < 4096:
            self.assertIsNone(run.poll(), "it ended before it had done anything")
            time.sleep(0.002)
        run.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, run.pid, os.WSTOPPED | os.WNOWAIT)
        return run

    def whole(self, follow):
        """The rest of what it says, to the end of a run that is done."""
        out, error = follow.communicate(timeout=240)
        self.assertEqual((follow.returncode, error), (0, ""))
        return out

    def test_a_run_that_is_paused_killed_and_gone_on_with(self):
        run = self.paused()
        count = self.finished()
        follow = self.start("show", "-f", "out.h5.parts/", *QUICK)
        first = follow.stdout.readline()
        self.assertEqual(first, f"{100 * count // NETWORKS} %, {count} of {NETWORKS} networks, 0 diverged\n")
        run.kill()
        run.wait()
        self.assertEqual(follow.stdout.readline(), first.replace("networks,",
                                                                 "networks, stopped: no process holds the run's lock,"))
        self.expect(0, "run", "long.yaml", "-o", "out.h5", "--quiet", stdout="")
        text = self.whole(follow)
        lines, summary = text.split(f"100 %, {NETWORKS} of {NETWORKS} networks, done, 0 diverged\n")
        counts = [int(number) for number in re.findall(rf"(?m)^\d+ %, (\d+) of {NETWORKS} networks", lines)]
        self.assertEqual(counts, sorted(counts))
        self.assertEqual(summary, self.expect(0, "show", "out.h5").stdout)
        self.assertNotRegex(text, "[\r\033]")

    def test_an_object_a_line(self):
        run = self.paused()
        follow = self.start("show", "--follow", "out.h5", "--json", *QUICK)
        lines = [follow.stdout.readline()]
        run.send_signal(signal.SIGCONT)
        lines += self.whole(follow).splitlines()
        objects = [json.loads(line) for line in lines]
        self.assertEqual((objects[0]["state"], objects[0]["networks"], objects[0]["networks_per_second"]),
                         ("running", NETWORKS, None))
        self.assertEqual([one["state"] for one in objects[:-1]].count("done"), 0)
        for one in objects:
            self.assertEqual(one["finished"], one["completed"] + one["stopped"] + one["diverged"])
            self.assertEqual(set(one), {"time", "state", "networks", "finished", "completed", "stopped", "diverged",
                                        "networks_per_second", "eta_seconds"})
        last = objects[-1]
        with h5py.File(self.path("out.h5"), "r") as file:
            counts = numpy.bincount(file["status"][()], minlength=5)
        self.assertEqual((last["state"], last["finished"], last["completed"], last["stopped"], last["diverged"]),
                         ("done", NETWORKS, *counts[1:4]))

    def test_nothing_is_touched_and_ctrl_c_ends_it(self):
        run = self.paused()
        parts = self.path("out.h5.parts")

        def state():
            return {name: (os.stat(os.path.join(parts, name)).st_mtime_ns, os.stat(os.path.join(parts, name)).st_size)
                    for name in sorted(os.listdir(parts))}

        before, folder = state(), os.stat(parts).st_mtime_ns
        follow = self.start("show", "--follow", "out.h5", *QUICK)
        follow.stdout.readline()
        follow.send_signal(signal.SIGINT)
        self.assertEqual(follow.communicate(timeout=60),
                         ("", "initsweep: interrupted: the same command can be run again\n"))
        self.assertEqual(follow.returncode, 75)
        self.assertEqual((state(), os.stat(parts).st_mtime_ns), (before, folder))
        # a run that goes away without a file
        follow = self.start("show", "--follow", "out.h5", *QUICK)
        follow.stdout.readline()
        os.rename(parts, self.path("gone"))
        self.assertEqual(follow.communicate(timeout=60), (
            "", "initsweep: the run has ended and left no results file 'out.h5': no network was finished\n"))
        self.assertEqual(follow.returncode, 1)
        run.kill()

    def test_a_file_that_is_whole_ends_it_at_once(self):
        file = self.write("small.yaml", SMALL)
        self.expect(0, "run", file, "--quiet")
        summary = self.expect(0, "show", "small.h5", "--by", "loss", "--top", "1").stdout
        done = self.expect(0, "show", "--follow", "small.h5", "--by", "loss", "--top", "1", stderr="")
        with h5py.File(self.path("small.h5"), "r") as results:
            diverged = numpy.count_nonzero(results["status"][()] == 3)
        self.assertEqual(done.stdout, f"100 %, {SMALL_NETWORKS} of {SMALL_NETWORKS} networks, done, {diverged} "
                                      f"diverged\n{summary}")
        for width, color in ((200, {}), (60, {"NO_COLOR": "1"}), (30, {"NO_COLOR": "1"})):
            status, _, text = self.on_terminal(("show", "--follow", "small.h5"), width, **color)
            self.assertEqual(status, 0)
            frame, wiped, _ = text.partition("\033[K\r\033[K")
            self.assertTrue(frame.startswith("\r100 % ") and wiped, text[:200])
            self.assertEqual("\033[32m" in frame, not color)
            self.assertLess(len(re.sub("\033\\[[0-9]*m|\r", "", frame)), width)

    def test_what_nobody_can_follow(self):
        done = self.expect(2, "show", "--follow", "out.h5", stdout="")
        self.assertEqual(done.stderr, "initsweep: there is neither a results file 'out.h5' nor a run in a "
                                      "folder 'out.h5.parts'\n"
                         "  give OUT as in `initsweep run ... -o OUT`, once the run has begun\n")
        self.assertIn("'.' is a folder\n", self.expect(2, "show", "--follow", ".", stdout="").stderr)
        self.expect(0, "run", self.write("small.yaml", SMALL), "--quiet")
        with h5py.File(self.path("small.h5"), "r+") as results:
            results["status"][:2] = 0
        done = self.expect(2, "show", "--follow", "small.h5", stdout="")
        self.assertIn("'small.h5' is not a complete results file, and there is no run in 'small.h5.parts'", done.stderr)
        self.expect(2, "show", "small.h5", "--every", "1", stdout="",
                    stderr="initsweep show: --every needs --follow: without it the file is shown once\n")
        for wrong in ("0", "-1", "nan", "5s", "4000"):
            self.expect(2, "show", "--follow", "small.h5", "--every", wrong, stdout="",
                        stderr=f"initsweep show: --every must be seconds from 0.01 to 3600, not '{wrong}'\n")


if __name__ == "__main__":
    unittest.main()
