#!/usr/bin/python3
"""What a network may be: exact relations between trainings, and results of theory and of NumPy.

Environment: INITSWEEP, the program.
"""
import os
import pathlib
import subprocess
import tempfile
import unittest

import h5py
import numpy
import torch
import torch.nn.utils.prune

from sweeps import run
from test_training import TORCH_OPTIMIZERS


def csv(name, inputs, targets):
    """A dataset setting of a new CSV file with these columns, without a test set."""
    path = pathlib.Path(os.environ["INITSWEEP_TEST_FOLDER"], name)
    table = numpy.column_stack([inputs, targets])
    numpy.savetxt(path, table, delimiter=",", fmt="%.17g")
    columns = ",".join(str(inputs.shape[1] + 1 + j) for j in range(targets.shape[1]))
    return f'{{name: csv, path: "{path}", target: "{columns}", test_fraction: 0}}'


class Biases(unittest.TestCase):
    """Networks without biases. The data are not 0, so that no sign of 0 is lost."""

    def setUp(self):
        draws = numpy.random.default_rng(21).normal(size=(40, 5))
        self.inputs, self.targets = draws[:, :3], draws[:, 3:]

    def train(self, name, factor, network, optimizer, rate, precision):
        return run(f"dataset: {csv(name, factor * self.inputs, factor * self.targets)}\nprecision: {precision}\n"
                   f"network: {{depth: 3, width: 9, init: {{name: he_normal, gain: 1}}, {network}}}\n"
                   f"train: {{loss: mse, optimizer: {optimizer}, learning_rate: {rate}, batch_size: 16, steps: 60}}\n"
                   "record: {steps: {every: 1}, weights: both, probes: [loss, gradient_norm]}\n")

    def test_tanh_networks_are_odd_functions(self):
        """f(-x) = -f(x) to the bit, so -x and -t train the same weights."""
        for precision in ("float32", "float64"):
            for optimizer in ("sgd", "adam"):
                odd = [self.train("odd.csv", sign, "activation: tanh, bias: none", optimizer, 0.05, precision)
                       for sign in (1, -1)]
                self.assertFalse(numpy.array_equal(odd[0]["weights_initial"], odd[0]["weights_final"]))
                for name in ("loss", "gradient_norm", "weights_final"):
                    numpy.testing.assert_array_equal(odd[0][name], odd[1][name])
        biased = [self.train("odd.csv", sign, "activation: tanh, bias_init: {name: constant, value: 0.1}", "sgd", 0.05,
                             "float32") for sign in (1, -1)]
        self.assertFalse(numpy.array_equal(biased[0]["loss"], biased[1]["loss"]))

    def test_relu_networks_are_homogeneous(self):
        """f(2 x) = 2 f(x) to the bit: with 2 x, 2 t and a quarter of the rate, the same weights and 4 times the
        loss."""
        for precision in ("float32", "float64"):
            one, two = [self.train("relu.csv", factor, "activation: relu, bias: none", "sgd", 0.04 / factor**2,
                                   precision) for factor in (1, 2)]
            numpy.testing.assert_array_equal(two["weights_final"], one["weights_final"])
            numpy.testing.assert_array_equal(two["loss"], 4 * one["loss"])
            numpy.testing.assert_array_equal(two["gradient_norm"], 4 * one["gradient_norm"])


class Rates(unittest.TestCase):
    """Learning rates by layer."""

    def setUp(self):
        draws = numpy.random.default_rng(22).normal(size=(30, 5))
        self.inputs, self.targets = draws[:, :3], draws[:, 3:]
        self.dataset = csv("rates.csv", self.inputs, self.targets)

    def test_constant_networks_of_any_width_are_one_of_width_1(self):
        """docs/claims.md, the width-1 network: all weights of layer k equal u_k / n_(k-1); rates n_(k-1) / n_k for
        weights, 1 / n_k for hidden biases, 1 for output biases (n_0 and n_(L+1) count as 1)."""
        start = [0.3, -0.4, 0.5]
        widths = [1, 8, 4, 1]
        of_width_1 = run(
            f"dataset: {self.dataset}\nprecision: float64\n"
            "network: {hidden: [1, 1], activation: tanh, init: zeros, init_by_layer: {"
            + ", ".join(f"{layer}: {{name: constant, value: {value}}}" for layer, value in zip("123", start)) + "}}\n"
            "train: {loss: mse, optimizer: sgd, learning_rate: 0.1, steps: 200, rate_by_layer: {"
            + ", ".join(f"{k}: {{weights: {widths[k - 1] / widths[k]}, biases: {1 / widths[k]}}}" for k in (1, 2, 3))
            + "}}\nrecord: {probes: [loss], weights: final}\n")
        wide = run(
            f"dataset: {self.dataset}\nprecision: float64\n"
            "network: {hidden: [8, 4], activation: tanh, init: zeros, init_by_layer: {"
            + ", ".join(f"{k}: {{name: constant, value: {start[k - 1] / widths[k - 1]}}}" for k in (1, 2, 3)) + "}}\n"
            "train: {loss: mse, optimizer: sgd, learning_rate: 0.1, steps: 200}\n"
            "record: {probes: [loss], weights: final}\n")
        numpy.testing.assert_allclose(wide["loss"], of_width_1["loss"], rtol=1e-12)
        self.assertLess(wide["loss"][0, -1], 0.99 * wide["loss"][0, 0])
        first = 8 * wide["weights_final"][0, 32 + 8]  # a weight of layer 2, times n_1
        self.assertAlmostEqual(first, of_width_1["weights_final"][0, 4], places=12)

    def test_random_features_find_the_least_squares(self):
        """The first layer is frozen: gradient descent on the output weights ends at NumPy's least squares, without a
        ridge, and the features keep their bits."""
        results = run(f"dataset: {self.dataset}\nprecision: float64\n"
                      "network: {depth: 1, width: 6, activation: tanh, bias: hidden, init: {name: normal, std: 1}, "
                      "bias_init: {name: normal, std: 1}}\n"
                      "train: {loss: mse, optimizer: {name: nesterov, momentum: 0.99}, learning_rate: 0.5, "
                      "steps: 20000, rate_by_layer: {1: 0}}\nrecord: {steps: [20000], probes: [loss], weights: both}\n")
        before, after = results["weights_initial"][0], results["weights_final"][0]
        self.assertEqual(before[:24].tobytes(), after[:24].tobytes())
        features = numpy.tanh(self.inputs @ before[:18].reshape(6, 3).T + before[18:24])
        solution = numpy.linalg.lstsq(features, self.targets, rcond=None)[0]
        numpy.testing.assert_allclose(after[24:].reshape(2, 6).T, solution, rtol=0, atol=1e-8)
        numpy.testing.assert_allclose(results["loss"][0, -1], ((features @ solution - self.targets) ** 2).mean(),
                                      rtol=1e-12)

    def test_a_frozen_layer_does_not_depend_on_company(self):
        """Networks that freeze a layer have the same bits alone, in a sweep without a record, and with probes of its
        gradient."""
        text = (f"dataset: {self.dataset}\nnetwork: {{depth: 2, width: 20, activation: tanh, init: he_normal}}\n"
                "train: {loss: mse, optimizer: adam, learning_rate: 0.01, batch_size: 8, steps: 40, "
                "rate_by_layer: {1: 0}}\nrecord: {probes: [PROBES], steps: {every: 1}, weights: both}\n"
                "grid: {train.rate_by_layer.2: [1, 0.5], replicate: {range: [0, 3]}}\n")
        plain, probed = (run(text.replace("PROBES", probes)) for probes in ("loss", "loss, batch_gradient_norm"))
        self.assertEqual(plain["weights_final"].tobytes(), probed["weights_final"].tobytes())
        self.assertEqual(plain["weights_initial"][:, :80].tobytes(), plain["weights_final"][:, :80].tobytes())
        self.assertTrue((probed["batch_gradient_norm"][:, 1:, 0] > 0).all())


SIZES = [3, 6, 10, 2]
BASE = 4
# Of weights W = a w: a, the standard deviation of w by that of the initialiser, the learning rate of w with sgd and its
# like, and with adam and its like; then the learning rates of biases. From the papers, by layer.
MULTIPLIERS = {
    "ntk": [(3**-0.5, 1, 1, 1, 1, 1), (6**-0.5, 1, 1, 1, 1, 1), (10**-0.5, 1, 1, 1, 1, 1)],
    "mean_field": [(1, 1, 6, 1, 6, 1), (1 / 6, 1, 60, 1, 10, 1), (1 / 10, 1, 10, 1, 1, 1)],
    "mup": [(1, 1, 6 / BASE, 1, 6 / BASE, 1), (1, 1, 10 / 6, BASE / 6, 10 / BASE, 1),
            (BASE / 10, (10 / BASE) ** 0.5, 10 / BASE, 1, 1, 1)],
}
LIKE_SGD = ("sgd", "momentum", "nesterov")
CHOICES = {"momentum": {"momentum": 0.9}, "nesterov": {"momentum": 0.8}, "adagrad": {"epsilon": 0.01},
           "adam": {"beta1": 0.9, "beta2": 0.99, "epsilon": 0.01},
           "adamw": {"beta1": 0.9, "beta2": 0.99, "epsilon": 0.01},
           "rmsprop": {"alpha": 0.9, "epsilon": 0.01, "momentum": 0.5}}


class Parametrizations(unittest.TestCase):
    def setUp(self):
        draws = numpy.random.default_rng(23).normal(size=(20, 5))
        self.inputs, self.targets = draws[:, :3], draws[:, 3:]
        self.text = (f"dataset: {csv('parametrizations.csv', self.inputs, self.targets)}\nprecision: float64\n"
                     "network: {hidden: [6, 10], activation: tanh, init: {name: normal, std: 1}, "
                     "bias_init: {name: normal, std: 1}, parametrization: PARAMETRIZATION}\n"
                     "train: {loss: mse, optimizer: OPTIMIZER, learning_rate: 0.01, weight_decay: 0.1, steps: 100}\n"
                     "record: {steps: {every: 1}, weights: both, probes: [loss]}\n")

    def layers(self, flat):
        found, first = [], 0
        for fan_in, fan_out in zip(SIZES, SIZES[1:]):
            found.append((flat[first : first + fan_in * fan_out].reshape(fan_out, fan_in),
                          flat[first + fan_in * fan_out : first + (fan_in + 1) * fan_out]))
            first += (fan_in + 1) * fan_out
        return found

    def test_they_equal_torch_with_explicit_multipliers(self):
        standard = run(self.text.replace("PARAMETRIZATION", "standard").replace("OPTIMIZER", "sgd"))
        for name, rows in MULTIPLIERS.items():
            for optimizer in ("sgd", "momentum", "nesterov", "adam", "adamw", "rmsprop", "adagrad", "sign_sgd"):
                choice = CHOICES.get(optimizer, {})
                spelt = "".join(f", {key}: {value}" for key, value in choice.items())
                results = run(self.text.replace("PARAMETRIZATION", f"{{name: mup, base_width: {BASE}}}" if name == "mup"
                                                else name).replace("OPTIMIZER", f"{{name: {optimizer}{spelt}}}"))
                groups, parameters = [], []
                for k, (a, std, sgd, adam, bias_sgd, bias_adam) in enumerate(rows):
                    weight, bias = self.layers(results["weights_initial"][0])[k]
                    plain = self.layers(standard["weights_initial"][0])[k]
                    numpy.testing.assert_allclose(weight, a * std * plain[0], rtol=1e-14)
                    numpy.testing.assert_array_equal(bias, plain[1])
                    w, b = torch.tensor(weight / a, requires_grad=True), torch.tensor(bias, requires_grad=True)
                    parameters.append((a, w, b))
                    like_sgd = optimizer in LIKE_SGD
                    groups += [{"params": [w], "lr": 0.01 * (sgd if like_sgd else adam)},
                               {"params": [b], "lr": 0.01 * (bias_sgd if like_sgd else bias_adam)}]
                stepper = TORCH_OPTIMIZERS[optimizer](groups, choice, lr=0.01, weight_decay=0.1)
                losses = []
                for _ in range(101):
                    x = torch.tensor(self.inputs)
                    for k, (a, w, b) in enumerate(parameters):
                        x = torch.nn.functional.linear(x, a * w, b)
                        x = torch.tanh(x) if k < 2 else x
                    loss = torch.nn.functional.mse_loss(x, torch.tensor(self.targets))
                    losses.append(loss.item())
                    if len(losses) <= 100:
                        stepper.zero_grad()
                        loss.backward()
                        stepper.step()
                with self.subTest(parametrization=name, optimizer=optimizer):
                    numpy.testing.assert_allclose(results["loss"][0], losses, rtol=1e-9)
                    final = numpy.concatenate([part for a, w, b in parameters
                                               for part in ((a * w).detach().numpy().ravel(), b.detach().numpy())])
                    numpy.testing.assert_allclose(results["weights_final"][0], final, rtol=1e-9, atol=1e-9)

    def test_mup_at_its_base_width_is_the_standard_network(self):
        for optimizer in ("sgd", "adam"):
            text = self.text.replace("hidden: [6, 10]", "depth: 2, width: 6").replace("OPTIMIZER", optimizer)
            both = [run(text.replace("PARAMETRIZATION", name))
                    for name in ("standard", "{name: mup, base_width: 6}")]
            for name in ("id", "loss", "weights_initial", "weights_final"):
                self.assertEqual(both[0][name].tobytes(), both[1][name].tobytes(), name)

    def test_coordinate_check(self):
        """Yang et al. 2022, appendix D.1: how far some steps move the pre-activations of the second layer, over the
        width. With adam the exponent is 0 under mup, and in the standard parametrization they move more the wider the
        layer."""
        slopes = {}
        for name in ("standard", "{name: mup, base_width: 32}"):
            results = run(f"dataset: {csv('coordinates.csv', self.inputs, self.targets)}\nprecision: float64\n"
                          f"network: {{depth: 2, activation: tanh, init: lecun_normal, parametrization: {name}}}\n"
                          "train: {loss: mse, optimizer: adam, learning_rate: 0.002, steps: 5}\n"
                          "record: {weights: both, probes: [loss]}\n"
                          "grid: {network.width: [32, 128, 512], replicate: {range: [0, 3]}}\n")
            moved = []
            for network, width in enumerate(results["width"]):
                z = []
                for which in ("weights_initial", "weights_final"):
                    flat = results[which][network]
                    first, second = width * 3, width * 3 + width
                    a = numpy.tanh(self.inputs @ flat[:first].reshape(width, 3).T + flat[first:second])
                    weight = flat[second : second + width**2].reshape(width, width)
                    z.append(a @ weight.T + flat[second + width**2 : second + width**2 + width])
                moved.append(numpy.abs(z[1] - z[0]).mean())
            slopes[name[:8]] = numpy.polyfit(numpy.log(results["width"]), numpy.log(moved), 1)[0]
        print(f"slopes: {slopes}")
        self.assertLess(abs(slopes["{name: m"]), 0.1)
        self.assertGreater(slopes["standard"], 0.25)


class Masks(unittest.TestCase):
    def test_magnitude_masks_the_smallest_weights_of_each_layer(self):
        """Of a stored network's final weights, those that torch.nn.utils.prune chooses; the rest start as without a
        mask."""
        draws = numpy.random.default_rng(25).normal(size=(30, 4))
        folder = pathlib.Path(os.environ["INITSWEEP_TEST_FOLDER"])
        text = (f"dataset: {csv('ticket.csv', draws[:, :3], draws[:, 3:])}\nseed: 4\n"
                "network: {hidden: [7, 5], activation: tanh, init: he_normal MASK}\n"
                "train: {loss: mse, optimizer: adam, learning_rate: 0.01, steps: 60, gradient_noise: 0.01}\n"
                "record: {probes: [loss], weights: both}\n")
        (folder / "donor.yaml").write_text(text.replace("MASK", ""), encoding="utf-8")
        subprocess.run([os.environ["INITSWEEP"], "run", folder / "donor.yaml", "-o", folder / "donor.h5", "--quiet"],
                       check=True)
        with h5py.File(folder / "donor.h5") as file:
            initial, final = file["weights_initial"][0], file["weights_final"][0]
        mask = f', mask: {{by: magnitude, sparsity: 0.7, path: "{folder}/donor.h5"}}'
        ticket = run(text.replace(" MASK", mask))
        first = 0
        for fan_in, fan_out in ((3, 7), (7, 5), (5, 1)):
            count = fan_in * fan_out
            layer = torch.nn.Linear(fan_in, fan_out)
            layer.weight.data = torch.tensor(final[first : first + count]).reshape(fan_out, fan_in)
            kept = torch.nn.utils.prune.l1_unstructured(layer, "weight", 0.7).weight_mask.numpy().ravel()
            expected = initial[first : first + count] * kept
            numpy.testing.assert_array_equal(ticket["weights_initial"][0][first : first + count], expected)
            numpy.testing.assert_array_equal(ticket["weights_final"][0][first : first + count] != 0, kept != 0)
            first += count + fan_out
        (folder / "wider.yaml").write_text(text.replace(" MASK", mask).replace("[7, 5]", "[7, 6]"), encoding="utf-8")
        wider = subprocess.run([os.environ["INITSWEEP"], "check", folder / "wider.yaml"], capture_output=True,
                               text=True, check=False)
        self.assertEqual(wider.returncode, 2)
        self.assertIn(f"error: mask magnitude: network 0 of 'weights_final' in {folder}/donor.h5 has 74 weights and "
                      "biases, a network of sizes 3-7-6-1 has 83\n", wider.stderr)

    def test_random_masks_are_init_sparsity_that_stays(self):
        text = ("dataset: {name: spirals, samples: 30}\n"
                "network: {depth: 2, width: 9, activation: tanh, init: he_normal, SETTING}\n"
                "train: {loss: cross_entropy, optimizer: adam, learning_rate: 0.01, steps: 30}\n"
                "record: {probes: [loss], weights: both}\n")
        mask, sparse = (run(text.replace("SETTING", setting))
                        for setting in ("mask: {by: random, sparsity: 0.5}", "init_sparsity: 0.5"))
        numpy.testing.assert_array_equal(mask["weights_initial"], sparse["weights_initial"])
        zeros = [numpy.flatnonzero(results[name][0][:18] == 0) for results, name in
                 ((mask, "weights_initial"), (mask, "weights_final"), (sparse, "weights_final"))]
        self.assertGreater(len(zeros[0]), 0)
        numpy.testing.assert_array_equal(zeros[0], zeros[1])
        self.assertEqual(len(zeros[2]), 0)

    def test_noise_of_weights_alone(self):
        text = ("dataset: xor\n"
                "network: {depth: 1, width: 9, activation: tanh, init: zeros, init_noise: {std: 0.1, of: OF}}\n"
                "train: {loss: mse, optimizer: sgd, learning_rate: 0.1, steps: 0}\nrecord: {weights: initial}\n")
        weights, biases, both = (run(text.replace("OF", of))["weights_initial"][0]
                                 for of in ("weights", "biases", "all"))
        self.assertEqual([(weights[:18] != 0).all(), (weights[18:27] == 0).all()], [True, True])
        self.assertEqual([(biases[:18] == 0).all(), (biases[18:27] != 0).all()], [True, True])
        numpy.testing.assert_array_equal(weights + biases, both)


class OutputScale(unittest.TestCase):
    def test_large_scales_are_lazy(self):
        """Chizat, Oyallon & Bach 2019: with f = 0 at the start (symmetric_pairs) and learning_rate / a^2, the loss
        falls alike and the weights move by 1 / a of it."""
        draws = numpy.random.default_rng(24).normal(size=(20, 4))
        scales = [16, 64, 256]
        results = run(f"dataset: {csv('lazy.csv', draws[:, :3], draws[:, 3:])}\nprecision: float64\n"
                      "network: {depth: 1, width: 40, activation: tanh, init: symmetric_pairs}\n"
                      "train: {loss: mse, optimizer: sgd, steps: 200}\n"
                      "record: {weights: both, probes: [loss], steps: [0, 200]}\n"
                      "zip: [{" f"network.output_scale: {scales}, "
                      f"train.learning_rate: {[0.05 / scale**2 for scale in scales]}" "}]\n")
        numpy.testing.assert_array_equal(results["loss"][:, 0], results["loss"][0, 0])  # f is 0 whatever the scale
        self.assertLess(results["loss"][:, -1].max(), 0.8 * results["loss"][0, 0])
        numpy.testing.assert_allclose(results["loss"][:, -1], results["loss"][-1, -1], rtol=0.02)
        start = numpy.linalg.norm(results["weights_initial"], axis=1)
        moved = numpy.linalg.norm(results["weights_final"] - results["weights_initial"], axis=1) / start
        slope = numpy.polyfit(numpy.log(scales), numpy.log(moved), 1)[0]
        print(f"slope {slope:.3f}")
        self.assertAlmostEqual(slope, -1, delta=0.02)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as shared:
        os.environ["INITSWEEP_TEST_FOLDER"] = shared
        unittest.main()
