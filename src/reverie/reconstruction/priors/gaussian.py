"""A Gaussian prior over movies: a mean picture, a deviation at each pixel, and a space-time spectrum between them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Float
from scipy.fft import dctn
from scipy.ndimage import gaussian_filter
from torch import Tensor

from reverie.foundation.errors import ReverieError
from reverie.reconstruction.priors.cosine import cosine_transform, inverse_cosine_transform
from reverie.reconstruction.priors.spectrum import resampled_spectrum, smoothed_spectrum
from reverie.recordings.trial import Trial

FEWEST_MOVIES = 2
"""Movies without which no spectrum can be told from a single picture."""

PICTURE_BLUR = 4.0
"""Gaussian sigma in pixels by which the mean and the deviation of pixels are smoothed: few movies were averaged."""

LEAST_DEVIATION = 1.0
"""Grey levels by which every pixel may vary."""


Picture = Float[np.ndarray, "height width"]


@dataclass(frozen=True)
class GaussianPrior:
    """Movies are mean + deviation · (stationary Gaussian noise with mirrored borders).

    mean, deviation: (height, width), grey levels; they differ from pixel to pixel. power: (frequency, height, width),
    the variance of each coefficient of the three-dimensional cosine transform, time first; not separable, so that
    fine patterns may change faster than coarse ones. It holds for clips of any length: frequencies in between are
    interpolated. starts: the first frame of every shot; what comes before a cut says nothing about what comes after.
    What the prior does not know: edges, objects, where cuts are unless told, and that grey levels end at 0 and 255.

    A movie is written as mean + colour(white), where the coefficients ``white`` are independent with unit variance.
    Calling the prior with a movie (time, height, width) gives half the sum of their squares.
    """

    mean: Float[Tensor, "height width"]
    deviation: Float[Tensor, "height width"]
    power: Float[Tensor, "frequency height width"]
    starts: tuple[int, ...] = (0,)

    @property
    def frame_size(self) -> tuple[int, int]:
        """Height and width of the movies."""
        return int(self.mean.shape[0]), int(self.mean.shape[1])

    def to(self, device: torch.device) -> "GaussianPrior":
        """Return the same prior on another device."""
        return replace(
            self, mean=self.mean.to(device), deviation=self.deviation.to(device), power=self.power.to(device)
        )

    def cut(self, starts: Sequence[int]) -> "GaussianPrior":
        """Return the same prior over movies whose shots begin at these frames, the first at 0.

        Raises ReverieError when the frames do not begin with 0 or do not rise.
        """
        frames = tuple(int(start) for start in starts)
        if frames[:1] != (0,) or any(later <= earlier for earlier, later in pairwise(frames)):
            raise ReverieError(f"Shots must begin at frame 0 and then later and later, not at {list(frames)}.")
        return replace(self, starts=frames)

    def amplitude(self, frames: int) -> Float[Tensor, "{frames} height width"]:
        """Return the standard deviation of each coefficient of a clip of ``frames`` frames, shot by shot."""
        return torch.cat([resampled_spectrum(self.power, length) for length in self._lengths(frames)]).sqrt()

    def shot_by_shot(self, values: Float[Tensor, "frequency height width"]) -> Float[Tensor, "frequency height width"]:
        """Return what is known of the frequencies of a clip in one piece at those of its shots, one after the other."""
        return torch.cat([resampled_spectrum(values, length) for length in self._lengths(len(values))])

    def colour(self, white: Float[Tensor, "time height width"]) -> Float[Tensor, "time height width"]:
        """Return the departure from the mean, in grey levels, that white coefficients stand for."""
        values = white * self.amplitude(len(white))
        shots = torch.split(values, self._lengths(len(values)))
        movie = torch.cat([inverse_cosine_transform(shot, 0) for shot in shots])
        return inverse_cosine_transform(inverse_cosine_transform(movie, 1), 2) * self.deviation

    def adjoint(self, gradient: Float[Tensor, "time height width"]) -> Float[Tensor, "time height width"]:
        """Return the gradient with respect to white coefficients, given that with respect to grey levels."""
        return self._transformed(gradient * self.deviation) * self.amplitude(len(gradient))

    def whitened(self, departure: Float[Tensor, "time height width"]) -> Float[Tensor, "time height width"]:
        """Return the white coefficients that stand for a departure from the mean, in grey levels."""
        return self._transformed(departure / self.deviation) / self.amplitude(len(departure))

    def __call__(self, movie: Float[Tensor, "time height width"]) -> Float[Tensor, ""]:
        """Return how implausible a movie is: half the squared length of its white coefficients."""
        return self.whitened(movie - self.mean).square().sum() / 2

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return the prior as arrays, for an ``.npz`` file."""
        return {name: getattr(self, name).cpu().numpy() for name in ("mean", "deviation", "power")}

    @staticmethod
    def from_arrays(arrays: Mapping[str, np.ndarray]) -> "GaussianPrior":
        """Return the prior that ``to_arrays`` laid out; raises ReverieError when something is missing."""
        try:
            mean, deviation, power = (
                torch.tensor(arrays[name], dtype=torch.float32) for name in ("mean", "deviation", "power")
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ReverieError(f"The movie prior is incomplete ({error}); fit it anew.") from error
        return GaussianPrior(mean, deviation, power)

    def _transformed(self, movie: Float[Tensor, "time height width"]) -> Float[Tensor, "time height width"]:
        shots = torch.split(movie, self._lengths(len(movie)))
        values = torch.cat([cosine_transform(shot, 0) for shot in shots])
        return cosine_transform(cosine_transform(values, 1), 2)

    def _lengths(self, frames: int) -> list[int]:
        """Return how many frames each shot of a clip has; raises ReverieError when a shot begins after its end."""
        if self.starts[-1] >= frames:
            raise ReverieError(f"A shot begins at frame {self.starts[-1]}, but the clip has {frames} frames.")
        return [end - start for start, end in pairwise((*self.starts, frames))]


def fit_prior(trials: Sequence[Trial]) -> GaussianPrior:
    """Fit the prior to the movies of training trials, each read twice; they may differ in length.

    The spectrum is the mean over movies of the squared cosine coefficients of (movie − mean) / deviation, as long as
    the longest movie, smoothed over neighbouring frequencies.
    Raises ReverieError when there are fewer than two movies or they differ in size.
    """
    if len(trials) < FEWEST_MOVIES:
        raise ReverieError(
            f"A movie prior needs at least {FEWEST_MOVIES} training movies, but there are {len(trials)}; "
            "use the method `paper`, which needs none."
        )
    mean, deviation, longest = _pictures(trials)
    power = torch.zeros(longest, *mean.shape)
    for trial in trials:
        coefficients = dctn(((trial.movie - mean) / deviation).astype(np.float32), norm="ortho")
        power += resampled_spectrum(torch.from_numpy(coefficients).square(), longest) / len(trials)
    return GaussianPrior(
        torch.from_numpy(mean), torch.from_numpy(deviation), torch.from_numpy(smoothed_spectrum(power.numpy()))
    )


def _pictures(trials: Sequence[Trial]) -> tuple[Picture, Picture, int]:
    """Return smoothed mean and standard deviation of each pixel, every movie counting alike, and the longest movie."""
    means, squares, lengths, sizes = [], [], [], set()
    for trial in trials:
        means.append(trial.movie.mean(0, dtype=np.float64))
        squares.append(np.square(trial.movie, dtype=np.float64).mean(0))
        lengths.append(trial.frames)
        sizes.add(means[-1].shape)
    if len(sizes) > 1:
        raise ReverieError(f"The training movies have frames of different sizes ({sorted(sizes)}); give one size.")
    raw = np.mean(means, axis=0)
    mean = gaussian_filter(raw, PICTURE_BLUR)
    variance = gaussian_filter(np.mean(squares, axis=0) - 2 * raw * mean + mean**2, PICTURE_BLUR)
    deviation = np.sqrt(np.maximum(variance, LEAST_DEVIATION**2))
    return mean.astype(np.float32), deviation.astype(np.float32), max(lengths)
