#!/usr/bin/python3
"""Compares what `plan` predicts for records with an expensive probe with what they take.

    bench/probe_accuracy.py [--program build/release/initsweep] [--shapes 64-32-32-10 ...] [--probes ntk_trace ...]
                            [--rounds 5] [--seconds 0.2] [--calibrate] [--publish]

Every case records `loss`, `accuracy` and one probe at every step, of small batches where there are classes. The times
are processor times of one thread without gathering, from the difference of a run of about --seconds and one of a single
step, interleaved, the least of --rounds; so start-up and data do not count. Prints a table: predicted / measured, and
in parentheses the measured ms per network and step. --publish puts it into docs/benchmarks.md. Exit status 1 if a
prediction is off by more than 25 %.
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile

from plan_accuracy import SHAPES as OF_RUNS, Sweep
from published import SOURCE, put_table, table

# Four packs of networks in lanes, one pack, and one network with its units in lanes
SHAPES = {
    "2-8-1": dict(OF_RUNS["2-2-1"], hidden="[8]", networks=64),
    "64-32-32-10": dict(OF_RUNS["64-32-32-10"], batch=8, networks=16),
    "64-128-128-10": dict(OF_RUNS["64-128-128-10"], batch=8, networks=1),
}
PROBES = ("outputs", "confusion", "delta_variance", "correlation_map", "ntk_trace", "ntk_max", "ntk_change",
          "ntk_target_alignment", "direction_count", "jacobian_singular_values", "linear_map_singular_values",
          "hessian_trace", "hessian_top", "hessian_max")


class Records(Sweep):
    """A sweep whose networks record a probe at every step."""

    def __init__(self, arguments, folder, shape, probe):
        self.probe, self.networks = probe, SHAPES[shape]["networks"]
        super().__init__(arguments, folder, SHAPES[shape], self.networks, "")

    def write(self, steps):
        path = super().write(steps)
        file = pathlib.Path(path)
        text = file.read_text(encoding="utf-8")
        record = f"record: {{steps: {{every: 1}}, probes: [loss, accuracy, {self.probe}]}}"
        file.write_text(re.sub(r"record: .*", record, text), encoding="utf-8")
        return path

    def measured(self):
        """Processor seconds of all steps but one."""
        times = [(self.run(self.steps, "--no-gather"), self.run(1, "--no-gather"))
                 for _ in range(self.arguments.rounds)]
        return min(many for many, _ in times) - min(one for _, one in times)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default="build/release/initsweep", help="default: %(default)s")
    parser.add_argument("--shapes", nargs="+", default=list(SHAPES), choices=SHAPES, metavar="SHAPE",
                        help="default: " + " ".join(SHAPES))
    parser.add_argument("--probes", nargs="+", default=PROBES, metavar="PROBE", help="default: " + " ".join(PROBES))
    parser.add_argument("--rounds", type=int, default=5, help="default: %(default)s")
    parser.add_argument("--seconds", type=float, default=0.2, help="default: %(default)s")
    parser.add_argument("--calibrate", action="store_true", help="measure the cost model again first")
    parser.add_argument("--publish", action="store_true", help="put the table into docs/benchmarks.md")
    arguments = parser.parse_args()
    arguments.program = os.path.abspath(arguments.program)
    rows, wrong = [], 0
    with tempfile.TemporaryDirectory() as folder:
        if arguments.calibrate:
            sweep = Records(arguments, folder, arguments.shapes[0], arguments.probes[0])
            subprocess.run([arguments.program, "plan", "--calibrate", sweep.write(1)], stdout=subprocess.DEVNULL,
                           check=True)
        for probe in arguments.probes:
            rows.append([probe])
            for shape in arguments.shapes:
                sweep = Records(arguments, folder, shape, probe)
                measured, predicted = sweep.measured(), sweep.predicted(sweep.steps)
                each = 1e3 * measured / (sweep.steps - 1) / sweep.networks
                rows[-1].append(f"{predicted / measured:.2f} ({each:.3g})")
                wrong += not 0.75 <= predicted / measured <= 1.25
            print(*rows[-1], sep="  ", file=sys.stderr, flush=True)
    made = table(["probe at every step", *arguments.shapes], rows)
    print(made, end="")
    if arguments.publish:
        put_table(SOURCE / "docs/benchmarks.md", made)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
