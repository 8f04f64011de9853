"""Workers that a batch system loses before they start: others are asked for, within a bound."""

import os
import stat
from functools import partial

import pytest

from reverie.foundation.errors import ReverieError
from reverie.jobs.engines import batch_workers
from reverie.jobs.engines.settings import EngineOptions
from reverie.jobs.workers import open_workers

SBATCH = """\
number=1
while ! mkdir $FAKE/$number 2>/dev/null; do number=$((number + 1)); done
echo "Submitted batch job $number"
case " $DIES " in *" $number "*|*" all "*) exit;; esac
touch $FAKE/$number/listed
case " $WAITS " in *" $number "*) exit;; esac
cp "$1" $FAKE/$number/script
setsid sh $FAKE/$number/script >$FAKE/$number/out 2>&1 &
echo $! >$FAKE/$number/pid
"""

SQUEUE = """\
cd $FAKE
for job in */listed; do [ -e $job ] && dirname $job; done
exit 0
"""

SCANCEL = """\
rm -f $FAKE/$1/listed
[ ! -e $FAKE/$1/pid ] || kill -- -$(cat $FAKE/$1/pid)
"""


def put(folder, name, script):
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.fixture
def slurm(tmp_path, monkeypatch):
    """Return where a Slurm of three small scripts notes its jobs."""
    for name, script in (("sbatch", SBATCH), ("squeue", SQUEUE), ("scancel", SCANCEL)):
        put(tmp_path / "bin", name, script)
    jobs = tmp_path / "jobs"
    jobs.mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("FAKE", str(jobs))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("reverie.jobs.engines.dask.CHECK_EVERY", 0.1)
    monkeypatch.setattr(batch_workers, "LIST_EVERY", 0.1)
    return jobs


def double(context, task):
    return context * task


@pytest.mark.slow
def test_for_jobs_that_end_before_they_start_others_are_asked_and_those_that_wait_are_left_alone(
    slurm, monkeypatch, capsys
):
    monkeypatch.setenv("DIES", "1 3")
    monkeypatch.setenv("WAITS", "2")
    with open_workers(2, partial(int, "2"), EngineOptions("slurm", jobs=2, memory="2GB")) as workers:
        assert workers.run(double, [1, 2, 3], "") == [2, 4, 6]
    told = capsys.readouterr().err
    assert "slurm: job 1 ended before a worker started" in told
    assert "slurm: job 3 ended before a worker started" in told
    assert {path.name for path in slurm.iterdir()} == {"1", "2", "3", "4"}
    assert not list(slurm.glob("*/listed"))


def test_where_none_ever_starts_one_sentence_says_so(slurm, monkeypatch, tmp_path):
    monkeypatch.setenv("DIES", "all")
    on = EngineOptions("slurm", jobs=1, memory="2GB")
    with open_workers(2, partial(int, "2"), on) as workers, pytest.raises(ReverieError) as told:
        workers.run(double, [1], "")
    assert "slurm started no worker, though 3 were asked for: jobs 1, 2, 3 ended before that" in str(told.value)
    assert str(tmp_path / "cache") in str(told.value)


class Cluster:
    """One whose jobs are refused once a worker has been there."""

    class job_cls:  # noqa: N801 - as dask-jobqueue calls it
        job_id_regexp = r"(?P<job_id>\d+)"

    def __init__(self):
        self.there, self.missing, self.forgotten = 1, {}, []

    def scale(self, count):
        pass

    def sync(self, what, cluster, *names):
        if names:
            self.forgotten += names[0]
            return None
        return self.there, self.missing


@pytest.fixture
def cluster(slurm, monkeypatch):
    monkeypatch.setattr(batch_workers, "LIST_EVERY", 0.0)
    return Cluster()


def test_refused_jobs_are_requested_again_a_few_times(cluster):
    told = []
    found = batch_workers.BatchWorkers(EngineOptions("slurm", jobs=1), cluster, told)
    found.maintain()
    told.append("the controller does\nnot answer (12:00:00)")
    cluster.missing = {"w": None}
    for there in (0, 0, 1, 0, 0):
        cluster.there = there
        found.maintain()
    assert cluster.forgotten == ["w"] * 5
    with pytest.raises(ReverieError, match="slurm takes no jobs: the controller does not answer"):
        found.maintain()


def test_a_batch_system_that_does_not_tell_is_waited_for(cluster, tmp_path):
    found = batch_workers.BatchWorkers(EngineOptions("slurm", jobs=1), cluster, [])
    cluster.there, cluster.missing = 0, {"w": "1"}
    put(tmp_path / "bin", "squeue", "exit 1")
    for _ in range(10):
        found.maintain()
    assert not cluster.forgotten
    put(tmp_path / "bin", "squeue", "exit 0")
    found.maintain()
    found.maintain()
    assert cluster.forgotten == ["w"]


@pytest.mark.parametrize(
    ("system", "number", "prints", "code"),
    [
        ("slurm", r"(?P<job_id>\d+)", "12\n13\n", 0),
        ("pbs", r"(?P<job_id>\d+)", "12.server\n13.server\n", 0),
        (
            "sge",
            r"(?P<job_id>\d+)",
            "job-ID  prior   name\n------------\n     12 0.5 reverie\n     13 0.0 reverie\n",
            0,
        ),
        ("lsf", r"(?P<job_id>\d+)", "JOBID   USER  STAT\n12      me    RUN\n13      me    PEND\n", 0),
        ("htcondor", r"(?P<job_id>\d+\.\d+)", "-- Schedd: x\n ID    OWNER\n  12.0   me\n  13.0   me\n\nTotal: 2\n", 0),
        ("lsf", r"(?P<job_id>\d+)", "No unfinished job found\n", 255),
        ("sge", r"(?P<job_id>\d+)", "error: no server\n", 1),
    ],
)
def test_the_list_of_every_batch_system_is_read(tmp_path, monkeypatch, system, number, prints, code):
    put(tmp_path / "bin", batch_workers.LISTS[system][0], f"cat <<'END'\n{prints}END\nexit {code}\n")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    found = batch_workers._listed(system, number)
    if code == 0:
        assert found == ({"12.0", "13.0"} if system == "htcondor" else {"12", "13"})
    else:
        assert found == (set() if system == "lsf" else None)
