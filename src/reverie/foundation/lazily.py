"""Sequences of things that are too large to be held all at once."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Generic, TypeVar, overload

Place = TypeVar("Place")
Thing = TypeVar("Thing")

if TYPE_CHECKING:

    class Things(Sequence[Thing], Generic[Place, Thing]):
        """What a sequence of things is to the type checker."""

else:
    # Runtime type checks of a Sequence[Thing] look at a random item, which here would be read from the disk.
    class Things(Sequence, Generic[Place, Thing]):
        """What a sequence of things is when it runs."""


class Lazily(Things[Place, Thing]):
    """Things that are read from their places whenever they are asked for, and never kept; slices read nothing.

    >>> squares = Lazily(lambda number: number**2, [1, 2, 3])
    >>> squares[1], list(squares[1:]), len(squares)
    (4, [4, 9], 3)
    """

    def __init__(self, read: Callable[[Place], Thing], places: Sequence[Place]) -> None:
        self.read = read
        self.places = places

    def __len__(self) -> int:
        """Count them."""
        return len(self.places)

    @overload
    def __getitem__(self, index: int) -> Thing: ...

    @overload
    def __getitem__(self, index: slice) -> "Lazily[Place, Thing]": ...

    def __getitem__(self, index: int | slice) -> "Thing | Lazily[Place, Thing]":
        """Read one, or choose several without reading them."""
        if isinstance(index, slice):
            return Lazily(self.read, self.places[index])
        return self.read(self.places[index])
