"""Each decision rule on data made to be TRUE, FALSE and undecidable; intervals against SciPy; what becomes of the
evidence."""
import math
import pathlib
import sys
import unittest

import numpy as np
import scipy.stats

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
from claims import rules, schema
from claims.rules import Claim, Criterion
from initsweep.files import json_value

RANDOM = np.random.default_rng(1)
NOISE = RANDOM.standard_normal(100)
X = np.array([1.0, 2.0, 3.0])
LINE = 2 * X + 0.01 * RANDOM.standard_normal((50, 3))
INF = math.inf

# rule: (threshold, data that hold, data that fail, data that do not decide)
CASES = {
    "zero": (None, [0.0, -0.0, 0.0], [0.0, 5e-324], [0.0, math.nan]),
    "nonzero": (None, [1.0, -5e-324], [1.0, -0.0], [1.0, math.nan]),
    "equal": (2, [2, 2.0], [2, np.nextafter(2, 3)], [2, math.nan]),
    "same": (None, ([1, 2], [1, 2]), ([1, 2], [1, 3]), ([1, 2], [1])),
    "one_unit": (None, [[1, 1], [1, 1]], [[1, 1], [1, 2]], [1, -1]),
    "first_step": (None, ([1, 2, 3], [1, 2, 3]), ([-1, 2, 3], [1, 2, 3]), ([1, 2, math.nan], [1, 2, 3])),
    "below": (1.0, [0.5, 0.9], [0.5, INF], [0.5, math.nan]),
    "above": (1.0, [1.5, INF], [1.0, 2.0], [math.nan]),
    "within": ((0.0, 1.0), [0.0, 0.5, 1.0], [0.5, 1.1], [math.nan]),
    "rate_above": (0.9, [True] * 100, [True] * 50 + [False] * 50, [True] * 90 + [False] * 10),
    "rate_below": (0.1, [False] * 100, [True] * 50 + [False] * 50, [True] * 10 + [False] * 90),
    "rates_differ": (0.0, ([1] * 90 + [0] * 10, [1] * 10 + [0] * 90), ([1] * 10 + [0] * 90, [1] * 90 + [0] * 10),
                     ([1, 0] * 50, [1, 0] * 50)),
    "medians_differ": (0.0, (NOISE + 9, NOISE), (NOISE, NOISE + 9), ([INF] * 9, [INF] * 9)),
    "mean_within": ((-1.0, 1.0), 0.1 * NOISE, NOISE + 9, NOISE + 1),
    "median_within": ((-1.0, 1.0), 0.1 * NOISE, NOISE + 9, NOISE + 1),
    "median_above": (0.0, NOISE + 9, NOISE - 9, NOISE),
    "median_below": (0.0, NOISE - 9, [INF] * 100, NOISE),
    "slope_within": ((1.9, 2.1), (X, LINE), (X, 2 * LINE), (X, np.where(LINE > 5, INF, LINE))),
}


def claim(*sides, prediction="TRUE"):
    """A made-up claim with one exact criterion of each side."""
    criteria = tuple(Criterion(f"c{i}", "zero", side, f"statement {i}") for i, side in enumerate(sides))
    return Claim("C99", "a claim", prediction, "a condition", "something", (), "c0", "1", criteria)


def conclusion(sides, data, prediction="TRUE"):
    made_up = claim(*sides, prediction=prediction)
    return rules.conclude(made_up, [rules.apply(made_up, f"c{i}", values) for i, values in enumerate(data)])


class Rules(unittest.TestCase):
    def test_every_rule_has_its_three_cases(self):
        self.assertEqual(set(CASES), set(rules.RULES))
        for name, (threshold, *data) in CASES.items():
            for expected, values in zip((True, False, None), data):
                with self.subTest(rule=name, expected=expected):
                    self.assertIs(rules.RULES[name](values, threshold, 1)[2], expected)

    def test_nothing_is_decided_by_no_data(self):
        for name, (threshold, *_) in CASES.items():
            pair = name in ("same", "first_step", "rates_differ", "medians_differ")
            empty = (X, np.zeros((0, 3))) if name == "slope_within" else ([], []) if pair else []
            with self.subTest(rule=name):
                self.assertIsNone(rules.RULES[name](empty, threshold, 1)[2])

    def test_wilson_is_scipys(self):
        for successes, trials in ((0, 10), (1, 10), (5, 10), (385, 385), (190, 385)):
            interval = scipy.stats.binomtest(successes, trials).proportion_ci(0.95, "wilson")
            np.testing.assert_allclose(rules.wilson(successes, trials), interval, atol=1e-12)

    def test_power_calculations_of_the_sweep_files(self):
        self.assertEqual(rules.trials_for(0.05), 385)  # as CLAIMS has it
        self.assertEqual(rules.trials_for(0.03), 1068)
        self.assertLessEqual(rules.trials_for_none(0.05), 100)  # 100 of 100 lie above 95 %

    def test_bootstrap_covers_the_mean_as_often_as_it_says(self):
        """95 % intervals of 200 samples of 50. Fewer than 174 or more than 199 hits: p < 1e-4 if the coverage is
        94 %."""
        draws = np.random.default_rng(2).standard_normal((200, 50))
        hits = 0
        for seed, sample in enumerate(draws):
            low, high = rules.bootstrap(lambda v: float(v.mean()), (sample,), seed)
            hits += low <= 0 <= high
        self.assertTrue(174 <= hits <= 199, hits)

    def test_bootstrap_keeps_pairs(self):
        """A difference of 1 in every pair has no spread, however the replicates differ."""
        value, interval, holds = rules.rule_rates_differ((np.ones(50), np.zeros(50)), 0.5, 1)
        self.assertEqual((value, interval, holds), (1.0, (1.0, 1.0), True))
        wide = 100 * NOISE
        _, (low, high), _ = rules.differ((wide + 1, wide), 0.0, 1, lambda a, b: float((a - b).mean()))
        np.testing.assert_allclose((low, high), (1, 1), atol=1e-12)

    def test_censored_times_count_as_infinite(self):
        self.assertEqual(rules.quantile([1, 2, INF, INF, INF], 0.5), INF)
        self.assertEqual(rules.quantile([1, 2, 3, INF, INF], 0.5), 3)

    def test_same_seed_same_interval(self):
        first = rules.rule_median_within(NOISE, (0, 1), rules.seed_of("C99 a"))
        self.assertEqual(first, rules.rule_median_within(NOISE, (0, 1), rules.seed_of("C99 a")))


class Conclusions(unittest.TestCase):
    TRUE, FALSE, VOID = [0.0], [1.0], [math.nan]

    def test_verdicts(self):
        for sides, data, expected in (
                (("for", "for"), (self.TRUE, self.TRUE), schema.TRUE),
                (("for", "for"), (self.FALSE, self.FALSE), schema.FALSE),
                (("for", "for"), (self.TRUE, self.FALSE), schema.CONDITIONAL),
                (("against",), (self.TRUE,), schema.FALSE),
                (("against",), (self.FALSE,), schema.TRUE),
                (("for", "against"), (self.TRUE, self.TRUE), schema.CONDITIONAL),
                (("for", "against"), (self.TRUE, self.FALSE), schema.TRUE),
                (("for", "against"), (self.FALSE, self.TRUE), schema.FALSE),
                (("for", "for"), (self.TRUE, self.VOID), schema.NOT_DECIDED),
                (("for", "control"), (self.TRUE, self.FALSE), schema.NOT_DECIDED),
                (("for", "control"), (self.TRUE, self.VOID), schema.NOT_DECIDED),
                (("for", "control"), (self.TRUE, self.TRUE), schema.TRUE)):
            with self.subTest(sides=sides, data=data):
                self.assertEqual(conclusion(sides, data)[0], expected)

    def test_what_contradicts_theory_is_said(self):
        verdict, _, agrees = conclusion(("for",), (self.FALSE,), prediction="TRUE")
        self.assertEqual((verdict, agrees), (schema.FALSE, False))
        # the predicted verdict by other evidence than the predicted one does not agree either
        verdict, condition, agrees = conclusion(("for", "against", "for"), (self.TRUE, self.TRUE, self.FALSE),
                                                prediction="CONDITIONAL")
        self.assertEqual((verdict, agrees), (schema.CONDITIONAL, False))
        self.assertIn("statement 2", condition)

    def test_not_decided_says_why(self):
        self.assertIn("statement 1", conclusion(("for", "for"), (self.TRUE, self.VOID))[1])
        self.assertIn("void", conclusion(("for", "control"), (self.TRUE, self.FALSE))[1])


class Json(unittest.TestCase):
    def test_numbers_are_rounded_and_null_where_not_finite(self):
        self.assertEqual(json_value({"a": np.float64(1 / 3), "b": INF, "c": np.int64(3), "d": (True, np.bool_(False)),
                                       "e": 2.0}, 6),
                         {"a": 0.333333, "b": None, "c": 3, "d": [True, False], "e": 2})


if __name__ == "__main__":
    unittest.main()
