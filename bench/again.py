#!/usr/bin/python3
"""Times `verify --sample 16` and `replay --network K` against the loop in PyTorch that would train the same networks.

    bench/again.py [--program build/release/initsweep] [--rounds 3]

verify   16 networks of a sweep on digits, 64-32-32-10, batch 64, 3,000 steps each
replay   one network 784-256-256-10, batch 64, 2,000 steps

PyTorch trains one network after the other, with the backward pass by hand, which is its fastest way; its time per step
is measured on as many steps in the same round. One thread each. The command's time is that of its whole process, with
start-up, reading and comparing; PyTorch's has neither its import nor its data. The least processor times of the rounds
are printed.
"""
import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time

# before torch is imported: one thread, and the kernels of this processor
os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")
for variable in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(variable, None)
import torch  # noqa: E402

SWEEP = """sweep: again
seed: 2026
dataset: {data}
network: {{hidden: [{hidden}, {hidden}], activation: tanh, init: glorot_uniform}}
train: {{loss: cross_entropy, optimizer: sgd, learning_rate: 0.1, batch_size: 64, steps: {steps}}}
record: {{steps: [0, {steps}], probes: [loss]}}
grid:
  replicate: {{range: [0, {last}]}}
"""
DIGITS = dict(data="{name: digits}", hidden=32, steps=3000, last=63)
PICTURES = dict(data="{name: gaussian_mixture, samples: 640, features: 784, classes: 10, test_fraction: 0}", hidden=256,
                steps=2000, last=0)
RATE = 0.1


def torch_seconds(sizes, steps, samples):
    """Seconds of `steps` steps of one network on random data."""
    inputs, labels = torch.rand(samples, sizes[0]), torch.randint(sizes[-1], (samples,))
    targets = torch.nn.functional.one_hot(labels, sizes[-1]).float()
    weights = [torch.randn(a, b) / a ** 0.5 for a, b in zip(sizes, sizes[1:])]
    biases = [torch.zeros(b) for b in sizes[1:]]
    start = time.process_time()
    for _ in range(steps):
        rows = torch.randint(samples, (64,))
        layers = [inputs[rows]]
        for weight, bias in zip(weights[:-1], biases[:-1]):
            layers.append(torch.addmm(bias, layers[-1], weight).tanh_())
        delta = torch.softmax(torch.addmm(biases[-1], layers[-1], weights[-1]), 1).sub_(targets[rows])
        for k in reversed(range(len(weights))):
            below = delta.mm(weights[k].t()) if k else None
            if k:
                below = below.addcmul_(below, layers[k] * layers[k], value=-1)
            weights[k].addmm_(layers[k].t(), delta, alpha=-RATE / 64)
            biases[k].sub_(delta.sum(0), alpha=RATE / 64)
            delta = below
    return time.process_time() - start


def children_seconds():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def timed(*command, **more):
    start = children_seconds()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **more)
    return children_seconds() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default="build/release/initsweep", help="default: %(default)s")
    parser.add_argument("--rounds", type=int, default=3, help="default: %(default)s")
    arguments = parser.parse_args()
    program = os.path.abspath(arguments.program)
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    with tempfile.TemporaryDirectory() as folder:
        for name, settings in (("digits", DIGITS), ("pictures", PICTURES)):
            with open(f"{folder}/{name}.yaml", "w", encoding="utf-8") as file:
                file.write(SWEEP.format(**settings))
            timed(program, "run", f"{name}.yaml", "-o", f"{name}.h5", "--quiet", "--threads", "1", cwd=folder)
        cases = {
            "verify --sample 16": (["verify", "digits.h5", "--sample", "16", "--threads", "1"],
                                   lambda: 16 * torch_seconds((64, 32, 32, 10), DIGITS["steps"], 1438)),
            "replay --network 0": (["replay", "pictures.h5", "--network", "0"],
                                   lambda: torch_seconds((784, 256, 256, 10), PICTURES["steps"], 640)),
        }
        print(f"{'':<20} {'initsweep s':>12} {'PyTorch s':>10} {'ratio':>6}")
        for name, (words, peer) in cases.items():
            ours = theirs = float("inf")
            for _ in range(arguments.rounds):
                ours = min(ours, timed(program, *words, cwd=folder))
                theirs = min(theirs, peer())
            print(f"{name:<20} {ours:>12.3f} {theirs:>10.3f} {theirs / ours:>6.2f}")


if __name__ == "__main__":
    sys.exit(main())
