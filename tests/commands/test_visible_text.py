#!/usr/bin/python3
"""Escape sequences and direction marks in names, paths and texts: visible on the screen, escaped in JSON, and unchanged
in the results file."""
import json
import os
import subprocess
import unittest

import h5py

from program import ENVIRONMENT, Case

# Colours and titles of the terminal (C0 and C1), right-to-left override, zero-width space, not UTF-8
MARKS = b"\x1b[31m\x1b]0;t\x07\xc2\x9b\xe2\x80\xae\xe2\x80\x8b\x9b\x7f"
ABOUT = "a \x1b[31mred \u202e \u200b \x9b\x7f question"
SWEEP = """\
about: "a \\e[31mred \\u202e \\u200b \\x9b\\x7f question"
dataset: xor
network: {depth: 1, width: 2, activation: tanh}
train: {loss: mse, optimizer: sgd, learning_rate: 0.5, steps: 3}
grid: {network.init: [zeros, glorot_uniform], replicate: {range: [0, 2]}}
"""
HIDDEN = [code for code in range(0xA0) if (code < 0x20 or code >= 0x7F) and code != 0x0A] + [
    0xAD, 0x61C, 0xFEFF, *range(0x200B, 0x2010), *range(0x2028, 0x202F), *range(0x2060, 0x2070)]


class VisibleText(Case):
    def raw(self, *words, status=0):
        """stdout and stderr of a command whose words are bytes, which must hold nothing that moves a terminal."""
        done = subprocess.run([self.program.encode(), *words], cwd=self.folder, env=ENVIRONMENT, capture_output=True,
                              check=False, timeout=300)
        self.assertEqual(done.returncode, status, done.stderr)
        shown = done.stdout + done.stderr
        text = shown.decode("utf-8")  # valid, whatever the words were
        self.assertEqual([f"U+{code:04X}" for code in HIDDEN if chr(code) in text], [], words)
        return done.stdout.decode(), done.stderr.decode()

    def test_no_command_sends_them_to_the_screen(self):
        name = b"x" + MARKS
        with open(os.path.join(self.folder.encode(), name + b".yaml"), "w", encoding="utf-8") as file:
            file.write(SWEEP)
        visible = r"x\x1b[31m\x1b]0;t\x07\u009b\u202e\u200b\x9b\x7f"
        for words in ((b"check", name + b".yaml"), (b"plan", name + b".yaml", b"-o", name + b".h5"),
                      (b"run", name + b".yaml", b"-o", name + b".h5"), (b"run", name + b".yaml", b"-o", name + b".h5"),
                      (b"show", name + b".h5"), (b"show", name + b".h5", b"--follow"),
                      (b"verify", name + b".h5"), (b"new", b"first", b"-o", name + b".new.yaml")):
            out, errors = self.raw(*words)
            self.assertIn(visible, out + errors, words)
        self.assertIn(r"a \x1b[31mred \u202e \u200b \u009b\x7f question", self.raw(b"show", name + b".h5")[0])
        self.raw(b"replay", name + b".h5", b"--network", b"1", b"-o", name + b".csv")
        for command in ("check", "plan", "run", "gather", "show", "verify", "replay", "list", "help", "new"):
            words = {"gather": (b"-o", b"out.h5"), "replay": (b"--network", b"0")}.get(command, ())
            if command == "new":
                words = (b"--dataset", name)
            errors = self.raw(command.encode(), b"none" + MARKS, *words, status=2)[1]
            self.assertIn(r"\x1b[31m", errors, command)
            self.assertIn(r"\x1b[31m", self.raw(command.encode(), b"--o" + MARKS, status=2)[1], command)
        self.assertIn(r"\x1b[31m", self.raw(b"c" + MARKS, status=2)[1])
        self.assertIn(r"\x1b[31m", self.raw(b"check", name + b".yaml", b"--set", b"seed=" + MARKS, status=2)[1])

    def test_json_is_valid_and_loses_nothing(self):
        with open(os.path.join(self.folder.encode(), b"x\xff.yaml"), "w", encoding="utf-8") as file:
            file.write(SWEEP)
        self.raw(b"run", b"x\xff.yaml", b"-o", b"x\xff\xe2\x80\xae.h5", b"--quiet")
        for words in ((b"show", b"x\xff\xe2\x80\xae.h5", b"--json"),
                      (b"plan", b"x\xff.yaml", b"-o", b"x\xff.h5", b"--json"),
                      (b"show", b"x\xff\xe2\x80\xae.h5", b"--json", b"--follow")):
            for line in self.raw(*words)[0].split("\n}\n"):
                json.loads(line + "\n}" if line.startswith("{\n") else line or "{}")
        shown = json.loads(self.raw(b"show", b"x\xff\xe2\x80\xae.h5", b"--json")[0])
        self.assertEqual((shown["file"], shown["about"]), ("x\ufffd\u202e.h5", ABOUT))

    def test_the_results_file_keeps_them(self):
        self.write("kept.yaml", SWEEP)
        self.expect(0, "run", "kept.yaml", "--quiet")
        with h5py.File(self.path("kept.h5")) as file:
            self.assertEqual(file.attrs["about"], ABOUT)

    def test_a_sweep_cannot_be_named_with_them(self):
        self.write("good.yaml", SWEEP)
        for code in (*HIDDEN[::7], 0x202E, 0x2067, 0x200B, 0x9B):
            with self.subTest(code=hex(code)):
                done = self.expect(2, "check", "good.yaml", "--set", f'sweep="a\\u{code:04x}b"')
                self.assertIn("cannot name a sweep" if code else "must not contain the character NUL", done.stderr)
        for name in ("grün", "漢字", "a b", "e\u0301"):
            self.expect(0, "check", "good.yaml", "--set", f"sweep={name}")

    def test_the_default_name_is_the_file_s_or_sweep(self):
        for file, name in (("plain.yaml", "plain"), ("two.parts.yaml", "two.parts"), ("-a.yaml", "sweep"),
                           (".a.yaml", "sweep"), ("a\u202e.yaml", "sweep"), ("a\tb.yaml", "sweep"),
                           ("n" * 100 + ".yaml", "n" * 100), ("n" * 101 + ".yaml", "sweep")):
            self.write(file, SWEEP)
            self.assertIn(f" good: sweep '{name}',", self.expect(0, "check", f"./{file}").stdout)


if __name__ == "__main__":
    unittest.main()
