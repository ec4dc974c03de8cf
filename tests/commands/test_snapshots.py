#!/usr/bin/python3
"""Weights at chosen steps (record.weights: {steps: ...}): each is what a shorter training ends with, to the bit,
whatever the ranks, threads and layout; verify, replay, extend and plan know them."""
import json
import unittest

import h5py
import numpy

from program import Case

STEPS = (0, 7, 20, 40)
# Networks of two depths, some of which diverge, some of which stop early
SWEEP = """\
sweep: small
seed: 7
dataset: {name: spirals, samples: 30}
network: {width: 5, activation: tanh, init: he_normal}
train: {loss: mse, optimizer: momentum, steps: 40, batch_size: 7, learning_rate: 0.1, stop: {loss_below: 0.24}}
record: {steps: [3, 20], probes: [loss, escape_step], weights: {steps: [7, 20]}}
grid:
  network.depth: [1, 3]
  train.learning_rate: [1.0e-4, 0.3, 1.0e30]
  replicate: {count: 3}
"""
# Weights of several chunks of the file beside a network of few, and steps that differ between networks
WIDE = """\
sweep: wide
seed: 7
precision: float64
dataset: digits
network: {activation: relu, init: he_normal, residual: {branch_layers: 1}, normalization: layer_norm}
train: {loss: cross_entropy, optimizer: adam, learning_rate: 0.01, batch_size: 32}
record: {steps: [0], probes: [loss], weights: {steps: {every: 2}}}
grid: {network.hidden: [[8, 8], [96, 96]], train.steps: [2, 5], replicate: {count: 2}}
"""


class Snapshots(Case):
    def run_sweep(self, out, *more, **environment):
        self.expect(0, "run", self.file, "-o", out, "--quiet", *more, **environment)
        with h5py.File(self.path(out)) as file:
            return {name: item[()] for name, item in file.items() if isinstance(item, h5py.Dataset)}

    def test_each_is_the_end_of_a_shorter_training(self):
        self.file = self.write("small.yaml", SWEEP)
        found = self.run_sweep("out.h5")
        weights, ended = found["weights"], found["steps_done"]
        self.assertEqual(tuple(found["weights_step"]), STEPS)
        self.assertEqual(tuple(found["step"]), (0, 3, 7, 20, 40))
        self.assertEqual(set(found["status"]), {1, 2, 3})
        self.assertNotIn("weights_initial", found)
        for k, step in enumerate(STEPS):
            name = "weights_final" if step else "weights_initial"
            shorter = self.run_sweep(f"{step}.h5", "--set", f"train.steps={step or 40}", "--set", "record.steps=[0]",
                                     "--set", f"record.weights={name[8:]}")
            reached = (found["step"] == step) & numpy.isfinite(found["loss"])  # no record, no weights
            there = reached.any(axis=1)
            self.assertTrue(there.any())
            self.assertTrue((there | (ended <= step)).all())
            numpy.testing.assert_array_equal(weights[there, k], shorter[name][there])
            self.assertTrue(numpy.isnan(weights[~there, k]).all())
        completed = found["status"] == 1
        numpy.testing.assert_array_equal(weights[completed, -1], found["weights_final"][completed])

    def test_the_same_bytes_on_any_ranks_and_in_either_layout(self):
        for name, text in (("small.yaml", SWEEP), ("wide.yaml", WIDE)):
            self.file, whole = self.write(name, text), f"{name}.h5"
            found = self.run_sweep(whole)
            for out, more in ((f"ranks-{whole}", {"ranks": 2}), (f"units-{whole}", {"INITSWEEP_LAYOUT": "units"})):
                self.run_sweep(out, **more)
                self.assertEqual(self.contents(out), self.contents(whole))
            self.expect(0, "verify", whole, "--all")
            self.expect(0, "verify", whole, "--hashes")
        self.assertEqual(found["weights_step"].tolist(), ([[0, 2, -1, -1]] * 2 + [[0, 2, 4, 5]] * 2) * 2)
        for network, steps in enumerate(found["weights_step"]):
            last = (steps >= 0).sum() - 1
            numpy.testing.assert_array_equal(found["weights"][network, last], found["weights_final"][network])
            self.assertTrue(numpy.isnan(found["weights"][network, last + 1:]).all())

    def test_verify_and_replay_compare_them(self):
        self.file = self.write("small.yaml", SWEEP)
        network = int(numpy.flatnonzero(self.run_sweep("out.h5")["status"] == 1)[0])
        table = self.expect(0, "replay", "out.h5", "--network", str(network), "--every").stdout
        self.assertEqual(table.splitlines()[0], "step,loss,escape_step")
        with h5py.File(self.path("out.h5"), "r+") as file:
            file["weights"][network, 2, 4] += numpy.float32(0.5)
        done = self.expect(1, "verify", "out.h5", "--all")
        self.assertIn(f"network {network} differs: weights at weights_record 2, parameter 5\n", done.stderr)
        done = self.expect(1, "replay", "out.h5", "--network", str(network))
        self.assertIn(f"network {network} differs: its weights at the steps of record.weights", done.stderr)

    def test_extend_keeps_them(self):
        self.file = self.write("small.yaml", SWEEP)
        self.run_sweep("out.h5")
        more = ("--set", "grid.replicate={count: 5}", "--resume", "extend")
        done = self.expect(2, "run", self.file, "-o", "out.h5", "--set", "record.weights={steps: [3, 20]}", *more)
        self.assertIn("needs the same record.steps and record.weights as before", done.stderr)
        self.expect(0, "run", self.file, "-o", "out.h5", *more)
        self.run_sweep("whole.h5", *more)
        self.assertEqual(self.contents("out.h5"), self.contents("whole.h5"))

    def test_networks_that_a_refinement_skips_have_none(self):
        text = SWEEP[:SWEEP.index("grid:")] + \
            "grid: {train.learning_rate: {linspace: [0.01, 0.8, 9]}, network.depth: {range: [1, 9]}}\n"
        self.file = self.write("small.yaml", text)
        whole = self.run_sweep("whole.h5")
        self.file = self.write("small.yaml", text + "refine: {axes: [train.learning_rate, network.depth], levels: 3, "
                               f"margin: 0, loss_below: {numpy.nanmedian(whole['loss'][:, 0])}}}\n")
        found = self.run_sweep("part.h5")
        skipped = found["status"] == 4
        self.assertTrue(0 < skipped.sum() < 81)
        self.assertTrue(numpy.isnan(found["weights"][skipped]).all())
        numpy.testing.assert_array_equal(found["weights"][~skipped], whole["weights"][~skipped])
        self.expect(0, "verify", "part.h5", "--all")

    def test_plan_counts_their_bytes(self):
        self.file = self.write("small.yaml", SWEEP)
        plans = [json.loads(self.expect(0, "plan", self.file, "--json", "--set", f"record.weights={weights}").stdout)
                 for weights in ("final", "{steps: [7, 20]}")]
        bytes_of_weights = 18 * len(STEPS) * plans[0]["parameters_max"] * 4
        results = plans[1]["result_bytes_at_most"] - plans[0]["result_bytes_at_most"]
        self.assertGreaterEqual(results, bytes_of_weights)
        self.assertLess(results, 1.2 * bytes_of_weights)
        self.assertGreaterEqual(plans[1]["journal_bytes_at_most"] - plans[0]["journal_bytes_at_most"],
                                len(STEPS) * plans[0]["parameters"] * 4)
        hostile = ("--set", "record.weights={steps: {every: 1}}", "--set", "train.steps=1000000", "--set",
                   "network.width=10000")
        plan = json.loads(self.expect(0, "plan", self.file, "--json", *hostile).stdout)
        self.assertGreater(plan["memory_bytes_per_rank"], 1e6 * 4 * plan["parameters_max"])


if __name__ == "__main__":
    unittest.main()
