"""The interface of engines: tasks in, outcomes out, in any order; a failed task does not stop the others."""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable
from uuid import uuid4

from reverie.foundation.errors import NoSpace, OutOfTime, ReverieError, WorkerLost, counted, some

TRIES = 3
"""Number of times that a task is started before it is given up because its process was killed each time."""

FATAL = (NoSpace, OutOfTime)
"""Errors after which no other task can be done either."""

LISTED_REASONS = 5
"""Largest number of reasons that are listed, each on a line."""

STOP_AT = "REVERIE_STOP_AT"
"""Environment variable: seconds since 1970 after which a job stops at its next snapshot."""


@dataclass(frozen=True)
class Opening:
    """How a process opens the context of all tasks, such as recordings and encoders."""

    reopen: Callable[[], Any]
    """Returns the context; it is sent to processes, so it must pickle."""
    token: str = field(default_factory=lambda: uuid4().hex)
    """Identifies this opening, so that a long-lived process does not confuse it with an earlier one."""


@dataclass(frozen=True)
class Outcome:
    """The outcome of a task, by its number in the list: a result, or the error it ended with."""

    number: int
    result: Any = None
    error: Exception | None = None


@runtime_checkable
class Engine(Protocol):
    """Processes that do tasks and share only files with this one."""

    def do(self, work: Callable[[Any, Any], Any], tasks: Sequence[Any], names: Sequence[str]) -> Iterator[Outcome]:
        """Begin tasks in their order and yield each outcome as soon as it is known.

        A task whose process is killed is started again, at most ``TRIES`` times in all. Tasks that remain when the
        iterator is closed are not done.

        Parameters
        ----------
        work
            A module-level function, so that other processes can import it, called with the opened context and a task.
        tasks
            Plain data.
        names
            Names of the tasks for messages.
        """


def worker_lost(name: str) -> WorkerLost:
    """Return the error of a task that lost its process too often."""
    return WorkerLost(
        f"A worker process was killed {TRIES} times over {name}, probably because memory or time ran out; give the "
        "same command again with fewer --jobs, more --memory or a longer --walltime."
    )


@contextmanager
def collecting_errors(failed: dict[str, Exception], name: str) -> Iterator[None]:
    """Store an error of the block under a name and continue, unless it prevents all other tasks too."""
    try:
        yield
    except FATAL:
        raise
    except Exception as error:
        failed[name] = error


def raise_all(failed: Mapping[str, Exception]) -> None:
    """Raise the failures, if any: a defect of the program or a single reason as it is, several reasons as one error."""
    reasons: dict[str, list[str]] = {}
    for name, error in failed.items():
        if not isinstance(error, ReverieError):
            raise error
        reasons.setdefault(str(error), []).append(name)
    if not failed:
        return
    first, kinds = next(iter(failed.values())), {type(error) for error in failed.values()}
    if len(reasons) == 1:
        raise first
    lines = [f"  {some(names)}: {reason}" for reason, names in reasons.items()]
    more = [f"  and {counted(len(lines) - LISTED_REASONS, 'more reason')}"] if len(lines) > LISTED_REASONS else []
    kind = kinds.pop() if len(kinds) == 1 else ReverieError
    raise kind(f"{len(failed)} jobs failed, all others are done:", *lines[:LISTED_REASONS], *more) from first


def out_of_time() -> bool:
    """Return whether this process should stop."""
    at = os.environ.get(STOP_AT, "")
    return at.isdecimal() and time.time() >= int(at)


def out_of_time_error() -> OutOfTime:
    """Return the error of a job that stops because its process has run out of time; its snapshot is kept."""
    return OutOfTime("The time of this process is over; give the same command again to resume where it stopped.")
