"""What the parts of a recording's own split are called, and what other words for them are understood."""

from typing import Final

TRAIN: Final = "train"
UNUSED: Final = "none"

SPONTANEOUS: Final = "spontaneous"
"""Trials that show no movie: darkness, a grey screen, sleep. Nothing learns from them; they can be reconstructed."""

VALIDATION_TIERS: Final = ("oracle", "validation", "val")
"""Tiers whose responses are for choosing models; the Sensorium releases have ``oracle`` or ``validation``."""

TEST_TIERS: Final = ("live_test_main", "live_test_bonus", "final_test_main", "final_test_bonus", "test", "final_test")
"""Tiers that nothing is chosen on; their responses may be missing."""

KNOWN_TIERS: Final = (TRAIN, *VALIDATION_TIERS, *TEST_TIERS, SPONTANEOUS, UNUSED)

FOLDED_TIERS: Final = (TRAIN, "oracle")
"""Tiers the published folds divide: those of the five reconstructed animals that came with responses."""

FOLDS: Final = 7
"""How many folds the release makes."""

SYNONYMS: Final = {
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


def understood(word: str) -> str:
    """Return the tier that a word means: capitals, spaces and common other words are understood, the rest is kept.

    >>> understood(" Train "), understood("Validation"), understood("live test main"), understood("habituation")
    ('train', 'validation', 'live_test_main', 'habituation')
    """
    plain = word.strip().casefold().replace(" ", "_").replace("-", "_")
    return SYNONYMS.get(plain, plain)
