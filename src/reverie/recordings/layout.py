"""Where the arrays of one animal lie in a Sensorium 2023 folder, and what the parts of its own split are called."""

from typing import Final

VIDEOS: Final = "data/videos"
"""``N.npy`` (height, width, time), grey levels 0-255."""

RESPONSES: Final = "data/responses"
"""``N.npy`` (neuron, time); may be missing for trials of the test tiers."""

BEHAVIOR: Final = "data/behavior"
"""``N.npy`` (2, time): pupil dilation, running speed."""

PUPIL_CENTER: Final = "data/pupil_center"
"""``N.npy`` (2, time): x, y."""

TIERS: Final = "meta/trials/tiers.npy"
"""(trial,) strings: the tier of trial N at place N."""

UNIT_IDS: Final = "meta/neurons/unit_ids.npy"
"""(neuron,) whole numbers."""

COORDINATES: Final = "meta/neurons/cell_motor_coordinates.npy"
"""(neuron, 3): where the cell bodies lie, in micrometres."""

STATISTICS: Final = "meta/statistics"
"""``<array>/all/<statistic>.npy`` for the arrays and statistics below."""

STATISTIC_ARRAYS: Final = ("videos", "responses", "behavior", "pupil_center")
STATISTIC_NAMES: Final = ("mean", "std", "median", "min", "max")

TRAIN: Final = "train"
UNUSED: Final = "none"

VALIDATION_TIERS: Final = ("oracle", "validation", "val")
"""Tiers whose responses are for choosing models; the release has ``oracle``."""

TEST_TIERS: Final = ("live_test_main", "live_test_bonus", "final_test_main", "final_test_bonus")
"""Tiers of the competition's hidden test; their responses may be missing."""

KNOWN_TIERS: Final = (TRAIN, *VALIDATION_TIERS, *TEST_TIERS, UNUSED)

FOLDED_TIERS: Final = (TRAIN, "oracle")
"""Tiers the published folds divide: those of the five reconstructed animals that came with responses."""

FOLDS: Final = 7
"""How many folds the release makes."""


def is_trial_file(name: str) -> bool:
    """Tell whether a file holds an array of a trial: it is named 0.npy, 1.npy and so on.

    >>> is_trial_file("12.npy"), is_trial_file("012.npy"), is_trial_file("notes.txt")
    (True, False, False)
    """
    stem = name.removesuffix(".npy")
    return stem != name and stem.isdecimal() and str(int(stem)) == stem
