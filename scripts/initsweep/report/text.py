"""Numbers and texts as the report shows them. parts/scales.js shows numbers by the same rules."""
from __future__ import annotations

import html
import math
import re
from typing import Any

SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
DIGITS = 4


def number(value: Any, digits: int = DIGITS) -> str:
    """A value in plain writing: 0.25, 1,024, 3.2 × 10⁻⁷, −1, ∞, 'not a number'; 'none' for null."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    if isinstance(value, float) and math.isnan(value):
        return "not a number"
    sign = "−" if value < 0 else ""
    if isinstance(value, float) and math.isinf(value):
        return f"{sign}∞"
    if value == int(value) and abs(value) < 1e7:
        return f"{sign}{abs(int(value)):,}"
    if 1e-3 <= abs(value) < 1e7:
        # without trailing zeros, but what stands before the point is not cut down to its first digits
        rounded = float(f"{abs(value):.{digits}g}")
        if rounded < 10 ** (digits - 1):
            return f"{sign}{rounded:g}"
        return f"{sign}{abs(value) if abs(value) >= 10**digits else rounded:,.0f}"
    mantissa, exponent = f"{abs(value):.{digits - 1}e}".split("e")
    mantissa = mantissa.rstrip("0").rstrip(".")
    power = f"10{str(int(exponent)).translate(SUPERSCRIPT)}"
    return sign + (power if mantissa == "1" else f"{mantissa} × {power}")


def interval(low: Any, high: Any) -> str:
    """Both ends of an interval."""
    return f"{number(low)} to {number(high)}"


def escape(text: Any) -> str:
    """Text for HTML, safe in attributes too; characters that HTML forbids are shown as the replacement character."""
    return re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", "\N{REPLACEMENT CHARACTER}", html.escape(str(text), quote=True))


def inline(text: Any) -> str:
    """A line of prose for HTML: what stands between backticks is code."""
    return re.sub(r"`([^`\n]+)`", r"<code>\1</code>", escape(text))


def prose(text: str) -> str:
    """Paragraphs for HTML; an empty line ends one."""
    parts = [part.strip() for part in re.split(r"\n\s*\n", text) if part.strip()]
    return "\n".join(f"<p>{inline(part)}</p>" for part in parts)


def with_unit(label: str, unit: Any) -> str:
    """A label with its unit, where it has one."""
    return f"{label} [{unit}]" if unit and unit != "1" else label
