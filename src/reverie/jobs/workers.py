"""Doing tasks in this process, or in the processes of an engine."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

from reverie.foundation.progress import labelled_bar
from reverie.jobs.engines.contract import FATAL, Engine, Opening, Outcome, raise_all
from reverie.jobs.engines.here import processes_here
from reverie.jobs.engines.settings import HERE, On

Task = TypeVar("Task")
Result = TypeVar("Result")
Context = TypeVar("Context")


@dataclass(frozen=True)
class Workers(Generic[Context]):
    """Whoever does tasks: this process, or those of an engine. context: what the tasks are done with, here."""

    context: Context
    engine: Engine | None = None

    def run(
        self,
        work: Callable[[Context, Task], Result],
        tasks: Sequence[Task],
        description: str,
        names: Sequence[str] | None = None,
    ) -> list[Result]:
        """Do all tasks and return their results in order, showing how many are done and how long the rest will take.

        work: a function of a module, so that other processes find it. names: what the user calls each task.
        Raises, when all others are done, what a task raised; WorkerLost when its process was killed again and again.
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
        """Do all tasks, whatever becomes of the others, and return what became of each, in order.

        on_outcome: called here with each outcome when it is there.
        Raises what no other task could be done after either: NoSpace, OutOfTime.
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
def open_workers(context: Context, reopen: Callable[[], Context], on: On, usual: int = 1) -> Iterator[Workers[Context]]:
    """Yield the workers that are asked for; with one here, tasks are done in this process.

    reopen: opens the context anew in another process; it must be picklable. usual: how many there are here where no
    number is given. The processes end with the block, and with this process, however it ends.
    """
    if on.on == HERE and (on.jobs or usual) <= 1:
        yield Workers(context)
    elif on.on == HERE:
        with processes_here(Opening(reopen), on.jobs or usual) as here:
            yield Workers(context, here)
    else:
        # Only now: few need it, and it takes a second to import.
        from reverie.jobs.engines.dask import processes_elsewhere

        with processes_elsewhere(Opening(reopen), on) as elsewhere:
            yield Workers(context, elsewhere)
