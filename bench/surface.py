#!/usr/bin/python3
"""Times a loss surface of 101 x 101 points beside a plain loop in PyTorch over the same points.

    bench/surface.py [--program build/release/initsweep] [--points 101] [--rounds 3] [--publish]

The surface is a sweep over x and y of the initialiser `plane` around a trained network, with train.steps 0 and the
probe `loss` (docs/plots.md). Its time is the processor time of the whole process with one thread: start-up, data,
reading of the weights, results file. The loop in PyTorch, also of one thread, has neither: for each point it adds the
two directions to the weights, layer by layer, and computes the loss by addmm and tanh_. The loss at the centre must be
the same. The least times of interleaved rounds count. --publish puts the table into docs/benchmarks.md.
"""
import argparse
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")  # before torch is imported
import h5py  # noqa: E402
import torch  # noqa: E402

from published import SOURCE, put_table, rate, table  # noqa: E402

NETWORK = """sweep: around
seed: 2026
precision: {precision}
dataset: {data}
network: {{hidden: {hidden}, activation: tanh{init}}}
train: {{loss: {loss}, optimizer: sgd, learning_rate: 0.1, steps: {steps}}}
record: {{steps: [0], probes: [loss]{weights}}}
"""
PLANE = """zip:
  - network.init: [{{name: plane, path: {path}, x: {{linspace: [-1, 1, {n}]}}, y: {{linspace: [-1, 1, {n}]}}}}]
    network.bias_init: [{{name: plane, path: {path}, x: {{linspace: [-1, 1, {n}]}}, y: {{linspace: [-1, 1, {n}]}}}}]
"""
CASES = {
    "2-8-1, 4 samples": dict(samples=4, kind="values", loss="mse", sizes=(2, 8, 1)),
    "64-32-32-10, 640 samples": dict(samples=640, kind="classes", loss="cross_entropy", sizes=(64, 32, 32, 10)),
}


def draw_data(case, path):
    """Writes random inputs and targets for the dataset hdf5. Returns them."""
    sizes, samples = case["sizes"], case["samples"]
    inputs = torch.rand(samples, sizes[0], dtype=torch.float64)
    targets = torch.rand(samples, sizes[-1], dtype=torch.float64) if case["kind"] == "values" else \
        (torch.arange(samples) % sizes[-1])
    with h5py.File(path, "w") as file:
        file["inputs"], file["targets"] = inputs.numpy(), targets.numpy()
    return inputs, targets


def run(program, text, out):
    """Processor seconds of a run."""
    file = pathlib.Path(out).with_suffix(".yaml")
    file.write_text(text, encoding="utf-8")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([program, "run", str(file), "-o", out, "--quiet", "--threads", "1", "--resume", "never"], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


class Surface:
    """The reference: one network, its data and two directions."""

    def __init__(self, case, flat, inputs, targets, precision):
        dtype = torch.float64 if precision == "float64" else torch.float32
        flat, at, self.layers = torch.from_numpy(flat).to(dtype), 0, []
        for fan_in, fan_out in zip(case["sizes"], case["sizes"][1:]):
            weight = flat[at:at + fan_in * fan_out].reshape(fan_out, fan_in).t().contiguous()
            at += fan_in * fan_out
            bias = flat[at:at + fan_out]
            at += fan_out
            self.layers.append((weight, bias))
        self.directions = [[(torch.randn_like(weight) * 0.1, torch.randn_like(bias) * 0.1)
                            for weight, bias in self.layers] for _ in range(2)]
        self.inputs, self.targets = inputs.to(dtype), targets.to(dtype) if case["loss"] == "mse" else targets
        self.loss = torch.nn.functional.mse_loss if case["loss"] == "mse" else torch.nn.functional.cross_entropy

    def at(self, x, y):
        """The loss of a point."""
        a, last = self.inputs, len(self.layers) - 1
        for k, ((weight, bias), (w1, b1), (w2, b2)) in enumerate(zip(self.layers, *self.directions)):
            a = torch.addmm(torch.add(bias, b1, alpha=x).add_(b2, alpha=y), a,
                            torch.add(weight, w1, alpha=x).add_(w2, alpha=y))
            if k < last:
                a.tanh_()
        return float(self.loss(a, self.targets))

    def seconds(self, points):
        """Processor seconds of all points."""
        along = torch.linspace(-1, 1, points).tolist()
        start = time.process_time()
        for x in along:
            for y in along:
                self.at(x, y)
        return time.process_time() - start


def measure(arguments, folder, case, precision):
    """Least seconds (program, PyTorch)."""
    start = os.path.join(folder, "start.h5")
    arrays = os.path.join(folder, "data.h5")
    inputs, targets = draw_data(case, arrays)
    settings = dict(precision=precision, loss=case["loss"], hidden=list(case["sizes"][1:-1]),
                    data=f"{{name: hdf5, path: {arrays}, kind: {case['kind']}, test_fraction: 0}}")
    run(arguments.program, NETWORK.format(**settings, init=", init: glorot_uniform", steps=500,
                                          weights=", weights: final"), start)
    with h5py.File(start) as file:
        flat = file["weights_final"][0].astype("f8")
    reference = Surface(case, flat, inputs, targets, precision)
    text = NETWORK.format(**settings, init="", steps=0, weights="") + PLANE.format(path=start, n=arguments.points)
    out, times = os.path.join(folder, "surface.h5"), []
    for _ in range(arguments.rounds):
        times.append((run(arguments.program, text, out), reference.seconds(arguments.points)))
    with h5py.File(out) as file:
        centre = float(file["loss"][arguments.points ** 2 // 2, 0])
    difference = abs(centre / reference.at(0.0, 0.0) - 1)
    if difference > (1e-9 if precision == "float64" else 1e-4):
        raise SystemExit(f"the losses at the centre differ by a relative {difference:.2g}")
    return min(one for one, _ in times), min(other for _, other in times)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default="build/release/initsweep", help="default: %(default)s")
    parser.add_argument("--points", type=int, default=101, help="of an axis, odd (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="default: %(default)s")
    parser.add_argument("--publish", action="store_true", help="put the table into docs/benchmarks.md")
    arguments = parser.parse_args()
    arguments.program = os.path.abspath(arguments.program)
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    torch.manual_seed(1)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name, case in CASES.items():
            for precision in ("float32", "float64"):
                ours, theirs = (arguments.points ** 2 / seconds
                                for seconds in measure(arguments, folder, case, precision))
                rows.append([name, precision, rate(ours), rate(theirs), f"{ours / theirs:.1f}"])
    made = table([f"network, surface of {arguments.points} x {arguments.points}", "precision",
                  "initsweep, points per s", "PyTorch loop", "ratio"], rows)
    print(made, end="")
    if arguments.publish:
        put_table(SOURCE / "docs/benchmarks.md", made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
