#!/usr/bin/python3
"""Does rounding break the symmetry of equal units in the PyTorch that is installed?

    torch_symmetry.py [--steps N]

Trains float32 networks of two hidden tanh layers from constant weights 0.1, by width, batch and optimiser, and prints
how many of a layer's units are distinct after some steps, with the build. In exact arithmetic it is one. Nothing of it
enters a verdict: another build, another answer. Exit status 77: there is no PyTorch.
"""
import argparse
import platform
import sys


def distinct(torch, width, optimizer, batch, steps):
    """Distinct rows of the first hidden layer's weights and biases after training."""
    generator = torch.Generator().manual_seed(12)
    inputs = torch.rand(64, 8, generator=generator) * 2 - 1
    targets = torch.sin(3 * inputs[:, :1]) + inputs[:, 1:2]
    layers = [torch.nn.Linear(8, width), torch.nn.Linear(width, width), torch.nn.Linear(width, 1)]
    for layer in layers:
        torch.nn.init.constant_(layer.weight, 0.1)
        torch.nn.init.zeros_(layer.bias)
    network = torch.nn.Sequential(layers[0], torch.nn.Tanh(), layers[1], torch.nn.Tanh(), layers[2])
    rule = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[optimizer](network.parameters(), lr=0.01)
    for step in range(steps):
        start = step * batch % 64
        rule.zero_grad()
        torch.nn.functional.mse_loss(network(inputs[start:start + batch]), targets[start:start + batch]).backward()
        rule.step()
    rows = torch.cat([layers[0].weight, layers[0].bias[:, None]], dim=1).detach()
    return len({tuple(row) for row in rows.tolist()})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=200, help="optimiser steps (200)")
    arguments = parser.parse_args()
    try:
        import torch
    except ImportError:
        print("skipped: PyTorch is not installed")
        return 77
    torch.set_num_threads(1)
    print(f"PyTorch {torch.__version__}, {platform.machine()}\n{torch.__config__.show()}")
    print(f"{'width':>5} {'optimiser':>9} {'batch':>5}  distinct units after {arguments.steps} steps")
    for width in (8, 16, 32, 37, 64, 100, 127, 128):
        for optimizer in ("sgd", "adam"):
            for batch in (64, 16):
                units = distinct(torch, width, optimizer, batch, arguments.steps)
                print(f"{width:5} {optimizer:>9} {batch:5}  {units}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
