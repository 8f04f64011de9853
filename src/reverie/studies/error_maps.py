"""The error map of one clip, tested against those of null trials, and what it is like."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from reverie.foundation.arrays import Mask, Movie
from reverie.scoring.correlation import Region
from reverie.scoring.deviations import Deviations, find_deviations
from reverie.scoring.error_statistics import describe_error, error_profiles
from reverie.scoring.rule import frames_to_skip, scored_region


@dataclass(frozen=True)
class ErrorMap:
    """One clip; all movies (time, height, width) without the first frames, which are not scored.

    error: reconstruction from recorded responses minus that from predicted ones. nulls: the same of null trials.
    """

    name: str
    truth: Movie
    recorded: Movie
    predicted: Movie
    nulls: Sequence[Movie]
    mask: Mask
    region: Region
    test: Deviations

    @property
    def error(self) -> Movie:
        """What the activity says beyond the encoder, in grey levels."""
        return np.asarray(self.recorded - self.predicted)

    def numbers(self) -> dict[str, str | float]:
        """Return the tests and the statistics of the map, and those of the null trials as null_…, by name."""
        own = describe_error(self.error, self.truth, self.region)
        nulls = pd.DataFrame([describe_error(each, self.truth, self.region) for each in self.nulls]).mean()
        return {
            "clip": self.name,
            "p_largest": self.test.p_value,
            "p_overall": self.test.overall_p_value,
            "largest": self.test.maximum,
            "threshold": self.test.threshold,
            "share_significant": float(self.test.significant[:, self.region].mean()),
            **own,
            **{f"null_{name}": float(nulls[name]) for name in own},
        }

    def profiles(self) -> pd.DataFrame:
        """Return the curves of the map and of all null trials: kind, along, place, value."""
        kinds = {"error maps": [self.error], "null trials": self.nulls}
        return pd.concat(
            [
                error_profiles(each, self.mask, self.region).assign(kind=kind)
                for kind, maps in kinds.items()
                for each in maps
            ]
        )


def make_error_map(
    name: str, truth: Movie, recorded: Movie, predicted: Movie, nulls: Sequence[Movie], mask: Mask, *, level: float
) -> ErrorMap:
    """Return the error map of one clip with its test; nulls are reconstructions of null trials.

    Raises ReverieError when there are too few null trials for the level.
    """
    skip, region = frames_to_skip(len(truth)), scored_region(mask)
    truth, recorded, predicted = truth[skip:], recorded[skip:], predicted[skip:]
    maps = [each[skip:] - predicted for each in nulls]
    test = find_deviations(recorded - predicted, maps, region, level=level)
    return ErrorMap(name, np.asarray(truth), recorded, predicted, maps, mask, region, test)


def mean_profiles(maps: Sequence[ErrorMap]) -> pd.DataFrame:
    """Return the curves averaged over clips, of the error maps and of the null trials."""
    curves = pd.concat([each.profiles() for each in maps])
    return curves.groupby(["kind", "along", "place"], sort=False)["value"].mean().reset_index()
