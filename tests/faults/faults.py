#!/usr/bin/python3
"""Breaks runs in every way that can be counted, and says what was lost.

    faults.py [PART...] [--long] [--seed S]

Parts (all, where none is named):
    kill           kill -9 of a random rank at a random moment; resumed on another number of ranks
    signal         SIGTERM, SIGINT or SIGUSR1 to a random rank, likewise
    disk_full      the disk is full from the n-th write on
    failed_calls   the n-th write, read, sync, rename, open or allocation fails, for n = 1, 2, ... until none is reached
    signals_all_phases  a signal in every phase of every command: reading and making data, starts, probes, training,
                   gathering, calibration, and calls that do not return; each ends in time with 75, and nothing is lost
    damaged_bytes  every byte of a small run's journal, sweep and checkpoint files flipped, every length of them
    ranks          one rank's journal damaged, cut off, of another sweep, or replaced by something else; gathered, and
                   resumed on fewer and on more ranks
    output         a link, a FIFO, a folder, a device or a file at every name that a command opens
    hdf5           damage inside results files, HDF5 data and stored weights, read by every command that reads them
    memory         MALLOC_PERTURB_, and valgrind, on every command that reads or writes results
    paths          read-only and missing folders, a link, names with blanks and beyond ASCII

The last lines are a table: faults injected, networks finished before them, finished networks lost, results files that
differ from the uninterrupted run's, crashes, ends without a message, and commands that hang. Exit status 1 where one of
the last five is not 0. The short form thins every part out; --long is for a night. Needs INITSWEEP (the program) and
FAILING_CALLS (the library of failing_calls.c).
"""
import argparse
import contextlib
import glob
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import types

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "commands"))
import h5py  # noqa: E402
import part_hdf5  # noqa: E402
import part_memory  # noqa: E402
from program import ENVIRONMENT, MPIEXEC, PROGRAM, Case, ranks_of  # noqa: E402

FAILING_CALLS = os.environ["FAILING_CALLS"]
CRASHES = {-signal.SIGSEGV, -signal.SIGABRT, -signal.SIGBUS, -signal.SIGFPE, -signal.SIGILL, 134, 135, 136, 139}
KEYS = ("injected", "finished", "lost", "different", "crashes", "unclear", "hangs")

SMALL = """\
sweep: small
seed: 7
dataset: {name: xor}
network: {width: 3, activation: tanh}
train: {loss: mse, optimizer: adam, learning_rate: 0.05, steps: 20}
record: {steps: {geomspace: 4}, probes: [loss, distinct_units], weights: final}
grid:
  network.init: [zeros, glorot_uniform]
  network.depth: [1, 2]
  replicate: {range: [0, 9]}
"""
HEAD_BYTES = 40  # of a journal file without entries (docs/results-format.md)
# Cheap packs and packs that take a second, so that kills hit both
LONG = """\
sweep: long
seed: 3
dataset: {name: xor}
network: {width: 8, activation: tanh, init: he_normal}
train: {loss: mse, optimizer: adam, learning_rate: 0.01, batch_size: 3}
record: {steps: {geomspace: 12}, probes: [loss, gradient_norm], weights: final}
grid:
  - {network.depth: [2], train.steps: [%d], replicate: {range: [0, 31]}}
  - {network.depth: [2, 3], train.steps: [%d], replicate: {range: [0, 799]}}
"""


def contents(path):
    """Everything of a results file outside /provenance."""
    return Case.contents(types.SimpleNamespace(path=lambda name: name), path)


class Bench:
    """A folder to break things in, and the counts."""

    def __init__(self, folder, seed):
        self.folder = folder
        self.random = random.Random(seed)
        self.rows = {}

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return name

    def count(self, part, **counts):
        row = self.rows.setdefault(part, dict.fromkeys(KEYS, 0))
        for key, value in counts.items():
            row[key] += value

    def run(self, *words, ranks=0, timeout=600, wrapper=(), **environment):
        command = ([MPIEXEC, "-n", str(ranks)] if ranks else []) + [*wrapper, PROGRAM, *words]
        # TMPDIR: Open MPI fails now and then where other tests make and remove its session folders, too
        return subprocess.run(command, cwd=self.folder, env={**ENVIRONMENT, "TMPDIR": self.folder, **environment},
                              capture_output=True, text=True, errors="replace", check=False, timeout=timeout)

    def clean(self, *names):
        for name in names:
            for path in (self.path(name), *glob.glob(glob.escape(self.path(name)) + ".*.new")):
                if os.path.lexists(path):
                    os.remove(path)
            shutil.rmtree(self.path(name + ".parts"), ignore_errors=True)

    def journals(self, out):
        """Names of a run's journal files."""
        parts = self.path(out + ".parts")
        return {name for name in os.listdir(parts) if name.endswith(".journal")} if os.path.isdir(parts) else set()

    def journal_bytes(self, out):
        """Bytes of all its journal files together: they grow with every pack that is finished."""
        total = 0
        for name in self.journals(out):
            try:
                total += os.path.getsize(self.path(f"{out}.parts/{name}"))
            except FileNotFoundError:  # the run has ended meanwhile
                pass
        return total

    def finished(self, out):
        """Networks that are in the results file, or else those that `gather` finds in a run's journal."""
        if os.path.exists(self.path(out)):  # killed while its folder was removed
            with h5py.File(self.path(out), "r") as file:
                return int((file["status"][()] != 0).sum())
        if not os.path.exists(self.path(out + ".parts/sweep")):
            return 0
        self.clean("gathered.h5")
        done = self.run("gather", out + ".parts", "-o", "gathered.h5")
        if done.returncode != 0:
            print("gather:", done.stderr)
            return -1
        with h5py.File(self.path("gathered.h5"), "r") as file:
            return int((file["status"][()] != 0).sum())

    def judge(self, part, done, expected=(1,)):
        """A run that was broken: did it crash, did it say why?"""
        crash = done.returncode in CRASHES
        said = "initsweep" in done.stderr or ": error: " in done.stderr
        unclear = done.returncode not in (0, *expected) or (done.returncode != 0 and not said)
        if crash or unclear:
            print(f"{part}: exit status {done.returncode}: {done.stderr!r}")
        self.count(part, injected=1, crashes=crash, unclear=unclear and not crash)

    def same(self, part, out, whole):
        different = not os.path.exists(self.path(out)) or contents(self.path(out)) != whole
        if different:
            print(f"{part}: {out} differs")
        self.count(part, different=different)

    def whole(self, name, text):
        self.write(name, text)
        done = self.run("run", name, "-o", "whole.h5", "--quiet")
        assert done.returncode == 0, done.stderr
        whole = contents(self.path("whole.h5"))
        os.remove(self.path("whole.h5"))
        return whole


def watch(process, patience=5):
    """Waits for a launcher. Open MPI's may wait for ever for ranks of which none is left: then it is killed, and 1
    returned."""
    alone = time.monotonic()
    while process.poll() is None and time.monotonic() - alone < patience:
        if ranks_of(process.pid) != [process.pid]:
            alone = time.monotonic()
        time.sleep(0.02)
    if process.poll() is not None:
        return 0
    process.kill()
    return 1


def kill(bench, long, part="kill"):
    """Random moments, random ranks; what was finished must still be there when the next run begins."""
    total = (220 if part == "kill" else 60) if long else (16 if part == "kill" else 6)
    text = LONG % (300000, 4000)
    whole = bench.whole("long.yaml", text)
    injected, grace, hung = 0, 0.0, 0
    while injected < total:
        bench.clean("out.h5")
        before = 0
        for _ in range(8):
            if injected == total:
                break
            ranks = bench.random.choice([1, 2, 3, 4])
            there = bench.journals("out.h5")
            process = subprocess.Popen([MPIEXEC, "-n", str(ranks), PROGRAM, "run", "long.yaml", "-o", "out.h5",
                                        "--checkpoint",
                                        "0.1"], cwd=bench.folder, env=ENVIRONMENT, stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE, text=True, errors="replace")
            deadline = time.monotonic() + 30
            # a kill may come while the ranks start; a signal is caught from the program's first moment on
            while ((part == "signal" and bench.journals("out.h5") <= there
                    or not os.path.exists(bench.path("out.h5.parts/sweep")))
                   and process.poll() is None and time.monotonic() < deadline):
                time.sleep(0.005)
            # every other kill comes after packs were finished, on however busy a machine
            size = bench.journal_bytes("out.h5") + HEAD_BYTES * ranks
            while (injected % 2 == 0 and bench.journal_bytes("out.h5") <= size
                   and process.poll() is None and time.monotonic() < deadline):
                time.sleep(0.005)
            time.sleep(bench.random.uniform(0, 0.6))
            # a signal to mpirun itself, where all ranks have ended, makes it end with 1 and without a message
            victims = [pid for pid in ranks_of(process.pid) if pid != process.pid]
            if process.poll() is None and victims:
                victim = bench.random.choice(victims)
                number = signal.SIGKILL if part == "kill" else bench.random.choice(
                    [signal.SIGTERM, signal.SIGINT, signal.SIGUSR1])
                try:
                    os.kill(victim, number)
                except ProcessLookupError:
                    pass
            sent = time.monotonic()
            hung += watch(process)
            _, error = process.communicate(timeout=600)
            grace = max(grace, time.monotonic() - sent)
            if process.returncode == 0:  # it was faster
                bench.same(part, "out.h5", whole)
                bench.clean("out.h5")
                before = 0
                continue
            injected += 1
            if injected % 20 == 0:
                print(f"{part}: {injected} of {total}", flush=True)
            if part == "signal":
                bench.count(part, unclear=process.returncode != 75 or "interrupted" not in error)
                if process.returncode != 75:
                    print(f"{part}: exit status {process.returncode}: {error!r}")
            now = bench.finished("out.h5")
            lost = max(0, before - now)
            bench.count(part, injected=1, finished=max(now, 0), lost=lost, crashes=now < 0)
            before = max(before, now)
        if os.path.exists(bench.path("out.h5.parts")):
            done = bench.run("run", "long.yaml", "-o", "out.h5", ranks=bench.random.choice([1, 2, 3]))
            kept = re.search(r"continuing: (\d+) networks|(\d+) networks; nothing to do", done.stderr + done.stdout)
            # more than were counted, where ranks outlived a launcher that was killed
            lost = max(0, before - (int(kept.group(1) or kept.group(2)) if kept else 0))
            if lost > 0:
                print(f"{part}: {before} networks were finished: {done.stderr!r}")
            bench.count(part, lost=lost)
            bench.same(part, "out.h5", whole)
    print(f"{part}: at most {grace:.1f} s from the signal to the end of all ranks" +
          (f"; {hung} times mpirun waited for ranks that had all ended, and was killed" if hung else ""))


def second_interrupt(bench):
    """The disk hangs while the first SIGINT saves what is there: the second one does not wait for it."""
    bench.clean("out.h5", "report")
    process = subprocess.Popen([PROGRAM, "run", "long.yaml", "-o", "out.h5", "--checkpoint", "0.1"], cwd=bench.folder,
                               env={**ENVIRONMENT, "LD_PRELOAD": FAILING_CALLS, "FAULT_KIND": "hang", "FAULT_AT": "3",
                                    "FAULT_UNDER": bench.path("out.h5"), "FAULT_REPORT": bench.path("report")},
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while not os.path.exists(bench.path("report")) and process.poll() is None:
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    time.sleep(0.2)
    waited = process.poll() is None
    process.send_signal(signal.SIGINT)
    try:
        _, error = process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        _, error = process.communicate()
    if not waited or process.returncode != 75:
        print(f"second SIGINT: exit status {process.returncode}: {error!r}")
    bench.count("signal", injected=1, unclear=not waited or process.returncode != 75)
    bench.clean("out.h5")


def signals(bench, long):
    kill(bench, long, "signal")
    second_interrupt(bench)


# Phases of a run that take minutes if they are not interrupted
SLOW = """\
sweep: slow
seed: 1
dataset: {name: teacher, samples: 64, features: %(features)s, outputs: %(outputs)s}
network: {depth: 1, width: %(width)s, activation: tanh, init: %(init)s}
train: {loss: mse, optimizer: sgd, learning_rate: 0.01, steps: %(steps)s}
record: {steps: [0], probes: [%(probes)s]}
grid: {replicate: {range: [0, 15]}}
"""
LARGE = {"features": 1000, "outputs": 1, "width": 1000, "init": "he_normal", "steps": 1000000, "probes": "loss"}
SLOW_RUNS = {
    "orthogonal": {"init": "orthogonal"},
    "lsuv": {"init": "lsuv"},
    "training": {},
    "singular values": {"probes": "singular_value_max"},
    "mean_cosine": {"features": 20, "width": 30000, "probes": "mean_cosine"},
    "jacobian": {"outputs": 200, "probes": "jacobian_singular_value_max"},
    "hessian": {"features": 200, "probes": "hessian_max"},
}
SLOW_DATA = """\
sweep: data
dataset: {name: %s, samples: 4000, features: 3000, %s}
network: {depth: 1, width: 3, activation: tanh, init: zeros}
train: {loss: mse, optimizer: sgd, learning_rate: 0.01, steps: 1}
"""


def catches_signals(pid):
    """Whether a process has its handlers, which is so from the first moment of main on."""
    try:
        with open(f"/proc/{pid}/status", encoding="utf-8") as file:
            caught = re.search(r"^SigCgt:\s*(\w+)$", file.read(), re.MULTILINE)
    except FileNotFoundError:
        return False
    return caught is not None and int(caught.group(1), 16) >> (signal.SIGUSR1 - 1) & 1 == 1


def signal_in_phase(bench, long, name, words, number=signal.SIGTERM, ranks=0, seconds=1.0, stdin=None, **environment):
    """Starts a command, sends a signal after some seconds (with FAULT_KIND in the environment: when the fault occurs)
    and judges its end."""
    part = "signals_all_phases"
    limit = 5.5 if long else 60  # the short form also runs on busy machines; all phases are longer than that
    bench.clean("report")
    command = ([MPIEXEC, "-n", str(ranks)] if ranks else []) + [PROGRAM, *words]
    if environment:
        environment.update(LD_PRELOAD=FAILING_CALLS, FAULT_REPORT=bench.path("report"))
    process = subprocess.Popen(command, cwd=bench.folder, env={**ENVIRONMENT, **environment}, stdin=stdin,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace")

    def processes():  # Open MPI's mpirun gives them 1 s after SIGTERM, so it is not sent to mpirun
        return [pid for pid in ranks_of(process.pid) if pid != process.pid] if ranks else [process.pid]

    while process.poll() is None and (len(processes()) < ranks or not all(map(catches_signals, processes()))
                                      or environment and not os.path.exists(bench.path("report"))):
        time.sleep(0.01)
    try:
        process.wait(0 if environment else seconds)
    except subprocess.TimeoutExpired:
        pass
    early = process.poll() is not None
    for pid in processes():
        with contextlib.suppress(ProcessLookupError):  # it has ended before the signal
            os.kill(pid, number)
    sent = time.monotonic()
    try:
        _, error = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        print(f"{part}: {name}: not ended after {limit} s")
        bench.count(part, injected=1, hangs=1)
        return
    unclear = early or process.returncode != 75 or "initsweep: interrupted" not in error
    crash = process.returncode in CRASHES
    print(f"{part}: {name}: {time.monotonic() - sent:.1f} s", flush=True)
    if unclear:
        print(f"{part}: {name}: exit status {process.returncode}{' before the signal' if early else ''}: {error!r}")
    bench.count(part, injected=1, crashes=crash, unclear=unclear and not crash)


def signals_in_runs(bench, long):
    """Data, starts and probes that take minutes."""
    numbers = [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGXCPU, signal.SIGUSR1]
    for i, (name, settings) in enumerate(SLOW_RUNS.items()):
        bench.clean("out.h5")
        bench.write("slow.yaml", SLOW % {**LARGE, **settings})
        for ranks in (0, 2) if long else (0,):
            signal_in_phase(bench, long, name, ("run", "slow.yaml", "-o", "out.h5"), numbers[i % 5], ranks,
                            seconds=8.0 if long else 3.0)
    bench.clean("out.h5")
    for name, more in (("linear_teacher", "outputs: 3"), ("teacher", "outputs: 6000, kind: linear")):
        bench.write("data.yaml", SLOW_DATA % (name, more))
        for words, ranks in ((("check", "data.yaml"), 0), (("plan", "data.yaml"), 0), (("run", "data.yaml"), 0),
                             (("run", "data.yaml"), 2)):
            signal_in_phase(bench, long, f"{name} {words[0]} {ranks}", words, ranks=ranks)


def signals_all_phases(bench, long):
    part = "signals_all_phases"
    whole = bench.whole("small.yaml", SMALL)
    signals_in_runs(bench, long)
    run, under = ("run", "small.yaml", "-o", "out.h5"), bench.path("out.h5")
    # no rename: all networks stay in the journal
    bench.run(*run, LD_PRELOAD=FAILING_CALLS, FAULT_KIND="rename", FAULT_AT="2", FAULT_UNDER=under)
    kept = bench.finished("out.h5")
    bench.clean("gathered.h5")
    reads = {"FAULT_KIND": "slow", "FAULT_UNDER": under + ".parts/rank"}
    for at in (1, 2, 3):
        for ranks in (0, 2):
            signal_in_phase(bench, long, f"reading {at} of the journal by run {ranks}", run, ranks=ranks,
                            FAULT_AT=str(at), **reads)
        signal_in_phase(bench, long, f"reading {at} of the journal by gather",
                        ("gather", "out.h5.parts", "-o", "gathered.h5"), FAULT_AT=str(at), **reads)
    for words in (run, ("gather", "out.h5.parts", "-o", "out.h5")):
        signal_in_phase(bench, long, f"a sync that hangs: {words[0]}", words, FAULT_KIND="hang", FAULT_AT="1",
                        FAULT_UNDER=under + ".")
    left = [name for name in os.listdir(bench.folder) if name in ("out.h5", "gathered.h5")]
    if left:
        print(f"{part}: {left} are there")
    bench.count(part, finished=kept, lost=kept - bench.finished("out.h5"), different=len(left))
    done = bench.run(*run)
    bench.count(part, lost=kept if f"continuing: {kept} networks" not in done.stderr else 0)
    bench.same(part, "out.h5", whole)
    # commands that keep nothing
    os.mkfifo(bench.path("pipe"))
    reads = {"FAULT_KIND": "slow", "FAULT_AT": "1", "FAULT_UNDER": under}
    for words in (("show", "out.h5"), ("verify", "out.h5"), ("replay", "out.h5", "--network", "0"), run,
                  ("show", "-f", "out.h5")):
        signal_in_phase(bench, long, f"reading OUT: {words[0]}", words, **reads)
    signal_in_phase(bench, long, "calibration", ("plan", "small.yaml", "--calibrate"), seconds=0.1)
    for words in (("run", "pipe"), ("check", "pipe")):
        signal_in_phase(bench, long, f"a pipe: {words[0]}", words, seconds=0.1)
    signal_in_phase(bench, long, "a terminal", ("run", "/dev/stdin"), seconds=0.1, stdin=subprocess.PIPE)
    os.remove(bench.path("pipe"))


def break_calls(bench, part, kind, whole, numbers, *words):
    """The n-th call fails; then a clean run must finish with the same file."""
    for n in numbers:
        bench.clean("out.h5", "report")
        done = bench.run("run", "small.yaml", "-o", "out.h5", "--checkpoint", "0", *words, LD_PRELOAD=FAILING_CALLS,
                         FAULT_KIND=kind,
                         FAULT_AT=str(n), FAULT_UNDER=bench.path("out.h5"), FAULT_REPORT=bench.path("report"))
        if not os.path.exists(bench.path("report")):
            return n - 1
        bench.judge(part, done, (1, 2))
        if done.returncode == 0 or os.path.exists(bench.path("out.h5")):
            bench.same(part, "out.h5", whole)  # whole or not there: never half written
        safe = bench.finished("out.h5")
        bench.count(part, finished=max(safe, 0), crashes=safe < 0)
        done = bench.run("run", "small.yaml", "-o", "out.h5", *words)
        if done.returncode != 0:
            print(f"{part} {n}: the clean run failed: {done.stderr}")
        elif safe > 0 and f"continuing: {safe} networks" not in done.stderr and "nothing to do" not in done.stdout:
            print(f"{part} {n}: {safe} networks were safe: {done.stderr}")
            bench.count(part, lost=safe)
        bench.same(part, "out.h5", whole)
    return None


def steps(bench, long, most, density):
    """1, 2, 3, ... or, in the short form, a random sample of it that ends beyond `most`."""
    if long:
        return range(1, 1000000)
    return [*sorted(bench.random.sample(range(1, most + 1), min(density, most))), 1000000]


def disk_full(bench, long):
    whole = bench.whole("small.yaml", SMALL)
    break_calls(bench, "disk_full", "full", whole, steps(bench, long, 60, 8))


def failed_calls(bench, long):
    whole = bench.whole("small.yaml", SMALL)
    for kind, most, density in (("write", 60, 6), ("read", 30, 5), ("sync", 12, 5), ("rename", 3, 3), ("open", 20, 5),
                                ("malloc", 600, 14)):
        reached = break_calls(bench, kind, kind, whole, steps(bench, long, most, density))
        if long:
            print(f"{kind}: {reached} calls")


def flipped(bench, part, files, whole, every):
    """Each byte of the files flipped, each length: gather tells, or gives right values; it never crashes or gives wrong
    ones."""
    def judged():
        if os.path.exists(bench.path("x.h5")):
            os.remove(bench.path("x.h5"))
        done = bench.run("gather", "out.h5.parts", "-o", "x.h5")
        bench.judge(part, done, (1, 2))
        if done.returncode != 0:
            return
        with h5py.File(bench.path("x.h5"), "r") as file:
            there = file["status"][()] != 0
            for name in ("status", "steps_done", "loss", "distinct_units", "weights_final"):
                if file[name][()][there].tobytes() != whole[name][there].tobytes():
                    print(f"{part}: {name} is wrong")
                    bench.count(part, different=1)

    for name in files:
        path = bench.path("out.h5.parts/" + name)
        with open(path, "rb") as file:
            right = file.read()
        for place in range(bench.random.randrange(every), len(right), every):
            with open(path, "wb") as file:
                file.write(right[:place] + bytes([right[place] ^ (1 << bench.random.randrange(8))]) + right[place + 1:])
            judged()
            with open(path, "wb") as file:
                file.write(right[:place])
            judged()
        with open(path, "wb") as file:
            file.write(right)


def damaged_bytes(bench, long):
    bench.clean("out.h5")
    bench.write("small.yaml", SMALL)
    done = bench.run("run", "small.yaml", "-o", "whole.h5", "--quiet", "--set", "grid.replicate=[0, 1]")
    assert done.returncode == 0, done.stderr
    with h5py.File(bench.path("whole.h5"), "r") as file:
        whole = {name: file[name][()] for name in ("status", "steps_done", "loss", "distinct_units", "weights_final")}
    # the results file cannot be renamed (the first rename is that of the journal's own file), so the journal stays
    bench.run("run", "small.yaml", "-o", "out.h5", "--set", "grid.replicate=[0, 1]", LD_PRELOAD=FAILING_CALLS,
              FAULT_KIND="rename", FAULT_AT="2", FAULT_UNDER=bench.path("out.h5"))
    files = sorted(name for name in os.listdir(bench.path("out.h5.parts")) if name.endswith(".journal")
                   or name == "sweep")
    flipped(bench, "damaged_bytes", files, whole, 1 if long else 29)


MANY = """\
sweep: many
seed: 4
dataset: {name: xor}
network: {width: 8, activation: tanh, init: he_normal, depth: 2}
train: {loss: mse, optimizer: adam, learning_rate: 0.01, batch_size: 3, steps: 300}
record: {steps: {geomspace: 5}, probes: [loss], weights: final}
grid: {replicate: {range: [0, 799]}}
"""


def replaced(make):
    """A way to break a journal: another thing has its name."""
    def at(path, _):
        os.remove(path)
        make(path)
    return at


def rewritten(change):
    """A way to break a journal: its bytes, with the checksum of the head as it was."""
    def at(path, other):
        with open(path, "rb") as file:
            bytes_ = file.read()
        with open(path, "wb") as file:
            file.write(change(bytes_, other))
    return at


BROKEN_JOURNALS = {  # name -> way
    "a wrong byte of the head": rewritten(lambda old, _: old[:9] + bytes([old[9] ^ 64]) + old[10:]),
    "no magic": rewritten(lambda old, _: b"x" + old[1:]),
    "cut off in the head": rewritten(lambda old, _: old[:21]),
    "cut off in an entry": rewritten(lambda old, _: old[:len(old) // 2 + 3]),
    "empty": rewritten(lambda old, _: b""),
    "zeros": rewritten(lambda old, _: bytes(len(old))),
    "of another sweep": rewritten(lambda _, other: other),
    "a folder": replaced(os.mkdir),
    "a FIFO": replaced(os.mkfifo),
    "a link to nothing": replaced(lambda path: os.symlink("nothing", path)),
    "a link to itself": replaced(lambda path: os.symlink(os.path.basename(path), path)),
}


def ranks(bench, long):
    """What the other journals hold is kept, and the broken one is named."""
    part = "ranks"
    whole = bench.whole("many.yaml", MANY)
    kept_parts = {"LD_PRELOAD": FAILING_CALLS, "FAULT_KIND": "rename", "FAULT_AT": "2"}
    out = bench.path("out.h5")
    bench.write("small.yaml", SMALL)
    bench.run("run", "small.yaml", "-o", "other.h5", **kept_parts, FAULT_UNDER=bench.path("other.h5"))
    with open(glob.glob(bench.path("other.h5.parts/*.journal"))[0], "rb") as file:
        other = file.read()
    bench.run("run", "many.yaml", "-o", "out.h5", ranks=3, **kept_parts, FAULT_UNDER=out)
    os.rename(out + ".parts", bench.path("template"))
    journals = sorted(name for name in os.listdir(bench.path("template")) if name.endswith(".journal"))
    cases = [(way, journals[i % len(journals)], number) for i, way in enumerate(BROKEN_JOURNALS)
             for number in ((0, 1, 2, 5) if long else ((0, 2, 5)[i % 3],))]
    for way, journal, number in cases:
        bench.clean("out.h5")
        shutil.copytree(bench.path("template"), out + ".parts")
        os.remove(os.path.join(out + ".parts", journal))
        good = bench.finished("out.h5")  # in the others
        shutil.copy(os.path.join(bench.path("template"), journal), out + ".parts")
        BROKEN_JOURNALS[way](os.path.join(out + ".parts", journal), other)
        found = bench.finished("out.h5")
        done = bench.run("run", "many.yaml", "-o", "out.h5", ranks=number, timeout=300)
        kept = re.search(r"continuing: (\d+) networks", done.stderr)
        lost = max(0, good - found) + max(0, good - (int(kept.group(1)) if kept else 0))
        # an empty file has lost nothing that anybody could name
        unclear = done.returncode != 0 or not (way == "empty" or "damaged entries" in done.stderr
                                               or journal + ".set-aside" in done.stderr)
        if lost or unclear:
            print(f"{part}: {way}, {number} ranks: {good} good, {found} gathered: {done.stderr!r}")
        bench.count(part, injected=1, finished=good, lost=lost, unclear=unclear, crashes=done.returncode in CRASHES)
        bench.same(part, "out.h5", whole)
        if "set-aside" in done.stderr:  # what may be somebody's is not removed
            bench.count(part, lost=not os.path.lexists(os.path.join(out + ".parts", journal + ".set-aside")))
    bench.clean("out.h5", "other.h5")
    shutil.rmtree(bench.path("template"))


def write_words(path):
    with open(path, "w", encoding="utf-8") as file:
        file.write("words\n")


# What may have a name, and how it is made
THINGS = {
    "a folder": os.mkdir,
    "a FIFO": os.mkfifo,
    "a link to nothing": lambda path: os.symlink("nothing", path),
    "a link to itself": lambda path: os.symlink(os.path.basename(path), path),
    "a link to a FIFO": lambda path: os.symlink("pipe", path),
    "a link to a device": lambda path: os.symlink("/dev/zero", path),
    "a text": write_words,
}


def output(bench, long):
    """Nothing waits for another process, spins or destroys what has a name; the message comes before the training."""
    part = "output"
    bench.write("small.yaml", SMALL)
    bench.run("run", "small.yaml", "-o", "good.h5", "--quiet")
    bench.run("run", "small.yaml", "-o", "stopped.h5", LD_PRELOAD=FAILING_CALLS, FAULT_KIND="rename", FAULT_AT="2",
              FAULT_UNDER=bench.path("stopped.h5"))
    os.mkfifo(bench.path("pipe"))
    data = SMALL.replace("{name: xor}", "{name: %s, path: thing}")
    bench.write("csv.yaml", data % "csv")
    bench.write("npy.yaml", SMALL.replace("{name: xor}", "{name: npy, inputs: thing, targets: thing}"))
    bench.write("hdf5.yaml", SMALL.replace("{name: xor}", "{name: hdf5, path: thing, inputs: x, targets: y}"))
    bench.write("start.yaml", SMALL.replace("network.init: [zeros, glorot_uniform]",
                                            "network.init: [{name: file, path: thing}]"))
    cases = [("thing", words) for words in (
        ("run", "small.yaml", "-o", "thing"), ("gather", "stopped.h5.parts", "-o", "thing"),
        ("replay", "good.h5", "--network", "0", "-o", "thing"), ("new", "first", "-o", "thing"),
        ("run", "small.yaml", "-o", "thing/out.h5"), ("run", "thing"), ("check", "thing"), ("plan", "thing"),
        ("check", "csv.yaml"), ("check", "npy.yaml"), ("check", "hdf5.yaml"), ("check", "start.yaml"),
        ("show", "thing"), ("verify", "thing"), ("replay", "thing", "--network", "0"),
        ("gather", "thing", "-o", "new.h5"), ("show", "-f", "thing", "--every", "0.05"))]
    cases += [(name, words) for name in ("out.h5.parts", "out.h5.parts/lock", "out.h5.parts/sweep") for words in (
        ("run", "small.yaml", "-o", "out.h5"), ("show", "-f", "out.h5", "--every", "0.05"))]
    chosen = [(what, *case) for what in THINGS for case in cases]
    for what, name, words in chosen if long else bench.random.sample(chosen, 24):
        bench.clean("out.h5", "new.h5")
        path = bench.path(name)
        if "/" in name:
            os.mkdir(os.path.dirname(path))
        THINGS[what](path)
        before = os.lstat(path)
        try:
            done = bench.run(*words, timeout=30)
        except subprocess.TimeoutExpired:
            print(f"{part}: {what} at {name}: {' '.join(words)} hangs")
            bench.count(part, injected=1, hangs=1)
            done = None
        if done:
            # a run may use a folder, and replace what has the name of its lock or its manifest
            may = words[0] == "run" and (what == "a folder" or name.startswith("out.h5.parts/"))
            good = done.returncode == 0 and may
            if not good:
                bench.judge(part, done, (1, 2))
            else:
                bench.count(part, injected=1)
            if done.returncode == 0 and not good:
                print(f"{part}: {what} at {name}: {' '.join(words)} succeeds: {done.stdout!r}")
            bench.count(part, unclear=done.returncode == 0 and not good)
            after = os.lstat(path) if os.path.lexists(path) else None
            gone = not good and (not after or (before.st_ino, before.st_mode, before.st_size) !=
                                 (after.st_ino, after.st_mode, after.st_size) and what != "a folder")
            if gone:
                print(f"{part}: {what} at {name}: {' '.join(words)} has changed it")
            bench.count(part, lost=gone)
        if what == "a folder":
            shutil.rmtree(path, ignore_errors=True)
        elif os.path.lexists(path):
            os.remove(path)
    bench.clean("out.h5", "new.h5", "stopped.h5", "good.h5")
    os.remove(bench.path("pipe"))


def paths(bench, long):
    """Where a run cannot write it says so at once; odd names are names."""
    whole = bench.whole("small.yaml", SMALL)
    part = "paths"
    bench.judge(part, bench.run("run", "small.yaml", "-o", "nowhere/out.h5"), (2,))
    os.makedirs(bench.path("a folder"))
    bench.judge(part, bench.run("run", "small.yaml", "-o", "a folder/"), (2,))
    bench.judge(part, bench.run("run", "nothing.yaml"), (2,))
    bench.write("plain", "a file")
    bench.judge(part, bench.run("run", "small.yaml", "-o", "plain"), (2,))
    bench.judge(part, bench.run("run", "small.yaml", "-o", "plain/out.h5"))
    bench.write("taken.h5.parts", "a file")
    bench.judge(part, bench.run("run", "small.yaml", "-o", "taken.h5"), (2,))
    for out in ("blank name.h5", "größe-мера-量.h5", "%s%n.h5", "a folder/out.h5", "'quote\".h5"):
        done = bench.run("run", "small.yaml", "-o", out, "--quiet")
        bench.judge(part, done, ())
        bench.same(part, out, whole)
    os.symlink(bench.path("a folder"), bench.path("link"))
    bench.judge(part, bench.run("run", "small.yaml", "-o", "link/linked.h5", "--quiet"), ())
    bench.same(part, "a folder/linked.h5", whole)


def hdf5(bench, long):
    part_hdf5.hdf5(bench, long, SMALL)


def memory(bench, long):
    part_memory.memory(bench, long, contents)


PARTS = {"kill": kill, "signal": signals, "signals_all_phases": signals_all_phases, "disk_full": disk_full,
         "failed_calls": failed_calls, "damaged_bytes": damaged_bytes, "ranks": ranks, "output": output, "hdf5": hdf5,
         "memory": memory, "paths": paths}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART")
    parser.add_argument("--long", action="store_true", help="every call and byte, 220 kills")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    unknown = set(arguments.parts) - set(PARTS)
    if unknown:
        parser.error(f"no part {' '.join(sorted(unknown))}")
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(folder, arguments.seed)
        for part in arguments.parts or PARTS:
            start = time.monotonic()
            PARTS[part](bench, arguments.long)
            print(f"{part}: {time.monotonic() - start:.0f} s", flush=True)
    print(f"{'fault':19}" + "".join(f"{key:>11}" for key in KEYS))
    for part, row in bench.rows.items():
        print(f"{part:19}" + "".join(f"{row[key]:11}" for key in KEYS))
    sys.exit(any(row[key] for row in bench.rows.values() for key in KEYS[2:]))


if __name__ == "__main__":
    main()
