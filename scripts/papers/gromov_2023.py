"""Gromov 2023: a network of two layers learns addition modulo p long after it fits the samples, by weights that are
waves."""
from __future__ import annotations

import dataclasses

import numpy as np

from initsweep.arrays import Array
from initsweep.style import COLOURS, in_style
from papers.paper import Figure, Networks, Paper, Results, Row, between, near

PAPER = Paper(
    name="gromov_2023", authors="Gromov", year=2023, title="Grokking modular arithmetic",
    source="arXiv:2301.02679, abstract, and its analytic weights and inverse participation ratio",
    sentence="We present a simple neural network that can learn modular arithmetic tasks and exhibits a sudden jump in "
             "generalization known as 'grokking'.",
    scaled="nothing: the modulus, the form of the network and its start are the paper's; its width and the part of the "
           "pairs could not be looked up. One network for each of four parts. The learning rate is ours, 1.7e6 in the "
           "paper's parametrisation: 1e6 takes 1.8 times as many steps, and 3e6 diverges.",
    caption="Left: accuracy on the training pairs (dashed) and the others (solid), by the part of all pairs in "
            "training: the fewer, the later the jump. Middle: the weights from the first number to the unit whose "
            "weights are largest, before (grey) and after training, and one cosine (black). Right: the inverse "
            "participation ratio of all units' weights before and after, 1 for a single cosine, with its mean for "
            "normal weights (black).",
    sweeps=("gromov_2023",),
    quick=False,
)

HALF = 0.51  # the part of the pairs for the test of the network whose weights are looked at
FEW = 0.7
FALSE_ALARM = 4.417  # standard errors: a probability of 1e-5


@dataclasses.dataclass
class Waves:
    """Fourier transforms, without the constant, of each unit's weights from the first number, from the second number
    and to the class [3][unit][frequency - 1]."""
    transform: Array

    def participation(self) -> Array:
        """Inverse participation ratio sum_k |F_k|^4 / (sum_k |F_k|^2)^2 over the frequencies 1 to (p - 1) / 2: 1 for a
        wave, 2 / (p - 1) for equal parts [3][unit]."""
        power = np.abs(self.transform) ** 2
        return np.asarray((power ** 2).sum(axis=2) / power.sum(axis=2) ** 2)

    def frequency(self) -> Array:
        """Place of the strongest frequency [3][unit]."""
        return np.asarray(np.abs(self.transform).argmax(axis=2))

    def agree(self) -> Array:
        """Whether the strongest frequency of all three is the same [unit]."""
        return np.asarray((self.frequency() == self.frequency()[0]).all(axis=0))

    def phase_error(self) -> Array:
        """phi_1 + phi_2 - phi_3 of the strongest frequency in the first weights [unit]: 0 in the analytic solution."""
        phase = np.angle(np.take_along_axis(self.transform, self.frequency()[:1, :, None], axis=2))[..., 0]
        return np.asarray(phase[0] + phase[1] - phase[2])


def waves(layers: list[tuple[Array, Array]], p: int) -> Waves:
    """layers: of one network with 2 p inputs and p outputs, as split_weights gives them."""
    first, second = (layer[0].astype(np.float64) for layer in layers)
    return Waves(np.fft.rfft(np.stack([first[:, :p], first[:, p:], second.T]), axis=2)[..., 1:])


def normal_participation(p: int, count: int) -> tuple[float, float]:
    """Mean of the inverse participation ratio over `count` independent rows of p normal weights, and the standard
    error of the mean. The powers of the K = (p - 1) / 2 frequencies are independent and exponentially distributed, so
    that their shares have a Dirichlet distribution with K parameters 1, whose moments are rational: 2 / (K + 1), and
    4 (K + 5) / ((K + 1) (K + 2) (K + 3)) of the square. p: odd."""
    k = (p - 1) / 2
    mean = 2 / (k + 1)
    square = 4 * (k + 5) / ((k + 1) * (k + 2) * (k + 3))
    return mean, float(np.sqrt((square - mean ** 2) / count))


def analytic_weights(p: int, units: int) -> tuple[Array, Array]:
    """The paper's analytic solution: unit k has weights cos(2 pi f a / p + phi_1) from a, cos(2 pi f b / p + phi_2)
    from b and cos(2 pi f c / p + phi_1 + phi_2) to the class c, random frequency f and phases (fixed seed).

    Returns [unit][2 p] and [p][unit].
    """
    random = np.random.default_rng(2023)
    angle = 2 * np.pi * np.outer(random.integers(1, p, units), np.arange(p)) / p
    one, two = random.uniform(0, 2 * np.pi, (2, units, 1))
    return np.hstack([np.cos(angle + one), np.cos(angle + two)]), np.cos(angle + one + two).T


def outputs(first: Array, second: Array, p: int) -> Array:
    """Outputs W2 (W1 x)^2 / units of all pairs [a][b][class]."""
    hidden = (first[:, :p].T[:, None] + first[:, p:].T[None, :]) ** 2
    return np.asarray(hidden @ second.T / len(first))


def right_class(p: int) -> Array:
    """(a + b) mod p [a][b]."""
    return np.add.outer(np.arange(p), np.arange(p)) % p


def first_step(networks: Networks, name: str, level: float) -> float:
    """Step of the first record at which an accuracy of the one network is at least level; infinite if there is none."""
    reached = np.flatnonzero(networks.quantity(name)[0] >= level)
    return float(networks.steps()[reached[0]]) if len(reached) else float("inf")


def rows(results: Results) -> list[Row]:
    """The delay, the waves in the weights, and the analytic solution."""
    networks = results["gromov_2023"]
    half, few = (networks.where(dataset_test_fraction=part) for part in (HALF, FEW))
    p = int(half.get("dataset_p")[0])
    start, end = (waves(half.weights(which)[0], p) for which in ("initial", "final"))
    mean, error = normal_participation(p, start.participation().size)
    first, second = analytic_weights(p, int(half.get("width")[0]))
    correct = outputs(first, second, p).argmax(axis=2) == right_class(p)
    (first, _), (second, _) = half.weights("initial")[0]
    units = len(first)
    spread = np.sqrt(np.mean(outputs(first, second * np.sqrt(units), p) ** 2))  # stored weights are w / sqrt(fan_in)
    return [
        between("accuracy on the test pairs after 2000 steps, 49 % of the pairs in training",
                half.last("test_accuracy")[0], 0.99, 1),
        # 1 for a network that learns the rule as it fits the samples
        between("steps to 99 % of the test pairs over steps to 99 % of the training pairs, 30 % in training",
                first_step(few, "test_accuracy", 0.99) / first_step(few, "accuracy", 0.99), 1.5, np.inf),
        # mean square 3 / (units p^2), since h = (w_a + w_b) / sqrt(2 p) has the variance 1 / p and E h^4 = 3 / p^2. A
        # third of it is the square of sum_k W2_ck, one normal number for each of p classes: a standard error of
        # sqrt(2 / p) of that third, half as much of the root
        near("root mean square of the outputs before training", spread, np.sqrt(3 / units) / p,
             relative=FALSE_ALARM * np.sqrt(2 / p) / 6),
        near("inverse participation ratio of the weights before training", start.participation().mean(), mean,
             absolute=FALSE_ALARM * error),
        # a half: most of a unit's power is in one of 48 frequencies, of which normal weights have 24 times less in each
        between("inverse participation ratio after training", end.participation().mean(), 0.5, 1, theory=1),
        between("part of the units with one frequency in the weights of a, of b and of the class", end.agree().mean(),
                0.5, 1, theory=1),
        # by chance 0 with a standard error of 0.03; 0.9 is a typical error of the phases of 0.45
        near("mean of cos(phi_1 + phi_2 - phi_3) of the units", np.cos(end.phase_error()).mean(), 1, absolute=0.1),
        between("accuracy of the analytic weights on all pairs, 500 units", correct.mean(), 1, 1, theory=1),
    ]


@in_style
def draw(results: Results) -> Figure:
    """Accuracies over the steps; one unit's weights; inverse participation ratios before and after."""
    networks = results["gromov_2023"]
    half = networks.where(dataset_test_fraction=HALF)
    p = int(half.get("dataset_p")[0])
    figure = Figure(figsize=(7, 2.7))
    curves, unit, ratios = figure.subplots(1, 3)
    steps = networks.steps()
    for index, part in enumerate(networks.get("dataset_test_fraction")):
        one = networks.where(dataset_test_fraction=part)
        curves.plot(steps, one.quantity("test_accuracy")[0], color=COLOURS[index], label=f"{1 - part:.0%}")
        curves.plot(steps, one.quantity("accuracy")[0], color=COLOURS[index], linestyle="--", linewidth=1)
    curves.set_xlim(-100, 3000)  # room for the legend
    curves.set_xticks([0, 1000, 2000])
    curves.set_xlabel("steps")
    curves.set_ylabel("accuracy")
    curves.legend(fontsize=7, title="in training", title_fontsize=7, loc="center right")
    before, after = (half.weights(which)[0] for which in ("initial", "final"))
    largest = int(np.argmax(np.linalg.norm(after[0][0], axis=1)))
    numbers = np.arange(p)
    unit.plot(numbers, before[0][0][largest, :p], ".", color="0.65", markersize=3)
    unit.plot(numbers, after[0][0][largest, :p], ".", color=COLOURS[0], markersize=4)
    transform = waves(after, p).transform[0, largest]
    frequency = int(np.abs(transform).argmax())
    wave = 2 / p * np.real(transform[frequency] * np.exp(2j * np.pi * (frequency + 1) * numbers / p))
    unit.plot(numbers, wave, color="black", linestyle="--", linewidth=0.8)
    unit.set_xlabel("first number")
    unit.set_ylabel("weight to one unit")
    bins = np.geomspace(0.02, 1, 40)
    for layers, colour, label in ((before, "0.65", "before"), (after, COLOURS[0], "after")):
        ratios.hist(waves(layers, p).participation().ravel(), bins, color=colour, label=label)
    ratios.axvline(normal_participation(p, 1)[0], color="black", linestyle="--", linewidth=1)
    ratios.set_xscale("log")
    ratios.set_xlabel("inverse participation ratio")
    ratios.set_ylabel("units' weights")
    ratios.legend(fontsize=7, loc="upper center")
    return figure
