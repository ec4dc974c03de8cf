#!/usr/bin/python3
"""Started in a way in which the ranks do not find each other, or are not the same program: exit status 2, and no file
is touched."""
import os
import re
import shlex
import shutil
import socket
import subprocess
import unittest

from program import ENVIRONMENT, MPIEXEC, PROGRAM, SMALL, Case, mpi_settings, requirements

STEP = {"SLURM_JOB_ID": "7", "SLURM_STEP_ID": "0", "SLURM_STEPID": "0", "SLURM_STEP_NUM_TASKS": "4",
        "SLURM_PROCID": "0"}
OTHER_MPI = {True: "/usr/bin/mpirun.openmpi", False: "/usr/bin/mpiexec.mpich"}  # of a program that is MPICH's


class Launch(Case):
    def setUp(self):
        super().setUp()
        self.file = self.write("small.yaml", SMALL)

    def refused(self, text, *, said=True, **environment):
        """Stops with one error that has these words, or, on ranks that are not the first, without a word; leaves
        nothing behind."""
        done = self.expect(2, "run", self.file, stdout="", **environment)
        self.assertEqual(done.stderr.count("initsweep: "), 1 if said else 0, done.stderr)
        self.assertRegex(done.stderr, text if said else "^$")
        self.assertEqual(self.files(), ["small.yaml"])

    def runs(self, **environment):
        self.expect(0, "run", self.file, "--quiet", stdout="", stderr="", **environment)
        os.remove(self.path("small.h5"))

    def test_tasks_of_srun_that_are_each_alone(self):
        self.refused(r"srun started 4 processes \(SLURM_STEP_NUM_TASKS=4\), but to (Open MPI|MPICH).* each is alone "
                     r"[^\n]*\n  .*`srun --mpi=pmi(x|2) initsweep run \.\.\.`.*`mpirun initsweep run", **STEP)
        self.refused("", said=False, **{**STEP, "SLURM_PROCID": "3"})

    def test_one_process_in_a_slurm_job_is_no_mistake(self):
        job = {"SLURM_JOB_ID": "7", "SLURM_NTASKS": "4", "SLURM_NPROCS": "4"}
        self.runs(**job)  # salloc
        self.runs(**job, SLURM_PROCID="0")  # a batch file
        self.runs(**{**job, **STEP, "SLURM_NTASKS": "1", "SLURM_STEP_NUM_TASKS": "1"})  # srun -n 1, with no plug-in
        self.runs(**{**job, **STEP, "SLURM_PTY_PORT": "4711"})  # a shell by srun --pty

    def test_one_process_does_not_need_a_folder_that_others_remove(self):
        """Open MPI makes one in TMPDIR, by a name that all processes of a user share; it is not started."""
        self.write("file", "")
        self.runs(TMPDIR=self.path("file"))

    def test_mpi_is_started_where_the_user_wants_it(self):
        self.runs(INITSWEEP_MPI="always")
        self.refused("^initsweep: INITSWEEP_MPI is 'never', not always\n$", INITSWEEP_MPI="never")

    def test_ranks_of_mpirun_on_the_nodes_of_a_job(self):
        """mpirun starts its daemons by srun, one a node, and their ranks inherit that step."""
        for ranks in (1, 2):
            done = self.expect(0, "run", self.file, ranks=ranks, **STEP)
            self.assertIn(f"on {ranks} rank", done.stderr)
            os.remove(self.path("small.h5"))

    def test_a_launcher_of_another_mpi(self):
        version = self.expect(0, "--version").stdout
        launcher = OTHER_MPI["MPICH" in version]
        requirements.need(os.path.exists(launcher), launcher)
        done = subprocess.run([launcher, "-n", "2", PROGRAM, "run", self.file], cwd=self.folder, text=True, check=False,
                              env={**ENVIRONMENT, **mpi_settings("root", "crowded", "one-host", launcher=launcher)},
                              capture_output=True, timeout=120)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertEqual(done.stderr.count("initsweep: "), 1, done.stderr)
        self.assertRegex(done.stderr, r"started 2 processes \(\w+_SIZE=2\), but to .* each is alone \(1 rank\)[^\n]*\n "
                                      r" .*another MPI")
        self.assertEqual(self.files(), ["small.yaml"])

    def start_ranks(self, *commands):
        """A rank for each command (folder, words), to the end. A shell chooses by the rank's number: mpirun of Open MPI
        5.0.7 ends with a segmentation fault where `:` stands between commands."""
        cases = "".join(f"{rank}) cd {shlex.quote(folder)}; exec {shlex.join(words)} ;;\n"
                        for rank, (folder, words) in enumerate(commands))
        return subprocess.run([MPIEXEC, "-n", str(len(commands)), "sh", "-c",
                               f"case ${{OMPI_COMM_WORLD_RANK:-$PMI_RANK}} in\n{cases}esac"], cwd=self.folder,
                              env=ENVIRONMENT, capture_output=True, text=True, check=False, timeout=120)

    def mixed(self, patched):
        """Two ranks of this program and one of another between them; what rank 0 says."""
        done = self.start_ranks(*((self.folder, [program, "run", self.file])
                                  for program in (PROGRAM, patched, PROGRAM)))
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertEqual(done.stderr.count("initsweep: "), 1, done.stderr)
        self.assertEqual([name for name in self.files() if "small.h5" in name], [])
        return done.stderr

    def patched(self, old, new):
        """A copy of the program with other bytes, in each place where they are."""
        with open(PROGRAM, "rb") as file:
            code = file.read()
        self.assertIn(old, code)
        with open(self.path("other"), "wb") as file:
            file.write(code.replace(old, new))
        shutil.copymode(PROGRAM, self.path("other"))
        return self.path("other")

    def test_ranks_of_two_versions(self):
        ours = re.match(r"initsweep (\S+) \((.+)\)\n", self.expect(0, "--version").stdout)
        version = ours[1].encode()
        other = self.patched(b"initsweep " + version + b" (", b"initsweep 9" + version[1:] + b" (")
        self.assertRegex(self.mixed(other), rf"rank 1: this is initsweep 9{re.escape(ours[1][1:])} "
                                            rf"\({re.escape(ours[2])}\) on host \S+, "
                         rf"rank 0 is initsweep {re.escape(ours[1])} \({re.escape(ours[2])}\) on host \S+\n  give all "
                         r"ranks")

    def test_ranks_of_two_builds(self):
        other = self.patched(b"-ffp-contract=off", b"-ffp-contract=on\0")
        self.assertRegex(self.mixed(other), r"rank 1: initsweep .* is built by '.*-ffp-contract=on' on host \S+, by "
                         r"'.*-ffp-contract=off.*' on rank 0's host")

    def test_ranks_that_read_other_data(self):
        """The path leads to a file in each rank's working folder, as a path on local disks does."""
        rows = "0,0,0\n0,1,1\n1,0,1\n1,1,0\n"
        for rank, text in enumerate((rows, rows, rows.replace("1,1,0", "1,1,1"))):
            os.mkdir(self.path(str(rank)))
            self.write(f"{rank}/data.csv", text)
        data = "name: csv, path: /proc/self/cwd/data.csv, kind: binary, test_fraction: 0"
        self.write("other.yaml", SMALL.replace("name: xor", data))
        words = ["run", self.path("other.yaml"), "-o", self.path("other.h5"), "--quiet"]

        def started(ranks, more):
            """Runs with one of the ranks in each of these folders and with more options for the last."""
            commands = [(self.path(rank), [PROGRAM, *words]) for rank in ranks]
            commands[-1][1].extend(more)
            return self.start_ranks(*commands)

        def refused(ranks, more, text):
            done = started(ranks, more)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertEqual(done.stderr.count("initsweep: "), 1, done.stderr)
            self.assertRegex(done.stderr, text)
            self.assertEqual(self.files(), ["0", "1", "2", "other.yaml", "small.yaml"])

        refused("012", [], rf"rank 2: this rank, on host {re.escape(socket.gethostname())}, reads other data than rank "
                           r"0\n  give all ranks the same files")
        refused("01", ["--set", "train.steps=39"], r"rank 1: this rank, on host \S+, has other settings than rank 0\n")
        done = started("01", [])
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_ranks_that_have_nothing_to_do(self):
        words = ("run", self.file, "--set", "network.init=zeros", "--set", "grid={replicate: [0, 1]}", "--set",
                 "network.depth=1", "--set", "network.activation=tanh")
        done = self.expect(0, *words, ranks=3, INITSWEEP_LAYOUT="networks")  # two networks alone may be faster
        self.assertIn("initsweep: 1 pack keeps 1 rank busy, 2 ranks are idle\n", done.stderr)
        os.remove(self.path("small.h5"))
        self.assertNotIn("idle", self.expect(0, *words, ranks=1).stderr)


if __name__ == "__main__":
    unittest.main()
