"""Results as tidy tables: one row per network, or per network and record, a column per setting and quantity."""
from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping
from typing import Any, TextIO

import numpy as np

from initsweep.arrays import Array, columns, final_values, get_attributes, get_dims, get_values
from initsweep.packages import explain_missing

NOT_MEASURED = ("features", "id", "status", "steps_done")  # along network, and neither a setting nor a measurement


def quantities(results: Any) -> list[str]:
    """Names of the measured variables with one value per network, or per network and record, and perhaps per layer."""
    shapes = [("network", *record, *layer) for record in ((), ("record",)) for layer in ((), ("layer",))]
    names = results.data_vars if hasattr(results, "data_vars") else results
    settings = columns(results)
    return [str(name) for name in names
            if get_dims(results, name) in shapes and name not in (*settings, *NOT_MEASURED, "network", "layer_size",
                                                                  "step")
            and get_values(results, name).dtype.kind in "iuf"]


def check_quantities(results: Any, names: Iterable[str] | None) -> list[str]:
    """The names, or all quantities for None. Raises ValueError for an unknown one."""
    known = quantities(results)
    for name in names or ():
        if name not in known:
            raise ValueError(f"the file has no quantity '{name}'; it has: {', '.join(known)}")
    return known if names is None else list(names)


def status_words(results: Any) -> Array:
    """How each network ended, [network] text: missing, completed, stopped, diverged or skipped."""
    meanings = str(get_attributes(results, "status").get("flag_meanings", "")).split()
    status = get_values(results, "status").astype(int)
    return np.array([meanings[code] if code < len(meanings) else str(code) for code in status], dtype=object)


def by_layer(name: str, values: Array, layers: int | None) -> dict[str, Array]:
    """Columns of a quantity, [rows] or [rows, layer]: one, or one for each layer, name_layer_1 at the inputs."""
    if layers is None:
        return {name: values}
    return {f"{name}_layer_{k + 1}": values[:, k] for k in range(layers)}


def network_table(results: Any, names: Iterable[str] | None = None) -> dict[str, Array]:
    """A table with one row per network: its number, settings, status, steps done, and final values.

    results: Dataset or Arrays. names: of quantities; None: all. Returns columns by name, each [network]. A quantity
    with records has its last recorded value, NaN for networks that diverged or are missing; one with layers has a
    column for each, name_layer_1 at the inputs.
    """
    table: dict[str, Array] = {name: get_values(results, name) for name in ("network", *columns(results))}
    table |= {"status": status_words(results), "steps_done": get_values(results, "steps_done")}
    for name in check_quantities(results, names):
        dims = get_dims(results, name)
        layers = len(get_values(results, "layer")) if "layer" in dims else None
        if "record" not in dims:
            values = get_values(results, name)
        elif layers is None:
            values = np.asarray(final_values(results, name))
        else:
            values = np.stack([np.asarray(final_values(results, name, k + 1)) for k in range(layers)], axis=1)
        table |= by_layer(name, values, layers)
    return table


def record_table(results: Any, names: Iterable[str] | None = None) -> dict[str, Array]:
    """A table with one row per network and record: number, settings, status, step, and the values at that step.

    Arguments as in network_table; quantities without records are left out. Returns columns by name, each [network x
    record], without the records that a network did not reach.
    """
    names = [name for name in check_quantities(results, names) if "record" in get_dims(results, name)]
    networks, records = len(get_values(results, "network")), len(get_values(results, "record"))
    step = np.broadcast_to(get_values(results, "step"), (networks, records)).astype(np.float64)
    values = {name: get_values(results, name) for name in names}
    reached = np.zeros((networks, records), bool)
    for array in values.values():
        reached |= ~np.isnan(array).reshape(networks, records, -1).all(axis=2)
    of_network, of_record = np.nonzero(reached)
    table = {name: get_values(results, name)[of_network] for name in ("network", *columns(results))}
    table |= {"status": status_words(results)[of_network], "step": step[of_network, of_record].astype(np.int64)}
    for name, array in values.items():
        layers = array.shape[2] if array.ndim == 3 else None
        table |= by_layer(name, array[of_network, of_record], layers)
    return table


def to_pandas(results: Any, names: Iterable[str] | None = None, records: bool = False) -> Any:
    """A tidy table as a pandas.DataFrame: network_table, or record_table with records=True.

    results: of open_results or open_arrays. names: of quantities; None: all. Raises ValueError for an unknown quantity,
    ImportError without pandas.
    """
    try:
        import pandas
    except ImportError as error:
        raise ImportError(explain_missing(error)) from error
    return pandas.DataFrame((record_table if records else network_table)(results, names))


def csv_text(value: Any) -> str:
    """A value in a CSV file: the shortest text that gives the same number, empty for NaN, whole numbers without a
    point."""
    if isinstance(value, (float, np.floating)):
        number = float(value)
        if math.isnan(number):
            return ""
        if math.isinf(number):
            return "Inf" if number > 0 else "-Inf"
        return str(int(number)) if number.is_integer() and abs(number) < 1e15 else str(value)
    return str(value)


def write_csv(table: Mapping[str, Array], stream: TextIO) -> None:
    """Writes a table as CSV (RFC 4180), with a line of names. Missing values are empty."""
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(table)
    writer.writerows(zip(*(map(csv_text, values) for values in table.values())))


def write_parquet(table: Mapping[str, Array], path: str) -> None:
    """Writes a table as a Parquet file. Raises ImportError without pyarrow."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise ImportError(explain_missing(error)) from error
    columns_of = {name: pyarrow.array(values.tolist() if values.dtype.kind == "O" else values)
                  for name, values in table.items()}
    pyarrow.parquet.write_table(pyarrow.table(columns_of), path)
