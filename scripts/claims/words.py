"""Numbers of a criterion, and what it asks of them, in words."""
from __future__ import annotations

from typing import Any

from initsweep.report.text import format_number


def shown(rule: str, value: Any) -> str:
    """A value of a rule for readers: rates as percentages, their differences in points."""
    if isinstance(value, float | int) and not isinstance(value, bool):
        if rule in ("rate_above", "rate_below"):
            return f"{format_number(100 * value)} %"
        if rule in ("rates_differ", "rates_alike"):
            return f"{format_number(100 * value)} points"
    return format_number(value)


def asked(rule: str, threshold: Any) -> str:
    """What a rule asks of its number; empty for a rule that is not known."""
    exact = {"zero": "exactly 0", "same": "no bit differs", "first_step": "no step differs", "one_unit": "exactly 1"}
    if threshold is None:
        return exact.get(rule, "")
    if isinstance(threshold, list | tuple):
        return f"between {shown(rule, threshold[0])} and {shown(rule, threshold[1])}"
    word = "exactly" if rule == "equal" else "below" if rule.endswith("below") else "above"
    return f"{word} {shown(rule, threshold)}"
