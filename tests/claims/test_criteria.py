"""For every criterion of every claim: a made-up data set on which it fails, one on which it holds, and what it detects.

The made-up data have the replicates and groups that the table states, so that a criterion that could not fail with
them, at its share of the study's error, is found.
"""
import pathlib
import sys
import unittest

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
from claims import inference, rules
from claims.table import CLAIMS, CRITERION_ERROR

EVERY = [(claim.id, one) for claim in CLAIMS for one in claim.criteria]
NOISE = np.random.default_rng(5).standard_normal(10000)


def flags(share, count):
    """count booleans of which a share is true."""
    return np.arange(count) < round(share * count)


def spread(centre, width, count):
    """count values around a centre."""
    return centre + width * NOISE[:count]


def rates(one, holds):
    """A share far on the side that holds or fails."""
    upper = (one.rule == "rate_above") == holds
    return flags(one.threshold + 0.999 * (1 - one.threshold) if upper else 0.1 * one.threshold, one.count)


def differences(one, holds):
    """Two rates that differ by more than the threshold, or do not, or the other way round."""
    if one.rule == "rates_alike":
        return flags(0.9, one.count), flags(0.9 if holds else 0.5, one.count)
    pair = flags(0.9, one.count), flags(0.2, one.count)
    return pair if holds else pair[::-1]


def ratios(one, holds):
    """Two rates whose ratio is twice the threshold, or half of it."""
    low = 0.3 / max(one.threshold, 1)
    high = 2 * low * one.threshold if holds else 0.5 * low * one.threshold
    return flags(min(high, 0.99), one.count), flags(low if holds else 0.9 * low + 0.1, one.count)


def location(one, holds):
    """Values around the middle of the threshold, or beyond its end."""
    ends = np.ravel(one.threshold).astype(float)
    scale = abs(ends).max() if len(ends) == 1 else ends[1] - ends[0]
    if len(ends) == 2:
        return spread(ends.mean() if holds else ends[1] + scale, 0.05 * scale, one.count)
    sign = 1 if (one.rule == "median_above") == holds else -1
    return spread(ends[0] + sign * 0.5 * max(scale, 2 * one.resolution), 0.05 * max(scale, 1e-12), one.count)


def lines(one, holds):
    """Lines with a slope in the middle of the threshold, or one half steeper or more."""
    low, high = one.threshold
    slope = 0.5 * (low + high) if holds else high + (high - low) + one.resolution
    x = np.array([0.0, 1.0, 2.0])
    return x, spread(slope, 0.1 * (high - low), one.count)[:, None] * x


STATISTICAL = {"rate_above": rates, "rate_below": rates, "rates_differ": differences, "rates_alike": differences,
               "ratio_above": ratios, "mean_within": location, "median_within": location, "median_above": location,
               "median_below": location, "slope_within": lines}


def exact(one, holds):
    """Three good numbers, or two and one that is off by what a single network, or a bit, can do."""
    if one.rule in ("same", "first_step"):
        return np.array([1, 2, 3]), np.array([1, 2, 3 if holds else -1])
    if one.rule in ("zero", "one_unit", "equal"):
        good = {"zero": 0.0, "one_unit": 1.0, "equal": one.threshold}[one.rule]
        bad = {"zero": 1e-49, "one_unit": 2.0}.get(one.rule, np.nextafter(float(good), np.inf))
        return [good, good, good if holds else bad]
    low, high = {"below": (-np.inf, one.threshold), "above": (one.threshold, np.inf)}.get(one.rule, one.threshold)
    inside = one.threshold * (0.5 if one.rule == "below" else 2) if one.rule != "within" else 0.5 * (low + high)
    if one.rule == "below" and one.threshold < 0:
        inside = 2 * one.threshold
    return [inside, inside, inside if holds else (high if np.isfinite(high) else low) + (one.rule == "within")]


def data(one, holds):
    """Made-up data, in one group of several the deciding ones."""
    values = STATISTICAL.get(one.rule, exact)(one, holds)
    if one.groups == 1:
        return values
    good = STATISTICAL.get(one.rule, exact)(one, True)
    return {number: good for number in range(1, one.groups)} | {one.groups: values}


class Criteria(unittest.TestCase):
    def test_each_fails_on_data_that_contradict_it_and_holds_on_data_that_bear_it_out(self):
        for name, one in EVERY:
            for holds in (False, True):
                with self.subTest(claim=name, criterion=one.name, holds=holds):
                    self.assertIs(rules.apply_rule(data(one, holds), one, CRITERION_ERROR).holds, holds)

    def test_what_it_detects_is_not_out_of_reach(self):
        """With probability 0.9 a statistical criterion fails at a share of replicates that could occur: below 1, and
        for a rate at most 20 points from the threshold."""
        for name, one in EVERY:
            if one.rule not in rules.STATISTICAL:
                continue
            error = CRITERION_ERROR / one.groups
            with self.subTest(claim=name, criterion=one.name):
                self.assertGreater(one.count, 0)
                if one.rule == "rate_above":
                    self.assertLess(one.threshold - inference.rate_seen_below(one.count, one.threshold, error), 0.2)
                elif one.rule == "rate_below":
                    seen = 1 - inference.rate_seen_below(one.count, 1 - one.threshold, error)
                    self.assertLess(seen - one.threshold, 0.2)
                elif one.rule in ("rates_differ", "rates_alike"):
                    self.assertLess(inference.difference_seen(one.count, np.max(one.threshold), error), 0.35)
                elif one.rule.startswith(("median", "slope")):
                    self.assertLess(inference.share_seen_beyond(one.count, error), 0.999)

    def test_no_criterion_asks_only_for_something_else_than_zero(self):
        """Rounding leaves 1e-17 where real arithmetic has 0: a criterion of movement has a bound, or a size."""
        for name, one in EVERY:
            if one.rule == "above":
                self.assertGreaterEqual(one.threshold, 1e-9, (name, one.name))


if __name__ == "__main__":
    unittest.main()
