#!/usr/bin/python3
"""Probes of whole runs against NumPy's SVD and PyTorch's autograd in float64, from the weights of the same results
file.

Environment: INITSWEEP, the program. Networks are recorded at every step and their weights kept at the start and the
end, so the first and the last record are compared. Activations, losses and datasets are drawn together so that every
slope, kink, shape (fan_in above and below fan_out) and kind of target takes part.
"""
import functools
import math
import os
import pathlib
import tempfile
import unittest

import numpy
import torch

from philox import block
from sweeps import fill, run

PROBES = """loss mean_cosine effective_rank singular_value_max singular_value_min distance_from_start
weight_sign_changes first_moved update_ratio activation_mean activation_variance pre_activation_mean
pre_activation_variance dead_fraction saturated_fraction input_correlation jacobian_norm jacobian_singular_value_max
jacobian_singular_value_min constant_loss outputs jacobian_singular_values linear_map_singular_values
correlation_map""".split()
SWEEP = """\
sweep: probes
seed: 2026
precision: float64
dataset: DATASET
network: {hidden: [9, 4, 6], bias_init: {name: normal, std: 0.3}}
train: {loss: LOSS, optimizer: sgd, learning_rate: 0.002, steps: 4}
record: {steps: {every: 1}, weights: both, probes: [PROBES]}
grid:
  network.activation: [sigmoid, tanh, relu, {name: leaky_relu, negative_slope: 0.1}, sin, linear]
  network.init: [zeros, {name: constant, value: 0.3}, {name: normal, std: 1.0}, orthogonal,
                 {name: normal, std: 1.0e-30}]
"""
ACTIVATIONS = {
    "sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu, "sin": torch.sin, "linear": lambda z: z,
    "leaky_relu": lambda z: torch.nn.functional.leaky_relu(z, 0.1),
}


def normal(index, layer):
    """Draw number index of the probes' normal stream."""
    words = block((index, 0, layer, 8), (0, 0))
    u0, u1 = ((word >> 11) * 2.0**-53 for word in words[:2])
    return math.sqrt(-2 * math.log(1 - u0)) * math.cos(2 * math.pi * u1)


@functools.cache
def correlated_pairs(features, correlation):
    """The 16 pairs of inputs [16][2][features] of correlation_map."""
    draws = numpy.array([normal(i, 2) for i in range(32 * features)]).reshape(16, 2, features)
    pairs = []
    for u, v in draws:
        u = u / numpy.linalg.norm(u)
        v = v - (u @ v) * u
        v = v / numpy.linalg.norm(v)
        pairs.append([u, correlation * u + math.sqrt(1 - correlation**2) * v])
    return math.sqrt(features) * numpy.array(pairs)


def spread(samples, most):
    """Places of at most `most` samples, spread evenly."""
    chosen = min(samples, most)
    return [i * samples // chosen for i in range(chosen)]


class Network:
    """Weights of one network at one moment, and what NumPy and PyTorch say of them."""

    def __init__(self, sizes, flat, activation, output):
        self.layers, first = [], 0
        for fan_in, fan_out in zip(sizes, sizes[1:]):
            weight = flat[first : first + fan_in * fan_out].reshape(fan_out, fan_in)
            first += fan_in * fan_out
            self.layers.append((weight, flat[first : first + fan_out]))
            first += fan_out
        self.activation, self.output = ACTIVATIONS[activation], ACTIVATIONS[output]

    def forward(self, x):
        """Pre-activations and activations of each layer."""
        z, a = [], []
        for k, (weight, bias) in enumerate(self.layers):
            g = self.activation if k + 1 < len(self.layers) else self.output
            z.append(torch.nn.functional.linear(x, torch.tensor(weight), torch.tensor(bias)))
            x = g(z[-1])
            a.append(x)
        return z, a

    def slopes(self, z):
        """g'(z) of each layer by autograd."""
        found = []
        for k, value in enumerate(z):
            leaf = value.detach().clone().requires_grad_(True)
            (self.activation if k + 1 < len(z) else self.output)(leaf).sum().backward()
            found.append(leaf.grad)
        return found

    def expected(self, inputs, start):
        """{probe: one value, or one a layer}"""
        x = torch.tensor(inputs)
        z, a = self.forward(x)
        slopes = self.slopes(z)
        jacobians = [torch.autograd.functional.jacobian(lambda one: self.forward(one)[1][-1], x[s]).numpy()
                     for s in spread(len(inputs), 16)]
        values = [numpy.linalg.svd(j, compute_uv=False) for j in jacobians]
        result = {
            "jacobian_norm": numpy.mean([numpy.linalg.norm(j) for j in jacobians]),
            "jacobian_singular_value_max": numpy.mean([v[0] for v in values]),
            "jacobian_singular_value_min": numpy.mean([v[-1] for v in values]),
            "jacobian_singular_values": list(values[0]),
            "linear_map_singular_values": list(numpy.linalg.svd(functools.reduce(
                lambda below, layer: layer[0] @ below, self.layers, numpy.eye(inputs.shape[1])), compute_uv=False)),
            "outputs": list(a[-1].numpy()[spread(len(inputs), 16)].ravel()),
        }
        seen_pairs = [self.forward(torch.tensor(pair))[0] for pair in correlated_pairs(inputs.shape[1], 0.5)]
        pairs = spread(len(inputs), 32)
        for k, (weight, _) in enumerate(self.layers):
            layer = {
                "activation_mean": a[k].mean(), "activation_variance": a[k].var(unbiased=False),
                "pre_activation_mean": z[k].mean(), "pre_activation_variance": z[k].var(unbiased=False),
                "dead_fraction": (slopes[k] == 0).all(dim=0).double().mean(),
                "saturated_fraction": (slopes[k].abs() < 0.01).double().mean(),
            }
            s = numpy.linalg.svd(weight, compute_uv=False)
            layer["singular_value_max"], layer["singular_value_min"] = s[0], s[-1]
            p = s / s.sum() if s.sum() > 0 else s
            p = p[p > 0]
            layer["effective_rank"] = numpy.exp(-(p * numpy.log(p)).sum()) if len(p) else 0.0
            units = weight[numpy.linalg.norm(weight, axis=1) > 0]
            layer["mean_cosine"] = numpy.nan
            if len(units) > 1:
                directions = units / numpy.linalg.norm(units, axis=1)[:, None]
                layer["mean_cosine"] = numpy.abs(directions @ directions.T)[numpy.triu_indices(len(units), 1)].mean()
            was = start.layers[k][0]
            layer["distance_from_start"] = numpy.linalg.norm(weight - was)
            layer["weight_sign_changes"] = int((weight * was < 0).sum()) if numpy.abs(was).max() > 1e-20 else None
            seen = z[k].numpy()[pairs]
            norms = numpy.linalg.norm(seen, axis=1)
            products = [seen[i] @ seen[i + 1] / (norms[i] * norms[i + 1]) for i in range(len(pairs) - 1)
                        if norms[i] * norms[i + 1] > 0]
            layer["input_correlation"] = numpy.mean(products) if products else numpy.nan
            products = [u @ v / (u.norm() * v.norm()) for u, v in (z[k] for z in seen_pairs) if u.norm() * v.norm() > 0]
            layer["correlation_map"] = float(sum(products)) / len(products) if products else numpy.nan
            for name, value in layer.items():
                result.setdefault(name, []).append(None if value is None else float(value))
        return result


class Probes(unittest.TestCase):
    def check(self, dataset, loss, inputs, targets, constant, output="linear"):
        """Every network of a sweep on one dataset. constant: the loss of the best constant."""
        text = SWEEP.replace("DATASET", dataset).replace("LOSS", loss).replace("PROBES", ", ".join(PROBES))
        if output != "linear":
            text = text.replace("network: {", f"network: {{output_activation: {output}, ")
        results = run(text)
        sizes = [inputs.shape[1], 9, 4, 6, targets]
        self.assertEqual(len(results["id"]), 30)
        compared = 0
        for n in range(30):
            activation = results["activation"][n]
            start = Network(sizes, results["weights_initial"][n], activation, output)
            self.assertAlmostEqual(results["constant_loss"][n, 0], constant, delta=1e-14)
            for record, key in ((0, "weights_initial"), (-1, "weights_final")):
                expected = Network(sizes, results[key][n], activation, output).expected(inputs, start)
                for name, values in expected.items():
                    for k, value in enumerate(numpy.atleast_1d(numpy.array(values, dtype=object))):
                        if value is None:
                            continue
                        ours = results[name][n, record] if results[name].ndim == 2 else results[name][n, record, k]
                        with self.subTest(loss=loss, network=n, init=results["init"][n], activation=activation,
                                          record=record, probe=name, layer=k + 1):
                            numpy.testing.assert_allclose(ours, value, rtol=1e-9, atol=2e-14)
                        compared += 1
        print(f"{loss} {output}: {compared} values compared")
        return results

    def test_values_targets_under_mse(self):
        path = pathlib.Path(os.environ["INITSWEEP_TEST_FOLDER"], "values.csv")
        random = numpy.random.default_rng(5)
        table = random.normal(size=(40, 8))
        numpy.savetxt(path, table, delimiter=",", fmt="%.17g")
        inputs, targets = table[:, :5], table[:, 5:]
        constant = targets.var(axis=0).mean()
        dataset = f'{{name: csv, path: "{path}", target: "6,7,8", test_fraction: 0}}'
        results = self.check(dataset, "mse", inputs, 3, constant)
        for n in range(30):
            for k in range(4):
                moved = results["distance_from_start"][n, :, k] > 0
                first = int(numpy.argmax(moved)) if moved.any() else -1
                self.assertEqual(results["first_moved"][n, k], first)
        self.check(dataset, "mse", inputs, 3, constant, output="tanh")

    def test_classes_under_cross_entropy(self):
        path = pathlib.Path(os.environ["INITSWEEP_TEST_FOLDER"], "classes.csv")
        random = numpy.random.default_rng(6)
        inputs = random.normal(size=(37, 3))
        labels = numpy.arange(37) * 7 % 11 % 5
        numpy.savetxt(path, numpy.column_stack([inputs, labels]), delimiter=",", fmt="%.17g")
        p = numpy.bincount(labels) / 37
        dataset = f'{{name: csv, path: "{path}", kind: classes, test_fraction: 0}}'
        self.check(dataset, "cross_entropy", inputs, 5, -(p * numpy.log(p)).sum())
        smooth = 0.7 * p + 0.3 / 5
        self.check(dataset, "{name: cross_entropy, label_smoothing: 0.3}", inputs, 5,
                   -(smooth * numpy.log(smooth)).sum())
        z = numpy.linspace(-2, 2, 401)[:, None]  # the best constant lies at a kink, -1 or 1
        hinge = (p * numpy.maximum(0, 1 - z) + (1 - p) * numpy.maximum(0, 1 + z)).min(axis=0).mean()
        self.check(dataset, "hinge", inputs, 5, hinge)

    def test_outputs_and_confusion(self):
        """Predictions from all outputs are those that are counted; all outputs of few samples are there."""
        text = fill(SWEEP, {
            "DATASET": "{name: gaussian_mixture, samples: 60, features: 4, classes: 3, test_fraction: 0.3}",
            "LOSS": "cross_entropy", "float64": "float32", "steps: 4}": "steps: 30}", "0.002": "0.2",
            "PROBES": "{name: outputs, samples: 50}, confusion, accuracy, test_accuracy, {name: test_confusion, "
                      "steps: [7]}, {name: hessian_top, count: 3}, {name: hessian_top_residual, count: 2}, "
                      "{name: jacobian_singular_values, sample: 99}, {name: correlation_map, correlation: 1}"})
        results = run(text)
        self.assertEqual(results["outputs"].shape, (30, 31, 42 * 3))
        self.assertEqual(results["confusion"].shape, (30, 31, 9))
        self.assertEqual(results["hessian_top_residual"].shape, (30, 31, 3))  # of one dimension
        self.assertTrue(numpy.isnan(results["jacobian_singular_values"]).all())  # no such sample
        map_of_equals = results["correlation_map"]
        numpy.testing.assert_allclose(map_of_equals[~numpy.isnan(map_of_equals)], 1, rtol=1e-6)
        confusion = results["confusion"].reshape(30, 31, 3, 3)
        test = results["test_confusion"].reshape(30, 31, 3, 3)
        self.assertTrue((test[:, 8] == -1).all())
        self.assertEqual(len(numpy.unique(confusion[:, 0].sum(axis=2), axis=0)), 1)  # samples of each class
        predicted = results["outputs"].reshape(30, 31, 42, 3).argmax(axis=3)
        for n in range(30):
            for record in (0, 30) if results["status"][n] == 1 else (0,):
                counted = confusion[n, record]
                self.assertEqual(counted.sum(), 42)
                numpy.testing.assert_allclose(counted.trace() / 42, results["accuracy"][n, record], rtol=1e-6)
                numpy.testing.assert_allclose(test[n, record].trace() / 18, results["test_accuracy"][n, record],
                                              rtol=1e-6)
                numpy.testing.assert_array_equal(counted.sum(axis=0), numpy.bincount(predicted[n, record], minlength=3))

    def test_xor_under_binary_cross_entropy(self):
        inputs = numpy.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
        self.check("{name: xor}", "binary_cross_entropy", inputs, 1, numpy.log(2))

    def test_every_probe_has_the_same_bits_on_every_kernel_and_any_threads(self):
        text = SWEEP.replace("DATASET", "{name: spirals, samples: 300}").replace("LOSS", "mse")
        text = text.replace("PROBES", ", ".join(PROBES)).replace("float64", "float32")
        first = run(text, "--threads", "1", INITSWEEP_KERNELS="portable")
        best = run(text, "--threads", "3")
        for name, values in first.items():
            if values.dtype.kind == "O":
                self.assertEqual(list(values), list(best[name]), name)
            else:
                self.assertEqual(values.tobytes(), best[name].tobytes(), name)

    def test_a_probe_with_steps_of_its_own_is_measured_then_alone(self):
        """The same numbers at its steps as without, fill values elsewhere; records are the union; the rest is
        untouched."""
        text = SWEEP.replace("DATASET", "{name: xor}").replace("LOSS", "mse").replace("steps: 4}", "steps: 20}")
        text = text.replace("steps: {every: 1}", "steps: STEPS")
        whole = run(text.replace("STEPS", "[0, 3, 4, 7, 10, 15, 20]").replace("PROBES", ", ".join(PROBES)))
        own = {"jacobian_norm": ("{every: 5}", [0, 5, 10, 15, 20]), "mean_cosine": ("[3, 4]", [0, 3, 4, 20]),
               "activation_variance": ("[7]", [0, 7, 20]), "loss": ("{every: 20}", [0, 20]),
               "effective_rank": ("[10]", [0, 10, 20])}
        names = [f"{{name: {name}, steps: {own[name][0]}}}" if name in own else name
                 for name in PROBES if name != "update_ratio"]
        some = run(text.replace("STEPS", "[10]").replace("PROBES", ", ".join(names)))
        self.assertEqual(list(some["step"]), [0, 3, 4, 5, 7, 10, 15, 20])
        for name in PROBES:
            if name == "update_ratio":
                continue
            due = own[name][1] if name in own else list(some["step"])
            if name == "first_moved":
                numpy.testing.assert_array_equal(some[name], whole[name])
                continue
            for r, step in enumerate(some["step"]):
                if step not in due:
                    self.assertTrue(numpy.isnan(some[name][:, r]).all(), (name, step))
                elif step in whole["step"]:
                    at = list(whole["step"]).index(step)
                    numpy.testing.assert_array_equal(some[name][:, r], whole[name][:, at], err_msg=f"{name} {step}")
        numpy.testing.assert_array_equal(some["weights_final"], whole["weights_final"])

    def test_escape_and_first_moves_are_exact_to_the_step(self):
        """The first step that is below the fraction, found from a record of every step, is what a sparse schedule has;
        whatever ends the network, under full batches and minibatches, in the loop of small networks and beside it."""
        path = pathlib.Path(os.environ["INITSWEEP_TEST_FOLDER"], "escape.csv")
        random = numpy.random.default_rng(8)
        table = random.normal(size=(29, 3))
        table[:, 2] = numpy.tanh(table[:, 0] - table[:, 1]) + random.standard_cauchy(29) * 0.01
        numpy.savetxt(path, table, delimiter=",", fmt="%.17g")
        column = table[:, 2]
        median = numpy.abs(column - numpy.median(column)).mean()
        size = numpy.abs(column[:, None] - numpy.linspace(column.min(), column.max(), 200001))
        huber = numpy.where(size < 0.3, size * size / 2, 0.3 * (size - 0.15)).mean(axis=0).min()
        text = fill(SWEEP, {
            "DATASET": f'{{name: csv, path: "{path}", target: "3", test_fraction: 0}}', "[9, 4, 6]": "[WIDTH]",
            "learning_rate: 0.002, steps: 4}": "learning_rate: 0.1, steps: 150, EXTRA}",
            "constant, value: 0.3": "constant, value: 0.1",
            "steps: {every: 1}": "steps: STEPS, escape_fraction: 0.8",
            "PROBES": "escape_step, first_moved, loss, constant_loss, distance_from_start"})
        escaped = ended = 0
        for loss, constant, width, extra in (("mse", column.var(), "9, 4", "stop: {loss_below: 0.02}"),
                                             ("mae", median, "5", "batch_size: full"),
                                             ("{name: huber, delta: 0.3}", huber, "9, 4, 6", "batch_size: 29"),
                                             ("mse", column.var(), "5", "batch_size: 8"),
                                             ("mse", column.var(), "3", "stop: {loss_below: 0.05}")):
            case = text.replace("LOSS", loss).replace("WIDTH", width).replace("EXTRA", extra)
            every, sparse = run(case.replace("STEPS", "{every: 1}")), run(case.replace("STEPS", "[0, 100]"),
                                                                          "--threads", "1")
            alone = run(case.replace("STEPS", "[7]"), "--threads", "4", INITSWEEP_KERNELS="portable")
            for n in range(30):
                with self.subTest(loss=loss, network=n, width=width, extra=extra):
                    numpy.testing.assert_allclose(every["constant_loss"][n, 0], constant, rtol=1e-9)
                    below = every["loss"][n] < 0.8 * every["constant_loss"][n, 0]
                    first = int(numpy.argmax(below)) if below.any() else -1
                    if "8" not in extra:
                        self.assertEqual(every["escape_step"][n], first)
                    escaped += first > 0
                    ended += every["status"][n] != 1 and first >= 0
                    for k in range(every["first_moved"].shape[1]):
                        moved = every["distance_from_start"][n, :, k] > 0
                        self.assertEqual(every["first_moved"][n, k], int(numpy.argmax(moved)) if moved.any() else -1)
            for name in ("escape_step", "first_moved"):
                numpy.testing.assert_array_equal(every[name], sparse[name])
                numpy.testing.assert_array_equal(every[name], alone[name])
        self.assertGreater(escaped, 30)
        self.assertGreater(ended, 3)

    def test_update_ratio_is_the_change_since_the_record_before(self):
        text = SWEEP.replace("DATASET", "{name: xor}").replace("LOSS", "mse").replace("PROBES", "update_ratio")
        text = text.replace("steps: {every: 1}", "steps: [0, 4]")
        results = run(text)
        for n in range(30):
            ends = [Network([2, 9, 4, 6, 1], results[f"weights_{end}"][n], results["activation"][n], "linear").layers
                    for end in ("initial", "final")]
            for k in range(4):
                before, after = ends[0][k][0], ends[1][k][0]
                with numpy.errstate(all="ignore"):
                    expected = numpy.linalg.norm(after - before) / numpy.linalg.norm(before) / 4
                self.assertTrue(numpy.isnan(results["update_ratio"][n, 0, k]))
                numpy.testing.assert_allclose(results["update_ratio"][n, 1, k], expected, rtol=1e-12)


if __name__ == "__main__":
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as shared:
        os.environ["INITSWEEP_TEST_FOLDER"] = shared
        unittest.main()
