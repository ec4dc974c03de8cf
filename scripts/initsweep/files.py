"""Files that are replaced as a whole: a reader sees the old content or the new, never half of it."""
from __future__ import annotations

import contextlib
import json
import math
import os
import pathlib
from collections.abc import Iterator
from typing import Any

import numpy as np


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[pathlib.Path]:
    """A temporary path beside `path`, with the same suffix. When the block ends it is renamed to `path`; on an error it
    is removed.

        with replacing("out.svg") as temporary:
            figure.savefig(temporary)
    """
    path = pathlib.Path(path)
    temporary = path.with_name(f".{path.stem}.part{path.suffix}")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: str | os.PathLike[str], text: str) -> int:
    """Writes a UTF-8 text file as a whole. Returns its size in bytes."""
    data = text.encode("utf-8")
    with replacing(path) as temporary:
        temporary.write_bytes(data)
    return len(data)


def json_value(value: Any, digits: int | None = None) -> Any:
    """A value as JSON can hold it: arrays as lists, null for numbers that are not finite.

    digits: significant digits that numbers are rounded to; None keeps them as they are.
    """
    if isinstance(value, dict):
        return {str(key): json_value(item, digits) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return json_value(value.tolist(), digits)
    if isinstance(value, (list, tuple)):
        return [json_value(item, digits) for item in value]
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        number = float(value)
        if not math.isfinite(number):
            return None
        if digits is None:
            return number
        number = float(f"{number:.{digits}g}")
        return int(number) if number == int(number) and abs(number) < 1e15 else number
    return value
