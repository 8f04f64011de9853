"""How trials are divided: tiers and their names, published folds, and our own split where a recording has none."""

import hashlib
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet

import imagehash
import numpy as np
from PIL import Image

from reverie.foundation.arrays import Movie
from reverie.foundation.errors import some

TRAIN = "train"
UNUSED = "none"

SPONTANEOUS = "spontaneous"
"""Trials that show no movie: darkness, a grey screen, sleep. Nothing learns from them; they can be reconstructed."""

VALIDATION_TIERS = ("oracle", "validation", "val")
"""Tiers for choosing models; the Sensorium releases have ``oracle`` or ``validation``."""

TEST_TIERS = ("live_test_main", "live_test_bonus", "final_test_main", "final_test_bonus", "test", "final_test")
"""Tiers that are never used to choose anything; their responses may be missing."""

KNOWN_TIERS = (TRAIN, *VALIDATION_TIERS, *TEST_TIERS, SPONTANEOUS, UNUSED)

FOLDED_TIERS = (TRAIN, "oracle")
"""Tiers that the published folds divide: those whose responses were released for the five reconstructed animals."""

FOLDS = 7
"""Number of folds in the release."""

SYNONYMS = {
    "training": TRAIN,
    "valid": "validation",
    "validate": "validation",
    "dev": "validation",
    "testing": "test",
    "held_out": "test",
    "heldout": "test",
    "unused": UNUSED,
    "excluded": UNUSED,
    "": UNUSED,
    "nan": UNUSED,
}

HASHED_FRAMES = 5
"""Number of frames of a movie that the release hashes."""

HELD_OUT_SHARE = 0.1
"""The share of trials that validates, and the share that tests."""

MOVIE_TIERS = frozenset(KNOWN_TIERS) - {UNUSED, SPONTANEOUS}
"""Tiers whose trials show a movie."""

TEST = "test"
VALIDATION = "validation"

MEANINGS = {TEST: TEST_TIERS, VALIDATION: VALIDATION_TIERS}
"""Words for a tier of any recording, whatever its own name."""


def meant_tier(word: str, tiers: Mapping[str, str], recorded: Iterable[str]) -> str:
    """Return the tier a word means: ``test`` and ``validation`` mean the first tier of that kind with responses.

    Where a recording has a tier of that very name, they mean this one.

    Parameters
    ----------
    word
        What was asked for.
    tiers
        The tier of each trial.
    recorded
        The trials with responses.

    Examples
    --------
    >>> meant_tier("test", {"0": "train", "1": "live_test_main"}, ["0", "1"])
    'live_test_main'
    """
    if word in tiers.values():
        return word
    answered = {tiers[name] for name in recorded if name in tiers}
    return next((tier for tier in MEANINGS.get(word, ()) if tier in answered), word)


def standard_tier(word: str) -> str:
    """Return the tier that a word means: capitals, spaces and common other words are understood, the rest is kept.

    >>> [standard_tier(word) for word in (" Train ", "Validation", "live test main", "testset", "habituation")]
    ['train', 'validation', 'live_test_main', 'test', 'habituation']
    """
    plain = word.strip().casefold().replace(" ", "_").replace("-", "_").removesuffix("set").rstrip("_")
    return SYNONYMS.get(plain, plain)


def perceptual_hash(movie: Movie) -> int:
    """Return the 64-bit hash of a movie: the perceptual hashes of five evenly placed frames, XOR-ed.

    The frames are the middles of the first five stretches of ``time // 5`` frames; a movie of fewer than five frames is
    hashed whole. Source: the folds of the released encoder (DwiseNeuro), which Bauer et al. 2026 train on; equal to its
    values.

    Parameters
    ----------
    movie
        (time, height, width), grey levels 0-255, truncated to integers as in the release.

    Examples
    --------
    >>> perceptual_hash(np.full((10, 36, 64), 127.5, dtype=np.float32))
    9223372036854775808
    """
    stride = max(movie.shape[0] // HASHED_FRAMES, 1)
    frames = movie[stride // 2 :: stride][:HASHED_FRAMES]
    pictures = np.clip(frames, 0, 255).astype(np.uint8)
    combined = 0
    for picture in pictures:
        combined ^= int(str(imagehash.phash(Image.fromarray(picture))), 16)
    return combined


def split_by_movie(clips: Mapping[str, str]) -> dict[str, str]:
    """Divide trials so that all repeats of a movie fall into one tier; return the tier of each.

    Movies are ordered by a hash of their identity, so that animals that saw the same movies get the same split. The
    first tenth of the trials (at least one movie, where there are three) tests, the next validates. Near-duplicates of
    held-out movies are left out of training later, see ``splits``.

    Parameters
    ----------
    clips
        Identity of the movie that each trial showed, by trial name.
    """
    showings: dict[str, list[str]] = {}
    for name, clip in clips.items():
        showings.setdefault(clip, []).append(name)
    order = sorted(showings, key=lambda clip: hashlib.sha256(clip.encode()).digest())
    tiers = dict.fromkeys(clips, TRAIN)
    if len(order) < 3:
        return tiers
    for tier in (TEST, VALIDATION):
        taken = 0
        while taken < max(1, round(HELD_OUT_SHARE * len(clips))) and len(order) > 1:
            names = showings[order.pop(0)]
            tiers |= dict.fromkeys(names, tier)
            taken += len(names)
    return tiers


def _own_split_note(animal: str, words: Iterable[str], tiers: Mapping[str, str]) -> str:
    """Return a sentence on a split of our own, and on the recording's own words that were not understood."""
    found = ", ".join(repr(word) for word in words)
    why = f"has tiers of unknown meaning ({found})" if found else "names no tiers"
    shares = ", ".join(f"{[*tiers.values()].count(tier)} {tier}" for tier in (TRAIN, VALIDATION, TEST))
    return f"{animal} {why}, so that its trials are divided by movie: {shares}."


def trials_to_divide(words: Mapping[str, str], trials: Iterable[str], shown: AbstractSet[str]) -> list[str]:
    """Return the trials that a split of our own divides: none where the recording's words name a known tier.

    Parameters
    ----------
    words
        The recording's own word for the tier of a trial.
    trials
        The trials that can be used.
    shown
        Those of them that show a movie.

    Examples
    --------
    >>> trials_to_divide({"0": "day 1", "1": "unused"}, ["0", "1", "2"], {"0", "1", "2"})
    ['0', '2']
    """
    known = {name: standard_tier(word) for name, word in words.items()}
    used = [name for name in trials if name in shown and known.get(name) != UNUSED]
    told = {known.get(name) for name in used} & (set(KNOWN_TIERS) - {UNUSED})
    return [] if told else used


def tiers_and_notes(
    animal: str, words: Mapping[str, str], trials: Iterable[str], shown: AbstractSet[str], clips: Mapping[str, str]
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
    clips
        Identity of the movie of each trial ``trials_to_divide`` that can be read.
    """
    names = list(trials)
    notes: tuple[str, ...] = ()
    known = {name: standard_tier(word) for name, word in words.items()}
    if trials_to_divide(words, names, shown):
        own = split_by_movie(clips)
        notes = (_own_split_note(animal, dict.fromkeys(known.values()), own),)
        known |= own
    elif untold := [name for name in names if name in shown and name not in known]:
        notes = (f"{animal}: trials without a tier, which others have, are not used ({some(untold)}).",)
    lacking = [name for name in names if name not in shown and known.get(name) in MOVIE_TIERS]
    if lacking:
        notes = (
            *notes,
            f"{animal}: trials of a tier that shows movies have none, and count as {SPONTANEOUS} ({some(lacking)}); if "
            "their files were lost, copy them again.",
        )
    return {name: known.get(name, UNUSED) if name in shown else SPONTANEOUS for name in names}, notes
