"""Progress: what is being done, how much of it, how long it will take; a bar on a terminal, lines in a log file."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from reverie.foundation.errors import ReverieError

Item = TypeVar("Item")

LOG_INTERVAL = 30.0
"""Seconds between two lines of progress where there is no terminal for a bar."""

console = Console(stderr=True, highlight=False)
"""Where progress and notes go: standard error, so that standard output stays clean for results."""


def say(sentence: str) -> None:
    """Print a message to the user without disturbing progress bars."""
    console.print(sentence, markup=False, soft_wrap=True)


@contextmanager
def quietly() -> Iterator[None]:
    """Print neither messages nor progress while the block lasts, such as what another process has said already."""
    before, console.quiet = console.quiet, True
    try:
        yield
    finally:
        console.quiet = before


def say_broken(broken: Sequence[ReverieError], kept: Sized, what: str) -> None:
    """Print what is wrong with members that are left out; raises the first of these errors when none is kept.

    Parameters
    ----------
    what
        Begins each sentence, such as "Left out".
    """
    if broken and not kept:
        raise broken[0]
    for problem in broken:
        say(f"{what}: {problem}")


@contextmanager
def bar(description: str, total: int, *, done: int = 0) -> Iterator[Callable[[], None]]:
    """Show the progress of a piece of work; yields a function to call after each of its ``total`` steps.

    ``done`` steps were finished before, by a run that was interrupted.
    """
    if console.is_terminal:
        with _drawn_bar() as progress:
            task = progress.add_task(description, total=total, completed=done)
            yield lambda: progress.advance(task)
    else:
        yield _logged_bar(description, total, done)


@contextmanager
def labelled_bar(label: str, total: int, *, done: int = 0) -> Iterator[Callable[[], None]]:
    """Show a bar if there is a label; without one show nothing, because the caller shows the progress."""
    if not label:
        yield lambda: None
        return
    with bar(label, total, done=done) as advance:
        yield advance


def tracked(items: Iterable[Item], total: int, description: str, *, done: int = 0) -> Iterator[Item]:
    """Yield the items while showing how many of ``total`` are done.

    >>> list(tracked("ab", 2, "letters"))
    ['a', 'b']
    """
    with bar(description, total, done=done) as advance:
        for item in items:
            yield item
            advance()


def _drawn_bar() -> Progress:
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=console)


def _logged_bar(description: str, total: int, done: int) -> Callable[[], None]:
    start = last = time.monotonic()
    count = done

    def advance() -> None:
        nonlocal count, last
        count += 1
        now = time.monotonic()
        if now - last >= LOG_INTERVAL:
            last = now
            left = (now - start) / (count - done) * (total - count)
            say(f"{description}: {count}/{total}, {left / 60:.1f} min left")

    return advance
