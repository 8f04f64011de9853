"""A Gaussian prior over movies: a mean picture, a standard deviation of each pixel, and a space-time spectrum."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Float
from scipy.fft import dctn
from scipy.ndimage import gaussian_filter
from torch import Tensor

from reverie.foundation.arrays import Movie
from reverie.foundation.errors import NotApplicable, ReverieError, reading_kept
from reverie.foundation.progress import tracked
from reverie.inversion.motion import shots_of
from reverie.inversion.priors.scenes import Camera, Scenes, at_size, fit_scenes
from reverie.inversion.priors.spectrum import movie_of, resampled_spectrum, smoothed_spectrum, spectrum_of
from reverie.recordings.trial import Trial

SCENE_TRIALS = 20
"""Number of evenly chosen training trials that scenes are learned from."""

FEWEST_MOVIES = 2
"""Fewest movies that the prior is fitted to; the spectrum of a single one would be that of its picture."""

PICTURE_BLUR = 4.0
"""Gaussian sigma in pixels by which mean and standard deviation of pixels are smoothed, since few movies are
averaged."""

LEAST_DEVIATION = 1.0
"""Smallest standard deviation of a pixel, grey levels."""

Picture = Float[np.ndarray, "height width"]


@dataclass(frozen=True)
class GaussianPrior:
    """Movies are mean + deviation · (stationary Gaussian noise with mirrored borders).

    A movie is written as mean + colour(white), where the coefficients ``white`` are independent with unit variance.
    Calling the prior with a movie (time, height, width) gives half the sum of their squares. The prior does not
    describe edges and objects, nor the limits of grey levels at 0 and 255.
    """

    mean: Float[Tensor, "height width"]
    """The mean picture (height, width), grey levels."""
    deviation: Float[Tensor, "height width"]
    """Standard deviation of each pixel (height, width), grey levels."""
    power: Float[Tensor, "frequency height width"]
    """Variance of each coefficient of the three-dimensional cosine transform (frequency, height, width); not separable,
    so that fine patterns may change faster than coarse ones. It holds for clips of any length: frequencies in between
    are interpolated."""
    starts: tuple[int, ...] = (0,)
    """The first frame of every shot; shots are independent of each other."""
    scenes: Scenes | None = None
    """Spectra of movies with the camera's motion removed, where they were learned."""
    camera: Camera | None = None
    """The camera's position at each frame, where it is known; the noise is then that of a scene larger than the
    frame."""
    _amplitudes: dict[int, Tensor] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def frame_size(self) -> tuple[int, int]:
        """Height and width of the movies."""
        return int(self.mean.shape[0]), int(self.mean.shape[1])

    @property
    def scene_size(self) -> tuple[int, int]:
        """Height and width of the scene that white coefficients describe, larger than a frame if the camera moves."""
        return self.frame_size if self.camera is None else self.camera.scene_size

    def to(self, device: torch.device) -> "GaussianPrior":
        """Return the same prior on another device."""
        mean, deviation, power = (array.to(device) for array in (self.mean, self.deviation, self.power))
        camera = None if self.camera is None else self.camera.to(device)
        return replace(self, mean=mean, deviation=deviation, power=power, camera=camera)

    def cut(self, starts: Sequence[int]) -> "GaussianPrior":
        """Return the same prior over movies whose shots begin at these frames, the first at 0.

        Raises ReverieError when the frames do not begin with 0 or do not rise.
        """
        frames = tuple(int(start) for start in starts)
        if frames[:1] != (0,) or any(later <= earlier for earlier, later in pairwise(frames)):
            raise ReverieError(f"Shots must begin at frame 0 and then at increasing frames, not at {list(frames)}.")
        return replace(self, starts=frames)

    def following(self, starts: Sequence[int], path: Float[np.ndarray, "time 2"]) -> "GaussianPrior":
        """Return the prior over movies whose shots begin at these frames and whose picture moves along a path.

        The noise around the mean picture, in units of the deviation, moves; mean and deviation do not.

        Parameters
        ----------
        path
            (time, 2), motion of the picture's contents in pixels down and to the right; it may jump between shots.

        Raises
        ------
        ReverieError
            When the prior was fitted to movies from which no scenes could be learned.
        """
        if self.scenes is None:
            raise ReverieError(
                "The prior has no scenes, so it cannot follow a camera; fit it to longer training movies."
            )
        camera = Camera.along(torch.from_numpy(path).to(self.mean), self.frame_size)
        return replace(self.cut(starts), power=torch.from_numpy(self.scenes.power).to(self.mean), camera=camera)

    def lengths(self, frames: int) -> list[int]:
        """Return the number of frames of each shot of a clip; raises ReverieError when a shot begins after its end."""
        if self.starts[-1] >= frames:
            raise ReverieError(f"A shot begins at frame {self.starts[-1]}, but the clip has {frames} frames.")
        return [end - start for start, end in pairwise((*self.starts, frames))]

    def amplitude(self, frames: int) -> Float[Tensor, "{frames} row column"]:
        """Return the standard deviation of each coefficient of a clip of ``frames`` frames, shot by shot."""
        if frames not in self._amplitudes:
            sizes = [(length, *self.scene_size) for length in self.lengths(frames)]
            self._amplitudes[frames] = torch.cat([at_size(self.power, size) for size in sizes]).sqrt()
        return self._amplitudes[frames]

    def colour(self, white: Float[Tensor, "time row column"]) -> Float[Tensor, "time height width"]:
        """Return the departure from the mean, in grey levels, that white coefficients describe."""
        scene = movie_of(white * self.amplitude(len(white)), self.lengths(len(white)))
        return (scene if self.camera is None else self.camera.see(scene)) * self.deviation

    def on_scene(self, gradient: Float[Tensor, "time height width"]) -> Float[Tensor, "time row column"]:
        """Return the gradient with respect to the scene, in deviations, given that with respect to grey levels."""
        standard = gradient * self.deviation
        return standard if self.camera is None else self.camera.spread_out(standard)

    def adjoint(self, gradient: Float[Tensor, "time height width"]) -> Float[Tensor, "time row column"]:
        """Return the gradient with respect to white coefficients, given that with respect to grey levels."""
        return spectrum_of(self.on_scene(gradient), self.lengths(len(gradient))) * self.amplitude(len(gradient))

    def whitened(self, departure: Float[Tensor, "time height width"]) -> Float[Tensor, "time height width"]:
        """Return the white coefficients of a departure from the mean in grey levels.

        Raises ReverieError where the camera moves, since they are not unique then.
        """
        if self.camera is not None:
            raise ReverieError(
                "With a moving camera, a movie does not determine the parts of the scene that it does not show; start "
                "from the prior's mean."
            )
        frames = len(departure)
        return spectrum_of(departure / self.deviation, self.lengths(frames)) / self.amplitude(frames)

    def __call__(self, movie: Float[Tensor, "time height width"]) -> Float[Tensor, ""]:
        """Return half the squared length of a movie's white coefficients, which is larger for less plausible movies."""
        return self.whitened(movie - self.mean).square().sum() / 2

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return the prior as arrays, for an ``.npz`` file."""
        scenes = {} if self.scenes is None else {"scene_power": self.scenes.power, "path_power": self.scenes.path_power}
        return {**{name: getattr(self, name).cpu().numpy() for name in ("mean", "deviation", "power")}, **scenes}

    @staticmethod
    def from_arrays(arrays: Mapping[str, np.ndarray]) -> "GaussianPrior":
        """Return a prior from the arrays of ``to_arrays``; raises ReverieError when something is missing."""
        names = ("mean", "deviation", "power")
        with reading_kept("The movie prior", "fit it again"):
            mean, deviation, power = (torch.tensor(arrays[name], dtype=torch.float32) for name in names)
        if not all(torch.isfinite(part).all() for part in (mean, deviation, power)):
            raise ReverieError("The movie prior holds values that are not finite numbers; fit it again.")
        known = "scene_power" in arrays and "path_power" in arrays
        scenes = Scenes(np.asarray(arrays["scene_power"]), np.asarray(arrays["path_power"])) if known else None
        return GaussianPrior(mean, deviation, power, scenes=scenes)


def fit_prior(trials: Sequence[Trial]) -> GaussianPrior:
    """Fit the prior to the movies of training trials, each read twice; they may differ in length.

    The spectrum is the mean over movies of the squared cosine coefficients of (movie − mean) / deviation, as long as
    the longest movie, smoothed over neighbouring frequencies.
    Raises ReverieError when there are fewer than two movies or they differ in size.
    """
    if len(trials) < FEWEST_MOVIES:
        raise NotApplicable(
            f"A movie prior needs at least {FEWEST_MOVIES} training movies, but there are {len(trials)}; "
            "use the method `paper`, which needs none."
        )
    mean, deviation, longest = _pictures(trials)
    power = torch.zeros(longest, *mean.shape)
    for trial in trials:
        coefficients = dctn(((trial.known_movie - mean) / deviation).astype(np.float32), norm="ortho")
        power += resampled_spectrum(torch.from_numpy(coefficients).square(), longest) / len(trials)
    smooth = torch.from_numpy(smoothed_spectrum(power.numpy()))
    return GaussianPrior(torch.from_numpy(mean), torch.from_numpy(deviation), smooth)


def with_scenes(
    prior: GaussianPrior, trials: Sequence[Trial], starts: Callable[[Movie], Sequence[int]]
) -> GaussianPrior:
    """Return the prior with scenes learned from the movies of trials, the slowest part of fitting it.

    Scenes stay unknown where all shots are too short.

    Parameters
    ----------
    starts
        Returns the first frames of a movie's shots.
    """
    shots = _standard_shots(trials, starts, prior.mean.numpy(), prior.deviation.numpy())
    return replace(prior, scenes=fit_scenes(shots, prior.frame_size))


def _standard_shots(
    trials: Sequence[Trial], starts: Callable[[Movie], Sequence[int]], mean: Picture, deviation: Picture
) -> Iterator[Movie]:
    chosen = trials[:: -(-len(trials) // SCENE_TRIALS)]
    for trial in tracked(chosen, len(chosen), "finding how cameras move over scenes"):
        movie = np.asarray((trial.known_movie - mean) / deviation, dtype=np.float32)
        yield from shots_of(movie, starts(trial.known_movie))


def _pictures(trials: Sequence[Trial]) -> tuple[Picture, Picture, int]:
    """Return smoothed mean and deviation of each pixel, with equal weight for movies, and the length of the longest."""
    means, squares, lengths, sizes = [], [], [], set()
    for trial in trials:
        means.append(trial.known_movie.mean(0, dtype=np.float64))
        squares.append(np.square(trial.known_movie, dtype=np.float64).mean(0))
        lengths.append(trial.frames)
        sizes.add(means[-1].shape)
    if len(sizes) > 1:
        raise ReverieError(f"The training movies have frames of different sizes ({sorted(sizes)}); give one size.")
    raw = np.mean(means, axis=0)
    mean = gaussian_filter(raw, PICTURE_BLUR)
    variance = gaussian_filter(np.mean(squares, axis=0) - 2 * raw * mean + mean**2, PICTURE_BLUR)
    deviation = np.sqrt(np.maximum(variance, LEAST_DEVIATION**2))
    return mean.astype(np.float32), deviation.astype(np.float32), max(lengths)
