#!/usr/bin/python3
"""Executes the notebooks of this folder.

    execute.py [NAME...]            in place: their outputs are written anew
    execute.py --check [NAME...]    on copies: an error where a cell raises, or prints other text than the notebook has

Texts are compared to the last character: the sweeps' bits are the same everywhere. Figures are not compared. What
libraries say on stderr depends on the machine and is left out, but a warning of a number gone wrong is an error. Wants
python3-nbclient and python3-ipykernel, and the program: in a build folder, on the PATH, or named in INITSWEEP.
"""
from __future__ import annotations

import argparse
import difflib
import os
import pathlib
import subprocess
import sys
import tempfile
from typing import Any

import nbclient
import nbformat

HERE = pathlib.Path(__file__).resolve().parent
# Small sweeps and small arrays: one thread each, so that notebooks take as long beside other work.
ENVIRONMENT = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONWARNINGS": "error::RuntimeWarning", "OMP_NUM_THREADS": "1"}


def texts(cell: Any) -> str:
    """All text that a cell put out."""
    return "".join(output["text"] if output["output_type"] == "stream" else output.get("data", {}).get("text/plain", "")
                   for output in cell.get("outputs", []))


def settle(cell: Any) -> None:
    """Makes a cell's outputs depend on nothing but its text: no stderr, one piece of stdout, no words beside an
    image."""
    settled: list[Any] = []
    for output in cell.get("outputs", []):
        if output["output_type"] != "stream":
            if "image/png" in output.get("data", {}):  # "<Figure size 540x360 with 1 Axes>"
                output["data"].pop("text/plain", None)
            settled.append(output)
        elif output["name"] == "stdout" and settled and settled[-1]["output_type"] == "stream":
            settled[-1]["text"] += output["text"]
        elif output["name"] == "stdout":
            settled.append(output)
    if cell.cell_type == "code":
        cell["outputs"] = settled


def differences(stored: Any, executed: Any) -> list[str]:
    """What cells of two notebooks put out differently, as lines for people; empty where all texts are the same."""
    lines: list[str] = []
    for number, (one, other) in enumerate(zip(stored.cells, executed.cells), 1):
        if one.cell_type == "code" and texts(one) != texts(other):
            changes = difflib.unified_diff(texts(one).splitlines(), texts(other).splitlines(), "stored", "computed",
                                           lineterm="", n=0)
            lines += [f"cell {number}:", *changes]
    return lines


def execute(path: pathlib.Path) -> Any:
    """The notebook with new outputs. Raises nbclient.exceptions.CellExecutionError where a cell does."""
    notebook = nbformat.read(path, as_version=4)
    client = nbclient.NotebookClient(notebook, kernel_name="python3", timeout=300, record_timing=False,
                                     resources={"metadata": {"path": str(path.parent)}})
    with tempfile.TemporaryDirectory(prefix="initsweep-ipython-") as folder:
        client.execute(env={**os.environ, **ENVIRONMENT, "IPYTHONDIR": folder}, stderr=subprocess.DEVNULL)
    notebook.metadata["language_info"] = {"name": "python"}  # not the version of the day
    for cell in notebook.cells:
        settle(cell)
    return notebook


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare and write nothing")
    parser.add_argument("names", nargs="*", metavar="NAME", help="notebooks; without any, all of this folder")
    arguments = parser.parse_args()
    status = 0
    for path in [pathlib.Path(name) for name in arguments.names] or sorted(HERE.glob("*.ipynb")):
        try:
            stored, executed = nbformat.read(path, as_version=4), execute(path.resolve())
        except (OSError, nbclient.exceptions.CellExecutionError) as error:
            print(f"{path.name}: {error}", file=sys.stderr)
            status = 1
            continue
        if not arguments.check:
            nbformat.write(executed, path)
            print(f"{path.name}: executed")
            continue
        changed = differences(stored, executed)
        print("\n".join([f"{path.name}: {'other outputs' if changed else 'the same'}", *changed]))
        status = status or int(bool(changed))
    return status


if __name__ == "__main__":
    sys.exit(main())
