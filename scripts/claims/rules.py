"""The decision rules: what must hold for each claim. The criteria (table.py) were written before the sweeps that decide
them were run; looks.json says which earlier data they were changed after.

A claim has criteria. Each is one rule applied to one number of the results, with its threshold, a statement that theory
predicts to hold, and a side:

    for      if the statement holds, the claim is right in this case; if it fails, wrong
    against  if the statement holds, the claim is wrong in this case; if it fails, right
    control  says nothing about the claim; if it fails, the experiment is void
    beside   says nothing about the claim, and its failure voids nothing: a further prediction of theory

All cases right: TRUE. All wrong: FALSE. Both: CONDITIONAL. A case that the data do not decide, or a failed control: NOT
DECIDED. The verdict agrees with theory if it is the predicted one and every statement holds.

Exact rules compare numbers, of every network. Statistical rules hold or fail only if a whole interval lies on one side
of the threshold; otherwise the case is undecided. All intervals of the study hold together with 95 % confidence: each
may miss with probability 5 % / (number of statistical criteria), and where a criterion looks at several groups (another
depth, another data set) each group's with that divided by the number of groups, so that no pool hides a regime. Such a
criterion holds if it does in every group, and fails if it does in one. The intervals are those of inference.py. Times
are censored, never dropped: a network that does not reach the event counts as infinite.
"""
from __future__ import annotations

import dataclasses
import math
from typing import Any, Callable

import numpy as np

from claims import inference, schema
from claims.inference import Interval
from initsweep.arrays import Array

ERROR = 0.05  # probability that an interval of the study misses, over all its statistical criteria
SIDES = ("for", "against", "control", "beside")


@dataclasses.dataclass(frozen=True)
class Criterion:
    """One row of the table: a rule, its threshold, what it says.

    count: replicates of a statistical rule, of each group. resolution: the unit in which a median or slope is measured;
    its interval is no narrower.
    """
    name: str
    rule: str
    side: str
    statement: str
    threshold: Any = None
    count: int = 0
    groups: int = 1
    resolution: float = 0.0


@dataclasses.dataclass(frozen=True)
class Claim:
    """One claim: what people say, what theory predicts about it, and the criteria that decide it.

    answer: for a student, in three sentences at most, true if theory is right. deciding: the criterion whose number is
    the verdict's; unit: its unit.
    """
    id: str
    claim: str
    answer: str
    prediction: str
    condition: str | None
    overturned_by: str
    sweeps: tuple[str, ...]
    deciding: str
    unit: str
    criteria: tuple[Criterion, ...]

    def criterion(self, name: str) -> Criterion:
        """The criterion with this name. Raises KeyError if there is none."""
        for one in self.criteria:
            if one.name == name:
                return one
        raise KeyError(f"{self.id} has no criterion '{name}'")


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What a rule returns. holds: None if the data do not decide. count: the values, or replicates, that it saw.

    detects: the effect that a statistical rule sees with probability inference.POWER.
    """
    value: float
    interval: Interval | None
    holds: bool | None
    count: int
    detects: float | None = None


UNDECIDED = Outcome(math.nan, None, None, 0)


def quantile(values: Array, q: float) -> float:
    """The lower empirical quantile; values may be infinite (censored)."""
    ordered = np.sort(np.asarray(values, dtype=np.float64))
    return float(ordered[min(len(ordered) - 1, max(0, math.ceil(q * len(ordered)) - 1))])


def side_of(interval: Interval, below: float, above: float) -> bool | None:
    """Whether an interval lies inside [below, above] (true), outside it (false) or across an end (undecided).

    An interval without width is of identical values, which say nothing about how others would lie: undecided. That of
    values which are all infinite is of censored ones, which may differ.
    """
    low, high = interval
    if math.isnan(low) or math.isnan(high) or (low == high and math.isfinite(low)):
        return None
    if (low > below or below == -math.inf) and (high < above or above == math.inf):
        return True
    if high < below or low > above:
        return False
    return None


def exact(values: Any, value: Callable[[Array], float], holds: Callable[[Array], bool], finite: bool = True) -> Outcome:
    """An exact rule: undecided without values, with NaN, or, if finite is set, with an infinite value."""
    values = np.asarray(values, dtype=np.float64).ravel()
    if values.size == 0 or np.isnan(values).any() or (finite and np.isinf(values).any()):
        return UNDECIDED
    return Outcome(value(values), None, bool(holds(values)), values.size)


def rule_zero(values: Any, _one: Criterion, _error: float) -> Outcome:
    """Every value is exactly 0 (-0 is 0). The value is the largest magnitude."""
    return exact(values, lambda v: float(np.abs(v).max()), lambda v: bool((v == 0.0).all()))


def rule_equal(values: Any, one: Criterion, _error: float) -> Outcome:
    """Every value equals the threshold. The value is the one farthest from it."""
    return exact(values, lambda v: float(v[np.abs(v - one.threshold).argmax()]),
                 lambda v: bool((v == one.threshold).all()))


def rule_same(values: Any, _one: Criterion, _error: float) -> Outcome:
    """Two arrays are equal, entry by entry (values: the pair). The value is the number of entries that differ."""
    left, right = (np.asarray(one, dtype=np.float64) for one in values)
    if left.shape != right.shape or left.size == 0 or not (np.isfinite(left).all() and np.isfinite(right).all()):
        return UNDECIDED
    return Outcome(float((left != right).sum()), None, bool((left == right).all()), left.size)


def rule_one_unit(values: Any, _one: Criterion, _error: float) -> Outcome:
    """distinct_units is 1 everywhere. -1 or NaN (not finite): undecided."""
    values = np.asarray(values, dtype=np.float64)
    return UNDECIDED if (values < 1).any() else exact(values, lambda v: float(v.max()), lambda v: bool((v == 1).all()))


def rule_first_step(values: Any, one: Criterion, error: float) -> Outcome:
    """The steps at which something first moves are those expected. values: (seen, expected); -1: never.

    The value is the number of entries that differ.
    """
    return rule_same(values, one, error)


def rule_below(values: Any, one: Criterion, _error: float) -> Outcome:
    """Every value is below the threshold. The value is the largest. Infinite ones (never) are not below."""
    return exact(values, lambda v: float(v.max()), lambda v: bool((v < one.threshold).all()), finite=False)


def rule_above(values: Any, one: Criterion, _error: float) -> Outcome:
    """Every value is above the threshold. The value is the smallest."""
    return exact(values, lambda v: float(v.min()), lambda v: bool((v > one.threshold).all()), finite=False)


def rule_within(values: Any, one: Criterion, _error: float) -> Outcome:
    """Every value lies in [low, high]. The value is the one nearest to an end, or farthest out."""
    low, high = one.threshold
    return exact(values, lambda v: float(v[np.minimum(v - low, high - v).argmin()]),
                 lambda v: bool(((v >= low) & (v <= high)).all()), finite=False)


def rule_rate_above(values: Any, one: Criterion, error: float) -> Outcome:
    """The interval of the share of true values lies above the threshold. values: [replicate] of booleans."""
    values = np.asarray(values, dtype=bool)
    if not values.size:
        return UNDECIDED
    interval = inference.clopper_pearson(int(values.sum()), values.size, error)
    return Outcome(float(values.mean()), interval, side_of(interval, one.threshold, math.inf), values.size,
                   inference.rate_seen_below(values.size, one.threshold, error))


def rule_rate_below(values: Any, one: Criterion, error: float) -> Outcome:
    """The interval of the share of true values lies below the threshold."""
    values = np.asarray(values, dtype=bool)
    if not values.size:
        return UNDECIDED
    interval = inference.clopper_pearson(int(values.sum()), values.size, error)
    return Outcome(float(values.mean()), interval, side_of(interval, -math.inf, one.threshold), values.size,
                   1 - inference.rate_seen_below(values.size, 1 - one.threshold, error))


def difference(values: Any, error: float) -> tuple[float, Interval, int] | None:
    """A rate less another of the same replicates, its interval and their number. values: two arrays of booleans."""
    first, second = (np.asarray(one, dtype=bool) for one in values)
    if not first.size or first.shape != second.shape:
        return None
    return float(first.mean() - second.mean()), inference.paired_difference(first, second, error), first.size


def rule_rates_differ(values: Any, one: Criterion, error: float) -> Outcome:
    """The paired difference of two rates, first less second, is above the threshold."""
    found = difference(values, error)
    if found is None:
        return UNDECIDED
    value, interval, count = found
    return Outcome(value, interval, side_of(interval, one.threshold, math.inf), count,
                   inference.difference_seen(count, one.threshold, error))


def rule_rates_alike(values: Any, one: Criterion, error: float) -> Outcome:
    """The paired difference of two rates, first less second, lies in [low, high]."""
    found = difference(values, error)
    if found is None:
        return UNDECIDED
    value, interval, count = found
    return Outcome(value, interval, side_of(interval, *one.threshold), count,
                   inference.difference_seen(count, one.threshold[1], error))


def rule_ratio_above(values: Any, one: Criterion, error: float) -> Outcome:
    """The ratio of two rates of independent replicates, first over second, is above the threshold."""
    first, second = (np.asarray(item, dtype=bool) for item in values)
    if not first.size or not second.any():
        return UNDECIDED
    interval = inference.rate_ratio(first, second, error)
    return Outcome(float(first.mean() / second.mean()), interval, side_of(interval, one.threshold, math.inf),
                   min(first.size, second.size))


def rule_median_within(values: Any, one: Criterion, error: float) -> Outcome:
    """The interval of the median lies in [low, high]. Censored values are infinite."""
    values = np.asarray(values, dtype=np.float64)
    if values.size == 0 or np.isnan(values).any():
        return UNDECIDED
    low, high = inference.median_interval(values, error)
    interval = low - 0.5 * one.resolution, high + 0.5 * one.resolution
    return Outcome(quantile(values, 0.5), interval, side_of(interval, *one.threshold), values.size,
                   inference.share_seen_beyond(values.size, error))


def rule_median_above(values: Any, one: Criterion, error: float) -> Outcome:
    """The interval of the median lies above the threshold."""
    return rule_median_within(values, dataclasses.replace(one, threshold=(one.threshold, math.inf)), error)


def rule_median_below(values: Any, one: Criterion, error: float) -> Outcome:
    """The interval of the median lies below the threshold."""
    return rule_median_within(values, dataclasses.replace(one, threshold=(-math.inf, one.threshold)), error)


def rule_mean_within(values: Any, one: Criterion, error: float) -> Outcome:
    """The interval of the mean lies in [low, high]."""
    values = np.asarray(values, dtype=np.float64)
    if values.size < 2 or not np.isfinite(values).all():
        return UNDECIDED
    low, high = inference.mean_interval(values, error)
    seen = inference.student_quantile(inference.POWER, values.size - 1) * values.std(ddof=1) / math.sqrt(values.size)
    return Outcome(float(values.mean()), (low, high), side_of((low, high), *one.threshold), values.size,
                   0.5 * (high - low) + seen)


def slopes(x: Array, rows: Array) -> tuple[Array, Array]:
    """Least-squares slope over x of each row: [rows], for the lower and for the upper end of an interval. A row with a
    censored (infinite) value has an unknown slope, minus and plus infinity."""
    centred = x - x.mean()
    with np.errstate(invalid="ignore"):
        slope = (rows - rows.mean(axis=1, keepdims=True)) @ centred / (centred @ centred)
    censored = ~np.isfinite(rows).all(axis=1)
    return np.where(censored, -np.inf, slope), np.where(censored, np.inf, slope)


def rule_slope_within(values: Any, one: Criterion, error: float) -> Outcome:
    """The median of the replicates' slopes over x lies in [low, high]. values: (x [points], y [replicate, points])."""
    x, y = (np.asarray(item, dtype=np.float64) for item in values)
    if y.ndim != 2 or y.size == 0 or len(x) < 2 or y.shape[1] != len(x) or np.isnan(y).any():
        return UNDECIDED
    lower, upper = slopes(x, y)
    low, high = inference.median_interval(lower, error)[0], inference.median_interval(upper, error)[1]
    interval = low - 0.5 * one.resolution, high + 0.5 * one.resolution
    known = upper[np.isfinite(upper)]
    return Outcome(quantile(known, 0.5) if known.size else math.nan, interval, side_of(interval, *one.threshold),
                   len(y), inference.share_seen_beyond(len(y), error))


EXACT: dict[str, Callable[[Any, Criterion, float], Outcome]] = {
    "zero": rule_zero, "equal": rule_equal, "same": rule_same, "one_unit": rule_one_unit,
    "first_step": rule_first_step, "below": rule_below, "above": rule_above, "within": rule_within,
}
STATISTICAL: dict[str, Callable[[Any, Criterion, float], Outcome]] = {
    "rate_above": rule_rate_above, "rate_below": rule_rate_below, "rates_differ": rule_rates_differ,
    "rates_alike": rule_rates_alike, "ratio_above": rule_ratio_above, "mean_within": rule_mean_within,
    "median_within": rule_median_within, "median_above": rule_median_above, "median_below": rule_median_below,
    "slope_within": rule_slope_within,
}
RULES = {**EXACT, **STATISTICAL}


def apply_rule(values: Any, one: Criterion, error: float) -> Outcome:
    """Applies a criterion's rule. values: as the rule takes them, or {group: values}; error: probability with which its
    interval may miss. Of several groups the outcome is the worst's: one that fails, or else one that is undecided."""
    rule = RULES[one.rule]
    if not isinstance(values, dict):
        return rule(values, one, error)
    outcomes = [rule(item, one, error / len(values)) for item in values.values()]
    worst = [outcome for holds in (False, None) for outcome in outcomes if outcome.holds is holds]
    return worst[0] if worst else min(outcomes, key=lambda outcome: room(outcome, one.threshold))


def room(outcome: Outcome, threshold: Any) -> float:
    """Distance of an outcome from the nearest end of its threshold."""
    ends = np.asarray(threshold, dtype=np.float64).ravel()
    return float(np.abs(np.subtract.outer(np.asarray(outcome.interval or outcome.value).ravel(), ends)).min())


def apply(claim: Claim, name: str, values: Any, error: float) -> schema.Evidence:
    """Applies a criterion to the data. values, error: as apply_rule takes them. Returns the evidence."""
    criterion = claim.criterion(name)
    found = apply_rule(values, criterion, error)
    groups = len(values) if isinstance(values, dict) else 1
    return schema.Evidence(criterion.rule, criterion.statement, criterion.side, found.value, found.interval,
                           criterion.threshold, found.holds, found.count, groups, found.detects)


def conclude(claim: Claim, evidence: list[schema.Evidence]) -> tuple[str, str | None, bool]:
    """The verdict that the evidence gives: (verdict, condition or reason, whether it agrees with the prediction)."""
    void = [one for one in evidence if one.side == "control" and one.holds is not True]
    if void:
        return schema.NOT_DECIDED, f"the experiment is void: not seen: {void[0].statement}", False
    cases = [one for one in evidence if one.side in ("for", "against")]
    undecided = [one for one in cases if one.holds is None]
    if undecided:
        return schema.NOT_DECIDED, f"the data do not decide whether: {undecided[0].statement}", False
    right = [one.holds == (one.side == "for") for one in cases]
    if all(right):
        verdict, condition = schema.TRUE, None
    elif not any(right):
        verdict, condition = schema.FALSE, None
    else:
        verdict = schema.CONDITIONAL
        unexpected = "; ".join(one.statement for one in cases if not one.holds)
        condition = f"{claim.condition or ''}; not seen, though predicted: {unexpected}".lstrip("; ") if unexpected \
            else claim.condition
    return verdict, condition, verdict == claim.prediction and all(one.holds for one in evidence)
