#!/usr/bin/python3
"""Compares what `plan` predicts with what runs take, for few and many networks in both layouts of a pack.

    bench/plan_accuracy.py [--program build/release/initsweep] [--shapes 784-256-256-10 ...] [--counts 1 3 5 16 17 21]
                           [--rounds 2] [--seconds 0.5] [--probes loss] [--calibrate]

Every case runs in three ways: all networks in lanes, each network alone with its units in lanes (INITSWEEP_LAYOUT), and
as `plan` and `run` choose. The times are processor times of one thread, from the difference of a run of about --seconds
and one of a single step, the least of --rounds; so start-up, data and the results file do not count. A choice is wrong
if its layout takes more than 1.05 times the time of the fastest. Prints the table; exit status 1 if a choice is wrong
or a prediction is off by more than 25 %.
"""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from whole_run import SHAPE, SHAPES

SHAPES = {name.split(",")[0]: shape for name, shape in SHAPES.items()}
SHAPES["784-1024-1024-10"] = dict(SHAPES["784-256-256-10"], hidden="[1024, 1024]")
LARGE = ["64-32-32-10", "64-128-128-10", "784-256-256-10", "784-1024-1024-10"]
LAYOUTS = ["networks", "units", ""]  # "": as the program chooses


class Sweep:
    """A sweep of some networks of a shape, which is a value of SHAPES, in one layout."""

    def __init__(self, arguments, folder, shape, count, layout):
        self.arguments, self.folder = arguments, folder
        self.text = {**shape, "last": count - 1}
        self.environment = {**os.environ, "INITSWEEP_LAYOUT": layout}
        self.steps = 1
        self.steps = max(2, round(arguments.seconds / max(self.predicted(1000) / 999, 1e-9)))

    def write(self, steps):
        file = pathlib.Path(self.folder) / "sweep.yaml"
        text = SHAPE.format(**{**self.text, "steps": steps})
        file.write_text(text.replace("probes: [loss]", f"probes: [{', '.join(self.arguments.probes)}]"))
        return str(file)

    def plan(self, steps):
        done = subprocess.run([self.arguments.program, "plan", self.write(steps), "--json", "--threads", "1"],
                              env=self.environment, stdout=subprocess.PIPE, check=True)
        return json.loads(done.stdout)

    def chosen(self):
        """Index in LAYOUTS of the layout that all packs have, or of "" if they have different ones."""
        used = {row["in_lanes"] for row in self.plan(self.steps)["largest_classes"]}
        return LAYOUTS.index(used.pop()) if len(used) == 1 else 2

    def predicted(self, steps):
        """Seconds of `steps` steps, without those of a run of one step."""
        return self.plan(steps)["thread_seconds"] - self.plan(1)["thread_seconds"]

    def run(self, steps, *options):
        """Processor time of a run."""
        out = os.path.join(self.folder, "out.h5")
        process = subprocess.Popen([self.arguments.program, "run", self.write(steps), "-o", out, "--quiet",
                                    "--threads", "1", *options], env=self.environment, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        if status != 0:
            raise subprocess.CalledProcessError(status, "run")
        shutil.rmtree(f"{out}.parts") if "--no-gather" in options else os.remove(out)
        return usage.ru_utime + usage.ru_stime

    def measured(self):
        return min(self.run(self.steps) for _ in range(self.arguments.rounds)) - min(
            self.run(1) for _ in range(self.arguments.rounds))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default="build/release/initsweep", help="default: %(default)s")
    parser.add_argument("--shapes", nargs="+", default=LARGE, choices=SHAPES, metavar="SHAPE", help=
                        "default: " + " ".join(LARGE))
    parser.add_argument("--counts", type=int, nargs="+", default=[1, 3, 5, 16, 17, 21], help="default: %(default)s")
    parser.add_argument("--rounds", type=int, default=2, help="default: %(default)s")
    parser.add_argument("--seconds", type=float, default=0.5, help="default: %(default)s")
    parser.add_argument("--probes", nargs="+", default=["loss"], help="recorded at both ends; default: loss")
    parser.add_argument("--calibrate", action="store_true", help="measure the cost model again first")
    arguments = parser.parse_args()
    arguments.program = os.path.abspath(arguments.program)
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        if arguments.calibrate:
            sweep = Sweep(arguments, folder, SHAPES[arguments.shapes[0]], 1, "")
            subprocess.run([arguments.program, "plan", "--calibrate", sweep.write(1)], stdout=subprocess.DEVNULL,
                           check=True)
        print("predicted / measured; ms per step of all networks, measured\n"
              f"{'shape':<18} {'networks':>8} {'in lanes: networks':>20} {'units':>14} {'chosen':>14}")
        for shape in arguments.shapes:
            for count in arguments.counts:
                cells, times = [], []
                for layout in LAYOUTS:
                    sweep = Sweep(arguments, folder, SHAPES[shape], count, layout)
                    measured, predicted = sweep.measured(), sweep.predicted(sweep.steps)
                    times.append(measured / (sweep.steps - 1))
                    cells.append(f"{predicted / measured:.2f} ({1e3 * times[-1]:.3g})")
                    wrong += not 0.75 <= predicted / measured <= 1.25
                bad = times[sweep.chosen()] > 1.05 * min(times)
                wrong += bad
                print(f"{shape:<18} {count:>8} {cells[0]:>20} {cells[1]:>14} {cells[2]:>14}{' wrong' * bad}",
                      flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
