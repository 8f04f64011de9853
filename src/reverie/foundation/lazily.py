"""Sequences of things that are too large to be held all at once."""

from collections.abc import Callable, Sequence
from typing import TypeVar, overload

Place = TypeVar("Place")
Thing = TypeVar("Thing")


class Lazily(Sequence[Thing]):
    """A sequence whose members are made from ``places`` whenever they are asked for, and not kept.

    >>> squares = Lazily(lambda number: number**2, [1, 2, 3])
    >>> squares[1], list(squares), len(squares)
    (4, [1, 4, 9], 3)
    """

    def __init__(self, make: Callable[[Place], Thing], places: Sequence[Place]) -> None:
        self._make: Callable[[int], Thing] = lambda number: make(places[number])
        self._count = range(len(places))

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._count)

    @overload
    def __getitem__(self, number: int) -> Thing: ...
    @overload
    def __getitem__(self, number: slice) -> "Lazily[Thing]": ...
    def __getitem__(self, number: int | slice) -> "Thing | Lazily[Thing]":
        """Make one of them, or return some of them, unmade."""
        chosen = self._count[number]
        return Lazily(self._make, chosen) if isinstance(chosen, range) else self._make(chosen)
