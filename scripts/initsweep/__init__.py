"""Reads results files of initsweep (format 1): as xarray, as a cube over the swept axes, weights and networks.

    import initsweep
    results = initsweep.open_results("results.h5")
    cube = initsweep.unfold(results[["loss", "status"]])
    weight, bias = initsweep.split_weights(results, network=0)[0]
    outputs = initsweep.network_function(results, network=0)(inputs)

open_results and unfold need xarray. Every other function also accepts the result of open_arrays, which needs only h5py
and NumPy; network_function needs PyYAML too, and torch_module PyTorch. initsweep.figures, initsweep.curves,
initsweep.plots, initsweep.maps and initsweep.surfaces draw figures and need xarray and matplotlib; initsweep.report and
initsweep.explorer write HTML pages with charts and need matplotlib. docs/python.md shows all of it,
docs/results-format.md describes the file.
"""
import pathlib
import sys
from typing import Any

from initsweep.packages import explain_missing

try:
    import numpy  # noqa: F401
except ImportError as missing:  # of all that is needed only h5py, PyYAML and xxhash are imported later
    raise ImportError(explain_missing(missing)) from missing

from initsweep.arrays import (COMPLETED, DIVERGED, MISSING, SKIPPED, STOPPED, Array, Arrays, columns,
                              gains_and_shifts, labels, open_arrays, residual_scales, select, split_weights,
                              swept_columns)
from initsweep.frames import to_pandas
from initsweep.hashing import check_hashes, results_hash
from initsweep.intervals import Line, fit_line, mean_and_error, median_interval, wilson, with_error
from initsweep.labelled import final_values, pair_replicates
from initsweep.networks import network_function, torch_module
from initsweep.running import run_sweep

__all__ = ["MISSING", "COMPLETED", "STOPPED", "DIVERGED", "SKIPPED", "Array", "Arrays", "open_arrays", "open_results",
           "unfold", "select", "pair_replicates", "split_weights", "gains_and_shifts", "residual_scales",
           "network_function", "torch_module", "results_hash", "check_hashes", "columns", "swept_columns", "labels",
           "final_values", "to_pandas", "run_sweep", "Line", "fit_line", "mean_and_error", "median_interval",
           "with_error", "wilson"]

__version__ = pathlib.Path(__file__).with_name("version.txt").read_text(encoding="utf-8").strip()

if sys.modules.get("xarray"):  # its datasets get the accessor `sweep`, which open_results gives them otherwise
    import initsweep.results  # noqa: F401


def __getattr__(name: str) -> Any:
    """Imports open_results and unfold when they are first used: only they need xarray."""
    if name not in ("open_results", "unfold"):
        raise AttributeError(f"module 'initsweep' has no attribute '{name}'")
    try:
        from initsweep import results
    except ImportError as error:
        raise ImportError(f"initsweep.{name}: {explain_missing(error)}; initsweep.open_arrays works with h5py "
                          "alone") from error
    return getattr(results, name)
