#!/usr/bin/python3
"""Deep linear networks learn singular modes one at a time: Saxe, McClelland & Ganguli 2014, "Exact solutions to the
nonlinear dynamics of learning in deep linear neural networks".

With white inputs and from small weights, the strength u of a mode of singular value s obeys, for D weight layers,
    tau du/dt = D u^(2 - 2/D) (s - u)      (eq. 13, there with N_l = D + 1),
which for D = 2 is u(t) = s e^(2 s t / tau) / (e^(2 s t / tau) - 1 + s / u_0) (eq. 8), so that log(u / (s - u)) rises by
2 s / tau in unit time. The loss there is half the sum of squares; the mean over m outputs makes tau = m / 2, and t =
learning_rate steps. The network's input-output Jacobian is the product of its weights, so its singular values are the
strengths.

What is left to tolerate: steps are not a flow (relative error about learning_rate s / tau), small starts are neither
aligned with the modes nor balanced (start's size squared).
"""
import unittest

import numpy

from sweeps import run

SWEEP = """\
sweep: saxe
seed: {seed}
precision: float64
dataset: {{name: linear_teacher, samples: 40, features: 2, outputs: 2, singular_values: "{strong}, {weak}"}}
network: {{hidden: {hidden}, activation: linear, init: {{name: normal, std: {std}}}}}
train: {{loss: mse, optimizer: sgd, learning_rate: {rate}, steps: {steps}}}
record: {{steps: {{every: {every}}}, probes: [loss, jacobian_singular_value_max, jacobian_singular_value_min]}}
grid: {{replicate: {{range: [0, 7]}}}}
"""
STRONG, WEAK, TAU = 3.0, 1.0, 1.0  # tau = outputs / 2


def crossing(t, u, level):
    """When u first reaches a level, between records by a straight line."""
    after = int(numpy.argmax(u >= level))
    assert u[after] >= level and after > 0
    share = (level - u[after - 1]) / (u[after] - u[after - 1])
    return t[after - 1] + share * (t[after] - t[after - 1])


def strengths(results, rate):
    """Time, then the strong and the weak mode of each network."""
    t = results["step"] * rate
    return t, zip(results["jacobian_singular_value_max"], results["jacobian_singular_value_min"])


class Saxe(unittest.TestCase):
    def test_two_layers_follow_the_sigmoid(self):
        rate = 0.0005
        text = SWEEP.format(seed=1, strong=STRONG, weak=WEAK, hidden="[5]", std=1e-3, rate=rate, steps=24000, every=20)
        t, networks = strengths(run(text), rate)
        ratios, worst = [], 0.0
        for strong, weak in networks:
            halves = []
            for u, s in ((strong, STRONG), (weak, WEAK)):
                self.assertAlmostEqual(u[-1], s, delta=1e-3)
                between = (u > 0.05 * s) & (u < 0.95 * s)
                slope = numpy.polyfit(t[between], numpy.log(u[between] / (s - u[between])), 1)[0]
                worst = max(worst, abs(slope / (2 * s / TAU) - 1))
                halves.append(crossing(t, u, 0.5 * s))
            ratios.append(halves[1] / halves[0])
        print(f"two layers: slopes of the logit within {worst:.1e} of 2 s / tau; half-times as 1 : "
              f"{numpy.mean(ratios):.2f}")
        self.assertLess(worst, 0.005)
        self.assertAlmostEqual(numpy.mean(ratios), STRONG / WEAK, delta=0.3)  # up to the logarithms of the starts

    def test_three_layers_follow_their_equation(self):
        rate, worst = 0.001, 0.0
        text = SWEEP.format(seed=2, strong=STRONG, weak=WEAK, hidden="[4, 4]", std=0.005, rate=rate, steps=400000,
                            every=8)
        t, networks = strengths(run(text), rate)
        for strong, weak in networks:
            for u, s in ((strong, STRONG), (weak, WEAK)):
                grid = numpy.linspace(0.1 * s, 0.9 * s, 100001)
                time = numpy.trapz(TAU / (3 * grid ** (4 / 3) * (s - grid)), grid)
                took = crossing(t, u, 0.9 * s) - crossing(t, u, 0.1 * s)
                worst = max(worst, abs(took / time - 1))
        print(f"three layers: from 0.1 s to 0.9 s within {worst:.1e} of eq. 13's time")
        self.assertLess(worst, 0.005)


if __name__ == "__main__":
    unittest.main()
