#!/usr/bin/python3
"""Files and folders of another version of the bits are named and left alone; those of another program are continued."""
import os
import re
import signal
import subprocess
import time
import unittest

import h5py

from program import ENVIRONMENT, MPIEXEC, PROGRAM, SMALL, requirements
from stopped_run import StoppedRun

CHANGE_PROGRAM = os.environ["CHANGE_PROGRAM"]
OTHER = "initsweep 9.8.7 (abc) with avx2"


class BitsVersion(StoppedRun):
    def setUp(self):
        super().setUp()
        text = self.expect(0, "--version").stdout
        self.ours = int(re.search(r"^bits +version (\d+)", text, re.MULTILINE)[1])
        self.ours_name = text.split("\n")[0]

    def content(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def folder_names(self):
        return set(os.listdir(self.path("out.h5.parts")))

    def folder_content(self):
        return {name: self.content(f"out.h5.parts/{name}") for name in self.folder_names() - {"lock"}}

    def change_program(self, bits_version):
        subprocess.run([CHANGE_PROGRAM, self.path("out.h5.parts"), str(bits_version), OTHER], check=True)

    def small(self):
        """A results file whose attributes say that another program has written it, with other bits."""
        self.write("small.yaml", SMALL)
        self.expect(0, "run", "small.yaml", "-o", "out.h5", "--quiet")
        with h5py.File(self.path("out.h5"), "r+") as file:
            self.assertEqual(file.attrs["bits_version"], self.ours)
            self.assertRegex(file["provenance"].attrs["trained_by"], r"^initsweep \S+ \(.*\) with \w+$")
            file.attrs["bits_version"] = self.ours + 4
            file["provenance"].attrs["program_version"] = "9.8.7"
            file["provenance"].attrs["git_description"] = "abc"

    def refused(self, program, *words, advice=""):
        done = self.expect(2, *words)
        self.assertIn(f"its networks have bits of version {self.ours + 4}, written by {program}; this program computes "
                      f"version {self.ours}\n  use that program, or another whose `initsweep --version` shows version "
                      f"{self.ours + 4} of the bits (docs/numerics.md)\n{advice}", done.stdout + done.stderr)
        return done

    def test_a_results_file_of_other_bits_is_left_alone(self):
        self.small()
        before = self.content("out.h5")
        for words in (["verify", "out.h5"], ["replay", "out.h5", "--network", "3"]):
            self.refused("initsweep 9.8.7 (abc)", *words)
        for resume, never in (([], ", or replace it with --resume never"),
                              (["--resume", "extend", "--set", "grid.replicate={range: [0, 5]}"], "")):
            self.refused("initsweep 9.8.7 (abc)", "run", "small.yaml", "-o", "out.h5", *resume,
                         advice=f"  or name another output with -o, move it away{never}\n")
        self.assertEqual(self.content("out.h5"), before)
        self.assertEqual(self.files(), ["out.h5", "small.yaml"])
        self.assertIn("160: ", self.expect(0, "show", "out.h5").stdout)
        self.expect(0, "run", "small.yaml", "-o", "out.h5", "--resume", "never", "--quiet")
        self.expect(0, "verify", "out.h5", "--sample", "5")

    def test_a_file_without_the_number_is_of_version_1(self):
        self.write("small.yaml", SMALL)
        self.expect(0, "run", "small.yaml", "-o", "out.h5", "--quiet")
        with h5py.File(self.path("out.h5"), "r+") as file:
            del file.attrs["bits_version"]
        if self.ours == 1:
            self.expect(0, "verify", "out.h5", "--sample", "5")
        else:
            self.assertIn("have bits of version 1,", self.expect(2, "verify", "out.h5").stderr)
        with h5py.File(self.path("out.h5"), "r+") as file:
            file.attrs["bits_version"] = 0.5
        self.assertIn("'bits_version' is no whole number", self.expect(2, "show", "out.h5").stderr)

    def test_a_run_folder_of_other_bits_is_left_alone(self):
        self.stopped("--checkpoint", "1")
        self.change_program(self.ours + 4)
        before = self.folder_content()
        words = ["run", self.file, "-o", "out.h5", "--quiet"]
        for resume in ([], ["--resume", "extend", "--set", "grid.replicate={range: [0, 800]}"]):
            self.refused(OTHER, *words, *resume,
                         advice="  or start afresh with --resume never, or name another output with -o")
        self.refused(OTHER, "gather", "out.h5.parts", "-o", "so-far.h5")
        self.assertEqual(self.folder_content(), before)
        self.assertEqual(self.files(), ["long.yaml", "out.h5.parts"])
        self.expect(0, *words, "--resume", "never", "--set", "train.steps=10")

    def test_journals_of_other_bits_are_left_out_where_the_manifest_does_not_name_them(self):
        self.stopped()
        with open(self.path("out.h5.parts/sweep"), "rb") as file:
            manifest = file.read()
        self.change_program(self.ours + 4)
        with open(self.path("out.h5.parts/sweep"), "wb") as file:
            file.write(manifest)
        done = self.expect(0, "run", self.file, "-o", "out.h5", "--quiet")
        self.assertIn(f"its networks have bits of version {self.ours + 4}, written by {OTHER}", done.stderr)
        self.expect(0, "verify", "out.h5", "--sample", "20")

    def test_a_folder_of_another_program_is_continued_and_said_once(self):
        self.stopped("--checkpoint", "1")
        self.change_program(self.ours)
        continued = f"continuing a run of {OTHER}, whose bits have the same version ({self.ours})"
        words = ["run", self.file, "-o", "out.h5"]
        self.expect(0, "gather", "out.h5.parts", "-o", "so-far.h5")
        with h5py.File(self.path("so-far.h5")) as file:
            self.assertEqual(file["provenance"].attrs["trained_by"], OTHER)
        self.assertEqual(self.start_and_stop(words).count(continued), 1)
        done = self.expect(0, *words)
        self.assertNotIn("continuing a run of", done.stdout + done.stderr)
        with h5py.File(self.path("out.h5")) as file:
            self.assertRegex(file["provenance"].attrs["trained_by"],
                             "^" + re.escape(OTHER) + "; " + re.escape(self.ours_name) + r" with \w+$")
        self.expect(0, "verify", "out.h5", "--sample", "20")

    def test_the_kernels_of_every_rank_are_recorded(self):
        """Rank 1 of 3 uses the portable kernels, and the bits are those of any other run."""
        self.write("small.yaml", SMALL)
        default = re.search(r"; used: (\w+)", self.expect(0, "--version").stdout)[1]
        if default == "portable":
            self.skipTest("this machine has no other kernels")
        choose = 'case ${OMPI_COMM_WORLD_RANK:-$PMI_RANK} in 1) export INITSWEEP_KERNELS=portable;; esac; exec "$@"'
        subprocess.run([MPIEXEC, "-n", "3", "sh", "-c", choose, "sh", PROGRAM, "run", "small.yaml", "-o", "mixed.h5",
                        "--quiet"], cwd=self.folder, env=ENVIRONMENT, check=True, timeout=300)
        with h5py.File(self.path("mixed.h5")) as file:
            mixed = f"{default} on ranks 0 2, portable on ranks 1"
            self.assertEqual(file["provenance"].attrs["kernels"], mixed)
            self.assertEqual(file["provenance"].attrs["trained_by"], f"{self.ours_name} with {mixed}")
        self.expect(0, "run", "small.yaml", "-o", "alone.h5", "--quiet")
        self.assertEqual(self.contents("mixed.h5"), self.contents("alone.h5"))

    def test_miscompiled_kernels_are_refused_and_named(self):
        """By every command that trains; the others, and other kernels, work."""
        self.write("small.yaml", SMALL)
        self.expect(0, "run", "small.yaml", "-o", "out.h5", "--quiet")
        miscompiled = os.environ.get("MISCOMPILED")
        requirements.need(miscompiled, "a program that is miscompiled on purpose")  # not made under sanitizers
        for words in (["run", "small.yaml", "-o", "other.h5"], ["verify", "out.h5"],
                      ["replay", "out.h5", "--network", "3"]):
            done = subprocess.run([miscompiled, *words], cwd=self.folder, capture_output=True, text=True, check=False,
                                  env={**ENVIRONMENT, "INITSWEEP_KERNELS": "portable"})
            self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
            self.assertRegex(done.stderr, "self-check: the kernels 'portable' of this program compute wrong bits: "
                                          r"\w[\w ]+ in float(32|64)\n.*\n.*build with another compiler")
        self.assertEqual(self.files(), ["out.h5", "small.yaml"])
        for words in (["check", "small.yaml"], ["show", "out.h5"]):
            subprocess.run([miscompiled, *words], cwd=self.folder, stdout=subprocess.DEVNULL, check=True,
                           env={**ENVIRONMENT, "INITSWEEP_KERNELS": "portable"})

    def start_and_stop(self, words):
        """What a run prints that is stopped soon after it has made its journal."""
        before = self.folder_names()
        process = subprocess.Popen([PROGRAM, *words], cwd=self.folder, env=ENVIRONMENT, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True)
        while not any(name.endswith(".journal") for name in self.folder_names() - before):
            self.assertIsNone(process.poll())
            time.sleep(0.002)
        process.send_signal(signal.SIGTERM)
        printed = process.communicate(timeout=60)[0]
        self.assertEqual(process.returncode, 75, printed)
        return printed


if __name__ == "__main__":
    unittest.main()
