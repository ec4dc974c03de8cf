#!/usr/bin/python3
"""refine: what is trained is what an independent version picks from the full grid, and has the full grid's bits; on
several ranks, after an interruption, and to verify and replay."""
import os
import signal
import subprocess
import time
import unittest

import h5py
import numpy as np

from program import ENVIRONMENT, Case

LEVELS = 4
SWEEP = """\
sweep: map
seed: 1
dataset: {name: xor}
network: {depth: 1, width: 4, activation: tanh}
train: {loss: mse, optimizer: sgd, steps: 100}
record: {steps: [100], probes: [escape_step, gradient_norm, loss]}
grid:
  network.init: [{name: normal, std: {geomspace: [0.01, 100, 33]}}]
  replicate: {range: [0, 1]}
  train.learning_rate: {geomspace: [0.01, 1000, 65]}
"""
AXES = "axes: [train.learning_rate, network.init], levels: 4"
SHAPE = (33, 2, 65)


def pick(side, margin, levels=LEVELS):
    """The points that are trained: squares of a plane whose corners differ, and their neighbours, divided level by
    level. side [n, m]; returns a mask of this shape."""
    step = 2 ** levels
    wanted = np.zeros(side.shape, bool)
    wanted[::step, ::step] = True
    while step > 1:
        half, before = step // 2, wanted.copy()
        rows, columns = (side.shape[0] - 1) // step, (side.shape[1] - 1) // step
        def corners(values, a, b):
            return values[a * step:a * step + step + 1:step, b * step:b * step + step + 1:step]
        there = np.array([[corners(before, a, b).all() for b in range(columns)] for a in range(rows)])
        edge = np.array([[there[a, b] and len(set(corners(side, a, b).flat)) > 1 for b in range(columns)]
                         for a in range(rows)])
        for a, b in np.argwhere(there):
            near = edge[max(a - margin, 0):a + margin + 1, max(b - margin, 0):b + margin + 1]
            if near.any():
                wanted[a * step:a * step + step + 1:half, b * step:b * step + step + 1:half] = True
        step = half
    return wanted


class Refine(Case):
    @classmethod
    def setUpClass(cls):
        case = cls()
        case.setUp()
        cls.addClassCleanup(case.doCleanups)
        case.write("full.yaml", SWEEP)
        case.expect(0, "run", "full.yaml", "-o", "full.h5", "--quiet")
        with h5py.File(case.path("full.h5")) as file:
            cls.full = {name: file[name][()] for name in ("status", "loss", "gradient_norm", "id", "steps_done")}

    def check(self, name, side, margin):
        """Compares a results file with the full grid; returns the share that was trained."""
        wanted = np.stack([pick(side.reshape(SHAPE)[:, r], margin) for r in range(2)], axis=1).ravel()
        with h5py.File(self.path(name)) as file:
            status = file["status"][()]
            np.testing.assert_array_equal(status != 4, wanted)
            for key, values in self.full.items():
                np.testing.assert_array_equal(file[key][()][wanted], values[wanted], key)
            self.assertTrue(np.isnan(file["loss"][()][~wanted]).all())
            np.testing.assert_array_equal(file["id"][()], self.full["id"])
            i, _, j = np.unravel_index(np.arange(status.size), SHAPE)
            level = np.array([LEVELS - min(LEVELS, ((both & -both).bit_length() - 1) if both else LEVELS)
                              for both in map(int, i | j)])
            np.testing.assert_array_equal(file["level"][()], level)
            self.assertEqual(file["status"].attrs["flag_meanings"].split()[4], "skipped")
        self.assertTrue(0.03 < wanted.mean() < 0.9, wanted.mean())
        return wanted.mean()

    def run_refined(self, more="", ranks=0):
        self.write("map.yaml", SWEEP + f"refine: {{{AXES}{more}}}\n")
        self.expect(0, "run", "map.yaml", "--quiet", ranks=ranks)

    def test_boundary_of_the_loss(self):
        with np.errstate(invalid="ignore"):
            below = self.full["loss"][:, -1] < 0.05
        shares = []
        for margin in (0, 1, 2):
            self.run_refined(f", loss_below: 0.05, margin: {margin}")
            shares.append(self.check("map.h5", below, margin))
            os.remove(self.path("map.h5"))
        self.assertEqual(shares, sorted(shares))
        self.assertLess(shares[0], shares[2])

    def test_boundary_of_the_status_on_three_ranks(self):
        self.run_refined(ranks=3)
        self.check("map.h5", self.full["status"], 1)
        before = self.contents("map.h5")
        os.remove(self.path("map.h5"))
        self.run_refined(ranks=1)
        self.assertEqual(self.contents("map.h5"), before)

    def test_second_run_verify_and_replay(self):
        self.run_refined()
        self.assertIn("nothing to do", self.expect(0, "run", "map.yaml").stdout)
        with h5py.File(self.path("map.h5")) as file:
            status = file["status"][()]
        trained = int((status != 4).sum())
        self.assertIn(f" 16 of {trained} networks", self.expect(0, "verify", "map.h5").stdout)
        self.assertIn(f" {trained} of {trained} networks", self.expect(0, "verify", "map.h5", "--all").stdout)
        self.assertIn(f"{int((status == 4).sum())} skipped by the refinement", self.expect(0, "show", "map.h5").stdout)
        self.expect(0, "replay", "map.h5", "--network", str(np.flatnonzero(status != 4)[7]))
        self.assertIn("was skipped by the refinement",
                      self.expect(2, "replay", "map.h5", "--network", str(np.flatnonzero(status == 4)[7])).stderr)

    def test_interrupted_run_goes_on_to_the_same_file(self):
        self.run_refined(", margin: 3")
        whole = self.contents("map.h5")
        os.remove(self.path("map.h5"))
        slow = SWEEP.replace("steps: 100}", "steps: 60000}").replace("[100]", "[60000]")
        self.write("map.yaml", slow + f"refine: {{{AXES}, margin: 3}}\n")
        run = subprocess.Popen(self.command(["run", "map.yaml", "--threads", "1"]), cwd=self.folder, env=ENVIRONMENT,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for line in run.stderr:
            if "level 2" in line:
                break
        time.sleep(0.05)
        run.send_signal(signal.SIGTERM)
        run.communicate()
        self.assertEqual(run.returncode, 75)
        self.expect(0, "gather", "map.h5.parts", "-o", "part.h5")
        with h5py.File(self.path("part.h5")) as file:
            self.assertGreater((file["status"][()] != 0).sum(), 0)
            self.assertNotIn(4, file["status"][()])  # what is not there yet is missing, not skipped
        self.expect(0, "run", "map.yaml", "--quiet", ranks=2)
        resumed = self.contents("map.h5")
        os.remove(self.path("map.h5"))
        self.expect(0, "run", "map.yaml", "--quiet")
        self.assertEqual(self.contents("map.h5"), resumed)
        self.assertNotEqual(resumed, whole)


    def test_a_level_of_the_loss_on_a_plane_between_two_parameters(self):
        """x and y are values of one setting, whose biases are zipped with its weights."""
        self.write("start.yaml", SWEEP.split("grid:")[0].replace("tanh}", "tanh, init: he_normal}").replace(
            "steps: 100}", "learning_rate: 0.5, steps: 100}") + "grid: {replicate: [0]}\n")
        self.expect(0, "run", "start.yaml", "-o", "start.h5", "--quiet", "--set", "record.weights=final")
        plane = "[{name: plane, path: start.h5, dataset: weights_final, network: 0, x: {linspace: [-1, 1, 33]}, " \
                "y: {linspace: [-1, 1, 17]}}]"
        text = SWEEP.split("grid:")[0].replace("steps: 100", "learning_rate: 0.5, steps: 0").replace("[100]", "[0]")
        surface = text + f"zip: [{{network.init: {plane}, network.bias_init: {plane}}}]\ngrid: {{replicate: [4, 5]}}\n"
        self.write("surface.yaml", surface)
        self.expect(0, "run", "surface.yaml", "-o", "surface.h5", "--quiet")
        with h5py.File(self.path("surface.h5")) as file:
            loss = file["loss"][:, 0]
            replicates = [file["replicate"][()] == value for value in (4, 5)]
        border = float(np.median(loss))
        for first, second in (("x", "y"), ("y", "x")):
            axes = f"[network.init.{first}, network.init.{second}]"
            self.write("part.yaml", surface + f"refine: {{axes: {axes}, levels: 3, loss_below: {border}}}\n")
            self.expect(0, "run", "part.yaml", "-o", "part.h5", "--quiet", ranks=2)
            with h5py.File(self.path("part.h5")) as file:
                trained = file["status"][()] != 4
                np.testing.assert_array_equal(file["loss"][:, 0][trained], loss[trained])
            for mine in replicates:
                side = (loss[mine] < border).reshape(33, 17)
                np.testing.assert_array_equal(trained[mine].reshape(33, 17), pick(side, 1, 3))
            self.assertTrue(0.1 < trained.mean() < 0.95)
            os.remove(self.path("part.h5"))

    def test_parameters_that_are_no_axes_are_told(self):
        grid = SWEEP.replace("[{name: normal, std: {geomspace: [0.01, 100, 33]}}]",
                             "[{name: normal, std: [1, 2]}, {name: uniform, low: [-1, 0]}]")
        for names, message in (
                ("network.init.std, replicate", "'network.init.std' is not an axis of the grid"),
                ("network.init.sdt, replicate", "A parameter is one where the axis has all combinations of its values"),
                ("network.init, network.init", "axes lists 'network.init' twice")):
            self.write("bad.yaml", grid + f"refine: {{axes: [{names}], levels: 1}}\n")
            self.assertIn(message, self.expect(2, "check", "bad.yaml").stderr)
        self.write("bad.yaml", SWEEP + "refine: {axes: [network.init, network.init.std], levels: 1}\n")
        self.assertIn("'network.init.std' and the other axis share values", self.expect(2, "check", "bad.yaml").stderr)


if __name__ == "__main__":
    unittest.main()
