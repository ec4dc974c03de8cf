#!/usr/bin/python3
"""Derivatives of the training loss against PyTorch in float64: the Hessian of every activation and loss, and along the
gradient.

Environment: INITSWEEP, the program, whose tables name the rows; a row without a counterpart here fails. All networks
are recorded once, before training, and PyTorch computes from the weights that the same results file holds.
"""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

import h5py
import numpy
import torch
from torch.nn import functional

from philox import block
from sweeps import fill, run

PROBES = ("loss hessian_max hessian_min hessian_residual gradient_curvature gradient_variance gradient_noise_scale "
          "hessian_eigenvalues hessian_negative hessian_trace ntk_trace ntk_max ntk_change ntk_target_alignment "
          "delta_variance hessian_top hessian_top_residual").split()
# Zeros in the first layer put its units on their kink, where they have one.
SWEEP = """\
sweep: hessian
seed: 2026
precision: PRECISION
dataset: DATASET
network: {hidden: [4, 3], init: {name: normal, std: 0.9}, output_activation: OUTPUT}
train: {loss: LOSS, optimizer: sgd, learning_rate: 0.01, steps: 0}
record: {steps: [0], weights: initial, probes: [PROBES]}
grid:
  network.activation: [ACTIVATIONS]
zip:
  - {network.init_by_layer.1: [{name: normal, std: 0.9}, zeros], network.bias_init: [{name: normal, std: 0.4}, zeros]}
"""
# Where a row takes a parameter, the value that is tried.
PARAMETERS = {"leaky_relu": 0.1, "prelu": 0.3, "elu": 1.7}
ACTIVATIONS = {
    "linear": lambda z: z, "sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu, "sin": torch.sin,
    "leaky_relu": lambda z: functional.leaky_relu(z, 0.1), "prelu": lambda z: functional.leaky_relu(z, 0.3),
    "elu": lambda z: functional.elu(z, 1.7), "selu": functional.selu, "gelu": functional.gelu,
    "gelu_tanh": lambda z: functional.gelu(z, approximate="tanh"), "silu": functional.silu,
    "softplus": lambda z: functional.softplus(z, threshold=1000), "softsign": functional.softsign,
    "mish": functional.mish,
    "hard_tanh": functional.hardtanh, "cos": torch.cos, "gaussian": lambda z: torch.exp(-z * z), "square": torch.square,
}


def one_hot(y, labels):
    """Labels as columns of 0 and 1 as wide as the output y."""
    return functional.one_hot(labels[:, 0].long(), y.shape[1]).double()


# Parameters as a sweep file gives them, and the loss of outputs y and targets t.
VALUE_LOSSES = {
    "mse": ("", functional.mse_loss), "mae": ("", functional.l1_loss),
    "huber": (", delta: 0.7", lambda y, t: functional.huber_loss(y, t, delta=0.7)),
}
CLASS_LOSSES = {
    "binary_cross_entropy": ("", lambda y, t: functional.binary_cross_entropy_with_logits(y, one_hot(y, t))),
    "cross_entropy": (", label_smoothing: 0.2",
                      lambda y, t: functional.cross_entropy(y, t[:, 0].long(), label_smoothing=0.2)),
    "hinge": ("", lambda y, t: torch.relu(1 - (2 * one_hot(y, t) - 1) * y).mean()),
}
LOSSES = VALUE_LOSSES | CLASS_LOSSES


def listed(table):
    """Names of a table's rows."""
    text = subprocess.run([os.environ["INITSWEEP"], "list", table, "--json"], check=True, capture_output=True,
                          text=True).stdout
    return [row["name"] for row in json.loads(text)[0]["rows"]]


def spelt(name, parameters):
    """A row as a sweep file spells it, the parameter of tables' first column at the tried value."""
    key = {"leaky_relu": "negative_slope", "prelu": "slope", "elu": "alpha"}.get(name)
    return f"{{name: {name}, {key}: {parameters[name]}}}" if key else name


def network(parameters, sizes, activation, output, inputs, bias="all", scale=1):
    """Output of an MLP [samples][sizes[-1]] whose flat parameters are as a results file has them."""
    x, first = inputs, 0
    for k, (fan_in, fan_out) in enumerate(zip(sizes, sizes[1:])):
        weight = parameters[first : first + fan_in * fan_out].reshape(fan_out, fan_in)
        first += fan_in * fan_out
        biases = fan_out * (bias == "all" or (bias == "hidden" and k + 2 < len(sizes)))
        z = functional.linear(x, weight, parameters[first : first + biases] if biases else None)
        first += biases
        x = ACTIVATIONS[activation](z) if k + 2 < len(sizes) else ACTIVATIONS[output](scale * z)
    assert first == len(parameters)
    return x


def residual_network(parameters, sizes, branch_layers, activation, inputs, activation_after=True):
    """Output [samples][sizes[-1]] of an MLP with branches h + alpha f(h), and where in the flat parameters the alphas
    stand."""
    x, first, alphas, trunk = inputs, 0, [], None
    for k, (fan_in, fan_out) in enumerate(zip(sizes, sizes[1:])):
        weight = parameters[first : first + fan_in * fan_out].reshape(fan_out, fan_in)
        first += fan_in * fan_out
        z = functional.linear(x, weight, parameters[first : first + fan_out])
        first += fan_out
        if k + 2 == len(sizes):
            return z, alphas
        ends = k % branch_layers == 0 and k > 0
        x = z if ends and not activation_after else activation(z)
        if ends:
            x = trunk + parameters[first] * x
            alphas.append(first)
            first += 1
        if k % branch_layers == 0:
            trunk = x
    return None


def tangent_kernel(output, w, x, keep=slice(None)):
    """K [n][n] at n <= 16 samples of x that are spread evenly, and dy/dp [n][outputs][parameters]. keep: which of the
    parameters w are trained."""
    n = min(16, len(x))
    chosen = [i * len(x) // n for i in range(n)]
    jacobian = torch.autograd.functional.jacobian(lambda p: output(p, x[chosen]), w).numpy()[..., keep]
    return numpy.einsum("iop,jop->ij", jacobian, jacobian), jacobian


def alignment(kernel, t, classes):
    """Centred alignment of a kernel with that of the targets t of all samples."""
    n = len(kernel)
    own = t.numpy()[[i * len(t) // n for i in range(n)]]
    targets = (own == own.T).astype(float) if classes else own @ own.T
    centre = numpy.eye(n) - 1 / n
    kernel, targets = centre @ kernel @ centre, centre @ targets @ centre
    return (kernel * targets).sum() / (numpy.linalg.norm(kernel) * numpy.linalg.norm(targets))


def three_features_two_targets(seed, changes):
    """A table of 50 samples, which are two blocks, and the text of a sweep that learns it in float64."""
    path = pathlib.Path(os.environ["INITSWEEP_TEST_FOLDER"], f"table{seed}.csv")
    table = numpy.random.default_rng(seed).normal(size=(50, 5))
    numpy.savetxt(path, table, delimiter=",", fmt="%.17g")
    return table, fill(SWEEP, {
        "DATASET": f'{{name: csv, path: "{path}", target: "4,5", test_fraction: 0}}', "LOSS": "mse",
        "OUTPUT": "linear", "PRECISION": "float64",
        "{name: normal, std: 0.9}, zeros]": "{name: normal, std: 0.9}, lecun_normal]"} | changes)


def lanczos(matrix, steps):
    """The eigenvalues of the tridiagonal matrix of so many Lanczos steps from the program's normal draws, the largest
    first, and the bounds of their errors."""
    words = numpy.array([block((i, 0, 0, 8), (0, 0))[:2] for i in range(len(matrix))], dtype=numpy.uint64)
    unit = (words >> numpy.uint64(11)) * 2.0**-53
    basis = [numpy.sqrt(-2 * numpy.log1p(-unit[:, 0])) * numpy.cos(2 * numpy.pi * unit[:, 1])]
    basis[0] /= numpy.linalg.norm(basis[0])
    alpha, beta = [], []
    for _ in range(steps):
        rest = matrix @ basis[-1]
        alpha.append(basis[-1] @ rest)
        for _ in range(2):
            rest = rest - numpy.array(basis).T @ (numpy.array(basis) @ rest)
        beta.append(numpy.linalg.norm(rest))
        basis.append(rest / beta[-1])
    off = numpy.diag(beta[:-1], 1)
    values, vectors = numpy.linalg.eigh(numpy.diag(alpha) + off + off.T)
    return values[::-1], numpy.abs(beta[-1] * vectors[-1])[::-1]


class Hessian(unittest.TestCase):
    def check_tangent(self, results, n, output, w, x, t, digits, classes=False, keep=slice(None)):
        """The probes of the tangent kernel at the first record, of networks that are not trained."""
        kernel, jacobian = tangent_kernel(output, w, x, keep)
        largest = numpy.linalg.eigvalsh(kernel)[-1]
        numpy.testing.assert_allclose(results["ntk_trace"][n, 0], numpy.trace(kernel), rtol=digits)
        numpy.testing.assert_allclose(results["ntk_max"][n, 0], largest, rtol=digits)
        if jacobian.shape[1] == 1:  # the Gauss-Newton matrix of the sum of squares / 2 has the same spectrum
            numpy.testing.assert_allclose(largest, numpy.linalg.eigvalsh(jacobian[:, 0].T @ jacobian[:, 0])[-1])
        self.assertEqual(results["ntk_change"][n, 0], 0.0)
        numpy.testing.assert_allclose(results["ntk_target_alignment"][n, 0], alignment(kernel, t, classes), rtol=0,
                                      atol=digits)

    def check(self, loss, inputs, targets, outputs, dataset, output="linear", activations=None, precision="float64",
              bias="all", output_scale=1):
        """Every activation under one loss; 1e-10 of the largest eigenvalue."""
        names = activations or listed("activations")
        sweep = SWEEP if bias == "all" else SWEEP.replace("network: {", f"network: {{bias: {bias}, ")
        if bias == "none":
            sweep = sweep.replace(", network.bias_init: [{name: normal, std: 0.4}, zeros]", "")
        sweep = sweep.replace("network: {", f"network: {{output_scale: {output_scale}, ")
        results = run(fill(sweep, {
            "DATASET": dataset, "LOSS": f"{{name: {loss}{LOSSES[loss][0]}}}", "OUTPUT": output,
            "PROBES": ", ".join(PROBES), "PRECISION": precision,
            "ACTIVATIONS": ", ".join(spelt(name, PARAMETERS) for name in names)}))
        sizes = [inputs.shape[1], 4, 3, outputs]
        x, t = torch.tensor(inputs), torch.tensor(targets)
        digits = 1e-10 if precision == "float64" else 1e-6
        for n, start in enumerate(results["weights_initial"]):
            w = torch.tensor(start[~numpy.isnan(start)], dtype=torch.float64, requires_grad=True)
            name = results["activation"][n]

            def value(parameters):
                return LOSSES[loss][1](network(parameters, sizes, name, output, x, bias, output_scale), t)

            hessian = torch.autograd.functional.hessian(value, w).numpy()
            gradient = torch.autograd.grad(value(w), w)[0].numpy()
            eigenvalues = numpy.linalg.eigvalsh(hessian)
            size = numpy.abs(eigenvalues).max()
            along = gradient @ hessian @ gradient / (gradient @ gradient) if gradient.any() else numpy.nan
            with self.subTest(loss=loss, activation=name, output=output, network=n):
                numpy.testing.assert_allclose(results["loss"][n, 0], value(w).detach(), rtol=digits)
                numpy.testing.assert_allclose(results["hessian_max"][n, 0], eigenvalues[-1], rtol=0, atol=digits * size)
                numpy.testing.assert_allclose(results["hessian_min"][n, 0], eigenvalues[0], rtol=0, atol=digits * size)
                spectrum = results["hessian_eigenvalues"][n, 0]
                numpy.testing.assert_allclose(spectrum[: len(w)], eigenvalues, rtol=0, atol=digits * size)
                self.assertTrue(numpy.isnan(spectrum[len(w) :]).all())
                # Float32 rounds the stored eigenvalues, not those that are counted.
                self.assertEqual(results["hessian_negative"][n, 0], (eigenvalues < -1e-10 * size).sum())
                numpy.testing.assert_allclose(results["gradient_curvature"][n, 0], along, rtol=digits,
                                              atol=digits * size)
                each = numpy.array([torch.autograd.grad(LOSSES[loss][1](network(w, sizes, name, output, x[s : s + 1],
                                                                                bias, output_scale), t[s : s + 1]),
                                                      w)[0].numpy()
                                    for s in range(len(x))])
                variance, square = each.var(axis=0, ddof=1).sum(), gradient @ gradient
                scale = variance / (square - variance / len(x))
                numpy.testing.assert_allclose(results["gradient_variance"][n, 0], variance, rtol=max(digits, 1e-9))
                numpy.testing.assert_allclose(results["gradient_noise_scale"][n, 0], scale, rtol=1e-6)
                self.assertLess(results["hessian_residual"][n, 0], 1e-10 * size + 1e-300)
                numpy.testing.assert_allclose(results["hessian_trace"][n, 0], numpy.trace(hessian), rtol=0,
                                              atol=len(w) * digits * size)
                numpy.testing.assert_allclose(results["hessian_top"][n, 0], eigenvalues[: -6 : -1], rtol=0,
                                              atol=digits * size)
                self.assertEqual(results["hessian_top_residual"][n, 0].tolist(), [0.0] * 5)
                self.check_tangent(results, n, lambda p, inputs: network(p, sizes, name, output, inputs, bias,
                                                                         output_scale), w, x, t, digits,
                                   loss in CLASS_LOSSES)
                first = 0
                for k, (fan_in, fan_out) in enumerate(zip(sizes, sizes[1:])):
                    first += (fan_in + 1) * fan_out
                    if bias == "all":  # the derivatives by the biases are the deltas
                        numpy.testing.assert_allclose(results["delta_variance"][n, 0, k],
                                                      each[:, first - fan_out : first].var(), rtol=max(digits, 1e-9),
                                                      atol=1e-30)

    def test_values(self):
        path = pathlib.Path(os.environ["INITSWEEP_TEST_FOLDER"], "values.csv")
        table = numpy.random.default_rng(11).normal(size=(23, 5))
        numpy.savetxt(path, table, delimiter=",", fmt="%.17g")
        dataset = f'{{name: csv, path: "{path}", target: "4,5", test_fraction: 0}}'
        for loss in VALUE_LOSSES:
            self.check(loss, table[:, :3], table[:, 3:], 2, dataset)
        self.check("mse", table[:, :3], table[:, 3:], 2, dataset, output="tanh", activations=["tanh", "gelu"])
        self.check("huber", table[:, :3], table[:, 3:], 2, dataset, output="softplus", activations=["sigmoid"])
        self.check("mse", table[:, :3], table[:, 3:], 2, dataset, output="tanh", activations=["gelu"],
                   output_scale=-1.5)
        for bias in ("hidden", "none"):
            self.check("mse", table[:, :3], table[:, 3:], 2, dataset, activations=["sigmoid"], bias=bias)

    def test_classes(self):
        path = pathlib.Path(os.environ["INITSWEEP_TEST_FOLDER"], "classes.csv")
        inputs = numpy.random.default_rng(12).normal(size=(50, 3))
        labels = (numpy.arange(50) * 7 % 11 % 4)[:, None].astype(float)
        numpy.savetxt(path, numpy.column_stack([inputs, labels]), delimiter=",", fmt="%.17g")
        dataset = f'{{name: csv, path: "{path}", kind: classes, test_fraction: 0}}'
        for loss in CLASS_LOSSES:
            self.check(loss, inputs, labels, 4, dataset)

    def test_single_precision_is_widened(self):
        inputs = numpy.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
        labels = numpy.array([[0.0], [1.0], [1.0], [0.0]])
        self.check("cross_entropy", inputs, labels, 2, "{name: xor}", activations=["tanh", "gelu"], precision="float32")

    def test_the_same_bits_on_every_kernel_and_any_threads(self):
        text = fill(SWEEP, {
            "DATASET": "{name: spirals, samples: 100}", "LOSS": "cross_entropy", "OUTPUT": "linear",
            "PROBES": ", ".join(PROBES), "PRECISION": "float32", "ACTIVATIONS": ", ".join(listed("activations"))})
        branches = text.replace("hidden: [4, 3]",
                                "depth: 3, width: 4, residual: {branch_layers: 2, scale: 0.3, train_scale: true}")
        for sweep in (text, branches):
            portable = run(sweep, "--threads", "1", INITSWEEP_KERNELS="portable")
            best = run(sweep, "--threads", "3")
            for name in PROBES:
                self.assertEqual(portable[name].tobytes(), best[name].tobytes(), name)

    def test_zero_is_a_saddle(self):
        """Claim C07: one hidden layer of n tanh units at 0, the output bias at its optimum: eigenvalues +-(2 / m) g'(0)
        sigma_j(C), n times each, and 2 / m, C = mean of (t - mean t) x^T."""
        path = pathlib.Path(os.environ["INITSWEEP_TEST_FOLDER"], "saddle.csv")
        table = numpy.random.default_rng(13).normal(size=(30, 6))
        table[:, 4:] -= table[:, 4:].mean(axis=0)
        numpy.savetxt(path, table, delimiter=",", fmt="%.17g")
        results = run(fill(SWEEP, {
            "DATASET": f'{{name: csv, path: "{path}", target: "5,6", test_fraction: 0}}', "LOSS": "mse",
            "OUTPUT": "linear", "PROBES": ", ".join(PROBES), "PRECISION": "float64",
            "ACTIVATIONS": "tanh, {name: elu, alpha: 0.5}",
            "[4, 3], init: {name: normal, std: 0.9}": "[5], init: zeros"}))
        sigma = numpy.linalg.svd(table[:, 4:].T @ table[:, :4] / 30, compute_uv=False)
        for n, slope in ((1, 1.0), (3, 0.5)):
            self.assertAlmostEqual(results["hessian_min"][n, 0], -slope * sigma[0], delta=1e-14)
            self.assertAlmostEqual(results["hessian_max"][n, 0], max(slope * sigma[0], 1.0), delta=1e-14)
            self.assertEqual(results["hessian_negative"][n, 0], 5 * 2)
            spectrum = numpy.sort(numpy.concatenate([numpy.repeat(slope * numpy.concatenate([sigma, -sigma]), 5),
                                                     [1.0] * 2]))
            found = results["hessian_eigenvalues"][n, 0]
            numpy.testing.assert_allclose(found[numpy.abs(found) > 1e-12], spectrum, rtol=0, atol=1e-13)

    def test_normalization(self):
        """Gains and shifts are parameters. 50 samples are two blocks."""
        table, text = three_features_two_targets(15, {
            "PROBES": ", ".join([*PROBES, "jacobian_norm"]), "ACTIVATIONS": "tanh, gelu",
            "hidden: [4, 3]": "depth: 3, width: 4, residual: {branch_layers: 2, scale: 0.7, activation_after: false}"})
        results = run(text.replace("  network.activation:", "  network.normalization: [" + ", ".join(
            f"{{name: {name}, epsilon: 0.01, affine: [true, false], branch_ends: [true, false]}}"
            for name in ("layer_norm", "rms_norm")) + "]\n  network.activation:"))
        x, t = torch.tensor(table[:, :3]), torch.tensor(table[:, 3:])
        sizes = [3, 4, 4, 4, 2]
        for n, start in enumerate(results["weights_initial"]):
            w = torch.tensor(start[~numpy.isnan(start)], requires_grad=True)
            layer_norm = results["normalization"][n] == "layer_norm"
            affine, branch_ends = (results[f"normalization_{name}"][n] == "true" for name in ("affine", "branch_ends"))
            activation = ACTIVATIONS[results["activation"][n]]

            def output(parameters, inputs):
                a, first = inputs, 0

                def take(count):
                    nonlocal first
                    first += count
                    return parameters[first - count : first]
                for k, (fan_in, fan_out) in enumerate(zip(sizes, sizes[1:])):
                    z = functional.linear(a, take(fan_in * fan_out).reshape(fan_out, fan_in), take(fan_out))
                    if k == 3:
                        return z
                    if k < 2 or branch_ends:
                        z = z - z.mean(dim=1, keepdim=True) if layer_norm else z
                        z = z / torch.sqrt((z * z).mean(dim=1, keepdim=True) + 0.01)
                        z = take(fan_out) * z if affine else z
                        z = z + take(fan_out) if affine and layer_norm else z
                    a = activation(z) if k < 2 else h + 0.7 * z
                    take(k == 2)
                    h = a if k == 0 else h

            def value(parameters):
                return functional.mse_loss(output(parameters, x), t)

            alpha = len(w) - 2 * 5 - 1
            keep = numpy.arange(len(w)) != alpha
            hessian = torch.autograd.functional.hessian(value, w).numpy()[keep][:, keep]
            eigenvalues = numpy.linalg.eigvalsh(hessian)
            size = numpy.abs(eigenvalues).max()
            jacobian = torch.autograd.functional.jacobian(lambda inputs: output(w, inputs).sum(dim=0), x)
            chosen = jacobian.permute(1, 0, 2).detach().numpy()[[i * 50 // 16 for i in range(16)]]
            each = numpy.array([torch.autograd.grad(functional.mse_loss(output(w, x[s : s + 1]), t[s : s + 1]),
                                                    w)[0].numpy()[keep] for s in range(len(x))])
            with self.subTest(network=n, layer_norm=layer_norm, affine=affine, branch_ends=branch_ends):
                numpy.testing.assert_allclose(results["loss"][n, 0], value(w).detach(), rtol=1e-10)
                spectrum = results["hessian_eigenvalues"][n, 0]
                numpy.testing.assert_allclose(spectrum[: keep.sum()], eigenvalues, rtol=0, atol=1e-10 * size)
                numpy.testing.assert_allclose(results["jacobian_norm"][n, 0],
                                              numpy.linalg.norm(chosen, axis=(1, 2)).mean(), rtol=1e-10)
                variance = each.var(axis=0, ddof=1).sum()
                numpy.testing.assert_allclose(results["gradient_variance"][n, 0], variance, rtol=1e-9)
                self.check_tangent(results, n, output, w, x, t, 1e-10, keep=keep)
                biases = each[:, 3 * 4 : 4 * 4]  # of the first layer, which normalises
                numpy.testing.assert_allclose(results["delta_variance"][n, 0, 0], biases.var(), rtol=1e-9)

    def test_residual_branches(self):
        """Alphas are parameters where they are trained, and constants where not. 50 samples are two blocks."""
        table, text = three_features_two_targets(14, {
            "PROBES": ", ".join(PROBES), "ACTIVATIONS": "tanh, gelu, linear",
            "hidden: [4, 3]": "depth: 5, width: 4, residual: {scale: 0.7}"})
        results = run(text.replace("  network.activation:",
                                   "  network.residual: [{branch_layers: [1, 2], train_scale: [false, true]}, "
                                   "{branch_layers: [1, 2], train_scale: true, activation_after: false}]\n"
                                   "  network.activation:"))
        x, t = torch.tensor(table[:, :3]), torch.tensor(table[:, 3:])
        sizes = [3, 4, 4, 4, 4, 4, 2]
        self.assertEqual(len(results["loss"]), 36)
        for n, start in enumerate(results["weights_initial"]):
            w = torch.tensor(start[~numpy.isnan(start)], requires_grad=True)
            branch_layers, name = int(results["branch_layers"][n]), results["activation"][n]
            trained = bool(results["train_scale"][n] == "true")
            after = bool(results["activation_after"][n] == "true")

            def output(parameters, inputs):
                return residual_network(parameters, sizes, branch_layers, ACTIVATIONS[name], inputs, after)[0]

            def value(parameters):
                return functional.mse_loss(output(parameters, x), t)

            alphas = residual_network(w, sizes, branch_layers, ACTIVATIONS[name], x)[1]
            self.assertEqual(len(alphas), 4 // branch_layers)
            keep = numpy.array([trained or i not in alphas for i in range(len(w))])
            hessian = torch.autograd.functional.hessian(value, w).numpy()[keep][:, keep]
            gradient = torch.autograd.grad(value(w), w)[0].numpy()[keep]
            eigenvalues = numpy.linalg.eigvalsh(hessian)
            size = numpy.abs(eigenvalues).max()
            each = numpy.array([torch.autograd.grad(functional.mse_loss(output(w, x[s : s + 1]), t[s : s + 1]),
                                                    w)[0].numpy()[keep]
                                for s in range(len(x))])
            with self.subTest(branch_layers=branch_layers, trained=trained, after=after, activation=name):
                numpy.testing.assert_allclose(results["loss"][n, 0], value(w).detach(), rtol=1e-10)
                spectrum = results["hessian_eigenvalues"][n, 0]
                numpy.testing.assert_allclose(spectrum[: keep.sum()], eigenvalues, rtol=0, atol=1e-10 * size)
                self.assertTrue(numpy.isnan(spectrum[keep.sum() :]).all())
                self.assertEqual(results["hessian_negative"][n, 0], (eigenvalues < -1e-10 * size).sum())
                bound = results["hessian_residual"][n, 0] + 1e-10 * size
                self.assertLess(bound, 1e-6 * size)
                self.assertAlmostEqual(results["hessian_max"][n, 0], eigenvalues[-1], delta=bound)
                self.assertAlmostEqual(results["hessian_min"][n, 0], eigenvalues[0], delta=bound)
                numpy.testing.assert_allclose(results["gradient_curvature"][n, 0],
                                              gradient @ hessian @ gradient / (gradient @ gradient),
                                              rtol=1e-10, atol=1e-10 * size)
                variance = each.var(axis=0, ddof=1).sum()
                numpy.testing.assert_allclose(results["gradient_variance"][n, 0], variance, rtol=1e-9)
                scale = variance / (gradient @ gradient - variance / len(x))
                numpy.testing.assert_allclose(results["gradient_noise_scale"][n, 0], scale, rtol=1e-6)
                self.check_tangent(results, n, output, w, x, t, 1e-10, keep=keep)
                numpy.testing.assert_allclose(results["hessian_trace"][n, 0], numpy.trace(hessian), rtol=0,
                                              atol=1e-9 * size)

    def test_large_hessians(self):
        """The trace from 64 vectors of +-1, of numbers that another implementation of Philox draws; and the largest
        eigenvalues by Lanczos, within their bounds."""
        table, text = three_features_two_targets(16, {
            "PROBES": "hessian_trace, {name: hessian_top, count: 30}, {name: hessian_top_residual, count: 30}",
            "ACTIVATIONS": "tanh", "[4, 3]": "[16, 12]"})
        results = run(text)
        x, t = torch.tensor(table[:, :3]), torch.tensor(table[:, 3:])
        draws = numpy.array([block((i, 0, 1, 8), (0, 0))[0] for i in range(64 * results["weights_initial"].shape[1])])
        for n, start in enumerate(results["weights_initial"]):
            w = torch.tensor(start)
            self.assertGreater(len(w), 256)
            hessian = torch.autograd.functional.hessian(lambda p: functional.mse_loss(
                network(p, [3, 16, 12, 2], "tanh", "linear", x), t), w).numpy()
            # The program's order of parameters is [fan_in][fan_out].
            order, first = [], 0
            for fan_in, fan_out in zip([3, 16, 12], [16, 12, 2]):
                order.append((first + numpy.arange(fan_in * fan_out)).reshape(fan_out, fan_in).T.ravel())
                first += fan_in * fan_out
                order.append(first + numpy.arange(fan_out))
                first += fan_out
            order = numpy.concatenate(order)
            v = numpy.where(draws < 2**63, -1.0, 1.0).reshape(64, len(w))
            estimate = numpy.einsum("di,ij,dj->d", v, hessian[order][:, order], v)
            numpy.testing.assert_allclose(results["hessian_trace"][n, 0], estimate.mean(), rtol=1e-11)
            self.assertLess(abs(estimate.mean() - numpy.trace(hessian)), 5 * estimate.std() / 8)
            eigenvalues, found = numpy.linalg.eigvalsh(hessian), results["hessian_top"][n, 0]
            bound = results["hessian_top_residual"][n, 0] + 1e-12
            self.assertTrue((numpy.abs(found[:, None] - eigenvalues).min(axis=1) <= bound).all())
            self.assertLess(bound[:3].max(), 1e-3 * found[0])
            numpy.testing.assert_allclose(found[:3], eigenvalues[: -4 : -1], rtol=0, atol=bound[:3].max())
            ritz, residual = lanczos(hessian[order][:, order], 48)
            numpy.testing.assert_allclose(found, ritz[:30], rtol=1e-8)
            numpy.testing.assert_allclose(results["hessian_top_residual"][n, 0], residual[:30], rtol=1e-6, atol=1e-12)
            self.assertGreater(residual[29], 1e-4 * found[0])

    def test_the_tangent_kernel_changes(self):
        """From the first record to the last, of one output; and the directions of the first layer's units."""
        path = pathlib.Path(os.environ["INITSWEEP_TEST_FOLDER"], "change.csv")
        table = numpy.random.default_rng(17).normal(size=(21, 4))
        numpy.savetxt(path, table, delimiter=",", fmt="%.17g")
        results = run("sweep: change\nprecision: float64\n"
                      f'dataset: {{name: csv, path: "{path}", target: "4", test_fraction: 0}}\n'
                      "network: {hidden: [9, 3], activation: tanh}\n"
                      "train: {loss: mse, optimizer: sgd, learning_rate: 0.3, steps: 30, batch_size: full}\n"
                      "record: {steps: [7], weights: both, probes: [ntk_trace, {name: ntk_change, steps: [9]}, "
                      "ntk_max, direction_count]}\n"
                      "grid:\n  network.init: [{name: normal, std: 0.5}, {name: constant, value: 0.3}, zeros]\n"
                      "  network.bias: [all, none]\n")
        x, t = torch.tensor(table[:, :3]), torch.tensor(table[:, 3:])
        self.assertEqual(list(results["step"]), [0, 7, 9, 30])
        for n, init in enumerate(results["init"]):
            bias = results["bias"][n]
            kernels = []
            for record, key in ((0, "weights_initial"), (3, "weights_final")):
                flat = results[key][n]
                flat = flat[~numpy.isnan(flat)]
                kernels.append(tangent_kernel(lambda p, inputs: network(p, [3, 9, 3, 1], "tanh", "linear", inputs,
                                                                        bias), torch.tensor(flat), x)[0])
                numpy.testing.assert_allclose(results["ntk_trace"][n, record], numpy.trace(kernels[-1]), rtol=1e-11)
                numpy.testing.assert_allclose(results["ntk_max"][n, record], numpy.linalg.eigvalsh(kernels[-1])[-1],
                                              rtol=1e-11)
                v = flat[:27].reshape(9, 3)
                if bias == "all":
                    v = numpy.column_stack([v, flat[27:36]])
                outgoing = flat[27 + 9 * (bias == "all") :][:27].reshape(3, 9)
                norms = numpy.linalg.norm(v, axis=1)
                p = norms * numpy.linalg.norm(outgoing, axis=0)
                with numpy.errstate(all="ignore"):
                    cosine = v @ v.T / numpy.outer(norms, norms)
                    near = numpy.where(numpy.isnan(cosine), numpy.eye(9), cosine >= 0.99)
                    count = p.sum() ** 2 / (p @ near @ p)
                numpy.testing.assert_allclose(results["direction_count"][n, record], count, rtol=1e-12)
                if init == "constant":
                    self.assertAlmostEqual(count, 1.0)
            with numpy.errstate(all="ignore"):
                change = numpy.linalg.norm(kernels[1] - kernels[0]) / numpy.linalg.norm(kernels[0])
            numpy.testing.assert_allclose(results["ntk_change"][n, 3], change, rtol=1e-10)
            self.assertTrue(numpy.isnan(results["ntk_change"][n, 1]))
            if init == "normal":
                self.assertGreater(count, 1.5)

    def test_a_number_a_parameter_is_verified_and_replayed(self):
        """Networks of 9 and 17 parameters with float32 and a schedule of its own, between other quantities."""
        folder = pathlib.Path(os.environ["INITSWEEP_TEST_FOLDER"])
        (folder / "spectrum.yaml").write_text(
            "dataset: xor\nnetwork: {depth: 1, activation: tanh, init: lecun_normal}\n"
            "train: {loss: mse, optimizer: sgd, learning_rate: 0.5, steps: 40}\n"
            "record: {steps: {every: 10}, probes: [first_moved, {name: hessian_eigenvalues, steps: [20]}, "
            "gradient_norm, hessian_negative]}\n"
            "grid: {network.width: [2, 4], replicate: {range: [0, 8]}}\n", encoding="utf-8")
        program, file = os.environ["INITSWEEP"], folder / "spectrum.h5"
        subprocess.run([program, "run", folder / "spectrum.yaml", "-o", file, "--quiet"], check=True)
        subprocess.run([program, "verify", file], check=True, stdout=subprocess.DEVNULL)
        with h5py.File(file) as results:
            stored, negative = results["hessian_eigenvalues"][:], results["hessian_negative"][:]
            self.assertEqual([dimension.label or list(dimension.keys())[0]
                              for dimension in results["hessian_eigenvalues"].dims],
                             ["network", "record", "parameter"])
        self.assertEqual(stored.shape, (18, 5, 17))
        numpy.testing.assert_array_equal(numpy.isnan(stored[:, [1, 3]]), True)
        numpy.testing.assert_array_equal((~numpy.isnan(stored)).sum(axis=2)[:, [0, 2, 4]],
                                         [[9] * 3] * 9 + [[17] * 3] * 9)
        self.assertTrue((numpy.diff(stored[9:, 2]) >= 0).all())
        self.assertGreater(negative.max(), 0)
        table = subprocess.run([program, "replay", file, "--network", "3"], check=True, capture_output=True,
                               text=True).stdout
        rows = [line.split(",") for line in table.splitlines()]
        first = rows[0].index("hessian_eigenvalues_1")
        self.assertEqual(rows[0][first + 8], "hessian_eigenvalues_9")
        numpy.testing.assert_array_equal(numpy.array(rows[3][first : first + 9], numpy.float32), stored[3, 2, :9])

    def test_every_loss_is_here(self):
        self.assertEqual(sorted(listed("losses")), sorted(LOSSES))


if __name__ == "__main__":
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as shared:
        os.environ["INITSWEEP_TEST_FOLDER"] = shared
        unittest.main()
