#!/usr/bin/python3
"""The benchmark: the engine, its peers and the machine under them, measured interleaved in one run.

    cmake --preset release -DINITSWEEP_BENCH=ON && cmake --build --preset release --target bench
    bench/run.py [--build build/release] [-o out]

It builds nothing: if something is missing, it says what and how to get it. Every round measures the machine, the engine
and every peer on every shape once (A B C A B C ...). Rates are medians over rounds; ratios and fractions are medians of
the ratios of each round. Before the rounds each peer's loss after 10 steps is compared with the engine's, and each
peer's settings are tried. Prints the table, writes bench.json, roofline.png and roofline.svg. Exit status: 0 done, 1 a
peer disagrees, 2 something is missing. docs/benchmarks.md says what is measured and how each peer is run.
"""
import argparse
import datetime
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys

from published import TITLES

BENCH = pathlib.Path(__file__).resolve().parent
PYTHON = "/usr/bin/python3"
PRECISIONS = {"float32": ("float", 4, 16), "float64": ("double", 8, 8)}  # C's name, bytes, lanes
SCALAR = {"scalar_c": "peer_scalar", "scalar_c_fast": "peer_scalar_fast", "fann": "peer_fann"}
PYTHON_PEERS = ["torch_autograd", "torch_eager", "torch_bmm", "torch_vmap", "torch_lanes", "numpy_batched"]
PEERS = PYTHON_PEERS + list(SCALAR)
#: relative difference allowed between losses after 10 steps
TOLERANCE = {"float32": 1e-4, "float64": 1e-9}
#: the peers that are not compared with the same tolerance: FANN keeps its learning rate in float32
FANN_TOLERANCE = {"float32": 1e-4, "float64": 1e-6}
READS = {"L1": 16, "L2": 256, "memory": 128 << 10}  # KiB of the working sets of the roofline's slopes
TANH_BOUND = ("2-2-1", "2-16-1")
#: shapes of the second table, in float32, and its numbers of networks
COUNTED = ("64-32-32-10", "64-128-128-10", "784-256-256-10", "784-1024-1024-10")
COUNTS = (1, 2, 3, 5, 8, 16, 17)
TOGETHER = ("torch_bmm", "torch_vmap", "numpy_batched")  # peers whose packs may have any number of networks
SINGLE = ("784-1024-1024-10",)  # shapes that are measured in float32 only


class Worker:
    """A program that answers each line of its input, a request, with one line of JSON."""

    def __init__(self, command, core=None):
        environment = {k: v for k, v in os.environ.items() if k not in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")}
        environment.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")
        pin = (lambda: os.sched_setaffinity(0, {core})) if core is not None else None
        self.command = command
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env=environment, preexec_fn=pin)

    def ask(self, *words):
        """Sends a request; returns the answer, a dict. An answer with "error" raises RuntimeError."""
        self.process.stdin.write(" ".join(str(word) for word in words) + "\n")
        self.process.stdin.flush()
        return self.read()

    def read(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.command[0]} ended with status {self.process.wait()}")
        answer = json.loads(line)
        if "error" in answer:
            raise RuntimeError(f"{pathlib.Path(self.command[-1]).name}: {answer['error']}")
        return answer

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def missing(build, peers):
    """What this run needs and does not find, each with what brings it."""
    lines = []
    programs = ["engine_bench"] + [f"{SCALAR[p]}_{c}" for p in peers if p in SCALAR for c, _, _ in PRECISIONS.values()]
    for name in programs:
        if not (build / "bench" / name).exists():
            package = " (apt-get install libfann-dev, then configure again)" if "fann" in name else ""
            lines.append(f"{build / 'bench' / name}: cmake --preset release -DINITSWEEP_BENCH=ON && cmake --build "
                         f"--preset release --target bench{package}")
    modules = ["numpy", "matplotlib"] + (["torch"] if any(p.startswith("torch") for p in peers) else [])
    for module in modules:
        if subprocess.run([PYTHON, "-c", f"import {module}"], capture_output=True).returncode:
            lines.append(f"Python's {module}: apt-get install python3-{module}")
    return lines


class Run:
    """All that is measured. samples: (what, case, precision, name) -> one number a round."""

    def __init__(self, arguments):
        self.arguments = arguments
        self.build = pathlib.Path(arguments.build)
        self.out = pathlib.Path(arguments.out)
        self.samples, self.checks, self.settings, self.cases = {}, [], {}, {}
        self.workers = []
        core = arguments.core
        self.engine = self.worker([str(self.build / "bench/engine_bench")], core)
        self.python = self.worker([PYTHON, str(BENCH / "peers.py")], core)
        self.c = {(peer, precision): self.worker([str(self.build / "bench" / f"{SCALAR[peer]}_{c}")], core)
                  for peer in arguments.peers if peer in SCALAR for precision, (c, _, _) in PRECISIONS.items()}
        self.info = self.python.ask("info")
        listed = self.engine.ask("list")
        self.kernels = listed["kernels"]
        self.names = [case for case in listed["cases"] if case in arguments.cases or not arguments.cases]

    def worker(self, *arguments):
        self.workers.append(Worker(*arguments))
        return self.workers[-1]

    def close(self):
        for worker in self.workers:
            worker.close()

    def write_cases(self):
        folder = self.out / "bench-cases"
        folder.mkdir(parents=True, exist_ok=True)
        answer = self.engine.ask("write", folder)
        while answer["what"] == "case":
            self.cases[answer["case"], answer["precision"]] = answer
            answer = self.engine.read()

    def plan(self):
        """(case, precision) in the order of measuring."""
        return [(case, precision) for precision in self.arguments.precisions for case in self.names
                if precision == "float32" or case not in SINGLE]

    def counted(self):
        """The shapes of the second table."""
        return [case for case, precision in self.plan() if precision == "float32" and case in COUNTED]

    # ---- before the rounds: settings and agreement -----------------------------------------------------------------

    def tune(self, case, precision, peer, kept=2, count=()):
        """The best settings of a peer, tried for a moment each; count: only for so many networks."""
        path = self.cases[case, precision]["path"]
        if peer in SCALAR:
            return [""]
        tried = []
        for setting in self.python.ask("settings", path, peer, *count)["settings"]:
            tried.append((self.python.ask("measure", path, peer, setting, 0.2 * self.arguments.seconds)["rate"],
                          setting))
        return [setting for _, setting in sorted(tried, reverse=True)[:kept]]

    def agree(self, case, precision, peer, setting):
        """Compares losses after 10 steps with the engine's, network by network."""
        import numpy
        path = self.cases[case, precision]["path"]
        words = numpy.fromfile(path, "<f8")
        expected = words[-16:]
        worker = self.c[peer, precision] if peer in SCALAR else self.python
        found = worker.ask(*["check", path] + ([peer, setting] if peer not in SCALAR else []))["losses"]
        entry = {"case": case, "precision": precision, "peer": peer, "setting": setting}
        if None in found:
            entry.update(agrees=None, note="has no such loss")
        else:
            difference = numpy.abs(numpy.array(found) / numpy.resize(expected, len(found)) - 1)
            limit = (FANN_TOLERANCE if peer == "fann" else TOLERANCE)[precision]
            within = int((difference <= limit).sum())
            # FANN clips a saturated unit's derivative: those networks go another way
            enough = within >= len(found) / 2 if peer == "fann" else within == len(found)
            entry.update(agrees=bool(enough), largest=float(difference.max()), median=float(numpy.median(difference)),
                         within=within, of=len(found), limit=limit)
        self.checks.append(entry)
        return entry["agrees"] is not False

    def prepare(self):
        for case, precision in self.plan():
            for peer in self.arguments.peers:
                say(f"trying {peer} on {case} {precision}")
                kept = [s for s in self.tune(case, precision, peer) if self.agree(case, precision, peer, s)]
                self.settings[case, precision, peer] = kept
        for case in self.counted():
            for peer in self.together():
                for count in COUNTS:
                    say(f"trying {peer} on {count} networks {case}")
                    (setting,) = self.tune(case, "float32", peer, kept=1, count=(count,))
                    if self.agree(case, "float32", peer, setting):
                        self.settings[case, peer, count] = setting
        say("")

    def together(self):
        return [peer for peer in self.arguments.peers if peer in TOGETHER]

    # ---- the rounds ------------------------------------------------------------------------------------------------

    def note(self, number, *key):
        self.samples.setdefault(key, []).append(number)

    def round(self, number):
        seconds = self.arguments.seconds
        best = self.kernels[0]
        self.note(self.engine.ask("triad", best, seconds)["bytes"], "triad", "", "", best)
        for level, kib in READS.items():
            self.note(self.engine.ask("read", kib, best, 0.5 * seconds)["bytes"], "read", "", "", level)
        for case, precision in self.plan():
            say(f"round {number + 1} of {self.arguments.rounds}: {case} {precision}")
            path = self.cases[case, precision]["path"]
            for kernels in self.kernels:
                peak = self.engine.ask("fma", precision, kernels, 0.25 * seconds)["flops"]
                tanh = self.engine.ask("tanh", precision, kernels, 0.25 * seconds)["seconds_per_vector"]
                answer = self.engine.ask("measure", case, precision, kernels, seconds)
                alone = self.engine.ask("alone", case, precision, kernels, seconds)
                self.note(peak, "fma", case, precision, kernels)
                self.note(tanh, "tanh", case, precision, kernels)
                self.note(answer["rate"], "engine", case, precision, kernels)
                self.note(alone["rate"], "alone", case, precision, kernels)
            for peer in self.arguments.peers:
                for setting in self.settings[case, precision, peer]:
                    if peer in SCALAR:
                        answer = self.c[peer, precision].ask("measure", path, seconds)
                    else:
                        answer = self.python.ask("measure", path, peer, setting, seconds)
                    self.note(answer["rate"], "peer", case, precision, f"{peer} {setting}".strip())
        for case in self.counted():
            say(f"round {number + 1} of {self.arguments.rounds}: few networks {case}")
            for peer in self.together():
                for count in COUNTS:
                    if (case, peer, count) in self.settings:
                        answer = self.python.ask("measure", self.cases[case, "float32"]["path"], peer,
                                                 self.settings[case, peer, count], seconds)
                        self.note(answer["rate"], "count", case, peer, count)

    # ---- results ---------------------------------------------------------------------------------------------------

    def median(self, *key):
        return statistics.median(self.samples[key])

    def ratio(self, above, below):
        """Median over rounds of the rounds' ratios; above has a number per round."""
        return statistics.median(a / b for a, b in zip(above, self.samples[below]))

    def engine_of(self, *key):
        """Rates of a full pack's networks in the layout that is faster, as the program chooses it, and its name."""
        return max((self.samples["engine", *key], "networks"), (self.samples["alone", *key], "units"),
                   key=lambda found: statistics.median(found[0]))

    def peers_of(self, case, precision):
        """{peer: (median rate, name with setting)}, the better setting of each."""
        found = {}
        for peer in self.arguments.peers:
            names = [f"{peer} {s}".strip() for s in self.settings[case, precision, peer]]
            rated = [(self.median("peer", case, precision, name), name) for name in names]
            if rated:
                found[peer] = max(rated)
        return found

    def row(self, case, precision):
        """One line of the table. The engine's kernels are the faster ones; all of them stand under "kernels"."""
        info = self.cases[case, precision]
        size = [int(n) for n in case.split("-")]
        lanes, item = PRECISIONS[precision][2], PRECISIONS[precision][1]
        kernels = {}
        for name in self.kernels:
            key = (case, precision, name)
            rates, layout = self.engine_of(*key)
            flops = [rate * info["flops_per_step"] for rate in rates]
            alone = [rate * info["flops_per_step"] for rate in self.samples[("alone", *key)]]
            vectors = info["batch"] * sum(size[1:-1])
            kernels[name] = {
                "rate": statistics.median(rates), "layout": layout, "networks": self.median("engine", *key),
                "flops": statistics.median(flops),
                "of_peak": statistics.median(f / p for f, p in zip(flops, self.samples[("fma", *key)])),
                "alone": self.median("alone", *key),
                "alone_of_peak": statistics.median(f / p for f, p in zip(alone, self.samples[("fma", *key)])),
                "times_tanh": statistics.median(lanes / rate / (vectors * t) for rate, t in
                                                zip(rates, self.samples[("tanh", *key)]))}
        best = max(kernels, key=lambda name: kernels[name]["rate"])
        engine, _ = self.engine_of(case, precision, best)
        peers = self.peers_of(case, precision)
        # each weight read and written once, each unit's activation and delta written and read once, inputs shared by
        # the pack
        compulsory = item * (2 * info["parameters"] + 4 * info["batch"] * sum(size[1:])
                             + info["batch"] * size[0] / lanes)
        row = {"case": case, "precision": precision, "batch": info["batch"], "flops_per_step": info["flops_per_step"],
               "intensity": info["flops_per_step"] / compulsory, "best_kernels": best, "kernels": kernels,
               "peers": {peer: {"rate": rate, "name": name,
                                "ratio": self.ratio(engine, ("peer", case, precision, name))}
                         for peer, (rate, name) in peers.items()}}
        for label, names in (("best_peer", list(peers)),
                             ("best_pytorch", [p for p in peers
                                               if p in ("torch_autograd", "torch_eager", "torch_bmm", "torch_vmap")])):
            if names:
                rate, name = max(peers[p] for p in names)
                row[label] = {"name": name, "rate": rate,
                              "ratio": self.ratio(engine, ("peer", case, precision, name))}
        return row

    def rates_of(self, case, kernels, count):
        """Network-steps/s of `count` networks, a number per round: packs with networks in lanes, of which the last may
        not be full, or networks alone, or full packs and the others alone; isw_cost_alone chooses among these."""
        lanes, rates = PRECISIONS["float32"][2], []
        full, rest = divmod(count, lanes)
        for together, alone in zip(self.samples["engine", case, "float32", kernels],
                                   self.samples["alone", case, "float32", kernels]):
            pack, one = lanes / together, 1 / alone
            rates.append(count / min((full + (rest > 0)) * pack, count * one, full * pack + rest * one))
        return rates

    def count_row(self, case, count):
        """One line of the second table. A peer of single networks has one rate for all counts."""
        kernels = self.kernels[0]
        engine = self.rates_of(case, kernels, count)
        flops = self.cases[case, "float32"]["flops_per_step"]
        rounds = {peer: self.samples["peer", case, "float32", name] for peer, (_, name) in
                  self.peers_of(case, "float32").items() if peer not in TOGETHER + ("torch_lanes",)}
        rounds |= {peer: self.samples["count", case, peer, count] for peer in self.together()
                   if (case, peer, count) in self.settings}
        return {"case": case, "count": count, "kernels": kernels, "rate": statistics.median(engine),
                "of_peak": statistics.median(rate * flops / peak for rate, peak in
                                             zip(engine, self.samples["fma", case, "float32", kernels])),
                "peers": {peer: {"rate": statistics.median(rates),
                                 "ratio": statistics.median(a / b for a, b in zip(engine, rates))}
                          for peer, rates in rounds.items()}}

    def result(self, started, load):
        rows = [self.row(case, precision) for case, precision in self.plan()]
        counts = [self.count_row(case, count) for case in self.counted() for count in COUNTS]
        machine = {"read": {level: self.median("read", "", "", level) for level in READS},
                   "triad": self.median("triad", "", "", self.kernels[0]), "fma": {}, "tanh_seconds_per_64_bytes": {}}
        for precision in self.arguments.precisions:
            for kernels in self.kernels:
                for what, to in (("fma", "fma"), ("tanh", "tanh_seconds_per_64_bytes")):
                    numbers = [n for case, of in self.plan() if of == precision
                               for n in self.samples[what, case, precision, kernels]]
                    machine[to][f"{precision} {kernels}"] = statistics.median(numbers)
        return {"started": started.isoformat(timespec="seconds"),
                "seconds": (datetime.datetime.now(datetime.timezone.utc) - started).total_seconds(),
                "processor": processor(), "cores": os.cpu_count(), "system": platform.platform(), "load_before": load,
                "load_after": os.getloadavg(), "rounds": self.arguments.rounds,
                "seconds_a_sample": self.arguments.seconds,
                "libraries": self.info, "machine": machine, "rows": rows, "counts": counts, "checks": self.checks,
                "samples": [dict(zip(("what", "case", "precision", "name"), key), rounds=numbers)
                            for key, numbers in self.samples.items()]}


def say(text):
    """Progress on a terminal's last line, nothing elsewhere."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="" if text else "\r", file=sys.stderr, flush=True)


def processor():
    with open("/proc/cpuinfo") as lines:
        names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def short(rate):
    """12345678 -> 12.3 M"""
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if rate >= size:
            return f"{rate / size:.3g} {unit}"
    return f"{rate:.3g} "


def table(result):
    lines = []
    machine = result["machine"]
    lines.append(f"{result['processor']}, {result['cores']} cores; medians of {result['rounds']} rounds, one core; "
                 f"load before {result['load_before'][0]:.1f}, after {result['load_after'][0]:.1f}")
    for name, flops in machine["fma"].items():
        tanh = machine["tanh_seconds_per_64_bytes"][name]
        lines.append(f"  {name}: FMA peak {flops / 1e9:.1f} GFLOP/s, tanh {tanh * 1e9:.2f} ns per 64 bytes")
    reads = ", ".join(f"{level} {rate / 1e9:.1f}" for level, rate in machine["read"].items())
    lines.append(f"  GB/s read: {reads}; triad {machine['triad'] / 1e9:.1f}")
    for precision in PRECISIONS:
        rows = [row for row in result["rows"] if row["precision"] == precision]
        if not rows:
            continue
        lines += ["", f"{precision}, network-steps/s a core"]
        lines.append(f"{'network':<15} {'batch':>5}  {'engine':>8} {'kernels':<7} {'of peak':>7} {'x tanh':>6}  "
                     f"{'PyTorch best':>12} {'ratio':>6}  {'best peer':>9} {'ratio':>6}  which")
        for row in rows:
            engine = row["kernels"][row["best_kernels"]]
            pytorch, best = row.get("best_pytorch"), row.get("best_peer")
            tanh = f"{engine['times_tanh']:.2f}" if row["case"] in TANH_BOUND else ""
            lines.append(f"{row['case']:<15} {row['batch']:>5}  {short(engine['rate']):>8} {row['best_kernels']:<7} "
                         f"{100 * engine['of_peak']:>6.1f}% {tanh:>6}  "
                         + (f"{short(pytorch['rate']):>12} {pytorch['ratio']:>5.1f}x" if pytorch else f"{'':>19}")
                         + (f"  {short(best['rate']):>9} {best['ratio']:>5.1f}x  {best['name']}" if best else ""))
        peers = [peer for peer in PEERS if any(peer in row["peers"] for row in rows)]
        if peers:
            lines += ["", f"{precision}, every peer", f"{'network':<15} "
                      + " ".join(f"{TITLES[peer]:>16}" for peer in peers)]
            for row in rows:
                lines.append(f"{row['case']:<15} " + " ".join(
                    f"{short(row['peers'][peer]['rate']) if peer in row['peers'] else '-':>16}" for peer in peers))
        kernels = list(rows[0]["kernels"])
        lines += ["", f"{precision}, every instruction set",
                  f"{'network':<15} " + " ".join(f"{k:>18}" for k in kernels)]
        for row in rows:
            lines.append(f"{row['case']:<15} " + " ".join(
                f"{short(row['kernels'][k]['rate']):>10} {100 * row['kernels'][k]['of_peak']:>6.1f}%" for k in kernels))
    if result["counts"]:
        peers = [peer for peer in PEERS if any(peer in row["peers"] for row in result["counts"])]
        lines += ["", "float32, few networks: network-steps/s a core, of all of them",
                  f"{'network':<17} {'count':>5} {'engine':>8} {'of peak':>7} "
                  + " ".join(f"{TITLES[peer]:>16}" for peer in peers)]
        for row in result["counts"]:
            rates = {peer: short(values["rate"]) for peer, values in row["peers"].items()}
            lines.append(f"{row['case']:<17} {row['count']:>5} {short(row['rate']):>8} {100 * row['of_peak']:>6.1f}% "
                         + " ".join(f"{rates.get(peer, '-'):>16}" for peer in peers))
    wrong = [c for c in result["checks"] if c["agrees"] is False]
    silent = sorted({(c["peer"], c["case"]) for c in result["checks"] if c["agrees"] is None})
    lines += ["", f"loss after 10 steps: {sum(c['agrees'] is True for c in result['checks'])} peers' settings agree "
                  f"with the engine, {len(wrong)} do not, {len(silent)} have no such loss"]
    for c in wrong:
        lines.append(f"  {c['peer']} {c['setting']} on {c['case']} {c['precision']}: off by {c['largest']:.2g}, "
                     f"allowed {c['limit']:.0e}")
    return "\n".join(lines)


def roofline(result, out):
    """FLOP/s over FLOPs a byte: the machine's roofs, the engine's shapes and each one's best peer."""
    import matplotlib
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    import numpy as np
    left = 0.12  # FLOPs a byte
    highest = max(result["machine"]["fma"].values()) / 1e9
    precisions = [p for p in PRECISIONS if any(row["precision"] == p for row in result["rows"])]
    figure, axes = plt.subplots(1, len(precisions), figsize=(7 * len(precisions), 5.5), squeeze=False, sharey=True)
    for axis, precision in zip(axes[0], precisions):
        rows = [row for row in result["rows"] if row["precision"] == precision]
        peaks = {name.split()[1]: f for name, f in result["machine"]["fma"].items() if name.startswith(precision)}
        top = max(peaks.values()) / 1e9
        x = np.geomspace(left, 64, 200)
        white = {"facecolor": "white", "edgecolor": "none", "pad": 1}
        for level, style in zip(result["machine"]["read"], ("-", "--", ":")):
            rate = result["machine"]["read"][level] / 1e9
            axis.plot(x, np.minimum(x * rate, top), style, color="0.35", linewidth=1)
            middle = np.sqrt(left * top / rate)  # of the slope, as the eye sees it
            axis.text(middle, middle * rate, f"{level} {rate:.0f} GB/s", fontsize=8, color="0.35", ha="center",
                      va="center", bbox=white)
        if min(peaks.values()) > 0.97 * max(peaks.values()):  # one line
            peaks = {" and ".join(sorted(peaks)): max(peaks.values())}
        for name, peak in peaks.items():
            axis.axhline(peak / 1e9, color="0.35", linewidth=0.8, linestyle="-." if peak / 1e9 < top else "-")
            axis.text(62, peak / 1e9 * 1.06, f"{name} FMA peak {peak / 1e9:.0f} GFLOP/s", ha="right", fontsize=8,
                      color="0.35")
        for row in rows:
            engine = row["kernels"][row["best_kernels"]]["flops"] / 1e9
            axis.plot(row["intensity"], engine, "o", color="#0072b2", markersize=8,
                      label="initsweep's engine" if row is rows[0] else None)
            if "best_peer" in row:
                theirs = row["best_peer"]["rate"] * row["flops_per_step"] / 1e9
                axis.plot(row["intensity"], theirs, "s", markerfacecolor="none", color="#d55e00", markersize=7,
                          label="best peer" if row is rows[0] else None)
                axis.plot([row["intensity"]] * 2, [theirs, engine], color="0.75", linewidth=0.8, zorder=0)
            lowest = min(engine, theirs) if "best_peer" in row else engine
            axis.annotate(row["case"], (row["intensity"], lowest), textcoords="offset points",
                          xytext=(-2, -7), fontsize=8, ha="left", va="top", rotation=-40, rotation_mode="anchor")
        axis.set(xscale="log", yscale="log", xlim=(left, 64), ylim=(0.5, 2 * highest), title=precision,
                 xlabel="FLOPs a byte that has to move (weights, units, inputs once)")
        axis.grid(alpha=0.2)
        axis.legend(loc="lower right")
    axes[0][0].set_ylabel("GFLOP/s on one core")
    figure.suptitle(f"Roofline: {result['processor']}, one core, medians of {result['rounds']} rounds")
    figure.tight_layout()
    for kind in ("png", "svg"):
        figure.savefig(out / f"roofline.{kind}", dpi=150)
    plt.close(figure)


def arguments_of(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/release", help=
                        "folder that the target bench was built in (default: %(default)s)")
    parser.add_argument("-o", "--out", default="out", help=
                        "folder of bench.json and the picture (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="default: %(default)s")
    parser.add_argument("--seconds", type=float, default=0.2, help="of one measurement (default: %(default)s)")
    parser.add_argument("--cases", nargs="+", default=[], metavar="CASE", help="only these shapes")
    parser.add_argument("--precisions", nargs="+", default=list(PRECISIONS), choices=list(PRECISIONS))
    parser.add_argument("--peers", nargs="*", default=PEERS, choices=PEERS, help="only these peers")
    parser.add_argument("--without", nargs="+", default=[], choices=PEERS, help="not these peers")
    parser.add_argument("--core", type=int, help="run everything on this core")
    parser.add_argument("--any-blas", action="store_true", help="go on where NumPy and PyTorch do not use OpenBLAS")
    arguments = parser.parse_args(argv)
    arguments.peers = [peer for peer in arguments.peers if peer not in arguments.without]
    if arguments.rounds < 1 or arguments.seconds <= 0:
        parser.error("at least one round of a positive time")
    return arguments


def main():
    arguments = arguments_of()
    lines = missing(pathlib.Path(arguments.build), arguments.peers)
    if lines:
        print("missing, each with what brings it:\n  " + "\n  ".join(lines), file=sys.stderr)
        return 2
    started, load = datetime.datetime.now(datetime.timezone.utc), os.getloadavg()
    run = Run(arguments)
    try:
        blas = run.info["blas"]
        if not arguments.any_blas and not any("openblas" in path for path in blas):
            print("missing: OpenBLAS, without which the peers are several times slower "
                  f"({', '.join(blas) or 'no BLAS'} is in use): apt-get install libopenblas0-pthread (--any-blas goes "
                  "on)", file=sys.stderr)
            return 2
        run.write_cases()
        run.prepare()
        for number in range(arguments.rounds):
            run.round(number)
        say("")
        result = run.result(started, load)
    except (RuntimeError, KeyboardInterrupt) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    finally:
        run.close()
    out = pathlib.Path(arguments.out)
    (out / "bench.json").write_text(json.dumps(result, indent=1) + "\n")
    roofline(result, out)
    print(table(result))
    print(f"\nwritten: {out / 'bench.json'}, {out / 'roofline.png'}, {out / 'roofline.svg'}")
    return 1 if any(c["agrees"] is False for c in result["checks"]) else 0


if __name__ == "__main__":
    sys.exit(main())
