"""One trial, and what its missing signals become where numbers are needed."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from reverie.foundation.arrays import FRAME_RATE, Movie, Responses, State
from reverie.foundation.errors import ReverieError

NEUTRAL = 0.0
"""What a signal that was not recorded is taken to be, in all trials alike: a constant tells an encoder nothing."""


@dataclass(frozen=True)
class Trial:
    """One stretch of a recording: usually one movie shown once to one animal.

    All arrays are equally long; padding is cut.

    Attributes
    ----------
    name
        The trial's name in the recording, such as "3".
    tier
        What the trial is for: the recording's own split, such as "train" or "oracle".
    movie
        (time, height, width), grey levels 0-255; None where nothing was shown (darkness, a grey screen, sleep).
    state
        (4, time): pupil dilation, running speed, pupil x and y; the row of a signal that was not recorded is NaN.
    responses
        (neuron, time), or None where the recording holds none (some test tiers).
    start
        When the first frame was shown, in seconds on the recording's own clock; 0 where it keeps none.
    frame_rate
        Frames per second.
    """

    name: str
    tier: str
    movie: Movie | None
    state: State
    responses: Responses | None
    start: float = 0.0
    frame_rate: float = FRAME_RATE

    @property
    def frames(self) -> int:
        """How many frames the trial lasts."""
        return int(self.state.shape[1])

    @property
    def times(self) -> Float[np.ndarray, " time"]:
        """When each frame was shown, in seconds on the recording's own clock."""
        return np.asarray(self.start + np.arange(self.frames) / self.frame_rate)

    @property
    def known_movie(self) -> Movie:
        """The movie, for those who need one; raises ReverieError where nothing was shown."""
        if self.movie is None:
            raise ReverieError(
                f"Trial {self.name} (tier {self.tier}) shows no movie, so there is nothing to compare with or to learn "
                "from; choose a trial with one."
            )
        return self.movie

    @property
    def known_state(self) -> State:
        """The state as encoders and decoders take it; see ``known_state``."""
        return known_state(self.state)


def known_state(state: State) -> State:
    """Return a state whose missing signals are a constant.

    This is the one place where a missing signal (a row of NaN) becomes a number. It is the same number in training,
    prediction and reconstruction, so that an encoder trained with it is one trained without the signal.

    >>> known_state(np.array([[np.nan, np.nan], [1, 2], [3, 4], [5, 6]]))[:2]
    array([[0., 0.],
           [1., 2.]])
    """
    missing = np.isnan(state).all(axis=1)
    return np.where(missing[:, None], np.asarray(NEUTRAL, state.dtype), state) if missing.any() else state
