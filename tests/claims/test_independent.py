"""Six claims once more in NumPy alone: C08, C17, C18, C19, C20 and C21, with other widths and other data than the
sweeps, and nothing of initsweep or of the claims' modules."""
import unittest

import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def gradients(weights, biases, inputs, targets, value, slope):
    """Gradients of the mean squared error of networks [..., units, inputs], and their losses. inputs: [samples, n]."""
    outputs, before = [np.broadcast_to(inputs, weights[0].shape[:-2] + inputs.shape)], []
    for number, (weight, bias) in enumerate(zip(weights, biases)):
        before.append(outputs[-1] @ np.swapaxes(weight, -1, -2) + bias[..., None, :])
        outputs.append(before[-1] if number == len(weights) - 1 else value(before[-1]))
    error = outputs[-1] - targets
    delta, result = 2 * error / targets.size, []
    for number in range(len(weights) - 1, -1, -1):
        result.append((np.swapaxes(delta, -1, -2) @ outputs[number], delta.sum(axis=-2)))
        if number:
            delta = (delta @ weights[number]) * slope(before[number - 1])
    return result[::-1], (error ** 2).mean(axis=(-1, -2))


def tanh_slope(z):
    return 1 - np.tanh(z) ** 2


def regression(seed, samples, features):
    """Inputs and one target, each of mean 0 and variance 1, that are correlated."""
    random = np.random.default_rng(seed)
    inputs = random.standard_normal((samples, features))
    targets = inputs @ random.standard_normal((features, 1)) + 0.5 * random.standard_normal((samples, 1))
    return tuple((one - one.mean(axis=0)) / one.std(axis=0) for one in (inputs, targets))


class FirstMovements(unittest.TestCase):
    """C08: layer k first moves at step L + 2 - k, by eta^(2^j) for the j-th layer from the output."""

    def test_steps_and_exponents(self):
        depth, width = 3, 7
        random = np.random.default_rng(1)
        inputs, targets = random.standard_normal((9, 2)), 1 + random.standard_normal((9, 1))
        sizes = {}
        for rate in (0.001, 0.002):
            shapes = [(width, 2), *[(width, width)] * (depth - 1), (1, width)]
            weights, biases = [np.zeros(shape) for shape in shapes], [np.zeros(shape[0]) for shape in shapes]
            first, moved = [0] * len(shapes), [0.0] * len(shapes)
            for step in range(1, depth + 2):
                slopes, _ = gradients(weights, biases, inputs, targets, sigmoid, lambda z: sigmoid(z) * sigmoid(-z))
                for k, (of_weight, of_bias) in enumerate(slopes):
                    weights[k], biases[k] = weights[k] - rate * of_weight, biases[k] - rate * of_bias
                    if not first[k] and weights[k].any():
                        first[k], moved[k] = step, np.linalg.norm(weights[k])
            self.assertEqual(first, [depth + 1 - k for k in range(depth + 1)])
            sizes[rate] = moved[::-1]
        exponents = np.log2(np.array(sizes[0.002]) / sizes[0.001])
        np.testing.assert_allclose(exponents, [1, 2, 4, 8], rtol=0.05)


class DecayThreshold(unittest.TestCase):
    """C17, L = 2: the noise above which starts escape is proportional to the decay."""

    def test_threshold_doubles_with_the_decay(self):
        inputs, targets = regression(2, 15, 4)
        random = np.random.default_rng(3)
        draws = [random.standard_normal((12, 1, *shape)) for shape in ((5, 4), (5, 5), (1, 5))]
        sizes = np.geomspace(3e-4, 0.1, 40)
        limits = []
        for decay in (0.02, 0.04):
            weights = [draw * sizes[:, None, None] for draw in draws]
            biases = [np.zeros(weight.shape[:-1]) for weight in weights]
            escaped = np.zeros(weights[0].shape[:2], dtype=bool)
            for _ in range(1200):
                slopes, loss = gradients(weights, biases, inputs, targets, np.tanh, tanh_slope)
                escaped |= loss < 0.9
                active = ~escaped[..., None]
                for k, (of_weight, of_bias) in enumerate(slopes):
                    weights[k] = weights[k] - 0.3 * active[..., None] * (of_weight + decay * weights[k])
                    biases[k] = biases[k] - 0.3 * active * (of_bias + (decay * biases[k] if k < 2 else 0))
            self.assertTrue(escaped[:, -1].all() and not escaped[:, 0].any())
            limits.append(sizes[escaped.argmax(axis=1)])
        self.assertAlmostEqual(np.median(np.log2(limits[1] / limits[0])), 1, delta=0.2)


class Branches(unittest.TestCase):
    """C18: h + alpha W_b g(W_a h), and h + alpha g(W_b g(W_a h)), by which factors are zero."""

    KINDS = {"tanh": (np.tanh, tanh_slope), "relu": (lambda z: np.maximum(z, 0), lambda z: (z > 0) * 1.0),
             "sigmoid": (sigmoid, lambda z: sigmoid(z) * sigmoid(-z)), "cos": (np.cos, lambda z: -np.sin(z))}

    def first_steps(self, name, last, zero):
        """The steps at which W_a, W_b and alpha first move, 0 for never in 6. last: what the branch ends with."""
        value, slope = self.KINDS[name]
        random = np.random.default_rng(4)
        hidden, targets = random.standard_normal((11, 3)), random.standard_normal(11)
        readout = random.standard_normal(3)
        w_a, w_b, alpha = random.standard_normal((3, 3)), random.standard_normal((3, 3)), 1.0
        if zero in ("W_b", "both"):
            w_b = np.zeros((3, 3))
        if zero in ("alpha", "both"):
            alpha = 0.0
        start, first = (w_a, w_b, alpha), [0, 0, 0]
        for step in range(1, 7):
            inner = hidden @ w_a.T
            outer = value(inner) @ w_b.T
            branch = value(outer) if last == "g" else outer
            delta = 2 / 11 * ((hidden + alpha * branch) @ readout - targets)[:, None] * readout
            into = alpha * delta * (slope(outer) if last == "g" else 1)
            of_b, of_a = into.T @ value(inner), ((into @ w_b) * slope(inner)).T @ hidden
            of_alpha = (delta * branch).sum()
            w_a, w_b, alpha = w_a - 0.05 * of_a, w_b - 0.05 * of_b, alpha - 0.05 * of_alpha
            for i, (now, before) in enumerate(zip((w_a, w_b, alpha), start)):
                if not first[i] and np.any(now != before):
                    first[i] = step
        return first

    def test_a_branch_that_ends_with_weights_needs_one_factor_whatever_the_activation(self):
        for name in self.KINDS:
            with self.subTest(activation=name):
                self.assertEqual(self.first_steps(name, "weights", "W_b")[:2], [2, 1])
                self.assertEqual(self.first_steps(name, "weights", "alpha"), [2, 2, 1])
                self.assertEqual(self.first_steps(name, "weights", "both"), [0, 0, 0])

    def test_a_branch_that_ends_with_the_activation_depends_on_it_at_0(self):
        for name, one, both in (("tanh", [2, 1], [0, 0, 0]), ("relu", [0, 0], [0, 0, 0]),
                                ("sigmoid", [2, 1], [3, 2, 1]), ("cos", [0, 0], [0, 0, 1])):
            with self.subTest(activation=name):
                self.assertEqual(self.first_steps(name, "g", "W_b")[:2], one)
                self.assertEqual(self.first_steps(name, "g", "both"), both)


class LeastNorm(unittest.TestCase):
    """C19: gradient descent from zero ends at the pseudo-inverse's solution, Adam elsewhere, random starts off the
    samples by what they had there."""

    def test_ends(self):
        random = np.random.default_rng(5)
        design, targets = random.standard_normal((4, 7)), random.standard_normal(4)
        shortest = np.linalg.pinv(design) @ targets
        outside = np.eye(7) - np.linalg.pinv(design) @ design

        def slope(w):
            return 2 / 4 * design.T @ (design @ w - targets)
        start = random.standard_normal(7)
        zero, drawn, adam, mean, square = np.zeros(7), start.copy(), np.zeros(7), np.zeros(7), np.zeros(7)
        for step in range(1, 20001):
            zero, drawn = zero - 0.05 * slope(zero), drawn - 0.05 * slope(drawn)
            mean, square = 0.9 * mean + 0.1 * slope(adam), 0.999 * square + 0.001 * slope(adam) ** 2
            adam = adam - 0.003 * mean / (1 - 0.9 ** step) / (np.sqrt(square / (1 - 0.999 ** step)) + 1e-8)
        np.testing.assert_allclose(zero, shortest, atol=1e-9)
        np.testing.assert_allclose(drawn, shortest + outside @ start, atol=1e-9)
        self.assertLess(np.abs(design @ adam - targets).max(), 1e-3)
        self.assertGreater(np.abs(adam - shortest).max(), 0.01)


class Directions(unittest.TestCase):
    """C20: small starts are one unit if C has a gap, and spread over a plane if it has none."""

    def cosine(self, singular):
        random = np.random.default_rng(6)
        inputs = np.linalg.qr(random.standard_normal((40, 4)))[0]
        inputs = np.linalg.qr(inputs - inputs.mean(axis=0))[0] * np.sqrt(40)  # mean 0, covariance 1
        targets = inputs[:, :2] * singular
        weights = [1e-5 * random.standard_normal((80, 4)), 1e-5 * random.standard_normal((2, 80))]
        biases = [np.zeros(80), np.zeros(2)]
        first = None
        for _ in range(20000):
            slopes, loss = gradients(weights, biases, inputs, targets, np.tanh, tanh_slope)
            first = loss if first is None else first
            if loss < 0.9 * first:
                break
            weights = [weight - 0.02 * slope[0] for weight, slope in zip(weights, slopes)]
            biases = [bias - 0.02 * slope[1] for bias, slope in zip(biases, slopes)]
        unit = weights[0] / np.linalg.norm(weights[0], axis=1, keepdims=True)
        return np.abs(unit @ unit.T)[np.triu_indices(80, 1)].mean()

    def test_gap_and_no_gap(self):
        self.assertGreater(self.cosine(np.array([2.5, 1.0])), 0.98)
        self.assertAlmostEqual(self.cosine(np.array([1.5, 1.5])), 2 / np.pi, delta=0.06)


class Absorption(unittest.TestCase):
    """C21: the output of an all-zero tanh network changes only if a weight of every layer of a path does."""

    def test_every_set_of_weights_of_a_path(self):
        random = np.random.default_rng(7)
        inputs = random.standard_normal((6, 3))
        for depth in (1, 2, 3):
            for changed in range(2 ** (depth + 1)):
                value = inputs
                for layer in range(depth + 1):
                    shape = (5 if layer < depth else 1, value.shape[1])
                    weight = np.zeros(shape)
                    if changed >> layer & 1:
                        weight[0, 0] = random.standard_normal()
                    value = value @ weight.T
                    value = np.tanh(value) if layer < depth else value
                self.assertEqual(bool(value.any()), changed == 2 ** (depth + 1) - 1, (depth, changed))


if __name__ == "__main__":
    unittest.main()
