"""Samples for regression: the responses of a trial and the principal components of its frames, and whose they are.

Components are far fewer than pixels, and hold everything that responses can determine.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.linalg import eigh
from scipy.ndimage import gaussian_filter

from reverie.foundation.arrays import GREY, Movie, Responses
from reverie.foundation.errors import ReverieError
from reverie.recordings.trial import Trial

Scores = Float[np.ndarray, "frame component"]
"""Score of each frame on each component, in grey levels."""

COARSE = 1.0
"""Gaussian sigma in pixels of the blur with which coarse components come first."""

TRIALS_COMPARED = 20
"""Number of evenly chosen trials from whose movies the rate of change is measured."""

ALIKE_FROM = 0.5
"""Correlation of two frames above which the second adds little information. Frames of natural movies correlate by .8
and more over four frames; with every, every second and every sixth of them the fit was equally good (docs/log). Frames
of white noise are all new."""


@dataclass(frozen=True)
class Population:
    """Animal, neuron count, frame height and width."""

    mouse: str
    neurons: int
    frame_size: tuple[int, int]

    def check(self, responses: Responses) -> None:
        """Raise ReverieError when responses (neuron, time) are not of this population or not finite."""
        if responses.ndim != 2 or responses.shape[0] != self.neurons:
            raise ReverieError(
                f"The decoder was fitted to the {self.neurons} neurons of {self.mouse} but was given responses of "
                f"shape {responses.shape}; give it (neuron, time) of that animal, or fit one to this animal."
            )
        if not np.isfinite(responses).all():
            raise ReverieError(
                f"The responses of {self.mouse} hold values that are not finite; cut the padding off, or choose "
                "another trial."
            )


@dataclass(frozen=True)
class PictureComponents:
    """Pictures as a mean and orthonormal components: mean (height, width), basis (component, pixel)."""

    mean: Float[np.ndarray, "height width"]
    basis: Float[np.ndarray, "component pixel"]

    def encode(self, movie: Movie) -> Scores:
        """Return the scores of every frame."""
        scores: Scores = (movie - self.mean).reshape(len(movie), -1) @ self.basis.T
        return scores

    def decode(self, scores: Scores) -> Movie:
        """Return the pictures that have these scores, (time, height, width)."""
        pictures: Movie = (scores @ self.basis).reshape(-1, *self.mean.shape) + self.mean
        return pictures


@dataclass(frozen=True)
class PictureMoments:
    """Mean picture (height, width) and covariance (pixel, pixel) of the frames of movies."""

    mean: Float[np.ndarray, "height width"]
    covariance: Float[np.ndarray, "pixel pixel"]

    @classmethod
    def of(cls, movies: Iterable[Movie]) -> "PictureMoments":
        """Compute mean and covariance; movies are not kept."""
        total = square = None
        frames = 0
        for movie in movies:
            pixels = np.asarray(movie, dtype=np.float32).reshape(len(movie), -1)
            # Centred on middle grey, products are precise enough in single precision; sums are double.
            pixels = pixels - np.float32(GREY)
            total = pixels.sum(axis=0, dtype=np.float64) + (0 if total is None else total)
            square = (pixels.T @ pixels).astype(np.float64) + (0 if square is None else square)
            frames, size = frames + len(pixels), movie.shape[1:]
        assert total is not None
        assert square is not None
        mean = total / frames
        return cls((mean + GREY).reshape(size).astype(np.float32), square / frames - np.outer(mean, mean))

    def components(self, count: int) -> tuple[PictureComponents, float]:
        """Return the ``count`` components of largest variance (all when there are fewer), and their share of it."""
        found = self._largest(self.covariance, count)
        held = float(np.vdot(found.basis.T, self.covariance @ found.basis.T))
        return found, held / max(float(np.trace(self.covariance)), np.finfo(np.float64).tiny)

    def coarse_components(self, count: int) -> PictureComponents:
        """Return the ``count`` components that vary most after pictures are blurred.

        For white noise, all of whose components have the same variance, coarse ones come first; responses determine
        them best.
        """
        size = self.mean.shape
        blurred = gaussian_filter(self.covariance.reshape(*size, *size), COARSE, mode="nearest")
        return self._largest(blurred.reshape(self.covariance.shape), count)

    def _largest(self, covariance: Float[np.ndarray, "pixel pixel"], count: int) -> PictureComponents:
        pixels = len(covariance)
        largest = (pixels - min(count, pixels), pixels - 1)
        _, vectors = eigh(covariance, subset_by_index=largest, check_finite=False)
        return PictureComponents(self.mean, vectors.T[::-1].astype(np.float32))


@dataclass(frozen=True)
class Sample:
    """One trial: responses (neuron, time), and scores (time, component) of every ``every``-th frame."""

    responses: Responses
    scores: Scores
    fold: int
    """The trial's fold of the cross-validation."""


@dataclass(frozen=True)
class Samples:
    """The trials of one animal as samples, each read when needed and not kept."""

    trials: Sequence[Trial]
    folds: Sequence[int]
    pictures: PictureComponents
    every: int
    each: int = 1
    """Use every ``each``-th neuron."""

    def __iter__(self) -> Iterator[Sample]:
        """Read the trials, fold by fold."""
        for number in sorted(range(len(self.trials)), key=lambda number: self.folds[number]):
            trial = self.trials[number]
            assert trial.responses is not None
            scores = self.pictures.encode(trial.known_movie[:: self.every])
            yield Sample(trial.responses[:: self.each], scores, self.folds[number])


def frames_apart(trials: Sequence[Trial], most: int) -> int:
    """Return how many frames two samples may be apart: as many as movies stay similar over, ``most`` at most.

    Frames are similar when they correlate by ``ALIKE_FROM`` or more around the movies' mean picture, in a few trials.
    """
    products, energy = np.zeros(most + 1), 0.0
    movies = [trial.known_movie for trial in trials[:: -(-len(trials) // TRIALS_COMPARED)]]
    mean = np.mean([movie.mean(axis=0) for movie in movies], axis=0)
    for movie in movies:
        apart = (movie - mean).reshape(len(movie), -1)
        reach = range(min(most, len(movie) - 1) + 1)
        products[: len(reach)] += [float(np.vdot(apart[: len(apart) - lag], apart[lag:])) for lag in reach]
        energy += float(np.vdot(apart, apart))
    alike = [lag for lag in range(1, most + 1) if products[lag] >= ALIKE_FROM * energy]
    return max(alike, default=1)


def population_of(mouse: str, trials: Sequence[Trial]) -> Population:
    """Return the trials' population; raises ReverieError when there are none, or one has no responses or another size.

    The trials are read one at a time.
    """
    populations = set()
    for trial in trials:
        if trial.responses is None:
            raise ReverieError(f"Trial {trial.name} of {mouse} has no responses; nothing can be learned from it.")
        height, width = trial.known_movie.shape[1:]
        populations.add(Population(mouse, len(trial.responses), (height, width)))
    if len(populations) != 1:
        raise ReverieError(
            f"{mouse} has {len(trials)} training trials of {len(populations)} kinds of neuron count and frame size; "
            "a decoder needs trials of one kind."
        )
    return populations.pop()
