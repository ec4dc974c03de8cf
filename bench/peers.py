#!/usr/bin/python3
"""The peers in Python: PyTorch and NumPy, trained on the engine's cases from the engine's initial weights.

    peers.py                 answers requests on standard input, one per line, each with one line of JSON:
        info                                            versions, BLAS
        settings PATH PEER [NETWORKS]                   the settings that are worth trying for a case; of packs of so
                                                        many networks only
        check PATH PEER SETTING                         losses after 10 steps, one per network
        measure PATH PEER SETTING SECONDS               network-steps per second

A peer is a class with step(batch) and losses(); a setting is text such as pack=256,bias=row. Every peer is written for
speed: no autograd where a backward pass by hand is faster, results written into arrays that exist, gradient and update
in one call where the library has such a call. Each step is the same step of the same definition (docs/benchmarks.md).
"""
import gc
import json
import os
import sys
import time

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):  # one core, like the engine
    os.environ[name] = "1"

import numpy as np
import torch

torch.set_num_threads(1)
torch.set_grad_enabled(False)

MAGIC = 0x3145534143575349
CHECK_STEPS = 10
MEMORY = 64 << 20  # bytes of weights and activations that a pack may fill


class Case:
    """A case file (case_file.h). inputs [samples, features] and targets [samples] in the order of the first epoch;
    weights[k] [networks, fan_in, fan_out], biases[k] [networks, fan_out]."""

    def __init__(self, path):
        words = np.fromfile(path, dtype="<u8")
        numbers = words.view("<f8")
        assert words[0] == MAGIC, f"{path} is no case file"
        self.layers = int(words[1])
        self.size = [int(n) for n in words[2:3 + self.layers]]
        self.samples, self.batch, self.classes, networks, parameters, real_bytes = (int(n) for n in words[10:16])
        self.learning_rate = float(numbers[16])
        self.networks, self.parameters = networks, parameters
        self.dtype = np.dtype(np.float32 if real_bytes == 4 else np.float64)
        self.batches = self.samples // self.batch
        at = 17

        def take(*shape):
            nonlocal at
            count = int(np.prod(shape))
            at += count
            return numbers[at - count:at].reshape(shape)

        self.inputs = np.ascontiguousarray(take(self.samples, self.size[0]), self.dtype)
        self.targets = take(self.samples)
        flat = take(networks, parameters)
        self.losses = take(networks)
        self.weights, self.biases = [], []
        first = 0
        for fan_in, fan_out in zip(self.size, self.size[1:]):
            end = first + fan_in * fan_out
            matrix = flat[:, first:end].reshape(networks, fan_out, fan_in).transpose(0, 2, 1)
            self.weights.append(np.ascontiguousarray(matrix, self.dtype))
            self.biases.append(np.ascontiguousarray(flat[:, end:end + fan_out], self.dtype))
            first = end + fan_out
        if self.classes:
            self.targets = self.targets.astype(np.int64)
            self.columns = np.eye(self.classes, dtype=self.dtype)[self.targets]  # [samples, outputs]
        else:
            self.columns = np.ascontiguousarray(self.targets[:, None], self.dtype)
        #: what the deltas y - t lack to be the gradient of the mean
        self.scale = (1.0 if self.classes else 2.0 / self.size[-1]) / self.batch
        self.rate = self.learning_rate * self.scale

    def pack(self, array, count):
        """The networks' arrays repeated to `count` networks."""
        return np.ascontiguousarray(np.resize(array, (count,) + array.shape[1:]))

    def losses_of(self, weights, biases):
        """Loss over all samples of each network, float64. weights[k] [networks, fan_in, fan_out], biases[k] [networks,
        fan_out]."""
        a = self.inputs.astype(np.float64)
        for k, (weight, bias) in enumerate(zip(weights, biases)):
            a = np.matmul(a, np.asarray(weight, np.float64)) + np.asarray(bias, np.float64)[:, None]
            if k + 1 < self.layers:
                a = np.tanh(a)
        if not self.classes:
            return ((a - self.columns) ** 2).mean(axis=(1, 2))
        top = a.max(axis=2, keepdims=True)
        log_sum = top[..., 0] + np.log(np.exp(a - top).sum(axis=2))
        return (log_sum - (a * self.columns).sum(axis=2)).mean(axis=1)

    def pack_sizes(self):
        """Powers of four from 4 whose weights and activations of one batch fit MEMORY."""
        one = self.dtype.itemsize * (2 * self.parameters + 3 * self.batch * sum(self.size))
        return [4 ** n for n in range(1, 9) if 4 ** n * one <= MEMORY] or [2]


class Batches:
    """Slices of a tensor, batch after batch."""

    def __init__(self, case, tensor):
        self.parts = [tensor[b * case.batch:(b + 1) * case.batch] for b in range(case.batches)]

    def __getitem__(self, batch):
        return self.parts[batch]


class TorchAutograd:
    """One network: torch.nn modules, autograd and torch.optim.SGD, as the tutorials have it."""
    networks = 1

    @staticmethod
    def settings(_case, _count=None):
        return ["plain"]

    def __init__(self, case, _setting, network=0):
        self.case = case
        modules = []
        for k in range(case.layers):
            linear = torch.nn.Linear(case.size[k], case.size[k + 1])
            linear.weight.data = torch.from_numpy(case.weights[k][network].T.copy())
            linear.bias.data = torch.from_numpy(case.biases[k][network].copy())
            modules += [linear, torch.nn.Tanh()]
        self.model = torch.nn.Sequential(*modules[:-1])
        self.loss = torch.nn.CrossEntropyLoss() if case.classes else torch.nn.MSELoss()
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=case.learning_rate)
        self.inputs = Batches(case, torch.from_numpy(case.inputs))
        self.targets = Batches(case, torch.from_numpy(case.targets if case.classes else case.columns))

    def step(self, batch):
        with torch.enable_grad():
            loss = self.loss(self.model(self.inputs[batch]), self.targets[batch])
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()
        self.optimizer.step()

    def losses(self):
        linear = self.model[::2]
        return self.case.losses_of([m.weight.data.T.numpy()[None] for m in linear],
                                   [m.bias.data.numpy()[None] for m in linear])


class TorchEager:
    """One network: addmm into arrays that exist, the backward pass by hand, gradient and update in one addmm."""
    networks = 1

    @staticmethod
    def settings(_case, _count=None):
        return ["plain"]

    def __init__(self, case, _setting, network=0):
        self.case = case
        self.weight = [torch.from_numpy(w[network].copy()) for w in case.weights]
        self.bias = [torch.from_numpy(b[network].copy()) for b in case.biases]
        dtype = self.weight[0].dtype
        self.z = [torch.empty(case.batch, n, dtype=dtype) for n in case.size[1:]]
        self.delta = [torch.empty(case.batch, n, dtype=dtype) for n in case.size[1:]]
        self.sum = [torch.empty(n, dtype=dtype) for n in case.size[1:]]
        self.inputs = Batches(case, torch.from_numpy(case.inputs))
        self.columns = Batches(case, torch.from_numpy(case.columns))

    def step(self, batch):
        case, weight, bias, z, delta = self.case, self.weight, self.bias, self.z, self.delta
        last = case.layers - 1
        a = self.inputs[batch]
        for k in range(last + 1):
            torch.addmm(bias[k], a, weight[k], out=z[k])
            if k < last:
                torch.tanh_(z[k])
            a = z[k]
        if case.classes:
            torch.softmax(a, 1, out=delta[last])
            delta[last].sub_(self.columns[batch])
        else:
            torch.sub(a, self.columns[batch], out=delta[last])
        for k in range(last, -1, -1):
            if k:
                torch.mm(delta[k], weight[k].t(), out=delta[k - 1])
                torch.ops.aten.tanh_backward.grad_input(delta[k - 1], z[k - 1], grad_input=delta[k - 1])
            weight[k].addmm_((z[k - 1] if k else self.inputs[batch]).t(), delta[k], alpha=-case.rate)
            torch.sum(delta[k], 0, out=self.sum[k])
            bias[k].add_(self.sum[k], alpha=-case.rate)

    def losses(self):
        return self.case.losses_of([w.numpy()[None] for w in self.weight], [b.numpy()[None] for b in self.bias])


def packs_of(case, count):
    """Sizes of packs: the one that is asked for, or those that are worth trying."""
    return [count] if count else case.pack_sizes()


def choices(setting):
    """pack=256,bias=row -> {"pack": "256", "bias": "row"}"""
    return dict(part.split("=") for part in setting.split(","))


class TorchBatched:
    """A pack of networks: bmm over networks, the backward pass by hand, gradient and update in one baddbmm.

    bias=sum: biases of their own. bias=row: the bias is a last row of the weights, with a unit of ones; no sum over
    samples. first=one: the first layer of all networks, which see the same inputs, is one matrix product [batch,
    features] by [features, networks * units]."""

    @staticmethod
    def settings(case, count=None):
        return [f"pack={pack},bias={bias},first={first}" for pack in packs_of(case, count)
                for bias in ("sum", "row") for first in ("bmm", "one")]

    def __init__(self, case, setting):
        choice = choices(setting)
        count = self.networks = int(choice["pack"])
        self.case, self.row, self.one = case, choice["bias"] == "row", choice["first"] == "one"
        extra = 1 if self.row else 0
        weights = [torch.from_numpy(case.pack(w, count)) for w in case.weights]
        self.bias = [torch.from_numpy(case.pack(b, count))[:, None].clone() for b in case.biases]
        if self.row:
            weights = [torch.cat((w, b), 1) for w, b in zip(weights, self.bias)]
        dtype = weights[0].dtype
        inputs = torch.from_numpy(case.inputs)
        if self.row:
            inputs = torch.cat((inputs, torch.ones(case.samples, 1, dtype=dtype)), 1)
        self.flat_inputs = Batches(case, inputs)
        if self.one:  # one matrix [features, networks * units]; the pack's view of it is [networks, features, units]
            self.first = weights[0].permute(1, 0, 2).reshape(weights[0].shape[1], -1).contiguous()
            weights[0] = self.first.view(-1, count, case.size[1]).permute(1, 0, 2)
            self.first_bias = self.bias[0].reshape(-1)
        self.weight = weights
        self.inputs = [self.flat_inputs[b][None].expand(count, -1, -1) for b in range(case.batches)]
        self.columns = Batches(case, torch.from_numpy(case.columns))

        def units(k, more):
            """[networks, batch, units] of layer k + 1; the first layer's memory is [batch, networks, units] with
            first=one."""
            if k == 0 and self.one:
                return torch.ones(case.batch, count, case.size[1] + more, dtype=dtype).permute(1, 0, 2)
            return torch.ones(count, case.batch, case.size[k + 1] + more, dtype=dtype)

        layers = range(case.layers)
        self.z = [units(k, 0) for k in layers]
        self.a = [units(k, extra) for k in layers] if self.row else self.z
        self.delta = [units(k, 0) for k in layers]
        self.sum = [torch.empty(count, 1, n, dtype=dtype) for n in case.size[1:]]
        # the parts of these arrays that the step needs, cut out once
        self.active = [a[:, :, :n] for a, n in zip(self.a, case.size[1:])]
        self.back = [w[:, :n].transpose(1, 2) for w, n in zip(weights, case.size)]
        self.turned = [a.transpose(1, 2) for a in self.a]

    def forward(self, k, batch, a):
        z = self.z[k]
        if k == 0 and self.one:
            flat = z.permute(1, 0, 2).view(self.case.batch, -1)
            if self.row:
                torch.mm(self.flat_inputs[batch], self.first, out=flat)
            else:
                torch.addmm(self.first_bias, self.flat_inputs[batch], self.first, out=flat)
        elif self.row:
            torch.bmm(a, self.weight[k], out=z)
        else:
            torch.baddbmm(self.bias[k], a, self.weight[k], out=z)
        return z

    def step(self, batch):
        case, weight, delta, rate = self.case, self.weight, self.delta, self.case.rate
        last = case.layers - 1
        a = self.inputs[batch]
        for k in range(last + 1):
            z = self.forward(k, batch, a)
            if k < last:
                torch.tanh(z, out=self.active[k])
                a = self.a[k]
        if case.classes:
            torch.softmax(z, 2, out=delta[last])
            delta[last].sub_(self.columns[batch])
        else:
            torch.sub(z, self.columns[batch], out=delta[last])
        for k in range(last, -1, -1):
            if k:
                torch.bmm(delta[k], self.back[k], out=delta[k - 1])
                torch.ops.aten.tanh_backward.grad_input(delta[k - 1], self.active[k - 1], grad_input=delta[k - 1])
                weight[k].baddbmm_(self.turned[k - 1], delta[k], alpha=-rate)
            elif self.one:
                flat = delta[0].permute(1, 0, 2).view(case.batch, -1)
                self.first.addmm_(self.flat_inputs[batch].t(), flat, alpha=-rate)
            else:
                weight[0].baddbmm_(self.inputs[batch].transpose(1, 2), delta[0], alpha=-rate)
            if not self.row:
                torch.sum(delta[k], 1, keepdim=True, out=self.sum[k])
                self.bias[k].add_(self.sum[k], alpha=-rate)

    def losses(self):
        if self.row:
            return self.case.losses_of([w[:, :-1].numpy() for w in self.weight],
                                       [w[:, -1].numpy() for w in self.weight])
        return self.case.losses_of([w.numpy() for w in self.weight], [b[:, 0].numpy() for b in self.bias])


class TorchVmap:
    """A pack of networks: functorch's vmap over grad of the loss of one."""

    @staticmethod
    def settings(case, count=None):
        return [f"pack={pack}" for pack in packs_of(case, count)]

    def __init__(self, case, setting):
        from functorch import grad, vmap
        self.case = case
        count = self.networks = int(choices(setting)["pack"])
        self.weight = [torch.from_numpy(case.pack(w, count)) for w in case.weights]
        self.bias = [torch.from_numpy(case.pack(b, count)) for b in case.biases]
        self.inputs = Batches(case, torch.from_numpy(case.inputs))
        self.targets = Batches(case, torch.from_numpy(case.targets if case.classes else case.columns))
        measure = torch.nn.functional.cross_entropy if case.classes else torch.nn.functional.mse_loss

        def loss(parameters, inputs, targets):
            weight, bias = parameters
            a = inputs
            for k in range(case.layers):
                a = torch.addmm(bias[k], a, weight[k])
                if k + 1 < case.layers:
                    a = torch.tanh(a)
            return measure(a, targets)

        self.gradient = vmap(grad(loss), in_dims=(0, None, None))

    def step(self, batch):
        with torch.enable_grad():
            weight, bias = self.gradient((self.weight, self.bias), self.inputs[batch], self.targets[batch])
        torch._foreach_add_(self.weight, weight, alpha=-self.case.learning_rate)
        torch._foreach_add_(self.bias, bias, alpha=-self.case.learning_rate)

    def losses(self):
        return self.case.losses_of([w.numpy() for w in self.weight], [b.numpy() for b in self.bias])


class TorchLanes:
    """A pack of networks laid out as the engine lays it out, the network innermost: products unit by unit with
    addcmul."""

    @staticmethod
    def settings(case, count=None):
        return [f"pack={pack}" for pack in packs_of(case, count) if pack >= 16 and case.parameters < 256]

    def __init__(self, case, setting):
        self.case = case
        count = self.networks = int(choices(setting)["pack"])
        self.weight = [torch.from_numpy(case.pack(w, count)).permute(1, 2, 0).contiguous() for w in case.weights]
        self.bias = [torch.from_numpy(case.pack(b, count)).t().contiguous() for b in case.biases]
        dtype = self.weight[0].dtype
        self.inputs = Batches(case, torch.from_numpy(case.inputs)[:, :, None])
        self.columns = Batches(case, torch.from_numpy(case.columns)[:, :, None])
        self.z = [torch.empty(case.batch, n, count, dtype=dtype) for n in case.size[1:]]
        self.delta = [torch.empty(case.batch, n, count, dtype=dtype) for n in case.size[1:]]
        self.sum = [torch.empty(n, count, dtype=dtype) for n in case.size[1:]]

    def step(self, batch):
        case, weight, bias, z, delta = self.case, self.weight, self.bias, self.z, self.delta
        last, rate = case.layers - 1, case.rate
        a = self.inputs[batch]
        for k in range(last + 1):
            torch.addcmul(bias[k][None], a[:, :1], weight[k][0][None], out=z[k])
            for i in range(1, case.size[k]):
                z[k].addcmul_(a[:, i:i + 1], weight[k][i][None])
            if k < last:
                torch.tanh_(z[k])
            a = z[k]
        if case.classes:
            torch.softmax(a, 1, out=delta[last])
            delta[last].sub_(self.columns[batch])
        else:
            torch.sub(a, self.columns[batch], out=delta[last])
        for k in range(last, -1, -1):
            if k:
                torch.mul(delta[k][:, :1], weight[k][:, 0][None], out=delta[k - 1])
                for j in range(1, case.size[k + 1]):
                    delta[k - 1].addcmul_(delta[k][:, j:j + 1], weight[k][:, j][None])
                torch.ops.aten.tanh_backward.grad_input(delta[k - 1], z[k - 1], grad_input=delta[k - 1])
            below = z[k - 1] if k else self.inputs[batch]
            for s in range(case.batch):
                weight[k].addcmul_(below[s][:, None], delta[k][s][None], value=-rate)
            torch.sum(delta[k], 0, out=self.sum[k])
            bias[k].add_(self.sum[k], alpha=-rate)

    def losses(self):
        return self.case.losses_of([w.permute(2, 0, 1).numpy() for w in self.weight],
                                   [b.t().numpy() for b in self.bias])


class NumpyBatched:
    """A pack of networks: matmul over networks, into arrays that exist; first=one as in TorchBatched."""

    @staticmethod
    def settings(case, count=None):
        return [f"pack={pack},first={first}" for pack in packs_of(case, count) for first in ("matmul", "one")]

    def __init__(self, case, setting):
        choice = choices(setting)
        self.case, self.one = case, choice["first"] == "one"
        count = self.networks = int(choice["pack"])
        self.weight = [case.pack(w, count) for w in case.weights]
        self.bias = [case.pack(b, count)[:, None] for b in case.biases]
        if self.one:
            self.first = np.ascontiguousarray(self.weight[0].transpose(1, 0, 2)).reshape(case.size[0], -1)
            self.first_gradient = np.empty_like(self.first)
            self.weight[0] = self.first.reshape(case.size[0], count, -1).transpose(1, 0, 2)

        def units(k):
            if k == 0 and self.one:
                return np.empty((case.batch, count, case.size[1]), case.dtype).transpose(1, 0, 2)
            return np.empty((count, case.batch, case.size[k + 1]), case.dtype)

        self.z = [units(k) for k in range(case.layers)]
        self.delta = [units(k) for k in range(case.layers)]
        self.slope = [units(k) for k in range(case.layers)]
        self.gradient = [np.empty(w.shape, case.dtype) for w in self.weight]
        self.rate = case.dtype.type(case.rate)
        self.inputs = [case.inputs[b * case.batch:(b + 1) * case.batch] for b in range(case.batches)]
        self.columns = [case.columns[b * case.batch:(b + 1) * case.batch] for b in range(case.batches)]

    def step(self, batch):
        case, weight, z, delta = self.case, self.weight, self.z, self.delta
        last = case.layers - 1
        inputs = a = self.inputs[batch]
        for k in range(last + 1):
            if k == 0 and self.one:
                np.matmul(a, self.first, out=z[0].transpose(1, 0, 2).reshape(case.batch, -1))
            else:
                np.matmul(a, weight[k], out=z[k])
            z[k] += self.bias[k]
            if k < last:
                np.tanh(z[k], out=z[k])
            a = z[k]
        if case.classes:
            np.subtract(a, a.max(axis=2, keepdims=True), out=delta[last])
            np.exp(delta[last], out=delta[last])
            delta[last] /= delta[last].sum(axis=2, keepdims=True)
            delta[last] -= self.columns[batch]
        else:
            np.subtract(a, self.columns[batch], out=delta[last])
        delta[last] *= self.rate
        for k in range(last, -1, -1):
            if k:
                np.matmul(delta[k], weight[k].transpose(0, 2, 1), out=delta[k - 1])
                np.multiply(z[k - 1], z[k - 1], out=self.slope[k - 1])
                np.subtract(1, self.slope[k - 1], out=self.slope[k - 1])
                delta[k - 1] *= self.slope[k - 1]
                np.matmul(z[k - 1].transpose(0, 2, 1), delta[k], out=self.gradient[k])
                weight[k] -= self.gradient[k]
            elif self.one:
                np.matmul(inputs.T, delta[0].transpose(1, 0, 2).reshape(case.batch, -1), out=self.first_gradient)
                self.first -= self.first_gradient
            else:
                np.matmul(inputs.T, delta[0], out=self.gradient[0])
                weight[0] -= self.gradient[0]
            self.bias[k] -= delta[k].sum(axis=1, keepdims=True)

    def losses(self):
        return self.case.losses_of(self.weight, [b[:, 0] for b in self.bias])


PEERS = {"torch_autograd": TorchAutograd, "torch_eager": TorchEager, "torch_bmm": TorchBatched, "torch_vmap": TorchVmap,
         "torch_lanes": TorchLanes, "numpy_batched": NumpyBatched}


def check(case, peer, setting):
    """Losses of the case's networks after CHECK_STEPS steps; a peer of one network is started once for each."""
    kind = PEERS[peer]
    single = getattr(kind, "networks", 0) == 1
    losses = []
    for network in range(case.networks if single else 1):
        trainer = kind(case, setting, network) if single else kind(case, setting)
        for t in range(CHECK_STEPS):
            trainer.step(t % case.batches)
        losses += list(trainer.losses())
    return {"losses": [float(x) for x in losses]}


def measure(case, peer, setting, seconds):
    trainer = PEERS[peer](case, setting)
    for t in range(2):
        trainer.step(t % case.batches)
    steps, elapsed = 0, 0.0
    gc.collect()
    gc.disable()
    start = time.process_time()
    block = 1
    while elapsed < seconds:
        for _ in range(block):
            trainer.step(steps % case.batches)
            steps += 1
        elapsed = time.process_time() - start
        block = max(1, min(1000, int(steps * 0.05 * seconds / elapsed)))
    gc.enable()
    return {"rate": trainer.networks * steps / elapsed, "steps": steps, "seconds": elapsed}


def info():
    """Versions, and the BLAS that both libraries call (the file mapped into this process)."""
    np.ones((8, 8)) @ np.ones((8, 8))
    with open("/proc/self/maps") as maps:
        blas = sorted({line.split()[-1] for line in maps if "blas" in line.split()[-1].split("/")[-1]})
    capability = [line for line in torch.__config__.show().splitlines() if "capability" in line]
    return {"torch": torch.__version__, "numpy": np.__version__, "python": sys.version.split()[0], "blas": blas,
            "torch_capability": capability[0].split(":")[1].strip() if capability else ""}


def answer(words, cases):
    what = words[0]
    if what == "info":
        return info()
    path, peer = words[1:3]
    if path not in cases:
        cases[path] = Case(path)
    if what == "settings":
        return {"settings": PEERS[peer].settings(cases[path], int(words[3]) if len(words) > 3 else None)}
    if what == "check":
        return check(cases[path], peer, words[3])
    if what == "measure":
        return measure(cases[path], peer, words[3], float(words[4]))
    raise ValueError(f"unknown request {what}")


def main():
    cases = {}
    for line in sys.stdin:
        if not line.split():
            continue
        try:
            reply = answer(line.split(), cases)
        except Exception as error:  # a failed request is an answer; the asker decides
            reply = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(reply), flush=True)


if __name__ == "__main__":
    main()
