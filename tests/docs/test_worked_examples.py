#!/usr/bin/python3
"""The rows of docs/adding-a-row.md are added to a copy of the tree, each in its one place, and are picked up
everywhere.

    test_worked_examples.py FOLDER     INITSWEEP_SOURCE=.

The copy and its build folder stand in FOLDER. The program built there lists the new rows, checks sweep files that name
them, and has them in its reference; every kernel trains them to the plain trainer's bits, and the old rows' bits are as
they were.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

SOURCE = pathlib.Path(os.environ.get("INITSWEEP_SOURCE", pathlib.Path(__file__).parents[2])).resolve()
ADDED = {"activation": "hard_sigmoid", "initializer": "alternating", "loss": "half_squares", "schedule": "parabola"}
SWEEP = """sweep: added
dataset: xor
network: {depth: 1, width: 2, activation: hard_sigmoid, init: {name: alternating, value: 0.2}}
train: {loss: half_squares, optimizer: sgd, learning_rate: 0.1, steps: 5, schedule: parabola}
"""


def example(first_line):
    """The fenced C text of the page that has this line first."""
    page = (SOURCE / "docs/adding-a-row.md").read_text(encoding="utf-8")
    found = [text for text in re.findall(r"^```c\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
             if text.startswith(first_line)]
    if len(found) != 1:
        raise ValueError(f"{len(found)} examples begin with {first_line}")
    return found[0]


def insert(path, before, text, last=False):
    """Puts text before the first (or last) place where `before` stands."""
    whole = path.read_text(encoding="utf-8")
    at = whole.rindex(before) if last else whole.index(before)
    path.write_text(whole[:at] + text + whole[at:], encoding="utf-8")


def add_rows(tree):
    model = tree / "src/model"
    activations = model / "activations.def"
    activations.write_text(activations.read_text(encoding="utf-8") + example("ISW_ACTIVATION(hard_sigmoid"),
                           encoding="utf-8")
    for name, function, row in (
        ("initializers", "static bool alternating", '    {{"alternating"'),
        ("schedules", "static double parabola", '    {{"parabola"'),
    ):
        file = model / f"{name}.c"
        insert(file, "};\n\nconst struct", example(row), last=True)
        insert(file, "static const struct", example(function) + "\n", last=True)
    losses = model / "losses.def"
    insert(losses, "#endif", "\n" + example("static inline V NAME(loss_half_squares"))
    insert(losses, "#endif\n#ifdef ISW_LOSS\n", "\n" + example("static double constant_half_squares"))
    insert(losses, "#endif", example("ISW_LOSS(half_squares"), last=True)


def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, timeout=1200, **options)


class WorkedExamples(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        tree, build = FOLDER / "tree", FOLDER / "build"
        shutil.rmtree(tree, ignore_errors=True)
        tree.mkdir(parents=True)
        for name in ("CMakeLists.txt", "src", "include", "cmake", "tests", "data", "bench", "scripts", "docs",
                     "packaging"):
            copy = shutil.copytree if (SOURCE / name).is_dir() else shutil.copy2
            copy(SOURCE / name, tree / name)
        add_rows(tree)
        cls.build = build
        for command in (
            # the kernels' bits do not depend on their optimisation, and -O3 takes minutes
            ("cmake", "-S", str(tree), "-B", str(build), "-DCMAKE_BUILD_TYPE=Release", "-DINITSWEEP_KERNEL_LEVEL=-O1"),
            ("cmake", "--build", str(build), "--parallel", "2", "--target", "initsweep", "hashes"),
        ):
            done = run(*command)
            if done.returncode != 0:
                raise RuntimeError(done.stdout[-4000:] + done.stderr[-4000:])

    def program(self, *arguments):
        return run(str(self.build / "initsweep"), *arguments, cwd=FOLDER)

    def test_list_and_reference_show_them(self):
        overview = self.program("list").stdout
        reference = self.program("list", "settings", "--markdown").stdout
        for name in ADDED.values():
            self.assertIn(name, overview)
            self.assertIn(f"| `{name}` |", reference)

    def test_sweep_files_may_name_them_and_errors_suggest_them(self):
        sweep = FOLDER / "added.yaml"
        sweep.write_text(SWEEP, encoding="utf-8")
        done = self.program("check", str(sweep))
        self.assertEqual(done.returncode, 0, done.stderr)
        sweep.write_text(SWEEP.replace("hard_sigmoid", "hard_sigmoyd"), encoding="utf-8")
        done = self.program("check", str(sweep))
        self.assertEqual(done.returncode, 2)
        self.assertIn("did you mean 'hard_sigmoid'", done.stderr)

    def test_every_kernel_trains_them_and_no_other_bit_changes(self):
        found = [path for path in self.build.rglob("hashes") if path.is_file() and os.access(path, os.X_OK)]
        self.assertEqual(len(found), 1)
        done = run(str(found[0]))
        self.assertEqual(done.returncode, 0, done.stderr)  # 0: all kernels have the plain trainer's bits
        lines = done.stdout.splitlines()
        added = [line for line in lines if line.split()[1] in ADDED.values()]
        self.assertEqual(
            {tuple(line.split()[:3]) for line in added},
            {(table, name, real) for table, name in ADDED.items() for real in ("float32", "float64")},
        )
        before = (SOURCE / "tests/reference/hashes.txt").read_text(encoding="utf-8").splitlines()
        self.assertEqual([line for line in lines if line not in added], before)


class Optimizer(unittest.TestCase):
    def test_the_pages_example_is_the_trees_own(self):
        tree = (SOURCE / "src/model/optimizers.def").read_text(encoding="utf-8")
        text = example("static inline void rates_sign_sgd")
        for function in text.strip().split("\n\n"):
            self.assertIn(function, tree)
        self.assertIn(example("ISW_OPTIMIZER(sign_sgd").strip(), tree)


if __name__ == "__main__":
    FOLDER = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main()
