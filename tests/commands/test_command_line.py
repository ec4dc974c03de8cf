#!/usr/bin/python3
"""Words of the command line: help, versions, tables, mistakes. Exact output and exit status."""
import json
import os
import unittest

import h5py
import numpy as np

from program import SMALL, SMALL_NETWORKS, Case

# Open MPI cannot start with this: a command that is said to do without MPI must not notice
NO_MPI = {"OMPI_MCA_pml": "none_such"}

ONE = """\
dataset: DATASET
network: {depth: 1, width: 2, activation: tanh, init: glorot_uniform}
train: {loss: mse, optimizer: sgd, learning_rate: 0.1, steps: 10}
"""

# Each is broken in another way
BROKEN = {
    "empty": "",
    "syntax": "sweep: [a, b\n",
    "tab": "sweep: x\n\tseed: 1\n",
    "unknown_key": SMALL.replace("seed: 7", "sed: 7"),
    "unknown_setting": SMALL.replace("width: 3", "widht: 3"),
    "unknown_activation": SMALL.replace("[tanh, relu]", "[tahn, relu]"),
    "unknown_init": SMALL.replace("glorot_uniform", "glorot_unifrom"),
    "unknown_loss": SMALL.replace("loss: mse", "loss: msee"),
    "unknown_optimizer": SMALL.replace("optimizer: sgd", "optimizer: sdg"),
    "unknown_probe": SMALL.replace("gradient_norm", "gradient_nrom"),
    "unknown_dataset": SMALL.replace("name: xor", "name: xro"),
    "unknown_parameter": SMALL.replace("value: [0.1, 0.5]", "valeu: [0.1, 0.5]"),
    "duplicate_key": SMALL + "seed: 8\n",
    "not_a_number": SMALL.replace("steps: 40", "steps: forty"),
    "negative": SMALL.replace("width: 3", "width: -3"),
    "fraction": SMALL.replace("steps: 40", "steps: 40.5"),
    "anchor": SMALL.replace("seed: 7", "seed: &a 7"),
    "empty_axis": SMALL.replace("[tanh, relu]", "[]"),
    "missing_data": SMALL.replace("{name: xor}", "{name: csv, path: none.csv}"),
    "bad_path": SMALL.replace("network.depth: [1, 2]", "network.dpth: [1, 2]"),
    "not_yaml": "\x01\x02\x03",
    "list_at_root": "- a\n- b\n",
}


class Usage(Case):
    def test_help_of_every_command(self):
        text = self.expect(0, "--help", stderr="").stdout
        for command in ("new", "check", "plan", "run", "gather", "show", "verify", "replay", "list", "help"):
            self.assertIn(f"  {command} ", text)
            help_text = self.expect(0, command, "--help", stderr="").stdout
            self.assertTrue(help_text.startswith(f"usage: initsweep {command} "), help_text)
            self.assertIn("\nexample", help_text)
            self.assertLessEqual(max(len(line) for line in help_text.partition("\nexample")[0].splitlines()), 100)
            self.assertEqual(self.expect(0, "help", command, stderr="").stdout, help_text)

    def test_mistakes_on_the_command_line(self):
        for words, message in {
                (): "initsweep: give a command: new, check, plan, run, gather, show, verify, replay, list, help\n  "
                    "`initsweep --help` shows all.\n",
                ("rnu",): "initsweep: unknown command 'rnu'\n  did you mean 'run'? `initsweep --help` shows all.\n",
                ("fly",): "initsweep: unknown command 'fly'\n  `initsweep --help` shows all.\n",
                ("a.yaml",): "initsweep: 'a.yaml' is a file, not a command\n"
                             "  did you mean `initsweep run a.yaml`? `initsweep --help` shows all.\n",
                ("out/a.h5", "--by", "loss"): "initsweep: 'out/a.h5' is a file, not a command\n"
                                              "  did you mean `initsweep show out/a.h5`? `initsweep --help` shows "
                                              "all.\n",
                ("run", "a.yaml", "train.steps=3", "seed=1"): "initsweep run: unexpected 'train.steps=3'\n"
                                                              "  did you mean --set train.steps=3?\n",
                ("run",): "initsweep run: give one sweep file\n  `initsweep run --help` shows how.\n",
                ("run", "a", "b"): "initsweep run: give one sweep file\n  `initsweep run --help` shows how.\n",
                ("run", "a", "--thread"): "initsweep run: option '--thread' needs an argument\n"
                                          "  `initsweep run --help` shows how.\n",
                ("run", "a", "--threds=2"): "initsweep run: unknown option '--threds'\n"
                                            "  did you mean '--threads'? `initsweep run --help` shows all.\n",
                ("run", "a", "-x"): "initsweep run: unknown option '-x'\n  `initsweep run --help` shows all.\n",
                ("run", "a", "--threads", "0"): "initsweep run: --threads must be a whole number from 1 to 65536, not "
                                                "'0'\n",
                ("run", "a", "--threads", "2x"): "initsweep run: --threads must be a whole number from 1 to 65536, not "
                                                 "'2x'\n",
                ("run", "a", "--resume", "no"): "initsweep run: --resume must be auto, never or extend, not 'no'\n",
                ("plan",): "initsweep plan: give one sweep file\n  `initsweep plan --help` shows how.\n",
                ("plan", "a", "--jsn"): "initsweep plan: unknown option '--jsn'\n"
                                        "  did you mean '--json'? `initsweep plan --help` shows all.\n",
                ("check",): "initsweep check: give one sweep file\n  `initsweep check --help` shows how.\n",
                ("show",): "initsweep show: give one results file\n  `initsweep show --help` shows how.\n",
                ("list", "activation"): "initsweep list: unknown table 'activation'\n"
                                        "  did you mean 'activations'? `initsweep list` shows all.\n",
                ("list", "a", "b"): "initsweep list: give at most one table\n  `initsweep list --help` shows how.\n",
                ("check", "none.yaml"): "initsweep: none.yaml: No such file or directory\n",
                ("run", "none.yaml"): "initsweep: none.yaml: No such file or directory\n",
        }.items():
            with self.subTest(words=words):
                self.expect(2, *words, stdout="", stderr=message)

    def test_other_commands_are_programs_on_the_path(self):
        """`initsweep NAME` becomes initsweep-NAME, which gets the arguments and whose status counts."""
        os.mkdir(self.path("bin"))
        for name, mode in (("hello", 0o755), ("plot", 0o755), ("run", 0o755), ("locked", 0o644)):
            self.write(f"bin/initsweep-{name}", '#!/bin/sh\necho "$(basename "$0")" "$#" "$@"\nexit 7\n')
            os.chmod(self.path(f"bin/initsweep-{name}"), mode)
        path = f"{self.path('bin')}:{os.environ['PATH']}"
        said = "initsweep-hello 3 a.yaml --x=1 b c\n"
        self.expect(7, "hello", "a.yaml", "--x=1", "b c", stdout=said, stderr="", PATH=path)
        self.expect(7, "help", "plot", stdout="initsweep-plot 1 --help\n", stderr="", PATH=path)
        self.expect(2, "run", stdout="", PATH=path)  # the program's own commands come first
        self.expect(2, "locked", stdout="", PATH=path,
                    stderr="initsweep: unknown command 'locked'\n  `initsweep --help` shows all.\n")
        self.expect(2, "../bin/hello", stdout="", PATH=path)
        self.expect(2, "plot", "a.h5", stdout="", PATH="/nowhere", stderr=(
            "initsweep: the command 'plot' is in the Python library, and no initsweep-plot is on PATH\n"
            "  `cmake --install` and `pip install .` put it there: docs/python.md\n"))
        self.expect(2, "tabel", stdout="", PATH="/nowhere", stderr=(
            "initsweep: unknown command 'tabel'\n  did you mean 'table'? `initsweep --help` shows all.\n"))
        done = self.run_program("hello", ranks=2, PATH=path)
        self.assertEqual((done.returncode, done.stdout), (7, "initsweep-hello 0\n"))

    def test_files_of_another_kind(self):
        """Each is named for what it is."""
        self.write("notes.h5", "not HDF5\n")
        for command in ("show", "verify"):
            self.expect(2, command, "notes.h5", stdout="", stderr="initsweep: notes.h5 is not an HDF5 file\n")
        with h5py.File(self.path("a.h5"), "w") as file:
            file["x"] = 1
        for command in ("check", "plan", "run"):
            done = self.expect(2, command, "a.h5", stdout="")
            self.assertTrue(done.stderr.startswith("a.h5:1:1: error: this is an HDF5 file, not a sweep file\n"))
            self.assertTrue(done.stderr.endswith("\n  `initsweep show` shows what is in a results file\n"))
        self.write("a.csv", "x;y;z\n1;2;0\n3;4;1\n")
        self.write("csv.yaml", ONE.replace("DATASET", "{name: csv, path: a.csv, kind: classes}"))
        done = self.expect(2, "check", "csv.yaml", stdout="")
        self.assertIn("a.csv:1:1: the line has no ',', but a semicolon: set delimiter: semicolon\n", done.stderr)

    def test_show_of_a_file_that_is_not_written_yet(self):
        os.mkdir(self.path("a.h5.parts"))
        self.expect(2, "show", "a.h5", stdout="", stderr=(
            "initsweep show: a.h5 is not written yet: `show a.h5 --follow` follows its run, `gather a.h5.parts` writes "
            "it\n"))

    def test_check_describes_the_data(self):
        """A header row that is read as a sample, and a column of numbers that is read as a feature, are seen."""
        self.write("a.csv", "".join(f"{n},{n % 3 / 2},{n % 2}\n" for n in range(10)))
        self.write("csv.yaml", ONE.replace("DATASET", "{name: csv, path: a.csv, kind: classes, test_fraction: 0.3}"))
        description = "csv: 7 training samples, 3 test samples; 2 features from 0 to 9; 2 classes of "
        lines = self.expect(0, "check", "csv.yaml", stderr="").stdout.splitlines()
        self.assertTrue(lines[1].startswith(f"  {description}"), lines)
        self.assertIn(f"samples      {description}", self.expect(0, "plan", "csv.yaml").stdout)
        data = json.loads(self.expect(0, "plan", "csv.yaml", "--json").stdout)["datasets"]
        self.assertEqual(len(data), 1)
        self.assertEqual(sum(data[0].pop("samples_of_classes")), 7)
        self.assertEqual(data[0], {"name": "csv", "train_samples": 7, "test_samples": 3, "features": 2,
                                   "input_range": [0, 9], "targets": 1})
        self.write("values.yaml", ONE.replace("DATASET", "{name: chebyshev, points: 5, spacing: even}"))
        self.assertIn("\n  chebyshev: 5 training samples, 0 test samples; 1 feature from -1 to 1; 1 target from -1 to "
                      "1\n", self.expect(0, "check", "values.yaml").stdout)
        self.write("moons.yaml", ONE.replace("DATASET", "moons"))
        seeds = self.expect(0, "check", "moons.yaml", "--set", "grid.seed={range: [1, 20]}").stdout
        self.assertEqual(seeds.count("\n  moons: 160 training"), 8)
        self.assertIn("\n  and 12 more datasets\n", seeds)

    def test_check_notes_what_may_not_be_meant(self):
        self.write("a.yaml", ONE.replace("DATASET", "moons"))
        for setting, note in (
                ("replicate=5",
                 "replicate: 5 is one repetition, number 5; 5 of them are grid: {replicate: {count: 5}}"),
                ("grid.seed=[1, 2]",
                 "each seed has its own generated data, split and noise; to repeat trainings on the same data, use "
                 "grid: {replicate: {count: 5}}"),
                ("grid.replicate={count: 200000000}",
                 "these are many networks; `initsweep plan` estimates their time, memory and disk")):
            with self.subTest(setting=setting):
                said = self.expect(0, "check", "a.yaml", "--set", setting, stderr="").stdout
                self.assertIn(f"\n  note: {note}\n", said)
        self.assertNotIn("note:", self.expect(0, "check", "a.yaml", "--set", "grid.replicate={count: 5}").stdout)

    def test_mistake_is_told_once_by_two_ranks(self):
        done = self.run_program("run", "a", "--threds=2", ranks=2)
        self.assertEqual(done.returncode, 2)
        self.assertEqual(done.stderr.count("unknown option"), 1)

    def test_version_names_what_it_was_built_with(self):
        text = self.expect(0, "--version", stderr="", **NO_MPI).stdout
        self.assertRegex(text, r"^initsweep \d+\.\d+\.\d+ \(\S.*\)\n")
        for line in (r"bits      version \d+ \(docs/numerics\.md\)", r"compiler  \S+ \d+",
                     r"flags     .*-ffp-contract=off", r"HDF5      HDF5 \d+.*\((serial|parallel)",
                     r"MPI       .+\(MPI \d\.\d\)", r"libyaml   \d+\.\d+", r"xxHash    \d+\.\d+",
                     r"kernels   .*portable.*; used: \w+"):
            self.assertRegex(text, r"(?m)^" + line)
        self.assertNotIn("/", text.split("flags")[1].split("\n")[0])  # no path of the machine that built it

    def test_list_shows_every_row_of_every_table(self):
        tables = json.loads(self.expect(0, "list", "--json", stderr="", **NO_MPI).stdout)
        names = {table["name"]: [row["name"] for row in table["rows"]] for table in tables}
        self.assertLessEqual({"zeros", "constant", "glorot_uniform", "orthogonal"}, set(names["initializers"]))
        self.assertLessEqual({"linear", "sigmoid", "tanh", "relu", "leaky_relu", "sin"}, set(names["activations"]))
        self.assertLessEqual({"mse", "binary_cross_entropy", "cross_entropy"}, set(names["losses"]))
        self.assertLessEqual({"sgd", "momentum", "nesterov", "adam"}, set(names["optimizers"]))
        self.assertLessEqual({"xor", "digits", "csv"}, set(names["datasets"]))
        self.assertLessEqual({"loss", "gradient_norm", "distinct_units"}, set(names["probes"]))
        overview = self.expect(0, "list").stdout
        for name, rows in names.items():
            self.assertLessEqual(len(set(rows)), len(rows))
            self.assertEqual(json.loads(self.expect(0, "list", name, "--json").stdout)[0]["name"], name)
            text = self.expect(0, "list", name).stdout
            for row in rows:
                self.assertIn(f"\n  {row}\n", text)
                self.assertRegex(overview, rf"\b{row}\b")
        self.assertLessEqual(max(len(line) for line in overview.splitlines()), 100)
        self.assertIn("train.learning_rate", self.expect(0, "list", "settings", "--markdown").stdout)

    def test_check_says_what_is_good(self):
        file = self.write("small.yaml", SMALL)
        line = self.expect(0, "check", file, stderr="", **NO_MPI).stdout
        self.assertTrue(line.startswith(f"small.yaml: good: sweep 'small', networks {SMALL_NETWORKS} = "), line)
        self.assertEqual(line.count("\n"), 2)
        line = self.expect(0, "check", file, "--set", "grid.replicate=[0]").stdout
        self.assertIn(f", networks {SMALL_NETWORKS // 5} = ", line)

    def test_data_outside_the_folder_are_said(self):
        os.mkdir(self.path("sweeps"))
        for name in ("data.csv", "sweeps/data.csv", "sweeps/..csv"):
            self.write(name, "1,2,0\n3,4,1\n5,6,0\n")
        for path, said in (("data.csv", False), ("./data.csv", False), ("..csv", False), ("../data.csv", True),
                           ("x/../../data.csv", True), (self.path("data.csv"), True)):
            os.makedirs(self.path("sweeps/x"), exist_ok=True)
            text = SMALL.replace("{name: xor}", f"{{name: csv, path: '{path}', kind: binary, test_fraction: 0}}")
            file = self.write("sweeps/small.yaml", text)
            said = f"initsweep: {file} reads '{path}', outside its folder\n" if said else ""
            self.expect(0, "check", file, stderr=said)

    def test_all_files_outside_the_folder_are_said_once(self):
        os.mkdir(self.path("sweeps"))
        np.save(self.path("x.npy"), np.eye(4))
        np.save(self.path("y.npy"), np.eye(4))
        with h5py.File(self.path("w.h5"), "w") as file:
            file["w"] = np.arange(2.0 * (5 * 3 + 4 * 4)).reshape(2, -1)
        init = "{name: file, path: ../w.h5, dataset: w, network: NETWORK}"
        self.write("sweeps/a.yaml", "dataset: {name: npy, inputs: ../x.npy, targets: ../y.npy, test_fraction: 0}\n"
                                    "train: {loss: mse, optimizer: sgd, learning_rate: 0.5, steps: 1}\n"
                                    f"network: {{depth: 1, width: 3, activation: tanh}}\n"
                                    f"grid: {{network.init: [{init.replace('NETWORK', '0')}, "
                                    f"{init.replace('NETWORK', '1')}], seed: [1, 2]}}\n")
        said = "".join(f"initsweep: sweeps/a.yaml reads '../{name}', outside its folder\n"
                       for name in ("w.h5", "x.npy", "y.npy"))
        self.expect(0, "check", "sweeps/a.yaml", stderr=said)

    def test_under_mpirun_one_rank_speaks_and_writes(self):
        self.write("small.yaml", SMALL)
        self.expect(0, "run", "small.yaml", "-o", "small.h5", "--quiet")
        plain = {"COLUMNS": "100", "TERM": "dumb", "LC_ALL": "C"}  # mpirun gives the first rank a terminal
        for words in (["check", "small.yaml"], ["plan", "small.yaml", "--json"], ["show", "small.h5"],
                      ["verify", "small.h5", "--sample", "1"], ["list"], ["help", "run"], ["help"], ["--help"],
                      ["--version"], ["replay", "small.h5", "--network", "1", "-o", "replayed.csv"],
                      ["new", "first"]):
            with self.subTest(words=words):
                done = self.run_program(*words, ranks=3, **plain)
                self.assertEqual(done.returncode, 0, done.stderr)
                for name in ("first.yaml", "replayed.csv"):
                    if os.path.exists(self.path(name)):
                        os.remove(self.path(name))
                alone = self.run_program(*words, **plain)
                if words[0] != "plan":  # which measures times
                    self.assertEqual((done.stdout, done.stderr), (alone.stdout, alone.stderr))
                self.assertEqual(done.stdout.count("\n"), alone.stdout.count("\n"))
                for name in ("first.yaml", "replayed.csv"):
                    if os.path.exists(self.path(name)):
                        os.remove(self.path(name))

    def test_broken_files_are_refused_with_their_place_and_leave_nothing(self):
        self.assertGreaterEqual(len(BROKEN), 20)
        for name, text in BROKEN.items():
            with self.subTest(name=name):
                file = self.write(f"{name}.yaml", text)
                before = self.files()
                checked = self.expect(2, "check", file, stdout="")
                self.assertRegex(checked.stderr, rf"^{name}\.yaml:\d+:\d+: error: ")
                self.expect(2, "run", file, stdout="", stderr=checked.stderr)
                self.expect(2, "plan", file, stdout="", stderr=checked.stderr)
                self.assertEqual(self.files(), before)

    def test_broken_file_is_told_once_by_three_ranks(self):
        file = self.write("broken.yaml", BROKEN["unknown_activation"])
        done = self.run_program("run", file, ranks=3)
        self.assertEqual(done.returncode, 2)
        self.assertEqual(done.stderr.count("tahn'"), 1)
        self.assertIn("did you mean 'tanh'", done.stderr)
        self.assertEqual(self.files(), ["broken.yaml"])

    def test_file_of_more_than_16_mib_is_no_sweep_file(self):
        self.write("large.yaml", "#" * (16 << 20) + "\n")
        self.expect(2, "check", "large.yaml",
                    stderr="initsweep: large.yaml has more than 16 MiB\n")

    def test_show_refuses_what_is_no_results_file(self):
        self.write("text.h5", "no HDF5\n")
        self.assertIn("text.h5", self.expect(2, "show", "text.h5", stdout="").stderr)


if __name__ == "__main__":
    unittest.main()
