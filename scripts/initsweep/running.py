"""Runs the program initsweep from Python."""
from __future__ import annotations

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from typing import Any

from initsweep.packages import explain_missing

# Folders of results whose caller gave no path; each is removed when Python ends.
TEMPORARY: list[tempfile.TemporaryDirectory[str]] = []


BAR_COLUMNS = 80
BAR = re.compile(r" *\d+ % ")  # how a line of progress begins


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


def sweep_text(sweep: Mapping[str, Any]) -> str:
    """A sweep file's text from a dictionary of the same form; NumPy arrays are lists, None is `none`."""
    try:
        import yaml
    except ImportError as error:
        raise ImportError(explain_missing(error)) from error

    def plain(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {str(key): plain(item) for key, item in value.items()}
        if isinstance(value, (list, tuple, range, set)):
            return [plain(item) for item in value]
        if hasattr(value, "tolist"):
            return plain(value.tolist())
        return "none" if value is None else value

    return str(yaml.safe_dump(plain(sweep), sort_keys=False, allow_unicode=True))


def in_notebook() -> bool:
    """Whether this is the kernel of a Jupyter notebook."""
    shell = sys.modules.get("IPython")
    return shell is not None and type(shell.get_ipython()).__name__ == "ZMQInteractiveShell"


def run_with_progress(command: list[str]) -> tuple[int, str]:
    """Runs the program and writes its progress bar to sys.stdout, on one line. Returns its status and messages."""
    import pty  # not everywhere
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": str(BAR_COLUMNS), "NO_COLOR": "1"}
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=theirs,
                          env=environment) as process:
        os.close(theirs)
        messages, rest = [], ""
        with os.fdopen(ours, "rb", buffering=0) as stream:
            while True:
                try:
                    part = stream.read(4096).decode("utf-8", "replace")
                except OSError:  # the program has ended
                    part = ""
                *lines, rest = re.split(r"[\r\n]+", rest + part) if part else [rest, ""]
                for line in (line.replace("\033[K", "") for line in lines):
                    if BAR.match(line):
                        sys.stdout.write(f"\r{line:{BAR_COLUMNS}}")
                        sys.stdout.flush()
                    elif line:
                        messages.append(line)
                if not part:
                    break
    sys.stdout.write("\n")
    return process.returncode, "\n".join(messages)


def run_sweep(sweep: str | os.PathLike[str] | Mapping[str, Any], out: str | os.PathLike[str] | None = None,
              settings: Mapping[str, Any] | None = None, threads: int | None = None,
              progress: bool | None = None) -> str:
    """Trains a sweep on this machine and returns the path of its results file.

    sweep: the path of a sweep file, its text, or a dictionary of the same form; relative paths of data in a text or
    dictionary start at the working directory. out: path of the results file; without it, a file in a temporary folder
    that is removed when Python ends. settings: as for --set, {"train.steps": 100}. threads: worker threads, one for
    each processor by default; the results are the same bits for any number. progress: whether a bar is written to
    sys.stdout; by default in a notebook. Raises ValueError with the program's message if the sweep is wrong,
    RuntimeError if training fails, FileNotFoundError if the program is not found.

        results = open_results(run_sweep("first.yaml", settings={"train.steps": 100}))
    """
    if settings is not None and not isinstance(settings, Mapping):
        raise TypeError(f"settings must be a dictionary such as {{'train.steps': 100}}, not {settings!r}")
    TEMPORARY.append(tempfile.TemporaryDirectory(prefix="initsweep-"))
    folder = pathlib.Path(TEMPORARY[-1].name)
    if isinstance(sweep, Mapping):
        sweep = sweep_text(sweep)
        path = None
    else:
        path = pathlib.Path(os.fspath(sweep)) if isinstance(sweep, os.PathLike) or "\n" not in sweep else None
    if path is None:
        path = folder / "sweep.yaml"
        path.write_text(str(sweep), encoding="utf-8")
    results = os.fspath(out) if out is not None else str(folder / "results.h5")
    command = [find_program(), "run", str(path), "-o", results]
    for name, value in (settings or {}).items():
        command += ["--set", f"{name}={value}"]
    if threads is not None:
        command += ["--threads", str(threads)]
    if in_notebook() if progress is None else progress:
        status, message = run_with_progress(command)
    else:
        done = subprocess.run([*command, "--quiet"], capture_output=True, text=True)
        status, message = done.returncode, done.stderr.strip()
    if status != 0:
        message = message or f"exit status {status}"
        raise ValueError(message) if status == 2 else RuntimeError(message)
    return results
