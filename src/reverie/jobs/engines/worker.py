"""What runs in a worker process: it opens what tasks are done with once, then does one task at a time."""

import threading
from collections.abc import Callable
from typing import Any

from reverie.foundation.devices import prepare_threads
from reverie.jobs.engines.contract import Opening

_OPENED: dict[str, Any] = {}
"""What the tasks of this process are done with, by the token of its opening; only the last one is kept."""

_ALONE = threading.Lock()
"""A process of somebody else's cluster may have several threads; what is opened is made for one."""


def do_task(opening: Opening, work: Callable[[Any, Any], Any], task: object) -> object:
    """Do one task with what this process opened, or opens now."""
    with _ALONE:
        if opening.token not in _OPENED:
            _OPENED.clear()
            prepare_threads()
            _OPENED[opening.token] = opening.reopen()
        return work(_OPENED[opening.token], task)
