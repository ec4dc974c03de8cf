#!/usr/bin/python3
"""The formulas of initsweep.theory against closed forms, direct simulation with fixed draws, differential equations and
the eigenvalues of optimisers' steps."""
import itertools
import math
import unittest

import numpy as np

import sample_results  # noqa: F401 (the folder of the library)
from initsweep import mean_field, theory


class Theory(unittest.TestCase):
    def test_maps_of_erf_in_closed_form(self):
        """E erf(u_a) erf(u_b) = 2 / pi asin(2 c q / (1 + 2 q)) (Williams 1997)."""
        for q, c in ((0.3, 0.2), (2.0, -0.7), (1.1, 0.95)):
            mean = 2 / math.pi * math.asin(2 * c * q / (1 + 2 * q))
            length = 2 / math.pi * math.asin(2 * q / (1 + 2 * q))
            self.assertAlmostEqual(theory.length_map("erf", q, 1.3, 0.4), 1.69 * length + 0.16, places=9)
            self.assertAlmostEqual(theory.correlation_map("erf", c, q, 1.3, 0.4),
                                   (1.69 * mean + 0.16) / (1.69 * length + 0.16), places=9)

    def test_fixed_points_are_fixed_and_depth_scales_are_rates(self):
        """Deviations fall by exp(-1 / xi) a layer, in either phase."""
        for sigma_w, sigma_b in ((0.9, 0.3), (1.2, 0.5), (2.5, 0.3)):
            q = theory.length_fixed_point("tanh", sigma_w, sigma_b)
            c = theory.correlation_fixed_point("tanh", sigma_w, sigma_b)
            self.assertAlmostEqual(theory.length_map("tanh", q, sigma_w, sigma_b), q, places=12)
            self.assertAlmostEqual(theory.correlation_map("tanh", c, q, sigma_w, sigma_b), c, places=10)
            self.assertEqual(c == 1.0, theory.chi_1("tanh", q, sigma_w) <= 1)
            self.assertAlmostEqual(theory.chi_1("tanh", q, sigma_w),
                                   mean_field.mean_field_slope("tanh", sigma_w, sigma_b), places=9)
            ratio = (theory.length_map("tanh", q * (1 + 1e-5), sigma_w, sigma_b) - q) / (q * 1e-5)
            self.assertAlmostEqual(math.exp(-1 / theory.length_depth_scale("tanh", sigma_w, sigma_b)), ratio, places=4)
            after = theory.correlation_map("tanh", c - 1e-5, q, sigma_w, sigma_b)
            self.assertAlmostEqual(math.exp(-1 / theory.correlation_depth_scale("tanh", sigma_w, sigma_b)),
                                   (c - after) / 1e-5, places=3)
        self.assertGreater(theory.correlation_depth_scale("tanh", 1.395, 0.3), 50)  # near the edge of chaos
        self.assertEqual(theory.length_fixed_point("relu", 2.0), math.inf)
        self.assertEqual(theory.length_fixed_point("tanh", 0.5), 0.0)
        with self.assertRaisesRegex(ValueError, "no fixed point"):
            theory.correlation_fixed_point("relu", 2.0)

    def test_arc_cosine_kernels_are_means_over_random_units(self):
        random = np.random.default_rng(1)
        x, other = random.normal(size=(3, 4)), random.normal(size=(2, 4))
        w = random.normal(size=(400000, 4))
        for order in (0, 1, 2):
            a, b = (np.where(w @ z.T > 0, (w @ z.T) ** order, 0) for z in (x, other))
            sample = 2 * a[:, :, None] * b[:, None, :]
            error = sample.std(axis=0) / len(w) ** 0.5
            off = np.abs(sample.mean(axis=0) - theory.arc_cosine_kernel(order, x, other)) / error
            self.assertLess(off.max(), 4.5)
        with self.assertRaisesRegex(ValueError, "not 3"):
            theory.arc_cosine_kernel(3, x, other)

    def test_correlations_of_relu_in_closed_form(self):
        self.assertAlmostEqual(theory.relu_correlation_map(1.0), 1.0)
        self.assertAlmostEqual(theory.relu_correlation_map(0.0), 1 / math.pi)
        self.assertAlmostEqual(theory.relu_correlation_map(0.3, 1.1, 0.4, 0.7),
                               theory.correlation_map("relu", 0.3, 0.7, 1.1, 0.4), delta=2e-3)

    def test_networks_of_finite_width_by_simulation(self):
        """Dead layers, second moments and logarithms of lengths over 20,000 ReLU networks of widths 6, 9, 6."""
        widths, networks = (6, 9, 6), 20000
        random = np.random.default_rng(2)
        h = np.ones((networks, 5))
        for width in widths:
            w = random.normal(size=(networks, width, h.shape[1])) * math.sqrt(2 / h.shape[1])
            h = np.maximum(0, np.einsum("nij,nj->ni", w, h))
        lengths = (h ** 2).mean(axis=1)
        alive = lengths > 0
        dead = theory.dead_probability(widths)
        self.assertLess(abs((~alive).mean() - dead), 4 * math.sqrt(dead * (1 - dead) / networks))
        self.assertAlmostEqual(lengths.mean(), 1.0, delta=4 * lengths.std() / networks ** 0.5)
        square = lengths ** 2
        self.assertLess(abs(square.mean() - theory.length_variance_factor(widths)), 4 * square.std() / networks ** 0.5)
        self.assertAlmostEqual(theory.length_moment(widths, 1), 1)
        self.assertAlmostEqual(theory.length_moment(widths, 2), theory.length_variance_factor(widths))
        cube = lengths ** 3
        self.assertLess(abs(cube.mean() - theory.length_moment(widths, 3)), 4 * cube.std() / networks ** 0.5)
        mean, variance = theory.log_length_moments(widths)
        logs = np.log(lengths[alive])
        self.assertLess(abs(logs.mean() - mean), 4 * math.sqrt(variance / len(logs)))
        deviation = (logs - logs.mean()) ** 2
        self.assertLess(abs(logs.var() - variance), 4 * deviation.std() / len(logs) ** 0.5)

    def test_born_dead_networks_by_enumeration_and_simulation(self):
        """The chain of orthogonal directions over all patterns of active units; and networks at x = 1 and x = -1."""
        for width, depth in ((2, 4), (3, 6), (2, 9)):
            # states: two directions that are not parallel, one (or two parallel ones), none
            step = np.array([[0.0, 0, 0], [0, 1 - 0.5 ** width, 0.5 ** width], [0, 0, 1]])
            for pattern in itertools.product((0, 1), repeat=2 * width):
                one, other = np.array(pattern[:width]), np.array(pattern[width:])
                parallel = one.sum() == 1 and np.array_equal(one, other)
                alive = int(one.any()) + int(other.any())
                step[0, 2 if alive == 0 else 1 if alive == 1 or parallel else 0] += 0.25 ** width
            start = np.array([1 - 2 * 0.5 ** width, 2 * 0.5 ** width, 0])
            low, high = theory.born_dead_bounds(width, depth)
            self.assertAlmostEqual(low, (start @ np.linalg.matrix_power(step, depth - 1))[2], places=12)
            self.assertAlmostEqual(high, theory.dead_probability([width] * (depth - 1)), places=12)
            networks, random = 20000, np.random.default_rng(3)
            h = np.array([1.0, -1.0])[None, None, :] * np.ones((networks, 1, 1))
            for _ in range(depth):
                h = np.maximum(0, random.normal(size=(networks, width, h.shape[1])) @ h)
            share, error = (~h.any(axis=(1, 2))).mean(), 4 * math.sqrt(0.25 / networks)
            self.assertTrue(low - error < share < high + error, (width, depth, low, share, high))

    def test_logarithms_of_lengths_to_first_order(self):
        mean, variance = theory.log_length_moments([1000, 2000])
        self.assertAlmostEqual(mean, -2.5 * (1 / 1000 + 1 / 2000), delta=2e-5)
        self.assertAlmostEqual(variance, 5 * (1 / 1000 + 1 / 2000), delta=4e-5)
        self.assertEqual(theory.log_length_moments([10000])[1], 5 / 10000)

    def test_jacobians_of_wide_networks_by_simulation(self):
        """Products of 120 x 120 matrices: the variance of squared singular values, and the largest one."""
        self.assertAlmostEqual(theory.jacobian_edge(8), 9 ** 9 / 8 ** 8)
        self.assertAlmostEqual(theory.jacobian_edge(5, 0.5, True), 5 ** 5 / 4 ** 4)
        self.assertEqual(theory.jacobian_edge(7, orthogonal=True), 1.0)
        random, n = np.random.default_rng(4), 120
        for activation, q, depth, orthogonal in (
                ("linear", 1.0, 3, False), ("relu", 1.0, 1, True), ("relu", 1.0, 3, True), ("relu", 1.0, 2, False),
                ("tanh", 0.5, 3, True), ("tanh", 2.0, 2, False)):
            slope = mean_field.find_mean_field(activation).slope
            variances, largest = [], []
            for _ in range(6):
                jacobian = np.eye(n)
                for _ in range(depth):
                    weight = random.normal(size=(n, n)) / math.sqrt(n)
                    if orthogonal:
                        weight = np.linalg.qr(weight)[0]
                    jacobian = slope(math.sqrt(q) * random.normal(size=n))[:, None] * (weight @ jacobian)
                squares = np.linalg.svd(jacobian, compute_uv=False) ** 2
                squares /= squares.mean()
                variances.append(squares.var())
                largest.append(squares.max())
            expected = theory.jacobian_variance(activation, q, depth, orthogonal)
            self.assertLess(abs(np.mean(variances) / expected - 1), 0.1, (activation, depth, orthogonal))
            if activation != "tanh":
                edge = theory.jacobian_edge(depth, 0.5 if activation == "relu" else 1.0, orthogonal)
                self.assertLess(abs(np.mean(largest) / edge - 1), 0.1, (activation, depth, orthogonal))

    def test_modes_solve_their_equation(self):
        """tau du/dt = 2 u (s - u): eq. 6 of Saxe et al. with D = 2."""
        t = np.linspace(0, 3, 30001)
        u = theory.saxe_mode(t, 1.7, 0.01, tau=0.6)
        self.assertEqual(u[0], 0.01)
        np.testing.assert_allclose(0.6 * np.gradient(u, t)[1:-1], (2 * u * (1.7 - u))[1:-1], atol=1e-6)
        for level in (0.02, 0.85, 1.69):
            took = theory.saxe_time(1.7, 0.01, level, tau=0.6)
            self.assertAlmostEqual(float(theory.saxe_mode(took, 1.7, 0.01, tau=0.6)), level, places=12)

    def test_thresholds_are_where_a_step_no_longer_contracts(self):
        """Spectral radius of the step on a parabola of curvature h, as the program's optimisers take it."""
        rate = 0.07
        for momentum, nesterov in ((0.0, False), (0.9, False), (0.5, False), (0.9, True), (0.3, True)):
            threshold = theory.stability_threshold(rate, momentum, nesterov)
            for h, stable in ((0.999 * threshold, True), (1.001 * threshold, False)):
                # v' = b v + h x; x' = x - rate v', or with Nesterov x' = x - rate (b v' + h x)
                step = np.array([[1 - rate * h, -rate * momentum], [h, momentum]])
                if nesterov:
                    step = np.array([[1 - rate * h * (1 + momentum), -rate * momentum ** 2], [h, momentum]])
                radius = np.abs(np.linalg.eigvals(step)).max()
                self.assertEqual(radius < 1, stable, (momentum, nesterov))


if __name__ == "__main__":
    unittest.main()
