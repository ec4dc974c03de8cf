"""plot.py's figures of one question each, on files of real sweeps: files written, one number of each kind, errors."""
import os
import shutil
import subprocess
import tempfile
import unittest

import numpy as np

from made_up import learning, panels_of, texts
from sample_results import make, plot_here, run_script
import initsweep
from initsweep import maps, mean_field, plots, theory

SWEEP = """\
sweep: kinds
seed: 3
dataset: {name: xor}
network: {depth: 3, width: 4, activation: tanh}
train: {loss: mse, optimizer: sgd, learning_rate: 0.2, steps: 200}
record: {steps: [0, 1, 10, 200], weights: both, probes: [loss, gradient_norm, distinct_units, effective_rank,
         singular_value_max, singular_value_min, escape_step, hessian_max, hessian_min, pre_activation_variance,
         activation_variance, delta_variance, {name: correlation_map, correlation: 0.25}]}
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

    def with_settings(self, old, new):
        """The results as if another setting had been in the sweep file."""
        assert old in self.results.attrs["settings"], self.results.attrs["settings"]
        return self.results.assign_attrs(settings=self.results.attrs["settings"].replace(old, new))

    def diamonds(self, quantity, results):
        """Values of the predictions in the only panel of `layers`, from the first layer up."""
        (panel,) = panels_of(plots.by_layer(results, quantity, theory=True))
        marks = [line for line in panel.lines if line.get_marker() == "D"]
        self.assertTrue(all(list(line.get_xdata()) == [0] for line in marks))
        return [line.get_ydata()[0] for line in marks]

    def test_predictions_of_layers_are_those_of_the_formulas(self):
        """tanh with sigma_w 1.5 and sigma_b 0.5; integrals over a fine grid."""
        one = initsweep.select(self.results, init_sigma_w=1.5, bias_init_std=0.5)
        z = np.linspace(-10, 10, 20001)
        weight = np.exp(-z ** 2 / 2) / np.sqrt(2 * np.pi) * (z[1] - z[0])

        def at_start(name):
            return np.median(one[name].values[:, 0].astype(float), axis=0)

        q = [at_start("pre_activation_variance")[0]]
        for _ in range(2):
            q.append(2.25 * weight @ np.tanh(np.sqrt(q[-1]) * z) ** 2 + 0.25)
        square = np.array([weight @ np.tanh(np.sqrt(one) * z) ** 2 for one in q])
        chi = [2.25 * weight @ np.cosh(np.sqrt(one) * z) ** -4.0 for one in q]
        np.testing.assert_allclose(self.diamonds("pre_activation_variance", one), q[1:], rtol=1e-6)
        np.testing.assert_allclose(self.diamonds("activation_variance", one), square, rtol=1e-6)
        last = at_start("delta_variance")[2]
        self.assertEqual(len(self.diamonds("delta_variance", one)), 2)
        np.testing.assert_allclose(sorted(self.diamonds("delta_variance", one)),
                                   sorted([chi[0] * chi[1] * last, chi[1] * last]), rtol=1e-6)
        np.testing.assert_allclose(self.diamonds("gradient_norm", one),
                                   [at_start("gradient_norm")[2] * np.sqrt(chi[1] * square[0] / square[1])], rtol=1e-6)
        c = [(2.25 * 0.25 + 0.25) / 2.5]
        for size in (2.5, 2.25 * weight @ np.tanh(np.sqrt(2.5) * z) ** 2 + 0.25):
            c.append(theory.correlation_map("tanh", c[-1], size, 1.5, 0.5))
        np.testing.assert_allclose(self.diamonds("correlation_map", one), c, rtol=1e-6)

    def test_theory_that_does_not_hold_is_explained(self):
        for old, new, word in (("branch_layers: none", "branch_layers: 1", "branch_layers is 1"),
                               ("init_sparsity: 0", "init_sparsity: 0.5", "init_sparsity is 0.5"),
                               ("activation: tanh", "activation: gelu", "gelu")):
            with self.assertRaisesRegex(ValueError, f"no theory can be drawn: .*{word}"):
                results = self.with_settings(old, new)
                results["activation"] = results.activation.copy(data=["gelu"] * 12) if word == "gelu" \
                    else results.activation
                plots.phase(results, theory=True)
        with self.assertRaisesRegex(ValueError, "no theory of weight_norm|weight_norm"):
            plots.by_layer(self.results, "weight_norm", theory=True)
        with self.assertRaisesRegex(ValueError, "no theory of effective_rank by layer is known"):
            plots.by_layer(self.results, "effective_rank", theory=True)
        lacking = self.results.drop_vars("pre_activation_variance")
        with self.assertRaisesRegex(ValueError, "lacks pre_activation_variance"):
            plots.by_layer(lacking, "delta_variance", theory=True)
        with self.assertRaisesRegex(ValueError, "no axis is sigma_w"):
            maps.trainability(self.results, rows="replicate", columns="bias_init_std", theory=True)
        mixed = self.results.copy()
        mixed["init"] = mixed.init.copy(data=["mean_field"] * 8 + ["orthogonal"] * 4)
        shown = " ".join(" ".join(texts(plots.by_layer(mixed, "delta_variance", rows="init_sigma_w",
                                                       columns="bias_init_std", theory=True))).split())
        self.assertIn("no theory: the initialiser orthogonal has no sigma_w", shown)

    def test_lines_of_phase_are_the_edge_and_the_depth_scale(self):
        deep = self.results.assign_coords(depth=("network", np.full(12, 48), self.results.depth.attrs))
        (panel,) = panels_of(plots.phase(deep, theory=True))
        edge, ordered, chaotic = panel.lines[1::2]  # each is above a white one
        np.testing.assert_array_equal(edge.get_xdata(), mean_field.edge_of_chaos("tanh")[0])
        for line, tolerance in ((ordered, 1e-6), (chaotic, 0.02)):
            inside = [(w, b) for w, b in zip(line.get_xdata(), line.get_ydata()) if 0.1 <= b <= 0.5]
            self.assertGreater(len(inside), 5)
            for sigma_w, sigma_b in inside[::12]:
                self.assertAlmostEqual(6 * theory.correlation_depth_scale("tanh", sigma_w, sigma_b), 48,
                                       delta=48 * tolerance)
            self.assertEqual(line is chaotic, inside[0][0] > 1.5)
        self.assertEqual(len(panels_of(plots.phase(deep))[0].lines), 2)

    def test_lines_of_trainability_are_the_edge_and_the_depth_scale(self):
        count = 18
        made = learning(depth=np.tile([2, 8, 32], 6), init=np.full(count, "mean_field", object),
                        init_sigma_w=np.repeat(np.linspace(0.8, 2.8, 6), 3), width=np.full(count, 4))
        made.attrs["settings"] = "network: {bias_init: {name: normal, std: 0.3}}"
        made["features"] = ("network", np.full(count, 4))
        for activation, edge in (("tanh", 1.3949), ("relu", 2 ** 0.5)):
            one = made.assign_coords(activation=("network", np.full(count, activation, object), made.activation.attrs))
            (panel,) = panels_of(maps.trainability(one, rows="depth", columns="init_sigma_w", theory=True))
            straight, curve = panel.lines[1::2]
            np.testing.assert_allclose(straight.get_xdata(), [edge] * 2, atol=2e-3)
            known = [(w, depth) for w, depth in zip(curve.get_xdata(), curve.get_ydata()) if depth < 100]
            for sigma_w, depth in known[::10]:
                self.assertAlmostEqual(depth, 6 * theory.correlation_depth_scale(activation, sigma_w, 0.3), places=9)
            (panel,) = panels_of(maps.trainability(one, rows="init_sigma_w", columns="depth", theory=True))
            np.testing.assert_array_equal(panel.lines[1].get_ydata(), straight.get_xdata())
        one.attrs["settings"] = "network: {bias_init: {name: constant, value: 1}}"
        with self.assertRaisesRegex(ValueError, "bias_init is constant"):
            maps.trainability(one, rows="depth", columns="init_sigma_w", theory=True)

    def test_thresholds_of_hessian_are_those_of_the_optimiser(self):
        def dashed(results):
            return [line.get_ydata()[0] for line in panels_of(plots.hessian(results, theory=True))[0].lines
                    if line.get_linestyle() == "--"]
        for new, threshold in (("optimizer: sgd", 10.0), ("optimizer: {name: momentum, momentum: 0.5}", 15.0),
                               ("optimizer: {name: nesterov, momentum: 0.5}", 7.5)):
            np.testing.assert_allclose(dashed(self.with_settings("optimizer: sgd", new)), [threshold])
        rates = self.results.copy()
        rates["learning_rate"] = rates.learning_rate.copy(data=np.tile([0.2, 0.4], 6))
        lines = sorted({line.get_ydata()[0] for line in panels_of(
            plots.hessian(rates, colour="learning_rate", theory=True))[0].lines if line.get_linestyle() == "--"})
        np.testing.assert_allclose(lines, [5, 10])
        for old, new, word in (("optimizer: sgd", "optimizer: adam", "adam"),
                               ("batch_size: full", "batch_size: 2", "batch_size is 2"),
                               ("weight_decay: 0", "weight_decay: 0.1", "weight_decay is 0.1")):
            with self.assertRaisesRegex(ValueError, word):
                plots.hessian(self.with_settings(old, new), theory=True)


if __name__ == "__main__":
    unittest.main()
