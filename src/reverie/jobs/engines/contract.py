"""What an engine is: tasks in, what became of each out, in any order; one that fails keeps no other from being done."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, runtime_checkable
from uuid import uuid4

from reverie.foundation.errors import NoSpace, OutOfTime, WorkerLost

TRIES: Final = 3
"""How often a task may lose the process that does it before it is given up."""

FATAL: Final = (NoSpace, OutOfTime)
"""Errors after which no other task can be done either."""


@dataclass(frozen=True)
class Opening:
    """How a process opens what all tasks are done with (recordings, encoders). It travels, so it must be picklable.

    token: of this opening, so that a process which is there for longer does not take it for an earlier one.
    """

    reopen: Callable[[], Any]
    token: str = field(default_factory=lambda: uuid4().hex)


@dataclass(frozen=True)
class Outcome:
    """What became of a task, by its number in the list: a result, or the error it ended with."""

    number: int
    result: Any = None
    error: Exception | None = None


@runtime_checkable
class Engine(Protocol):
    """Processes that do tasks and share nothing with this one but files."""

    def do(self, work: Callable[[Any, Any], Any], tasks: Sequence[Any], names: Sequence[str]) -> Iterator[Outcome]:
        """Begin tasks in their order and yield each outcome when it is there.

        A task whose process is killed is begun again, at most ``TRIES`` times in all. Tasks that are left when the
        iterator is closed are not done.

        Parameters
        ----------
        work
            A function of a module, so that other processes find it: of what they opened and of a task.
        tasks
            Plain data.
        names
            What the user calls each task.
        """


def lost(name: str) -> WorkerLost:
    """Return the error of a task that lost its process too often."""
    return WorkerLost(
        f"A worker process was killed {TRIES} times over {name}, probably for want of memory or time; give the same "
        "command again with fewer --jobs, more --memory or a longer --walltime."
    )
