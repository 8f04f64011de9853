"""The options that say where jobs are done, the same for every verb that has several."""

from typing import Annotated

from tyro.conf import OmitArgPrefixes, UseAppendAction

from reverie.jobs.engines.settings import On

Where = OmitArgPrefixes[Annotated[On, UseAppendAction]]
"""Their names stand alone, and what is a list is given by repeating the option."""


def told_script(on: On) -> bool:
    """Print the script that a batch system would get, where that is asked for; return whether it was."""
    if not on.dry_run:
        return False
    from reverie.jobs.engines.batch import job_script

    print(job_script(on), end="")
    return True
