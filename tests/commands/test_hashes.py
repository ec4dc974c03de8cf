#!/usr/bin/python3
"""verify --hashes: notices every change of a results file outside /provenance, names the first dataset that differs,
and agrees with the definition in docs/results-format.md as scripts/initsweep/hashing.py computes it."""
import os
import shutil
import subprocess
import sys
import unittest

import h5py
import numpy

from program import SMALL, Case, requirements
from test_verify_replay import EDITS, RESULTS

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts"))
from initsweep.hashing import check_hashes, results_hash  # noqa: E402


class Hashes(Case):
    def setUp(self):
        super().setUp()
        self.write("small.yaml", SMALL)
        self.expect(0, "run", "small.yaml", "-o", "out.h5", "--quiet")

    def edited(self, edit):
        shutil.copy(self.path("out.h5"), self.path("edited.h5"))
        with h5py.File(self.path("edited.h5"), "r+") as file:
            edit(file)
        return "edited.h5"

    def differs(self, edit, expected):
        """verify --hashes names what differs, and the Python library finds it, too."""
        done = self.expect(1, "verify", self.edited(edit), "--hashes", stdout="")
        self.assertRegex(done.stderr, f"^initsweep: edited.h5: {expected}")
        self.assertNotEqual(check_hashes(self.path("edited.h5")), [])

    def matches(self, name):
        """A file that matches; returns its results hash."""
        done = self.expect(0, "verify", name, "--hashes", stderr="")
        self.assertRegex(done.stdout, fr"^{name}: 24 datasets match their hashes: [0-9a-f]{{32}}\n$")
        self.assertEqual(check_hashes(self.path(name)), [])
        digits = done.stdout.split()[-1]
        self.assertEqual(results_hash(self.path(name)), digits)
        return digits

    def test_the_hash_depends_on_the_sweep_only(self):
        hashes = {self.matches("out.h5")}
        self.expect(0, "run", "small.yaml", "-o", "ranks.h5", "--quiet", ranks=3)
        hashes.add(self.matches("ranks.h5"))
        self.expect(0, "run", "small.yaml", "-o", "part.h5", "--quiet", "--set", "grid.replicate=[0, 2]")
        hashes.add(self.matches("part.h5"))
        self.assertEqual(len(hashes), 2)
        self.expect(0, "run", "small.yaml", "-o", "part.h5", "--quiet", "--resume", "extend")
        hashes.add(self.matches("part.h5"))
        self.assertEqual(len(hashes), 2)

    def test_the_hash_does_not_depend_on_storage(self):
        requirements.tool("h5repack")
        hashes = {self.matches("out.h5")}
        for how in (("-f", "NONE", "-l", "CONTI"), ("-f", "GZIP=9", "-l", "CHUNK=7"), ("-f", "GZIP=9",)):
            subprocess.run(["h5repack", *how, "out.h5", "packed.h5"], cwd=self.folder, check=True, timeout=60)
            hashes.add(self.matches("packed.h5"))
            os.remove(self.path("packed.h5"))
        self.assertEqual(len(hashes), 1)

    def test_what_contradicts_the_settings_is_noticed(self):
        for number, (edit, _) in enumerate(EDITS):
            with self.subTest(number):
                self.differs(edit, "")

    def test_every_bit_of_every_dataset_counts(self):
        with h5py.File(self.path("out.h5"), "r") as file:
            names = [name for name, item in file.items() if isinstance(item, h5py.Dataset)]
        self.assertLess(set(RESULTS), set(names))
        for name in names:
            def flip(file, name=name):
                values = file[name][()]
                if values.dtype.kind == "O":
                    values[-1] = values[-1][:-1] + b"?"
                else:
                    values.view("u1").flat[-1] ^= 1
                file[name][()] = values
            self.differs(flip, f"dataset '{name}' or its attributes have changed\n")

    def test_every_attribute_counts(self):
        with h5py.File(self.path("out.h5"), "r") as file:
            attributes = [(name, key) for name in ("init", "loss", "status", "step", "layer")
                          for key in file[name].attrs
                          if key not in ("hash", "CLASS", "NAME", "DIMENSION_LIST", "REFERENCE_LIST")]
        self.assertIn(("loss", "long_name"), attributes)
        for name, key in attributes:
            self.differs(lambda file, name=name, key=key: file[name].attrs.__delitem__(key),
                         f"dataset '{name}' or its attributes have changed\n")
        whole = "attributes of the file, or the list of its datasets, have changed\n"
        self.differs(lambda file: file.attrs.modify("sweep", file.attrs["sweep"] + "# a comment"), whole)
        self.differs(lambda file: file.attrs.create("note", "mine"), whole)
        self.differs(lambda file: file.attrs.__delitem__("hash"), "attribute 'hash' is missing\n")

    def test_names_and_the_list_of_datasets_count(self):
        self.differs(lambda file: file.move("loss", "lost"), "dataset 'lost' or its attributes have changed\n")
        self.differs(lambda file: file.__delitem__("loss"), "attributes of the file, or the list of its datasets, have")
        self.differs(lambda file: file.create_dataset("mine", data=[1.0]),
                     "dataset 'mine' has no hash: it was added after the file was written\n")
        self.differs(lambda file: (file["loss"].write_direct(file["loss"][()] + 1), file["accuracy"].attrs.clear()),
                     "dataset 'accuracy' has no hash: .*; 2 of 24 datasets differ from their hashes\n")

    def test_the_provenance_is_not_covered(self):
        def edit(file):
            file["provenance"].attrs["hosts"] = "elsewhere"
        self.matches(self.edited(edit))

    def test_a_file_without_hashes_is_named(self):
        def forget(file):
            del file.attrs["hash"]
            for item in file.values():
                if "hash" in item.attrs:
                    del item.attrs["hash"]
        self.expect(2, "verify", self.edited(forget), "--hashes", stdout="",
                    stderr="initsweep: edited.h5: it stores no hashes: initsweep 0.1.0 wrote none\n"
                           "  `initsweep verify edited.h5` trains networks of it again and compares them\n")
        self.assertEqual(results_hash(self.path("edited.h5")), results_hash(self.path("out.h5")))
        with self.assertRaisesRegex(ValueError, "it stores no hashes"):
            check_hashes(self.path("edited.h5"))

    def test_no_other_option_goes_with_it(self):
        for words in (("--all",), ("--sample", "3"), ("--threads", "2"), ("--data", ".")):
            done = self.expect(2, "verify", "out.h5", "--hashes", *words, stdout="")
            self.assertIn("--hashes trains nothing: no other option goes with it", done.stderr)

    def test_an_unreadable_value_is_damage(self):
        with h5py.File(self.path("out.h5"), "r") as file:
            place = file["weights_final"].id.get_chunk_info(0)
        with open(self.path("out.h5"), "r+b") as file:
            file.seek(place.byte_offset)
            file.write(b"\xff" * place.size)
        done = self.expect(2, "verify", "out.h5", "--hashes", stdout="")
        self.assertIn("out.h5: the file is damaged: cannot read dataset 'weights_final' from 0 on", done.stderr)

    def test_large_rows_are_read_in_parts(self):
        self.write("wide.yaml", SMALL.replace("width: 3", "width: 2100").replace("weights: both", "weights: final")
                   .replace("network.depth: [1, 2]", "network.depth: [2]").replace("steps: 40", "steps: 0")
                   .replace("[relu, tanh]", "[tanh]").replace("range: [0, 4]", "range: [0, 0]"))
        self.expect(0, "run", "wide.yaml", "-o", "wide.h5", "--quiet", "--set", "grid.network.init=[glorot_uniform]",
                    "--set", "grid.train.learning_rate=[0.5]")
        done = self.expect(0, "verify", "wide.h5", "--hashes", stderr="")
        with h5py.File(self.path("wide.h5"), "r") as file:
            self.assertGreater(file["weights_final"].shape[1] * 4, 16 << 20)
            numpy.testing.assert_equal(numpy.isfinite(file["weights_final"][0]).all(), True)
        self.assertEqual(results_hash(self.path("wide.h5")), done.stdout.split()[-1])


if __name__ == "__main__":
    unittest.main()
