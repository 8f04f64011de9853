"""Doing tasks in this process, or in the processes of an engine."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

from reverie.foundation.progress import labelled_bar
from reverie.jobs.engines.contract import FATAL, Engine, Opening, Outcome, raise_all
from reverie.jobs.engines.local import local_processes
from reverie.jobs.engines.settings import HERE, EngineOptions

Task = TypeVar("Task")
Result = TypeVar("Result")
Context = TypeVar("Context")


@dataclass(frozen=True)
class Workers(Generic[Context]):
    """The workers that do tasks: this process, or those of an engine."""

    context: Context
    """The tasks' context in this process."""
    engine: Engine | None = None

    def run(
        self,
        work: Callable[[Context, Task], Result],
        tasks: Sequence[Task],
        description: str,
        names: Sequence[str] | None = None,
    ) -> list[Result]:
        """Do all tasks and return their results in order, showing how many are done and the time left.

        Raises the error of a failed task after all others are done; WorkerLost when its process was killed repeatedly.

        Parameters
        ----------
        work
            A module-level function, so that other processes can import it.
        names
            The tasks' names for messages.
        """
        outcomes = self.attempt(work, tasks, description, names)
        raise_all({names[one.number] if names else str(one.number): one.error for one in outcomes if one.error})
        return [one.result for one in outcomes]

    def attempt(
        self,
        work: Callable[[Context, Task], Result],
        tasks: Sequence[Task],
        description: str,
        names: Sequence[str] | None = None,
        on_outcome: Callable[[Outcome], None] = lambda outcome: None,
    ) -> list[Outcome]:
        """Do all tasks, even where some fail, and return their outcomes in order.

        Raises errors that prevent all other tasks too: NoSpace, OutOfTime.

        Parameters
        ----------
        on_outcome
            Called in this process with each outcome as soon as it is known.
        """
        called = names or [f"{description} {number}" for number in range(len(tasks))]
        outcomes: dict[int, Outcome] = {}
        with labelled_bar(description if tasks else "", len(tasks)) as advance:
            for one in self._outcomes(work, tasks, called):
                if isinstance(one.error, FATAL):
                    raise one.error
                outcomes[one.number] = one
                on_outcome(one)
                advance()
        return [outcomes[number] for number in range(len(tasks))]

    def _outcomes(
        self, work: Callable[[Context, Task], Result], tasks: Sequence[Task], names: Sequence[str]
    ) -> Iterator[Outcome]:
        if self.engine is not None:
            yield from self.engine.do(work, tasks, names)
            return
        for number, task in enumerate(tasks):
            try:
                outcome = Outcome(number, work(self.context, task))
            except Exception as error:
                outcome = Outcome(number, error=error)
            yield outcome


@contextmanager
def open_workers(
    context: Context, reopen: Callable[[], Context], on: EngineOptions, default: int = 1
) -> Iterator[Workers[Context]]:
    """Yield the requested workers; where only one on this machine is wanted, it is this process itself.

    The processes end with the block, and with this process, however it ends.

    Parameters
    ----------
    reopen
        Opens the context in another process; it must be picklable.
    default
        The number of workers on this machine where the options name none.
    """
    if on.on == HERE and (on.jobs or default) <= 1:
        yield Workers(context)
    elif on.on == HERE:
        with local_processes(Opening(reopen), on.jobs or default) as engine:
            yield Workers(context, engine)
    else:
        # Imported only here, since few need it and it takes a second.
        from reverie.jobs.engines.dask import dask_workers

        with dask_workers(Opening(reopen), on) as engine:
            yield Workers(context, engine)
