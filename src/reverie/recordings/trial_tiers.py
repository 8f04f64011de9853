"""The tier of each trial of a recording, and the fold of its movie, found when they are first needed."""

from collections.abc import Mapping
from functools import cached_property

from reverie.foundation.errors import ReverieError
from reverie.recordings.source import Source
from reverie.recordings.tiers import (
    FOLDED_TIERS,
    FOLDS,
    KNOWN_TIERS,
    meant_tier,
    perceptual_hash,
    tiers_and_notes,
    trials_to_divide,
)
from reverie.recordings.trial import TrialArrays


class TrialTiers:
    """What each trial is for: the recording's own split, or, where it has none that is known, one by movie.

    Parameters
    ----------
    source
        The recording as a reader of its format returns it.
    arrays
        The arrays of its trials, of which movies are read where they decide.
    """

    def __init__(self, source: Source, arrays: TrialArrays) -> None:
        self.source = source
        self.arrays = arrays
        self._hashes: dict[str, int] = {}

    @property
    def opened(self) -> Mapping[str, str]:
        """The tier of each trial, including those that proved broken only when they were read."""
        return self._found[0]

    @property
    def usable(self) -> dict[str, str]:
        """The tier of each trial that can be used, in recorded order."""
        return {name: tier for name, tier in self.opened.items() if name in self.arrays.usable.spans}

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences on what was done where the recording does not say each trial's tier."""
        return self._found[1]

    def fold(self, name: str) -> int:
        """Return the published fold of a trial's movie, 0 to 6."""
        return self._hash(name) % FOLDS

    def names(self, split: str) -> tuple[str, ...]:
        """Return the names of the trials of a tier, or of ``fold_0`` to ``fold_6``, in recorded order.

        ``test`` and ``validation`` mean a recording's own tier of that kind (see ``meant_tier``). A tier that a
        recording itself calls like a fold is meant before the fold. Raises ReverieError when the split is neither a
        fold, nor a tier of the releases or of this recording.
        """
        tiers = self.usable
        if split in {f"fold_{fold}" for fold in range(FOLDS)} - {*tiers.values()}:
            folded = (name for name, tier in tiers.items() if tier in FOLDED_TIERS)
            return tuple(name for name in folded if split == f"fold_{self.fold(name)}")
        split = meant_tier(split, tiers, self.arrays.usable.recorded)
        if split not in tiers.values() and split not in KNOWN_TIERS:
            present = ", ".join(dict.fromkeys(tiers.values()))
            raise ReverieError(
                f"{self.source.name} has no trials of {split!r}; choose a tier ({present}) or a fold (fold_0 to "
                f"fold_{FOLDS - 1})."
            )
        return tuple(name for name, tier in tiers.items() if tier == split)

    @cached_property
    def _found(self) -> tuple[dict[str, str], tuple[str, ...]]:
        usable = self.arrays.usable
        words, names = self.source.tiers(), [*usable.spans]
        # The movies of recordings that name no tiers are read to tell which are the same.
        clips = {name: self._clip(name) for name in trials_to_divide(words, names, usable.shown)}
        readable = {name: clip for name, clip in clips.items() if clip is not None}
        tiers, notes = tiers_and_notes(self.source.name, words, names, usable.shown, readable)
        return {name: tier for name, tier in tiers.items() if name in usable.spans}, notes

    def _clip(self, name: str) -> str | None:
        """Return an identity of a trial's movie: the file's own name for it, or its perceptual hash.

        None for a trial whose movie cannot be read, which is then left out.
        """
        with self.arrays.usable.leaving_out(name, f"Trial {name} of {self.source.place}"):
            return self.source.clip(name) or f"{self._hash(name):016x}"
        return None

    def _hash(self, name: str) -> int:
        if name not in self._hashes:
            self._hashes[name] = perceptual_hash(self.arrays.movie(name))
        return self._hashes[name]
