"""Trains a sweep from Python, by the program."""
from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from typing import Any

# Folders of results without a name of their own; each is removed when Python ends.
TEMPORARY: list[tempfile.TemporaryDirectory[str]] = []


def find_program() -> str:
    """Path of the program: $INITSWEEP, else as the shell finds it, else beside this library, in a build folder or an installed tree.

    Raises FileNotFoundError where it is in none of these places.
    """
    named = os.environ.get("INITSWEEP")
    if named:
        return named
    scripts = pathlib.Path(__file__).resolve().parents[1]
    for path in (shutil.which("initsweep"), scripts / "../build/release/initsweep", scripts / "../../../bin/initsweep"):
        if path is not None and os.access(path, os.X_OK):
            return str(path)
    raise FileNotFoundError("the program initsweep is not found: name it in the environment variable INITSWEEP")


def run_sweep(sweep: str | os.PathLike[str], out: str | os.PathLike[str] | None = None, settings: Mapping[str, Any] | None = None,
              threads: int | None = None) -> str:
    """Trains a sweep on this machine and returns the path of its results file.

    sweep: the text of a sweep file, or the path of one. out: where the results go; without it, a temporary folder that is
    removed when Python ends. settings: what --set takes, as {"train.steps": 100}. threads: worker threads; without it, one
    a processor. Whatever they are, the numbers are the same bits. A text's relative paths of data start at the working
    directory. Raises ValueError with the program's message where the sweep is wrong, RuntimeError where training fails,
    FileNotFoundError where there is no program.

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
        raise (ValueError if done.returncode == 2 else RuntimeError)(done.stderr.strip() or f"exit status {done.returncode}")
    return results
