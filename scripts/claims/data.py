"""Networks of a results file as the claims look at them: selected by their settings, quantities as NumPy arrays."""
from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import numpy as np

from initsweep.arrays import (COMPLETED, DIVERGED, MISSING, STOPPED, Array, Arrays, last_values, open_arrays, select,
                              split_weights)
from initsweep.intervals import quantile_band

__all__ = ["Networks", "time_below"]


class Networks:
    """Some networks of one results file, in grid order."""

    def __init__(self, source: str | os.PathLike[str] | Arrays):
        """source: a results file, or the networks of one. Raises ValueError if a network was not trained."""
        self.arrays = source if isinstance(source, Arrays) else open_arrays(source)
        self.title = str(self.arrays.attrs.get("title", "results"))
        if np.any(self.arrays["status"] == MISSING):
            raise ValueError(f"{self.title}: networks are missing; run the sweep to its end")

    def __len__(self) -> int:
        return len(self.arrays["network"])

    def take(self, mask: Array) -> Networks:
        """Those of the networks for which mask [networks] is true."""
        return Networks(self.arrays.take(np.flatnonzero(mask)))

    def where(self, **settings: Any) -> Networks:
        """Those whose settings have these values, as initsweep.select selects them."""
        try:
            return Networks(select(self.arrays, **settings))
        except ValueError as error:
            raise ValueError(f"{self.title}: {error}") from error

    def get(self, name: str) -> Array:
        """A setting, or a quantity as [network, ...]. Whole numbers with fill values come as float64 and NaN."""
        if name not in self.arrays:
            raise KeyError(f"{self.title} has no '{name}'")
        return self.arrays[name]

    def quantity(self, name: str) -> Array:
        """A quantity in float64 [network, record] or [network, record, layer]; NaN where it was not recorded."""
        return self.get(name).astype(np.float64)

    def steps(self) -> Array:
        """Optimiser steps before each record [record]. Raises ValueError if the schedules of these networks differ."""
        steps = self.get("step").astype(np.float64)
        if steps.ndim == 2:
            if np.any((steps != steps[0]) & ~(np.isnan(steps) & np.isnan(steps[0]))):
                raise ValueError("these networks have different schedules")
            return np.asarray(steps[0])
        return steps

    def at(self, name: str, step: float) -> Array:
        """A quantity at the record of a step [network] or [network, layer]. Raises ValueError if the step was not
        recorded."""
        found = np.flatnonzero(self.steps() == step)
        if not len(found):
            raise ValueError(f"{self.title}: step {step} was not recorded")
        return self.quantity(name)[:, found[0]]

    def last(self, name: str) -> Array:
        """A quantity at each network's last record that has it: [network] or [network, layer]; NaN if there is none.

        A quantity without records comes as it is.
        """
        values = self.quantity(name)
        return last_values(values) if "record" in self.arrays.dims[name] else values

    def layers(self, name: str) -> Array:
        """A quantity with layers, without the layers that no network here has: [network, record, layer]."""
        return self.quantity(name)[:, :, : int(self.get("depth").max()) + 1]

    def groups(self, *names: str) -> Iterator[tuple[tuple[Any, ...], Networks]]:
        """Networks with the same values of these settings, in grid order: ((value, ...), networks)."""
        keys = list(zip(*(self.get(name).tolist() for name in names)))
        for key in dict.fromkeys(keys):
            yield key, self.take(np.array([one == key for one in keys]))

    def finite(self) -> Array:
        """Whether each network ended without divergence [network]."""
        return np.isin(self.get("status"), (COMPLETED, STOPPED))

    def diverged(self) -> Array:
        """Whether each network's loss or a weight stopped being finite [network]."""
        return np.asarray(self.get("status") == DIVERGED)

    def median(self, name: str) -> tuple[Array, Array, Array]:
        """Median and 10 % and 90 % quantiles over the networks that are recorded, each [record, ...]."""
        low, middle, high = quantile_band(self.quantity(name))
        return middle, low, high

    def weights(self, which: str = "final") -> list[list[tuple[Array, Array]]]:
        """Weights and biases of each network, layer by layer, as initsweep.split_weights gives them."""
        return [split_weights(self.arrays, int(number), which) for number in self.get("network")]


def time_below(steps: Array, values: Array, threshold: Array | float) -> Array:
    """First step at which a quantity is below a threshold, infinite where it never is: censored, not dropped.

    steps [record], values [network, record], threshold: a number or [network]. Between two records it is interpolated
    on the logarithm of the quantity where both are positive. Returns [network] float64.
    """
    threshold = np.broadcast_to(np.asarray(threshold, dtype=np.float64), (len(values),))
    result = np.full(len(values), np.inf)
    for network, row in enumerate(values):
        below = np.flatnonzero(row < threshold[network])
        if not len(below):
            continue
        first = below[0]
        if first == 0:
            result[network] = steps[0]
            continue
        a, b = row[first - 1], row[first]
        share = 1.0
        if np.isfinite(a) and a > 0 and b > 0 and a > b:
            share = np.log(a / threshold[network]) / np.log(a / b)
        result[network] = steps[first - 1] + share * (steps[first] - steps[first - 1])
    return result
