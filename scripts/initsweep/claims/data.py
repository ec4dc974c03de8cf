"""Networks of a results file, as the claims look at them: chosen by their settings, quantities as NumPy arrays."""
from __future__ import annotations

import copy
import os
from typing import Any, Iterator

import numpy as np
import xarray

from initsweep.arrays import Array
from initsweep.results import COMPLETED, DIVERGED, MISSING, STOPPED, open_results

__all__ = ["Networks", "time_below"]


class Networks:
    """Some networks of one results file, in grid order."""

    def __init__(self, source: str | os.PathLike[str] | xarray.Dataset):
        """source: a results file, or one that is open. Raises ValueError where a network was not trained."""
        self.dataset = source if isinstance(source, xarray.Dataset) else open_results(source)
        self.index = np.arange(self.dataset.sizes["network"])
        self._read: dict[str, Array] = {}
        if np.any(self.dataset["status"].values == MISSING):
            raise ValueError(f"{self.dataset.attrs.get('title', 'results')}: networks are missing; run the sweep to its end")

    def __len__(self) -> int:
        return len(self.index)

    def _all(self, name: str) -> Array:
        if name not in self._read:
            if name not in self.dataset:
                raise KeyError(f"{self.dataset.attrs.get('title', 'results')} has no '{name}'")
            variable = self.dataset[name]
            self._read[name] = variable.transpose("network", ...).values if "network" in variable.dims else variable.values
        return self._read[name]

    def take(self, mask: Array) -> "Networks":
        """Those of the networks for which mask [networks] is true."""
        result = copy.copy(self)
        result.index = self.index[mask]
        return result

    def where(self, **settings: Any) -> "Networks":
        """Those whose settings have these values; a list or tuple names several. Raises ValueError where there is none."""
        mask = np.ones(len(self), dtype=bool)
        for name, value in settings.items():
            mine = self.get(name)
            values = value if isinstance(value, (list, tuple, set, range)) else [value]
            one = np.zeros(len(self), dtype=bool)
            for item in values:
                one |= np.isclose(mine, item, rtol=1e-9, atol=0) if isinstance(item, float) else mine == item
            mask &= one
        if not mask.any():
            raise ValueError(f"{self.dataset.attrs.get('title', 'results')}: no network has {settings}")
        return self.take(mask)

    def get(self, name: str) -> Array:
        """A setting, or a quantity as [network, ...]. Whole numbers with fill values come as float64 and NaN."""
        values = self._all(name)
        return values[self.index] if "network" in self.dataset[name].dims else values

    def quantity(self, name: str) -> Array:
        """A quantity in float64 [network, record] or [network, record, layer]; NaN where it was not recorded."""
        return self.get(name).astype(np.float64)

    def steps(self) -> Array:
        """Optimiser steps before each record [record]. Raises ValueError where the schedules of these networks differ."""
        steps = self._all("step")
        if steps.ndim == 2:
            steps = steps[self.index]
            if np.any((steps != steps[0]) & ~(np.isnan(steps) & np.isnan(steps[0]))):
                raise ValueError("these networks have different schedules")
            steps = steps[0]
        return steps.astype(np.float64)

    def at(self, name: str, step: float) -> Array:
        """A quantity at the record of a step [network] or [network, layer]. Raises ValueError where it was not recorded."""
        found = np.flatnonzero(self.steps() == step)
        if not len(found):
            raise ValueError(f"{self.dataset.attrs.get('title', 'results')}: step {step} was not recorded")
        return self.quantity(name)[:, found[0]]

    def last(self, name: str) -> Array:
        """A quantity at each network's last record that has it: [network] or [network, layer]; NaN where there is none.

        One without records comes as it is.
        """
        values = self.quantity(name)
        if "record" not in self.dataset[name].dims:
            return values
        recorded = np.isfinite(values) if values.ndim == 2 else np.isfinite(values).any(axis=2)
        last = values.shape[1] - 1 - np.argmax(recorded[:, ::-1], axis=1)
        return np.asarray(values[np.arange(len(values)), last])

    def layers(self, name: str) -> Array:
        """A quantity a layer, without the layers that no network here has: [network, record, layer]."""
        return self.quantity(name)[:, :, : int(self.get("depth").max()) + 1]

    def groups(self, *names: str) -> Iterator[tuple[tuple[Any, ...], "Networks"]]:
        """Networks with the same values of these settings, in the grid's order: ((value, ...), networks)."""
        keys = list(zip(*(self.get(name).tolist() for name in names)))
        for key in dict.fromkeys(keys):
            yield key, self.take(np.array([one == key for one in keys]))

    def finite(self) -> Array:
        """Whether each network ended in order [network]."""
        return np.isin(self.get("status"), (COMPLETED, STOPPED))

    def diverged(self) -> Array:
        """Whether each network's loss or a weight stopped being finite [network]."""
        return np.asarray(self.get("status") == DIVERGED)

    def median(self, name: str) -> tuple[Array, Array, Array]:
        """Median and 10 % and 90 % quantiles over the networks that are recorded, each [record]."""
        values = self.quantity(name)
        with np.errstate(all="ignore"):
            import warnings
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", RuntimeWarning)
                low, middle, high = np.nanquantile(values, [0.1, 0.5, 0.9], axis=0)
        return middle, low, high

    def weights(self, which: str = "final") -> list[list[tuple[Array, Array]]]:
        """Weights and biases of each network, layer by layer: (weight [fan_out, fan_in], bias [fan_out])."""
        flat, sizes, features = self.get(f"weights_{which}"), self.get("layer_size"), self.get("features")
        result = []
        for one, size, inputs in zip(flat, sizes, features):
            layers, start, fan_in = [], 0, int(inputs)
            for fan_out in (int(n) for n in size if np.isfinite(n) and n >= 0):
                end = start + fan_out * fan_in
                layers.append((one[start:end].reshape(fan_out, fan_in), one[end:end + fan_out]))
                start, fan_in = end + fan_out, fan_out
            result.append(layers)
        return result


def time_below(steps: Array, values: Array, threshold: Array | float) -> Array:
    """First step at which a quantity is below a threshold, infinite where it never is: censored, not dropped.

    steps [record], values [network, record], threshold: a number or [network]. Between two records it is interpolated on the
    logarithm of the quantity where both are positive. Returns [network] float64.
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
