#!/usr/bin/python3
"""A run that a signal stops: exit status 75, nothing finished is lost, and the resumed file is the same bytes."""
import os
import re
import signal
import subprocess
import time
import unittest

from program import ENVIRONMENT, Case, ranks_of

# 120 packs, so that the first is in the journal long before the last
LONG = """\
sweep: long
seed: 3
dataset: {name: xor}
network: {width: 8}
train: {loss: mse, optimizer: sgd, learning_rate: 0.1, steps: 4000}
record: {steps: {geomspace: 8}, probes: [loss, gradient_norm], weights: final}
grid:
  network.init: [glorot_uniform, he_normal]
  network.activation: [tanh, sin, relu]
  network.depth: [2, 3]
  replicate: {range: [0, 159]}
"""
NETWORKS = 2 * 3 * 2 * 160
# One network of it
SINGLE = ("--set", "grid={replicate: [0]}", "--set", "network.depth=2", "--set", "network.activation=tanh",
          "--set", "network.init=he_normal")


class Interrupt(Case):
    def start(self, words, ranks=0, **environment):
        return subprocess.Popen(self.command(words, ranks), cwd=self.folder, env={**ENVIRONMENT, **environment},
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def journal_bytes(self):
        parts = self.path("out.h5.parts")
        if not os.path.isdir(parts):
            return 0
        return sum(os.path.getsize(os.path.join(parts, name)) for name in os.listdir(parts)
                   if name.endswith(".journal"))

    def wait_for_entries(self, process, before=0):
        while self.journal_bytes() < before + 4096:
            self.assertIsNone(process.poll(), "it ended before it had done anything")
            time.sleep(0.002)

    def stopped(self, number, to, ranks=0):
        """Starts, sends a signal once something is finished, returns stderr."""
        before = self.journal_bytes()
        process = self.start(("run", self.file, "-o", "out.h5"), ranks)
        self.wait_for_entries(process, before)
        to(process, number)
        _, error = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 75, error)
        self.assertRegex(error, rf"interrupted; \d+ of {NETWORKS} networks are kept in out\.h5\.parts, the same "
                                r"command continues")
        self.assertFalse(os.path.exists(self.path("out.h5")))
        self.assertGreater(self.journal_bytes(), 0)
        return error

    def setUp(self):
        super().setUp()
        self.file = self.write("long.yaml", LONG)

    def whole(self):
        self.expect(0, "run", self.file, "-o", "whole.h5", "--quiet", "--threads", "2")
        return self.contents("whole.h5")

    def test_resumed_is_the_same_file(self):
        def to_it(process, number):
            process.send_signal(number)

        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1):
            self.stopped(number, to_it)
        done = self.expect(0, "run", self.file, "-o", "out.h5", ranks=3)
        self.assertRegex(done.stderr, r"continuing: \d+ networks are already finished")
        self.assertEqual(self.contents("out.h5"), self.whole())
        self.assertEqual(self.files(), ["long.yaml", "out.h5", "whole.h5"])

    def test_a_closed_terminal_and_a_limit_of_cpu_time(self):
        for number in (signal.SIGHUP, signal.SIGXCPU):
            self.stopped(number, subprocess.Popen.send_signal)

    def test_nohup(self):
        words = ("nohup", *self.command(("run", self.file, "-o", "out.h5")))
        process = subprocess.Popen(words, cwd=self.folder, env=ENVIRONMENT, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.wait_for_entries(process)
        process.send_signal(signal.SIGHUP)
        self.wait_for_entries(process, self.journal_bytes())
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(60), 75)

    def without_a_reader(self):
        """A run whose stdout and stderr are a pipe that nothing reads."""
        reader, writer = os.pipe()
        os.close(reader)
        process = subprocess.Popen(self.command(("run", self.file, "-o", "out.h5", "--threads", "2")), cwd=self.folder,
                                   env=ENVIRONMENT, stdout=writer, stderr=writer)
        os.close(writer)
        return process

    def test_messages_that_nothing_reads(self):
        process = self.without_a_reader()
        self.wait_for_entries(process)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(60), 75)
        self.assertGreater(self.journal_bytes(), 0)
        self.assertEqual(self.without_a_reader().wait(120), 1)  # its summary is lost, its networks are not
        self.assertEqual(self.contents("out.h5"), self.whole())

    def test_a_signal_to_one_rank_stops_all(self):
        def to_the_last_rank(process, number):
            os.kill(ranks_of(process.pid)[-1], number)

        self.stopped(signal.SIGTERM, to_the_last_rank, ranks=3)
        self.expect(0, "run", self.file, "-o", "out.h5", "--threads", "2")
        self.assertEqual(self.contents("out.h5"), self.whole())

    def test_kill_loses_nothing_that_was_finished(self):
        process = self.start(("run", self.file, "-o", "out.h5"))
        self.wait_for_entries(process)
        process.kill()
        process.communicate()
        done = self.expect(0, "run", self.file, "-o", "out.h5", ranks=2)
        self.assertRegex(done.stderr, r"continuing: \d+ networks are already finished")
        self.assertEqual(self.contents("out.h5"), self.whole())

    def test_journal_of_another_sweep_is_not_mixed_in(self):
        def to_it(process, number):
            process.send_signal(number)

        self.stopped(signal.SIGTERM, to_it)
        done = self.expect(2, "run", self.file, "-o", "out.h5", "--set", "seed=4", stdout="", ranks=2)
        self.assertIn("start afresh with --resume never", done.stderr)
        self.expect(0, "run", self.file, "-o", "out.h5", "--resume", "never", "--set", "train.steps=10", *SINGLE)
        self.assertEqual(self.files(), ["long.yaml", "out.h5"])

    def test_stopped_before_anything_is_finished_keeps_the_packs_under_way(self):
        words = ("run", self.file, "-o", "out.h5", "--set", "train.steps=100000000", *SINGLE)
        process = self.start(words, ranks=2)
        while not os.path.isdir(self.path("out.h5.parts")):
            self.assertIsNone(process.poll())
            time.sleep(0.002)
        time.sleep(0.5)  # for a first step; where that is too short, nothing is kept, and the folder is removed
        process.send_signal(signal.SIGUSR1)  # mpirun hands it on to all ranks
        _, error = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 75, error)
        self.assertRegex(error, "interrupted; no network was finished, 1 packs under way are kept|no network was "
                                "finished")
        if os.path.isdir(self.path("out.h5.parts")):
            self.assertEqual(sorted(os.listdir(self.path("out.h5.parts"))),
                             ["lock", "pack" + 20 * "0" + ".checkpoint", "sweep"])

    def test_a_full_disk_stops_all_ranks_with_one_message(self):
        """A limit on file sizes stands for the full disk. MPI's own files need 8 MiB of it; the journals more."""
        words = ("run", self.file, "-o", "out.h5", "--set", "train.steps=10", "--set", "record.weights=both",
                 "--set", "network.width=32")
        limited = ["sh", "-c", 'ulimit -f 16384; exec "$@"', "sh"]
        done = subprocess.run(limited + self.command(words, ranks=2), cwd=self.folder, env=ENVIRONMENT,
                              capture_output=True, text=True, check=False, timeout=120)
        self.assertEqual(done.returncode, 1, done.stderr)
        # Open MPI 5 tells of its own file, which is larger, and goes on without it
        told = re.findall(r"initsweep: .*File too large.*", done.stderr)
        self.assertEqual(len(told), 1, done.stderr)
        self.assertRegex(told[0], r" \d+ of \d+ networks are kept in out\.h5\.parts")
        again = self.expect(0, *words)
        self.assertRegex(again.stderr, r"continuing: \d+ networks")
        self.expect(0, *words[:2], "-o", "whole.h5", *words[4:])
        self.assertEqual(self.contents("out.h5"), self.contents("whole.h5"))


if __name__ == "__main__":
    unittest.main()
