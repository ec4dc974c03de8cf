#!/usr/bin/python3
"""Simulates, event by event, how busy the queue of packs keeps 2 to 4,096 ranks, from measured costs.

    bench/simulate_queue.py [SWEEP] [--program build/release/initsweep] [--threads 16]
                            [--message US] [--delay MS] [-o docs/images/queue.svg]

SWEEP        a sweep file (default: a mixed grid of 1.5 million networks on digits); its classes, their packs and the
             seconds per pack come from `initsweep plan --json --classes`, and so from this machine's cost model
--threads    worker threads per rank
--message    time of rank 0's thread per request and answer in us; docs/benchmarks.md says how it was measured
--delay      one-way delay of messages from and to other ranks in ms (bench/network_delay.py measures its effect)

The rules are those of src/cluster/queue.c and worker_pool.c. Packs are handed out in order of decreasing cost. A rank
that asks gets packs of a quarter of its fair share of the remaining cost, but at least one for each idle worker while
there are enough. A rank that holds more than two packs per thread asks again when one per thread is left, any other
when a worker is idle. If there are fewer packs than workers, threads of a rank share a pack at an efficiency of
SHARING. Besides the sweep itself, a sweep with 16 times as many packs of each class is simulated, and the same with
messages that take 20 times as long. Rank 0 serves one message at a time in order of arrival; a rank reads its messages
at most 2 ms late. Efficiency is the work divided by the time until the last rank is done and by the number of workers.
Start-up and gathering are not included.
"""
import argparse
import heapq
import json
import pathlib
import subprocess
import sys
import tempfile

SHARING = 0.8  # of two threads' speed on one pack (docs/benchmarks.md)
LATE = 1e-3  # mean s until a rank reads a message, half of SLEEP_LONG in src/cluster/protocol.c
MIXED = """sweep: simulated
seed: 2026
dataset: {name: digits}
network: {init: he_normal}
train: {loss: cross_entropy, learning_rate: 0.01, batch_size: 32, steps: 2000}
record: {steps: {geomspace: 10}, probes: [loss, accuracy, gradient_norm]}
grid:
  network.activation: [tanh, relu, gelu, sigmoid, sin]
  network.depth: [1, 2, 3, 4, 6, 8]
  network.width: [4, 8, 16, 32, 64, 128]
  train.optimizer: [sgd, adam]
  replicate: {range: [0, 4095]}
"""


def classes_of(program, sweep):
    """Seconds per pack and number of packs of each class, the most expensive first: a list of (seconds, packs)."""
    done = subprocess.run([program, "plan", sweep, "--json", "--classes"], stdout=subprocess.PIPE, check=True)
    return [(c["seconds_per_pack"], c["packs"]) for c in json.loads(done.stdout)["largest_classes"]]


class Queue:
    """The queue of src/cluster/queue.c: a position in a list of runs of packs of equal cost."""

    def __init__(self, classes, workers):
        self.runs = [[cost, packs] for cost, packs in classes]
        self.at, self.workers = 0, workers
        self.left = sum(packs for _, packs in classes)
        self.cost_left = sum(cost * packs for cost, packs in classes)

    def take(self, idle):
        """Packs for idle workers. Returns a list of [cost, packs]."""
        part = idle / self.workers
        budget, fair = self.cost_left * part / 4, self.left * part
        least = min(idle, int(fair) + (int(fair) < fair))
        got, taken, spent = [], 0, 0.0
        while self.left:
            run = self.runs[self.at]
            cost, packs = run
            more = max(min(packs, int((budget - spent) / cost)), min(packs, least - taken))
            if more <= 0:
                break
            got.append([cost, more])
            taken, spent, run[1], self.left = taken + more, spent + more * cost, packs - more, self.left - more
            if run[1]:
                break
            self.at += 1
        self.cost_left -= spent
        return got


class Rank:
    """The worker pool of a rank: packs that wait, and when each worker becomes free."""

    def __init__(self, threads):
        self.free = [0.0] * threads  # heap of times
        self.waiting, self.packs, self.low = [], 0, 0


def simulate(classes, ranks, threads, message, delay=0.0):
    """Simulates a run. Times are in s.

    Returns (efficiency, duration, busy time of rank 0's server, time of the most expensive pack, number of answers).
    """
    work = sum(cost * packs for cost, packs in classes)
    queue = Queue(classes, ranks * threads)
    pools = [Rank(threads) for _ in range(ranks)]
    asks = [(delay if rank else 0.0, rank) for rank in range(ranks)]  # (arrival, rank)
    heapq.heapify(asks)
    server, busy, answers, end = 0.0, 0.0, 0, 0.0
    while asks:
        when, rank = heapq.heappop(asks)
        own = pools[rank]
        server = max(server, when) + message
        busy += message
        answers += 1
        here = server if rank == 0 else server + delay + LATE
        idle = sum(free <= here for free in own.free) or threads
        share = queue.left < queue.workers
        own.waiting += queue.take(idle)
        if not own.waiting:
            continue  # the last answer
        packs = sum(run[1] for run in own.waiting)
        low = threads if packs > 2 * threads else 0
        while packs > low or (low == 0 and packs):
            cost, count = own.waiting[0]
            start = max(heapq.heappop(own.free), here)
            idle_workers = [free for free in own.free if free <= start]
            helpers = idle_workers if share and packs < 1 + len(idle_workers) else []
            members = 1 + len(helpers) // packs
            if members > 1:  # threads share the pack
                cost /= 1 + (members - 1) * (2 * SHARING - 1)
                for _ in range(members - 1):
                    heapq.heapreplace(own.free, start + cost)
            heapq.heappush(own.free, start + cost)
            end = max(end, start + cost)
            packs -= 1
            if count == 1:
                own.waiting.pop(0)
            else:
                own.waiting[0][1] -= 1
        # asks again when the packs are down to `low`, or a worker has nothing to do
        at = sorted(own.free)[0]
        heapq.heappush(asks, (max(at, here) + (delay if rank else 0.0), rank))
    return work / (end * ranks * threads), end, busy, classes[0][0], answers


def figure(rows, path):
    """Draws efficiency over ranks. rows: {label: [(ranks, efficiency, ...)]}."""
    import matplotlib
    matplotlib.use("Agg")
    from matplotlib import pyplot
    shape, axes = pyplot.subplots(figsize=(6, 3.2))
    for label, of in rows.items():
        axes.semilogx([r[0] for r in of], [100 * r[1] for r in of], "o-", base=2, label=label)
    axes.axhline(90, color="grey", linewidth=0.8)
    axes.set(xlabel="ranks", ylabel="efficiency (%)", ylim=(0, 102), xticks=[2 ** k for k in range(1, 13)])
    axes.set_xticklabels([f"{2 ** k}" for k in range(1, 13)])
    axes.legend(frameon=False)
    shape.tight_layout()
    shape.savefig(path)


def limit(row, packs):
    """What limits the efficiency of a simulated run, as text."""
    _, _, end, busy, most_expensive, answers, workers = row
    if busy > 0.9 * end:
        return f"rank 0's messages ({answers})"
    if most_expensive > 0.9 * end:
        return "the most expensive pack"
    return "fewer packs than workers" if packs < workers else f"the last packs ({packs / workers:.0f} per worker)"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sweep", nargs="?")
    parser.add_argument("--program", default="build/release/initsweep", help="default: %(default)s")
    parser.add_argument("--threads", type=int, default=16, help="default: %(default)s")
    parser.add_argument("--message", type=float, default=50, help="default: %(default)s")
    parser.add_argument("--delay", type=float, default=0, help="default: none")
    parser.add_argument("--most", type=int, default=4096, help="ranks (default: %(default)s)")
    parser.add_argument("-o", "--out", help="figure; none without it")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = arguments.sweep or str(pathlib.Path(folder) / "mixed.yaml")
        if not arguments.sweep:
            pathlib.Path(path).write_text(MIXED)
        classes = classes_of(arguments.program, path)
    packs = sum(count for _, count in classes)
    print(f"{packs} packs in {len(classes)} classes, {classes[-1][0]:.3g} to {classes[0][0]:.3g} s per pack, "
          f"{sum(c * n for c, n in classes):.3g} s of one thread; {arguments.threads} threads per rank")
    rows = {}
    for times, message in ((1, arguments.message), (16, arguments.message), (16, 20 * arguments.message)):
        label = f"{times * packs} packs, {message:g} us per message"
        print(f"\n{label}\n{'ranks':>6} {'efficiency':>10} {'s':>10} {'answers':>8}  limited by")
        rows[label] = []
        ranks = 2
        while ranks <= arguments.most:
            row = (ranks, *simulate([(c, times * n) for c, n in classes], ranks, arguments.threads, 1e-6 * message,
                                    1e-3 * arguments.delay), ranks * arguments.threads)
            rows[label].append(row)
            print(f"{ranks:>6} {100 * row[1]:>9.1f}% {row[2]:>10.4g} {row[5]:>8}  "
                  f"{limit(row, times * packs) if row[1] < 0.99 else ''}", flush=True)
            ranks *= 2
    if arguments.out:
        figure(rows, arguments.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
