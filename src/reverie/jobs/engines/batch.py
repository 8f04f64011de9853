"""The options of batch systems, and the job script: one worker per job, one thread per worker."""

import time
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from reverie.foundation.caches import cache_folder
from reverie.foundation.errors import NotApplicable
from reverie.jobs.engines.contract import STOP_AT
from reverie.jobs.engines.settings import EngineOptions

CLUSTERS: Mapping[str, str] = {
    "slurm": "SLURMCluster",
    "pbs": "PBSCluster",
    "sge": "SGECluster",
    "lsf": "LSFCluster",
    "htcondor": "HTCondorCluster",
}
"""The class of dask-jobqueue for each batch system."""

GPUS: Mapping[str, str] = {
    "slurm": "--gres=gpu:{}",
    "sge": "-l gpu={}",
    "lsf": "-gpu num={}",
    "htcondor": "request_gpus={}",
}
"""How a job script requests GPUs; in PBS it is one word together with the cores."""

MARGIN = 120
"""Seconds before the end of its walltime at which a worker stops at the next snapshot: enough for a step at real size.
It is at most a tenth of the walltime."""

INSTALL = "install what clusters need with `pip install 'reverie[cluster]'`."


def logs_folder() -> str:
    """Return the folder for the output of workers, which every node can access."""
    return str(cache_folder() / "workers")


def import_or_tell(module: str) -> Any:  # noqa: ANN401 - a module
    """Import a package of the extra `cluster`; raises NotApplicable when it is not installed."""
    try:
        return import_module(module)
    except ImportError as error:
        raise NotApplicable(f"The package {module} cannot be imported ({error}); {INSTALL}") from error


def cluster_class(on: EngineOptions) -> Any:  # noqa: ANN401 - the packages are optional, and have no types
    """Return the class of dask-jobqueue for a batch system."""
    return getattr(import_or_tell("dask_jobqueue"), CLUSTERS[on.on])


def directives(on: EngineOptions) -> list[str] | dict[str, str]:
    """Return the further lines of a job script: GPUs, and the options that the user passes on."""
    cards = [GPUS[on.on].format(on.gpus)] if on.gpus and on.on in GPUS else []
    lines = [*cards, *on.scheduler_option]
    if on.on != "htcondor":
        return lines
    return {name.strip(): value.strip() for name, _, value in (line.partition("=") for line in lines)}


def options(on: EngineOptions) -> dict[str, Any]:
    """Return the options of workers: each is one process of one thread that stops shortly before its walltime ends."""
    stops_after = on.seconds - min(MARGIN, on.seconds // 10)
    found: dict[str, Any] = {
        "cores": 1,
        "processes": 1,
        "memory": on.memory,
        "job_name": "reverie",
        # Seconds in which a worker must start, since nodes may be busy; one whose driver died keeps its node as long.
        "death_timeout": 300,
        "log_directory": logs_folder(),
        "job_extra_directives": directives(on),
        "job_script_prologue": ["export OMP_NUM_THREADS=1"],
    }
    if on.on == "htcondor":  # HTCondor has no walltime
        return found | {"disk": "10GB"}
    found["job_script_prologue"] += [f"export {STOP_AT}=$(( $(date +%s) + {stops_after} ))"]
    if on.on == "pbs" and on.gpus:
        found["resource_spec"] = f"select=1:ncpus=1:mem={on.memory}:ngpus={on.gpus}"
    return found | {"walltime": on.walltime.rpartition(":")[0] if on.on == "lsf" else on.walltime}


def job_script(on: EngineOptions) -> str:
    """Return the job script of each worker, with a placeholder for this machine's address."""
    found = cluster_class(on)
    return str(found.job_cls("tcp://ADDRESS-OF-THIS-MACHINE:PORT", name="WORKER", **options(on)).job_script())


def noting_refusals(on: EngineOptions, refusals: list[str]) -> Any:  # noqa: ANN401 - as above
    """Return the batch system's class of jobs, which appends to ``refusals`` why a job was refused."""
    base = cluster_class(on).job_cls

    class Job(base):  # type: ignore[misc,valid-type]
        async def start(self) -> None:
            """Submit the script."""
            try:
                await super().start()
            except Exception as error:
                refusals.append(f"{error} ({time.strftime('%H:%M:%S')})")
                self.status = import_or_tell("distributed").Status.failed  # otherwise its cluster would not close
                raise

    return Job
