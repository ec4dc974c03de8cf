#!/usr/bin/python3
"""Runs over hosts: network namespaces on one bridge, each with its own host name, /tmp and /dev/shm.

    test_hosts.py [-v] [Hosts.NAME...]

Everything happens in namespaces of this process, so all of it goes with it, killed or not. What the hosts share is what
a cluster's do: the program and a folder. mpirun starts its daemons by an agent that enters a host as ssh would;
messages go by TCP over the bridge. Needs INITSWEEP (the program).
"""
import json
import os
import pathlib
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(ROOT, "tests", "commands"), os.path.join(ROOT, "scripts"), os.path.join(ROOT, "tests")]
import h5py  # noqa: E402
import initsweep  # noqa: E402
import requirements  # noqa: E402
from program import ENVIRONMENT, MPIEXEC, PROGRAM, mpi_settings  # noqa: E402

HOSTS = ("a", "b", "c")
INSIDE = "INITSWEEP_TEST_HOSTS_INSIDE"
# Four packs that last, which go out first, and many that do not: when the first is done, every rank has much left
SWEEP = """\
sweep: hosts
seed: 3
dataset: {name: xor}
network: {width: 8, activation: tanh, init: he_normal}
train: {loss: mse, optimizer: adam, learning_rate: 0.01, batch_size: 3}
record: {steps: {geomspace: 12}, probes: [loss, gradient_norm], weights: final}
grid:
  - {network.depth: [4], train.steps: [25000], replicate: {range: [0, 63]}}
  - {network.depth: [2, 3], train.steps: [200], replicate: {range: [0, 799]}}
"""
# The batch file with numbers of this test: a host that is not heard of is given up after 3 s, not after 25 s
BATCH_FILE = "scripts/pbs/several-nodes.pbs"
BATCH_NUMBERS = {"_time=10": "_time=1", "_intvl=5": "_intvl=1", "_probes=3": "_probes=2",
                 "ranks_per_node=2 ": "ranks_per_node=1 ", "threads=16 ": "threads=1 "}


def shell(*words):
    subprocess.run(words, check=True)


class World:
    """Hosts a, b, c on a bridge, and a folder that they share. join: puts the ports to-a, to-b, to-c together in place
    of the bridge."""

    def __init__(self, folder, join=None):
        self.folder = folder
        self.holders = {}
        with open(self.path("hosts"), "w", encoding="utf-8") as names:
            names.write("127.0.0.1 localhost\n" + "".join(f"10.77.0.{i} {host}\n" for i, host in enumerate(HOSTS, 1)))
        with open(self.path("agent"), "w", encoding="utf-8") as agent:
            agent.write(f'#!/bin/sh\nhost=$1\nshift\nexec nsenter --target "$(cat {shlex.quote(folder)}/"$host.pid")" '
                        '--net --uts --mount sh -c "$*"\n')
        os.chmod(self.path("agent"), 0o755)
        shell("ip", "link", "set", "lo", "up")
        for number, host in enumerate(HOSTS, 1):
            self.add(host, f"10.77.0.{number}/24")
        (join or self.bridge)(["to-" + host for host in HOSTS])
        for host in HOSTS[1:]:
            self.wait_for_network(host)

    def path(self, name):
        return os.path.join(self.folder, name)

    def add(self, host, address):
        kept = {path.split("/")[2] for path in map(os.path.realpath, (self.folder, PROGRAM, ROOT))
                if path.startswith("/tmp/")}
        own_tmp = "mount -t tmpfs none /mnt\n" + "".join(
            f"mkdir /mnt/{name}\nmount --rbind /tmp/{name} /mnt/{name}\n"
            for name in map(shlex.quote, sorted(kept))) + "mount --move /mnt /tmp\n"
        script = (f"set -e\nhostname {host}\nip link set lo up\nmount --bind {shlex.quote(self.path('hosts'))} "
                  "/etc/hosts\n"
                  f"mount -t tmpfs none /dev/shm\n{own_tmp}cd /\necho ready\nexec sleep infinity\n")
        holder = subprocess.Popen(["unshare", "--net", "--uts", "--mount", "sh", "-c", script], stdout=subprocess.PIPE)
        if holder.stdout.readline() != b"ready\n":
            raise RuntimeError(f"host {host} does not start")
        holder.stdout.close()
        self.holders[host] = holder
        with open(self.path(host + ".pid"), "w", encoding="utf-8") as file:
            file.write(str(holder.pid))
        shell("ip", "link", "add", "to-" + host, "type", "veth", "peer", "name", "eth0", "netns", str(holder.pid))
        shell("ip", "link", "set", "to-" + host, "up")
        inside = ("nsenter", "--target", str(holder.pid), "--net", "ip")
        shell(*inside, "address", "add", address, "dev", "eth0")
        shell(*inside, "link", "set", "eth0", "up")

    @staticmethod
    def bridge(ports):
        shell("ip", "link", "add", "bridge", "type", "bridge")
        shell("ip", "link", "set", "bridge", "up")
        for port in ports:
            shell("ip", "link", "set", port, "master", "bridge")

    def processes(self, host):
        """Process numbers of a host, without what holds it."""
        network = os.readlink(f"/proc/{self.holders[host].pid}/ns/net")
        found = []
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                if os.readlink(f"/proc/{name}/ns/net") == network and int(name) != self.holders[host].pid:
                    found.append(int(name))
            except OSError:  # it has ended
                pass
        return found

    def kill(self, host):
        """kill -9 of all that a host runs, daemon and ranks."""
        for number in self.processes(host):
            os.kill(number, signal.SIGKILL)

    def end(self):
        for holder in self.holders.values():
            holder.kill()
            holder.wait()

    def cut_off(self, host):
        shell("ip", "link", "set", "to-" + host, "down")

    def mend(self, host):
        """The host comes back as after a new start."""
        self.kill(host)
        shell("ip", "link", "set", "to-" + host, "up")
        self.wait_for_network(host)

    def sent(self, host):
        """Bytes that a host has sent over the bridge."""
        shown = subprocess.run(("ip", "-json", "-statistics", "link", "show", "dev", "to-" + host),
                               stdout=subprocess.PIPE, check=True)
        return json.loads(shown.stdout)[0]["stats64"]["rx"]["bytes"]

    def wait_for_network(self, host):
        """Until the first host answers, if only that nobody listens there: the bridge takes a moment to notice a
        link."""
        knock = ("nsenter", "--target", str(self.holders[host].pid), "--net", "timeout", "1", "bash", "-c",
                 "< /dev/tcp/10.77.0.1/9")
        while "refused" not in subprocess.run(knock, stderr=subprocess.PIPE, text=True, check=False).stderr:
            time.sleep(0.01)

    def on(self, host, command, log, **environment):
        """Starts a command on a host. Its output goes to a file, as what a lost host leaves may keep a pipe open."""
        (agent,) = mpi_settings("agent")
        with open(self.path(log), "wb") as file:
            return subprocess.Popen(
                ["nsenter", "--target", str(self.holders[host].pid), "--net", "--uts", "--mount", "--wd=" + self.folder,
                 *command], stdout=file, stderr=file, env={**ENVIRONMENT, agent: self.path("agent"), **environment})

    def start(self, hosts, out, log):
        """initsweep run under mpirun on the first host, a rank a host. Open MPI 5, which may start more ranks than
        there are slots, would start all on the first."""
        return self.on(hosts[0], [MPIEXEC, "--host", ",".join(host + ":1" for host in hosts), "-n", str(len(hosts)),
                                  "--map-by", "ppr:1:node", PROGRAM, "run", "sweep.yaml", "-o", out], log)

    def submit(self, hosts, out, log):
        """The batch file for several nodes, as PBS starts it on the first of them."""
        with open(os.path.join(ROOT, BATCH_FILE), encoding="utf-8") as file:
            text = file.read()
        for old, new in BATCH_NUMBERS.items():
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        os.makedirs(self.path("bin"), exist_ok=True)
        for name, target in (("mpirun", MPIEXEC), ("initsweep", PROGRAM)):
            os.symlink(shutil.which(target), os.path.join(self.path("bin"), name))
        with open(self.path("nodes"), "w", encoding="utf-8") as file:
            file.write("\n".join(hosts) + "\n")
        return self.on(hosts[0], ["bash", "-c", text], log, PATH=self.path("bin") + ":" + os.environ["PATH"],
                       PBS_O_WORKDIR=self.folder, PBS_NODEFILE=self.path("nodes"), SWEEP="sweep.yaml", OUT=out)

    def said(self, log):
        with open(self.path(log), encoding="utf-8", errors="replace") as file:
            return file.read()


class Hosts(unittest.TestCase):
    """The results file is that of one rank, whatever happens to a host."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.world = World(folder.name)
        cls.addClassCleanup(cls.world.end)
        with open(cls.world.path("sweep.yaml"), "w", encoding="utf-8") as file:
            file.write(SWEEP)
        shell(PROGRAM, "run", cls.world.path("sweep.yaml"), "-o", cls.world.path("one.h5"), "--quiet")
        cls.whole = initsweep.results_hash(cls.world.path("one.h5"))
        version = subprocess.run([MPIEXEC, "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout
        cls.zero_status = "(Open MPI) 5." in version

    def finish(self, hosts, out, log):
        """A run to its end; returns what it said."""
        process = self.world.start(hosts, out, log)
        self.assertEqual(process.wait(timeout=120), 0, self.world.said(log))
        self.assertEqual(initsweep.results_hash(self.world.path(out)), self.whole)
        return self.world.said(log)

    def wait_for_work(self, process, out, log):
        """Until a rank has finished networks in its journal."""
        parts = pathlib.Path(self.world.path(out + ".parts"))
        while not any(journal.stat().st_size > 4096 for journal in parts.glob("*.journal")):
            self.assertIsNone(process.poll(), "the run ended too soon: " + self.world.said(log))
            time.sleep(0.01)

    def safe(self, out):
        """Networks in the journal, as `gather` finds them."""
        shell(PROGRAM, "gather", self.world.path(out + ".parts"), "-o", self.world.path("so-far.h5"))
        with h5py.File(self.world.path("so-far.h5"), "r") as file:
            return int((file["status"][()] != 0).sum())

    def ends_without_results(self, process, out):
        """mpirun ends; returns its exit status, which Open MPI 5.0 leaves at 0 when it has lost a host."""
        status = process.wait(timeout=60)
        self.assertFalse(os.path.exists(self.world.path(out)))
        return status

    def goes_on(self, out, safe):
        """On the hosts that are left."""
        said = self.finish(("a", "c"), out, "again.log")
        self.assertIn("continuing: ", said)
        self.assertGreaterEqual(int(said.split("continuing: ")[1].split()[0]), safe)

    def test_three_hosts_leave_the_file_of_one_rank(self):
        before = {host: self.world.sent(host) for host in HOSTS}
        said = self.finish(HOSTS, "three.h5", "three.log")
        self.assertIn("on 3 ranks of 1 thread", said)
        with h5py.File(self.world.path("three.h5"), "r") as file:
            self.assertEqual(file["provenance"].attrs["hosts"], "a,b,c")
        # messages have gone over the network: mpirun's daemons alone send some 9,000 bytes
        self.assertGreater(sum(self.world.sent(host) - before[host] for host in HOSTS), 18000)

    def test_nothing_is_lost_with_a_host_whose_processes_are_killed(self):
        process = self.world.start(HOSTS, "killed.h5", "killed.log")
        self.wait_for_work(process, "killed.h5", "killed.log")
        self.world.kill("b")
        safe = self.safe("killed.h5")
        status = self.ends_without_results(process, "killed.h5")
        self.assertTrue(status != 0 or self.zero_status, status)
        self.assertGreater(safe, 0)
        self.goes_on("killed.h5", safe)

    def test_a_host_that_is_cut_off_ends_the_batch_job_and_the_run_goes_on_without_it(self):
        process = self.world.submit(HOSTS, "cut.h5", "cut.log")
        self.addCleanup(self.world.mend, "b")
        self.wait_for_work(process, "cut.h5", "cut.log")
        os.kill(self.rank_of("b"), signal.SIGSTOP)  # so that the run cannot end before it is missed
        self.world.cut_off("b")
        self.assertNotEqual(self.ends_without_results(process, "cut.h5"), 0)
        said = self.world.said("cut.log")
        self.assertIn("lost communication with a remote daemon", said)
        self.assertIn("on node b", said)
        self.goes_on("cut.h5", self.safe("cut.h5"))

    def rank_of(self, host):
        """The process of a host's rank."""
        for number in self.world.processes(host):
            with open(f"/proc/{number}/comm", encoding="ascii") as file:
                if file.read().startswith("initsweep"):
                    return number
        raise AssertionError(f"no rank on host {host}")


def go_inside():
    """Starts this script again in namespaces of its own."""
    for tool in ("ip", "mount", "nsenter", "unshare"):
        requirements.tool(tool)
    spaces = ["unshare", "--net", "--mount", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc"]
    tried = subprocess.run([*spaces, "ip", "link", "add", "bridge", "type", "bridge"], stderr=subprocess.PIPE,
                           text=True, check=False)
    requirements.need(tried.returncode == 0, "network namespaces")
    os.execvpe(spaces[0], [*spaces, sys.executable, *sys.argv], {**os.environ, INSIDE: "1"})


def main():
    if INSIDE not in os.environ:
        version = subprocess.run([PROGRAM, "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout
        try:
            requirements.need("Open MPI" in version, "Open MPI's mpirun, which puts the hosts together")
            go_inside()
        except (unittest.SkipTest, AssertionError) as error:
            requirements.end(error)
    unittest.main()


if __name__ == "__main__":
    main()
