"""How far a combined movie may be off at each pixel and frame, learned from clips whose movies are known.

Four features predict how large errors are: the posterior's variance, the difference of the two movies that were
averaged, the contrast of the movie, and the distance of its grey levels from black and white. The logarithm of the
errors' variance is linear in the logarithms of the features. Source: Harvey, Estimating regression models with
multiplicative heteroscedasticity, Econometrica 44, 1976.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from math import gcd

import numpy as np
from jaxtyping import Bool, Float
from scipy.ndimage import gaussian_filter

from reverie.foundation.arrays import WHITE, Mask, Movie
from reverie.foundation.errors import ReverieError, reading_kept
from reverie.scoring.calibration import Calibration, Errors
from reverie.scoring.correlation import Region

PRIOR_SLOPES = np.array([1.0, 0.3, 0.3, 0.5])
"""Slopes of posterior, disagreement, contrast and midtones towards which fitted slopes are shrunk: round numbers near
those found on simulated animals of four kinds (docs/log/uncertainty.md)."""

SHRINKAGE_CLIPS = 3.0
"""Number of clips that these slopes count as in the fit."""

BLUR = (8 / 30, 4 / 36, 4 / 36)
"""Gaussian sigma, in seconds and heights of the frame, by which features are smoothed."""

DARKEST = 600.0
"""Smallest value of grey · (white − grey), squared grey levels, which black and white pixels are taken to have."""

PIXEL_STEP = 13
"""Only every thirteenth pixel of scored frames is used, since errors of neighbours are alike; or the next number with
which each frame contributes different pixels."""

STEPS = 30
"""Largest number of Newton steps; five or six are usually taken."""

LARGEST_NEWTON_STEP = 2.0
"""Largest change of a slope in one Newton step."""

Features = Float[np.ndarray, "feature time height width"]


def features_of(movie: Movie, apart: Movie, posterior: Mask, rate: float) -> Features:
    """Return the features that predict how large errors are, as logarithms.

    Parameters
    ----------
    movie
        The movie whose errors are predicted, (time, height, width), grey levels.
    apart
        The difference of the two movies whose mean it is, (time, height, width), grey levels.
    posterior
        Variance of movies drawn from the posterior at each pixel, (height, width), squared grey levels.
    rate
        Frames per second.
    """
    height = movie.shape[1]
    sigma = (BLUR[0] * rate, BLUR[1] * height, BLUR[2] * height)
    # A frame of a single row or column has no gradient across it.
    slopes = [np.gradient(movie, axis=axis) for axis in (1, 2) if movie.shape[axis] > 1]
    contrast = np.sum(np.square(slopes), axis=0) if slopes else np.zeros_like(movie)
    midtones = np.maximum(movie * (WHITE - movie), DARKEST)
    smooth = [gaussian_filter(each, sigma, mode="nearest") for each in (np.square(apart), contrast, midtones)]
    features = np.stack([np.broadcast_to(posterior, movie.shape), *smooth])
    return np.asarray(np.log(features + 1), dtype=np.float32)


@dataclass(frozen=True)
class ClipErrors:
    """A sample of the errors of one clip."""

    features: Float[np.ndarray, "feature error"]
    """(feature, error), see ``features_of``."""
    squares: Float[np.ndarray, " error"]
    """(error,), squared errors, grey levels²."""
    scored: Bool[np.ndarray, " error"]
    """(error,), whether the pixel lies inside the evaluation mask."""

    @staticmethod
    def of(features: Features, movie: Movie, truth: Movie, frames: slice, region: Region) -> "ClipErrors":
        """Sample the errors of a movie.

        Parameters
        ----------
        frames
            The scored ones.
        region
            The scored pixels, (height, width).
        """
        squares = np.square(movie[frames] - truth[frames], dtype=np.float64)
        counted = features[:, frames].reshape(len(features), -1)
        scored = np.broadcast_to(region, squares.shape)
        every = next(step for step in count(PIXEL_STEP) if gcd(step, region.size) == 1)
        # Copies, so that the whole clip is not kept for a part of it.
        return ClipErrors(*(each[..., ::every].copy() for each in (counted, squares.ravel(), scored.ravel())))

    @property
    def weights(self) -> Float[np.ndarray, " error"]:
        """Weight of each error (error,), of sum 1: one half for those inside the mask, one half for those outside."""
        shares = np.where(self.scored, 1 / max(self.scored.sum(), 1), 1 / max((~self.scored).sum(), 1))
        return np.asarray(shares / shares.sum())

    def standard(self, model: "ErrorModel") -> Errors:
        """Return the scored errors in standard deviations of a model."""
        scored = self.scored
        return np.asarray(np.sqrt(self.squares[scored]) / model.std(self.features[:, scored]), dtype=np.float64)


@dataclass(frozen=True)
class ErrorModel:
    """log variance = slopes · features + constant."""

    slopes: Float[np.ndarray, " feature"]
    """(feature,)."""
    constant: float
    lowest: Float[np.ndarray, " feature"]
    """(feature,), the first percentile of the features that were learned from; lower values are clipped to it."""
    highest: Float[np.ndarray, " feature"]
    """(feature,), the 99th percentile, likewise."""

    def std(self, features: Float[np.ndarray, "feature *rest"]) -> Float[np.ndarray, "*rest"]:
        """Return the standard deviation of the error, grey levels."""
        flat = features.reshape(len(features), -1)
        seen = np.clip(flat, self.lowest[:, None], self.highest[:, None])
        half = np.exp((self.slopes @ seen + self.constant) / 2)
        return np.asarray(half.reshape(features.shape[1:]), dtype=np.float32)


def fit_error_model(clips: Sequence[ClipErrors]) -> ErrorModel:
    """Return the most probable model of normal errors; clips have equal weight, slopes are shrunk to ``PRIOR_SLOPES``.

    Half of each clip's weight lies outside the evaluation mask, so that the model also says that nothing is known
    there. Newton's method on a convex loss, Σ over clips of the weighted mean of ½ (log v + error² / v), plus the
    slopes' squared distance from ``PRIOR_SLOPES``. Raises ReverieError when there is no clip.
    """
    if not clips:
        raise ReverieError("An error model is learned from at least one clip, but none was given.")
    designs = [np.vstack([clip.features, np.ones(clip.squares.size)]).astype(np.float64) for clip in clips]
    target = np.append(PRIOR_SLOPES, 0.0)
    penalty = np.append(np.full(PRIOR_SLOPES.size, SHRINKAGE_CLIPS), 0.0)
    middle = np.mean([design @ clip.weights for design, clip in zip(designs, clips, strict=True)], axis=0)
    found = target.copy()
    found[-1] = np.log(max(np.mean([clip.squares @ clip.weights for clip in clips]), 1e-6)) - middle[:-1] @ PRIOR_SLOPES
    for _ in range(STEPS):
        slope, bend = penalty * (found - target), np.diag(penalty + 1e-9)
        for design, clip in zip(designs, clips, strict=True):
            ratio = clip.weights * clip.squares * np.exp(-(found @ design))
            slope += design @ (clip.weights - ratio) / 2
            bend += (design * ratio) @ design.T / 2
        step = np.linalg.solve(bend, slope)
        found = found - step * min(1.0, LARGEST_NEWTON_STEP / max(float(np.abs(step).max()), 1e-12))
        if np.abs(step).max() < 1e-6:
            break
    lowest, highest = np.percentile(np.hstack([clip.features for clip in clips]), (1, 99), axis=1)
    return ErrorModel(found[:-1], float(found[-1]), lowest, highest)


@dataclass(frozen=True)
class LearnedErrors:
    """What was learned about the errors of the movies of one animal and encoder."""

    model: ErrorModel
    """How large errors are."""
    calibration: Calibration
    """How wide intervals must be."""
    posterior: Mask
    """(height, width), variance of movies drawn from the posterior, squared grey levels, averaged over clips."""
    information: Mask
    """(height, width), share of the prior's variance, 0 to 1, that the responses removed, likewise."""

    def std(self, movie: Movie, apart: Movie, rate: float) -> Movie:
        """Return the standard deviation of a movie's errors, scaled so that 68 % of true pixels lie within one.

        Parameters
        ----------
        movie, apart
            (time, height, width), as in ``features_of``.
        rate
            Frames per second.
        """
        return self.calibration.factor * self.model.std(features_of(movie, apart, self.posterior, rate))

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return everything as arrays, for an ``.npz`` file."""
        model = {name: np.asarray(value) for name, value in vars(self.model).items()}
        maps = {"posterior": self.posterior, "information": self.information}
        return {**self.calibration.to_arrays(), **model, **maps}

    @staticmethod
    def from_arrays(arrays: Mapping[str, np.ndarray]) -> "LearnedErrors":
        """Return errors from ``to_arrays``'s arrays; raises ReverieError when something is missing or no number."""
        calibration = Calibration.from_arrays(arrays)
        with reading_kept("What was learned of errors", "learn it again"):
            slopes, lowest, highest = (arrays[name] for name in ("slopes", "lowest", "highest"))
            model = ErrorModel(slopes, float(arrays["constant"]), lowest, highest)
            found = LearnedErrors(model, calibration, arrays["posterior"], arrays["information"])
        if not all(np.isfinite(each).all() for each in (*vars(model).values(), found.posterior, found.information)):
            raise ReverieError("What was learned of errors holds values that are not numbers; learn it again.")
        return found


def joined_errors(several: Sequence[LearnedErrors]) -> LearnedErrors:
    """Return the errors expected where several animals, or trials, explain one movie together.

    At each pixel, the precisions that they add to the prior's are summed; everything else is taken from the first.
    Raises ReverieError when there is none.
    """
    if not several:
        raise ReverieError("Errors are joined of at least one animal, but none was given.")
    first = several[0]
    prior = first.posterior / (1 - first.information).clip(0.01)
    gained = sum(1 / np.maximum(each.posterior, 1.0) - 1 / np.maximum(prior, 1.0) for each in several)
    posterior = 1 / (1 / np.maximum(prior, 1.0) + np.maximum(gained, 0.0))
    information = (1 - posterior / np.maximum(prior, 1.0)).clip(0, 1)
    maps = (np.asarray(each, dtype=np.float32) for each in (posterior, information))
    return LearnedErrors(first.model, first.calibration, *maps)
