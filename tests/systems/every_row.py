#!/usr/bin/python3
"""Trains every row of the program's tables in both precisions, and prints hashes of the results.

    every_row.py PROGRAM [-o FOLDER]

The sweeps are made from `PROGRAM list --json`, so that they have every initialiser, activation, loss, optimiser,
schedule, dataset and probe that PROGRAM has, beside the settings that choose other kernels: sizes, batches, residual
branches. Their data are written here. The last line, `every row HASH`, is the same wherever the bits are the same:
compilers, their options, instruction sets (INITSWEEP_KERNELS), libraries and systems are compared with it. -o keeps
the sweep files, data and results.
"""
import argparse
import hashlib
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
from typing import Any

import h5py

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
import initsweep  # noqa: E402

Table = dict[str, Any]
Row = dict[str, Any]

FEATURES, WIDTH = 3, 5
PARAMETERS = WIDTH * (FEATURES + 1) + WIDTH * (WIDTH + 1) + (WIDTH + 1)  #: of the network of base()
SMALL = {"samples": 40, "steps": 7, "every": 7, "warmup": 5, "test_fraction": 0.2}  #: of rows that have them
FILES: dict[str, dict[str, str]] = {  #: parameters without a default: files that write_data makes
    "csv": {"path": "data.csv"},
    "idx": {"inputs": "inputs.idx", "targets": "targets.idx"},
    "npy": {"inputs": "inputs.npy", "targets": "targets.npy"},
    "hdf5": {"path": "data.h5"},
    "file": {"path": "weights.h5", "dataset": "weights"},
    "magnitude": {"path": "weights.h5", "dataset": "weights"},
    "interpolate": {"path": "weights.h5", "dataset": "weights"},
    "plane": {"path": "weights.h5", "dataset": "weights"},
}


def sample(number: int) -> float:
    """A number between -1 and 1 for each index, of few bits."""
    return (number * 29 % 64 - 31.5) / 32


def write_data(folder: pathlib.Path) -> None:
    """Twenty samples of three inputs and a target 0 or 1, in each format, and weights for the initialisers that read
    a file."""
    inputs = [[sample(FEATURES * s + i) for i in range(FEATURES)] for s in range(20)]
    targets = [int(sum(row) > 0) for row in inputs]
    lines = [",".join(str(x) for x in [*row, target]) for row, target in zip(inputs, targets)]
    (folder / "data.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    numbers = [x for row in inputs for x in row]
    (folder / "inputs.idx").write_bytes(struct.pack(f">HBBII{len(numbers)}d", 0, 0x0E, 2, 20, FEATURES, *numbers))
    (folder / "targets.idx").write_bytes(struct.pack(">HBBI20B", 0, 0x08, 1, 20, *targets))
    for name, kind, shape, values in (("inputs", "d", (20, FEATURES), numbers), ("targets", "q", (20,), targets)):
        head = repr({"descr": {"d": "<f8", "q": "<i8"}[kind], "fortran_order": False, "shape": shape})
        head = head.ljust(117) + "\n"
        data = struct.pack(f"<{len(values)}{kind}", *values)
        (folder / f"{name}.npy").write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode() + data)
    with h5py.File(folder / "data.h5", "w") as file:
        file["inputs"] = inputs
        file["targets"] = targets
    with h5py.File(folder / "weights.h5", "w") as file:
        file["weights"] = [[sample(i + row) for i in range(PARAMETERS)] for row in range(2)]


def choice(row: Row, key: str = "name", **values: object) -> str | dict[str, object]:
    """A row as a named choice: its defaults, but few samples and steps, and files for what has no default."""
    chosen: dict[str, object] = {**FILES.get(row["name"], {}), **values}
    for parameter in row["parameters"]:
        if parameter["name"] in SMALL:
            chosen.setdefault(parameter["name"], SMALL[parameter["name"]])
    names = {parameter["name"] for parameter in row["parameters"]}
    chosen = {name: value for name, value in chosen.items() if name in names}
    return {key: row["name"], **chosen} if chosen else row["name"]


def base(precision: str, dataset: object, probes: list[str]) -> dict[str, Any]:
    return {
        "precision": precision,
        "dataset": dataset,
        "network": {"depth": 2, "width": WIDTH, "activation": "tanh", "init": "glorot_normal",
                    "bias_init": {"name": "normal", "std": 0.1}},
        "train": {"loss": "binary_cross_entropy", "optimizer": "adam", "learning_rate": 0.05, "steps": 30},
        "record": {"steps": {"geomspace": 6}, "probes": probes, "weights": "both"},
    }


def make_sweeps(tables: dict[str, list[Row]], precision: str) -> dict[str, dict[str, Any]]:
    """Sweep files by name: every row but those of datasets and masks; every dataset; sizes of networks and
    batches; every mask."""
    mixture = {"name": "gaussian_mixture", "samples": 40, "features": FEATURES}
    probes = [row["name"] for row in tables["probes"]]
    rows = base(precision, mixture, probes)
    rows["grid"] = [
        {"network.activation": [choice(row) for row in tables["activations"]], "replicate": [0, 1]},
        {"network.output_activation": [choice(row) for row in tables["activations"]], "train.loss": ["mse"]},
        {"network.init": [choice(row) for row in tables["initializers"]]},
        {"network.bias_init": [choice(row) for row in tables["initializers"] if row["facts"]["for_bias"]]},
        {"train.loss": [choice(row) for row in tables["losses"]], "train.batch_size": ["full", 7]},
        {"train.optimizer": [choice(row) for row in tables["optimizers"] if not row["facts"]["solves"]],
         "train.weight_decay": [0, 0.01]},
        {"train.optimizer": [choice(row) for row in tables["optimizers"] if row["facts"]["solves"]],
         "train.loss": ["mse"]},
        {"train.schedule": [choice(row) for row in tables["schedules"]], "train.clip_norm": ["none", 0.1]},
        {"network.dropout": [0.2], "train.gradient_noise": [0.1], "train.batch_size": ["full", 7]},
        {"network.normalization": [choice(row) for row in tables["normalizations"]], "network.activation": ["relu"]},
        {"network.residual": [{"branch_layers": 1, "train_scale": [False, True]},
                              {"branch_layers": 1, "activation_after": False}],
         "network.activation": ["relu"], "network.init_noise": [0.1], "network.init_sparsity": [0.5]},
    ]
    data = base(precision, mixture, ["loss", "gradient_norm"])
    data["train"]["loss"] = "mse"
    data["grid"] = {"dataset": [choice(row) for row in tables["datasets"]], "train.batch_size": ["full", 3]}
    shapes = base(precision, mixture, [name for name in probes if not name.startswith("hessian_")])
    shapes["grid"] = {"network.width": [1, 2, 8, 16, 24, 70], "network.depth": [1, 3], "train.batch_size": ["full", 5],
                      "network.activation": ["relu", "tanh"], "replicate": {"range": [0, 8]}}
    masks = base(precision, mixture, ["loss", "gradient_norm"])
    masks["grid"] = {"network.mask": [choice(row, "by", sparsity=0.5) for row in tables["masks"]],
                     "network.init_noise": [0.1], "network.init_noise.of": ["all", "weights", "biases"]}
    return {"rows": rows, "data": data, "shapes": shapes, "masks": masks}


def run_sweeps(program: str, folder: pathlib.Path) -> str:
    """Trains all sweeps in a folder and prints a line for each. Returns the hash of all of them."""
    listed = subprocess.run([program, "list", "--json"], capture_output=True, text=True, check=True).stdout
    tables = {table["name"]: table["rows"] for table in json.loads(listed)}
    write_data(folder)
    every = hashlib.sha256()
    for precision in ("float32", "float64"):
        for name, sweep in make_sweeps(tables, precision).items():
            path = folder / f"{name}_{precision}.yaml"
            path.write_text(json.dumps(sweep, indent=1) + "\n", encoding="utf-8")  # JSON is YAML
            out = path.with_suffix(".h5")
            out.unlink(missing_ok=True)
            subprocess.run([program, "run", str(path), "-o", str(out), "--quiet"], check=True)
            value = initsweep.results_hash(out)
            every.update(value.encode())
            print(f"{name} {precision} {value}", flush=True)
    return every.hexdigest()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("-o", metavar="FOLDER", type=pathlib.Path, help="keeps the files there")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.o or pathlib.Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        print(f"every row {run_sweeps(os.path.abspath(arguments.program), folder)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
