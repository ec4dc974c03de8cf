"""A Slurm of two nodes in a folder: munged, slurmctld and two slurmd, on loopback and free ports, with keys of its
own."""
import ctypes
import getpass
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import requirements  # noqa: E402

NODES = ("n1", "n2")
ENDS = {"COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL", "BOOT_FAIL", "OUT_OF_MEMORY"}  # states of a job
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
LIBC = ctypes.CDLL(None)

# cred_expire: also how long a requeued job waits, and then for sched_interval, which is 60 s if not said. TmpFS: PMIx
# of two nodes on one host would meet in /tmp.
CONFIGURATION = """\
ClusterName=initsweep
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort={ports[0]}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket,cred_expire=5
SlurmUser={user}
SlurmdUser={user}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool.%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.%n.log
TmpFS={folder}/tmp.%n
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/backfill
SchedulerParameters=bf_interval=1,batch_sched_delay=0,sched_interval=2
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
KillWait=10
ReturnToService=2
SlurmdParameters=config_overrides
NodeName=n[1-2] NodeHostname=localhost NodeAddr=127.0.0.1 Port=[{ports[1]}-{ports[2]}] CPUs=4
PartitionName=preemptible Nodes=ALL Default=YES PriorityTier=1 GraceTime=30
PartitionName=urgent Nodes=ALL PriorityTier=2 PreemptMode=OFF
"""


def program(name: str) -> str:
    """Where a daemon is."""
    found = shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin")
    requirements.need(found, f"{name} (packages slurm-wlm and munge)")
    return found


def free_ports() -> list[int]:
    """One port, and two that follow each other, which nobody listens on."""
    while True:
        sockets = [socket.socket() for _ in range(3)]
        try:
            for number, one in enumerate(sockets):
                one.bind(("127.0.0.1", sockets[1].getsockname()[1] + 1 if number == 2 else 0))
            return [one.getsockname()[1] for one in sockets]
        except OSError:
            continue
        finally:
            for one in sockets:
                one.close()


def descendants(ancestor: int) -> list[int]:
    """Process numbers of all children, their children, ..."""
    rows = subprocess.run(["ps", "-e", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout.split()
    parent = dict(zip(map(int, rows[::2]), map(int, rows[1::2])))
    found = {ancestor}
    while more := {pid for pid, of in parent.items() if of in found and pid not in found}:
        found |= more
    return sorted(found - {ancestor})


class Slurm:
    """Starts the daemons; `stop` ends them and whatever they have started."""

    def __init__(self) -> None:
        LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)  # what a daemon leaves behind becomes ours
        self.folder = tempfile.mkdtemp(prefix="slurm")
        self.daemons: list[subprocess.Popen[bytes]] = []
        os.chmod(self.folder, 0o755)
        for name in ("state", *("spool." + node for node in NODES), *("tmp." + node for node in NODES)):
            os.mkdir(self.path(name))
        with open(self.path("key"), "wb") as file:
            file.write(os.urandom(64))
        os.chmod(self.path("key"), 0o400)
        with open(self.path("slurm.conf"), "w", encoding="utf-8") as file:
            file.write(CONFIGURATION.format(folder=self.folder, user=getpass.getuser(), ports=free_ports()))
        self.environment = {**os.environ, "SLURM_CONF": self.path("slurm.conf")}
        try:
            munge = {name: self.path("munge." + name) for name in ("socket", "pid", "seed", "log")}
            self.start("munged", "--foreground", "--socket=" + munge["socket"], "--key-file=" + self.path("key"),
                       "--pid-file=" + munge["pid"], "--seed-file=" + munge["seed"])
            self.wait_until(lambda: os.path.exists(munge["socket"]), 30, "munged's socket")
            self.started = time.monotonic()
            self.start("slurmctld", "-D", "-c")
            for node in NODES:
                self.start("slurmd", "-D", "-N", node)
            self.wait_until(lambda: self.ask("sinfo", "-h", "-o", "%T %D", check=False).strip() == "idle 2", 60,
                            "idle nodes")
        except BaseException:
            self.stop()
            raise

    def path(self, name: str) -> str:
        return os.path.join(self.folder, name)

    def start(self, name: str, *words: str) -> None:
        """A daemon that stays our child, and ends when we do."""
        with open(self.path(name + ".out"), "ab") as out:
            self.daemons.append(subprocess.Popen(
                [program(name), *words], env=self.environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                preexec_fn=lambda: LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)))

    def logs(self) -> str:
        """The ends of what the daemons wrote."""
        text = ""
        for name in sorted(os.listdir(self.folder)):
            if name.endswith((".log", ".out")):
                with open(self.path(name), encoding="utf-8", errors="replace") as file:
                    text += f"--- {name}\n" + "".join(file.readlines()[-15:])
        return text

    def wait_until(self, true, seconds: float, what: str) -> None:
        deadline = time.monotonic() + seconds
        while not true():
            if time.monotonic() > deadline:
                raise RuntimeError(f"waited {seconds} s for {what}\n{self.logs()}")
            time.sleep(0.05)

    def ask(self, *words: str, check: bool = True, folder: str | None = None) -> str:
        """Output of one of Slurm's commands."""
        done = subprocess.run(words, env=self.environment, cwd=folder, capture_output=True, text=True, check=False,
                              timeout=120)
        if check and done.returncode != 0:
            raise RuntimeError(f"{' '.join(words)}: {done.stderr}\n{self.logs()}")
        return done.stdout

    def submit(self, folder: str, *words: str) -> str:
        """sbatch; the job's number."""
        return self.ask("sbatch", "--parsable", *words, folder=folder).strip()

    def job(self, number: str) -> dict[str, str]:
        """What `scontrol show job` says: JobState, Restarts, ..."""
        words = self.ask("scontrol", "-o", "show", "job", number).split()
        return dict(word.split("=", 1) for word in words if "=" in word)

    def wait(self, number: str, seconds: float = 300) -> str:
        """The state in which a job ends, requeued or not."""
        self.wait_until(lambda: self.job(number)["JobState"] in ENDS, seconds, f"job {number} to end")
        return self.job(number)["JobState"]

    def stop(self) -> None:
        """Ends all jobs, then all daemons, then whoever is left of them."""
        if len(self.daemons) > 1:
            subprocess.run(["scancel", "--user=" + getpass.getuser()], env=self.environment, capture_output=True,
                           timeout=30, check=False)
        for number in (signal.SIGTERM, signal.SIGKILL):
            for daemon in reversed(self.daemons):
                if daemon.poll() is None:
                    daemon.send_signal(number)
            deadline = time.monotonic() + 5
            while any(daemon.poll() is None for daemon in self.daemons) and time.monotonic() < deadline:
                time.sleep(0.05)
        for pid in descendants(os.getpid()):
            try:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
            except (ProcessLookupError, ChildProcessError):
                pass
        shutil.rmtree(self.folder, ignore_errors=True)
