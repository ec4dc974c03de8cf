"""The part `hdf5` of faults.py: HDF5 files with damage inside, opened by every command that reads such files.

    part_hdf5.py FILE    prints a hash of all values of a file's datasets, for the part itself: a file that is damaged
                         can crash h5py, too
"""
import hashlib
import os
import shutil
import subprocess
import sys
import time

SECONDS = 600  # after which a command hangs: the program allows the HDF5 library 10 s of processor time
DATA = """\
sweep: data
seed: 7
dataset: {name: hdf5, path: x.h5, inputs: x, targets: t}
network: {width: 3, depth: 1, activation: tanh, init: glorot_uniform}
train: {loss: mse, optimizer: sgd, learning_rate: 0.05, steps: 2}
record: {steps: [0, 2], probes: [loss]}
"""


def values_of(path):
    """A hash of the names, types, shapes and values of the datasets of the root group."""
    import h5py
    digest = hashlib.sha256()
    with h5py.File(path, "r") as file:
        for name in sorted(set(file) - {"provenance"}):
            item = file[name]
            if isinstance(item, h5py.Dataset):
                values = item[()]
                data = repr(values.tolist()).encode() if item.dtype.kind == "O" else values.tobytes()
                digest.update(f"{name} {item.dtype} {item.shape}".encode() + data)
    return digest.hexdigest()


def values_in_a_child(path):
    """The same, or None where h5py fails, crashes or hangs."""
    try:
        done = subprocess.run([sys.executable, __file__, path], capture_output=True, text=True, check=False,
                              timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def stored_numbers(path):
    """(start, end) of the chunks of numbers in a file: damage there is seldom noticed by the library."""
    import h5py
    found = []
    with h5py.File(path, "r") as file:
        for item in file.values():
            if isinstance(item, h5py.Dataset) and item.chunks:
                for index in range(item.id.get_num_chunks()):
                    chunk = item.id.get_chunk_info(index)
                    found.append((chunk.byte_offset, chunk.byte_offset + chunk.size))
    return found


def damage(random, right, numbers):
    """A copy of a file's bytes with one piece of damage; three quarters of it outside the numbers."""
    while True:
        place = random.randrange(len(right))
        if random.random() < 0.25 or not any(start <= place < end for start, end in numbers):
            break
    kind = random.choice(["bit", "bit", "byte", "ones", "zeros", "random", "move", "cut"])
    length = random.choice([1, 2, 4, 8, 8, 64])
    if kind == "bit":
        return right[:place] + bytes([right[place] ^ 1 << random.randrange(8)]) + right[place + 1:]
    if kind == "cut":
        return right[:place]
    new = {"byte": bytes([random.randrange(256)]), "ones": b"\xff" * length, "zeros": bytes(length),
           "random": random.randbytes(length)}.get(kind)
    if new is None:
        source = random.randrange(len(right))
        new = right[source:source + length]
    return (right[:place] + new + right[place + len(new):])[:len(right)]


def prepare(bench, small):
    """The whole files: results, data, and the folder of a run that was stopped. Returns the commands that read x.h5,
    each with the file that takes the place of x.h5."""
    import h5py
    import numpy
    bench.write("small.yaml", small)
    bench.write("data.yaml", DATA)
    bench.write("weights.yaml", small.replace("weights: final", "weights: none").replace(
        "  network.init: [zeros, glorot_uniform]\n", "").replace(
            "network: {width: 3,", "network: {width: 3, init: {name: file, path: x.h5, network: 20},").replace(
                "[1, 2]", "[1]"))
    fewer = ("--set", "grid.replicate=[0, 1]")
    for words in (("run", "small.yaml", "-o", "results"), ("run", "small.yaml", "-o", "fewer", *fewer)):
        done = bench.run(*words, "--quiet")
        assert done.returncode == 0, done.stderr
    done = bench.run("run", "small.yaml", "-o", "stopped", LD_PRELOAD=os.environ["FAILING_CALLS"], FAULT_KIND="rename",
                     FAULT_AT="2", FAULT_UNDER=bench.path("stopped"))
    assert done.returncode == 1, done.stderr
    with h5py.File(bench.path("data"), "w") as file:
        file.create_dataset("x", data=numpy.eye(64)[:, :5], chunks=(16, 5), compression="gzip", shuffle=True)
        file["t"] = numpy.arange(64.0)
    return [("results", words) for words in (
        ("show", "x.h5"), ("show", "x.h5", "--json"), ("verify", "x.h5", "--hashes"), ("verify", "x.h5", "--all"),
        ("replay", "x.h5", "--network", "23"), ("run", "small.yaml", "-o", "x.h5"),
        ("gather", "stopped.parts", "-o", "x.h5"), ("check", "weights.yaml"))] + [
            ("fewer", ("run", "small.yaml", "-o", "x.h5", "--resume", "extend")),
            ("data", ("check", "data.yaml")), ("data", ("run", "data.yaml", "-o", "y.h5"))]


def hdf5(bench, long, small):
    """No command crashes or hangs; each says why it fails; what a command vouches for is right, and a file that is
    refused stays as it is."""
    part = "hdf5"
    commands = prepare(bench, small)
    right, numbers = {}, {}
    for name in ("results", "fewer", "data"):
        with open(bench.path(name), "rb") as file:
            right[name] = file.read()
        numbers[name] = stored_numbers(bench.path(name))
    whole = values_in_a_child(bench.path("results"))
    path, slowest = bench.path("x.h5"), 0.0
    for case in range(2750 if long else 66):
        name, words = commands[case % len(commands)]
        damaged = damage(bench.random, right[name], numbers[name])
        bench.clean("x.h5", "y.h5")
        with open(path, "wb") as file:
            file.write(damaged)
        start = time.monotonic()
        try:
            done = bench.run(*words, timeout=SECONDS)
        except subprocess.TimeoutExpired:
            print(f"{part} {case}: {' '.join(words)} hangs")
            bench.count(part, injected=1, hangs=1)
            continue
        slowest = max(slowest, time.monotonic() - start)
        bench.judge(part, done, (1, 2))
        vouched = done.returncode == 0 and (words[0] == "verify" or "extend" in words)
        if vouched and damaged != right[name] and values_in_a_child(path) != whole:
            print(f"{part} {case}: {' '.join(words)}: {done.stdout}")
            bench.count(part, different=1)
            shutil.copy(path, bench.path(f"different{case}"))
        if done.returncode != 0:
            with open(path, "rb") as file:
                bench.count(part, lost=file.read() != damaged)
    print(f"{part}: the slowest command took {slowest:.1f} s")


if __name__ == "__main__":
    print(values_of(sys.argv[1]))
