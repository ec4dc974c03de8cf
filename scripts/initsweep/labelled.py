"""final_values and pair_replicates with labels: for a Dataset they return arrays that know their settings."""
from __future__ import annotations

from typing import Any

import numpy as np

from initsweep import arrays
from initsweep.arrays import Arrays, get_attributes, get_dims, get_values


def check_quantity(results: Any, quantity: str, layer: int | None) -> None:
    """Raises ValueError if the results have no such quantity with records, or no such layer of it."""
    arrays.columns(results)  # complains of what are no results
    recorded = [str(name) for name in results if "record" in get_dims(results, str(name))
                and get_dims(results, str(name))[:1] == ("network",)]
    if quantity not in recorded:
        raise ValueError(f"the results have no quantity '{quantity}' with records; they have: {', '.join(recorded)}")
    layers = get_values(results, quantity).shape[2] if "layer" in get_dims(results, quantity) else 0
    if layers and layer is None:
        raise ValueError(f"{quantity} has a value for each of {layers} layers: name one, as layer=1")
    if layer is not None and not layers:
        raise ValueError(f"{quantity} has no layers")
    if layer is not None and not 1 <= layer <= layers:
        raise ValueError(f"there is no layer {layer}: layers are 1 to {layers}")


def final_values(results: Any, quantity: str, layer: int | None = None) -> Any:
    """The last recorded value of a quantity; of one layer, counted from 1, if it has layers.

    Returns [network] float64 in the quantity's units: NaN for networks that are missing or diverged, and for those
    whose values are never finite. For a Dataset it is an xarray.DataArray with the settings as coordinates, for Arrays
    a NumPy array. Raises ValueError for an unknown quantity or layer.
    """
    check_quantity(results, quantity, layer)
    values = arrays.final_values(results, quantity, layer)
    if isinstance(results, Arrays):
        return values
    import xarray
    coordinates = {name: variable.variable for name, variable in results.coords.items()
                   if variable.dims == ("network",)}
    attributes = {name: value for name, value in get_attributes(results, quantity).items()
                  if name in ("long_name", "units")}
    return xarray.DataArray(values, coordinates, ("network",), quantity, attributes)


def pair_replicates(results: Any, setting: str, one: Any, other: Any) -> tuple[Any, Any]:
    """Networks that differ in one setting and agree in all others, the replicate included.

    The same replicate draws the same standard random numbers under every value, so differences are paired. one, other:
    two values as select takes them. Returns (positions under `one`, positions under `other`), each [pairs] int64, in
    the order of the first; networks without a counterpart are left out. For a Dataset they are xarray.DataArrays along
    `pair`, with the settings that a pair shares as coordinates: they index a Dataset or a DataArray along network, and
    the two results can be subtracted. For Arrays they are NumPy arrays. Raises ValueError for an unknown setting or
    value, if a value has two networks at one point of the other settings (select one first), or if there is no pair.

        a, b = pair_replicates(results, "init", "zeros", "he_normal")
        difference = final[a] - final[b]
    """
    first, second = arrays.pair_replicates(results, setting, one, other)
    if isinstance(results, Arrays):
        return first, second
    import xarray
    own = [setting, *arrays.choice_parameters(results, setting, arrays.columns(results))]
    shared = {name: ("pair", get_values(results, name)[first]) for name in arrays.columns(results) if name not in own}
    return (xarray.DataArray(np.asarray(first), shared, ("pair",), "network"),
            xarray.DataArray(np.asarray(second), shared, ("pair",), "network"))
