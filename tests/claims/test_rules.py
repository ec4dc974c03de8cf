"""Each decision rule on data made to be TRUE, FALSE and undecidable; what becomes of the evidence."""
import math
import pathlib
import sys
import unittest

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
from claims import rules, schema
from claims.rules import Claim, Criterion
from initsweep.files import json_value

RANDOM = np.random.default_rng(1)
NOISE = RANDOM.standard_normal(100)
X = np.array([1.0, 2.0, 3.0])
LINE = 2 * X + 0.01 * RANDOM.standard_normal((50, 3))
INF = math.inf
ERROR = 0.001  # of a made-up criterion


def flags(true, false):
    """Booleans: some true, then some false."""
    return [True] * true + [False] * false


# rule: (threshold, data that hold, data that fail, data that do not decide)
CASES = {
    "zero": (None, [0.0, -0.0, 0.0], [0.0, 5e-324], [0.0, math.nan]),
    "equal": (2, [2, 2.0], [2, np.nextafter(2, 3)], [2, math.nan]),
    "same": (None, ([1, 2], [1, 2]), ([1, 2], [1, 3]), ([1, 2], [1])),
    "one_unit": (None, [[1, 1], [1, 1]], [[1, 1], [1, 2]], [1, -1]),
    "first_step": (None, ([1, 2, 3], [1, 2, 3]), ([-1, 2, 3], [1, 2, 3]), ([1, 2, math.nan], [1, 2, 3])),
    "below": (1.0, [0.5, 0.9], [0.5, INF], [0.5, math.nan]),
    "above": (1.0, [1.5, INF], [1.0, 2.0], [math.nan]),
    "within": ((0.0, 1.0), [0.0, 0.5, 1.0], [0.5, 1.1], [math.nan]),
    "rate_above": (0.9, flags(100, 0), flags(50, 50), flags(90, 10)),
    "rate_below": (0.1, flags(0, 100), flags(50, 50), flags(10, 90)),
    "rates_differ": (0.0, (flags(90, 10), flags(10, 90)), (flags(10, 90), flags(90, 10)), (flags(50, 50),) * 2),
    "rates_alike": ((-0.2, 0.2), (flags(50, 50),) * 2, (flags(90, 10), flags(10, 90)), (flags(60, 40), flags(40, 60))),
    "ratio_above": (1.0, (flags(90, 10), flags(10, 90)), (flags(10, 90), flags(90, 10)), (flags(50, 50),) * 2),
    "mean_within": ((-1.0, 1.0), 0.1 * NOISE, NOISE + 9, NOISE + 1),
    "median_within": ((-1.0, 1.0), 0.1 * NOISE, NOISE + 9, NOISE + 1),
    "median_above": (0.0, NOISE + 9, NOISE - 9, NOISE),
    "median_below": (0.0, NOISE - 9, [INF] * 100, NOISE),
    "slope_within": ((1.9, 2.1), (X, LINE), (X, 2 * LINE), (X, np.where(LINE > 5, INF, LINE))),
}


def made_up(rule, threshold, **rest):
    """A criterion that no claim has."""
    return Criterion("made_up", rule, "for", "a statement", threshold, **rest)


def holds(rule, threshold, values, error=ERROR, **rest):
    """What the rule says of the data."""
    return rules.apply_rule(values, made_up(rule, threshold, **rest), error).holds


def claim(*sides, prediction="TRUE"):
    """A made-up claim with one exact criterion of each side."""
    criteria = tuple(Criterion(f"c{i}", "zero", side, f"statement {i}") for i, side in enumerate(sides))
    return Claim("C99", "a claim", "An answer.", prediction, "a condition", "something", (), "c0", "1", criteria)


def conclusion(sides, data, prediction="TRUE"):
    made = claim(*sides, prediction=prediction)
    return rules.conclude(made, [rules.apply(made, f"c{i}", values, ERROR) for i, values in enumerate(data)])


class Rules(unittest.TestCase):
    def test_every_rule_has_its_three_cases(self):
        self.assertEqual(set(CASES), set(rules.RULES))
        for name, (threshold, *data) in CASES.items():
            for expected, values in zip((True, False, None), data):
                with self.subTest(rule=name, expected=expected):
                    self.assertIs(holds(name, threshold, values), expected)

    def test_nothing_is_decided_by_no_data(self):
        for name, (threshold, *_) in CASES.items():
            pair = name in ("same", "first_step", "rates_differ", "rates_alike", "ratio_above")
            empty = (X, np.zeros((0, 3))) if name == "slope_within" else ([], []) if pair else []
            with self.subTest(rule=name):
                self.assertIsNone(holds(name, threshold, empty))

    def test_identical_values_decide_nothing_about_others(self):
        """The interval of their median has no width, unless it is known how finely they are measured."""
        for rule, threshold, values in (("median_below", 2.0, np.ones(100)), ("mean_within", (0.0, 2.0), np.ones(100)),
                                        ("slope_within", (0.0, 2.0), (X, np.tile(X, (100, 1))))):
            self.assertIsNone(holds(rule, threshold, values), rule)
        self.assertIs(holds("median_below", 2.0, np.ones(100), resolution=0.5), True)
        self.assertIsNone(holds("median_below", 2.0, np.ones(100), resolution=2.5))
        self.assertIs(holds("median_above", 2.0, np.full(100, INF)), True)  # censored: beyond any number

    def test_groups_are_looked_at_separately(self):
        """A pool of a group that holds and one that fails would hold; each group's interval has a part of the error."""
        good, bad = flags(300, 0), flags(0, 15)
        self.assertIs(holds("rate_above", 0.9, good + bad, error=0.05), True)
        found = rules.apply_rule({"a": good, "b": bad}, made_up("rate_above", 0.9), 0.05)
        self.assertEqual((found.holds, found.value, found.count), (False, 0, 15))
        alone = rules.apply_rule(good, made_up("rate_above", 0.9), 0.01)
        self.assertEqual(rules.apply_rule({n: good for n in range(5)}, made_up("rate_above", 0.9), 0.05), alone)

    def test_slopes_with_censored_values_widen_the_interval(self):
        lines = np.tile(2 * X, (100, 1)) + 1e-3 * RANDOM.standard_normal((100, 3))
        few = np.where(np.arange(100)[:, None] < 10, INF, lines)
        self.assertIs(holds("slope_within", (1.9, 2.1), (X, few)), True)
        many = np.where(np.arange(100)[:, None] < 40, INF, lines)
        self.assertIsNone(holds("slope_within", (1.9, 2.1), (X, many)))

    def test_censored_times_count_as_infinite(self):
        self.assertEqual(rules.quantile([1, 2, INF, INF, INF], 0.5), INF)
        self.assertEqual(rules.quantile([1, 2, 3, INF, INF], 0.5), 3)


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
                (("for", "beside"), (self.TRUE, self.FALSE), schema.TRUE),
                (("for", "beside"), (self.TRUE, self.VOID), schema.TRUE),
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

    def test_a_failed_prediction_beside_the_claim_disagrees_with_theory(self):
        self.assertEqual(conclusion(("for", "beside"), (self.TRUE, self.FALSE)), (schema.TRUE, None, False))

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
