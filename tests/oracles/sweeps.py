"""Runs a sweep by the program that the environment variable INITSWEEP names, and reads its results."""
import os
import pathlib
import subprocess
import tempfile

import h5py


def fill(text, values):
    """A text with words replaced. values: what stands there -> what takes its place."""
    for old, new in values.items():
        if old not in text:
            raise ValueError(f"no {old!r} in the text")
        text = text.replace(old, new)
    return text


def run(text, *options, **environment):
    """The results of a sweep as arrays by name."""
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "sweep.yaml").write_text(text, encoding="utf-8")
        subprocess.run([os.environ["INITSWEEP"], "run", f"{folder}/sweep.yaml", "-o", f"{folder}/out.h5", *options],
                       check=True, stdout=subprocess.DEVNULL, env={**os.environ, **environment})
        with h5py.File(f"{folder}/out.h5") as file:
            return {name: data.asstr()[:] if data.dtype.kind == "O" else data[:]
                    for name, data in file.items() if isinstance(data, h5py.Dataset)}
