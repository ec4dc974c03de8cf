#!/usr/bin/python3
"""Measures what a slow network costs the queue of packs: runs over two hosts (network namespaces) with a delay.

    bench/network_delay.py [--program build/release/initsweep] [--rounds 3] [--ms 0 0.05 0.5 5]
                           [--networks 16000 160000]

Hosts are those of tests/cluster/test_hosts.py; a hub between them forwards each frame after that many ms, one way.
Two ranks of one thread, one per host, train XOR networks of 200 steps, in packs of about 50 us, while rank 0 answers.
Prints the training time (from the results file's provenance, best of the rounds) relative to that without delay, and
the bytes and frames that crossed the hub; the hub itself adds about 0.05 ms. Exit status 77 if the system does not
allow network namespaces.
"""
import argparse
import contextlib
import heapq
import os
import pathlib
import select
import socket
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
ANY_PROTOCOL, SOL_PACKET, PACKET_VNET_HDR, OUTGOING = 3, 263, 15, 4  # linux/if_packet.h
SWEEP = """sweep: delay
seed: 2026
dataset: {{name: xor}}
network: {{depth: 1, width: 2, activation: tanh, init: he_normal}}
train: {{loss: mse, optimizer: sgd, learning_rate: 0.5, steps: 200}}
record: {{steps: [0], probes: [loss]}}
grid: {{replicate: {{range: [1, {networks}]}}}}
"""


class Hub:
    """Forwards frames from each port to all others, `delay` s late."""

    def __init__(self):
        self.delay, self.frames, self.bytes = 0.0, 0, 0
        self.late, self.ports = [], []

    def join(self, names):
        for name in names:
            port = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ANY_PROTOCOL))
            port.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)  # checksums and segments that the sender left to its card
            port.bind((name, ANY_PROTOCOL))
            self.ports.append(port)
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        with contextlib.suppress(OSError):  # the network goes down with its hosts
            self.serve()

    def serve(self):
        while True:
            wait = max(0.0, self.late[0][0] - time.monotonic()) if self.late else 1.0
            for port in select.select(self.ports, [], [], wait if wait > 2e-4 else 0)[0]:
                frame, where = port.recvfrom(1 << 17)
                if where[2] != OUTGOING:
                    self.frames += 1
                    self.bytes += len(frame)
                    heapq.heappush(self.late, (time.monotonic() + self.delay, self.frames, port, frame))
            while self.late and self.late[0][0] <= time.monotonic():
                _, _, port, frame = heapq.heappop(self.late)
                for other in self.ports:
                    if other is not port:
                        other.send(frame)


def measure(world, hub, networks):
    """Returns seconds of training, frames, bytes."""
    import h5py
    pathlib.Path(world.path("sweep.yaml")).write_text(SWEEP.format(networks=networks))
    pathlib.Path(world.path("out.h5")).unlink(missing_ok=True)
    frames, size = hub.frames, hub.bytes
    process = world.start(("a", "b"), "out.h5", "log")
    if process.wait() != 0:
        sys.exit(world.said("log"))
    with h5py.File(world.path("out.h5"), "r") as file:
        return float(file["provenance"].attrs["seconds"]), hub.frames - frames, hub.bytes - size


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default="build/release/initsweep", help="default: %(default)s")
    parser.add_argument("--rounds", type=int, default=3, help="default: %(default)s")
    parser.add_argument("--ms", type=float, nargs="+", default=[0, 0.05, 0.5, 5], help="one way")
    parser.add_argument("--networks", type=int, nargs="+", default=[16000, 160000])
    arguments = parser.parse_args()
    os.environ["INITSWEEP"] = os.path.abspath(arguments.program)
    os.environ.setdefault("INITSWEEP_DATA", str(ROOT / "data"))
    sys.path.insert(0, str(ROOT / "tests" / "cluster"))
    import test_hosts as hosts
    if hosts.INSIDE not in os.environ:
        return hosts.go_inside()
    with tempfile.TemporaryDirectory() as folder:
        hub = Hub()
        world = hosts.World(folder, hub.join)
        best = {}
        for _ in range(arguments.rounds):
            for networks in arguments.networks:
                for delay in arguments.ms:
                    hub.delay = 1e-3 * delay
                    row = measure(world, hub, networks)
                    best[networks, delay] = min(best.get((networks, delay), row), row)
        print(f"{'networks':>9} {'ms':>6} {'s':>8} {'over none':>9} {'frames':>7} {'kB':>6}")
        for (networks, delay), (seconds, frames, size) in best.items():
            print(f"{networks:>9} {delay:>6g} {seconds:>8.3f} {seconds / best[networks, arguments.ms[0]][0]:>9.2f} "
                  f"{frames:>7} {size / 1000:>6.0f}")
        world.end()
    return 0


if __name__ == "__main__":
    sys.exit(main())
