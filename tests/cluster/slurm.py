"""A real Slurm of two nodes on this machine: munge, slurmctld and two slurmd, in a folder of their own.

``python -m tests.cluster.slurm FOLDER COMMAND …`` runs a command beside it; what it needs are Debian's packages
`slurmctld slurmd slurm-client munge`, and to be root, since Slurm starts its jobs as whoever handed them over.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

NODES = ("n1", "n2")

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "sinfo")

CONFIGURATION = """\
ClusterName=reverie
SlurmctldHost={host}
SlurmctldPort={control}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CryptoType=crypto/munge
SlurmUser=root
SlurmdUser=root
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=sched_min_interval=0
ReturnToService=2
SlurmdTimeout=300
KillWait=2
{nodes}
PartitionName=all Nodes={names} Default=YES MaxTime=INFINITE State=UP OverSubscribe=NO
"""


class Slurm:
    """The running daemons. Every one is our own child and ends with us."""

    def __init__(self, folder: Path, cores: int = 1) -> None:
        self.folder = folder.absolute()
        self.cores = cores
        self.children: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def environment(self) -> dict[str, str]:
        """What commands need to find it."""
        return {**os.environ, "SLURM_CONF": str(self.folder / "slurm.conf")}

    def start(self) -> None:
        """Start it and wait until both nodes take jobs."""
        self._configure()
        munge = self.folder / "munge"
        self._begin(
            "munged",
            "--foreground",
            "--force",
            f"--key-file={munge}/key",
            f"--socket={self.folder}/munge.socket",
            f"--pid-file={munge}/pid",
            f"--log-file={munge}/log",
            f"--seed-file={munge}/seed",
        )
        wait_for(lambda: (self.folder / "munge.socket").exists(), "munge")
        self._begin("slurmctld", "-D", "-i", "-f", str(self.folder / "slurm.conf"))
        for node in NODES:
            self.start_node(node)
        wait_for(lambda: self.tell("sinfo", "-h", "-N", "-o", "%T").split() == ["idle"] * len(NODES), "the nodes")

    def start_node(self, node: str) -> None:
        """Start a node's daemon, for the first time or again."""
        self._begin("slurmd", "-D", "-f", str(self.folder / "slurm.conf"), "-N", node, name=node)

    def kill_node(self, node: str) -> None:
        """Kill a node's daemon at once; what it had started goes on."""
        child = self.children.pop(node)
        child.send_signal(signal.SIGKILL)
        child.wait()

    def tell(self, *words: str) -> str:
        """Return what one of Slurm's commands prints."""
        return subprocess.run(words, env=self.environment, capture_output=True, text=True, check=False).stdout

    def stop(self) -> None:
        """End the jobs, then the daemons."""
        if "slurmctld" in self.children:
            self.tell("scancel", "--user", "root")
            with suppress(TimeoutError):
                wait_for(lambda: not self.tell("squeue", "-h").strip(), "the end of all jobs", 15)
        for child in reversed(self.children.values()):
            child.terminate()
        for child in self.children.values():
            with suppress(subprocess.TimeoutExpired):
                child.wait(10)
            child.kill()
            child.wait()

    def _configure(self) -> None:
        host, first = socket.gethostname(), free_port()
        (self.folder / "state").mkdir(parents=True)
        nodes = "\n".join(
            f"NodeName={node} NodeHostname={host} NodeAddr=127.0.0.1 Port={free_port()} CPUs={self.cores} "
            "RealMemory=4000 State=UNKNOWN"
            for node in NODES
        )
        text = CONFIGURATION.format(
            host=f"{host}(127.0.0.1)", control=first, folder=self.folder, nodes=nodes, names=",".join(NODES)
        )
        (self.folder / "slurm.conf").write_text(text)
        munge = self.folder / "munge"
        munge.mkdir(mode=0o700)
        (munge / "key").write_bytes(os.urandom(128))
        (munge / "key").chmod(0o400)
        for node in NODES:
            (self.folder / f"spool-{node}").mkdir()

    def _begin(self, *words: str, name: str | None = None) -> None:
        with (self.folder / f"{name or words[0]}.out").open("ab") as out:
            self.children[name or words[0]] = subprocess.Popen(words, env=self.environment, stdout=out, stderr=out)


def wait_for(condition, what: str, seconds: float = 900.0) -> None:
    """Wait until something holds; raises TimeoutError when it does not."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            raise TimeoutError(f"{what} did not come within {seconds:g} s")
        time.sleep(0.1)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def missing() -> list[str]:
    """Return the programs that are not there."""
    found = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin"])
    return [program for program in PROGRAMS if shutil.which(program, path=found) is None]


@contextmanager
def running(folder: Path, cores: int = 1) -> Iterator[Slurm]:
    """Yield a running Slurm that ends with the block."""
    slurm = Slurm(folder, cores)
    try:
        slurm.start()
        yield slurm
    finally:
        slurm.stop()


if __name__ == "__main__":
    with running(Path(sys.argv[1])) as one:
        sys.exit(subprocess.run(sys.argv[2:], env=one.environment, check=False).returncode)
