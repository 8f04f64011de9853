"""Recordings from Python: arrays with their own times, or trials that are already cut and on one clock."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from reverie.foundation.arrays import GAZE_X, GAZE_Y, PUPIL, RUNNING, STATE_NAMES
from reverie.foundation.errors import ReverieError
from reverie.recordings.clocked import ClockedSource, Recorded, Showing
from reverie.recordings.clocks import usual_rate, usual_step
from reverie.recordings.gaps import LONGEST_BRIDGED
from reverie.recordings.readers.clip_axes import array_axes, as_movie
from reverie.recordings.readers.clips import OpenClip, open_clip
from reverie.recordings.readers.event_tables import usual_columns
from reverie.recordings.readers.showings import by_frame
from reverie.recordings.readers.timed_showings import frames_shown, timed_showings
from reverie.recordings.readers.timed_values import Timed, TimedValues, timed
from reverie.recordings.reading import Reading
from reverie.recordings.signals import Meaning, Sampled, Signal, SpikeTrains
from reverie.recordings.source import Footage, Source, StoredSeries
from reverie.recordings.trial import Trial

LONGEST_NAME = 200
"""Longest name, bytes; file systems allow 255, of which temporary names during writing need some."""


class TrialsSource(Source):
    """The trials of one animal, held in memory or read by the given sequence.

    Raises ReverieError when there are none, two have the same name or different frame rates, or a name cannot be a
    folder's.
    """

    def __init__(self, name: str, trials: Sequence[Trial], degrees_per_pixel: float | None = None) -> None:
        self.name = require_folder_name(name)
        self.place = Path(name)
        self.degrees_per_pixel = degrees_per_pixel
        self._held = {trial.name: _with_arrays(trial, name) for trial in trials}
        if not self._held or len(self._held) < len(trials):
            raise ReverieError(f"{name} needs at least one trial, and each a name of its own.")
        for trial in self._held:
            require_folder_name(trial)
        if len(rates := {trial.frame_rate for trial in self._held.values()}) > 1:
            raise ReverieError(f"The trials of {name} have several frame rates ({sorted(rates)}); bring them to one.")
        self.trials = tuple(self._held)
        (self.frame_rate,) = rates
        self.origins = frozenset(trial.recording for trial in self._held.values() if trial.recording is not None)

    def tiers(self) -> Mapping[str, str]:
        """Return the tier of each trial."""
        return {name: trial.tier for name, trial in self._held.items()}

    def movie(self, name: str) -> Footage | None:
        """Return the movie of a trial."""
        movie = self._held[name].movie
        return None if movie is None else Footage(self._place(name, "movie"), movie, "time,height,width")

    def responses(self, name: str) -> StoredSeries | None:
        """Return the responses to a trial."""
        responses = self._held[name].responses
        return None if responses is None else StoredSeries(self._place(name, "responses"), responses)

    def signals(self, name: str) -> Mapping[str, StoredSeries]:
        """Return the rows of the state that are not NaN throughout."""
        state = self._held[name].state
        rows = {signal: state[row : row + 1] for row, signal in enumerate(STATE_NAMES)}
        return {
            signal: StoredSeries(self._place(name, signal), row)
            for signal, row in rows.items()
            if not np.isnan(row).all()
        }

    def start(self, name: str) -> float:
        """Return when a trial began."""
        return self._held[name].start

    def _place(self, name: str, what: str) -> str:
        return f"The {what} of {self.name}, trial {name},"


def _with_arrays(trial: Trial, animal: str) -> Trial:
    """Return a trial of arrays and plain numbers; objects that read their array on access stay as they are.

    Raises ReverieError when the state does not have a row for each signal.
    """
    given = {what: getattr(trial, what) for what in ("movie", "state", "responses")}
    made: dict[str, Any] = {
        what: one if one is None or isinstance(getattr(one, "dtype", None), np.dtype) else np.asarray(one)
        for what, one in given.items()
    }
    if np.ndim(made["state"]) != 2 or len(made["state"]) != len(STATE_NAMES):
        raise ReverieError(
            f"The state of {animal}, trial {trial.name}, has the shape {np.shape(made['state'])}, where (4, time) was "
            f"expected: {', '.join(STATE_NAMES)}, NaN where a signal was not recorded."
        )
    return replace(trial, **made, start=float(trial.start), frame_rate=float(trial.frame_rate))


def require_folder_name(name: object) -> str:
    """Return the name of an animal or a trial; raises ReverieError when it cannot name its folder in a run."""
    if not isinstance(name, str) or name in ("", "..") or Path(name).name != name or not name.isprintable():
        raise ReverieError(f"Animals and trials have names that can be those of folders, but {name!r} was given.")
    if len(name.encode()) > LONGEST_NAME:
        raise ReverieError(f"Names of folders have {LONGEST_NAME} bytes at most, but {name!r} has more; shorten it.")
    return name


MEANINGS: Mapping[str, Meaning] = {"traces": "level", "events": "amount", "held": "held"}
"""Kinds of responses that a user can state, and their meanings."""


def arrays_source(
    name: str,
    responses: Timed | Sequence[Timed] | Mapping[Any, Any],
    movies: Mapping[Any, Any] | TimedValues,
    shown: Any,  # noqa: ANN401 - whatever pandas makes a table of
    behaviour: Mapping[str, Timed | None],
    meaning: str,
    degrees_per_pixel: float | None,
    reading: Reading,
) -> ClockedSource:
    """Return a recording made of arrays; see ``Recording.from_arrays``."""
    if meaning not in MEANINGS:
        raise ReverieError(f"Responses cannot be {meaning!r}; choose one of: {', '.join(MEANINGS)}.")
    require_folder_name(name)
    if degrees_per_pixel is not None and not 0 < degrees_per_pixel < np.inf:
        raise ReverieError(f"degrees_per_pixel is {degrees_per_pixel} but must be a number above 0.")
    if not isinstance(movies, TimedValues | Mapping):
        raise ReverieError("Movies are given by name, such as {'clip': array}, or as one object with .t and .d.")
    # Names in the table of what was shown are read as text.
    given = {name: movies} if isinstance(movies, TimedValues) else {str(clip): one for clip, one in movies.items()}
    table = None if shown is None else usual_columns(_table(shown, f"What was shown to {name}"), given.__contains__)[0]
    clips = _Clips(given, reading, numbered=table is not None and by_frame(table))
    if table is not None:
        showings, notes = timed_showings(table, f"What was shown to {name}", clips.open, reading)
    else:
        showings, notes = [_whole(clip, movie) for clip, movie in given.items()], ()
    shown_frames = frames_shown(showings) if clips.numbered else {}
    recorded = Recorded(
        name=name,
        place=Path(name),
        responses=_responses(name, responses, MEANINGS[meaning]),
        signals=_behaviour(name, **behaviour),
        showings=showings,
        clips={clip: clips.opener(clip, shown_frames.get(clip)) for clip in given},
        degrees_per_pixel=degrees_per_pixel,
        notes=notes,
    )
    return ClockedSource(recorded, reading)


def _table(shown: Any, place: str) -> pd.DataFrame:  # noqa: ANN401 - whatever pandas makes a table of
    try:
        table = pd.DataFrame(shown).reset_index(drop=True)  # rows are named by their place
    except ValueError as error:
        raise ReverieError(f"{place} is no table ({error}); give columns of one length.") from error
    return table.rename(columns=lambda column: str(column).strip().casefold())


def _responses(name: str, given: Timed | Sequence[Timed] | Mapping[Any, Any], meaning: Meaning) -> list[Signal]:
    place = f"The responses of {name}"
    if isinstance(given, Mapping):
        trains = [np.asarray(getattr(train, "t", train), float) for train in given.values()]
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
        values = as_movie(movie.d if isinstance(movie, TimedValues) else np.asarray(movie))
        if isinstance(movie, TimedValues):
            frames, rate = len(movie.t), usual_rate(np.asarray(movie.t, dtype=np.float64))
        axes = array_axes(values.shape, self.reading, frames, place, ask=self.numbered)
        return OpenClip.of(Footage(place, values, axes), rate, self.reading)

    def opener(self, clip: str, frames: int | None) -> Callable[[], Footage]:
        """Return a function that opens a movie when it is called."""
        return lambda: self.open(clip, frames).footage
