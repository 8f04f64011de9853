"""Finding trials that overlap in time with another one."""

from collections.abc import Sequence
from dataclasses import dataclass

OVERLAP = 0.1
"""Largest overlap of what was shown with what came next, seconds: three dropped frames, or clocks that differ."""


@dataclass(frozen=True)
class Shown:
    """A movie, or a stretch without one, and when it was on the screen."""

    begin: float
    """In seconds."""
    end: float
    """In seconds."""
    clip: str | None
    """The name of the movie; None where nothing was shown."""


def overlapping(shown: Sequence[Shown]) -> dict[int, str]:
    """Return why some of the movies cannot be used, by their numbers in the list: another one was on at the same time.

    A stretch without a movie does not spoil the movie that was shown during it.

    >>> overlapping([Shown(0.0, 2.0, "a"), Shown(1.0, 3.0, "b"), Shown(3.0, 4.0, "c"), Shown(3.5, 6.0, None)])[3]
    'nothing was on from 3.5 s on, while c lasted until 4 s'
    """
    found: dict[int, str] = {}
    still_on: list[int] = []
    for number in sorted(range(len(shown)), key=lambda number: shown[number].begin):
        here = shown[number]
        still_on = [other for other in still_on if shown[other].end - here.begin > OVERLAP]
        for other in still_on:
            before = shown[other]
            if before.clip is None and here.clip is None:
                continue
            called = [one.clip or "nothing" for one in (here, before)]
            reason = f"{called[0]} was on from {here.begin:g} s on, while {called[1]} lasted until {before.end:g} s"
            for one, against in ((number, before), (other, here)):
                if against.clip is not None:
                    found.setdefault(one, reason)
        still_on.append(number)
    return found
