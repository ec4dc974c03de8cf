#!/usr/bin/python3
"""Measures whole runs of `initsweep run` from outside: start-up, training, gathering, probes, growth.

    bench/whole_run.py [growth] [probes] [sweep] [plan] [underflow] [million]
                       [--program build/release/initsweep] [-o out]

growth   XOR networks of 1,000 steps, --sizes of them: time per network, start-up, gather, memory
probes   a 5,000-step digits run with loss and gradient norms at 64 geometric steps, of the training set, of the step's
         minibatch (--batches numbers), and without: what recording costs
sweep    a sweep of seven starts, four activations and three depths: wall time by phase
plan     wall time against what `plan` predicts: the six shapes of run.py, and a mixed sweep
underflow  deep sigmoid networks whose gradients are subnormal in the first layers, and the same networks with
           larger starts, without subnormals
million  10^6 XOR networks of 1,000 steps, in s and compared with the best peer of bench.json, measured on 10^4 networks
Without a name: growth, probes, sweep and plan. Runs are interleaved in rounds; the numbers are medians. Writes
whole-run.json.

The phases are derived from the journal in OUT.parts/: start-up ends when the first finished pack is in it (so start-up
includes the training of one pack), training ends when it grows for the last time, gathering ends with the process.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import run as bench

HEADER = 40  # bytes of a journal file's head (docs/results-format.md): a longer file holds a finished pack
STEPS = 1000
XOR = """sweep: bench-xor
seed: 2026
dataset: {{name: xor}}
network: {{depth: 1, width: 2, activation: tanh, init: glorot_uniform}}
train: {{loss: mse, optimizer: sgd, learning_rate: 0.5, steps: {steps}}}
record: {{steps: [0, {steps}], probes: [loss]}}
grid:
  replicate: {{range: [0, {last}]}}
"""
DIGITS = """sweep: bench-digits
seed: 2026
dataset: {{name: digits}}
network: {{hidden: [32, 32], activation: tanh, init: glorot_uniform}}
train: {{loss: cross_entropy, optimizer: sgd, learning_rate: 0.1, batch_size: {batch}, steps: {steps}}}
record: {{steps: {record}, probes: [{probes}]}}
grid:
  replicate: {{range: [0, 15]}}
"""
SWEEP = """sweep: bench-sweep
seed: 2026
dataset: {name: xor}
network: {width: 4}
train: {loss: binary_cross_entropy, optimizer: sgd, learning_rate: 0.5, steps: 3000}
record: {steps: {geomspace: 30}, probes: [loss, accuracy, gradient_norm, distinct_units], weights: both}
grid:
  network.init: [zeros, {name: constant, value: 0.1}, {name: normal, std: [0.01, 1.0]}, glorot_uniform,
                 he_normal, orthogonal]
  network.activation: [sigmoid, tanh, relu, sin]
  network.depth: [1, 2, 3]
  replicate: {range: [0, 99]}
"""


SHAPE = """sweep: bench-shape
seed: 2026
dataset: {data}
network: {{hidden: {hidden}, activation: tanh, init: glorot_uniform}}
train: {{loss: {loss}, optimizer: sgd, learning_rate: 0.1, batch_size: {batch}, steps: {steps}}}
record: {{steps: [0, {steps}], probes: [loss]}}
grid:
  replicate: {{range: [0, {last}]}}
"""
MIXTURE = "{{name: gaussian_mixture, samples: 640, features: {}, classes: 10, test_fraction: 0}}"
CLASSES, PICTURES, SPIRALS = MIXTURE.format(64), MIXTURE.format(784), "{name: spirals, samples: 200, test_fraction: 0}"
SHAPES = {
    "2-2-1, 4": dict(data="{name: xor}", hidden="[2]", loss="mse", batch="full", steps=10000, last=9599),
    "2-16-1, 4": dict(data="{name: xor}", hidden="[16]", loss="mse", batch="full", steps=10000, last=1599),
    "2-16-16-16-1, 200": dict(data=SPIRALS, hidden="[16, 16, 16]", loss="mse", batch="full", steps=1000, last=63),
    "64-32-32-10, 64": dict(data=CLASSES, hidden="[32, 32]", loss="cross_entropy", batch=64, steps=1000, last=63),
    "64-128-128-10, 64": dict(data=CLASSES, hidden="[128, 128]", loss="cross_entropy", batch=64, steps=300, last=31),
    "784-256-256-10, 64": dict(data=PICTURES, hidden="[256, 256]", loss="cross_entropy", batch=64, steps=60, last=15),
}
MIXED = """sweep: bench-mixed
seed: 2026
dataset: {name: digits}
network: {init: he_normal}
train: {loss: cross_entropy, learning_rate: 0.01, batch_size: 32, steps: 200}
record: {steps: {geomspace: 10}, probes: [loss, accuracy, gradient_norm, distinct_units]}
grid:
  network.activation: [tanh, relu, gelu]
  network.depth: [1, 2, 4]
  network.width: [8, 32, 96]
  train.optimizer: [sgd, adam]
  replicate: {range: [0, 15]}
"""
DEEP = """sweep: bench-deep
seed: 2026
dataset: {{name: xor}}
network: {{depth: 60, width: 3, activation: sigmoid, init: {{name: normal, std: {std}}}}}
train: {{loss: mse, optimizer: sgd, learning_rate: 0.001, steps: 20000}}
record: {{steps: [0, 20000], probes: [loss, gradient_norm]}}
grid:
  replicate: {{range: [0, 63]}}
"""


def journal_bytes(folder):
    """Bytes of finished packs in a journal's folder, 0 where there is none yet."""
    try:
        with os.scandir(folder) as files:
            return sum(max(file.stat().st_size - HEADER, 0) for file in files)
    except FileNotFoundError:
        return 0


def measure(arguments, text):
    """Runs one sweep. Returns seconds: wall, startup, training, gather, processor (of all threads); networks' bytes:
    results; memory of the process, bytes."""
    with tempfile.TemporaryDirectory(dir=arguments.scratch) as folder:
        sweep, out = os.path.join(folder, "sweep.yaml"), os.path.join(folder, "out.h5")
        pathlib.Path(sweep).write_text(text)
        command = [arguments.program, "run", sweep, "-o", out, "--quiet", "--threads", str(arguments.threads)]
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        first = last = None
        seen = 0
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            now = time.perf_counter()
            if pid:
                break
            size = journal_bytes(out + ".parts")
            if size > seen:
                first, last, seen = first or now, now, size
            time.sleep(0.001)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise RuntimeError(f"{' '.join(command)} ended with status {process.returncode}")
        if first is None:  # too short a run to be seen
            first = last = now
        return {"wall": now - start, "startup": first - start, "training": last - first, "gather": now - last,
                "processor": usage.ru_utime + usage.ru_stime, "results": os.path.getsize(out),
                "memory": usage.ru_maxrss * 1024}


def rounds(arguments, texts):
    """Measures {name: sweep text} interleaved; returns {name: medians, with all rounds under "rounds"}."""
    found = {name: [] for name in texts}
    for number in range(arguments.rounds):
        for name, text in texts.items():
            bench.say(f"round {number + 1} of {arguments.rounds}: {name}")
            found[name].append(measure(arguments, text))
    bench.say("")
    return {name: dict({key: statistics.median(m[key] for m in list_) for key in list_[0]}, rounds=list_)
            for name, list_ in found.items()}


def phases(name, m):
    return (f"{name:<22} {m['wall']:>8.3f} {m['startup']:>9.3f} {m['training']:>9.3f} {m['gather']:>8.3f} "
            f"{100 * m['gather'] / m['wall']:>6.1f}% {m['memory'] / 2**20:>9.0f} {m['results'] / 2**20:>9.1f}")


HEAD = (f"{'':<22} {'wall s':>8} {'startup s':>9} {'train s':>9} {'gather s':>8} {'gather':>7} {'memory MB':>9} "
        f"{'file MB':>9}")


def growth(arguments):
    found = rounds(arguments, {str(n): XOR.format(steps=STEPS, last=n - 1) for n in arguments.sizes})
    print(f"growth: XOR 2-2-1, {STEPS} steps\n{HEAD}  us/network")
    for n in arguments.sizes:
        m = found[str(n)]
        m["seconds_a_network"] = (m["wall"] - m["startup"]) / n
        print(f"{phases(f'{n} networks', m)} {1e6 * m['seconds_a_network']:>11.2f}")
    print("us/network: of the wall time past start-up\n")
    return found


def probes(arguments):
    steps, texts = 5000, {}
    training_set, minibatch = "loss, gradient_norm", "batch_loss, batch_gradient_norm"
    kinds = {"ends alone": (f"[0, {steps}]", minibatch), "training set": ("{geomspace: 64}", training_set),
             "minibatch": ("{geomspace: 64}", minibatch)}
    for batch in arguments.batches:
        for kind, (record, names) in kinds.items():
            texts[f"batch {batch}, {kind}"] = DIGITS.format(batch=batch, steps=steps, record=record, probes=names)
    found = rounds(arguments, texts)
    print(f"probes: digits 64-32-32-10, 16 networks, {steps} steps; loss and gradient norms at 64 steps, or at both "
          f"ends\n{HEAD}")
    for name, m in found.items():
        print(phases(name, m))
    for batch in arguments.batches:
        for kind in ("training set", "minibatch"):
            recorded = found[f"batch {batch}, {kind}"]
            pairs = zip(recorded["rounds"], found[f"batch {batch}, ends alone"]["rounds"])
            recorded["cost"] = statistics.median(a["wall"] / b["wall"] - 1 for a, b in pairs)
            print(f"64 records of the {kind} cost {100 * recorded['cost']:.1f} % (batch {batch})")
    print()
    return found


def sweep(arguments):
    found = rounds(arguments, {"8,400 XOR networks": SWEEP})
    print(f"sweep: seven starts, four activations, three depths, 100 replicates, 3,000 steps, both weights\n{HEAD}")
    for name, m in found.items():
        print(phases(name, m))
    print()
    return found


def predict(arguments, text):
    """What `plan --json` says of a sweep on one rank."""
    with tempfile.TemporaryDirectory(dir=arguments.scratch) as folder:
        sweep = pathlib.Path(folder) / "sweep.yaml"
        sweep.write_text(text)
        command = [arguments.program, "plan", str(sweep), "--json", "--threads", str(arguments.threads)]
        return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)


def plan(arguments):
    texts = {name: SHAPE.format(**shape) for name, shape in SHAPES.items()}
    texts.update({"mixed, 54 classes": MIXED, "8,400 XOR networks": SWEEP})
    subprocess.run([arguments.program, "plan", "--calibrate", "/dev/stdin"], input=SWEEP.encode(),
                   stdout=subprocess.DEVNULL, check=True)
    predicted = {name: predict(arguments, text)["seconds_estimate"] for name, text in texts.items()}
    found = rounds(arguments, texts)
    print(f"plan: predicted time against the medians of {arguments.rounds} runs; processor time counts where others "
          "use the machine\n"
          f"{'':<22} {'wall s':>8} {'processor s':>11} {'plan s':>8} {'to wall':>8} {'to processor':>12}")
    for name, m in found.items():
        m["predicted"] = predicted[name]
        print(f"{name:<22} {m['wall']:>8.3f} {m['processor']:>11.3f} {m['predicted']:>8.3f} "
              f"{m['predicted'] / m['wall']:>8.2f} {m['predicted'] * arguments.threads / m['processor']:>12.2f}")
    print()
    return found


def underflow(arguments):
    """What gradual underflow costs: the same networks with subnormal gradients and without."""
    found = rounds(arguments, {f"std {std}": DEEP.format(std=std) for std in (0.5, 1)})
    for name, m in found.items():
        print(f"underflow: 64 networks of 60 sigmoid layers, 20,000 steps, {name}: {m['processor']:.2f} s of the "
              "processor")
    pairs = zip(found["std 0.5"]["rounds"], found["std 1"]["rounds"])
    print(f"subnormal gradients (std 0.5): {statistics.median(a['processor'] / b['processor'] for a, b in pairs):.2f} "
          "times the time\n")
    return found


def million(arguments):
    """10^6 networks, and the best peers' time on 10^4 of them times 100."""
    networks = 10 ** 6
    rows = json.loads((pathlib.Path(arguments.out) / "bench.json").read_text())["rows"]
    row = next(r for r in rows if r["case"] == "2-2-1" and r["precision"] == "float32")
    path = str(pathlib.Path(arguments.out) / "bench-cases/2-2-1-float32.case")
    found = measure(arguments, XOR.format(steps=STEPS, last=networks - 1))
    print(f"million: {networks} XOR networks 2-2-1, {STEPS} steps, {arguments.threads} thread(s)\n{HEAD}")
    print(phases("initsweep run", found))
    worker = bench.Worker([bench.PYTHON, str(bench.BENCH / "peers.py")])
    for label in ("best_pytorch", "best_peer"):
        peer, _, setting = row[label]["name"].partition(" ")
        if peer in bench.SCALAR:
            continue
        seconds = 10 ** 4 * STEPS / row[label]["rate"]  # about what 10^4 networks take
        rate = worker.ask("measure", path, peer, setting, seconds)["rate"]
        theirs = networks * STEPS / rate
        found[label] = {"name": row[label]["name"], "seconds": theirs, "ratio": theirs / found["wall"]}
        print(f"{row[label]['name']}: {theirs:.1f} s on one core (from {seconds:.1f} s of training), "
              f"{theirs / found['wall']:.1f} times as long")
    worker.close()
    print()
    return {"million": found}


PARTS = {"growth": growth, "probes": probes, "sweep": sweep, "plan": plan, "underflow": underflow, "million": million}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--program", default="build/release/initsweep", help="default: %(default)s")
    parser.add_argument("-o", "--out", default="out", help=
                        "folder of whole-run.json, and of bench.json for million (default: %(default)s)")
    parser.add_argument("--scratch", help="folder for sweeps and their results while they are measured (default: the "
                                          "system's temporary one)")
    parser.add_argument("--rounds", type=int, default=5, help="default: %(default)s")
    parser.add_argument("--threads", type=int, default=1, help="default: %(default)s")
    parser.add_argument("--batches", nargs="+", default=["64"], help=
                        "batch sizes of probes: numbers or full (default: 64)")
    parser.add_argument("--sizes", type=int, nargs="+", default=[10 ** 3, 10 ** 4, 10 ** 5],
                        help="of growth (default: 1000 10000 100000; 10^6 is million, or --sizes 1000000)")
    arguments = parser.parse_args()
    parts = arguments.parts or ["growth", "probes", "sweep", "plan"]
    for part in parts:
        if part not in PARTS:
            parser.error(f"unknown part '{part}': {', '.join(PARTS)}")
    if not os.access(arguments.program, os.X_OK):
        print(f"missing: {arguments.program}: cmake --preset release && cmake --build --preset release",
              file=sys.stderr)
        return 2
    if "million" in parts and not (pathlib.Path(arguments.out) / "bench.json").exists():
        print(f"missing: {arguments.out}/bench.json, for the peers of million: bench/run.py", file=sys.stderr)
        return 2
    result = {"processor": bench.processor(), "load_before": os.getloadavg(), "threads": arguments.threads,
              "rounds": arguments.rounds}
    try:
        for part in parts:
            result[part] = PARTS[part](arguments)
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 1
    out = pathlib.Path(arguments.out)
    out.mkdir(parents=True, exist_ok=True)
    (out / "whole-run.json").write_text(json.dumps(result, indent=1) + "\n")
    print(f"written: {out / 'whole-run.json'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
