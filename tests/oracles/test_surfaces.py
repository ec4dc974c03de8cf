#!/usr/bin/python3
"""Loss surfaces as sweeps: the initialisers `interpolate` and `plane` on the weights of another results file, with
train.steps: 0.

Without hidden layers the mse is a quadratic form of the weights, so its surface is known exactly; with them the loss of
every point is compared with NumPy's from the weights that the same file holds.
"""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import h5py
import numpy

sys.path[:0] = [os.path.join(os.path.dirname(os.path.abspath(__file__)), name) for name in ("..", "../../scripts")]
import requirements  # noqa: E402

PROGRAM = os.environ["INITSWEEP"]
TRAINED = """\
sweep: trained
seed: 7
precision: float64
dataset: {name: csv, path: data.csv, target: "4,5", test_fraction: 0}
network: {hidden: HIDDEN, activation: tanh, init: {name: normal, std: 0.7}, bias_init: {name: normal, std: 0.2}}
train: {loss: mse, optimizer: sgd, learning_rate: 0.1, steps: 20}
record: {steps: [20], probes: [loss], weights: final}
grid: {replicate: {count: 2}}
"""
POINTS = """\
sweep: points
seed: 8
precision: float64
dataset: {name: csv, path: data.csv, target: "4,5", test_fraction: 0}
network: {hidden: HIDDEN, activation: tanh}
train: {loss: mse, optimizer: sgd, learning_rate: 0.1, steps: 0}
record: {steps: [0], probes: [loss, gradient_norm], weights: initial}
zip:
  - {network.init: [INIT], network.bias_init: [INIT]}
"""


class Surfaces(unittest.TestCase):
    def setUp(self):
        self.table = numpy.random.default_rng(3).normal(size=(30, 5))
        self.context = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self.context.name)
        numpy.savetxt(self.folder / "data.csv", self.table, delimiter=",", fmt="%.17g")

    def tearDown(self):
        self.context.cleanup()

    def run_sweep(self, name, text, hidden, *options):
        text = text.replace("HIDDEN", hidden)
        text = text.replace(", activation: tanh", "") if hidden == "[]" else text
        (self.folder / f"{name}.yaml").write_text(text, encoding="utf-8")
        subprocess.run([PROGRAM, "run", f"{name}.yaml", "-o", f"{name}.h5", "--quiet", *options], cwd=self.folder,
                       check=True)
        with h5py.File(self.folder / f"{name}.h5") as file:
            return {key: file[key][:] for key in file if isinstance(file[key], h5py.Dataset)}

    def loss(self, flat, sizes):
        a, first = self.table[:, :3], 0
        for k, (fan_in, fan_out) in enumerate(zip(sizes, sizes[1:])):
            w = flat[first : first + fan_in * fan_out].reshape(fan_out, fan_in)
            first += fan_in * fan_out
            a = a @ w.T + flat[first : first + fan_out]
            first += fan_out
            a = numpy.tanh(a) if k + 2 < len(sizes) else a
        return ((a - self.table[:, 3:]) ** 2).mean()

    def test_a_line_between_two_networks(self):
        trained = self.run_sweep("trained", TRAINED, "[4]")["weights_final"]
        line = self.run_sweep("line", POINTS.replace(
            "INIT", "{name: interpolate, path: trained.h5, t: {linspace: [-0.5, 1.5, 9]}}"), "[4]")
        self.assertEqual(len(line["loss"]), 9)
        for n, t in enumerate(numpy.linspace(-0.5, 1.5, 9)):
            flat = line["weights_initial"][n]
            numpy.testing.assert_array_equal(flat, (1 - t) * trained[0] + t * trained[1])
            numpy.testing.assert_allclose(line["loss"][n, 0], self.loss(flat, [3, 4, 2]), rtol=1e-12)
        self.assertEqual(line["weights_initial"][2].tobytes(), trained[0].tobytes())
        self.assertEqual(line["weights_initial"][6].tobytes(), trained[1].tobytes())
        self.assertEqual(len(set(line["id"])), 9)
        same = self.run_sweep("same", POINTS.replace(
            "INIT", "{name: interpolate, path: trained.h5, from: 1, to: 1, t: [0, 1]}"), "[4]")
        for weights in same["weights_initial"]:
            self.assertEqual(weights.tobytes(), trained[1].tobytes())

    def test_refine_over_a_line(self):
        self.run_sweep("trained", TRAINED, "[4]")
        text = POINTS.replace("INIT", "{name: interpolate, path: trained.h5, t: {linspace: [-1, 2, 17]}}") + \
            "grid: {network.init_noise: {linspace: [0, 0.2, 5]}}\n"
        whole = self.run_sweep("whole", text, "[4]")
        final = whole["loss"][:, -1]
        part = self.run_sweep("part", text + "refine: {axes: [network.init+network.bias_init, network.init_noise], "
                              f"levels: 2, margin: 0, loss_below: {numpy.median(final)}}}\n", "[4]")
        trained = part["status"] != 4  # skipped
        self.assertTrue(15 < trained.sum() < len(final), trained.sum())
        numpy.testing.assert_array_equal(part["id"], whole["id"])
        numpy.testing.assert_array_equal(part["loss"][trained, -1], final[trained])

    def test_a_plane_around_a_quadratic_form(self):
        """L(w + x d1 + y d2) = L + g d + d H d / 2, with H of the regression in closed form."""
        trained = self.run_sweep("trained", TRAINED, "[]")["weights_final"]
        init = "{name: plane, path: trained.h5, network: 1, x: {linspace: [-1, 1, 5]}, y: {linspace: [-2, 2, 5]}, " \
               "normalization: NORMALIZATION}"
        features = numpy.column_stack([self.table[:, :3], numpy.ones(30)])
        for normalization in ("filter", "layer", "none"):
            points = self.run_sweep(normalization, POINTS.replace("INIT", init.replace("NORMALIZATION", normalization)),
                                    "[]", "--threads", "2")
            grid = points["weights_initial"].reshape(5, 5, 8)
            centre = grid[2, 2]
            self.assertEqual(centre.tobytes(), trained[1].tobytes())
            d1, d2 = grid[4, 2] - centre, (grid[2, 4] - centre) / 2
            if normalization == "filter":
                for d in (d1, d2):
                    numpy.testing.assert_allclose(numpy.linalg.norm(d[:6].reshape(2, 3), axis=1),
                                                  numpy.linalg.norm(centre[:6].reshape(2, 3), axis=1), rtol=1e-12)
                    numpy.testing.assert_allclose(numpy.abs(d[6:]), numpy.abs(centre[6:]), rtol=1e-12)
            if normalization == "layer":
                numpy.testing.assert_allclose(numpy.linalg.norm(d1[:6]), numpy.linalg.norm(centre[:6]), rtol=1e-12)
            for i, x in enumerate(numpy.linspace(-1, 1, 5)):
                for j, y in enumerate(numpy.linspace(-2, 2, 5)):
                    d = x * d1 + y * d2
                    numpy.testing.assert_allclose(grid[i, j], centre + d, atol=1e-14)
                    residual, change = (features @ numpy.column_stack([w[:6].reshape(2, 3), w[6:]]).T
                                        for w in (centre, d))
                    residual = residual - self.table[:, 3:]
                    expected = (residual**2).mean() + 2 * (residual * change).mean() + (change**2).mean()
                    numpy.testing.assert_allclose(points["loss"].reshape(5, 5)[i, j], expected, rtol=1e-12)

    def test_a_plane_found_from_its_networks_is_the_one_that_was_drawn(self):
        """initsweep.surfaces finds centre and directions from three corners; every other network is on them."""
        requirements.module("matplotlib")
        from initsweep import open_arrays, surfaces
        trained = TRAINED.replace("weights: final", "weights: {steps: [5, 10]}")
        weights = self.run_sweep("trained", trained, "[4]")["weights"][1]
        line = self.run_sweep("slice", POINTS.replace(
            "INIT", "{name: interpolate, path: trained.h5, dataset: 'weights[2]', from: 1, to: 0, t: [0, 0.5]}"), "[4]")
        self.assertEqual(line["weights_initial"][0].tobytes(), weights[2].tobytes())
        points = self.run_sweep("plane", POINTS.replace("INIT", "{name: plane, path: trained.h5, network: 1, x: "
                                "{linspace: [-0.5, 1, 4]}, y: {linspace: [0.5, 2, 3]}}"), "[4]")
        files = [open_arrays(self.folder / f"{name}.h5") for name in ("plane", "trained")]
        centre, directions = surfaces.plane_of(files[0])
        numpy.testing.assert_allclose(centre, weights[-1], rtol=1e-12, atol=1e-14)
        for x, y, own in zip(points["init_x"], points["init_y"], points["weights_initial"]):
            numpy.testing.assert_allclose(own, weights[-1] + directions @ [x, y], atol=1e-13)
        path = surfaces.project_trajectory(*files)
        self.assertEqual(path.step.tolist(), [0, 5, 10, 20])
        for k, place in enumerate(zip(path.x, path.y)):  # what is left is at right angles to both directions
            left = weights[k] - centre - directions @ place
            numpy.testing.assert_allclose(directions.T @ left, 0, atol=1e-12)
        self.assertLess(0, path.share)
        self.assertLess(path.share, 1)

    def test_what_is_wrong_is_named(self):
        self.run_sweep("trained", TRAINED, "[4]")
        for init, hidden, expected in (
                ("{name: interpolate, path: trained.h5}", "[5]",
                 "initializer interpolate: network 0 of 'weights_final' in trained.h5 has 26 weights and biases"),
                ("{name: plane, path: trained.h5, network: 2}", "[4]", "initializer plane: "),
                ("{name: plane, path: none.h5}", "[4]", "none.h5"),
                ("{name: interpolate, path: trained.h5, dataset: weights}", "[4]", "'weights'"),
                ("{name: plane, path: trained.h5, normalization: filters}", "[4]", "did you mean 'filter'")):
            (self.folder / "wrong.yaml").write_text(POINTS.replace("INIT", init).replace("HIDDEN", hidden),
                                                    encoding="utf-8")
            done = subprocess.run([PROGRAM, "check", "wrong.yaml"], cwd=self.folder, capture_output=True, text=True)
            self.assertEqual(done.returncode, 2, init)
            self.assertIn("wrong.yaml:9:", done.stderr)
            self.assertIn(expected, done.stderr)


if __name__ == "__main__":
    unittest.main()
