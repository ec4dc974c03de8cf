"""A page on which any results file can be explored: brushes on settings and results, heat maps, trajectories, a table.

    initsweep.explorer.write_explorer("results.h5", "page.html")

The page is one file that opens from disk and fetches nothing; its look, charts and bundling are those of
initsweep.report, to which it adds parts/explorer.js (parallel coordinates, brushes, table) and parts/explorer.css. A
large file is thinned evenly so that the page stays below MAX_BYTES, and the page says so.
"""
from __future__ import annotations

import base64
import os
import pathlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from initsweep.arrays import (Array, columns, factorize, final_values, format_value, get_dims, get_values, labels,
                              open_arrays, swept_columns, choice_parameters)
from initsweep.frames import quantities, status_words
from initsweep.report.page import fill_template, page_html, write_page
from initsweep.report.text import escape

FOLDER = pathlib.Path(__file__).parent / "parts"
MAX_BYTES = 20_000_000  # of a page
COLUMN_BYTES = 7_500_000  # of the networks' settings and results, before base64 makes four bytes of three
TRAJECTORY_BYTES = 4_500_000
MAX_QUANTITIES = 12
MAX_TRAJECTORIES = 4  # quantities whose trajectories are in the page
MAX_CODES = 1 << 16  # distinct values of a setting that are kept as a list and codes


def encode(values: Array) -> str:
    """The bytes of an array, little-endian, in base64."""
    return base64.b64encode(np.ascontiguousarray(values, values.dtype.newbyteorder("<")).tobytes()).decode("ascii")


def setting_column(name: str, values: Array) -> dict[str, Any]:
    """A column of a setting: its distinct values, numbers ascending, and a code for each network; or the numbers
    themselves where they are too many."""
    distinct, codes = factorize(values)
    if len(distinct) > MAX_CODES:
        return {"name": name, "setting": True, "type": "f8", "data": encode(values.astype(np.float64))}
    if values.dtype.kind in "iuf":
        order = np.argsort(distinct)
        distinct, codes = distinct[order], np.argsort(order)[codes]
    kind = "u1" if len(distinct) <= 256 else "u2"
    return {"name": name, "setting": True, "type": kind, "values": distinct.tolist(),
            "data": encode(codes.astype(kind))}


def result_columns(results: Any) -> Iterator[tuple[str, Array]]:
    """Final values: (name, [network] float64). A quantity with layers has its first layer and the last that a network
    has."""
    for name in quantities(results):
        dims = get_dims(results, name)
        if "layer" not in dims:
            yield name, final_values(results, name) if "record" in dims else get_values(results, name).astype(float)
        elif "record" in dims:
            layers = [final_values(results, name, layer + 1) for layer in range(len(get_values(results, "layer")))]
            last = np.full(len(layers[0]), np.nan)
            for of_layer in layers:
                last = np.where(np.isnan(of_layer), last, of_layer)
            yield f"{name}, layer 1", layers[0]
            yield f"{name}, last layer", last


def thin(networks: int, limit: int) -> Array:
    """Positions of at most `limit` of so many networks, evenly spread."""
    return np.unique(np.linspace(0, networks - 1, min(networks, max(limit, 1))).astype(np.int64))


def trajectories(results: Any, positions: Array) -> dict[str, Any]:
    """Trajectories of some of the networks at `positions`, at most TRAJECTORY_BYTES of them."""
    names = [name for name in quantities(results) if get_dims(results, name) == ("network", "record")]
    names = sorted(names, key=lambda name: name != "loss")[:MAX_TRAJECTORIES]
    step = get_values(results, "step").astype(np.float64)
    records = len(get_values(results, "record"))
    per_network = 4 * records * (len(names) + (step.ndim > 1))
    at = thin(len(positions), TRAJECTORY_BYTES // max(per_network, 1))
    step = step[positions[at]] if step.ndim > 1 else step
    return {"records": records, "at": encode(at.astype("u4")), "step": encode(step.astype("f4")),
            "quantities": [{"name": name, "data": encode(get_values(results, name)[positions[at]].astype("f4"))}
                           for name in names]}


def explorer_data(results: Any, file: str) -> dict[str, Any]:
    """What the page holds of a file: columns, trajectories, constant settings, and what was left out."""
    networks = len(get_values(results, "network"))
    swept = swept_columns(results)
    merged = {parameter for name in swept for parameter in choice_parameters(results, name, swept)}
    axes = [name for name in swept if name not in merged]
    found = list(result_columns(results))
    found = [(name, values) for name, values in found if np.isfinite(values).any()]
    found.sort(key=lambda pair: pair[0] not in ("loss", "accuracy", "test_loss", "test_accuracy"))
    shown = [setting_column(name, labels(results, name)) for name in axes]
    per_network = sum(int(one["type"][1:]) for one in shown) + 4 * min(len(found), MAX_QUANTITIES) + 5
    positions = thin(networks, COLUMN_BYTES // per_network)
    if len(positions) < networks:
        shown = [setting_column(name, labels(results, name)[positions]) for name in axes]
    shown += [{"name": name, "setting": False, "type": "f4", "data": encode(values[positions].astype("f4"))}
              for name, values in found[:MAX_QUANTITIES]]
    status = status_words(results)[positions]
    constant = {name: format_value(get_values(results, name)[0]) for name in columns(results)
                if name not in swept and networks}
    return {"file": file, "networks": networks, "columns": shown, "constant": constant,
            "status": setting_column("status", status), "network": encode(positions.astype("u4")),
            "left_out": [name for name, _ in found[MAX_QUANTITIES:]], "trajectories": trajectories(results, positions)}


def explorer_page(path: str | os.PathLike[str]) -> str:
    """The page for a results file. Raises ValueError if it is not a results file or has no networks."""
    results = open_arrays(path)
    if not len(get_values(results, "network")):
        raise ValueError(f"{os.fspath(path)}: the file has no networks")
    title = str(results.attrs.get("title", "")) or os.path.basename(os.fspath(path))
    data = explorer_data(results, os.path.basename(os.fspath(path)))
    about = str(results.attrs.get("about", ""))
    body = fill_template(FOLDER / "body.html", title=escape(title), about=f"<p>{escape(about)}</p>" if about else "",
                         file=escape(data["file"]))
    links = [("brush", "Brush"), ("maps", "Maps"), ("trajectories", "Trajectories"), ("table", "Table")]
    page = page_html(f"{title}: explorer", body, [], name=title, links=links, skip=("brush", "To the networks"),
                     style=(FOLDER / "explorer.css").read_text(encoding="utf-8"),
                     script=(FOLDER / "explorer.js").read_text(encoding="utf-8"), more={"explorer": data})
    if len(page) > MAX_BYTES:
        raise ValueError(f"{os.fspath(path)}: the page would have {len(page)} bytes, more than {MAX_BYTES}")
    return page


def write_explorer(path: str | os.PathLike[str], out: str | os.PathLike[str]) -> None:
    """Writes the page for a results file. Errors as explorer_page, and OSError."""
    write_page(out, explorer_page(path))


__all__ = ["explorer_page", "write_explorer"]
