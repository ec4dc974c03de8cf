#!/usr/bin/python3
"""Output files of all commands: nothing of somebody else is replaced, whatever it is and whenever it appears."""
import os
import signal
import subprocess
import time
import unittest

import h5py

from program import ENVIRONMENT, PROGRAM, SMALL
from stopped_run import LONG, StoppedRun


class OutputFiles(StoppedRun):
    def snapshot(self, name):
        """What has a name: its file, and its bytes where it has some."""
        about = os.lstat(self.path(name))
        content = None
        if os.path.isfile(self.path(name)):
            with open(self.path(name), "rb") as file:
                content = file.read()
        return about.st_ino, about.st_mode, about.st_size, content

    def small(self, name="out.h5"):
        self.write("small.yaml", SMALL)
        self.expect(0, "run", "small.yaml", "-o", name, "--quiet")

    def foreign(self):
        """Names of things that no command may replace."""
        self.small("other.h5")
        self.write("text", "words\n")
        os.mkdir(self.path("folder"))
        os.symlink("nothing", self.path("link"))
        os.symlink("text", self.path("link-to-text"))
        os.mkfifo(self.path("fifo"))
        return "other.h5", "text", "folder", "link", "link-to-text", "fifo"

    def test_replay_and_new_replace_nothing(self):
        self.small()
        names = self.foreign()
        before = {name: self.snapshot(name) for name in names}
        for name in names:
            message = f"initsweep: '{name}' already exists: name another file with -o\n"
            self.expect(2, "replay", "out.h5", "--network", "0", "-o", name, stdout="", stderr=message)
            # before the file is read and anything is trained
            self.expect(2, "replay", "no.h5", "--network", "0", "-o", name, stdout="", stderr=message)
            self.expect(2, "new", "first", "-o", name, stdout="", stderr=message)
        own = self.snapshot("out.h5")
        self.expect(2, "replay", "out.h5", "--network", "0", "-o", "out.h5", stdout="")
        self.assertEqual(self.snapshot("out.h5"), own)
        self.assertEqual({name: self.snapshot(name) for name in names}, before)
        self.assertEqual(self.files(), sorted([*names, "out.h5", "small.yaml"]))

    def test_run_and_gather_replace_only_their_own_sweep(self):
        names = self.foreign()
        self.stopped()
        before = {name: self.snapshot(name) for name in names}
        files = self.files()
        for name in names:
            for words in (("gather", "out.h5.parts"), ("run", "long.yaml")):
                self.assertRegex(self.expect(2, *words, "-o", name, stdout="").stderr, f"'.*{name}' ", words)
        self.assertEqual({name: self.snapshot(name) for name in names}, before)
        self.assertEqual(self.files(), files)

    def test_other_names_beside_the_file_are_left_alone(self):
        """The temporary name is no other's."""
        self.write("small.yaml", SMALL)
        os.mkdir(self.path("out.h5.part"))
        self.write("out.h5.new", "mine\n")
        self.expect(0, "run", "small.yaml", "-o", "out.h5", "--quiet", stderr="")
        self.assertEqual(self.files(), ["out.h5", "out.h5.new", "out.h5.part", "small.yaml"])
        with open(self.path("out.h5.new"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "mine\n")

    def training(self):
        """A run of LONG that has a network in its journal and is far from its end."""
        self.write("long.yaml", LONG)
        process = subprocess.Popen([PROGRAM, "run", "long.yaml", "-o", "out.h5", "--quiet"], cwd=self.folder,
                                   env=ENVIRONMENT, stderr=subprocess.PIPE, text=True)
        parts = self.path("out.h5.parts")
        while not os.path.isdir(parts) or not any(name.endswith(".journal") for name in os.listdir(parts)):
            self.assertIsNone(process.poll())
            time.sleep(0.002)
        return process

    def test_a_file_that_appears_during_the_training_stays(self):
        self.small("other.h5")
        with open(self.path("other.h5"), "rb") as file:
            other = file.read()
        for content in (b"words\n", other):
            process = self.training()
            process.send_signal(signal.SIGSTOP)  # the file appears before the last pack, however fast the machine is
            self.assertFalse(os.path.exists(self.path("out.h5")))
            with open(self.path("out.h5"), "wb") as file:
                file.write(content)
            before = self.snapshot("out.h5")
            process.send_signal(signal.SIGCONT)
            _, error = process.communicate(timeout=300)
            self.assertEqual(process.returncode, 2, error)
            self.assertIn("all networks are kept in out.h5.parts", error)
            self.assertEqual(self.snapshot("out.h5"), before)
            self.assertEqual(self.files(), ["long.yaml", "other.h5", "out.h5", "out.h5.parts", "small.yaml"])
            # both ways on that the message names
            self.assertIn("initsweep gather out.h5.parts -o FILE", error)
            self.assertIn("1600 of 1600 networks", self.expect(0, "gather", "out.h5.parts", "-o", "saved.h5").stdout)
            os.remove(self.path("out.h5"))
            done = self.expect(0, "run", "long.yaml", "-o", "out.h5")
            self.assertIn("continuing: 1600 networks are already finished", done.stderr)
            self.assertEqual(self.contents("out.h5"), self.contents("saved.h5"))
            os.remove(self.path("out.h5"))
            os.remove(self.path("saved.h5"))

    def test_a_part_gathered_during_the_training_is_replaced(self):
        process = self.training()
        process.send_signal(signal.SIGSTOP)
        self.expect(0, "gather", "out.h5.parts", "-o", "out.h5")
        process.send_signal(signal.SIGCONT)
        _, error = process.communicate(timeout=300)
        self.assertEqual((process.returncode, error), (0, ""))
        with h5py.File(self.path("out.h5"), "r") as file:
            self.assertEqual(set(file["status"][()]), {1})
        self.assertEqual(self.files(), ["long.yaml", "out.h5"])


if __name__ == "__main__":
    unittest.main()
