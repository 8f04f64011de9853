"""The present movie from responses as they arrive: causal, a fixed lag behind, in constant memory."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from time import perf_counter

import numpy as np
from jaxtyping import Float

from reverie.fitted.reconstructor import Reconstructor
from reverie.foundation.arrays import WHITE
from reverie.foundation.devices import torch_defaults
from reverie.foundation.errors import ReverieError
from reverie.live.fitting import LiveDecoder, fit_live, load_live
from reverie.recordings.gaps import measured

LONGEST_LAG = 0.5
"""Longest lag, seconds; responses later than this after a frame add no information about it."""


@dataclass(frozen=True, eq=False)
class LiveFrame:
    """One frame of the movie, decoded while responses come in."""

    number: int
    """Number of the frame, counted from 0 at the start."""
    picture: Float[np.ndarray, "height width"]
    """The decoded picture (height, width), grey levels 0-255."""
    std: Float[np.ndarray, "height width"]
    """Its standard error (height, width), grey levels, as measured on trials whose movies are known."""
    lag: float
    """Seconds between this frame and the newest responses it was decoded from."""
    took: float
    """Seconds that decoding took."""

    @property
    def behind(self) -> float:
        """How late the picture is, in seconds: the lag plus the time that decoding took."""
        return self.lag + self.took


class Live:
    """Decodes the present movie from responses as they come in.

    Each picture is linear in the responses from some frames before it to ``lag`` seconds after it. The weights are
    those of ridge regression on the training trials and, where that helps, on trials that the encoder simulates. Only
    the last few frames of responses are kept, so that it can run for hours.

    Parameters
    ----------
    reader
        A reconstructor of the animal; its first encoder's folder keeps what is fitted.
    lag
        How many seconds the picture may be behind, 0 to 0.5; a longer lag makes it more accurate.
    raw
        Whether responses come as the recording's files hold them, for example from a rig, rather than as its trials
        give them (only the usable neurons, traces counted from their lowest value).

    Raises
    ------
    ReverieError
        When the lag is out of range.

    Examples
    --------
    >>> live = rv.Live(reader, lag=0.25, raw=True).fit()  # doctest: +SKIP
    >>> for responses in rig:  # doctest: +SKIP
    ...     frame = live.push(responses)
    """

    def __init__(self, reader: Reconstructor, lag: float = 0.25, *, raw: bool = False) -> None:
        if not isinstance(reader, Reconstructor):
            raise ReverieError(f"Live needs a Reconstructor, but a {type(reader).__name__} was given.")
        if not (isinstance(lag, int | float | np.floating) and 0 <= lag <= LONGEST_LAG):
            raise ReverieError(f"A live picture may be 0 to {LONGEST_LAG} seconds behind, not {lag}.")
        self.fitted, self.recording, self.raw = reader.fits[0], reader.recording, raw
        self.frame_rate = reader.recording.frame_rate
        self.lag = round(lag * self.frame_rate)
        self.reset()

    @torch_defaults()
    def fit(self) -> "Live":
        """Fit the decoder for this animal and lag, once, keep it, and return this object."""
        fit_live(self.fitted, self.lag)
        return self

    @cached_property
    def decoder(self) -> LiveDecoder:
        """The decoder; raises ReverieError before it is fitted."""
        return load_live(self.fitted, self.lag)

    def reset(self) -> None:
        """Forget all responses, as before the first frame."""
        self._pushed = 0
        self._window: Float[np.ndarray, "tap neuron"] | None = None

    def push(self, responses: Float[np.ndarray, " neuron"]) -> LiveFrame | None:
        """Take in the responses of one frame, and return the picture ``lag`` frames before, None while there is none.

        Parameters
        ----------
        responses
            Responses of every neuron, in the order and units of ``Recording.responses`` or, if ``raw``, of the
            recording's files.

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
        """Yield a picture for each frame of responses that comes, once the first can be decoded."""
        for responses in frames:
            if (shown := self.push(responses)) is not None:
                yield shown

    def _checked(self, responses: Float[np.ndarray, " sent"]) -> Float[np.ndarray, " neuron"]:
        """Return the responses of one frame as float32; raises ReverieError when they do not fit the population."""
        population = self.decoder.ridge.population
        neurons = self.recording.listed_neurons if self.raw else population.neurons
        try:
            given = read = np.asarray(responses)
            fits = given.shape == (neurons,) and given.dtype.kind in "fiub"
            if fits and self.raw:
                read = self.recording.as_read(given.astype(np.float32)[:, None])[:, 0]
            fits = fits and bool(measured(read).all())
        except ValueError:  # lists of unequal lists
            given = read = np.zeros(0)
            fits = False
        if not fits or np.ma.is_masked(responses):
            raise ReverieError(
                f"A frame of {population.mouse} is {neurons} finite numbers, one per neuron; frame "
                f"{self._pushed} has the shape {given.shape}, other values or gaps."
            )
        return read.astype(np.float32)

    @cached_property
    def _taps(self) -> Float[np.ndarray, "lag tap"]:
        """Weights of the kept responses in each feature, oldest first; the newest is ``lag`` frames after the frame."""
        kernels = self.decoder.ridge.features.kernels[:, ::-1]
        middle = kernels.shape[1] // 2
        known = np.pad(kernels, [(0, 0), (0, max(0, self.lag - middle))])
        return np.ascontiguousarray(known[:, : middle + self.lag + 1])

    def _take_in(self, responses: Float[np.ndarray, " neuron"]) -> None:
        """Shift the window by one frame; before the first frame a neuron is taken to fire at its mean."""
        scaled = self.decoder.ridge.features.scaled(responses[:, None])[:, 0]
        if self._window is None:
            self._window = np.zeros((self._taps.shape[1], len(scaled)), dtype=np.float32)
        self._window[:-1] = self._window[1:]
        self._window[-1] = scaled
