"""Which pixels and which frames of a movie are scored: the one place that says so."""

import numpy as np

from reverie.foundation.arrays import Mask
from reverie.foundation.errors import ReverieError
from reverie.scoring.correlation import Region

TRAINING_THRESHOLD = 0.5
"""Transparency of the mask from which on a pixel is reconstructed (Bauer et al. 2026, Methods)."""

EVALUATION_THRESHOLD = 1.0
"""Transparency of the mask from which on a pixel is scored (Bauer et al. 2026, Methods)."""

SKIPPED_FRAMES = 30
"""Frames at the start of a movie that are not scored (Bauer et al. 2026, Methods)."""

WEAK_MASK = "The mask reaches 1 at no pixel, so that pixels from 0.5 on are scored; compare with no other run."
"""Warning to the reader where the published evaluation mask would be empty."""


def frames_to_skip(frames: int) -> int:
    """Return how many frames at the start of a clip are not scored: the paper's 30, or a fifth of a short clip.

    >>> frames_to_skip(300), frames_to_skip(60)
    (30, 12)
    """
    return min(SKIPPED_FRAMES, frames // 5)


def scored_frames(frames: int) -> slice:
    """Return the frames of a clip that are scored: those after the ones to skip."""
    return slice(frames_to_skip(frames), None)


def scoring_threshold(mask: Mask) -> float:
    """Return the transparency from which on pixels are scored: 1 as published, or 0.5 where the mask never reaches 1.

    >>> scoring_threshold(np.array([[0.2, 0.7]]))
    0.5
    """
    return EVALUATION_THRESHOLD if mask.max() >= EVALUATION_THRESHOLD else TRAINING_THRESHOLD


def scored_region(mask: Mask) -> Region:
    """Return the pixels that are scored, (height, width).

    Raises ReverieError when the mask does not even reach the training threshold.
    """
    return evaluation_region(mask, scoring_threshold(mask))


def evaluation_region(mask: Mask, threshold: float = EVALUATION_THRESHOLD) -> Region:
    """Return the pixels whose transparency reaches the threshold, (height, width).

    Raises ReverieError when there are none.
    """
    region = np.asarray(mask >= threshold)
    if not region.any():
        raise ReverieError(
            f"No pixel of the mask reaches a transparency of {threshold:g} (the highest is {np.max(mask):.2f}), so "
            "nothing can be scored; estimate the mask again, with an encoder that predicts this animal better."
        )
    return region
