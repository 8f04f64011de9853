"""Where the arrays of one animal lie in a folder of the Sensorium releases of 2023 and 2022."""

from pathlib import Path
from typing import Final

VIDEOS: Final = "data/videos"
"""``N.npy`` (height, width, time), grey levels 0-255."""

IMAGES: Final = "data/images"
"""``N.npy`` (channel, height, width), in the release of 2022."""

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
"""``<array>/all/<statistic>.npy`` for each array above and mean, std, median, min and max."""


def is_trial_file(name: str) -> bool:
    """Tell whether a file holds an array of a trial: it is named 0.npy, 1.npy and so on.

    >>> is_trial_file("12.npy"), is_trial_file("012.npy"), is_trial_file("notes.txt")
    (True, False, False)
    """
    stem = name.removesuffix(".npy")
    return stem != name and stem.isdecimal() and str(int(stem)) == stem


def statistic_path(folder: Path, array: str, name: str) -> Path:
    """Return where a statistic lies, such as ``meta/statistics/responses/all/mean.npy``."""
    return folder / STATISTICS / array / "all" / f"{name}.npy"
