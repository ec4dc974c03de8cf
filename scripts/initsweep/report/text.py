"""Numbers and text as readers of a page see them. parts/scales.js formats numbers by the same rules."""
from __future__ import annotations

import html
import math
import re
from typing import Any

SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
DIGITS = 4


def format_number(value: Any, digits: int = DIGITS) -> str:
    """A value for readers: 0.25, 1,024, 3.2 × 10⁻⁷, −1, ∞, 'not a number'; 'none' for null.

    digits: significant digits.
    """
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
        # no trailing zeros, and all digits before the decimal point
        rounded = float(f"{abs(value):.{digits}g}")
        if rounded < 10 ** (digits - 1):
            return f"{sign}{rounded:g}"
        return f"{sign}{abs(value) if abs(value) >= 10**digits else rounded:,.0f}"
    mantissa, exponent = f"{abs(value):.{digits - 1}e}".split("e")
    mantissa = mantissa.rstrip("0").rstrip(".")
    power = f"10{str(int(exponent)).translate(SUPERSCRIPT)}"
    return sign + (power if mantissa == "1" else f"{mantissa} × {power}")


def format_interval(low: Any, high: Any) -> str:
    """Both ends of an interval."""
    return f"{format_number(low)} to {format_number(high)}"


def escape(text: Any) -> str:
    """Text escaped for HTML, also inside attributes. Control characters, which HTML forbids, become U+FFFD."""
    return re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", "\N{REPLACEMENT CHARACTER}", html.escape(str(text), quote=True))


def inline(text: Any) -> str:
    """A line of prose as HTML: text between backticks becomes code."""
    return re.sub(r"`([^`\n]+)`", r"<code>\1</code>", escape(text))


def paragraphs(text: str) -> str:
    """Prose as HTML paragraphs; an empty line separates two."""
    parts = [part.strip() for part in re.split(r"\n\s*\n", text) if part.strip()]
    return "\n".join(f"<p>{inline(part)}</p>" for part in parts)


def with_unit(label: str, unit: Any) -> str:
    """A label with its unit in brackets, if it has one."""
    return f"{label} [{unit}]" if unit and unit != "1" else label
