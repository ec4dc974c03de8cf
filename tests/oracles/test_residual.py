#!/usr/bin/python3
"""Residual branches h + alpha f(h) through the program.

He et al. 2016, "Identity mappings in deep residual networks", eq. 1 and 2 (alpha = 1); Bachlechner et al. 2020, "ReZero
is all you need", eq. 3 (alpha = 0 at the start, trained); Zhang et al. 2019, "Fixup initialization", section 3 (a
branch's last layer 0, its others scaled by branches^(-1 / (2 m - 2)), m layers a branch). Training itself is compared
with PyTorch in test_training.py.
"""
import math
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import numpy
import torch

import philox
from sweeps import run

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "scripts"))
import initsweep

PROBES = "loss activation_mean activation_variance pre_activation_variance jacobian_norm jacobian_singular_value_max " \
         "jacobian_singular_value_min residual_scale residual_scale_gradient gradient_norm first_moved".split()
HEAD = f"""\
sweep: residual
seed: 2026
precision: PRECISION
dataset: {{name: teacher, samples: 40, features: 5, outputs: 3, test_fraction: 0.0}}
record: {{steps: {{every: 1}}, weights: both, probes: [{", ".join(PROBES)}]}}
"""
TRAIN = "train: {loss: mse, optimizer: sgd, learning_rate: 0.05, steps: 3}\n"
ACTIVATIONS = {"tanh": torch.tanh, "relu": torch.relu, "sigmoid": torch.sigmoid, "linear": lambda z: z}


def trained(text, precision="float64"):
    return run(HEAD.replace("PRECISION", precision) + TRAIN + text)


def ends(layers, branch_layers):
    """Whether each weight layer is a branch's last."""
    return [0 < k < layers - 1 and k % branch_layers == 0 if branch_layers else False for k in range(layers)]


class Trunk(unittest.TestCase):
    """What a branch gives that gives nothing."""

    def same_jacobian(self, text, precision):
        """Jacobians of all depths are those of depth 1, the trunk alone, to the bit."""
        results = trained(text, precision)
        for name in PROBES[4:7]:
            trunk = results[name][results["depth"] == 1, 0]
            for depth in (3, 5, 7):
                numpy.testing.assert_array_equal(results[name][results["depth"] == depth, 0].tobytes(), trunk.tobytes())
        self.assertGreater(results["jacobian_norm"][:, 0].min(), 0.1)
        return results

    def test_jacobian_at_alpha_0_is_the_trunks_to_the_bit(self):
        text = ("network: {depth: 1, width: 5, activation: tanh, init: he_normal, bias_init: {name: normal, std: 0.3}, "
                "init_by_layer: {output: identity}, residual: {scale: 0}}\n"
                "grid: {network.depth: [1, 3, 5, 7], network.residual.branch_layers: [1, 2], "
                "network.activation: [tanh, sigmoid, relu], replicate: {range: [0, 4]}}\n")
        for precision in ("float32", "float64"):
            self.same_jacobian(text, precision)

    def test_jacobian_with_a_last_layer_of_zeros_is_the_trunks_to_the_bit(self):
        text = ("network: {depth: 1, width: 5, activation: tanh, init: he_normal, "
                "init_by_layer: {output: identity, branch_last: zeros}}\n"
                "grid: {network.depth: [1, 3, 5, 7], network.residual.branch_layers: [1, 2], "
                "network.activation: [tanh, sigmoid, relu], replicate: {range: [0, 4]}}\n")
        self.same_jacobian(text.replace("sigmoid, ", ""), "float32")  # g(0) = 0, so that the trunk's slopes stay
        self.same_jacobian(text.replace("sigmoid, ", ""), "float64")

    def test_jacobian_of_identities_is_the_identitys(self):
        """Linear, stem and head the identity, 5 inputs and 5 units: 3 rows of the identity remain."""
        results = trained("network: {depth: 7, width: 5, activation: linear, init: orthogonal, residual: {scale: 0}, "
                          "init_by_layer: {1: identity, output: identity}}\n"
                          "grid: {network.residual.branch_layers: [1, 2]}\n")
        numpy.testing.assert_allclose(results["jacobian_norm"][:, 0], 3**0.5, rtol=1e-15)  # a mean of 16
        self.assertEqual(results["jacobian_singular_value_max"][:, 0].tolist(), [1.0] * 2)
        self.assertEqual(results["jacobian_singular_value_min"][:, 0].tolist(), [1.0] * 2)


class WhoMovesWhen(unittest.TestCase):
    """Of alpha = 0 and a last layer of zeros one moves at step 1 and the rest at step 2; of both none ever."""

    def steps(self, branch_layers, scale, last, train_scale=True, activation="tanh", after=True):
        """When each layer moved, whether each scale had by steps 1 and 2, and the results, of one network of depth
        5."""
        results = trained(f"network: {{depth: 5, width: 6, activation: {activation}, init: he_normal, init_by_layer: "
                          f"{{branch_last: {last}}}, "
                          f"residual: {{branch_layers: {branch_layers}, scale: {scale}, train_scale: "
                          f"{str(train_scale).lower()}, activation_after: {str(after).lower()}}}}}\n")
        scales = results["residual_scale"][0]
        self.assertEqual(numpy.isfinite(scales[0]).tolist(), ends(6, branch_layers))
        self.assertEqual(numpy.isfinite(results["residual_scale_gradient"][0, 0]).tolist(),
                         [end and train_scale for end in ends(6, branch_layers)])
        moved = results["first_moved"][0]
        at_1, at_2 = (scales[t, numpy.isfinite(scales[t])] for t in (1, 2))
        return moved.tolist(), (at_1 != scale).tolist(), (at_2 != scale).tolist(), results

    def test_rezero(self):
        moved, at_1, _, results = self.steps(2, 0.0, "he_normal")
        self.assertEqual(moved, [1, 2, 2, 2, 2, 1])
        self.assertEqual(at_1, [True, True])
        self.assertEqual(results["gradient_norm"][0, 0, 1:5].tolist(), [0.0] * 4)
        self.assertLess(results["loss"][0, -1], results["loss"][0, 0])

    def test_last_layers_of_zeros(self):
        moved, at_1, at_2, results = self.steps(2, 1.0, "zeros")
        self.assertEqual(moved, [1, 2, 1, 2, 1, 1])
        self.assertEqual((at_1, at_2), ([False] * 2, [True] * 2))
        self.assertLess(results["loss"][0, -1], results["loss"][0, 0])
        moved, at_1, at_2, _ = self.steps(1, 1.0, "zeros")
        self.assertEqual(moved, [1, 1, 1, 1, 1, 1])

    def test_last_layers_of_zeros_with_a_fixed_scale(self):
        moved, _, at_2, _ = self.steps(2, 1.0, "zeros", train_scale=False)
        self.assertEqual(moved, [1, 2, 1, 2, 1, 1])
        self.assertEqual(at_2, [False] * 2)

    def test_relu_after_a_last_layer_of_zeros_is_dead_and_without_it_is_not(self):
        """z = 0 in every unit of the branch's last layer, where relu's slope is 0."""
        moved, _, at_2, _ = self.steps(2, 1.0, "zeros", activation="relu")
        self.assertEqual(moved, [1, -1, -1, -1, -1, 1])
        self.assertEqual(at_2, [False] * 2)
        moved, _, at_2, _ = self.steps(2, 1.0, "zeros", activation="relu", after=False)
        self.assertEqual(moved, [1, 2, 1, 2, 1, 1])
        self.assertEqual(at_2, [True] * 2)

    def test_both_zero_never_move(self):
        for branch_layers in (1, 2):
            moved, at_1, at_2, results = self.steps(branch_layers, 0.0, "zeros")
            self.assertEqual(moved[0], 1)
            self.assertEqual(moved[-1], 1)
            self.assertEqual([m for m, end in zip(moved, ends(6, branch_layers)) if end], [-1] * (4 // branch_layers))
            self.assertFalse(any(at_1 + at_2))
            if branch_layers == 2:
                self.assertEqual(moved[1:5], [-1] * 4)


class Measures(unittest.TestCase):
    TEXT = ("network: {depth: 5, width: 6, activation: tanh, init: glorot_normal, bias_init: {name: normal, std: 0.3}, "
            "residual: {train_scale: true}}\n"
            "grid: {network.activation: [tanh, relu, sigmoid, linear], network.residual: "
            "[{branch_layers: [none, 1, 2]}, {branch_layers: [1, 2], activation_after: false}], "
            "network.residual.scale: [0.5, -1.3]}\n")

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.file = os.path.join(self.folder.name, "out.h5")
        pathlib.Path(self.folder.name, "sweep.yaml").write_text(
            HEAD.replace("PRECISION", "float64") + TRAIN.replace("0.05", "0.001") + self.TEXT, encoding="utf-8")
        self.program("run", f"{self.folder.name}/sweep.yaml", "-o", self.file)

    def program(self, *arguments):
        subprocess.run([os.environ["INITSWEEP"], *arguments], check=True, stdout=subprocess.DEVNULL)

    def test_probes_are_those_of_pytorch_and_the_library_splits_the_weights(self):
        results, compared = initsweep.open_results(self.file), 0
        inputs = torch.tensor(teacher_inputs())
        self.assertEqual(results.status.values.tolist(), [initsweep.COMPLETED] * 40)
        for n in range(results.sizes["network"]):
            activation, branch_layers = str(results.activation.values[n]), int(results.branch_layers.values[n])
            after = str(results.activation_after.values[n]) == "true"
            for record, which in ((0, "initial"), (-1, "final")):
                layers = initsweep.split_weights(results, n, which)
                scales = initsweep.residual_scales(results, n, which)
                stored = results.residual_scale.values[n, record]
                numpy.testing.assert_array_equal(scales, stored[numpy.isfinite(stored)])
                self.assertEqual(len(scales), 4 // branch_layers if branch_layers else 0)
                x, a, z = inputs.clone().requires_grad_(True), [], []
                value = x
                left = list(scales)
                for k, ((weight, bias), end) in enumerate(zip(layers, ends(6, branch_layers))):
                    z.append(torch.nn.functional.linear(value, torch.tensor(weight), torch.tensor(bias)))
                    value = ACTIVATIONS[activation](z[-1]) if k < 5 and (after or not end) else z[-1]
                    if end:
                        value = trunk + left.pop(0) * value
                    if k == 0 or end:
                        trunk = value
                    a.append(value)
                rows = [torch.autograd.grad(value[:, o].sum(), x, retain_graph=True)[0] for o in range(3)]
                chosen = torch.stack(rows, dim=1)[[i * 40 // 16 for i in range(16)]].numpy()
                values = numpy.linalg.svd(chosen, compute_uv=False)
                expected = {"jacobian_norm": numpy.linalg.norm(chosen, axis=(1, 2)).mean(),
                            "jacobian_singular_value_max": values[:, 0].mean(),
                            "jacobian_singular_value_min": values[:, -1].mean(),
                            "activation_mean": [v.mean().item() for v in a],
                            "activation_variance": [v.var(unbiased=False).item() for v in a],
                            "pre_activation_variance": [v.var(unbiased=False).item() for v in z]}
                for name, one in expected.items():
                    with self.subTest(network=n, activation=activation, branch_layers=branch_layers, after=after,
                                      probe=name):
                        numpy.testing.assert_allclose(results[name].values[n, record], one, rtol=1e-9, atol=1e-14)
                        compared += 1
        self.assertEqual(compared, 40 * 2 * 6)

    def test_verify_and_replay(self):
        self.program("verify", self.file, "--all")
        self.program("replay", self.file, "--network", "11", "--every", "-o", f"{self.folder.name}/once.csv")


class Fixup(unittest.TestCase):
    def test_gradients_do_not_grow_with_depth(self):
        """Zhang et al. 2019, section 3: in branches of 2 layers the last starts at 0 and the first at branches^(-1/2)
        of He's; then gradients do not grow with depth, while He's start grows as 2^branches in variance."""
        depths = [3, 9, 33]
        gains = ", ".join(f"{{name: he_normal, gain: {(2 / ((depth - 1) // 2)) ** 0.5:.17g}}}" for depth in depths)
        text = ("network: {depth: 3, width: 16, activation: relu, init: he_normal, residual: {branch_layers: 2}, "
                "init_by_layer: "
                "{branch_last: LAST, output: {name: normal, std: 0.2}}}\ngrid: {replicate: {range: [0, 15]}}\n")
        fixup = trained(text.replace("LAST", "zeros") +
                        f"zip: [{{network.depth: {depths}, network.init_by_layer.branch_first: [{gains}]}}]\n")
        he = trained(text.replace("LAST", "he_normal") + f"zip: [{{network.depth: {depths}}}]\n")
        largest = [numpy.median(numpy.nanmax(results["gradient_norm"][:, 0], axis=1).reshape(16, 3), axis=0)
                   for results in (fixup, he)]
        print("largest gradient norm of a layer at depths 3, 9, 33: Fixup", *largest[0].round(2), "He",
              *largest[1].round(2))
        self.assertLess(largest[0][2] / largest[0][0], 2)
        self.assertGreater(largest[1][2] / largest[1][0], 2**8)


def teacher_inputs():
    """[40, 5] the sweep's inputs: docs/numerics.md's normal draws of purpose DATA (7), layer 0."""
    def normal(index):
        words = philox.block((index, 0, 0, 7), (2026, 0))
        u0, u1 = ((word >> 11) * 2.0**-53 for word in words[:2])
        return math.sqrt(-2.0 * math.log(1.0 - u0)) * math.cos(2 * math.pi * u1)
    return numpy.array([normal(index) for index in range(200)]).reshape(40, 5)


if __name__ == "__main__":
    unittest.main()
