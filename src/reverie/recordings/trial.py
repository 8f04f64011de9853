"""One trial: reading its movie, state and responses, and replacing missing signals where numbers are needed."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from reverie.foundation.arrays import FRAME_RATE, STATE_NAMES, Movie, Responses, State
from reverie.foundation.errors import ReverieError, reading_foreign
from reverie.recordings.behaviour_checks import without_lost_pupil
from reverie.recordings.footage import read_pictures, target_size
from reverie.recordings.gaps import bridged, measured
from reverie.recordings.source import Source, read_signal
from reverie.recordings.usability import Usable

NOT_RECORDED = 0.0
"""Value that replaces a signal that was not recorded, the same in all trials: a constant carries no information."""


@dataclass(frozen=True)
class Trial:
    """One stretch of a recording: usually one movie shown once to one animal.

    All arrays are equally long; padding is cut.
    """

    name: str
    """The trial's name in the recording, such as "3"."""
    tier: str
    """What the trial is for: the recording's own split, such as "train" or "oracle"."""
    movie: Movie | None
    """(time, height, width), grey levels 0-255; None where nothing was shown (darkness, a grey screen, sleep)."""
    state: State
    """(4, time): pupil dilation, running speed, pupil x and y; the row of a signal that was not recorded is NaN."""
    responses: Responses | None
    """(neuron, time), or None where the recording holds none (some test tiers)."""
    start: float = 0.0
    """When the first frame was shown, in seconds on the recording's own clock; 0 where it keeps none."""
    frame_rate: float = FRAME_RATE
    """Frames per second."""
    recording: str | None = None
    """``Recording.identity`` of the recording it was read from; None for a trial made by hand."""

    def __repr__(self) -> str:
        """Return a description of one line, since the arrays would fill the screen."""
        movie = "no movie" if self.movie is None else "{} x {} pixels".format(*self.movie.shape[1:])
        neurons = "no responses" if self.responses is None else f"{len(self.responses)} neurons"
        return f"<Trial {self.name}, tier {self.tier}: {self.frames} frames, {movie}, {neurons}>"

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
        """The movie; raises ReverieError where nothing was shown."""
        if self.movie is None:
            raise ReverieError(
                f"Trial {self.name} (tier {self.tier}) shows no movie, so there is nothing to compare with or to learn "
                "from; choose a trial with one."
            )
        return self.movie

    @property
    def known_state(self) -> State:
        """The state with a constant in place of missing signals, as encoders take it."""
        return fill_missing(self.state)


def fill_missing(state: State) -> State:
    """Return a state with a constant in place of missing signals.

    This is the only place where a missing signal (a row of NaN) becomes a number. It is the same number in training,
    prediction and reconstruction, so that an encoder trained with it is one trained without the signal.

    >>> fill_missing(np.array([[np.nan, np.nan], [1, 2], [3, 4], [5, 6]]))[:2]
    array([[0., 0.],
           [1., 2.]])
    """
    missing = np.isnan(state).all(axis=1)
    return np.where(missing[:, None], np.asarray(NOT_RECORDED, state.dtype), state) if missing.any() else state


class TrialArrays:
    """Reads the arrays of trials that can be used.

    Parameters
    ----------
    source
        The recording as a reader of its format returns it.
    usable
        What of the recording can be used.
    frame_size
        The requested height and width of movies, None for the usual one.
    """

    def __init__(self, source: Source, usable: Usable, frame_size: tuple[int, int] | None) -> None:
        self.source = source
        self.usable = usable
        self.frame_size = frame_size

    def movie(self, name: str, start: int = 0, stop: int | None = None) -> Movie:
        """Return some frames of the movie of a trial that shows one, averaged down to the frame size."""
        span, footage = self.usable.spans[name], self.source.movie(name)
        assert footage is not None
        stop = span.frames if stop is None else min(stop, span.frames)
        with reading_foreign(footage.place):
            pixels = read_pictures(footage, self.usable.axes, span.skipped + start, span.skipped + stop)
        _require_measured(pixels, footage.place, 0)
        scale = self.usable.scale(footage.values.dtype)
        scale.require_fitting(pixels, footage.place)
        assert self.usable.frame_size is not None
        return scale.applied(pixels, target_size(self.usable.frame_size, self.frame_size))

    def state(self, name: str) -> State:
        """Return the state, (4, time); NaN where a signal was not recorded."""
        frames = self.usable.spans[name].frames
        signals = self.source.signals(name) if self.usable.signals else {}
        rows: dict[str, np.ndarray] = {}
        for signal in self.usable.signals:
            series = read_signal(signals[signal])
            with reading_foreign(series.place):
                rows[signal] = np.asarray(series.read(0, frames), dtype=np.float32)[0]
        state = np.full((len(STATE_NAMES), frames), np.nan, dtype=np.float32)
        for signal, row in without_lost_pupil(rows, self.usable.lost_pupil).items():
            state[STATE_NAMES.index(signal)] = bridged(row)
        return state

    def responses(self, name: str, start: int = 0, stop: int | None = None) -> Responses | None:
        """Return some frames of the responses, (neuron, time); None where there are none."""
        usable = self.usable
        if name not in usable.recorded:
            return None
        frames, series = usable.spans[name].frames, self.source.responses(name)
        assert series is not None
        with reading_foreign(series.place):
            values = series.read(start, frames if stop is None else min(stop, frames))
        with np.errstate(over="ignore"):
            chosen: Responses = usable.as_read(values)
        _require_measured(chosen, series.place, -1)
        return chosen


def _require_measured(values: np.ndarray, place: str, time: int) -> None:
    """Raise ReverieError when values were not measured, which in large recordings is found only when they are read."""
    if not measured(values).all():
        frame = int(np.argwhere(~measured(values))[:, time].min())
        raise ReverieError(
            f"{place} holds NaN, infinity or a number beyond 1e15 at frame {frame}, inside the trial; "
            "repair it to use the trial."
        )
