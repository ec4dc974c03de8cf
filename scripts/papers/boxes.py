"""The box dimension of the edge between two kinds of pixels of a square picture."""
from __future__ import annotations

from typing import Any

import numpy as np

from initsweep.arrays import Array


def edge(inside: Array) -> Array:
    """Which squares of four neighbouring pixels are on the edge: not all four of one kind.

    inside [n][n] bool. Returns [n - 1][n - 1] bool.
    """
    four = inside[1:, 1:].astype(int) + inside[1:, :-1] + inside[:-1, 1:] + inside[:-1, :-1]
    return np.asarray((four > 0) & (four < 4))


def count_boxes(points: Array) -> tuple[Array, Array]:
    """Sides of boxes, 1, 2, 4, ... pixels up to an eighth of the picture, and how many of each have a point.

    points [n][n] bool; boxes at the far sides may be cut. Returns two arrays [size].
    """
    side = len(points)
    sizes = 2 ** np.arange(int(np.log2((side + 1) / 8)) + 1)
    counts = []
    for size in sizes:
        padded = np.pad(points, (0, -side % size))
        boxes = padded.reshape(len(padded) // size, size, -1, size)
        counts.append(int(boxes.any(axis=(1, 3)).sum()))
    return sizes, np.array(counts)


def dimension(points: Array) -> float:
    """Box dimension: minus the slope of ln(number of boxes) over ln(side), least squares over count_boxes' sides.

    points [n][n] bool. NaN if there is no point. Source: Falconer 2014, Fractal Geometry, section 2.1.
    """
    sizes, counts = count_boxes(points)
    if counts[0] == 0:
        return float("nan")
    slope: Any = np.polyfit(np.log(sizes), np.log(counts), 1)[0]
    return float(-slope)
