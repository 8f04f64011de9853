"""A sequence of trials that are read when they are asked for, never kept."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, overload

from reverie.recordings.trial import Trial

if TYPE_CHECKING:
    TrialSequence = Sequence[Trial]
else:
    # Runtime type checks of a Sequence[Trial] look at a random item, which here would read a trial from the disk.
    TrialSequence = Sequence


class LazyTrials(TrialSequence):
    """Trials of one recording by name, each read when it is asked for; slices read nothing."""

    def __init__(self, read: Callable[[str], Trial], names: tuple[str, ...]) -> None:
        self.read = read
        self.names = names

    def __len__(self) -> int:
        """Count the trials."""
        return len(self.names)

    @overload
    def __getitem__(self, index: int) -> Trial: ...

    @overload
    def __getitem__(self, index: slice) -> "LazyTrials": ...

    def __getitem__(self, index: int | slice) -> "Trial | LazyTrials":
        """Read one trial, or choose several without reading them."""
        if isinstance(index, slice):
            return LazyTrials(self.read, self.names[index])
        return self.read(self.names[index])
