#!/usr/bin/python3
"""verify and replay: networks of a results file trained again, bit for bit; a single wrong bit is found, and whatever
contradicts the settings in the file."""
import csv
import os
import re
import shutil
import subprocess
import time
import unittest

import h5py
import numpy

from program import ENVIRONMENT, PROGRAM, SMALL, SMALL_NETWORKS, Case

# What a user might do to a file -> what verify says
EDITS = (
    (lambda f: f["init"].write_direct(numpy.full(SMALL_NETWORKS, "he_normal", object)),
     "dataset 'init': 160 of 160 differ, the first at network 0: 'he_normal' in the file, 'zeros' expected"),
    (lambda f: f["activation"].__setitem__(7, "gelu"),
     "dataset 'activation': 1 of 160 differ, the first at network 7: 'gelu' in the file, 'tanh' expected"),
    (lambda f: f["learning_rate"].__setitem__(..., 99),
     "dataset 'learning_rate': 160 of 160 differ, the first at network 0: 99 in the file, 0.5 expected"),
    (lambda f: f["init_value"].__setitem__(0, 0),
     "dataset 'init_value': 1 of 160 differ, the first at network 0: 0 in the file, nan expected"),
    (lambda f: f["depth"].__setitem__(159, 9),
     "dataset 'depth': 1 of 160 differ, the first at network 159: 9 in the file, 2 expected"),
    (lambda f: f["replicate"].__setitem__(4, 3),
     "dataset 'replicate': 1 of 160 differ, the first at network 4: 3 in the file, 4 expected"),
    (lambda f: f["features"].__setitem__(4, 3),
     "dataset 'features': 1 of 160 differ, the first at network 4: 3 in the file, 2 expected"),
    (lambda f: f["layer_size"].__setitem__((5, 2), 9),  # of a network that has no third layer
     "dataset 'layer_size': 1 of 160 differ, the first at network 5, layer 3: 9 in the file, -1 expected"),
    (lambda f: f["id"].__setitem__(3, 1),
     "dataset 'id': 1 of 160 differ, the first at network 3: 0000000000000001 in the file, "),
    (lambda f: f["step"].__setitem__(..., 7), "dataset 'step': 7 of 7 differ, the first at record 0: 7 in the file, 0"),
    (lambda f: f["network"].__setitem__(2, 1),
     "dataset 'network': 1 of 160 differ, the first at network 2: 1 in the file, 2 expected"),
    (lambda f: f["record"].__setitem__(2, 1), "dataset 'record': 1 of 7 differ, the first at record 2: 1 in the file,"),
    (lambda f: f["layer"].__setitem__(1, 5), "dataset 'layer': 1 of 3 differ, the first at layer 2: 5 in the file, "),
    (lambda f: f["parameter"].__setitem__(0, 5), "dataset 'parameter': 1 of "),
    (lambda f: f.move("features", "other"), "dataset 'features': missing in the file"),
    (lambda f: exchange(f, "f8"), "dataset 'features': the type of its values is not the expected one"),
    (lambda f: exchange(f, "<i4", 5), "dataset 'features': its shape is not the expected one"),
    (lambda f: exchange(f, "<i4"), "dataset 'features': it does not have the expected dimensions"),
    (lambda f: f.attrs.modify("title", "other"), "attribute 'title': 'other' in the file, 'small' expected"),
    (lambda f: f.attrs.create("about", "a map"), "attribute 'about': none expected"),
    (lambda f: f.attrs.modify("precision", "float64"), "attribute 'precision': 'float64' in the file, 'float32' "),
    (lambda f: f.attrs.modify("Conventions", "CF"), "attribute 'Conventions': 'CF' in the file, 'CF-1.10' expected"),
    (lambda f: f.attrs.modify("settings", f.attrs["settings"].replace("steps: 40", "steps: 40  # not 50")),
     "attribute 'settings': '  steps: 40  # not 50' in the file, '  steps: 40' expected"),
    (lambda f: f["init"].attrs.modify("path", "network.activation"), "attribute 'init/path': 'network.activation' in "),
    (lambda f: f["loss"].attrs.__delitem__("units"), "attribute 'loss/units': missing in the file"),
    (lambda f: f["loss"].attrs.modify("_FillValue", numpy.float32(0)), "attribute 'loss/_FillValue': '0' in the file,"),
    (lambda f: f["weights_final"].attrs.modify("coordinates", "init"), "attribute 'weights_final/coordinates': 'init'"),
    (lambda f: f["status"].attrs.modify("flag_meanings", "completed missing"), "attribute 'status/flag_meanings': "),
    (lambda f: f["status"].attrs.modify("flag_values", numpy.array([1, 0, 2, 3, 4], "i1")),
     "attribute 'status/flag_values': 0 to 4 expected"),
    (lambda f: f["status"].__setitem__(6, 9), "dataset 'status': 1 of 160 differ, the first at network 6: 9 in "),
    (lambda f: f["status"].__setitem__(6, -1), "dataset 'status': 1 of 160 differ, the first at network 6: -1 in the "),
    (lambda f: f["status"].__setitem__(6, 4), "dataset 'status': 1 of 160 differ, the first at network 6: 4 in the fi"),
    (lambda f: f["status"].__setitem__(6, 0), "dataset 'steps_done': 1 of 160 differ, the first at network 6: "),
    (lambda f: f["status"].__setitem__(..., 0), "dataset 'loss': 160 of 160 differ, the first at network 0, record 0:"),
)
RESULTS = ("steps_done", "loss", "accuracy", "gradient_norm", "distinct_units", "weights_initial", "weights_final")


def exchange(file, kind, length=SMALL_NETWORKS):
    """Puts another dataset into the place of `features`."""
    file.move("features", "other")
    file.create_dataset("features", data=file["other"][:length].astype(kind))


def blank(file, numbers, but=""):
    """Makes networks what `gather` makes of those that were not trained yet; `but`: a dataset that keeps its values."""
    for name in set(RESULTS) - {but}:
        file[name][numbers] = file[name].fillvalue
    file["status"][numbers] = 0


class VerifyReplay(Case):
    def small(self, *more):
        self.file = self.write("small.yaml", SMALL)
        self.expect(0, "run", self.file, "-o", "out.h5", "--quiet", *more)

    def test_every_network_is_the_same_again(self):
        self.small()
        done = self.expect(0, "verify", "out.h5", "--all", "--threads", "2", stderr="")
        self.assertIn(f"{SMALL_NETWORKS} of {SMALL_NETWORKS} networks trained again", done.stdout)
        done = self.expect(0, "verify", "out.h5", "--sample", "7", stderr="")
        self.assertIn(f"7 of {SMALL_NETWORKS} networks trained again", done.stdout)

    def test_the_wording_of_a_description_is_no_difference(self):
        self.small()
        with h5py.File(self.path("out.h5"), "r+") as file:
            file["init"].attrs.modify("long_name", "how the weights start")  # as version 0.1.0 has it
        self.expect(0, "verify", "out.h5", "--sample", "1", stderr="")

    def test_one_wrong_bit_is_found(self):
        for name, place in (("loss", (11, 2)), ("gradient_norm", (11, 3, 1)), ("distinct_units", (11, 0, 0)),
                            ("weights_final", (11, 4)), ("weights_initial", (11, 0)), ("steps_done", 11)):
            self.small("--resume", "never")
            with h5py.File(self.path("out.h5"), "r+") as file:
                value = numpy.array([file[name][place]])
                bits = value.view(f"u{value.itemsize}")
                bits ^= bits.dtype.type(1)
                file[name][place] = value[0]
            done = self.expect(1, "verify", "out.h5", "--all")
            self.assertIn("network 11 differs", done.stderr, name)
            self.assertIn(f"1 of {SMALL_NETWORKS} networks differ", done.stderr)

    def test_what_follows_from_the_settings_is_compared_for_all_networks(self):
        self.small()
        for edit, expected in EDITS:
            with self.subTest(expected):
                shutil.copy(self.path("out.h5"), self.path("edited.h5"))
                with h5py.File(self.path("edited.h5"), "r+") as file:
                    edit(file)
                done = self.expect(1, "verify", "edited.h5", "--sample", "1", stdout="")
                self.assertIn(f"initsweep: {expected}", done.stderr)
                self.assertRegex(done.stderr, r"edited\.h5: \d+ of its datasets and attributes differ")

    def test_recorded_steps_of_each_network_are_compared(self):
        self.write("steps.yaml", SMALL.replace("train.learning_rate: [0.5, 1.0e30]", "train.steps: [20, 40]"))
        self.expect(0, "run", "steps.yaml", "-o", "out.h5", "--quiet")
        self.expect(0, "verify", "out.h5")
        with h5py.File(self.path("out.h5"), "r+") as file:
            self.assertEqual(file["step"].shape[0], SMALL_NETWORKS)
            file["step"][9, 2] += 1
        done = self.expect(1, "verify", "out.h5")
        self.assertIn("dataset 'step': 1 of 160 differ, the first at network 9, record 2: ", done.stderr)

    def test_networks_without_results_have_no_values(self):
        self.small()
        for name in RESULTS:
            shutil.copy(self.path("out.h5"), self.path("edited.h5"))
            with h5py.File(self.path("edited.h5"), "r+") as file:
                blank(file, slice(8, 12), but=name)
            done = self.expect(1, "verify", "edited.h5")
            self.assertIn(f"dataset '{name}': 4 of 160 differ, the first at network 8", done.stderr)
            self.assertIn("edited.h5: 1 of its datasets", done.stderr)

    def test_fewer_trained_networks_than_the_sample_are_counted(self):
        self.small()
        with h5py.File(self.path("out.h5"), "r+") as file:
            ended = numpy.bincount(file["status"][155:], minlength=5)
            blank(file, slice(0, 155))
        done = self.expect(0, "verify", "out.h5", stderr="")
        self.assertEqual(ended.tolist(), [0, 0, 0, 5, 0])
        self.assertEqual(done.stdout, "out.h5: 5 of 5 networks trained again: every stored bit is the same "
                         "(in the file: 155 missing, 5 diverged)\n")
        self.expect(0, "verify", "out.h5", "--sample", "2", stderr="",
                    stdout=done.stdout.replace("5 of 5 networks", "2 of 5 networks"))

    def test_a_file_of_a_run_without_a_trained_network_is_wrong(self):
        self.small()
        with h5py.File(self.path("out.h5"), "r+") as file:
            blank(file, slice(None))
        done = self.expect(1, "verify", "out.h5", stdout="")
        self.assertIn("out.h5: no network is trained (160 missing), but a run has written this file", done.stderr)

    def test_a_file_gathered_before_a_network_was_trained_is_none(self):
        self.write("slow.yaml", SMALL.replace("steps: 40", "steps: 400000000").replace("1.0e30", "0.25"))
        run = subprocess.Popen([PROGRAM, "run", "slow.yaml", "-o", "out.h5"], cwd=self.folder, env=ENVIRONMENT,
                               stderr=subprocess.DEVNULL)
        while not os.path.exists(self.path("out.h5.parts/sweep")):
            self.assertIsNone(run.poll())
            time.sleep(0.01)
        run.kill()  # a signal that can be caught would leave nothing
        run.wait(60)
        self.expect(0, "gather", "out.h5.parts", "-o", "early.h5")
        self.expect(0, "verify", "early.h5", stderr="",
                    stdout="early.h5: gathered before a network was trained (160 missing): only the settings were "
                    "compared\n")

    def test_replay_records_every_step_of_the_same_network(self):
        self.small()
        done = self.expect(0, "replay", "out.h5", "--network", "83", "--every", "--probes", "loss,weight_norm")
        self.assertRegex(done.stderr, r"network 83 is the same: status, 40 steps and \d+ stored numbers")
        rows = list(csv.DictReader(done.stdout.splitlines()))
        self.assertEqual([int(row["step"]) for row in rows], list(range(41)))
        self.assertEqual(list(rows[0]), ["step", "loss", "weight_norm_1", "weight_norm_2"])
        with h5py.File(self.path("out.h5"), "r") as file:
            for step, loss in zip(file["step"][()], file["loss"][83]):
                self.assertEqual(numpy.float32(rows[step]["loss"]), loss)

    def test_replay_reports_a_network_that_differs(self):
        self.small()
        with h5py.File(self.path("out.h5"), "r+") as file:
            file["loss"][83, -1] = numpy.nextafter(file["loss"][83, -1], numpy.float32(1))
        done = self.expect(1, "replay", "out.h5", "--network", "83", "--steps", "1,2", "-o", "x.csv", stdout="")
        self.assertIn("network 83 differs: loss at step 40", done.stderr)

    def test_probes_that_depend_on_the_recording_are_compared_where_it_agrees(self):
        self.small("--set", "record.probes=[loss, update_ratio]")  # records at 0, 1, 2, 4, 9, 19, 40
        steps = h5py.File(self.path("out.h5"))["step"][()].tolist()
        numbers = {}
        for recorded in (steps, sorted([*steps, 3]), [0, 5, 40]):
            done = self.expect(0, "replay", "out.h5", "--network", "83", "--steps", ",".join(map(str, recorded)))
            numbers[len(recorded)] = int(re.search(r"(\d+) stored numbers", done.stderr).group(1))
        # a record that is inserted takes the two layers of the next one away
        self.assertEqual(numbers[len(steps)] - numbers[len(steps) + 1], 2)
        with h5py.File(self.path("out.h5"), "r+") as file:
            file["update_ratio"][83, 1] *= numpy.float32(2)
        done = self.expect(1, "replay", "out.h5", "--network", "83", "--steps", "1,2")
        self.assertIn("network 83 differs: update_ratio at step 1", done.stderr)

    def test_no_other_probe_depends_on_the_recording(self):
        names = [line.strip() for line in self.expect(0, "list", "probes").stdout.splitlines()
                 if re.fullmatch(r"  \w+", line)]
        self.write("probes.yaml", SMALL.replace("[loss, accuracy, gradient_norm, distinct_units]",
                                                f"[{', '.join(names)}]").replace(
            "{name: xor}", "{name: parity, bits: 3, test_fraction: 0.5}"))
        self.expect(0, "run", "probes.yaml", "-o", "out.h5", "--quiet")
        self.expect(0, "replay", "out.h5", "--network", "83", "--every")
        self.expect(0, "replay", "out.h5", "--network", "83", "--steps", "20")

    def test_wrong_arguments_are_named(self):
        self.small()
        self.assertIn("there is no network 320", self.expect(2, "replay", "out.h5", "--network", "320").stderr)
        self.assertIn("did you mean 'loss'?", self.expect(2, "replay", "out.h5", "--network", "0", "--probes",
                                                          "los").stderr)
        self.assertIn("give one results file", self.expect(2, "verify").stderr)


if __name__ == "__main__":
    unittest.main()
