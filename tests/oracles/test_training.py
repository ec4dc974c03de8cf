#!/usr/bin/python3
"""The engine's training against PyTorch's, both in float64 and both in float32, from the same initial weights.

    test_training.py TRAIN_DUMP [--long] [reference]

TRAIN_DUMP is the program of train_dump.c. Every row of the tables takes part: losses of 200 steps, those of each step's
batch with the norms of its gradient at every tenth step, and the final weights agree to 1e-10 relative to their
largest. Every activation under every loss takes 50 steps; with --long 200, a minute more, which agree to 1e-9. The
order of minibatches comes from a Philox written apart (philox.py). The gradient is also compared with finite
differences of a loss in NumPy, which shares nothing with either.
"""
import collections
import json
import math
import subprocess
import sys
import unittest

import numpy
import torch

import philox

TOLERANCE = 1e-10
TOLERANCE_OF_FLOAT32 = 2e-6  # of 10 steps (seen: 3.5e-7); half a unit in the last place is 6e-8
LONG = "--long" in sys.argv
# 200 steps of the steepest activations and losses make more of a last digit (seen: 7e-11)
TOLERANCE_OF_STEEP_ROWS = 1e-9 if LONG else TOLERANCE
TOLERANCE_OF_LEAST_SQUARES = 1e-8  # of 20 steps (seen: 5e-9 of weights, 7e-12 of losses): systems near singular
NORMS_EVERY = 10  # steps
networks = collections.defaultdict(list)  # by case


def number(text):
    return float.fromhex(text)


class Network:
    """One line of train_dump with its numbers as arrays."""

    def __init__(self, line):
        fields = json.loads(line)
        self.__dict__.update(fields)
        for name in ("inputs", "targets", "weights_initial", "weights_final", "losses", "gradient_norms",
                     "batch_losses", "batch_gradient_norms", "batch_bias_gradient_norms"):
            setattr(self, name, numpy.array([number(text) for text in fields[name]]))
        for name in ("batch_gradient_norms", "batch_bias_gradient_norms"):
            setattr(self, name, getattr(self, name).reshape(self.steps + 1, -1)[::NORMS_EVERY].ravel())
        # the engine and PyTorch round the data to the precision of the sweep
        for name in ("inputs", "targets", "weights_initial"):
            setattr(self, name, getattr(self, name).astype(self.precision))
        self.inputs = self.inputs.reshape(self.samples, -1)
        self.targets = self.targets.reshape(self.samples, -1)
        self.learning_rate, self.weight_decay = number(self.learning_rate), number(self.weight_decay)
        self.clip_norm, self.gradient_noise, self.dropout = (
            number(numbers[0]) for numbers in (self.clip_norm, self.gradient_noise, self.dropout))
        self.normalization = {name: value if name == "name" else number(value)
                              for name, value in self.normalization.items()}
        self.factors = [{name: number(value) for name, value in factors.items()} for factors in self.factors]
        self.output_scale = number(self.output_scale)
        for choice in (self.activation, self.output_activation, self.loss, self.optimizer, self.schedule):
            choice.update({name: number(value) for name, value in choice.items() if name != "name"})
        if self.kind == "classes" or (self.kind == "binary" and self.size[-1] == 2):
            self.one_hot = numpy.eye(self.size[-1], dtype=self.precision)[self.targets[:, 0].astype(int)]
        else:
            self.one_hot = self.targets

    def __str__(self):
        names = [choice["name"] for choice in (self.activation, self.output_activation, self.loss, self.optimizer,
                                               self.schedule)]
        return f"{self.case}: {self.init} {' '.join(names)} {self.size} {self.kind} batch {self.batch_size}"

    def layers(self, flat):
        """Weight, bias, gain, shift ([0] if the layer has none) and, of a residual branch's last layer, scale ([1],
        else []) of each layer in a flat array of parameters."""
        first, layers = 0, []
        for k, (fan_in, fan_out) in enumerate(zip(self.size, self.size[1:])):
            weight = flat[first : first + fan_out * fan_in].reshape(fan_out, fan_in)
            first += fan_out * fan_in
            biases = fan_out * (self.bias == 0 or (self.bias == 1 and k < len(self.size) - 2))  # all, hidden, none
            bias = flat[first : first + biases]
            first += biases
            ends = self.branch_layers and 0 < k < len(self.size) - 2 and k % self.branch_layers == 0
            gains = fan_out * (self.affine and self.normalizes(k))
            gain = flat[first : first + gains]
            first += gains
            shift = flat[first : first + gains * (self.normalization["name"] == "layer_norm")]
            first += len(shift)
            layers.append((weight, bias, gain, shift, flat[first : first + ends]))
            first += ends
        assert first == len(flat)
        return layers

    def normalizes(self, k):
        """Whether layer k (from 0) normalises its pre-activations."""
        ends = self.branch_layers and 0 < k < len(self.size) - 2 and k % self.branch_layers == 0
        return self.normalization["name"] != "none" and k < len(self.size) - 2 and (self.branch_ends or not ends)

    def activations(self):
        """The activation of each layer."""
        count = len(self.size) - 1
        linear = [self.ends_linear and 0 < k < count - 1 and k % self.branch_layers == 0 for k in range(count - 1)]
        return [{"name": "linear"} if k else self.activation for k in linear] + [self.output_activation]

    def fixed(self):
        """[parameters] whether it stays: a scale that is not trained."""
        layers = self.layers(numpy.arange(len(self.weights_initial)))
        scales = numpy.concatenate([scale for *_, scale in layers])
        return numpy.isin(numpy.arange(len(self.weights_initial)), scales) & (not self.train_scale)

    def batches(self):
        """The samples of each step."""
        if self.batch_size == 0:
            while True:
                yield list(range(self.samples))
        epoch = 0
        while True:
            replicate = self.replicate if self.shuffle_per_replicate else 0
            order = philox.shuffle(self.seed, replicate, epoch, self.samples)
            for first in range(0, self.samples, self.batch_size):
                yield order[first : first + self.batch_size]
            epoch += 1


# ---- PyTorch ---------------------------------------------------------------------------------------------------------

TORCH_ACTIVATIONS = {
    "linear": lambda z, choice: z,
    "sigmoid": lambda z, choice: torch.sigmoid(z),
    "tanh": lambda z, choice: torch.tanh(z),
    "relu": lambda z, choice: torch.relu(z),
    "leaky_relu": lambda z, choice: torch.nn.functional.leaky_relu(z, choice["negative_slope"]),
    "sin": lambda z, choice: torch.sin(z),
    "prelu": lambda z, choice: torch.nn.functional.prelu(z, torch.tensor([choice["slope"]], dtype=z.dtype)),
    "elu": lambda z, choice: torch.nn.functional.elu(z, choice["alpha"]),
    "selu": lambda z, choice: torch.nn.functional.selu(z),
    "gelu": lambda z, choice: torch.nn.functional.gelu(z),
    "gelu_tanh": lambda z, choice: torch.nn.functional.gelu(z, approximate="tanh"),
    "silu": lambda z, choice: torch.nn.functional.silu(z),
    "softplus": lambda z, choice: torch.nn.functional.softplus(z, threshold=1000.0),
    "softsign": lambda z, choice: torch.nn.functional.softsign(z),
    "mish": lambda z, choice: torch.nn.functional.mish(z),
    "hard_tanh": lambda z, choice: torch.nn.functional.hardtanh(z),
    "cos": lambda z, choice: torch.cos(z),
    "gaussian": lambda z, choice: torch.exp(-z * z),
    "square": lambda z, choice: torch.square(z),
}
def rms_norm(z, gain, epsilon):
    """torch.nn.functional.rms_norm, which PyTorch has from 2.4 on."""
    x = z * torch.rsqrt(z.square().mean(dim=1, keepdim=True) + epsilon)
    return x if gain is None else gain * x


TORCH_NORMALIZATIONS = {
    "none": lambda z, gain, shift, choice: z,
    "layer_norm": lambda z, gain, shift, choice: torch.nn.functional.layer_norm(z, z.shape[1:], gain, shift,
                                                                                choice["epsilon"]),
    "rms_norm": lambda z, gain, shift, choice: rms_norm(z, gain, choice["epsilon"]),
}
TORCH_LOSSES = {
    "mse": lambda y, one_hot, labels, choice: torch.nn.functional.mse_loss(y, one_hot),
    "binary_cross_entropy": lambda y, one_hot, labels, choice: torch.nn.functional.binary_cross_entropy_with_logits(
        y, one_hot
    ),
    "cross_entropy": lambda y, one_hot, labels, choice: torch.nn.functional.cross_entropy(
        y, labels, label_smoothing=choice["label_smoothing"]
    ),
    "mae": lambda y, one_hot, labels, choice: torch.nn.functional.l1_loss(y, one_hot),
    "huber": lambda y, one_hot, labels, choice: torch.nn.functional.huber_loss(y, one_hot, delta=choice["delta"]),
    "hinge": lambda y, one_hot, labels, choice: torch.relu(1 - (2 * one_hot - 1) * y).mean(),
}
TORCH_OPTIMIZERS = {
    "sgd": lambda parameters, choice, **common: torch.optim.SGD(parameters, **common),
    "momentum": lambda parameters, choice, **common: torch.optim.SGD(parameters, momentum=choice["momentum"], **common),
    "nesterov": lambda parameters, choice, **common: torch.optim.SGD(
        parameters, momentum=choice["momentum"], nesterov=True, **common
    ),
    "adam": lambda parameters, choice, **common: torch.optim.Adam(
        parameters, betas=(choice["beta1"], choice["beta2"]), eps=choice["epsilon"], **common
    ),
    "adamw": lambda parameters, choice, **common: torch.optim.AdamW(
        parameters, betas=(choice["beta1"], choice["beta2"]), eps=choice["epsilon"], **common
    ),
    "rmsprop": lambda parameters, choice, **common: torch.optim.RMSprop(
        parameters, alpha=choice["alpha"], eps=choice["epsilon"], momentum=choice["momentum"], **common
    ),
    "adagrad": lambda parameters, choice, **common: torch.optim.Adagrad(parameters, eps=choice["epsilon"], **common),
}


class SignDescent(torch.optim.Optimizer):
    """w -= lr sign(g), which PyTorch has not."""

    def __init__(self, parameters, lr, weight_decay):
        super().__init__(parameters, {"lr": lr, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for w in group["params"]:
                w -= group["lr"] * torch.sign(w.grad + group["weight_decay"] * w)


TORCH_OPTIMIZERS["sign_sgd"] = lambda parameters, choice, **common: SignDescent(parameters, **common)


class ExponentiatedGradient(torch.optim.Optimizer):
    """|w| times exp(-lr d loss / d |w|), which PyTorch has not."""

    def __init__(self, parameters, lr, weight_decay):
        super().__init__(parameters, {"lr": lr, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for w in group["params"]:
                gradient = w.grad + group["weight_decay"] * w
                w *= torch.exp(-group["lr"] * gradient * torch.sign(w))


TORCH_OPTIMIZERS["exponentiated_gradient"] = lambda parameters, choice, **common: ExponentiatedGradient(
    parameters, **common
)


class DecayedRprop(torch.optim.Rprop):
    """PyTorch's with weight_decay, which it has not."""

    def __init__(self, parameters, weight_decay, **options):
        super().__init__(parameters, **options)
        for group in self.param_groups:
            group.setdefault("weight_decay", weight_decay)

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for w in group["params"]:
                w.grad += group["weight_decay"] * w
        super().step()


TORCH_OPTIMIZERS["rprop"] = lambda parameters, choice, **common: DecayedRprop(
    parameters, etas=(choice["eta_minus"], choice["eta_plus"]), step_sizes=(choice["step_min"], choice["step_max"]),
    **common
)


class LevenbergMarquardt(torch.optim.Optimizer):
    """Hagan & Menhaj 1994, which PyTorch has not, with the Jacobian of its autograd."""

    def __init__(self, parameters, choice, lr, weight_decay):
        super().__init__(parameters, {"lr": lr, "weight_decay": weight_decay})
        self.choice, self.mu = choice, choice["mu"]

    def step(self, residuals):
        """residuals(): those of all outputs of all samples with the present weights."""
        weights = [w for group in self.param_groups if group["lr"] > 0 for w in group["params"]]
        start, before = [w.detach().clone() for w in weights], residuals()
        rows = [torch.autograd.grad(r, weights, retain_graph=True) for r in before]
        jacobian = torch.stack([torch.cat([part.ravel() for part in row]) for row in rows])
        before = before.detach()
        while self.mu <= self.choice["mu_max"]:
            damped = jacobian.T @ jacobian + self.mu * torch.eye(jacobian.shape[1], dtype=jacobian.dtype)
            step = torch.linalg.solve(damped, jacobian.T @ before).split([w.numel() for w in weights])
            with torch.no_grad():
                for w, w0, part in zip(weights, start, step):
                    w.copy_(w0 - part.reshape(w.shape))
                if residuals().square().sum() < before.square().sum():
                    self.mu = max(self.mu * self.choice["mu_decrease"], 1e-20)
                    return
                for w, w0 in zip(weights, start):
                    w.copy_(w0)
            self.mu *= self.choice["mu_increase"]


GRADIENT_OPTIMIZERS = len(TORCH_OPTIMIZERS)
TORCH_OPTIMIZERS["levenberg_marquardt"] = lambda parameters, choice, **common: LevenbergMarquardt(
    parameters, choice, **common
)


def by_lambda(factor):
    """A schedule that PyTorch has only as a function: factor(t, choice, steps)."""
    return lambda optimizer, choice, steps: torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda t: factor(t, choice, steps)
    )


def warmup_cosine(t, choice, steps):
    warmup, end = choice["warmup"], choice["end"]
    if t < warmup:
        return (t + 1) / warmup
    return end + (1 - end) * (1 + math.cos(math.pi * (t - warmup) / max(steps - warmup, 1))) / 2


TORCH_SCHEDULES = {
    "constant": lambda optimizer, choice, steps: torch.optim.lr_scheduler.ConstantLR(optimizer, 1.0),
    "step": lambda optimizer, choice, steps: torch.optim.lr_scheduler.StepLR(
        optimizer, int(choice["every"]), choice["gamma"]
    ),
    "exponential": lambda optimizer, choice, steps: torch.optim.lr_scheduler.ExponentialLR(optimizer, choice["gamma"]),
    "linear": by_lambda(  # LinearLR takes no start above 1
        lambda t, choice, steps: choice["start"]
        + (choice["end"] - choice["start"]) * min(t / (choice["over"] or steps), 1)
    ),
    "cosine": lambda optimizer, choice, steps: torch.optim.lr_scheduler.CosineAnnealingLR(
        optimizer, int(choice["over"]) or steps, choice["end"] * optimizer.param_groups[0]["lr"]
    ),
    "warmup": by_lambda(lambda t, choice, steps: min((t + 1) / choice["warmup"], 1)),
    "warmup_cosine": by_lambda(warmup_cosine),
    "inverse_sqrt": by_lambda(
        lambda t, choice, steps: min((t + 1) / choice["warmup"], math.sqrt(choice["warmup"] / (t + 1)))
    ),
}


def normal(network, layer, index):
    """A normal draw of the noise on the gradient (docs/numerics.md, "Random numbers")."""
    words = philox.block((index, 0, layer, 18), (network.seed, network.replicate))
    u0, u1 = ((word >> 11) * 2.0**-53 for word in words[:2])
    return math.sqrt(-2.0 * math.log(1.0 - u0)) * math.cos(2 * math.pi * u1)


def mask(network, step, k, samples, units):
    """[samples][units] what dropout multiplies layer k (from 0) by."""
    def kept(index):
        return philox.block((index, 0, 2048 * step + k + 1, 19), (network.seed, network.replicate))[0] >> 11
    drawn = numpy.array([kept(index) * 2.0**-53 for index in range(samples * units)]).reshape(samples, units)
    return torch.tensor((drawn >= network.dropout) / (1 - network.dropout))


def train_by_torch(network):
    """Full loss before each step and after the last, the batch's likewise with its gradient's norms a layer, and the
    final weights, all flat, by the names of Network."""
    layers = [
        tuple(torch.tensor(array, requires_grad=i < 4 or network.train_scale) for i, array in enumerate(layer))
        for layer in network.layers(network.weights_initial)
    ]
    everything = [tensor for layer in layers for tensor in layer]
    parameters = [tensor for tensor in everything if tensor.requires_grad and len(tensor)]
    inputs, one_hot = torch.tensor(network.inputs), torch.tensor(network.one_hot)
    labels = torch.tensor(network.targets[:, 0]).long()
    def decays(k):
        """Whether the biases of a layer do: all, all but the output layer's, none."""
        return network.decay_biases == 0 or (network.decay_biases == 1 and k + 1 < len(layers))

    groups = []
    for k, (weight, *of_units, scale) in enumerate(layers):
        for part, tensors in enumerate(([weight, scale], of_units)):
            factors = network.factors[2 * k + part] if network.factors else {"rate": 1.0, "decay": 1.0, "epsilon": 1.0}
            tensors = [tensor for tensor in tensors if tensor.requires_grad and len(tensor)]
            group = {"params": tensors, "lr": network.learning_rate * factors["rate"],
                     "weight_decay": network.weight_decay * factors["decay"] * (part == 0 or decays(k))}
            if "epsilon" in network.optimizer:
                group["eps"] = network.optimizer["epsilon"] * factors["epsilon"]
            if network.optimizer["name"] == "rprop" and factors["rate"] == 0:
                group["step_sizes"] = (0.0, network.optimizer["step_max"])  # PyTorch would start at the smallest step
            if tensors:
                groups.append(group)
    solves = network.optimizer["name"] == "levenberg_marquardt"
    optimizer = TORCH_OPTIMIZERS[network.optimizer["name"]](
        groups, network.optimizer, lr=network.learning_rate, weight_decay=network.weight_decay
    )  # groups have their own
    schedule = TORCH_SCHEDULES[network.schedule["name"]](optimizer, network.schedule, network.steps)

    def outputs_of(samples, step=None):
        """step: whose masks drop units; None: none are dropped."""
        a = inputs[samples]
        for k, ((weight, bias, gain, shift, scale), choice) in enumerate(zip(layers, network.activations())):
            z = torch.nn.functional.linear(a, weight, bias if len(bias) else None)
            if network.normalizes(k):
                z = TORCH_NORMALIZATIONS[network.normalization["name"]](
                    z, gain if len(gain) else None, shift if len(shift) else None, network.normalization)
            z = z if k + 1 < len(layers) else network.output_scale * z
            a = TORCH_ACTIVATIONS[choice["name"]](z, choice)
            if network.dropout and step is not None and k + 1 < len(layers):
                a = a * mask(network, step, k, *a.shape)
            if len(scale):
                a = h + scale * a
            if k == 0 or len(scale):
                h = a
        return a

    def loss_of(samples, step=None):
        y = outputs_of(samples, step)
        return TORCH_LOSSES[network.loss["name"]](y, one_hot[samples], labels[samples], network.loss)

    unmasked = [(weight != 0).double() if network.has_mask else None for weight, *_ in layers]  # no other is 0 yet
    samples, found = list(range(network.samples)), collections.defaultdict(list)
    for step, batch in zip(range(network.steps + 1), network.batches()):
        optimizer.zero_grad()
        loss = loss_of(batch, step)
        loss.backward()
        for (weight, *_), kept in zip(layers, unmasked):
            if kept is not None:
                weight.grad *= kept
        found["batch_losses"].append(loss.item())
        with torch.no_grad():
            found["losses"].append((loss_of(samples) if network.batch_size or network.dropout else loss).item())
        for weight, bias, *_ in layers if step % NORMS_EVERY == 0 else ():
            found["batch_gradient_norms"].append(weight.grad.norm().item())
            found["batch_bias_gradient_norms"].append(bias.grad.norm().item() if len(bias) else math.nan)
        if step == network.steps:
            break
        if network.clip_norm:
            torch.nn.utils.clip_grad_norm_(parameters, network.clip_norm)
        for k, layer in enumerate(layers if network.gradient_noise else ()):
            numbers = [tensor for tensor in layer if tensor.requires_grad and len(tensor)]
            draws = iter(range(sum(tensor.numel() for tensor in numbers)))
            for tensor in numbers:
                noise = [normal(network, 2048 * step + k + 1, next(draws)) for _ in range(tensor.numel())]
                noise = torch.tensor(noise, dtype=torch.float64).to(tensor).reshape(tensor.shape)
                tensor.grad += network.gradient_noise * noise
        if solves:
            optimizer.step(lambda: (outputs_of(samples) - one_hot).ravel())
            continue
        optimizer.step()
        with torch.no_grad():
            for (weight, *_), kept in zip(layers, unmasked):
                if kept is not None:
                    weight *= kept
        schedule.step()
    found["weights_final"] = numpy.concatenate([tensor.detach().numpy().ravel() for tensor in everything])
    return {name: numpy.array(values) for name, values in found.items()}


# ---- NumPy -----------------------------------------------------------------------------------------------------------

NUMPY_ACTIVATIONS = {
    "linear": lambda z, choice: z,
    "sigmoid": lambda z, choice: 1 / (1 + numpy.exp(-z)),
    "tanh": lambda z, choice: numpy.tanh(z),
    "relu": lambda z, choice: numpy.maximum(z, 0),
    "leaky_relu": lambda z, choice: numpy.where(z > 0, z, choice["negative_slope"] * z),
    "sin": lambda z, choice: numpy.sin(z),
    "prelu": lambda z, choice: numpy.where(z > 0, z, choice["slope"] * z),
    "elu": lambda z, choice: numpy.where(z > 0, z, choice["alpha"] * numpy.expm1(z)),
    "selu": lambda z, choice: 1.0507009873554805 * numpy.where(z > 0, z, 1.6732632423543772 * numpy.expm1(z)),
    "gelu": lambda z, choice: z * (1 + numpy.vectorize(math.erf)(z / math.sqrt(2))) / 2,
    "gelu_tanh": lambda z, choice: z * (1 + numpy.tanh(math.sqrt(2 / math.pi) * (z + 0.044715 * z**3))) / 2,
    "silu": lambda z, choice: z / (1 + numpy.exp(-z)),
    "softplus": lambda z, choice: numpy.logaddexp(0, z),
    "softsign": lambda z, choice: z / (1 + numpy.abs(z)),
    "mish": lambda z, choice: z * numpy.tanh(numpy.logaddexp(0, z)),
    "hard_tanh": lambda z, choice: numpy.clip(z, -1, 1),
    "cos": lambda z, choice: numpy.cos(z),
    "gaussian": lambda z, choice: numpy.exp(-(z**2)),
    "square": lambda z, choice: z**2,
}
# Where g or one of its first derivatives jumps
KINKS = {"hard_tanh": (-1, 1)} | dict.fromkeys(("relu", "leaky_relu", "prelu", "elu", "selu", "softsign"), (0,))
LOSS_KINKS = {  # what is 0 there
    "mae": lambda y, t: [y - t],
    "huber": lambda y, t: [y - t - 1, y - t + 1],
    "hinge": lambda y, t: [1 - (2 * t - 1) * y],
}
NUMPY_LOSSES = {
    "mse": lambda y, t: numpy.mean((y - t) ** 2),
    "binary_cross_entropy": lambda y, t: numpy.mean(numpy.logaddexp(0, y) - y * t),
    "cross_entropy": lambda y, t: numpy.mean(numpy.logaddexp.reduce(y, axis=1) - (y * t).sum(axis=1)),
    "mae": lambda y, t: numpy.mean(numpy.abs(y - t)),
    "huber": lambda y, t: numpy.mean(numpy.where(numpy.abs(y - t) < 1, (y - t) ** 2 / 2, numpy.abs(y - t) - 0.5)),
    "hinge": lambda y, t: numpy.mean(numpy.maximum(0, 1 - (2 * t - 1) * y)),
}


def numpy_loss(network, flat):
    """Loss, and on which side of each kink each hidden pre-activation and each output is."""
    a, sides = network.inputs, []
    layers = network.layers(flat)
    for k, ((weight, bias, gain, shift, scale), choice) in enumerate(zip(layers, network.activations())):
        z = a @ weight.T + bias
        if network.normalizes(k):
            z = z - z.mean(axis=1, keepdims=True) * (network.normalization["name"] == "layer_norm")
            z = z / numpy.sqrt((z**2).mean(axis=1, keepdims=True) + network.normalization["epsilon"])
            z = (gain if len(gain) else 1) * z + (shift if len(shift) else 0)
        a = NUMPY_ACTIVATIONS[choice["name"]](z, choice)
        if len(scale):
            a = h + scale * a
        if k == 0 or len(scale):
            h = a
        if k + 1 < len(layers):
            sides += [(z > kink).ravel() for kink in KINKS.get(choice["name"], ())]
    sides += [(x > 0).ravel() for x in LOSS_KINKS.get(network.loss["name"], lambda y, t: [])(a, network.one_hot)]
    return NUMPY_LOSSES[network.loss["name"]](a, network.one_hot), numpy.concatenate([*sides, ()])


def finite_difference(network, i, sides_before, h=1e-3):
    """d loss / d weight i by the five-point formula; None where a kink lies between the points and the sides before."""
    values = {}
    for step in (-2, -1, 1, 2):
        flat = network.weights_initial.copy()
        flat[i] += step * h
        values[step], sides = numpy_loss(network, flat)
        if not numpy.array_equal(sides, sides_before):
            return None
    return (8 * (values[1] - values[-1]) - (values[2] - values[-2])) / (12 * h)


# ---- tests -----------------------------------------------------------------------------------------------------------


class Training(unittest.TestCase):
    def check(self, case, least, tolerance=TOLERANCE):
        """Compares every network of a case with PyTorch. least: number of networks that must be there."""
        worst, chosen = 0.0, networks[case]
        self.assertGreaterEqual(len(chosen), least)
        for network in chosen:
            with self.subTest(str(network)):
                self.assertEqual(network.status, 1)
                for name, theirs in train_by_torch(network).items():
                    floor = 1e-5 if "norms" in name else 1e-300  # of a start where a gradient is 0 but for rounding
                    ours = getattr(network, name)
                    numpy.testing.assert_array_equal(numpy.isnan(ours), numpy.isnan(theirs))  # no biases, no norm
                    largest = max(numpy.nanmax(numpy.abs(theirs), initial=0.0), floor)
                    difference = numpy.nanmax(numpy.abs(ours - theirs), initial=0.0) / largest
                    worst = max(worst, difference)
                    self.assertLessEqual(difference, tolerance, name)
        print(f"{case}: {len(chosen)} networks, largest relative difference {worst:.1e}")

    def test_every_activation_under_every_loss(self):
        self.check("activation and loss", 2 * len(TORCH_ACTIVATIONS) * 14, TOLERANCE_OF_STEEP_ROWS)

    def test_every_row_in_float32(self):
        """The .def files of the rows serve the engine and the reference trainer alike, in both precisions."""
        self.check("float32 activation", 2 * len(TORCH_ACTIVATIONS), TOLERANCE_OF_FLOAT32)
        self.check("float32 loss", 2 * 14, TOLERANCE_OF_FLOAT32)
        self.check("float32 optimizer", 2 * GRADIENT_OPTIMIZERS, TOLERANCE_OF_FLOAT32)

    def test_every_output_activation(self):
        self.check("output activation", 2 * len(TORCH_ACTIVATIONS))

    def test_every_optimizer_on_full_batches_and_minibatches(self):
        self.check("optimizer", 2 * GRADIENT_OPTIMIZERS * 3)

    def test_every_schedule_under_three_optimizers(self):
        self.check("schedule", 2 * len(TORCH_SCHEDULES) * 3)

    def test_gradient_clipping_under_every_optimizer(self):
        self.check("clipping", 2 * GRADIENT_OPTIMIZERS)
        largest = [network.gradient_norms.max() / network.clip_norm for network in networks["clipping"]]
        self.assertGreater(min(largest), 1.5)  # it has clipped

    def test_which_biases_decay(self):
        self.check("decay of biases", 2 * 4 * 3)
        ends = {}
        for network in networks["decay of biases"]:
            start = (network.optimizer["name"], network.replicate)
            ends.setdefault(start, set()).add(tuple(network.weights_final))
        self.assertEqual({len(found) for found in ends.values()}, {3})  # the setting has an effect

    def test_layers_without_biases_under_every_optimizer(self):
        self.check("biases", 2 * 2 * GRADIENT_OPTIMIZERS)

    def test_factors_of_layers_are_parameter_groups(self):
        """What is frozen keeps its bits."""
        self.check("factors", 2 * 3 * GRADIENT_OPTIMIZERS)
        frozen = 0
        for network in networks["factors"]:
            both = [network.layers(weights) for weights in (network.weights_initial, network.weights_final)]
            for k, (before, after) in enumerate(zip(*both)):
                for part, (one, other) in enumerate(zip(before[:2], after[:2])):
                    still = network.factors[2 * k + part]["rate"] == 0
                    frozen += still
                    self.assertEqual(one.tobytes() == other.tobytes(), still, (str(network), k, part))
        self.assertEqual(frozen, 2 * 2 * 2 * GRADIENT_OPTIMIZERS)

    def test_scaled_outputs_under_every_loss(self):
        self.check("output scale", 2 * 2 * 14)

    def test_masked_weights_stay_0_under_every_optimizer(self):
        self.check("mask", 2 * 2 * GRADIENT_OPTIMIZERS)
        for network in networks["mask"]:
            zeros = [network.layers(weights)[0][0] == 0 for weights in (network.weights_initial, network.weights_final)]
            self.assertTrue(0 < zeros[0].sum() < zeros[0].size)
            numpy.testing.assert_array_equal(*zeros)

    def test_every_initializer_as_a_start(self):
        self.check("initializer", 2)

    def test_depths_0_to_4_on_minibatches(self):
        self.check("depth", 2 * 5)

    def test_residual_branches_under_every_optimizer(self):
        """h + alpha f(h); alpha is one more parameter, decayed and clipped as the others are, or stays."""
        self.check("residual", 2 * GRADIENT_OPTIMIZERS * 6)
        starts = [[scale for *_, scale in network.layers(network.weights_initial)] for network in networks["residual"]]
        self.assertEqual(sum(len(scale) for scales in starts for scale in scales),
                         2 * 3 * GRADIENT_OPTIMIZERS * (4 + 2))
        self.assertEqual(sum(network.ends_linear for network in networks["residual"]), 2 * 2 * GRADIENT_OPTIMIZERS)

    def test_normalizations_under_every_optimizer(self):
        """torch.nn.functional.layer_norm, and the same without the mean; gains and shifts are parameters."""
        self.check("normalization", 2 * GRADIENT_OPTIMIZERS * 4 * (len(TORCH_NORMALIZATIONS) - 1))

    def test_dropout_under_every_optimizer(self):
        self.check("dropout", 2 * GRADIENT_OPTIMIZERS)

    def test_least_squares(self):
        self.check("least squares", 2 * 10, TOLERANCE_OF_LEAST_SQUARES)

    def test_noise_on_the_gradient_under_every_optimizer(self):
        self.check("gradient noise", 2 * GRADIENT_OPTIMIZERS)

    def test_a_normalized_layer_does_not_depend_on_the_scale_of_its_weights(self):
        """The sum of w d loss / d w over the weights and biases of a normalised layer is 0, but for epsilon; of other
        layers it is not."""
        largest, others = 0.0, []
        for network in networks["gradient"]:
            if network.normalization["name"] == "none":
                continue
            start, end = (network.layers(flat) for flat in (network.weights_initial, network.weights_final))
            for k, ((w, b, *_), (w_end, b_end, *_)) in enumerate(zip(start, end)):
                w, gradient = (numpy.concatenate([x.ravel(), y]) for x, y in ((w, b), (w - w_end, b - b_end)))
                cosine = abs(w @ gradient) / numpy.linalg.norm(w) / numpy.linalg.norm(gradient)
                if network.normalizes(k):
                    largest = max(largest, cosine)
                else:
                    others.append(cosine)
        print(f"cosine of weights and gradient: largest {largest:.1e} if normalised, else median "
              f"{numpy.median(others):.1e}")
        self.assertLess(largest, 1e-3)
        self.assertGreater(numpy.median(others), 1e-2)

    def test_gradients_are_finite_differences_of_the_loss(self):
        compared = skipped = 0
        worst = 0.0
        self.assertGreaterEqual(len(networks["gradient"]), 2 * len(NUMPY_ACTIVATIONS) * len(NUMPY_LOSSES))
        for network in networks["gradient"]:
            gradient = (network.weights_initial - network.weights_final) / network.learning_rate
            scale = numpy.abs(gradient).max()
            with self.subTest(str(network)):
                loss, sides = numpy_loss(network, network.weights_initial)
                self.assertAlmostEqual(loss / network.losses[0], 1.0, delta=1e-13)
                fixed = network.fixed()
                for i in range(len(gradient)):
                    if fixed[i]:
                        self.assertEqual(gradient[i], 0.0)
                        continue
                    expected = finite_difference(network, i, sides)
                    if expected is None:
                        skipped += 1
                        continue
                    compared += 1
                    worst = max(worst, abs(gradient[i] - expected) / scale)
                    self.assertLessEqual(abs(gradient[i] - expected), 1e-9 * scale)
        print(f"gradients: {compared} compared, {skipped} at kinks left out, largest difference {worst:.1e}")
        self.assertLess(skipped, compared / 20)


class Philox(unittest.TestCase):
    def test_known_answers(self):
        """Random123's kat_vectors, philox4x64 of 10 rounds: zeros and ones."""
        ones = philox.MASK
        self.assertEqual(
            philox.block((0, 0, 0, 0), (0, 0)),
            (0x16554D9ECA36314C, 0xDB20FE9D672D0FDC, 0xD7E772CEE186176B, 0x7E68B68AEC7BA23B),
        )
        self.assertEqual(
            philox.block((ones,) * 4, (ones,) * 2),
            (0x87B092C3013FE90B, 0x438C3C67BE8D0224, 0x9CC7D7C69CD777B6, 0xA09CAEBF594F0BA0),
        )

    def test_equals_numpys(self):
        """NumPy steps its counter before it draws."""
        for counter, key in (((5, 0, 2, 5), (2026, 3)), ((2**64 - 2, 7, 2**63, 1), (2**64 - 1, 2**40))):
            before = numpy.array((counter[0] - 1, *counter[1:]), dtype=numpy.uint64)
            theirs = numpy.random.Philox(counter=before, key=numpy.array(key, dtype=numpy.uint64)).random_raw(4)
            self.assertEqual(philox.block(counter, key), tuple(int(word) for word in theirs))


def main():
    torch.set_num_threads(1)
    program = sys.argv[1:]
    for line in subprocess.run(program, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines():
        network = Network(line)
        networks[network.case].append(network)
    unittest.main(argv=sys.argv[:1])


if __name__ == "__main__":
    main()
