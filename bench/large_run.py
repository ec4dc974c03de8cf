#!/usr/bin/python3
"""Predicts what limits a run on 16 to 4,096 ranks: queue, file system or gathering; from measurements on one core and
a simulation of the queue.

    bench/large_run.py [--program build/release/initsweep] [--phases build/bench/bench/gather_phases]
                       [--ranks 1 2 16 64 256 1024 4096] [--threads 16] [--files 1000] [--disk 1000] [--json FILE]

Four sweeps: 10^7 XOR networks, 10^5 and 10^7 networks 64-32-32-10 on digits, 10^3 networks 784-256-256-10. Measured for
each:

start      wall time of `plan` with costs in the cache: reading the sweep, making its data and the list of packs, which
           every rank does
gather     processor time of each phase of gathering, and bytes, per network (gather_phases), from the journal of some
           networks (--set shortens their training); seconds per byte of a message between two ranks
packs      classes and seconds per pack, from `plan --json --classes`

Training is simulated (simulate_queue.py: --message us per message, --delay ms one way). Gathering is a formula, for
the networks that one worker of rank 0 could not gather during the training:

    index / ranks + max(make, write, hash, disk)
    make  = (read + decode + compress / threads), of the parts that a rank makes
    write = receiving and writing the chunks, by rank 0, after the parts that it makes
    hash  = the numbers of all networks, one after the other, wherever they are
    disk  = the file's bytes at --disk MB/s

File operations are counted:
each rank creates, syncs and removes a journal, and every 300 s each worker creates, syncs and renames a checkpoint, all
at the same moment. Their number is divided by --files, the operations per second that the file system is assumed to do.
Rank 0 needs a descriptor per rank if messages use TCP (measured: 20 and one per rank) and one per journal, up to
`ulimit -n`. Not included: the launcher's own time, failures, a slow rank, other jobs.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

from simulate_queue import simulate

CHECKPOINT = 300  # s, the default of --checkpoint
DECODE, WRITE = 0.32, 0.5  # times that decide how many parts rank 0 makes (src/run/assemble.c)
RANK0_BYTES = 13  # memory of rank 0 per network: 23.5 MB for none, 153 MB at 10^7 (docs/cluster-guide.md)
DIGITS = """sweep: digits
seed: 2026
dataset: {name: digits}
network: {depth: 2, width: 32}
train: {loss: cross_entropy, optimizer: sgd, batch_size: 64, steps: 5000}
record: {steps: {geomspace: 60}, probes: [loss, accuracy, gradient_norm], weights: final}
grid:
  network.init: [zeros, {name: constant, value: 0.1}, glorot_uniform, he_normal, lecun_normal]
  network.activation: [tanh, relu]
  train.learning_rate: [0.01, 0.05, 0.2, 0.5]
  replicate: {range: [0, %d]}
"""
SOME_DIGITS = ["grid.replicate={range: [0, 39]}", "train.steps=100"]
SWEEPS = {  # name: sweep file, and what makes it short
    "10^7 XOR": ("""sweep: xor
seed: 2026
dataset: {name: xor}
network: {depth: 1, width: 2, activation: tanh}
train: {loss: mse, optimizer: sgd, learning_rate: 0.5, steps: 1000}
record: {steps: {geomspace: 60}, probes: [loss, gradient_norm]}
grid:
  network.init: [zeros, {name: constant, value: 0.1}, glorot_uniform, he_normal, lecun_normal]
  train.learning_rate: [0.1, 0.5]
  replicate: {range: [0, 999999]}
""", ["grid.replicate={range: [0, 9999]}"]),
    "10^5 digits": (DIGITS % 2499, SOME_DIGITS),
    "10^7 digits": (DIGITS % 249999, SOME_DIGITS),
    "10^3 784-256-256-10": ("""sweep: large
seed: 2026
dataset: {name: gaussian_mixture, features: 784, classes: 10, samples: 6000}
network: {hidden: [256, 256], activation: tanh}
train: {loss: cross_entropy, optimizer: sgd, learning_rate: 0.05, batch_size: 64, steps: 20000}
record: {steps: {geomspace: 60}, probes: [loss, accuracy, gradient_norm], weights: final}
grid:
  network.init: [glorot_uniform, he_normal]
  replicate: {range: [0, 499]}
""", ["grid.replicate={range: [0, 15]}", "train.steps=60", "dataset.samples=100"]),
}


def measure_message(phases):
    """Seconds per byte of a long message between two ranks of this machine."""
    shown = subprocess.run(["mpirun", "--bind-to", "none", "-n", "2", phases, "send"], stdout=subprocess.PIPE,
                           check=True)
    return json.loads(shown.stdout)["seconds_per_byte"]


def timed(*command):
    """Wall time of a command on one thread, in s."""
    start = time.monotonic()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    return time.monotonic() - start


def measure_gather(program, phases, sweep, settings, folder):
    """The phases of gathering a short run, as gather_phases prints them, all per network."""
    words = [word for setting in settings for word in ("--set", setting)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    subprocess.run([program, "run", sweep, "-o", folder / "some.h5", "--quiet", "--no-gather", *words], env=environment,
                   check=True)
    rounds = [json.loads(subprocess.run([phases, folder / "some.h5.parts", folder / "gathered.h5"], env=environment,
                                        stdout=subprocess.PIPE, check=True).stdout) for _ in range(3)]
    best = rounds[0]
    for phase in best["seconds"]:
        best["seconds"][phase] = min(one["seconds"][phase] for one in rounds) / best["networks"]
    return {"seconds": best["seconds"], **{name: best[name] / best["networks"] for name in
                                           ("journal", "numbers", "chunks")}}


def measure(program, phases, text, settings, folder):
    """What a sweep costs, measured on one thread."""
    sweep = folder / "sweep.yaml"
    sweep.write_text(text)
    plan = json.loads(subprocess.run([program, "plan", sweep, "--json", "--classes"], stdout=subprocess.PIPE,
                                     check=True).stdout)
    start = timed(program, "plan", sweep)
    gather = measure_gather(program, phases, sweep, settings, folder)
    classes = [(c["seconds_per_pack"], c["packs"]) for c in plan["largest_classes"]]
    return {"networks": plan["networks"], "classes": classes, "start": start, "gather": gather,
            "journal": gather["journal"], "file": gather["chunks"]}


def rank0_share(ranks, threads):
    """The part of all parts that rank 0 makes, in tenths."""
    if ranks == 1:
        return 1
    return max(0, int(10 * (1 - (ranks - 1) * WRITE / (DECODE + 1 / threads)) / ranks + 0.5)) / 10


def predict_gather(cost, ranks, training, arguments):
    """Seconds of gathering after the training, and what limits it."""
    one, bytes_per_second = cost["gather"]["seconds"], 1e6 * arguments.disk
    alone = sum(one[phase] for phase in ("read", "decode", "compress", "hash", "write"))
    networks = max(0, cost["networks"] - training / max(alone, cost["file"] / bytes_per_second))
    make = networks * (one["read"] + one["decode"] + one["compress"] / arguments.threads)
    share = rank0_share(ranks, arguments.threads)
    write = share * make + networks * (one["write"] + cost["file"] * arguments.send * (1 - share))
    parts = {"compression": (1 - share) * make / max(1, ranks - 1), "rank 0": write, "hashes": networks * one["hash"],
             "disk": networks * cost["file"] / bytes_per_second}
    limit = max(parts, key=lambda name: parts[name])
    return networks * one["index"] / ranks + parts[limit], limit


def predict(cost, ranks, arguments):
    """The predicted seconds of each part of a run, and what limits it."""
    threads, networks = arguments.threads, cost["networks"]
    packs = sum(count for _, count in cost["classes"])
    busy_workers = ranks * threads
    ideal = sum(seconds * count for seconds, count in cost["classes"]) / busy_workers
    _, training, messages, most_expensive, answers = simulate(cost["classes"], ranks, threads, 1e-6 * arguments.message,
                                                       1e-3 * arguments.delay)
    files = 3 * ranks + 3 * min(busy_workers, packs) * int(training / CHECKPOINT)
    gather, gather_limit = predict_gather(cost, ranks, training, arguments)
    row = {"ranks": ranks, "ideal": ideal, "training": training, "messages": messages, "answers": answers,
           "files": files / arguments.files,
           "gather": gather, "gather_limit": gather_limit, "start": cost["start"], "descriptors": 20 + ranks,
           "journal": networks * cost["journal"], "file": networks * cost["file"], "memory": RANK0_BYTES * networks}
    row["total"] = row["start"] + training + row["files"] + row["gather"]
    waits = {f"gathering ({gather_limit})": row["gather"], "files": row["files"], "start": row["start"]}
    why = ("rank 0's messages" if messages > 0.9 * training else "packs fewer than workers" if packs < busy_workers else
           "the most expensive pack" if most_expensive > 0.9 * training else "the last packs")
    waits[why] = training - ideal
    limit = max(waits, key=lambda name: waits[name])
    row["limit"] = limit if waits[limit] > 0.1 * ideal else "none: training"
    return row


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default="build/release/initsweep", help="default: %(default)s")
    parser.add_argument("--phases", default="build/bench/bench/gather_phases", help="default: %(default)s")
    parser.add_argument("--ranks", type=int, nargs="+", default=[1, 2, 16, 64, 256, 1024, 4096])
    parser.add_argument("--threads", type=int, default=16, help="default: %(default)s")
    parser.add_argument("--message", type=float, default=50, help="us (default: %(default)s)")
    parser.add_argument("--delay", type=float, default=0.05, help="ms (default: %(default)s)")
    parser.add_argument("--files", type=float, default=1000,
                        help="file operations per second of the file system (default: %(default)s)")
    parser.add_argument("--disk", type=float, default=1000,
                        help="MB/s at which rank 0 can write to the file system (default: %(default)s)")
    parser.add_argument("--json", help="the same numbers")
    arguments = parser.parse_args()
    program, phases = os.path.abspath(arguments.program), os.path.abspath(arguments.phases)
    arguments.send = measure_message(phases)
    print(f"a message between two ranks: {1e-9 / arguments.send:.3g} GB/s")
    found = {}
    for name, (text, settings) in SWEEPS.items():
        with tempfile.TemporaryDirectory() as folder:
            cost = measure(program, phases, text, settings, pathlib.Path(folder))
        rows = [predict(cost, ranks, arguments) for ranks in arguments.ranks]
        found[name] = {"cost": cost, "rows": rows}
        gather = ", ".join(f"{phase} {1e6 * seconds:.3g}" for phase, seconds in cost["gather"]["seconds"].items())
        print(f"\n{name}: per network {cost['journal']:.0f} bytes of journal, {cost['gather']['numbers']:.0f} of "
              f"numbers, {cost['file']:.0f} of chunks; us of gathering: {gather}\n"
              f"journal {1e-9 * rows[0]['journal']:.3g} GB, "
              f"file {1e-9 * rows[0]['file']:.3g} GB, {1e-6 * rows[0]['memory']:.0f} MB on each rank for the index")
        print(f"{'ranks':>6} {'ideal s':>9} {'training':>9} {'files':>7} {'gather':>7} {'start':>6} {'total':>9} "
              f"{'used':>5}  limit")
        for row in rows:
            print(f"{row['ranks']:>6} {row['ideal']:>9.4g} {row['training']:>9.4g} {row['files']:>7.3g} "
                  f"{row['gather']:>7.3g} {row['start']:>6.2g} {row['total']:>9.4g} "
                  f"{100 * row['ideal'] / row['total']:>4.0f}%  {row['limit']}", flush=True)
    if arguments.json:
        pathlib.Path(arguments.json).write_text(json.dumps(found, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
