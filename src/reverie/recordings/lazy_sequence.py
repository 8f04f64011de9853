"""Large things, such as trials, of which each is read only when it is needed."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Generic, TypeVar, overload

Key = TypeVar("Key")
Item = TypeVar("Item")


if TYPE_CHECKING:

    class _SequenceOf(Sequence[Item], Generic[Key, Item]):
        """A sequence of items, for the type checker."""

else:
    # Runtime type checks of a Sequence[Item] look at a random item, which here would be read from the disk.
    class _SequenceOf(Sequence, Generic[Key, Item]):
        """A sequence of items, at run time."""


class LazySequence(_SequenceOf[Key, Item]):
    """Items that are read by their keys whenever they are needed, and never kept; slices read nothing.

    >>> squares = LazySequence(lambda number: number**2, [1, 2, 3])
    >>> squares[1], list(squares[1:]), len(squares)
    (4, [4, 9], 3)
    """

    def __init__(self, read: Callable[[Key], Item], keys: Sequence[Key]) -> None:
        self.read = read
        self.keys = keys

    def __len__(self) -> int:
        """Count them."""
        return len(self.keys)

    @overload
    def __getitem__(self, index: int) -> Item: ...

    @overload
    def __getitem__(self, index: slice) -> "LazySequence[Key, Item]": ...

    def __getitem__(self, index: int | slice) -> "Item | LazySequence[Key, Item]":
        """Read one, or choose several without reading them."""
        if isinstance(index, slice):
            return LazySequence(self.read, self.keys[index])
        return self.read(self.keys[index])
