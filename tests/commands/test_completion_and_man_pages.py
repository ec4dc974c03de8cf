#!/usr/bin/python3
"""initsweep help --format: completions, tried in their shells; manual pages without errors; refusals."""
import re
import subprocess
import unittest

from program import Case, requirements

COMMANDS = ["new", "check", "plan", "run", "gather", "show", "verify", "replay", "list", "help"]


class Completion(Case):
    def setUp(self):
        super().setUp()
        for name in ("a.yaml", "b.yml", "c.h5", "d.txt"):
            self.write(name, "")
        self.write("initsweep.bash", self.expect(0, "help", "--format", "bash", stderr="").stdout)
        self.write("_initsweep", self.expect(0, "help", "--format", "zsh", stderr="").stdout)
        self.write("initsweep.fish", self.expect(0, "help", "--format", "fish", stderr="").stdout)

    def bash(self, *words):
        """What bash offers for the last word."""
        script = ('source ./initsweep.bash; compopt() { :; }; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _initsweep; '
                  'printf "%s\\n" "${COMPREPLY[@]}"')
        done = subprocess.run(["bash", "-c", script, "bash", "initsweep", *words], cwd=self.folder, capture_output=True,
                              text=True, check=True)
        self.assertEqual(done.stderr, "")
        return sorted(done.stdout.split())

    def fish(self, line):
        done = subprocess.run(["fish", "--no-config", "-c", f"source initsweep.fish; complete -C '{line}'"],
                              cwd=self.folder, capture_output=True, text=True, check=True)
        return sorted(offer.split("\t")[0] for offer in done.stdout.splitlines())

    def test_bash_offers_what_the_table_says(self):
        self.assertEqual(self.bash(""), sorted([*COMMANDS, "--help", "--version"]))
        self.assertEqual(self.bash("re"), ["replay"])
        self.assertEqual(self.bash("run", ""), ["a.yaml", "b.yml"])
        self.assertEqual(self.bash("show", ""), ["c.h5"])
        self.assertEqual(self.bash("run", "a.yaml", "--re"), ["--resume"])
        self.assertEqual(self.bash("run", "--resume", ""), ["auto", "extend", "never"])
        self.assertEqual(self.bash("run", "-o", ""), ["c.h5"])
        self.assertEqual(self.bash("run", "--threads", ""), [])
        self.assertEqual(self.bash("replay", "c.h5", "--probes", "distinct"), ["distinct_units"])
        self.assertEqual(self.bash("new", "x", "--dataset", "xo"), ["xor"])
        self.assertEqual(self.bash("list", "act"), ["activations"])
        self.assertIn("train.learning_rate=", self.bash("run", "--set", "train.l"))
        self.assertEqual(self.bash("help", "ver"), ["verify"])

    def test_every_option_of_the_help_is_offered(self):
        for command in COMMANDS:
            text = self.expect(0, command, "--help").stdout
            options = re.findall(r"^  (?:-\w, )?(--[a-z-]+)", text, re.MULTILINE)
            self.assertEqual(self.bash(command, "--"), sorted(options), command)

    def test_fish_offers_the_same(self):
        requirements.tool("fish")
        self.assertLessEqual(set(COMMANDS), set(self.fish("initsweep ")))
        self.assertEqual(self.fish("initsweep run a.yaml --resume "), ["auto", "extend", "never"])
        self.assertIn("a.yaml", self.fish("initsweep run "))
        self.assertIn("c.h5", self.fish("initsweep show "))
        self.assertIn("--sample", self.fish("initsweep verify c.h5 --"))

    def test_zsh_takes_the_file(self):
        requirements.tool("zsh")
        script = ("autoload -Uz compinit; compinit -D -u; zmodload zsh/zutil; functions[_initsweep]=$(<_initsweep); "
                  "whence -w _initsweep")
        done = subprocess.run(["zsh", "-f", "-c", script], cwd=self.folder, capture_output=True, text=True, check=True)
        self.assertIn("_initsweep: function", done.stdout)
        text = open(self.path("_initsweep"), encoding="utf-8").read()
        for command in COMMANDS:
            self.assertIn(f"    '{command}:", text)


class Pages(Case):
    def test_manual_pages_have_no_errors(self):
        requirements.tool("scdoc")
        requirements.tool("mandoc")
        for command in ["", *COMMANDS]:
            source = self.expect(0, "help", *([command] if command else []), "--format", "scdoc", stderr="").stdout
            page = subprocess.run(["scdoc"], input=source, capture_output=True, text=True, check=True).stdout
            done = subprocess.run(["mandoc", "-T", "lint", "-W", "error"], input=page, capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stdout), (0, ""), command)
            shown = subprocess.run(["mandoc", "-T", "ascii"], input=page, capture_output=True, text=True).stdout
            for heading in ("NAME", "SYNOPSIS", "EXIT STATUS", "SEE ALSO"):
                self.assertIn(heading, re.sub(".\b", "", shown))


class Refusals(Case):
    def test_wrong_arguments_are_named(self):
        self.expect(2, "help", "rnu", stdout="",
                    stderr="initsweep help: unknown command 'rnu'\n  did you mean 'run'? `initsweep --help` shows "
                           "all.\n")
        self.expect(2, "help", "--format", "fishh", stdout="",
                    stderr="initsweep help: --format must be text, markdown, scdoc, bash, zsh or fish, not 'fishh'\n"
                           "  did you mean 'fish'?\n")
        self.expect(2, "help", "run", "--format", "bash", stdout="",
                    stderr="initsweep help: --format bash covers all commands: leave out 'run'\n")
        self.expect(2, "help", "run", "plan", stdout="",
                    stderr="initsweep help: give at most one command\n  `initsweep help --help` shows how.\n")


if __name__ == "__main__":
    unittest.main()
