"""The part `memory` of faults.py: the main commands with freed memory overwritten (MALLOC_PERTURB_) and under valgrind.

The sanitizers do not see into libhdf5; these do.
"""
import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import requirements  # noqa: E402

FOLDER = os.path.dirname(os.path.abspath(__file__))
# Datasets of every kind: texts, weights, steps per network, quantities with and without layers, one number per network
SWEEP = """\
sweep: memory
seed: 7
dataset: {name: xor}
network: {width: 3, activation: tanh}
train: {loss: mse, optimizer: adam, learning_rate: 0.05}
record: {steps: {geomspace: 4}, probes: [loss, distinct_units, gradient_norm, escape_step], weights: both}
grid:
  network.init: [zeros, glorot_uniform]
  network.depth: [1, 2]
  train.steps: [20, 30]
  replicate: {range: [0, 3]}
"""
DATA = SWEEP.replace("dataset: {name: xor}", "dataset: {name: hdf5, path: data.h5, inputs: x, targets: t}")
WEIGHTS = SWEEP.replace("[zeros, glorot_uniform]", "[{name: file, path: whole.h5, network: 9}]").replace(
    "network.depth: [1, 2]", "network.depth: [1]").replace("weights: both", "weights: final")
# valgrind 3.19 does not know AVX-512, and its fused multiply-adds of AVX2 round twice, which the self-check notices
KERNELS = {"INITSWEEP_KERNELS": "portable"}
with open("/proc/cpuinfo", encoding="ascii") as cpuinfo:
    # plan trains nothing, and its measurements of portable kernels take minutes
    PLAN_KERNELS = {"INITSWEEP_KERNELS": "avx2"} if "avx512f" in cpuinfo.read() else {}
VALGRIND_FOUND = 99


def commands(long):
    """Words, with what is compared with whole.h5 afterwards."""
    yield ("check", "memory.yaml"), None
    yield ("plan", "memory.yaml"), None
    yield ("run", "memory.yaml", "-o", "out.h5"), "out.h5"
    yield ("gather", "stopped.h5.parts", "-o", "gathered.h5"), "gathered.h5"
    yield ("show", "out.h5"), None
    yield ("show", "out.h5", "--json"), None
    yield ("verify", "out.h5"), None
    yield ("verify", "out.h5", "--hashes"), None
    yield ("replay", "out.h5", "--network", "5", "--every", "-o", "5.csv"), None
    yield ("run", "memory.yaml", "-o", "fewer.h5", "--resume", "extend"), "fewer.h5"
    yield ("check", "data.yaml"), None
    if long:
        yield ("run", "memory.yaml", "-o", "out.h5"), "out.h5"
        yield ("run", "memory.yaml", "-o", "out.h5", "--resume", "never"), "out.h5"
        yield ("run", "data.yaml", "-o", "data-out.h5"), None
        yield ("run", "weights.yaml", "-o", "weights-out.h5"), None
        yield ("replay", "out.h5", "--network", "900"), 2
        yield ("verify", "data.h5"), 2


def prepare(bench, contents):
    """The inputs of the commands. Returns the contents of the whole results."""
    import h5py
    import numpy
    for name, text in (("memory.yaml", SWEEP), ("data.yaml", DATA), ("weights.yaml", WEIGHTS)):
        bench.write(name, text)
    for words in (("-o", "whole.h5"), ("-o", "fewer", "--set", "grid.replicate=[0, 1]")):
        done = bench.run("run", "memory.yaml", *words, "--quiet")
        assert done.returncode == 0, done.stderr
    # the second rename, that of the results file, fails, so that the journal stays
    done = bench.run("run", "memory.yaml", "-o", "stopped.h5", LD_PRELOAD=os.environ["FAILING_CALLS"],
                     FAULT_KIND="rename", FAULT_AT="2", FAULT_UNDER=bench.path("stopped.h5"))
    assert done.returncode == 1, done.stderr
    with h5py.File(bench.path("data.h5"), "w") as file:
        file.create_dataset("x", data=numpy.eye(64)[:, :5], chunks=(16, 5), compression="gzip")
        file["t"] = numpy.arange(64.0)
    return contents(bench.path("whole.h5"))


def judge_commands(bench, long, contents, whole, wrapper=(), **environment):
    """Runs each command: it must end as without the fault, with the same results."""
    part = "memory"
    bench.clean("out.h5", "gathered.h5", "5.csv", "data-out.h5", "weights-out.h5")
    shutil.copy(bench.path("fewer"), bench.path("fewer.h5"))
    for words, result in commands(long):
        own = dict(environment)
        if words[0] == "plan":
            own.pop("INITSWEEP_KERNELS", None)
            own.update(PLAN_KERNELS)
        done = bench.run(*words, wrapper=wrapper, XDG_CACHE_HOME=bench.path("cache"), **own)
        expected = result if isinstance(result, int) else 0
        bench.judge(part, done, (expected,))
        if done.returncode != expected:
            bench.count(part, crashes=done.returncode == VALGRIND_FOUND)
            print(f"{part}: {' '.join(words)}: {done.returncode}")
        elif isinstance(result, str):
            bench.count(part, different=contents(bench.path(result)) != whole)


def memory(bench, long, contents):
    """No command uses memory that it has freed or not set, and each frees what it allocates."""
    valgrind = requirements.tool("valgrind")
    whole = prepare(bench, contents)
    # freed memory is filled with the complement: 170 gives 0x55.., as a pointer an address that no process can have.
    # Blocks in glibc's thread cache are not filled
    for byte in (170, 85, 255, 1) if long else (170,):
        judge_commands(bench, long, contents, whole, MALLOC_PERTURB_=str(byte),
                       GLIBC_TUNABLES="glibc.malloc.tcache_count=0")
    # under valgrind, the measurements of plan would take minutes: it finds these in its cache
    done = bench.run("plan", "memory.yaml", XDG_CACHE_HOME=bench.path("cache"), **PLAN_KERNELS)
    assert done.returncode == 0, done.stderr
    judge_commands(bench, long, contents, whole, (
        valgrind, "-q", f"--error-exitcode={VALGRIND_FOUND}", "--leak-check=full", "--errors-for-leak-kinds=definite",
        "--show-leak-kinds=definite", "--suppressions=" + os.path.join(FOLDER, "valgrind.supp")), **KERNELS)
