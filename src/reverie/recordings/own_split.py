"""A split of our own for recordings that have none: movies to learn from, to validate on and to test on."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from reverie.foundation.causes import some
from reverie.recordings.tiers import KNOWN_TIERS, SPONTANEOUS, TRAIN, UNUSED, understood

SHARE: Final = 0.1
"""The share of trials that validates, and the share that tests."""

MOVIE_TIERS: Final = frozenset(KNOWN_TIERS) - {UNUSED, SPONTANEOUS}
"""Tiers whose trials show a movie."""

TEST: Final = "test"
VALIDATION: Final = "validation"


@dataclass(frozen=True)
class OwnSplit:
    """The tier of each trial."""

    tiers: dict[str, str]

    def described(self, animal: str, words: Iterable[str]) -> str:
        """Say what was done, and that the recording's own words did not help."""
        found = ", ".join(repr(word) for word in words)
        why = f"has tiers of unknown meaning ({found})" if found else "names no tiers"
        counts = {tier: list(self.tiers.values()).count(tier) for tier in (TRAIN, VALIDATION, TEST)}
        shares = ", ".join(f"{count} {tier}" for tier, count in counts.items())
        return f"{animal} {why}, so that its trials are divided by movie: {shares}."


def own_tiers(clips: Mapping[str, str]) -> OwnSplit:
    """Divide trials such that all showings of a movie fall into one tier.

    Movies are ordered by a hash of what stands for them, so that animals that saw the same movies get the same split.
    The first tenth of the trials (at least one movie, where there are three) tests, the next validates. Near-duplicates
    of held-out movies are left out of training later, see ``splits``.

    Parameters
    ----------
    clips
        What each trial showed, by trial name.
    """
    showings: dict[str, list[str]] = {}
    for name, clip in clips.items():
        showings.setdefault(clip, []).append(name)
    order = sorted(showings, key=lambda clip: hashlib.sha256(clip.encode()).digest())
    tiers = dict.fromkeys(clips, TRAIN)
    if len(order) < 3:
        return OwnSplit(tiers)
    for tier in (TEST, VALIDATION):
        taken = 0
        while taken < max(1, round(SHARE * len(clips))) and len(order) > 1:
            names = showings[order.pop(0)]
            tiers |= dict.fromkeys(names, tier)
            taken += len(names)
    return OwnSplit(tiers)


def settled_tiers(
    animal: str,
    words: Mapping[str, str],
    trials: Iterable[str],
    shown: AbstractSet[str],
    clip_of: Callable[[str], str | None],
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the tier of each trial by its recording's words, or by a split of our own; and what was done.

    Parameters
    ----------
    animal
        The animal's name, for the sentences.
    words
        The recording's own word for the tier of a trial.
    trials
        The trials that can be used, in recorded order.
    shown
        Those of them that show a movie.
    clip_of
        What stands for the movie of a trial, None where it cannot be read; asked only where a split of our own is
        needed.
    """
    names = list(trials)
    notes: tuple[str, ...] = ()
    known = {name: understood(word) for name, word in words.items()}
    used = [name for name in names if name in shown and known.get(name) != UNUSED]
    if used and not {known.get(name) for name in used} & (set(KNOWN_TIERS) - {UNUSED}):
        own = own_tiers({name: clip for name in used if (clip := clip_of(name)) is not None})
        notes = (own.described(animal, dict.fromkeys(known.values())),)
        known |= own.tiers
    lacking = [name for name in names if name not in shown and known.get(name) in MOVIE_TIERS]
    if lacking:
        notes = (
            *notes,
            f"{animal}: trials of a tier that shows movies have none, and count as {SPONTANEOUS} ({some(lacking)}); if "
            "their files were lost, copy them again.",
        )
    return {name: known.get(name, UNUSED) if name in shown else SPONTANEOUS for name in names}, notes
