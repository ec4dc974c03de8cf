#!/usr/bin/python3
"""The batch files of scripts/pbs and scripts/lsf, as far as one machine without PBS and LSF can tell: bash and the
directives' form, numbers that must agree, and whole runs with stand-ins for qsub and for the clock.

    INITSWEEP=build/release/initsweep INITSWEEP_SOURCE=. test_batch_files.py

The clock's stand-in starts the real `timeout` and, once the run keeps a journal, sends it the SIGALRM that its timer
would.
"""
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

import h5py
import numpy as np

SOURCE = pathlib.Path(os.environ.get("INITSWEEP_SOURCE", pathlib.Path(__file__).parents[2])).resolve()
PROGRAM = pathlib.Path(os.environ.get("INITSWEEP", SOURCE / "build/release/initsweep")).resolve()
FILES = sorted([*SOURCE.glob("scripts/pbs/*"), *SOURCE.glob("scripts/lsf/*")])

SWEEP = """sweep: {name}
dataset: {{name: spirals, samples: 100}}
network: {{depth: 2, width: 16, activation: tanh, init: glorot_uniform}}
train: {{loss: mse, optimizer: sgd, learning_rate: 0.05, steps: {steps}}}
record: {{steps: {{every: {steps}}}, probes: [loss]}}
grid: {{replicate: {{range: [0, {last}]}}}}
"""
QSUB = """#!/bin/bash
printf '%s\\n' "$@" > qsub.log
"""
# times out where `interrupt` stands in the folder, as soon as a journal has a finished network
TIMEOUT = """#!/bin/bash
/usr/bin/timeout "$@" &
clock=$!
printf '%s\\n' "$@" > timeout.log
if [ -e interrupt ]; then
  rm interrupt
  until [ -n "$(find . -name '*.journal' -size +200c)" ] || ! kill -0 $clock 2>/dev/null; do sleep 0.02; done
  kill -ALRM $clock
fi
wait $clock
"""


def directives(path, mark):
    """Lines `#MARK ...` of a batch file up to its first command, which is where the systems stop to look."""
    head = path.read_text(encoding="utf-8").partition("set -euo pipefail")[0]
    return re.findall(rf"^#{mark} (.*)$", head, re.MULTILINE)


def variable(path, name):
    return int(re.search(rf"^{name}=(\d+)", path.read_text(encoding="utf-8"), re.MULTILINE)[1])


class Directives(unittest.TestCase):
    def test_each_is_bash_and_may_be_executed(self):
        self.assertEqual(len(FILES), 4)
        for path in FILES:
            self.assertEqual(subprocess.run(["bash", "-n", path]).returncode, 0, path)
            self.assertTrue(os.access(path, os.X_OK), path)
            self.assertTrue(path.read_text(encoding="utf-8").startswith("#!/bin/bash\n"))

    def test_pbs_lines_have_their_form_and_agree_with_the_variables(self):
        form = (r"-N \w+|-l select=\d+:ncpus=\d+(:mpiprocs=\d+:ompthreads=\d+)?|-l place=scatter|"
                r"-l walltime=\d\d:\d\d:\d\d|-j oe|-r y")
        for path in SOURCE.glob("scripts/pbs/*"):
            lines = directives(path, "PBS")
            self.assertGreaterEqual(len(lines), 5, path)
            for line in lines:
                self.assertRegex(line, rf"^({form})$", path)
            text = "\n".join(lines)
            hours, minutes, seconds = map(int, re.search(r"walltime=(\d+):(\d+):(\d+)", text).groups())
            self.assertEqual(variable(path, "limit"), 3600 * hours + 60 * minutes + seconds)
            select = dict(re.findall(r"(select|ncpus|mpiprocs|ompthreads)=(\d+)", text))
            torque = re.search(r"^##PBS -l nodes=(\d+):ppn=(\d+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
            self.assertEqual(torque.groups(), (select["select"], select["ncpus"]))
            self.assertEqual(variable(path, "threads") * int(select.get("mpiprocs", 1)), int(select["ncpus"]))
            if "mpiprocs" in select:
                self.assertEqual((variable(path, "threads"), variable(path, "ranks_per_node")),
                                 (int(select["ompthreads"]), int(select["mpiprocs"])))

    def test_lsf_lines_have_their_form_and_agree_with_the_variables(self):
        form = (r'-J \w+|-n \d+|-R "span\[(ptile|hosts)=\d+\]"|-R "affinity\[core\(\d+\)\]"|-W \d+:\d\d|-Q 75|-r|-o '
                r'[\w%.-]+')
        for path in SOURCE.glob("scripts/lsf/*"):
            lines = directives(path, "BSUB")
            for line in lines:
                self.assertRegex(line, rf"^({form})$", path)
            text = "\n".join(lines)
            hours, minutes = map(int, re.search(r"-W (\d+):(\d+)", text).groups())
            self.assertEqual(variable(path, "limit"), 3600 * hours + 60 * minutes)
            cores = re.search(r"core\((\d+)\)", text)
            self.assertEqual(variable(path, "threads"), int(cores[1] if cores else re.search(r"-n (\d+)", text)[1]))
            self.assertIn("-Q 75", lines)

    def test_the_run_is_told_before_the_limit(self):
        for path in FILES:
            self.assertTrue(30 <= variable(path, "warning") < variable(path, "limit") / 2, path)

    def test_jobs_on_several_hosts_have_the_settings_of_every_open_mpi_that_end_them_when_a_host_is_lost(self):
        with tempfile.TemporaryDirectory(prefix="initsweep-launcher-") as folder:
            launcher = pathlib.Path(folder, "mpirun")

            def settings(version):
                launcher.write_text(f"#!/bin/sh\necho '{version}'\n", encoding="utf-8")
                launcher.chmod(0o755)
                said = subprocess.run([SOURCE / "scripts/mpi_settings.sh", "--launcher", launcher, "keep-alive"],
                                      stdout=subprocess.PIPE, text=True, check=True).stdout
                return set(said.splitlines())

            self.assertEqual(settings("HYDRA build details:"), set())
            lines = [settings(version) for version in ("mpiexec (OpenRTE) 4.1.4", "mpirun (Open MPI) 5.0.7",
                                                       "mpirun (Open MPI) 6.0.0rc2")]
        self.assertEqual([len(line) for line in lines], [3, 3, 3])
        for path in FILES:
            text = path.read_text(encoding="utf-8")
            if "mpirun -n" in text:
                loop = re.search(r"^for keepalive in .*?^done$", text, re.MULTILINE | re.DOTALL)[0]
                said = subprocess.run(["env", "-i", "bash", "-c", loop + "; /usr/bin/env"], stdout=subprocess.PIPE,
                                      text=True, check=True).stdout
                self.assertEqual({line for line in said.splitlines() if "keepalive_" in line}, set().union(*lines))


class Jobs(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory(prefix="initsweep-batch-")
        self.addCleanup(holder.cleanup)
        self.folder = pathlib.Path(holder.name)
        bin_folder = self.folder / "bin"
        bin_folder.mkdir()
        (bin_folder / "initsweep").symlink_to(PROGRAM)
        (bin_folder / "mpirun").symlink_to(os.environ.get("MPIEXEC", "/usr/bin/mpirun"))
        for name, text in (("qsub", QSUB), ("timeout", TIMEOUT)):
            (bin_folder / name).write_text(text, encoding="utf-8")
            (bin_folder / name).chmod(0o755)
        for name in ("a", "b"):
            (self.folder / f"{name}.yaml").write_text(SWEEP.format(name=name, steps=1, last=1), encoding="utf-8")
        (self.folder / "list").write_text("a.yaml\nb.yaml\n", encoding="utf-8")
        (self.folder / "hosts").write_text("localhost\nlocalhost\n", encoding="utf-8")
        self.environment = {**os.environ, "PATH": f"{bin_folder}:/usr/bin:/bin",
                            "PBS_O_WORKDIR": str(self.folder), "PBS_NODEFILE": str(self.folder / "hosts"),
                            "LSB_DJOB_HOSTFILE": str(self.folder / "hosts")}

    def job(self, name, **more):
        """A batch file with one thread a rank, as its system starts it: a copy, in the folder of submission."""
        text = re.sub(r"^threads=\d+", "threads=1", (SOURCE / "scripts" / name).read_text(encoding="utf-8"),
                      flags=re.MULTILINE)
        return subprocess.run(["bash", "-c", text], cwd=self.folder, env={**self.environment, **more},
                              capture_output=True, text=True)

    def interrupted(self, name):
        """A job whose clock stops it, with some networks finished and some not; a faster machine gets more to do."""
        for steps in (200, 1000, 5000, 25000):
            (self.folder / "long.yaml").write_text(SWEEP.format(name="long", steps=steps, last=639), encoding="utf-8")
            (self.folder / "interrupt").touch()
            (self.folder / "out.h5").unlink(missing_ok=True)
            done = self.job(name, SWEEP="long.yaml", OUT="out.h5")
            if done.returncode != 0:
                return done
        self.fail("the run was over before it was told")

    def said(self, name):
        return (self.folder / name).read_text(encoding="utf-8").split("\n")

    def whole(self, name):
        with h5py.File(self.folder / name) as file:
            return bool(np.all(file["status"][:] == 1))

    def test_a_pbs_job_is_told_submits_itself_again_and_goes_on(self):
        done = self.interrupted("pbs/several-nodes.pbs")
        self.assertEqual(done.returncode, 75, done.stderr)
        self.assertEqual(self.said("timeout.log")[:4],
                         ["--foreground", "--preserve-status", "--signal=USR1", str(14400 - 120)])
        option, pairs, script = self.said("qsub.log")[:3]
        self.assertEqual((option, pairs), ("-v", "SWEEP=long.yaml,OUT=out.h5"))
        self.assertTrue((SOURCE / script).samefile(SOURCE / "scripts/pbs/several-nodes.pbs"))
        (self.folder / "qsub.log").unlink()
        done = self.job("pbs/several-nodes.pbs", **dict(pair.split("=") for pair in pairs.split(",")))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("continuing", done.stderr)
        self.assertTrue(self.whole("out.h5"))
        self.assertFalse((self.folder / "qsub.log").exists())

    def test_an_lsf_job_is_told_and_ends_with_the_status_that_puts_it_back(self):
        self.assertEqual(self.interrupted("lsf/several-nodes.lsf").returncode, 75)
        done = self.job("lsf/several-nodes.lsf", SWEEP="long.yaml", OUT="out.h5")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("continuing", done.stderr)
        self.assertTrue(self.whole("out.h5"))

    def test_a_launcher_that_ends_with_0_without_results_fails(self):
        """As Open MPI 5's mpirun does when it has lost a host."""
        (self.folder / "bin/mpirun").unlink()
        (self.folder / "bin/mpirun").symlink_to("/usr/bin/true")
        for name in ("pbs/several-nodes.pbs", "lsf/several-nodes.lsf"):
            done = self.job(name, SWEEP="a.yaml", OUT="out.h5")
            self.assertEqual((done.returncode, "there is no out.h5" in done.stderr), (1, True), done.stderr)
            self.assertFalse((self.folder / "qsub.log").exists())

    def test_a_task_of_an_array_is_a_line_of_the_list(self):
        for name, index in (("pbs/array.pbs", "PBS_ARRAY_INDEX"), ("pbs/array.pbs", "PBS_ARRAYID"),
                            ("lsf/array.lsf", "LSB_JOBINDEX")):
            (self.folder / "b.h5").unlink(missing_ok=True)
            done = self.job(name, LIST="list", **{index: "2"})
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertTrue(self.whole("b.h5"))
            self.assertFalse((self.folder / "a.h5").exists())
            beyond = self.job(name, LIST="list", **{index: "3"})
            self.assertEqual((beyond.returncode, "no line 3 in list" in beyond.stderr), (2, True))

    def test_what_is_missing_is_told(self):
        for name, said in (("pbs/several-nodes.pbs", "qsub -v SWEEP"), ("lsf/several-nodes.lsf", "SWEEP=sweep.yaml"),
                           ("pbs/array.pbs", "LIST"), ("lsf/array.lsf", "LIST")):
            done = self.job(name)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(said, done.stderr)


if __name__ == "__main__":
    unittest.main()
