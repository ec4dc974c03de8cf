"""Reads results files of initsweep (format 1): into xarray, as a cube over the swept axes, weights layer by layer.

    import initsweep
    results = initsweep.open_results("results.h5")
    cube = initsweep.unfold(results[["loss", "status"]])
    weight, bias = initsweep.split_weights(results, network=0)[0]

docs/results-format.md describes the file.
"""
from initsweep.hashing import results_hash
from initsweep.results import (COMPLETED, DIVERGED, MISSING, SKIPPED, STOPPED, columns, final_values, labels, open_results,
                               split_weights, swept_columns, unfold)

__all__ = ["MISSING", "COMPLETED", "STOPPED", "DIVERGED", "SKIPPED", "open_results", "unfold", "split_weights", "results_hash",
           "columns", "swept_columns", "labels", "final_values"]
