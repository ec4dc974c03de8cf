#!/usr/bin/python3
"""Libraries that change the arithmetic or the locale of the process change no bit (docs/numerics.md)."""
import os
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.environ["INITSWEEP_SOURCE"], "tests/commands"))
from program import Case, requirements  # noqa: E402

LIBRARY = os.environ["ROUGH_LIBRARY"]

# Subnormal activations and gradients in float32, decimal fractions in the file and in its data
SWEEP = """\
sweep: rough
seed: 11
dataset: {name: csv, path: data.csv, test_fraction: 0}
network: {width: 5}
train: {loss: mse, optimizer: adam, learning_rate: 0.05, steps: 60}
record: {steps: {geomspace: 8}, probes: [loss, gradient_norm, weight_norm, effective_rank], weights: both}
grid:
  network.init: [{name: normal, std: [1.0e-21, 0.5]}, orthogonal]
  network.activation: [linear, tanh, gelu]
  network.depth: [1, 3]
  replicate: {range: [0, 19]}
"""
DATA = "".join(f"{n / 8},{(n * 7 % 5) / 3:.5f},{n % 3 - 0.75}\n" for n in range(12))


class Environment(Case):
    def setUp(self):
        super().setUp()
        self.write("rough.yaml", SWEEP)
        self.write("data.csv", DATA)
        self.expect(0, "run", "rough.yaml", "-o", "plain.h5", "--quiet", "--threads", "2")

    def rough(self, how, *words, status=0, **more):
        return self.expect(status, *words, LD_PRELOAD=LIBRARY, ROUGH=how, **more)

    def check(self, how, **more):
        for ranks, threads in ((0, "3"), (2, "2")):
            out = f"{how}{ranks}.h5"
            self.rough(how, "run", "rough.yaml", "-o", out, "--quiet", "--threads", threads, ranks=ranks, **more)
            plain, found = self.contents("plain.h5"), self.contents(out)
            self.assertEqual([name for name in plain | found if plain.get(name) != found.get(name)], [])
        self.rough(how, "verify", "plain.h5", "--all", "--threads", "3", **more)
        self.rough(how, "replay", "plain.h5", "--network", "3", **more)

    def test_flushing_subnormal_numbers_to_zero(self):
        self.check("flush")

    def test_rounding_upward(self):
        self.check("upward")

    def test_a_locale_with_a_decimal_comma(self):
        localedef = requirements.tool("localedef")
        pathlib.Path(self.path("locales")).mkdir()
        done = subprocess.run([localedef, "-i", "de_DE", "-f", "UTF-8", self.path("locales/de_DE.UTF-8")],
                              capture_output=True, check=False)
        requirements.need(done.returncode in (0, 1) and os.path.isdir(self.path("locales/de_DE.UTF-8")),
                          "the source of the locale de_DE")
        self.check("locale", LOCPATH=self.path("locales"), LC_ALL="de_DE.UTF-8")
        shown = self.rough("locale", "show", "plain.h5", LOCPATH=self.path("locales"), LC_ALL="de_DE.UTF-8")
        self.assertEqual(shown.stdout, self.expect(0, "show", "plain.h5").stdout)


if __name__ == "__main__":
    unittest.main()
