"""What is read of one trial: its movie as grey levels, the animal's state, the responses of the neurons kept."""

import numpy as np

from reverie.foundation.arrays import STATE_NAMES, Movie, Responses, State
from reverie.foundation.errors import ReverieError, reading_foreign
from reverie.recordings.footage import read_pictures
from reverie.recordings.gaps import bridged, measured
from reverie.recordings.source import Source
from reverie.recordings.usability import Usable


class TrialArrays:
    """Reads the arrays of trials that can be used.

    Parameters
    ----------
    source
        The recording as a reader of its format hands it over.
    usable
        What was found that can be used of it.
    """

    def __init__(self, source: Source, usable: Usable) -> None:
        self.source = source
        self.usable = usable

    def movie(self, name: str, frame_size: tuple[int, int], start: int = 0, stop: int | None = None) -> Movie:
        """Return some frames of the movie of a trial that shows one, averaged down to a frame size."""
        span, footage = self.usable.spans[name], self.source.movie(name)
        assert footage is not None
        stop = span.frames if stop is None else min(stop, span.frames)
        with reading_foreign(footage.place):
            pixels = read_pictures(footage, self.usable.axes, span.skipped + start, span.skipped + stop)
        _require_measured(pixels, footage.place, 0)
        return self.usable.grey.applied(pixels, frame_size)

    def state(self, name: str) -> State:
        """Return the state, (4, time); NaN where a signal was not recorded."""
        frames = self.usable.spans[name].frames
        signals = self.source.signals(name) if self.usable.signals else {}
        state = np.full((len(STATE_NAMES), frames), np.nan, dtype=np.float32)
        for row, signal in enumerate(STATE_NAMES):
            if signal in self.usable.signals:
                with reading_foreign(signals[signal].place):
                    values = np.asarray(signals[signal].read(0, frames), dtype=np.float32)[0]
                    state[row] = bridged(values)
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
            if usable.floor is not None:
                # Of large recordings the floor was told from a sample.
                values = np.maximum(values - usable.floor[:, None], 0)
            chosen = np.asarray(values if usable.kept is None else values[usable.kept], dtype=np.float32)
        _require_measured(chosen, series.place, -1)
        return chosen


def _require_measured(values: np.ndarray, place: str, time: int) -> None:
    """Raise ReverieError when something read was not measured: large recordings are only sampled beforehand."""
    if not measured(values).all():
        frame = int(np.argwhere(~measured(values))[:, time].min())
        raise ReverieError(
            f"{place} holds NaN, infinity or a number beyond 1e15 at frame {frame}, inside the trial; "
            "repair it to use the trial."
        )
