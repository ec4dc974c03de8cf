"""plot.py's figures of one question each, on files of real sweeps: files written, one number of each kind, errors."""
import os
import shutil
import subprocess
import tempfile
import unittest

import numpy as np

from made_up import panels_of
from sample_results import make, plot_here, run_script
import initsweep
from initsweep import mean_field, plots

SWEEP = """\
sweep: kinds
seed: 3
dataset: {name: xor}
network: {depth: 2, width: 4, activation: tanh}
train: {loss: mse, optimizer: sgd, learning_rate: 0.2, steps: 200}
record: {steps: [0, 1, 10, 200], weights: both, probes: [loss, gradient_norm, distinct_units, effective_rank,
         singular_value_max, singular_value_min, escape_step, hessian_max, hessian_min]}
grid:
  network.init: {name: mean_field, sigma_w: [0.5, 1.5, 2.5]}
  network.bias_init: {name: normal, std: [0.1, 0.5]}
  replicate: [0, 1]
"""
KINDS = ("multiples", "curve", "layers", "symmetry", "escape", "spectra", "hessian", "phase")


class Kinds(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="initsweep-kinds-")
        path = os.path.join(cls.folder, "kinds")
        with open(path + ".yaml", "w", encoding="utf-8") as file:
            file.write(SWEEP)
        done = subprocess.run([os.environ["INITSWEEP"], "run", path + ".yaml", "-o", path + ".h5", "--threads", "1"],
                              capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        cls.path = path + ".h5"
        cls.results = initsweep.open_results(cls.path).load()
        cls.sample = make(cls.folder, "sample.h5")

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def test_every_kind_writes_png_and_svg(self):
        """One by the script as a user runs it, the others in this process: imports take longer than figures."""
        done = run_script("plot.py", KINDS[0], self.path)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        written = done.stdout.split()
        for kind in KINDS[1:]:
            out = os.path.join(self.folder, kind)
            done = plot_here(kind, self.path, "-o", out)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, f"{out}.png\n{out}.svg\n", ""), kind)
            written += done.stdout.split()
        for path in written:
            self.assertGreater(os.path.getsize(path), 5000, path)

    def test_what_the_file_lacks_is_an_error(self):
        for kind, word in (("escape", "escape_step"), ("hessian", "hessian_max"), ("phase", "init_sigma_w|init_std")):
            done = plot_here(kind, self.sample)
            self.assertEqual((done.returncode, done.stdout), (2, ""), kind)
            self.assertRegex(done.stderr, word)
            self.assertNotIn("Traceback", done.stderr)

    def test_lines_of_layers_multiples_and_hessian_are_medians(self):
        def has_line(figure, expected):
            self.assertTrue(any(len(line.get_ydata()) == len(expected)
                                and np.allclose(line.get_ydata(), expected, equal_nan=True)
                                for panel in panels_of(figure) for line in panel.lines))
        one = initsweep.select(self.results, init_sigma_w=1.5, bias_init_std=0.1)
        has_line(plots.by_layer(one), np.median(one.gradient_norm.values[:, :, 1].astype(float), axis=0))
        has_line(plots.by_layer(one, "distinct_units"), np.median(one.distinct_units.values[:, :, 0], axis=0))
        has_line(plots.small_multiples(one), np.median(one.loss.values.astype(float), axis=0))
        has_line(plots.hessian(one), np.median(one.hessian_max.values.astype(float), axis=0))
        has_line(plots.spectra(one), np.median(one.effective_rank.values[:, -1].astype(float), axis=0))

    def test_singular_values_are_those_the_probe_saw(self):
        values = plots.singular_values(self.results, np.arange(12), 1, "final")
        np.testing.assert_allclose(values[:, 0], self.results.singular_value_max.values[:, -1, 1], rtol=1e-5)

    def test_escape_censors_and_fits(self):
        results = self.results.copy()
        step = 100 * results.init_sigma_w.values ** -2.0
        step[:2] = np.nan
        results["escape_step"] = ("network", step)
        x, at, censored, network = plots.escape_points(results, "init_sigma_w")
        self.assertEqual((len(x), list(np.flatnonzero(censored))), (12, [0, 1]))
        np.testing.assert_array_equal(at[:2], results.steps_done.values[:2])
        np.testing.assert_allclose(plots.power_law(x[2:], step[2:]), (-2, 0, 100), rtol=1e-9, atol=1e-9)

    def test_edge_of_chaos(self):
        """erf in closed form: int Dz erf'(sqrt(q) z)^2 = 4 / pi / sqrt(1 + 4 q), int Dz erf(sqrt(q) z)^2 = 2 / pi
        asin(2 q / (1 + 2 q))."""
        q = np.array([0.01, 0.1, 1.0, 3.0])
        sigma_w, sigma_b = mean_field.edge_of_chaos("erf", q)
        w2 = np.pi / 4 * np.sqrt(1 + 4 * q)
        np.testing.assert_allclose(sigma_w ** 2, w2, rtol=1e-8)
        np.testing.assert_allclose(sigma_b ** 2, q - w2 * 2 / np.pi * np.arcsin(2 * q / (1 + 2 * q)), rtol=1e-5)
        sigma_w, sigma_b = mean_field.edge_of_chaos("tanh")
        np.testing.assert_allclose((sigma_w[0], sigma_b[0]), (1, 0), atol=1e-3)  # Schoenholz et al. 2017, section 3
        sigma_w, sigma_b = mean_field.edge_of_chaos("relu")
        np.testing.assert_allclose(sigma_w, np.sqrt(2), rtol=1e-12)


if __name__ == "__main__":
    unittest.main()
