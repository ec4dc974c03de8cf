#!/usr/bin/python3
"""The neural tangent kernel of a two-layer ReLU network of large width against its closed form, from the program's own
gradients and by its probes.

Jacot, Gabriel & Hongler 2018, "Neural tangent kernel", theorem 1, and for two layers of ReLU the arc-cosine kernels of
Cho & Saul 2009, eq. 3 to 6. With y = sum_j v_j relu(w_j x + b_j) + c, w ~ N(0, s^2), v ~ N(0, 1 / n), biases 0, all
trained, and theta the inputs' angle:
    K(x, x') = sum over parameters of dy/dp(x) dy/dp(x'), and for n units
    E K = (x x' + 1) (pi - theta) / (2 pi) + n s^2 |x| |x'| (sin theta + (pi - theta) cos theta) / (2 pi) + 1
(the first term from w and b, the second from v, the last from c). One step of gradient descent on one sample moves the
parameters by -rate 2 (y - t) dy/dp, so that two runs from the same start on two samples give K; |y - t| is the root of
the loss, and t is so large that its sign is known. s^2 = 1 / n makes both terms of one size.

Means over 64 networks of width 1024 are within 5 of their standard errors, each below 1 %: 15 numbers, false alarms
below 1e-5 over seeds; the seed is fixed.
"""
import math
import pathlib
import tempfile
import unittest

import numpy

from sweeps import run

WIDTH, NETWORKS, RATE, TARGET = 1024, 64, 2.0**-20, 64.0
INPUTS = numpy.array([[1.0, 0.0, 0.5], [-0.3, 1.0, 0.2], [-1.0, 0.1, -0.4], [0.9, 0.2, 0.5], [0.0, 0.0, -2.0]])
SWEEP = f"""\
sweep: tangent
seed: 2018
precision: float64
dataset: {{name: csv, path: PATH}}
network: {{depth: 1, width: {WIDTH}, activation: relu, init: {{name: normal, std: {WIDTH**-0.5!r}}}}}
train: {{loss: mse, optimizer: sgd, learning_rate: {RATE!r}, steps: 1}}
record: {{probes: [loss], weights: both}}
grid: {{replicate: {{range: [0, {NETWORKS - 1}]}}}}
"""


def gradients(x, folder):
    """[networks, parameters] dy/dp at x."""
    path = pathlib.Path(folder, "one.csv")
    path.write_text("a,b,c,target\n" + ",".join(map(repr, [*x.tolist(), TARGET])) + "\n", encoding="utf-8")
    results = run(SWEEP.replace("PATH", str(path)))
    error = -numpy.sqrt(results["loss"][:, :1].astype(float))  # y - t
    return (results["weights_initial"] - results["weights_final"]) / (RATE * 2 * error)


def expected(x, other):
    norms = numpy.linalg.norm(x) * numpy.linalg.norm(other)
    theta = math.acos(max(-1.0, min(1.0, x @ other / norms)))
    return ((x @ other + 1) * (math.pi - theta) + norms * (math.sin(theta) + (math.pi - theta) * math.cos(theta))) / (
        2 * math.pi) + 1


class NeuralTangent(unittest.TestCase):
    def test_kernel_of_two_relu_layers(self):
        with tempfile.TemporaryDirectory() as folder:
            found = [gradients(x, folder) for x in INPUTS]
        worst = 0.0
        for i, x in enumerate(INPUTS):
            for j, other in enumerate(INPUTS[: i + 1]):
                kernel = (found[i] * found[j]).sum(axis=1)
                error = kernel.std() / NETWORKS**0.5
                off = abs(kernel.mean() - expected(x, other)) / error
                worst = max(worst, off)
                with self.subTest(i=i, j=j, measured=kernel.mean(), expected=expected(x, other)):
                    self.assertLess(error / kernel.mean(), 0.01)
                    self.assertLess(off, 5)
        print(f"15 numbers of the kernel: off by at most {worst:.1f} standard errors")

    def test_probes_of_the_kernel(self):
        """All five samples at once: the trace, and the largest eigenvalue, whose mean over networks is off by less
        than 1 % at this width."""
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "five.csv")
            numpy.savetxt(path, numpy.column_stack([INPUTS, numpy.arange(5.0)]), delimiter=",", fmt="%.17g")
            text = SWEEP.replace("name: csv, path: PATH", f"name: csv, path: {path}, target: '4', test_fraction: 0")
            results = run(text.replace("steps: 1", "steps: 0").replace("[loss], weights: both", "[ntk_trace, ntk_max]"))
        kernel = numpy.array([[expected(x, other) for other in INPUTS] for x in INPUTS])
        trace, largest = results["ntk_trace"][:, 0], results["ntk_max"][:, 0]
        self.assertLess(abs(trace.mean() - numpy.trace(kernel)), 5 * trace.std() / NETWORKS**0.5)
        self.assertLess(trace.std() / NETWORKS**0.5, 0.01 * numpy.trace(kernel))
        self.assertAlmostEqual(largest.mean() / numpy.linalg.eigvalsh(kernel)[-1], 1.0, delta=0.01)


if __name__ == "__main__":
    unittest.main()
