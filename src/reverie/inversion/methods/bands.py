"""The weighted mean of two movies per frequency band, in time and space.

The errors of the two movies depend on frequency: fast changes are mostly noise in both, changes about once a second are
too faint in both, and fine detail is better in the most probable movie than in that of ridge regression. Each band of
each movie gets the weight with the least squared error on clips whose movies are known, as in a Wiener filter of two
channels (docs/decisions/205).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.fft import dctn, idctn

from reverie.foundation.arrays import Movie
from reverie.foundation.errors import ReverieError

HERTZ = (0.3, 1.0, 3.0)
"""Edges of the temporal bands. Below .3 Hz lies most of the brightness of whole frames, which ridge reconstructs
better; responses smeared over a few frames hold little information above 3 Hz."""

CYCLES = (1.0, 2.5, 5.0)
"""Edges of the spatial bands, in cycles per height of the frame (about 120 degrees on the Sensorium screens)."""

SHRINKAGE_CLIPS = 27.0
"""Number of validation clips that the weights without bands count as, since few clips say little about sixteen bands.
Of 1, 3, 9 and 27 it gave the least error on clips left out of the choice of weights, on five kinds of animals
(docs/log/best.md)."""

BANDS = (len(HERTZ) + 1) * (len(CYCLES) + 1)

Centre = Float[np.ndarray, "height width"]


def band_of(shape: tuple[int, int, int], frame_rate: float) -> Int[np.ndarray, "time height width"]:
    """Return the band of each coefficient of a movie's cosine transform, numbered from slow and coarse.

    Parameters
    ----------
    shape
        (time, height, width).
    frame_rate
        Hz.

    Examples
    --------
    >>> band_of((300, 36, 64), 30.0)[[0, 299], [0, 35], [0, 63]]
    array([ 0, 15])
    """
    frames, height, width = shape
    rate = np.digitize(np.arange(frames) * frame_rate / (2 * frames), HERTZ)
    down, along = np.arange(height) / 2, np.arange(width) * height / (2 * width)
    fineness = np.digitize(np.hypot(down[:, None], along), CYCLES)
    return rate[:, None, None] * (len(CYCLES) + 1) + fineness


def band_parts(movie: Movie, frame_rate: float) -> Iterator[Movie]:
    """Return the part of a movie in each band; the parts add up to it. The mean over the clip is in the first."""
    coefficients, band = dctn(movie, norm="ortho"), band_of(movie.shape, frame_rate)
    for number in range(BANDS):
        yield idctn(np.where(band == number, coefficients, np.float32(0)), norm="ortho")


@dataclass(frozen=True)
class BandMoments:
    """Sums of products between the parts of a clip's two movies and the truth, over scored pixels and frames."""

    together: Float[np.ndarray, "part part"]
    """(2 · BANDS, 2 · BANDS), products of parts with each other, those of the most probable movie first."""
    towards: Float[np.ndarray, " part"]
    """(2 · BANDS,), products of parts with the truth."""

    @staticmethod
    def of(
        probable: Movie,
        linear: Movie,
        truth: Movie,
        scored: tuple[slice, Bool[np.ndarray, "height width"]],
        frame_rate: float,
    ) -> "BandMoments":
        """Compute the sums; movies are departures from the mean picture, (time, height, width).

        Parameters
        ----------
        scored
            The scored frames, and the scored pixels of each.
        """
        frames, region = scored
        shown = truth[frames][:, region].ravel()
        # Filled row by row, since all parts together are as large as dozens of movies.
        parts = np.empty((2 * BANDS, shown.size), dtype=np.float32)
        each = chain(band_parts(probable, frame_rate), band_parts(linear, frame_rate))
        for row, part in zip(parts, each, strict=True):
            row[:] = part[frames][:, region].ravel()
        return BandMoments((parts @ parts.T).astype(np.float64), (parts @ shown).astype(np.float64))


@dataclass(frozen=True)
class BandWeights:
    """The weight of each band of each movie, from slow and coarse to fast and fine (``band_of``).

    The two weights of a band may add up to more than 1, where both movies are too faint, or less, where both are noise.
    """

    probable: tuple[float, ...]
    linear: tuple[float, ...]

    def blend(self, probable: Movie, linear: Movie, centre: Centre, frame_rate: float) -> Movie:
        """Return the weighted movie (time, height, width), grey levels; ``centre`` is the mean picture."""
        band = band_of(probable.shape, frame_rate)
        coefficients = sum(
            np.asarray(weights, dtype=np.float32)[band] * dctn((movie - centre).astype(np.float32), norm="ortho")
            for weights, movie in ((self.probable, probable), (self.linear, linear))
        )
        weighed: Movie = (idctn(coefficients, norm="ortho") + centre).astype(np.float32)
        return weighed

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return the weights as arrays, for an ``.npz`` file."""
        return {"probable_bands": np.array(self.probable), "linear_bands": np.array(self.linear)}

    @staticmethod
    def from_arrays(arrays: Mapping[str, np.ndarray]) -> "BandWeights | None":
        """Return weights from ``to_arrays``'s arrays, None where there are none; raises ReverieError on too few."""
        if "probable_bands" not in arrays and "linear_bands" not in arrays:
            return None
        given = [np.asarray(arrays.get(name, ())) for name in ("probable_bands", "linear_bands")]
        if not all(each.shape == (BANDS,) and np.isfinite(each).all() for each in given):
            raise ReverieError("The weights of bands are damaged; fit them again.")
        probable, linear = (tuple(map(float, each)) for each in given)
        return BandWeights(probable, linear)


def choose_band_weights(clips: Sequence[BandMoments], share: float) -> BandWeights | None:
    """Return the weights with the least squared error, shrunk towards share and 1 − share; None without clips.

    Parameters
    ----------
    share
        The most probable movie's weight where all bands have the same.
    """
    if not clips:
        return None
    together, towards = (sum(getattr(clip, name) for clip in clips) for name in ("together", "towards"))
    energy = together.diagonal().reshape(2, BANDS).mean(axis=0)
    # In bands without energy in both movies, the plain weights remain.
    firmness = np.tile(SHRINKAGE_CLIPS / len(clips) * energy + np.finfo(np.float64).tiny, 2)
    plain = np.repeat([share, 1 - share], BANDS)
    found = np.linalg.solve(together + np.diag(firmness), towards + firmness * plain)
    return BandWeights(tuple(map(float, found[:BANDS])), tuple(map(float, found[BANDS:])))
