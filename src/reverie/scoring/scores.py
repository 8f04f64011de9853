"""All the scores of one reconstruction, with their controls, as one row of named numbers."""

from collections.abc import Mapping, Sequence
from numbers import Integral, Real

import numpy as np
from jaxtyping import Bool, Float

from reverie.foundation.arrays import AnyMovie, Movie
from reverie.foundation.errors import ReverieError
from reverie.foundation.requests import require_seed
from reverie.scoring import controls
from reverie.scoring.controls import Comparison, OtherMovie
from reverie.scoring.correlation import (
    Region,
    frame_correlation,
    mean_of_defined,
    pixel_correlation,
    response_consistency,
    response_correlation,
    video_correlation,
)
from reverie.scoring.image_quality import global_ssim, motion_energy, psnr, rmse, shannon_entropy, ssim
from reverie.scoring.parts import (
    dynamic_correlation,
    dynamic_share,
    pattern_correlation,
    static_correlation,
)
from reverie.scoring.rule import EVALUATION_THRESHOLD, SKIPPED_FRAMES, evaluation_region

MAIN_SCORES = (
    "video_correlation",
    "video_correlation_static",
    "video_correlation_dynamic",
    "video_correlation_pattern",
    "frame_correlation",
    "pixel_correlation",
    "rmse",
    "psnr",
    "ssim",
)
"""The scores that come with controls, as columns named ``<score>_<control>``."""

SHARES = 0.2
"""Values in 0-1 that differ by more than this are taken for shares of white: as grey levels, all would look black."""

AnyRows = Float[np.ndarray, "_ _"]
"""A mask (height, width), or responses or rates (neuron, time), whose size was not checked yet."""


def score(
    reconstruction: AnyMovie,
    truth: AnyMovie,
    mask: AnyRows,
    *,
    seed: int,
    skip: int = SKIPPED_FRAMES,
    threshold: float = EVALUATION_THRESHOLD,
    other_movies: Sequence[AnyMovie] = (),
    responses: AnyRows | None = None,
    rates_from_reconstruction: AnyRows | None = None,
    rates_from_truth: AnyRows | None = None,
) -> dict[str, float]:
    """Return every score of one reconstruction by name; the names are always the same, NaN where undefined.

    Source of mask, skip and the first scores: Bauer et al. 2026, Methods.

    Parameters
    ----------
    reconstruction, truth
        (time, height, width), grey levels 0-255.
    mask
        (height, width) transparency: where the population can see.
    seed
        Seed of the shuffled control.
    skip
        Frames at the start that are not scored, in movies, responses and rates alike.
    threshold
        Transparency of the mask from which on pixels are scored.
    other_movies
        Movies of other trials, as controls; without any, scores against them are NaN.
    responses, rates_from_reconstruction, rates_from_truth
        Recorded responses, and rates predicted from either movie, (neuron, time); without them, scores that need them
        are NaN.

    Raises
    ------
    ReverieError
        When shapes do not agree, a movie is not finite, fewer than two frames are left after the skipped ones, or no
        pixel of the mask reaches the threshold.
    """
    require_seed(seed)
    _require_numbers({"reconstruction": reconstruction, "true movie": truth, "mask": mask}, skip, threshold)
    _check_movies(reconstruction, truth, other_movies)
    region = evaluation_region(mask, threshold)
    _check_region_and_frames(region, truth, skip)
    comparison = Comparison.after(skip, reconstruction, truth)
    others = [other[skip:] for other in other_movies if len(other) > skip + 1]
    return {
        **measure(comparison, region),
        **_further(comparison, region),
        **_agreement("reconstruction", rates_from_reconstruction, responses, len(truth), skip),
        **_agreement("truth", rates_from_truth, responses, len(truth), skip),
        **_controls(comparison, region, others, np.random.default_rng(seed)),
    }


def measure(comparison: Comparison, region: Region) -> dict[str, float]:
    """Return the main scores of a comparison inside the region, by name."""
    found, truth, shots = comparison.reconstruction, comparison.truth, comparison.shots
    return {
        "video_correlation": video_correlation(found, truth, region),
        "video_correlation_static": static_correlation(found, truth, shots, region),
        "video_correlation_dynamic": dynamic_correlation(found, truth, shots, region),
        "video_correlation_pattern": pattern_correlation(found, truth, region),
        "frame_correlation": frame_correlation(found, truth, region),
        "pixel_correlation": pixel_correlation(found, truth, region),
        "rmse": rmse(found, truth, region),
        "psnr": psnr(found, truth, region),
        "ssim": ssim(found, truth, region),
    }


def _further(comparison: Comparison, region: Region) -> dict[str, float]:
    found, truth = comparison.reconstruction, comparison.truth
    return {
        "video_correlation_full_frame": video_correlation(found, truth),
        "global_ssim": global_ssim(found, truth, region),
        "dynamic_share": dynamic_share(truth, comparison.shots, region),
        "motion_energy_reconstruction": float(motion_energy(found, region).mean()),
        "motion_energy_truth": float(motion_energy(truth, region).mean()),
        "shannon_entropy_reconstruction": float(shannon_entropy(found, region).mean()),
        "shannon_entropy_truth": float(shannon_entropy(truth, region).mean()),
        "frames_scored": float(len(truth)),
        "pixels_scored": float(region.sum()),
        "shots_scored": float(len(comparison.shots)),
    }


def _controls(
    comparison: Comparison, region: Region, others: Sequence[OtherMovie], generator: np.random.Generator
) -> dict[str, float]:
    moment = controls.other_moment(comparison)
    replaced = {
        "other_movie": controls.other_movie(comparison, others),
        "other_moment": [] if moment is None else [moment],
        "shuffled": [controls.shuffled(comparison, generator)],
        "grey": [controls.grey(comparison)],
    }
    columns = {}
    for control in controls.CONTROLS:
        measured = [measure(pair, region) for pair in replaced[control]]
        for name in MAIN_SCORES:
            columns[f"{name}_{control}"] = mean_of_defined(np.array([row[name] for row in measured], dtype=float))
    return columns


def _agreement(
    source: str, rates: AnyRows | None, responses: AnyRows | None, frames: int, skip: int
) -> dict[str, float]:
    names = (f"response_correlation_{source}", f"response_consistency_{source}")
    if rates is None or responses is None:
        return dict.fromkeys(names, float("nan"))
    if rates.shape != responses.shape or rates.shape[1] != frames:
        raise ReverieError(
            f"The rates predicted from the {source} are (neurons, frames) = {rates.shape} and the responses "
            f"{responses.shape}, where both should have the movie's {frames} frames; predict them for this trial."
        )
    rates, responses = rates[:, skip:], responses[:, skip:]
    return dict(
        zip(names, (response_correlation(rates, responses), response_consistency(rates, responses)), strict=True)
    )


def _require_numbers(arrays: Mapping[str, object], skip: object, threshold: object) -> None:
    for name, given in arrays.items():
        if not isinstance(given, np.ndarray):
            raise ReverieError(f"The {name} should be an array, but a {type(given).__name__} was given.")
        if given.dtype.kind not in "fiu":
            raise ReverieError(f"The {name} should be an array of numbers, but one of {given.dtype} was given.")
    if not isinstance(skip, Integral) or not isinstance(threshold, Real):
        raise ReverieError(f"skip should be a whole number and threshold a number, but are {skip!r} and {threshold!r}.")


def _check_movies(reconstruction: AnyMovie, truth: AnyMovie, others: Sequence[AnyMovie]) -> None:
    if reconstruction.shape != truth.shape:
        raise ReverieError(
            f"The reconstruction is (time, height, width) = {reconstruction.shape} but the true movie {truth.shape}; "
            "compare the reconstruction with the movie of its own trial."
        )
    for other in others:
        if other.shape[1:] != truth.shape[1:]:
            raise ReverieError(
                f"Another movie has frames of {other.shape[1:]} pixels where the true movie has {truth.shape[1:]}; "
                "give other movies of the same size."
            )
    for name, movie in (("reconstruction", reconstruction), ("true movie", truth)):
        if not np.isfinite(movie).all():
            raise ReverieError(f"The {name} holds values that are not finite numbers; make it again.")
        if movie.size and movie.min() >= 0 and np.ptp(movie) > SHARES and movie.max() <= 1:
            raise ReverieError(
                f"The {name} holds shares of white, up to {movie.max():.4g}, where grey levels from 0 to 255 were "
                "expected; multiply both movies by 255."
            )


def _check_region_and_frames(region: Bool[np.ndarray, "_ _"], truth: Movie, skip: int) -> None:
    if region.shape != truth.shape[1:]:
        raise ReverieError(
            f"The mask is (height, width) = {region.shape} but the movie's frames are {truth.shape[1:]}; "
            "use the mask of this encoder and recording."
        )
    if skip < 0 or len(truth) < skip + 2:
        raise ReverieError(
            f"The movie has {len(truth)} frames and {skip} are to be skipped, which leaves fewer than the two that "
            "scores need; choose longer trials."
        )
