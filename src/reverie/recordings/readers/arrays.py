"""Recordings from Python: arrays with their own times."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from reverie.foundation.arrays import GAZE_X, GAZE_Y, PUPIL, RUNNING, in_a_row, without_mask
from reverie.foundation.errors import ReverieError
from reverie.recordings.clocked import ClockedSource
from reverie.recordings.clocks import usual_rate, usual_step
from reverie.recordings.gaps import LONGEST_BRIDGED
from reverie.recordings.readers.clip_axes import array_axes, as_movie
from reverie.recordings.readers.clips import OpenClip, open_clip
from reverie.recordings.readers.event_tables import usual_columns
from reverie.recordings.readers.frame_tables import has_row_per_frame
from reverie.recordings.readers.timed_showings import frames_shown, timed_showings
from reverie.recordings.readers.timed_values import Timed, TimedValues, timed, with_times
from reverie.recordings.readers.trials import require_degrees, require_folder_name
from reverie.recordings.reading import Reading
from reverie.recordings.recorded import Recorded, Showing
from reverie.recordings.signals import Meaning, Sampled, Signal, SpikeTrains
from reverie.recordings.source import Footage

MEANINGS: Mapping[str, Meaning] = {"traces": "level", "events": "amount", "held": "held"}
"""Kinds of responses that a user can state, and their meanings."""


@dataclass(frozen=True)
class GivenArrays:
    """What ``Recording.from_arrays`` is given, unchecked."""

    name: str
    responses: Timed | Sequence[Timed] | Mapping[Any, Any]
    movies: Mapping[Any, Any] | TimedValues
    shown: Any
    behaviour: Mapping[str, Timed | None]
    """Running speed, pupil and gaze, as ``_behaviour`` names them."""
    meaning: str
    degrees_per_pixel: float | None


def arrays_source(given: GivenArrays, reading: Reading) -> ClockedSource:
    """Return a recording made of arrays; raises ReverieError where they do not belong together."""
    name, movies, degrees = require_folder_name(given.name), given.movies, require_degrees(given.degrees_per_pixel)
    if given.meaning not in MEANINGS:
        raise ReverieError(f"Responses cannot be {given.meaning!r}; choose one of: {', '.join(MEANINGS)}.")
    if not isinstance(movies, TimedValues | Mapping):
        raise ReverieError("Movies are given by name, such as {'clip': array}, or as one object with .t and .d.")
    # Names in the table of what was shown are read as text.
    by_name = {name: movies} if isinstance(movies, TimedValues) else movies
    named = {str(clip): with_times(one) for clip, one in by_name.items()}
    place = f"What was shown to {name}"
    table = None if given.shown is None else usual_columns(_table(given.shown, place), named.__contains__)[0]
    clips = _Clips(named, reading, numbered=table is not None and has_row_per_frame(table))
    if table is not None:
        showings, notes = timed_showings(table, place, clips.open, reading)
    else:
        showings, notes = [_whole(clip, movie) for clip, movie in named.items()], ()
    shown_frames = frames_shown(showings) if clips.numbered else {}
    recorded = Recorded(
        name=name,
        place=Path(name),
        responses=_responses(name, given.responses, MEANINGS[given.meaning]),
        signals=_behaviour(name, **given.behaviour),
        showings=showings,
        clips={clip: clips.opener(clip, shown_frames.get(clip)) for clip in named},
        degrees_per_pixel=degrees,
        notes=notes,
    )
    return ClockedSource(recorded, reading)


def _table(shown: Any, place: str) -> pd.DataFrame:  # noqa: ANN401 - whatever pandas makes a table of
    try:
        table = pd.DataFrame(shown).reset_index(drop=True)  # rows are named by their place
    except ValueError as error:
        raise ReverieError(f"{place} is not a table ({error}); give columns of one length.") from error
    return table.rename(columns=lambda column: str(column).strip().casefold())


def _responses(name: str, given: Timed | Sequence[Timed] | Mapping[Any, Any], meaning: Meaning) -> list[Signal]:
    place = f"The responses of {name}"
    if isinstance(given, Mapping):
        trains = [in_a_row(np.asarray(without_mask(getattr(train, "t", train)), float)) for train in given.values()]
        if odd := [train.shape for train in trains if train.ndim != 1]:
            raise ReverieError(
                f"For one unit, {place} hold spike times of the shape {odd[0]}, where (spike,) was expected."
            )
        support = _support(given)
        return [SpikeTrains(place, trains, observed=support if support is None else [support] * len(trains))]
    planes: Sequence[Timed] = list(given) if isinstance(given, list) else [given]  # type: ignore[list-item]
    found: list[Signal] = []
    for plane in planes:
        times, values = timed(place, plane)
        if len(values.shape) != 2:
            raise ReverieError(f"{place} have the shape {tuple(values.shape)}, where (time, neuron) was expected.")
        found.append(Sampled(place, times, values, meaning))
    return found


def _support(given: Mapping[Any, Any]) -> np.ndarray | None:
    """Return the intervals, (interval, 2) in seconds, that a group of spike trains (pynapple's) says it covers.

    By default these last from its first spike to its last, which is no sign that nothing was recorded just outside.
    """
    told: Any = getattr(given, "time_support", None)
    if told is None or not (hasattr(told, "start") and hasattr(told, "end")):
        return None
    intervals = np.stack([np.atleast_1d(np.asarray(edge, dtype=float)) for edge in (told.start, told.end)], axis=1)
    if not len(intervals) or not np.isfinite(intervals).all():
        return None
    intervals[0, 0] -= LONGEST_BRIDGED
    intervals[-1, 1] += LONGEST_BRIDGED
    return intervals


def _behaviour(name: str, running: Timed | None, pupil: Timed | None, gaze: Timed | None) -> dict[str, Signal]:
    found: dict[str, Signal] = {}
    for signal, given in ((RUNNING, running), (PUPIL, pupil)):
        if given is not None:
            times, values = timed(f"The {signal} of {name}", given)
            levels = np.asarray(values, float)
            if levels.shape not in ((len(times),), (len(times), 1)):
                raise ReverieError(f"The {signal} of {name} has the shape {levels.shape}, where (time,) was expected.")
            found[signal] = Sampled(f"The {signal} of {name}", times, levels.reshape(-1, 1))
    if gaze is not None:
        times, values = timed(f"The gaze of {name}", gaze)
        positions = np.asarray(values, float)
        if positions.shape != (len(times), 2):
            raise ReverieError(f"The gaze of {name} has the shape {positions.shape}, where (time, 2) was expected.")
        for column, signal in enumerate((GAZE_X, GAZE_Y)):
            found[signal] = Sampled(f"The gaze of {name}", times, positions[:, column : column + 1])
    return found


def _whole(clip: str, movie: Any) -> Showing:  # noqa: ANN401
    """Return the only showing of a movie that has its own times."""
    if not isinstance(movie, TimedValues):
        raise ReverieError(f"When {clip!r} was shown is not said; give `shown`, or a movie with times (.t and .d).")
    times, _ = timed(f"The movie {clip}", movie)
    return Showing(times, times[-1] + usual_step(times, f"the movie {clip}"), clip)


PATHS = (str, Path)
"""Types that name a file."""


class _Clips:
    """Movies given as arrays, as objects with times, or as files."""

    def __init__(self, given: Mapping[str, Any], reading: Reading, *, numbered: bool) -> None:
        # Files are read on access, when a notebook may be in another folder.
        self.given = {name: Path(one).absolute() if isinstance(one, PATHS) else one for name, one in given.items()}
        self.reading, self.numbered = reading, numbered

    def open(self, clip: str, frames: int | None) -> OpenClip:
        """Open a movie by name; raises ReverieError when it was not given."""
        if clip not in self.given:
            raise ReverieError(f"The movie {clip!r} was shown but not given; give it in `movies`.")
        movie = self.given[clip]
        if isinstance(movie, Path):
            return open_clip(movie, self.reading, frames, numbered=self.numbered)
        place, rate = f"The movie {clip}", 0.0
        values = as_movie(without_mask(movie.d) if isinstance(movie, TimedValues) else np.asarray(without_mask(movie)))
        if isinstance(movie, TimedValues):
            frames, rate = len(movie.t), usual_rate(np.asarray(movie.t, dtype=np.float64))
        axes = array_axes(values.shape, self.reading, frames, place, ask=self.numbered)
        return OpenClip.of(Footage(place, values, axes), rate, self.reading)

    def opener(self, clip: str, frames: int | None) -> Callable[[], Footage]:
        """Return a function that opens a movie when it is called."""
        return lambda: self.open(clip, frames).footage
