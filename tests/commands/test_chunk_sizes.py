#!/usr/bin/python3
"""The chunk sizes that docs/results-format.md states are those of files."""
import unittest

import h5py

from program import Case

SWEEP = """\
sweep: chunks
seed: 7
dataset: {name: xor}
network: {depth: 2, init: glorot_uniform}
train: {loss: mse, optimizer: sgd, learning_rate: 0.5}
precision: %s
record: {steps: {every: 1}, probes: [loss, gradient_norm, distinct_units, escape_step, first_moved%s], weights: final}
grid:
  network.width: [%d]
  network.activation: [tanh, relu]
  train.steps: [%s]
  replicate: {range: [0, %d]}
"""
KIB, MIB = 1 << 10, 1 << 20


def p2(number):
    return 1 << max(0, int(number).bit_length() - 1)


def up(number, by):
    return -(-number // by)


def expected(file):
    """The chunk of each dataset, by the rules of the page."""
    networks, records, layers, parameters = (len(file[name]) for name in ("network", "record", "layer", "parameter"))
    real = file["loss"].dtype.itemsize
    coordinates = [name for name in file if "path" in file[name].attrs]
    columns = ["features", "id", "status", "steps_done"]
    quantities = [name for name in file if name not in (*coordinates, *columns, "layer_size", "step", "provenance")
                  and not name.startswith("weights") and "network" != name and file[name].shape[0] == networks]
    row = 8 * (len(coordinates) + 6) + 4 * layers + 8 * records
    for name in quantities:
        size = real  # integers count as much
        for length in file[name].shape[1:]:
            size *= length
        row += size
    r = max(up(records, 16), min(records, 4))
    block = p2(64 * MIB // row)
    n = min(block, p2(128 * KIB // (r * real)))
    if n >= networks:
        n, r = networks, max(r, min(records, 64 * KIB // (networks * real)))
    else:
        n = min(n, up(up(networks, up(networks, n)), 64) * 64)

    def part(number):
        size = p2(number)
        if size >= n:
            return n
        while n < networks and n % size:
            size //= 2
        return size
    column = n
    while column < n * p2(block // n) and 2 * column <= 16384:
        column *= 2
    chunks = {name: (column,) for name in (*coordinates, *columns)}
    for name in quantities:
        shape = file[name].shape
        if len(shape) == 3:
            chunks[name] = (part(MIB // (r * shape[2] * real)), r, shape[2])
        else:
            chunks[name] = (n, *(r if b"step" in file[name].attrs["coordinates"].split() else shape[1]
                                 for _ in shape[1:]))
    chunks["layer_size"] = (part(64 * KIB // (4 * layers)), layers)
    most = min(parameters, 64 * KIB // real)
    chunks["weights_final"] = (part(64 * KIB // (most * real)), most)
    chunks["step"] = (n, r) if file["step"].ndim == 2 else (16384,)
    for name in ("network", "record", "layer", "parameter"):
        chunks[name] = (16384,)
    return {name: tuple(map(min, chunk, file[name].shape)) for name, chunk in chunks.items()}


class ChunkSizes(Case):
    def test_the_page_says_what_the_file_has(self):
        for number, (precision, probes, width, steps, last) in enumerate((
                ("float32", "", 3, "2", 3), ("float64", "", 3, "100", 9), ("float32", "", 40, "2, 3", 1999),
                ("float32", "", 3, "0", 12999), ("float64", ", hessian_eigenvalues", 3, "70", 79),
                ("float32", "", 150, "1", 20))):
            self.write("chunks.yaml", SWEEP % (precision, probes, width, steps, last))
            name = f"{number}.h5"
            self.expect(0, "run", "chunks.yaml", "-o", name, "--quiet")
            with h5py.File(self.path(name), "r") as file:
                found = {key: item.chunks for key, item in file.items() if isinstance(item, h5py.Dataset)}
                with self.subTest(number):
                    self.assertEqual(found, expected(file))


if __name__ == "__main__":
    unittest.main()
