#!/usr/bin/python3
"""The batch files of scripts/slurm under a real Slurm: requeued, preempted, out of time, in an array, and the same
results."""
import glob
import os
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "commands"))
import h5py  # noqa: E402
from program import ENVIRONMENT, PROGRAM, Case, mpi_settings  # noqa: E402
from slurm_on_loopback import ENDS, Slurm  # noqa: E402

SCRIPTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "slurm")
CHECK_SECONDS = 30  # slurmctld looks that often whose time is over

SWEEP = """\
sweep: sweep
seed: 3
dataset: {name: xor}
network: {depth: 2, width: 8, activation: tanh, init: he_normal}
train: {loss: mse, optimizer: adam, learning_rate: 0.01, batch_size: 3}
record: {steps: {geomspace: 12}, probes: [loss, gradient_norm], weights: final}
grid:
  - {train.steps: [2000], replicate: {range: [0, 99]}}
  - {train.steps: [%d], replicate: {range: [0, 31]}}
"""


class SlurmCase(Case):
    @classmethod
    def setUpClass(cls):
        # jobs take it over from sbatch; two nodes of one name would share Open MPI's files of shared memory
        os.environ.update(ENVIRONMENT, **mpi_settings("tcp"))
        os.environ["PATH"] = os.path.dirname(PROGRAM) + ":" + os.environ["PATH"]
        cls.slurm = Slurm()
        cls.addClassCleanup(cls.slurm.stop)

    def submit(self, name, *words, options=("--ntasks-per-node=1",)):
        return self.slurm.submit(self.folder, "--cpus-per-task=1", "--output=log", *options,
                                 os.path.join(SCRIPTS, name), *words)

    def log(self):
        with open(self.path("log"), encoding="utf-8", errors="replace") as file:
            return file.read()

    def stopped(self, steps, submit, stop):
        """Submits a job by submit() and has stop(job) end it in the middle; the job, back in the queue, and the sweep's
        longest steps. A job that was done before is submitted again with more."""
        kept = glob.escape(self.path("out.h5.parts")) + "/*.checkpoint"
        while True:
            self.write("sweep.yaml", SWEEP % steps)
            job = submit()
            self.slurm.wait_until(lambda: glob.glob(kept) or self.slurm.job(job)["JobState"] in ENDS, 120,
                                  "a checkpoint")
            stop(job)
            self.slurm.wait_until(lambda: int(self.slurm.job(job)["Restarts"]) > 0
                                  or self.slurm.job(job)["JobState"] in ENDS, 300, "the job to be stopped")
            if int(self.slurm.job(job)["Restarts"]) > 0:
                return job
            self.assertEqual(self.slurm.job(job)["JobState"], "COMPLETED", self.log())
            os.remove(self.path("out.h5"))
            steps *= 2

    def same(self, out="out.h5", sweep="sweep.yaml"):
        """The results are those of a run that nobody stopped; returns the network-steps that both took."""
        subprocess.run([PROGRAM, "run", sweep, "-o", "whole.h5", "--quiet"], cwd=self.folder,
                       env={**ENVIRONMENT, "OMP_NUM_THREADS": "2"}, check=True, timeout=1800)
        self.assertEqual(self.contents(out), self.contents("whole.h5"))
        steps = []
        for name in (out, "whole.h5"):
            with h5py.File(self.path(name), "r") as file:
                steps.append(int(file["provenance"].attrs["network_steps"]))
        os.remove(self.path("whole.h5"))
        self.assertFalse(os.path.exists(self.path(out + ".parts")))
        return steps

    def completes(self, job, restarts):
        state = self.slurm.wait(job)
        self.assertEqual(state, "COMPLETED", self.log())
        self.assertEqual(int(self.slurm.job(job)["Restarts"]), restarts, self.log())


class Batch(SlurmCase):
    def test_a_requeued_in_the_middle(self):
        """Two nodes; scontrol requeue kills the ranks."""
        def submit():
            return self.submit("several-nodes.sbatch", "sweep.yaml", "out.h5", "--checkpoint", "0.1",
                               options=("--nodes=2", "--ntasks-per-node=1"))

        job = self.stopped(300000, submit, lambda job: self.slurm.ask("scontrol", "requeue", job, check=False))
        self.completes(job, 1)
        self.assertIn("on 2 ranks", self.log())
        here, whole = self.same()
        self.assertLess(here, whole, "nothing was kept")

    def test_b_preempted(self):
        """An urgent job wants both nodes; the ranks get SIGTERM and a grace, keep their packs and exit with 75."""
        def submit():
            return self.submit("preemptible.sbatch", "sweep.yaml", "out.h5", "--checkpoint", "0.1",
                               options=("--nodes=1-2", "--ntasks-per-node=2"))

        def preempt(_):
            urgent = self.slurm.submit(self.folder, "--partition=urgent", "--nodes=2", "--exclusive", "--wrap=true")
            self.assertEqual(self.slurm.wait(urgent), "COMPLETED")

        job = self.stopped(600000, submit, preempt)
        self.completes(job, 1)
        self.assertIn("interrupted; ", self.log())
        here, whole = self.same()
        self.assertLess(here, whole, "nothing was kept")

    def test_c_array(self):
        """A task a sweep file; the third file is none."""
        for name in "ab":
            self.write(f"{name}.yaml", (SWEEP % 3000).replace("seed: 3", f"seed: {ord(name)}"))
        job = self.slurm.submit(self.folder, "--cpus-per-task=1", "--array=1-3", os.path.join(SCRIPTS, "array.sbatch"),
                                "a.yaml", "b.yaml", "nothing.yaml")
        states = [self.slurm.wait(f"{job}_{task}") for task in (1, 2, 3)]
        self.assertEqual(states, ["COMPLETED", "COMPLETED", "FAILED"])
        for name in "ab":
            self.same(f"{name}.h5", f"{name}.yaml")
        with open(self.path(f"initsweep-{job}-3.log"), encoding="utf-8") as file:
            self.assertIn("nothing.yaml", file.read())

    def test_d_one_node_and_mpirun(self):
        """Threads by one-node.sbatch, and mpirun inside a batch file."""
        self.write("sweep.yaml", SWEEP % 3000)
        self.completes(self.submit("one-node.sbatch", "sweep.yaml", "out.h5", options=()), 0)
        self.same()
        wrapped = self.slurm.submit(self.folder, "--nodes=1", "--ntasks=2", "--output=log",
                                    "--wrap=mpirun --bind-to none initsweep run sweep.yaml -o mpirun.h5")
        self.completes(wrapped, 0)
        self.assertIn("on 2 ranks", self.log())
        self.same("mpirun.h5")

    def test_e_out_of_time(self):
        """--signal before the limit: exit status 75, and the batch file puts its own job back."""
        def submit():
            # the warning comes with slurmctld's next look: begin a little before
            until = CHECK_SECONDS - (time.monotonic() - self.slurm.started) % CHECK_SECONDS
            time.sleep((until - 4) % CHECK_SECONDS)
            return self.submit("several-nodes.sbatch", "sweep.yaml", "out.h5",
                               options=("--nodes=1", "--ntasks-per-node=2", "--time=1", "--signal=TERM@58"))

        job = self.stopped(2000000, submit, lambda job: None)  # some seconds of two cores
        self.assertEqual(self.slurm.ask("scontrol", "update", "JobId=" + job, "TimeLimit=60"), "")
        self.completes(job, 1)
        self.assertIn("interrupted; ", self.log())
        self.assertIn("exit code 75", self.log())
        here, whole = self.same()
        self.assertLess(here, whole, "nothing was kept")

    def srun(self, *words):
        done = subprocess.run(["srun", "--nodes=1", *words, "initsweep", "run", "sweep.yaml", "-o", "out.h5"],
                              cwd=self.folder,
                              env=self.slurm.environment, capture_output=True, text=True, timeout=300, check=False)
        return done.returncode, done.stdout + done.stderr

    def test_g_srun_without_a_plug_in(self):
        """Tasks that do not find each other stop before they write; one task needs no plug-in; the right one makes
        ranks of them."""
        self.write("sweep.yaml", SWEEP % 100)
        for plugin in ("none", "pmi2"):
            status, log = self.srun("--ntasks=2", "--mpi=" + plugin)
            self.assertEqual((status, log.count("initsweep: ")), (2, 1), log)
            self.assertRegex(log, r"started 2 processes \(\w+=2\), but to .* each is alone .*\n.*`srun --mpi=pmix "
                                  r"initsweep run")
            self.assertEqual(self.files(), ["sweep.yaml"])
        for words, said in ((("--ntasks=1", "--mpi=none"), "on 1 rank"), (("--ntasks=2", "--mpi=pmix"), "on 2 ranks")):
            status, log = self.srun(*words)
            self.assertEqual(status, 0, log)
            self.assertIn(said, log)
            os.remove(self.path("out.h5"))


class TimeLimit(SlurmCase):
    """Takes 90 s."""

    def test_time_limit_without_warning(self):
        """Slurm ends the job at its limit by SIGTERM and SIGKILL; the same sbatch goes on."""
        # one pack of some 110 s
        self.write("sweep.yaml", SWEEP.replace("[0, 31]", "[0, 9]") % 10000000)
        words = ("several-nodes.sbatch", "sweep.yaml", "out.h5", "--checkpoint", "1")
        job = self.submit(*words, options=("--nodes=2", "--ntasks-per-node=1", "--time=1", "--signal=USR2@0"))
        self.assertEqual(self.slurm.wait(job), "TIMEOUT")
        self.completes(self.submit(*words, options=("--nodes=1", "--ntasks-per-node=1", "--time=60")), 0)
        here, whole = self.same()
        self.assertLess(here, whole, "nothing was kept")


if __name__ == "__main__":
    unittest.main()
