#!/usr/bin/python3
"""Packs under way go on where their checkpoint was, whatever ended the run, and leave the same bits."""
import glob
import os
import signal
import subprocess
import time
import unittest

import h5py

from program import ENVIRONMENT, PROGRAM, Case

# One pack that takes seconds, so that all that a resumed run saves is inside it
LONG = """\
sweep: long
seed: 3
precision: float64
dataset: {name: xor}
network: {depth: 2, width: 16, activation: tanh, init: he_normal}
train: {loss: mse, optimizer: adam, learning_rate: 0.001, batch_size: 3, steps: 400000}
record: {steps: {every: 1000}, probes: [loss, gradient_norm], weights: both}
grid:
  replicate: {range: [0, 6]}
"""
# Steps long enough to be shared by threads
WIDE = """\
sweep: wide
seed: 3
dataset: {name: digits}
network: {depth: 2, width: 48, activation: relu, init: he_normal}
train: {loss: cross_entropy, optimizer: momentum, learning_rate: 0.01, batch_size: 256, steps: 1000}
record: {steps: {geomspace: 9}, probes: [loss, accuracy], weights: final}
grid:
  replicate: {range: [0, 2]}
"""


def processor_seconds(number):
    """What a process has used so far, whatever else the machine does."""
    with open(f"/proc/{number}/stat", encoding="utf-8") as file:
        user, system = file.read().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


class Checkpoint(Case):
    def checkpoints(self):
        return glob.glob(os.path.join(glob.escape(self.path("out.h5.parts")), "*.checkpoint"))

    def stop_in_the_middle(self, number, *more, after=None):
        """Starts, and sends a signal once there is a checkpoint (or after some seconds of the processor); returns the
        exit status."""
        process = subprocess.Popen([PROGRAM, "run", self.file, "-o", "out.h5", *more], cwd=self.folder, env=ENVIRONMENT,
                                   stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        before = {name: os.stat(name).st_mtime_ns for name in self.checkpoints()}
        while after is None and all(os.stat(name).st_mtime_ns == before.get(name) for name in self.checkpoints()):
            self.assertIsNone(process.poll(), "it ended before it had a checkpoint")
            time.sleep(0.005)
        while after and processor_seconds(process.pid) < after:
            self.assertIsNone(process.poll(), "it ended before it was to be stopped")
            time.sleep(0.005)
        process.send_signal(number)
        return process.wait(60)

    def steps_of(self, name):
        with h5py.File(self.path(name), "r") as file:
            return int(file["provenance"].attrs["network_steps"])

    def same_and_fewer_steps(self, *words, ranks=0):
        done = self.expect(0, "run", self.file, "-o", "out.h5", *words, ranks=ranks)
        self.expect(0, "run", self.file, "-o", "whole.h5", "--quiet")
        self.assertEqual(self.contents("out.h5"), self.contents("whole.h5"))
        self.assertLess(self.steps_of("out.h5"), self.steps_of("whole.h5"), done.stderr)
        self.assertFalse(os.path.exists(self.path("out.h5.parts")))

    def test_killed_again_and_again(self):
        self.file = self.write("long.yaml", LONG.replace("weights: both", "weights: {steps: {every: 50000}}"))
        for _ in range(3):
            self.assertEqual(self.stop_in_the_middle(signal.SIGKILL, "--checkpoint", "0.1"), -signal.SIGKILL)
        self.same_and_fewer_steps(ranks=2)

    def test_a_signal_keeps_what_is_under_way(self):
        self.file = self.write("long.yaml", LONG)
        self.assertEqual(self.stop_in_the_middle(signal.SIGTERM, "--checkpoint", "0", after=0.7), 75)
        self.assertEqual(len(self.checkpoints()), 1)
        self.same_and_fewer_steps()

    def test_threads_that_share_a_pack(self):
        self.file = self.write("wide.yaml", WIDE)
        self.assertEqual(self.stop_in_the_middle(signal.SIGKILL, "--checkpoint", "0.02", "--threads", "3"),
                         -signal.SIGKILL)
        self.assertEqual(self.stop_in_the_middle(signal.SIGTERM, "--checkpoint", "0.02", "--threads", "2"), 75)
        self.same_and_fewer_steps("--threads", "2", "--checkpoint", "0.05")

    def test_a_damaged_checkpoint_is_not_used(self):
        self.file = self.write("wide.yaml", WIDE)
        self.assertEqual(self.stop_in_the_middle(signal.SIGTERM, "--checkpoint", "0.02"), 75)
        name, = self.checkpoints()
        with open(name, "r+b") as file:
            file.seek(os.path.getsize(name) // 2)
            byte = file.read(1)
            file.seek(-1, os.SEEK_CUR)
            file.write(bytes([byte[0] ^ 1]))
        self.expect(0, "run", self.file, "-o", "out.h5", "--quiet")
        self.expect(0, "run", self.file, "-o", "whole.h5", "--quiet")
        self.assertEqual(self.contents("out.h5"), self.contents("whole.h5"))
        self.assertEqual(self.steps_of("out.h5"), self.steps_of("whole.h5"))


if __name__ == "__main__":
    unittest.main()
