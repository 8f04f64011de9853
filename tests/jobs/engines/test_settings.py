"""What --on takes, and the script a batch system gets."""

import pytest

from reverie.cli.verbs import parse
from reverie.foundation.errors import BadInput
from reverie.jobs.engines.batch import job_script
from reverie.jobs.engines.settings import SCHEDULERS, EngineOptions


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"on": "slrm"}, "choose one of here, slurm"),
        ({"jobs": 0}, "--jobs is 0; 1 to 10000 can be done at once"),
        ({"jobs": 10_001}, "--jobs is 10001"),
        ({"gpus": -1}, "--gpus is -1"),
        ({"walltime": "1h"}, "hours, minutes and seconds"),
        ({"walltime": "00:00:30"}, "at least a minute"),
        ({"memory": "8"}, "--memory is '8'; write a number and its unit, as 8GB"),
        ({"memory": "lots"}, "--memory is 'lots'"),
        ({"memory": "-8GB"}, "--memory is '-8GB'"),
        ({"memory": "0GB"}, "--memory is '0GB'"),
        ({"memory": "8 GB"}, "--memory is '8 GB'"),
        ({"dry_run": True}, "is for batch systems"),
    ],
)
def test_impossible_options_are_refused_in_one_sentence(options, told):
    with pytest.raises(BadInput, match=told):
        EngineOptions(**options)


@pytest.mark.parametrize("name", SCHEDULERS)
def test_every_batch_system_has_its_script(name):
    script = job_script(EngineOptions(name, gpus=2, memory="3GB", walltime="04:00:00", scheduler_option=("extra=1",)))
    assert "distributed.cli.dask_worker" in script
    assert "2" in next(line for line in script.splitlines() if "gpu" in line)
    assert "extra" in script
    # One that knows walltimes tells its workers when to stop, two minutes before.
    assert ("REVERIE_STOP_AT=$(( $(date +%s) + 14280 ))" in script) == (name != "htcondor")


@pytest.mark.parametrize("memory", ["8GB", "8G", "8gb", "7.5GiB", "8000M"])
def test_memory_is_written_as_batch_systems_do(memory):
    assert "#SBATCH --mem=" in job_script(EngineOptions("slurm", memory=memory))


def test_a_dry_run_prints_the_script_and_does_nothing(tmp_path, capsys):
    words = ["fit", "nowhere", "nothing", "--on", "slurm", "--dry-run", "--gpus", "1", "--walltime", "00:30:00"]
    parse([*words, "--scheduler-option=--account=x", "--scheduler-option=--qos=y z"]).run()
    told = capsys.readouterr().out
    for line in ("#SBATCH --gres=gpu:1", "#SBATCH -t 00:30:00", "#SBATCH --account=x", "#SBATCH --qos=y z"):
        assert line in told.splitlines()
