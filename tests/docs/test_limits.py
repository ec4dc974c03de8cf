#!/usr/bin/python3
"""docs/limits.md keeps its word: each size in its table is accepted at the limit and refused one beyond it.

    INITSWEEP=build/release/initsweep INITSWEEP_SOURCE=. test_limits.py

A limit of several GiB is only tried beyond it: at the limit the program would take that memory. NOT_TRIED says why a
row has no test.
"""
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

import h5py
import numpy as np

SOURCE = pathlib.Path(os.environ.get("INITSWEEP_SOURCE", pathlib.Path(__file__).parents[2])).resolve()
PROGRAM = os.environ.get("INITSWEEP", str(SOURCE / "build/release/initsweep"))
UNITS = {"": 1, "MiB": 2**20, "GiB": 2**30}
NOT_TRIED = {"a journal file": "16 TiB: no file system of a test machine holds such a file, not even a sparse one"}
SWEEP = """\
sweep: limits
dataset: DATASET
network: {depth: 1, width: 2, activation: tanh, init: INIT}
train: {loss: LOSS, optimizer: sgd, learning_rate: 0.1, steps: 1}
"""


def sweep(dataset: str, loss: str = "mse", init: str = "zeros") -> str:
    return SWEEP.replace("DATASET", dataset).replace("LOSS", loss).replace("INIT", init)


def limits() -> dict[str, str]:
    """The table of the page: what -> its limit."""
    page = (SOURCE / "docs/limits.md").read_text(encoding="utf-8").split("## Sizes")[1].split("\n## ")[0]
    return dict(re.findall(r"^\| ([^|]+?) \| ([^|]+?) \|$", page.split("|---|---|\n")[1], re.MULTILINE))


def number(text: str, what: str) -> int:
    """The number before (or, as `HDF5: 32`, behind) a word of a limit."""
    match = re.search(rf"(\d+)(?:\^(\d+))? {what}", text) or re.search(rf"{what} (\d+)(?:\^(\d+))?", text)
    return (int(match[1]) ** int(match[2] or 1)) * UNITS.get(what, 1)


class Limits(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_program(self, *words):
        return subprocess.run([PROGRAM, *words], cwd=self.folder, capture_output=True, text=True, timeout=300)

    def check(self, dataset, loss="mse", init="zeros"):
        (self.folder / "sweep.yaml").write_text(sweep(dataset, loss, init), encoding="utf-8")
        return self.run_program("check", "sweep.yaml")

    def accepted(self, done):
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def refused(self, done, words):
        self.assertEqual(done.returncode, 2, done.stdout)
        self.assertRegex(done.stderr, words)

    def sparse(self, name, size):
        with (self.folder / name).open("wb") as file:
            file.truncate(size)

    def test_every_row_is_tried(self):
        methods = " ".join(name for name in dir(self) if name.startswith("test_"))
        for row in limits():
            with self.subTest(row=row):
                words = [word for word in re.findall(r"\w+", row.lower())
                         if word not in ("a", "in", "of", "from", "and")]
                self.assertTrue(row in NOT_TRIED or "_".join(words) in methods, f"no test_{'_'.join(words)}...")

    def test_sweep_file_bytes(self):
        limit = number(limits()["sweep file"], "MiB")
        text = sweep("xor") + "#"
        (self.folder / "full.yaml").write_text(text.ljust(limit, "x"), encoding="utf-8")
        self.accepted(self.run_program("check", "full.yaml"))
        (self.folder / "more.yaml").write_text(text.ljust(limit + 1, "x"), encoding="utf-8")
        self.refused(self.run_program("check", "more.yaml"), "more than 16 MiB")

    def test_sweep_file_levels_and_anchors(self):
        levels = number(limits()["sweep file"], "levels")
        for depth in (levels, levels + 1):
            # the document is a mapping, which is one level
            (self.folder / "deep.yaml").write_text("network: " + "[" * (depth - 1) + "]" * (depth - 1),
                                                   encoding="utf-8")
            said = self.run_program("check", "deep.yaml").stderr
            self.assertEqual(f"more than {levels} levels" in said, depth > levels, said)
        (self.folder / "anchor.yaml").write_text("sweep: &name x\n", encoding="utf-8")
        self.refused(self.run_program("check", "anchor.yaml"), "anchor")

    def test_csv_file_columns_and_classes(self):
        limit = limits()["CSV file"]
        columns, classes = number(limit, "columns"), number(limit, "classes")
        for more in (0, 1):
            (self.folder / "wide.csv").write_text((",".join(["1"] * (columns + more - 1)) + ",2\n") * 4,
                                                  encoding="utf-8")
            done = self.check("{name: csv, path: wide.csv, test_fraction: 0}")
            self.refused(done, f"more than {columns} fields") if more else self.accepted(done)
            rows = "".join(f"{i % 7},{i}\n" for i in range(classes + more))
            (self.folder / "classes.csv").write_text(rows, encoding="utf-8")
            done = self.check("{name: csv, path: classes.csv, kind: classes, test_fraction: 0}", "cross_entropy")
            self.refused(done, "labels") if more else self.accepted(done)

    def test_csv_file_bytes(self):
        limit = number(limits()["CSV file"], "GiB")
        for more in (0, 1):
            self.sparse("large.csv", limit + more)  # of zero bytes, which are no numbers either
            done = self.check("{name: csv, path: large.csv}")
            self.refused(done, "large.csv")
            self.assertEqual(f"more than {limit >> 20} MiB" in done.stderr, more == 1, done.stderr)

    def test_idx_npy_hdf5_data(self):
        limit = limits()["IDX, .npy and HDF5 data"]
        dimensions, of_hdf5 = number(limit, "dimensions"), number(limit, "HDF5:")
        np.save(self.folder / "y.npy", np.arange(3.0))
        for more in (0, 1):
            np.save(self.folder / "x.npy", np.zeros((3,) + (1,) * (dimensions + more - 1)))
            done = self.check("{name: npy, inputs: x.npy, targets: y.npy, test_fraction: 0}")
            self.refused(done, f"at most {dimensions} sizes") if more else self.accepted(done)
            with h5py.File(self.folder / "data.h5", "w") as file:  # one more than 32 is beyond HDF5 itself
                file["inputs"], file["targets"] = np.zeros((3,) + (1,) * (of_hdf5 - 1)), np.arange(3.0)
            self.accepted(self.check("{name: hdf5, path: data.h5, test_fraction: 0}"))
        self.sparse("x.npy", number(limit, "GiB") + 1)
        self.refused(self.check("{name: npy, inputs: x.npy, targets: y.npy}"),
                     f"more than {number(limit, 'GiB') >> 20} MiB")

    def test_points_sample(self):
        limit = limits()["points of a sample"]
        for more in (0, 1):
            sample = f"sample: {{design: sobol, points: {number(limit, 'points') + more}, axes: AXES}}\n"
            axes = "{train.weight_decay: {uniform: [0, 1]}}"
            (self.folder / "sweep.yaml").write_text(sweep("xor") + sample.replace("AXES", axes), encoding="utf-8")
            done = self.run_program("check", "sweep.yaml")
            self.refused(done, "points must be a whole number") if more else self.accepted(done)
            count = number(limit, "values") // number(limit, "points") + more  # axes of so many points
            paths = ("train.weight_decay", "train.learning_rate", "network.init_noise", "network.init_sparsity", "seed")
            axes = "{" + ", ".join(f"{path}: [0, 1]" for path in paths[:count]) + "}"
            text = sweep("xor") + sample.replace("AXES", axes).replace(str(number(limit, "points") + more),
                                                                       str(number(limit, "points")))
            (self.folder / "sweep.yaml").write_text(text, encoding="utf-8")
            done = self.run_program("check", "sweep.yaml")
            self.refused(done, r"are more than 4194304 values \(2\^22\)") if more else self.accepted(done)
            axes = "{" + ", ".join(f"{i}: [1]" for i in range(number(limit, "axes") + more)) + "}"
            sample = f"sample: {{design: random, points: 1, axes: {axes}}}\n"
            (self.folder / "sweep.yaml").write_text(sweep("xor") + sample, encoding="utf-8")
            done = self.run_program("check", "sweep.yaml")
            self.refused(done, "at most 100 axes" if more else "unknown setting '99'")

    def test_weights_file(self):
        with h5py.File(self.folder / "weights.h5", "w") as file:
            file.create_dataset("w", (number(limits()["weights from a file"], "numbers") + 1,), "f4", chunks=(1 << 20,))
        done = self.check("xor", init="{name: file, path: weights.h5, dataset: w}")
        self.refused(done, "more than 16384 MiB")  # 2^31 numbers of 8 bytes

    def test_dataset_memory(self):
        samples = number(limits()["a dataset in memory"], "GiB") // (8 * 100) + 1
        self.refused(self.check(f"{{name: teacher, samples: {samples}, features: 99}}"), "4 GiB")

    def set_at(self, path, value):
        self.accepted(self.check("xor"))
        return self.run_program("check", "sweep.yaml", "--set", f"{path}={value}")

    def test_number_sweep_file(self):
        limit = limits()["a number in a sweep file"]
        largest = re.search(r"to (\S+),", limit)[1]
        for sign in ("", "-"):
            self.accepted(self.set_at("network.init", f"{{name: constant, value: {sign}{largest}}}"))
            self.refused(self.set_at("network.init", f"{{name: constant, value: {sign}{float(largest) * 1.01}}}"),
                         f"must be a number from -{largest} to {largest}, not")
        self.refused(self.set_at("grid.train.learning_rate", "[0, -0.0]"), "value 2 .* is the same as value 1")

    def test_whole_number_sweep_file(self):
        largest = 2 ** int(limits()["a whole number in a sweep file"].removeprefix("2^"))
        self.accepted(self.set_at("seed", largest))
        self.refused(self.set_at("seed", largest + 2), rf"must be a whole number from 0 to {largest} \(2\^53\), not")

    def test_threads_rank(self):
        threads = int(limits()["threads of a rank"])
        self.accepted(self.check("xor"))
        for more in (0, 1):
            done = self.run_program("plan", "sweep.yaml", "--threads", str(threads + more))
            self.refused(done, "from 1 to") if more else self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    unittest.main()
