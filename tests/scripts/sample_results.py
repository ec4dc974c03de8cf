"""Results files for the tests of the scripts, and the folders of the scripts and of requirements.py on the path."""
import contextlib
import io
import os
import pathlib
import subprocess
import sys
import unittest.mock

SCRIPTS = pathlib.Path(__file__).resolve().parents[2] / "scripts"
sys.path[:0] = [str(SCRIPTS), str(pathlib.Path(__file__).resolve().parents[1])]
import requirements  # noqa: E402,F401 (for the tests too)


def make(folder, name, *options):
    """Writes a file with tests/scripts/sample_results; returns its path."""
    path = os.path.join(folder, name)
    subprocess.run([os.environ["SAMPLE_RESULTS"], path, *options], check=True)
    return path


def run_script(name, *arguments):
    """Runs a script as a user does."""
    return subprocess.run(["/usr/bin/python3", str(SCRIPTS / name), *arguments], capture_output=True, text=True)


def plot_here(*arguments):
    """plot.py in this process, whose imports take longer than most figures."""
    from initsweep.commands import plot
    said, complained = io.StringIO(), io.StringIO()
    with unittest.mock.patch("sys.argv",
                             ["plot.py",
                              *arguments]), contextlib.redirect_stdout(said), contextlib.redirect_stderr(complained):
        try:
            status = plot.main()
        except SystemExit as end:  # of argparse
            status = end.code
    return subprocess.CompletedProcess(arguments, status, said.getvalue(), complained.getvalue())
