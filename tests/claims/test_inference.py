"""Intervals and powers of the claims against SciPy, and how often they hold."""
import pathlib
import sys
import unittest

import numpy as np
import scipy.stats

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
from claims import inference

ERRORS = (0.05, 6e-4)


class AgainstSciPy(unittest.TestCase):
    def test_clopper_pearson(self):
        for error in ERRORS:
            for successes, trials in ((0, 10), (3, 10), (10, 10), (385, 770), (1, 1000), (100, 100)):
                expected = scipy.stats.binomtest(successes, trials).proportion_ci(1 - error, "exact")
                np.testing.assert_allclose(inference.clopper_pearson(successes, trials, error), expected, atol=1e-11)

    def test_beta_and_student(self):
        for a, b in ((0.5, 0.5), (1, 20), (300, 1.5), (12, 0.5)):
            for x in (1e-6, 0.1, 0.5, 0.9, 1 - 1e-6):
                self.assertAlmostEqual(inference.beta_share(x, a, b), scipy.stats.beta.cdf(x, a, b), delta=1e-12)
        for share, freedom in ((0.975, 3), (0.9997, 12), (0.99997, 2999)):
            expected = scipy.stats.t.ppf(share, freedom)
            self.assertAlmostEqual(inference.student_quantile(share, freedom), expected, delta=1e-8)

    def test_mean(self):
        values = np.random.default_rng(1).standard_normal(30)
        expected = scipy.stats.t.interval(1 - 6e-4, 29, values.mean(), scipy.stats.sem(values))
        np.testing.assert_allclose(inference.mean_interval(values, 6e-4), expected, rtol=1e-9)

    def test_median_rank_is_the_largest_that_covers(self):
        for error in ERRORS:
            for count in (5, 11, 12, 24, 40, 101):
                rank = inference.median_rank(count, error)
                miss = [2 * scipy.stats.binom.cdf(one - 1, count, 0.5) for one in range(count // 2 + 1)]
                self.assertEqual(rank, max(one for one in range(count // 2 + 1) if one == 0 or miss[one] <= error))
        self.assertEqual(inference.median_interval(np.arange(5.0), 6e-4), (-np.inf, np.inf))

    def test_powers_are_those_of_the_binomial_distribution(self):
        for trials, threshold, error in ((300, 0.95, 6e-4), (230, 0.5, 1e-3), (60, 0.9, 0.01)):
            most = max(k for k in range(trials) if scipy.stats.binomtest(k, trials).proportion_ci(
                1 - error, "exact").high < threshold)
            rate = inference.rate_seen_below(trials, threshold, error)
            self.assertAlmostEqual(scipy.stats.binom.cdf(most, trials, rate), inference.POWER, delta=1e-9)
        rank, share = inference.median_rank(100, 6e-4), inference.share_seen_beyond(100, 6e-4)
        self.assertAlmostEqual(scipy.stats.binom.sf(100 - rank, 100, share), inference.POWER, delta=1e-9)
        self.assertTrue(np.isnan(inference.rate_seen_below(2, 0.1, 6e-4)))


class Coverage(unittest.TestCase):
    def test_differences_and_ratios_miss_no_more_often_than_they_say(self):
        """Intervals of 95 % of 400 experiments; more than 36 misses: p < 1e-3 if one in 20 missed."""
        random = np.random.default_rng(3)
        misses = [0, 0]
        for _ in range(400):
            first = random.random(80) < 0.6
            second = np.where(random.random(80) < 0.5, first, random.random(80) < 0.4)
            low, high = inference.paired_difference(first, second, 0.05)
            misses[0] += not low <= 0.6 - 0.5 <= high
            low, high = inference.rate_ratio(first, random.random(80) < 0.3, 0.05)
            misses[1] += not low <= 2 <= high
            self.assertLess(low, high)
        self.assertTrue(max(misses) <= 36, misses)

    def test_difference_of_identical_replicates_has_a_width(self):
        low, high = inference.paired_difference(np.ones(50, dtype=bool), np.zeros(50, dtype=bool), 0.05)
        self.assertTrue(0.8 < low < 1 <= high)

    def test_the_difference_that_is_seen(self):
        """At it nine of ten experiments see it, if all changes go one way."""
        seen = inference.difference_seen(400, 0.05, 6e-4)
        random, hits = np.random.default_rng(4), 0
        for _ in range(200):
            hits += inference.paired_difference(random.random(400) < seen, np.zeros(400, dtype=bool), 6e-4)[0] > 0.05
        self.assertTrue(160 <= hits <= 196, hits)


if __name__ == "__main__":
    unittest.main()
