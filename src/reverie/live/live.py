"""The present movie from responses as they come: causal, a fixed lag behind, in memory that does not grow.

What it needs is fitted once: a linear decoder that waits no longer than the lag, and how far it is off.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from time import perf_counter
from typing import Final

import numpy as np
from jaxtyping import Float
from scipy.ndimage import gaussian_filter

from reverie.fitted.fitted import Fitted
from reverie.fitted.reconstructor import Reconstructor
from reverie.foundation.arrays import WHITE
from reverie.foundation.errors import ReverieError
from reverie.foundation.files import read_npz, write_npz
from reverie.foundation.progress import say
from reverie.inversion.linear.files import load_decoder, save_decoder
from reverie.inversion.linear.response_features import compress
from reverie.inversion.linear.ridge import RidgeDecoder, RidgeSettings
from reverie.inversion.linear.ridge_fit import fit_ridge
from reverie.recordings.gaps import measured
from reverie.recordings.trial import Trial
from reverie.scoring.rule import frames_to_skip

SPACINGS: Final = (3, 4, 5)
"""Frames between the lags of a decoder's features, the candidates; wider ones see further back but less sharply."""

JUDGED: Final = 5
"""Without validation trials every so many-th training trial is kept from the fit that errors are measured with."""

STD_BLUR: Final = 1.0
"""Gaussian sigma in pixels by which mean squared errors are smoothed, since few clips were averaged."""

ERRORS: Final = "errors.npz"

LONGEST_LAG: Final = 0.5
"""Seconds; responses later than that tell nothing more of a frame."""


@dataclass(frozen=True)
class LiveDecoder:
    """A linear decoder of frames ``lag`` frames ago, and its standard error at each pixel, in grey levels."""

    ridge: RidgeDecoder
    lag: int
    std: Float[np.ndarray, "height width"]


def causal_lags(lag: int) -> tuple[tuple[int, ...], ...]:
    """Return candidates for the lags of features, none of which asks for responses later than ``lag`` frames on.

    A feature's triangle is zero at the next lag, so that it reaches one frame less than a spacing beyond its own.

    >>> causal_lags(8)[0]
    (0, 3, 6)
    """
    return tuple(tuple(lag + 1 - spacing * ago for ago in (3, 2, 1)) for spacing in SPACINGS)


def fit_live(fitted: Fitted, lag: int) -> LiveDecoder:
    """Return the live decoder of an animal, fitted and kept beside the other fitted parts where it is not there yet.

    Raises ReverieError when there are too few training trials or it cannot be kept.
    """
    folder = _folder(fitted, lag)
    if not (folder / ERRORS).exists():
        subject = fitted.subject
        say(f"Fitting the live decoder of {subject.animal}, {lag} frames behind.")
        trials = [subject.recording.trial(name) for name in subject.training]
        ridge = fit_ridge(subject.animal, trials, RidgeSettings(lags=causal_lags(lag), kernels=(False,)))
        std = _standard_errors(fitted, ridge, trials)
        save_decoder(ridge, folder)
        write_npz(folder / ERRORS, {"std": std})
    return load_live(fitted, lag)


def load_live(fitted: Fitted, lag: int) -> LiveDecoder:
    """Read a live decoder back; raises ReverieError when it was not fitted."""
    folder = _folder(fitted, lag)
    if not (folder / ERRORS).exists():
        raise ReverieError(
            f"No live decoder of {fitted.subject.animal} that is {lag} frames behind was fitted yet; call "
            "`.fit()` first."
        )
    ridge = load_decoder(folder)
    assert isinstance(ridge, RidgeDecoder)
    return LiveDecoder(ridge, lag, read_npz(folder / ERRORS)["std"])


def _folder(fitted: Fitted, lag: int) -> Path:
    return fitted.place("ridge").parent.parent / f"live-{lag}"


def _standard_errors(fitted: Fitted, ridge: RidgeDecoder, trials: list[Trial]) -> Float[np.ndarray, "height width"]:
    """Return the root mean squared error of each pixel in trials that the decoder did not learn from."""
    subject = fitted.subject
    judged, judge = [subject.recording.trial(name) for name in subject.validation], ridge
    if not judged:
        judged, rest = trials[::JUDGED], [trial for place, trial in enumerate(trials) if place % JUDGED]
        settings = RidgeSettings(powers=(ridge.features.power,), lags=(ridge.features.lags,), kernels=(False,))
        judge = fit_ridge(subject.animal, rest, settings) if len(rest) > 1 else ridge
    errors = []
    for trial in judged:
        assert trial.responses is not None
        error = judge.decode(trial.responses)[frames_to_skip(trial.frames) :]
        errors.append(np.square(error - trial.known_movie[frames_to_skip(trial.frames) :]).mean(axis=0))
    smooth = gaussian_filter(np.mean(errors, axis=0), STD_BLUR, mode="nearest")
    return np.asarray(np.sqrt(smooth), dtype=np.float32)


@dataclass(frozen=True, eq=False)
class LiveFrame:
    """One frame of the movie as it became known.

    Attributes
    ----------
    number
        Which frame it is, counted from 0 since the start.
    picture
        The most probable picture (height, width), grey levels 0-255.
    std
        Its standard error (height, width), grey levels, as measured on trials whose movies are known.
    lag
        Seconds between this frame and the newest responses it was read from.
    took
        Seconds it took to read.
    """

    number: int
    picture: Float[np.ndarray, "height width"]
    std: Float[np.ndarray, "height width"]
    lag: float
    took: float

    @property
    def behind(self) -> float:
        """How late the picture is, in seconds: the lag and the time it took."""
        return self.lag + self.took


class Live:
    """Reads the present movie from responses as they come in.

    It is linear in the responses up to ``lag`` seconds after the frame it shows and some frames before; the weights are
    those of ridge regression on the training trials. Later responses are never looked at, and nothing but the last few
    frames is kept, so that it may run for hours.

    Parameters
    ----------
    reader
        A reconstructor of the animal; its first encoder's folder keeps what is fitted.
    lag
        How many seconds the picture may be behind, 0 to 0.5; the longer, the better it is known.

    Raises
    ------
    ReverieError
        When the lag is out of range.

    Examples
    --------
    >>> live = rv.Live(reader, lag=0.25).fit()  # doctest: +SKIP
    >>> for responses in rig:  # doctest: +SKIP
    ...     frame = live.push(responses)
    """

    def __init__(self, reader: Reconstructor, lag: float = 0.25) -> None:
        if not isinstance(reader, Reconstructor):
            raise ReverieError(f"Live reads through a Reconstructor, but was given a {type(reader).__name__}.")
        if not (isinstance(lag, int | float) and 0 <= lag <= LONGEST_LAG):
            raise ReverieError(f"A live picture may be 0 to {LONGEST_LAG} seconds behind, not {lag}.")
        self.fitted = reader.fits[0]
        self.frame_rate = reader.recording.frame_rate
        self.lag = round(lag * self.frame_rate)
        self.reset()

    def fit(self) -> "Live":
        """Fit what it needs of this animal and lag once, keep it, and return itself."""
        fit_live(self.fitted, self.lag)
        return self

    @cached_property
    def decoder(self) -> LiveDecoder:
        """What was fitted; raises ReverieError before it was."""
        return load_live(self.fitted, self.lag)

    def reset(self) -> None:
        """Forget all responses, as before the first frame."""
        self._pushed = 0
        self._window: Float[np.ndarray, "tap neuron"] | None = None

    def push(self, responses: Float[np.ndarray, " neuron"]) -> LiveFrame | None:
        """Take the responses of one frame in, and return the frame that can be told now.

        Parameters
        ----------
        responses
            Of every neuron, in the recording's order and units.

        Returns
        -------
        The frame ``lag`` before; None while there is none.

        Raises
        ------
        ReverieError
            When the responses are not of this population or not finite, or nothing was fitted.
        """
        begin = perf_counter()
        ridge = self.decoder.ridge
        self._take_in(self._checked(responses))
        self._pushed += 1
        number = self._pushed - 1 - self.lag
        if number < 0:
            return None
        features = (self._taps @ self._window).T.ravel()
        picture = (features @ ridge.weights) @ ridge.pictures.basis
        cut = np.clip(picture.reshape(ridge.pictures.mean.shape) + ridge.pictures.mean, 0, WHITE).astype(np.float32)
        return LiveFrame(number, cut, self.decoder.std, self.lag / self.frame_rate, perf_counter() - begin)

    def stream(self, frames: Iterable[Float[np.ndarray, " neuron"]]) -> Iterator[LiveFrame]:
        """Yield a picture for each frame of responses that comes, once the first can be told."""
        for responses in frames:
            if (told := self.push(responses)) is not None:
                yield told

    def _checked(self, responses: Float[np.ndarray, " neuron"]) -> Float[np.ndarray, " neuron"]:
        """Return the responses of one frame as float32; raises ReverieError when they are not of the population."""
        population = self.decoder.ridge.population
        try:
            given = np.asarray(responses)
            fits = given.shape == (population.neurons,) and given.dtype.kind in "fiub" and bool(measured(given).all())
        except ValueError:  # lists of unequal lists
            given, fits = np.zeros(0), False
        if not fits or np.ma.is_masked(responses):
            raise ReverieError(
                f"A frame of {population.mouse} is {population.neurons} finite numbers, one a neuron; frame "
                f"{self._pushed} has the shape {given.shape}, other values or gaps."
            )
        return given.astype(np.float32)

    @cached_property
    def _taps(self) -> Float[np.ndarray, "lag tap"]:
        """How features weigh the responses that are kept, oldest first, the newest ``lag`` frames after the frame."""
        kernels = self.decoder.ridge.features.kernels[:, ::-1]
        middle = kernels.shape[1] // 2
        known = np.pad(kernels, [(0, 0), (0, max(0, self.lag - middle))])
        return np.ascontiguousarray(known[:, : middle + self.lag + 1])

    def _take_in(self, responses: Float[np.ndarray, " neuron"]) -> None:
        """Move the window on by one frame; before the first frame a neuron is taken to fire at its mean."""
        features = self.decoder.ridge.features
        scaled = (compress(responses[:, None], features.power)[:, 0] - features.mean) / features.deviation
        if self._window is None:
            self._window = np.zeros((self._taps.shape[1], len(scaled)), dtype=np.float32)
        self._window[:-1] = self._window[1:]
        self._window[-1] = scaled
