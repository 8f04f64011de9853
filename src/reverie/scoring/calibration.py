"""How often intervals contain the truth, and how to scale them so that they contain it as often as they should."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from reverie.foundation.arrays import Movie
from reverie.foundation.errors import NotApplicable, ReverieError, reading_kept
from reverie.scoring.correlation import Region

LEVELS = (0.5, 0.8, 0.95)
"""How often intervals are to hold the truth."""

ONE_DEVIATION = 0.6827
"""How often a normal variable lies within one standard deviation of its mean."""

FEWEST_CLIPS = 2
"""Fewest clips with which a calibration can be learned on some and tested on another."""

LEAST_STD = 1e-3
"""Smallest standard deviation, grey levels; smaller ones are replaced by it."""

Errors = Float[np.ndarray, " error"]
"""Absolute errors of scored pixels and frames, in units of the standard deviation there."""

HalfWidths = Float[np.ndarray, " level"]
"""Half the width of the interval of each level, in units of a standard deviation."""


@dataclass(frozen=True)
class Calibration:
    """How to scale a standard deviation and how wide its intervals must be, learned on clips whose movies are known.

    Sources: Vovk, Gammerman & Shafer, Algorithmic Learning in a Random World, 2005 (split conformal prediction); Dunn,
    Wasserman & Ramdas, Distribution-free prediction sets for two-layer hierarchical models, 2023 (clips as groups).
    """

    factor: float
    """Factor that the standard deviation is multiplied by, so that 68 % of the true pixels lie within one."""
    half_widths: HalfWidths
    """Half the width of the intervals of ``LEVELS`` in units of the multiplied standard deviation; a normal error would
    have 0.67, 1.28, 1.96."""
    coverage: HalfWidths
    """How often the truth lay inside each interval; every clip is tested with a calibration learned from the others."""
    uncalibrated: HalfWidths
    """Coverage without calibration: of intervals for normal errors with the original standard deviation."""
    clips: tuple[str, ...]
    """Names of the clips."""

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return the calibration as arrays, for an ``.npz`` file."""
        return {
            "factor": np.array(self.factor),
            "half_widths": self.half_widths,
            "coverage": self.coverage,
            "uncalibrated": self.uncalibrated,
            "clips": np.array(self.clips, dtype=np.str_),
        }

    @staticmethod
    def from_arrays(arrays: Mapping[str, np.ndarray]) -> "Calibration":
        """Return a calibration from the arrays of ``to_arrays``; raises ReverieError when something is missing."""
        with reading_kept("The calibration", "delete it to learn it again"):
            names = tuple(str(name) for name in arrays["clips"])
            half_widths, coverage, uncalibrated = (arrays[name] for name in ("half_widths", "coverage", "uncalibrated"))
            found = Calibration(float(arrays["factor"]), half_widths, coverage, uncalibrated, names)
        if not (0 < found.factor < np.inf and np.isfinite(found.half_widths).all()):
            raise ReverieError(
                "The calibration holds values that are not numbers above 0; delete it to learn it again."
            )
        return found


NORMAL_HALF_WIDTHS = np.array([0.6745, 1.2816, 1.9600])
"""Half the width of the intervals of ``LEVELS`` for a normal error, in standard deviations."""


def standard_errors(found: Movie, truth: Movie, std: Movie, region: Region) -> Errors:
    """Return the absolute errors of a movie at all frames and the region's pixels, in standard deviations.

    Parameters
    ----------
    found, truth, std
        (time, height, width), grey levels.
    """
    distance = np.abs(found - truth)[:, region] / np.maximum(std[:, region], LEAST_STD)
    return np.asarray(distance.ravel(), dtype=np.float64)


def coverage(errors: Errors, half_widths: HalfWidths) -> HalfWidths:
    """Return the share of the errors that lies within each half-width.

    >>> coverage(np.array([0.1, 0.4, 0.9, 3.0]), np.array([0.5, 1.0])).tolist()
    [0.5, 0.75]
    """
    return np.asarray((errors[:, None] <= half_widths).mean(axis=0))


def calibrate(errors: Mapping[str, Errors]) -> Calibration:
    """Learn a calibration from the standard errors of clips, by name; each clip counts as much as its errors.

    Half-widths are a little wider than the level requires on the given clips, since few clips say little about the next
    one: they are those for n + 1 clips, one of which no interval holds. Fewer than 19 clips cannot guarantee 95 %.

    Raises ReverieError when there are fewer than two clips.
    """
    if len(errors) < FEWEST_CLIPS:
        raise NotApplicable(f"Intervals are calibrated on at least {FEWEST_CLIPS} clips, but there are {len(errors)}.")
    clips = list(errors.values())
    held = [coverage(clip, _promising([*clips[:place], *clips[place + 1 :]])) for place, clip in enumerate(clips)]
    factor = max(float(np.quantile(np.concatenate(clips), ONE_DEVIATION)), LEAST_STD)
    return Calibration(
        factor,
        _promising(clips) / factor,
        np.mean(held, axis=0),
        np.mean([coverage(clip, NORMAL_HALF_WIDTHS) for clip in clips], axis=0),
        tuple(errors),
    )


def _promising(clips: Sequence[Errors]) -> HalfWidths:
    """Return half-widths that hold, on average, at least the share ``LEVELS`` of the errors of one more clip."""
    levels = np.minimum(np.asarray(LEVELS) * (len(clips) + 1) / len(clips), 1.0)
    return np.asarray(np.quantile(np.concatenate(clips), levels))
