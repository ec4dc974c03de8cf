#!/usr/bin/python3
"""The layouts of a pack, networks or units in lanes: the same bytes of a results file whatever is chosen; verify and
replay agree with either; plan says what is chosen."""
import json
import unittest

from program import Case

PROBES = """loss, test_loss, accuracy, test_accuracy, gradient_norm, bias_gradient_norm, batch_loss,
  batch_gradient_norm, batch_bias_gradient_norm, weight_norm, bias_norm, distinct_units, activation_mean,
  activation_variance, mean_cosine,
  effective_rank, singular_value_max, singular_value_min, distance_from_start, weight_sign_changes, first_moved,
  update_ratio, pre_activation_mean, pre_activation_variance, dead_fraction, saturated_fraction, input_correlation,
  jacobian_norm, jacobian_singular_value_max, jacobian_singular_value_min, constant_loss, escape_step, hessian_max,
  hessian_min, hessian_residual, gradient_curvature, gradient_variance, gradient_noise_scale,
  delta_variance, ntk_trace, ntk_max, ntk_change, ntk_target_alignment, direction_count, hessian_trace,
  outputs, correlation_map, hessian_top, {name: hessian_top_residual, count: 3}, jacobian_singular_values,
  linear_map_singular_values, confusion, test_confusion"""
# Widths on both sides of a line's 16 and 8 numbers
SWEEPS = ("""\
sweep: classes
seed: 7
dataset: {name: gaussian_mixture, samples: 50, features: 5, classes: 3, test_fraction: 0.3}
network: {init: he_normal}
train: {loss: cross_entropy, optimizer: adam, learning_rate: 0.02, steps: 12, batch_size: 8, clip_norm: 0.5,
  weight_decay: 0.01, stop: {loss_below: 0.3}}
record: {steps: [0, 5, 12], probes: [PROBES], weights: both}
grid:
  network.hidden: [[17], [16, 3], [33, 8, 8]]
  network.activation: [tanh, relu]
  replicate: {range: [0, 1]}
""", """\
sweep: branches
seed: 8
precision: float64
dataset: {name: spirals, samples: 40, test_fraction: 0.2}
network: {width: 9, depth: 3, init: glorot_normal, residual: {branch_layers: 2, scale: 0.5, train_scale: true},
  normalization: rms_norm, dropout: 0.2}
train: {loss: mse, optimizer: momentum, learning_rate: 0.05, steps: 10, gradient_noise: 0.001,
  stop: {gradient_below: 0.01}}
record: {steps: {geomspace: 4}, probes: [PROBES, hessian_eigenvalues,
  hessian_negative, residual_scale, residual_scale_gradient], weights: final}
grid:
  network.activation: [sigmoid, swish]
  train.learning_rate: [0.05, 1.0e30]
  replicate: {range: [0, 1]}
""", """\
sweep: masks
seed: 9
dataset: {name: spirals, samples: 40}
network: {width: 17, depth: 2, activation: tanh, init: he_normal, init_noise: {std: 0.1, of: weights}}
train: {loss: mse, optimizer: rprop, learning_rate: 0.01, steps: 10, weight_decay: 0.1, gradient_noise: 0.001}
record: {steps: [0, 10], probes: [loss, gradient_norm, distinct_units], weights: final}
grid:
  network.mask: [none, {by: random, sparsity: [0.2, 0.9]}]
  train.clip_norm: [none, 0.1]
""")
FEW = """\
sweep: few
seed: 7
dataset: digits
network: {hidden: [128, 128], activation: tanh, init: glorot_uniform}
train: {loss: cross_entropy, optimizer: sgd, learning_rate: 0.05, batch_size: 64, steps: 5}
record: {steps: [0, 5], probes: [loss]}
grid: {replicate: {range: [0, 20]}}
"""


class Layouts(Case):
    def compare(self, expected, file, out, *more, **environment):
        """Runs a sweep file into out, whose contents have to be the expected ones."""
        self.expect(0, "run", file, "-o", out, "--quiet", *more, **environment)
        found = self.contents(out)
        self.assertEqual(found.keys(), expected.keys())
        for name, values in expected.items():
            self.assertEqual(found[name], values, f"{out}: {name}")

    def test_the_bytes_of_a_results_file_do_not_depend_on_it(self):
        for number, sweep in enumerate(SWEEPS):
            file = self.write(f"{number}.yaml", sweep.replace("PROBES", PROBES))
            self.expect(0, "run", file, "-o", f"networks{number}.h5", "--quiet", INITSWEEP_LAYOUT="networks")
            expected = self.contents(f"networks{number}.h5")
            for out, more in ((f"units{number}.h5", {"INITSWEEP_LAYOUT": "units"}), (f"chosen{number}.h5", {})):
                self.compare(expected, file, out, **more)
            # the portable kernels are slow
            part = ("--set", "grid.replicate=[1]", "--set", "record.steps=[0, 10]", "--set", "train.steps=10")
            part = part if "replicate" in sweep else part[2:]
            self.expect(0, "run", file, "-o", f"part{number}.h5", "--quiet", *part, INITSWEEP_LAYOUT="networks")
            self.compare(self.contents(f"part{number}.h5"), file, f"portable{number}.h5", *part,
                         INITSWEEP_LAYOUT="units", INITSWEEP_KERNELS="portable")
            self.expect(0, "verify", f"networks{number}.h5", "--all", stderr="", INITSWEEP_LAYOUT="units")
            self.expect(0, "verify", f"units{number}.h5", "--sample", "5", stderr="", INITSWEEP_LAYOUT="networks")
            for layout in ("units", "networks"):
                self.expect(0, "replay", f"chosen{number}.h5", "--network", "4", INITSWEEP_LAYOUT=layout)

    def test_plan_says_what_is_chosen(self):
        self.write("few.yaml", FEW)
        for layout, text, classes in (
                ("networks", "2 of 16 networks, 11 idle lanes (34.4 %)\n", [("networks", 21, 2)]),
                ("units", "21 of one network, units in lanes\n", [("units", 21, 21)])):
            plan = self.expect(0, "plan", "few.yaml", INITSWEEP_LAYOUT=layout).stdout
            self.assertIn(f"\npacks        {text}", plan)
            found = json.loads(self.expect(0, "plan", "few.yaml", "--json", INITSWEEP_LAYOUT=layout).stdout)
            self.assertEqual([(c["in_lanes"], c["networks"], c["packs"]) for c in found["largest_classes"]], classes)

    def test_another_layout_is_an_error(self):
        self.write("few.yaml", FEW)
        for words in (("run", "few.yaml"), ("plan", "few.yaml")):
            done = self.expect(2, *words, INITSWEEP_LAYOUT="columns")
            self.assertIn("INITSWEEP_LAYOUT is 'columns', not networks or units", done.stderr)
        self.assertEqual(self.files(), ["few.yaml"])


if __name__ == "__main__":
    unittest.main()
