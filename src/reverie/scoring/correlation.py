"""Pearson correlations between a reconstruction and the truth: over the whole movie, by frame, by pixel, by neuron.

One rule holds for all of them. Where the truth does not vary, there is nothing to reconstruct, and the correlation is
NaN (left out of means). Where only the reconstruction does not vary, it holds no information, and the correlation is 0.
"""

import numpy as np
from jaxtyping import Bool, Float

from reverie.foundation.arrays import Movie, Rates, Responses

Region = Bool[np.ndarray, "height width"]
"""The pixels that count."""


def pearson(
    found: Float[np.ndarray, "*batch sample"], truth: Float[np.ndarray, "*batch sample"]
) -> Float[np.ndarray, "*batch"]:
    """Return the Pearson correlation along the last axis, in double precision.

    NaN where the truth is constant, 0 where only ``found`` is.

    >>> pearson(np.array([[1.0, 2.0, 4.0], [3.0, 3.0, 3.0]]), np.array([[2.0, 4.0, 8.0], [0.0, 1.0, 2.0]])).tolist()
    [1.0, 0.0]
    """
    found, truth = _centred(found), _centred(truth)
    product = np.einsum("...s,...s->...", found, truth)
    found_norm = np.sqrt(np.einsum("...s,...s->...", found, found))
    truth_norm = np.sqrt(np.einsum("...s,...s->...", truth, truth))
    with np.errstate(divide="ignore", invalid="ignore"):
        correlation = np.where(found_norm > 0, product / found_norm / truth_norm, 0.0)
    return np.asarray(np.where(truth_norm > 0, np.clip(correlation, -1, 1), np.nan))


def video_correlation(reconstruction: Movie, truth: Movie, region: Region | None = None) -> float:
    """Return the Pearson correlation over all pixels and frames inside the region (the whole frame by default).

    Both movies: (time, height, width). Range -1 to 1; 0 for a blank reconstruction, NaN for a blank truth.
    Source: Bauer et al. 2026, "video correlation".
    """
    return float(pearson(pixels(reconstruction, region).ravel(), pixels(truth, region).ravel()))


def frame_correlations(reconstruction: Movie, truth: Movie, region: Region | None = None) -> Float[np.ndarray, " time"]:
    """Return the spatial Pearson correlation of every frame inside the region; NaN where the true frame is blank."""
    return pearson(pixels(reconstruction, region), pixels(truth, region))


def frame_correlation(reconstruction: Movie, truth: Movie, region: Region | None = None) -> float:
    """Return the mean over frames of the spatial Pearson correlation inside the region.

    A blank frame of the reconstruction counts 0, a blank frame of the truth does not count. Range -1 to 1.
    Source: Bauer et al. 2026, "frame correlation".
    """
    return mean_of_defined(frame_correlations(reconstruction, truth, region))


def pixel_correlation_map(reconstruction: Movie, truth: Movie) -> Float[np.ndarray, "height width"]:
    """Return the Pearson correlation over time of every pixel, (height, width).

    NaN where the true pixel never changes, 0 where only the reconstructed one never does.
    """
    return pearson(np.moveaxis(reconstruction, 0, -1), np.moveaxis(truth, 0, -1))


def pixel_correlation(reconstruction: Movie, truth: Movie, region: Region | None = None) -> float:
    """Return the mean of the map inside the region; pixels whose truth never changes do not count."""
    correlations = pixel_correlation_map(reconstruction, truth)
    return mean_of_defined(correlations if region is None else correlations[region])


def response_correlations(rates: Rates, responses: Responses) -> Float[np.ndarray, " neuron"]:
    """Return each neuron's correlation over time between rates and responses, (neuron,); NaN for a silent neuron."""
    return pearson(rates, responses)


def response_correlation(rates: Rates, responses: Responses) -> float:
    """Return the mean over neurons of the correlation over time; neurons whose responses never change do not count."""
    return mean_of_defined(response_correlations(rates, responses))


def response_consistency(rates: Rates, responses: Responses) -> float:
    """Return one correlation over all neurons × frames.

    It also rewards knowing which neurons are active at all, so it is usually higher than ``response_correlation``.
    Source: Bauer et al. 2026, consistency of predicted and recorded activity.
    """
    return float(pearson(rates.ravel(), responses.ravel()))


def pixels(movie: Movie, region: Region | None) -> Float[np.ndarray, "time pixel"]:
    """Return the movie's pixels inside the region as (time, pixel), all of them when there is no region."""
    return movie.reshape(len(movie), -1) if region is None else movie[:, region]


def mean_of_defined(values: Float[np.ndarray, "..."]) -> float:
    """Return the mean of the values that are not NaN, or NaN when there are none.

    >>> mean_of_defined(np.array([1.0, np.nan, 3.0]))
    2.0
    """
    defined = values[~np.isnan(values)]
    return float(defined.mean(dtype=np.float64)) if defined.size else float("nan")


def _centred(values: Float[np.ndarray, "*batch sample"]) -> Float[np.ndarray, "*batch sample"]:
    # Taking the first sample off before the mean makes constant input exactly zero, whatever its value.
    shifted = values.astype(np.float64) - values[..., :1]
    return np.asarray(shifted - shifted.mean(axis=-1, keepdims=True))
