#!/usr/bin/python3
"""Random combinations of all settings, trained by the program and by PyTorch in float64 from the same initial weights.

Environment: INITSWEEP, the program.

A setting is one row of ROWS: its path, what a sweep file may say, and what that means to the trainer of
test_training.py. Losses of every step and final weights agree to 1e-9. Where they do not, the network must be chaotic:
PyTorch then differs from itself as much after a start whose weights are one unit in the last place away.
"""
import os
import pathlib
import tempfile
import unittest
from typing import Any, Callable, NamedTuple

import numpy
import torch

from sweeps import run
from test_training import Network, train_by_torch

SEED, COMBINATIONS, STEPS = 19, 60, 30
TOLERANCE = 1e-9


class Row(NamedTuple):
    """A setting. options: text in the sweep file -> attributes of the trainer's network. when: whether the setting may
    be given, by the attributes drawn so far; its default holds where it is not."""
    path: str
    options: dict[str, dict[str, Any]]
    when: Callable[[dict[str, Any]], bool] = lambda drawn: True


def named(attribute, *names, **parameters):
    """Options of a named choice: bare names, and names with parameters."""
    options = {name: {attribute: {"name": name}} for name in names}
    for name, values in parameters.items():
        text = ", ".join(f"{key}: {value}" for key, value in values.items())
        options[f"{{name: {name}, {text}}}"] = {attribute: {"name": name, **values}}
    return options


def numbers(attribute, *values):
    return {str(value): {attribute: value} for value in values}


ADAM = {"beta1": 0.8, "beta2": 0.95, "epsilon": 1e-3}


def by_layer(**rates):
    """rates: of layers "first", "second", "output" -> factors of weights and biases."""
    def factors(k, layers):
        name = "output" if k + 1 == layers else ("first", "second")[k] if k < 2 else None
        return rates.get(name, (1.0, 1.0))
    return {"rates": factors}


def ntk(k, sizes, like_sgd):
    a = sizes[k] ** -0.5
    return a, a**2 if like_sgd else a, 1.0


def mean_field(k, sizes, like_sgd):
    below, above = sizes[k] if k else 1, sizes[k + 1] if k + 2 < len(sizes) else 1
    return 1 / below, above / below if like_sgd else 1 / below, above if like_sgd else 1.0


def mup(k, sizes, like_sgd):
    below, above = sizes[k] / 4 if k else 1, sizes[k + 1] / 4 if k + 2 < len(sizes) else 1
    output = k + 2 == len(sizes)
    weights = (1 / below if output else above / below) if like_sgd else 1 / below
    return 1 / below if output else 1.0, weights, above if like_sgd else 1.0


OPTIMIZERS = named("optimizer", "sgd", "exponentiated_gradient", momentum={"momentum": 0.8}, nesterov={"momentum": 0.7},
                   adam=ADAM, adamw=ADAM, rmsprop={"alpha": 0.9, "epsilon": 1e-3, "momentum": 0.4},
                   adagrad={"epsilon": 1e-3})
# Their gradient by an output bias is a sum of equal numbers of both signs: it may be 0, and sign_sgd then takes the
# sign of a rounding error.
LINEAR_LOSSES = ("mae", "hinge")
ROWS = [
    Row("network.depth", numbers("depth", 1, 2, 3, 5)),
    Row("network.width", numbers("width", 3, 8, 17)),
    Row("network.activation", named("activation", "tanh", "sigmoid", "gelu", "softplus", "sin", "silu", "linear",
                                    leaky_relu={"negative_slope": 0.2}, elu={"alpha": 0.7})),
    Row("train.loss", named("loss", "mse", "mae", "binary_cross_entropy", "hinge", huber={"delta": 0.6},
                            cross_entropy={"label_smoothing": 0.1})),
    Row("dataset", {"VALUES": {"kind": "values"}},
        lambda drawn: drawn["loss"]["name"] in ("mse", "mae", "huber")),
    Row("dataset", {"CLASSES": {"kind": "classes"}}, lambda drawn: "kind" not in drawn),
    Row("network.output_activation", named("output_activation", "linear", "tanh", "softsign"),
        lambda drawn: drawn["loss"]["name"] in ("mse", "mae", "huber")),
    Row("network.output_scale", numbers("output_scale", 0.5, -2.0, 1.0)),
    Row("network.bias", {"all": {"bias": 0}, "hidden": {"bias": 1}, "none": {"bias": 2}}),
    Row("network.init", dict.fromkeys(("glorot_normal", "he_uniform", "orthogonal", "lsuv"), {})),
    Row("network.bias_init", {"{name: normal, std: 0.3}": {}}, lambda drawn: drawn["bias"] < 2),
    Row("network.init_by_layer", {"{1: lecun_normal}": {}, "{output: {name: normal, std: 0.2}}": {}}),
    Row("network.init_noise", {"0": {}, "0.05": {"init_noise": 0.05}}),
    Row("network.init_noise.of", dict.fromkeys(("all", "weights"), {}), lambda drawn: drawn["init_noise"] > 0),
    # The trainer takes the weights that are 0 at the start for masked ones.
    Row("network.mask", {"none": {}, "{by: random, sparsity: 0.3}": {"has_mask": True}}),
    Row("network.init_sparsity", dict.fromkeys(("0", "0.3"), {}), lambda drawn: not drawn["has_mask"]),
    Row("network.residual.branch_layers", numbers("branch_layers", 1, 2),
        lambda drawn: drawn["depth"] in (3, 5)),
    Row("network.residual.scale", {"0.6": {}}, lambda drawn: drawn["branch_layers"] > 0),
    Row("network.residual.train_scale", {"true": {"train_scale": True}, "false": {"train_scale": False}},
        lambda drawn: drawn["branch_layers"] > 0),
    Row("network.residual.activation_after", {"true": {"ends_linear": False}, "false": {"ends_linear": True}},
        lambda drawn: drawn["branch_layers"] > 0),
    Row("network.normalization", {
        "layer_norm": {"normalization": {"name": "layer_norm", "epsilon": 1e-5}, "affine": True},
        "{name: layer_norm, affine: false}": {"normalization": {"name": "layer_norm", "epsilon": 1e-5}},
        "{name: rms_norm, epsilon: 0.01}": {"normalization": {"name": "rms_norm", "epsilon": 0.01}, "affine": True}}),
    Row("network.dropout", numbers("dropout", 0.0, 0.25)),
    Row("train.gradient_noise", numbers("gradient_noise", 0.0, 0.02)),
    Row("train.optimizer", OPTIMIZERS, lambda drawn: drawn["loss"]["name"] in LINEAR_LOSSES),
    Row("train.optimizer", OPTIMIZERS | named("optimizer", "sign_sgd"),
        lambda drawn: drawn["loss"]["name"] not in LINEAR_LOSSES),
    Row("network.parametrization", {"standard": {}, "ntk": {"parametrization": ntk},
                                    "mean_field": {"parametrization": mean_field},
                                    "{name: mup, base_width: 4}": {"parametrization": mup}},
        lambda drawn: drawn["optimizer"]["name"] != "exponentiated_gradient" and not drawn["train_scale"]),
    Row("train.learning_rate", numbers("learning_rate", 0.003, 0.02)),
    Row("train.rate_by_layer", {"{1: 0}": by_layer(first=(0.0, 0.0)),
                                "{1: 0.5, output: {weights: 2, biases: 0}}": by_layer(first=(0.5, 0.5),
                                                                                      output=(2.0, 0.0)),
                                "{output: 3}": by_layer(output=(3.0, 3.0))}),
    Row("train.weight_decay", numbers("weight_decay", 0.0, 0.05)),
    Row("train.decay_biases", {"hidden": {"decay_biases": 1}, "none": {"decay_biases": 2}},
        lambda drawn: drawn["weight_decay"] > 0 and drawn["bias"] < 2),
    Row("train.schedule", named("schedule", "constant", exponential={"gamma": 0.95}, warmup={"warmup": 7},
                                step={"every": 9, "gamma": 0.5})),
    Row("train.clip_norm", numbers("clip_norm", 0.5, 5.0)),
    Row("train.batch_size", numbers("batch_size", 5, 16)),
    Row("train.shuffle", {"per_replicate": {"shuffle_per_replicate": True}}, lambda drawn: drawn["batch_size"] > 0),
    Row("replicate", numbers("replicate", 0, 3)),
    Row("seed", numbers("seed", 7, 8)),
]
DEFAULTS = {"output_activation": {"name": "linear"}, "output_scale": 1.0, "bias": 0, "branch_layers": 0,
            "train_scale": False, "ends_linear": False, "init_noise": 0.0, "has_mask": False,
            "normalization": {"name": "none"}, "affine": False, "branch_ends": True, "dropout": 0.0,
            "gradient_noise": 0.0, "rates": by_layer()["rates"],
            "parametrization": None, "decay_biases": 0, "weight_decay": 0.0, "schedule": {"name": "constant"},
            "clip_norm": 0.0, "batch_size": 0, "shuffle_per_replicate": False,
            "replicate": 0, "seed": 0, "steps": STEPS, "precision": "float64"}
LIKE_SGD = ("sgd", "momentum", "nesterov")


class Combination(Network):
    """A network of test_training.py from drawn settings and the program's results."""

    def __init__(self, drawn, data, weights_initial):  # pylint: disable=super-init-not-called
        self.__dict__.update(drawn)
        self.inputs, self.targets = data[self.kind]
        self.samples = len(self.inputs)
        self.weights_initial = weights_initial
        outputs = self.targets.shape[1] if self.kind == "values" else 3
        self.size = [self.inputs.shape[1]] + [self.width] * self.depth + [outputs]
        self.one_hot = self.targets if self.kind == "values" else numpy.eye(3)[self.targets[:, 0].astype(int)]
        self.factors = []
        for k in range(len(self.size) - 1):
            a, weights, biases = 1.0, 1.0, 1.0
            if self.parametrization:
                a, weights, biases = self.parametrization(k, self.size, self.optimizer["name"] in LIKE_SGD)
            rates = self.rates(k, len(self.size) - 1)
            decay = 1 / a if self.optimizer["name"] == "adamw" else 1 / a**2
            self.factors.append({"rate": rates[0] * weights, "decay": decay, "epsilon": 1 / a})
            self.factors.append({"rate": rates[1] * biases, "decay": 1.0, "epsilon": 1.0})


def draw(generator):
    """One combination: paths with their texts, and the attributes of its network."""
    drawn, texts = dict(DEFAULTS), {}
    del drawn["output_activation"]
    for row in ROWS:
        required = row.path in ("dataset", "network.depth", "network.width", "network.activation", "network.init",
                                "train.loss", "train.optimizer", "train.learning_rate")
        skip = generator.random() < 0.4
        option = list(row.options)[generator.integers(len(row.options))]
        if row.when(drawn) and (required or not skip):
            texts[row.path] = option
            drawn.update(row.options[option])
    drawn.setdefault("output_activation", DEFAULTS["output_activation"])
    return texts, drawn


class Combinations(unittest.TestCase):
    def test_random_combinations_of_all_settings(self):
        generator = numpy.random.default_rng(SEED)
        inputs = generator.normal(size=(37, 4))
        data = {"values": (inputs, generator.normal(size=(37, 2))),
                "classes": (inputs, (numpy.arange(37) % 3)[:, None].astype(float))}
        files = {}
        for kind, (x, t) in data.items():
            path = pathlib.Path(os.environ["INITSWEEP_TEST_FOLDER"], f"{kind}.csv")
            numpy.savetxt(path, numpy.column_stack([x, t]), delimiter=",", fmt="%.17g")
            columns = '"5,6"' if kind == "values" else '"5"'
            files[kind.upper()] = f'{{name: csv, path: "{path}", target: {columns}, kind: {kind}, test_fraction: 0}}'
        combinations = [draw(generator) for _ in range(COMBINATIONS)]
        grids = ""
        for texts, _ in combinations:
            grids += "  - {" + ", ".join(f"{path}: [{files.get(text, text)}]" for path, text in texts.items()) + "}\n"
        results = run(f"precision: float64\ntrain: {{steps: {STEPS}}}\n"
                      "record: {steps: {every: 1}, weights: both, probes: [loss, batch_loss]}\n" f"grid:\n{grids}")
        self.assertEqual(len(results["loss"]), COMBINATIONS)
        worst, chaotic = 0.0, 0
        for n, (texts, drawn) in enumerate(combinations):
            start, end = (row[~numpy.isnan(row)] for row in (results["weights_initial"][n],
                                                             results["weights_final"][n]))
            network = Combination(drawn, data, start)
            ours = {"losses": results["loss"][n], "batch_losses": results["batch_loss"][n], "weights_final": end}
            torchs = train_by_torch(network)
            difference = largest_difference(ours, torchs)
            if difference > TOLERANCE:
                network.weights_initial = numpy.nextafter(start, numpy.inf)
                spread = largest_difference(train_by_torch(network), torchs)
                chaotic += 1
                with self.subTest(network=n, settings=texts):
                    self.assertLess(difference, 100 * spread)
                continue
            worst = max(worst, difference)
        print(f"{COMBINATIONS} combinations, {chaotic} of them chaotic; largest relative difference {worst:.1e}")
        self.assertLess(chaotic, COMBINATIONS / 6)

    def test_every_option_is_drawn(self):
        generator = numpy.random.default_rng(SEED)
        generator.normal(size=(37, 4))
        generator.normal(size=(37, 2))
        seen = {(path, text) for _ in range(COMBINATIONS) for path, text in draw(generator)[0].items()}
        for row in ROWS:
            for option in row.options:
                with self.subTest(path=row.path, option=option):
                    self.assertIn((row.path, option), seen)


def largest_difference(ours, theirs):
    return max(numpy.abs(ours[name] - theirs[name]).max() / max(numpy.abs(theirs[name]).max(), 1e-300)
               for name in ("losses", "batch_losses", "weights_final"))


if __name__ == "__main__":
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as shared:
        os.environ["INITSWEEP_TEST_FOLDER"] = shared
        unittest.main()
