#!/usr/bin/python3
"""`initsweep run` to its end: what the file holds, the same bytes from any ranks and threads, and what it refuses."""
import json
import os
import re
import subprocess
import unittest

import h5py
import numpy

from program import ENVIRONMENT, MPIEXEC, PROGRAM, SEVERAL_PARTS, SMALL, SMALL_NETWORKS, Case

RUN_WITH_STRIDE = os.environ["RUN_WITH_STRIDE"]  # another order of the packs in the queue

SHARED = """sweep: shared
seed: 1
dataset: {name: npy, inputs: /proc/self/cwd/x.npy, targets: /proc/self/cwd/t.npy, kind: classes, standardize: features}
network: {width: 4, depth: 1, activation: tanh, init: glorot_uniform}
train: {loss: cross_entropy, optimizer: sgd, learning_rate: 0.1, batch_size: 16, steps: 20}
grid: {replicate: {range: [0, 31]}}
record: {steps: [0, 20], probes: [loss, test_accuracy]}
"""


class Run(Case):
    def test_file_holds_every_network(self):
        file = self.write("small.yaml", SMALL)
        done = self.expect(0, "run", file)
        self.assertRegex(done.stdout, rf"^small\.h5: {SMALL_NETWORKS} networks; trained {SMALL_NETWORKS} \(\d+ "
                                      r"diverged\) in ")
        self.assertEqual(self.files(), ["small.h5", "small.yaml"])
        with h5py.File(self.path("small.h5"), "r") as results:
            status, steps = results["status"][()], results["steps_done"][()]
            self.assertEqual(len(status), SMALL_NETWORKS)
            self.assertTrue(set(status) <= {1, 3} and (status == 1).any() and (status == 3).any())
            self.assertTrue((steps[status == 1] == 40).all())
            self.assertTrue(numpy.isfinite(results["loss"][()][status == 1]).all())
            self.assertEqual(list(results["network"][()]), list(range(SMALL_NETWORKS)))
            self.assertEqual(len(set(results["id"][()])), SMALL_NETWORKS)
            provenance = results["provenance"].attrs
            self.assertEqual(provenance["command_line"], "initsweep run small.yaml")
            self.assertEqual(provenance["ranks"], 1)
            self.assertGreater(provenance["network_steps"], 0)
            self.assertRegex(provenance["start_time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")

    def test_same_bytes_from_any_ranks_and_threads(self):
        file = self.write("small.yaml", SMALL)
        self.expect(0, "run", file, "--quiet", "-o", "one.h5", stdout="", stderr="")
        one = self.contents("one.h5")
        self.assertGreater(len(one), 10)
        for ranks, threads in ((0, 4), (1, 2), (2, 1), (2, 3), (3, 1), (3, 2), (4, 1), (4, 4)):
            with self.subTest(ranks=ranks, threads=threads):
                self.expect(0, "run", file, "-o", "other.h5", "--threads", str(threads), ranks=ranks)
                self.assertEqual(self.contents("other.h5"), one)
                os.remove(self.path("other.h5"))

    def test_a_file_of_several_parts_is_the_same_from_any_ranks(self):
        """Rank 0 writes parts while others train. When all ranks gather, it makes three of ten parts on two ranks, one
        on three and none on six; ten ranks are more than there are parts."""
        file = self.write("parts.yaml", SEVERAL_PARTS)
        self.expect(0, "run", file, "-o", "one.h5", "--no-gather")
        self.expect(0, "gather", "one.h5.parts", "-o", "one.h5")
        os.rename(self.path("one.h5.parts"), self.path("parts"))
        one, chunks = self.contents("one.h5"), self.chunks("one.h5")
        self.assertGreater(sum(map(len, chunks.values())), 1000)
        for ranks, threads in ((0, 2), (2, 2), (4, 1)):
            with self.subTest(ranks=ranks, threads=threads):
                self.expect(0, "run", file, "-o", "other.h5", "--threads", str(threads), ranks=ranks)
                self.assertEqual(self.chunks("other.h5"), chunks)
                self.assertEqual(self.contents("other.h5"), one)
                os.remove(self.path("other.h5"))
        for ranks in (2, 3, 6, 10):
            with self.subTest(gathering=ranks):
                self.expect(0, "gather", "parts", "-o", "other.h5", ranks=ranks)
                self.assertEqual(self.chunks("other.h5"), chunks)
                self.assertEqual(self.contents("other.h5"), one)
                os.remove(self.path("other.h5"))

    def two_ranks(self, file, rows):
        """A run of two ranks that find other data under the same path, by their working directories."""
        for folder, factor in (("first", 1), ("second", 2)):
            os.makedirs(self.path(folder), exist_ok=True)
            inputs = factor * numpy.arange(100 * rows, dtype=numpy.float32).reshape(rows, 100) % 17
            numpy.save(self.path(f"{folder}/x.npy"), inputs)
            numpy.save(self.path(f"{folder}/t.npy"), numpy.arange(rows, dtype=numpy.uint8) % 3)
        words = [PROGRAM, "run", self.path(file), "-o", self.path("two.h5")]
        command = [MPIEXEC, "-n", "1", "-wdir", self.path("first"), *words, ":",
                   "-n", "1", "-wdir", self.path("second"), *words]
        return subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=False, timeout=300)

    def test_ranks_of_a_host_share_large_data(self):
        """Large data are read by one rank only. Small ones are read by each, and other bytes are noticed."""
        file = self.write("shared.yaml", SHARED)
        done = self.two_ranks(file, 30)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertRegex(done.stderr, r"rank 1: this rank, on host \S+, reads other data than rank 0")
        self.assertEqual(self.files(), ["first", "second", "shared.yaml"])
        done = self.two_ranks(file, 3000)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("keeps a copy", done.stderr)
        one = subprocess.run([PROGRAM, "run", self.path(file), "-o", self.path("one.h5")], cwd=self.path("first"),
                             env=ENVIRONMENT, capture_output=True, text=True, check=False, timeout=300)
        self.assertEqual(one.returncode, 0, one.stderr)
        self.assertEqual(self.contents("two.h5"), self.contents("one.h5"))

    def test_a_pack_shared_by_threads_gives_the_same_bytes(self):
        text = SMALL.replace("{name: xor}", "{name: digits}").replace("mse", "cross_entropy").replace(
            "width: 3", "width: 40, depth: 2, activation: tanh")
        file = self.write("one-pack.yaml", text)
        words = ("--set", "network.init=he_normal", "--set", "grid={replicate: [0, 1, 2]}", "--set", "train.steps=5",
                 "--quiet")
        self.expect(0, "run", file, "-o", "one.h5", *words)
        for ranks, threads in ((0, 3), (2, 2)):
            self.expect(0, "run", file, "-o", "other.h5", *words, "--threads", str(threads), ranks=ranks)
            self.assertEqual(self.contents("other.h5"), self.contents("one.h5"))
            os.remove(self.path("other.h5"))

    def test_same_bytes_in_any_order_of_the_packs(self):
        file = self.write("small.yaml", SMALL)
        self.expect(0, "run", file, "-o", "one.h5")
        self.program = RUN_WITH_STRIDE
        for ranks, stride in ((0, 7), (2, 3), (3, 11)):
            with self.subTest(ranks=ranks, stride=stride):
                self.expect(0, str(stride), file, "other.h5", ranks=ranks)
                self.assertEqual(self.contents("other.h5"), self.contents("one.h5"))
                os.remove(self.path("other.h5"))

    def test_a_network_alone_is_the_same(self):
        file = self.write("small.yaml", SMALL)
        self.expect(0, "run", file, "-o", "all.h5")
        self.expect(0, "run", file, "-o", "alone.h5", "--set", "grid.network.init=[glorot_uniform]",
                    "--set", "grid.network.activation=[relu]", "--set", "grid.network.depth=[2]",
                    "--set", "grid.train.learning_rate=[0.5]", "--set", "grid.replicate=[3]")
        with h5py.File(self.path("all.h5"), "r") as many, h5py.File(self.path("alone.h5"), "r") as alone:
            (at,) = numpy.flatnonzero(many["id"][()] == alone["id"][0])
            self.assertGreater(numpy.isfinite(alone["weights_final"][0]).sum(), 20)
            for name in ("status", "steps_done", "loss", "accuracy", "gradient_norm", "distinct_units",
                         "weights_initial", "weights_final"):
                self.assertEqual(many[name][at].tobytes(), alone[name][0].tobytes(), name)

    def test_h5diff_sees_no_difference(self):
        file = self.write("small.yaml", SMALL)
        self.expect(0, "run", file, "-o", "a.h5")
        self.expect(0, "run", file, "-o", "b.h5", ranks=2)
        done = subprocess.run(["h5diff", "--exclude-path", "/provenance", "a.h5", "b.h5"], cwd=self.folder,
                              capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stdout), (0, ""))

    def test_it_ends_with_the_best_cell(self):
        """The same cell as that of `show`, by the test set's accuracy; and what to do next."""
        text = SMALL.replace("{name: xor}", "{name: digits}").replace("mse", "cross_entropy").replace(
            "accuracy, gradient_norm, distinct_units", "accuracy, test_accuracy")
        file = self.write("small.yaml", text)
        words = ("--set", "grid={train.learning_rate: [0.01, 0.5, 1.0e30], replicate: {count: 5}}", "--set",
                 "network.init=he_normal", "--set", "network.depth=1", "--set", "network.activation=relu")
        lines = self.expect(0, "run", file, *words).stdout.splitlines()
        shown = json.loads(self.expect(0, "show", "small.h5", "--json", "--by", "test_accuracy").stdout)
        with h5py.File(self.path("small.h5"), "r") as results:
            values = results["test_accuracy"][5:10, -1]
            self.assertEqual(shown["cells"]["best"][0]["median"]["test_accuracy"], numpy.median(values))
        self.assertEqual(lines[1:], [
            "10 completed, 0 stopped by a rule, 5 diverged, 0 missing",
            f"best of 3 cells: test_accuracy {numpy.median(values):.4g} (median of 5 networks; lowest "
            f"{min(values):.4g}, highest {max(values):.4g}): learning_rate=0.5",
            "next: `initsweep show small.h5 --by test_accuracy`, `initsweep plot heatmap small.h5`"])

    def test_cells_that_diverged_are_not_the_best(self):
        file = self.write("small.yaml", SMALL)
        done = self.expect(0, "run", file, "--set", "grid={train.learning_rate: [1.0e30, 1.0e29]}", "--set",
                           "network.init=he_normal", "--set", "network.depth=1", "--set", "network.activation=relu")
        self.assertIn("\nbest of 2 cells: none: half of the networks or more diverged in each\nnext: ", done.stdout)

    def test_what_takes_long_to_read_is_not_read_at_the_end(self):
        """100 networks of 40,001 records; those of 30,001 are read."""
        file = self.write("small.yaml", SMALL.replace("{geomspace: 6}", "{every: 1}").replace("weights: both", ""))
        for steps, read in ((40000, False), (30000, True)):
            done = self.expect(0, "run", file, "--set", "grid={replicate: {count: 100}}", "--set",
                               f"train.steps={steps}", "--set", "record.probes=[loss]", "--set",
                               "network.init=he_normal", "--set", "network.depth=1",
                               "--set", "network.activation=tanh", "-o", f"{steps}.h5")
            self.assertEqual("one cell: loss " in done.stdout, read, done.stdout)
            self.assertIn("\nnext: `initsweep show ", done.stdout)

    def test_a_finished_sweep_is_not_trained_again(self):
        file = self.write("small.yaml", SMALL)
        self.expect(0, "run", file)
        before = os.stat(self.path("small.h5"))
        self.expect(0, "run", file, stderr="", stdout=f"small.h5: holds this sweep already, {SMALL_NETWORKS} networks; "
                    "nothing to do (to retrain it: --resume never)\n")
        after = os.stat(self.path("small.h5"))
        self.assertEqual((before.st_ino, before.st_mtime_ns), (after.st_ino, after.st_mtime_ns))
        first = self.contents("small.h5")
        self.expect(0, "run", file, "--resume", "never")
        self.assertNotEqual(os.stat(self.path("small.h5")).st_ino, before.st_ino)
        self.assertEqual(self.contents("small.h5"), first)

    def test_another_sweep_is_never_written_over(self):
        file = self.write("small.yaml", SMALL)
        self.expect(0, "run", file)
        first = self.contents("small.h5")
        done = self.expect(2, "run", file, "--set", "seed=8", stdout="", ranks=2)
        self.assertRegex(done.stderr, r"'small\.h5' holds another sweep: 'small' \(\w{16}\), not 'small' \(\w{16}\)")
        self.assertEqual(done.stderr.count("holds another sweep"), 1)
        self.assertIn("replace it with --resume never", done.stderr)
        # of another name: not even on request
        done = self.expect(2, "run", file, "--set", "sweep=large", "-o", "small.h5", "--resume", "never", stdout="")
        self.assertIn("'small.h5' holds another sweep: 'small'", done.stderr)
        self.assertNotIn("--resume never", done.stderr)
        self.assertEqual(self.contents("small.h5"), first)
        self.write("text.h5", "words\n")
        self.assertIn("'text.h5' exists", self.expect(2, "run", file, "-o", "text.h5", stdout="").stderr)
        self.assertEqual(self.files(), ["small.h5", "small.yaml", "text.h5"])

    def test_a_changed_sweep_replaces_its_old_results_on_request(self):
        file = self.write("small.yaml", SMALL)
        self.expect(0, "run", file, "--quiet")
        first = os.stat(self.path("small.h5"))
        self.expect(0, "run", file, "--set", "seed=8", "-o", "new.h5", "--quiet")
        self.expect(0, "run", file, "--set", "seed=8", "--resume", "never", "--quiet", stderr="", ranks=2)
        self.assertEqual(self.contents("small.h5"), self.contents("new.h5"))
        self.assertNotEqual(os.stat(self.path("small.h5")).st_ino, first.st_ino)
        self.assertEqual(self.files(), ["new.h5", "small.h5", "small.yaml"])

    def test_a_name_too_long_for_the_temporary_file_is_told_before_training(self):
        file = self.write("small.yaml", SMALL)
        name = "n" * (255 - len(".parts") - len(".h5")) + ".h5"
        for words in (("run", file), ("run", file, "--resume", "never")):
            done = self.expect(2, *words, "-o", name, stdout="")
            self.assertRegex(done.stderr, "initsweep: cannot create '.*': File name too long\n$")
            self.assertEqual(self.files(), ["small.yaml"])
        self.expect(0, "run", file, "--quiet")
        done = self.expect(2, "replay", "small.h5", "--network", "0", "-o", name, stdout="")
        self.assertIn("File name too long", done.stderr)

    def test_pipes(self):
        """A sweep file may come through a pipe; one that nothing writes to is an error, and results files are none."""
        os.mkfifo(self.path("pipe"))
        self.write("small.yaml", SMALL)
        for words in (("check", "pipe"), ("run", "pipe", "-o", "out.h5")):
            done = self.expect(2, *words, stdout="", timeout=60)
            self.assertEqual(done.stderr, "initsweep: pipe is a pipe that nothing writes to\n", words)
        for words in (("show",), ("verify",), ("replay", "--network", "0")):
            self.assertIn("pipe is no regular file", self.expect(2, *words, "pipe", stdout="", timeout=60).stderr)
        done = subprocess.run(f"sleep 0.5; cat small.yaml > pipe & {PROGRAM} check pipe", cwd=self.folder, shell=True,
                              env=ENVIRONMENT, capture_output=True, text=True, check=True, timeout=60)
        self.assertIn("pipe: good: sweep 'small'", done.stdout)
        done = subprocess.run(f"(sleep 0.5; cat small.yaml) | {PROGRAM} check /dev/stdin", cwd=self.folder, shell=True,
                              env=ENVIRONMENT, capture_output=True, text=True, check=True, timeout=60)
        self.assertIn("/dev/stdin: good: sweep 'small'", done.stdout)

    def test_an_output_that_cannot_be_is_told_before_training(self):
        file = self.write("small.yaml", SMALL)
        before = self.files()
        done = self.expect(2, "run", file, "-o", "none/out.h5", stdout="", ranks=2)
        self.assertIn("there is no folder 'none'", done.stderr)
        self.assertEqual(done.stderr.count("there is no folder"), 1)
        self.expect(2, "run", file, "-o", "./", stdout="", stderr="initsweep: './' names a folder, not a results "
                                                                  "file\n")
        self.assertEqual(self.files(), before)
        self.write("small.h5.parts", "in the way\n")
        done = self.expect(2, "run", file, stdout="")
        self.assertIn("small.h5.parts", done.stderr)
        self.assertNotIn("rank", done.stderr)

    def test_more_threads_than_openmp_gives(self):
        file = self.write("small.yaml", SMALL)
        done = self.expect(0, "run", file, "-o", "a.h5", "--threads", "4", OMP_THREAD_LIMIT="3")
        self.assertIn("OMP_THREAD_LIMIT=3 leaves 2 of 4 worker threads", done.stderr)
        done = self.expect(1, "run", file, "-o", "b.h5", "--threads", "4", OMP_THREAD_LIMIT="1")
        self.assertIn("unset OMP_THREAD_LIMIT", done.stderr)
        self.assertEqual(self.files(), ["a.h5", "small.yaml"])

    def test_bar_on_a_terminal_and_lines_in_a_log(self):
        file = self.write("small.yaml", SMALL)
        words = ("run", file, "--set", "train.steps=6000")
        for width, no_color in ((100, ""), (30, "1")):
            status, _, text = self.on_terminal(words, width, stdout=False, NO_COLOR=no_color)
            self.assertEqual(status, 0)
            self.assertRegex(text, r" \d+ % ")
            frames = re.split(r"\r", text)
            for frame in frames:
                if " % " in frame:
                    shown = re.sub(r"\x1b\[[0-9;]*[mK]", "", frame).split("\n")[0]
                    self.assertLess(len(shown), width)
            self.assertEqual("\x1b[32m" in text, not no_color)
            os.remove(self.path("small.h5"))
        done = self.expect(0, *words)
        self.assertNotIn("\r", done.stderr)

    def test_bar_shows_how_far_the_first_pack_is(self):
        file = self.write("small.yaml", SMALL)
        words = ("run", file, "--set", "train.steps=3000000", "--set", "train.learning_rate=0.01", "--set",
                 "network.width=64", "--set", "network.depth=1", "--set", "network.activation=tanh", "--set",
                 "grid={network.init: [he_normal]}")
        status, _, text = self.on_terminal(words, 100, stdout=False, NO_COLOR="1")
        self.assertEqual(status, 0)
        shown = [int(percent) for percent in re.findall(r"(\d+) % \[[#-]+\] 0 of 1 networks, ETA ", text)]
        self.assertEqual(shown, sorted(shown))
        self.assertTrue(any(0 < percent < 100 for percent in shown), text)


if __name__ == "__main__":
    unittest.main()
