"""Runs the program initsweep from Python."""
from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from typing import Any

# Folders of results whose caller gave no path; each is removed when Python ends.
TEMPORARY: list[tempfile.TemporaryDirectory[str]] = []


def find_program() -> str:
    """Path of the program: $INITSWEEP, the one on PATH, or that of this library's build folder or installed tree.

    Raises FileNotFoundError if there is none.
    """
    named = os.environ.get("INITSWEEP")
    if named:
        return named
    scripts = pathlib.Path(__file__).resolve().parents[1]
    for path in (shutil.which("initsweep"), scripts / "../build/release/initsweep", scripts / "../../../bin/initsweep"):
        if path is not None and os.access(path, os.X_OK):
            return str(path)
    raise FileNotFoundError("the program initsweep is not found: set the environment variable INITSWEEP to its path")


def run_sweep(sweep: str | os.PathLike[str], out: str | os.PathLike[str] | None = None,
              settings: Mapping[str, Any] | None = None, threads: int | None = None) -> str:
    """Trains a sweep on this machine and returns the path of its results file.

    sweep: the text of a sweep file, or the path of one; relative paths of data in a text start at the working
    directory. out: path of the results file; without it, a file in a temporary folder that is removed when Python ends.
    settings: as for --set, {"train.steps": 100}. threads: worker threads, one for each processor by default; the
    results are the same bits for any number. Raises ValueError with the program's message if the sweep is wrong,
    RuntimeError if training fails, FileNotFoundError if the program is not found.

        results = open_results(run_sweep("first.yaml", settings={"train.steps": 100}))
    """
    TEMPORARY.append(tempfile.TemporaryDirectory(prefix="initsweep-"))
    folder = pathlib.Path(TEMPORARY[-1].name)
    path = pathlib.Path(os.fspath(sweep)) if isinstance(sweep, os.PathLike) or "\n" not in sweep else None
    if path is None:
        path = folder / "sweep.yaml"
        path.write_text(str(sweep), encoding="utf-8")
    results = os.fspath(out) if out is not None else str(folder / "results.h5")
    command = [find_program(), "run", str(path), "--quiet", "-o", results]
    for name, value in (settings or {}).items():
        command += ["--set", f"{name}={value}"]
    if threads is not None:
        command += ["--threads", str(threads)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        message = done.stderr.strip() or f"exit status {done.returncode}"
        raise ValueError(message) if done.returncode == 2 else RuntimeError(message)
    return results
