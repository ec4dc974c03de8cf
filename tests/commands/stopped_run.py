"""A sweep of 1,600 networks in 100 packs and a run of it that is stopped in the middle, for tests of what comes
after."""
import os
import signal
import subprocess
import time

from program import ENVIRONMENT, PROGRAM, Case

LONG = """\
sweep: long
seed: 3
dataset: {name: xor}
network: {width: 8, activation: tanh, init: he_normal}
train: {loss: mse, optimizer: adam, learning_rate: 0.01, steps: 5000}
record: {steps: {geomspace: 8}, probes: [loss, gradient_norm], weights: final}
grid:
  network.depth: [2, 3]
  replicate: {range: [0, 799]}
"""


class StoppedRun(Case):
    """A test with a sweep file `long.yaml` and runs of it into `out.h5` that do not reach their end."""

    def stopped(self, *more):
        """A run of LONG, stopped once some packs are in the journal."""
        self.file = self.write("long.yaml", LONG)
        process = subprocess.Popen([PROGRAM, "run", self.file, "-o", "out.h5", *more], cwd=self.folder, env=ENVIRONMENT,
                                   stderr=subprocess.DEVNULL)
        parts = self.path("out.h5.parts")
        # of the training: a signal while an extension copies networks keeps none of them
        while not os.path.isdir(parts) or sum(os.path.getsize(os.path.join(parts, name)) for name in os.listdir(parts)
                                              if name.startswith("rank") and name.endswith(".journal")) < 20000:
            self.assertIsNone(process.poll())
            time.sleep(0.002)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(60), 75)
