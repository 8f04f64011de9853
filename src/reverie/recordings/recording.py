"""All trials of one animal, read when they are needed; the same whatever format they are stored in."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from numbers import Integral
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from reverie.foundation.arrays import Movie, Responses, State
from reverie.foundation.errors import ReverieError, reading_foreign
from reverie.recordings.checks import find_usable
from reverie.recordings.footage import target_size
from reverie.recordings.identity import identity_of
from reverie.recordings.lazy_trials import LazyTrials
from reverie.recordings.readers.arrays import TrialsSource, arrays_source
from reverie.recordings.readers.timed_values import Timed, TimedValues
from reverie.recordings.reading import HELP, Reading, given_reading
from reverie.recordings.source import Source
from reverie.recordings.trial import Trial, TrialArrays
from reverie.recordings.trial_tiers import TrialTiers
from reverie.recordings.usability import ResponseKind, Usable


class Recording:
    """All trials of one animal.

    Opening a recording reads almost nothing. The first question about its trials checks each of them and decides which
    can be used; the others are in ``left_out``, with the reasons.

    Parameters
    ----------
    source
        The recording as a reader of its format returns it.
    reading
        What its files do not say.
    """

    def __init__(self, source: Source, reading: Reading | None = None) -> None:
        self.source = source
        self.reading = given_reading(reading)
        self.notes_said = False

    @classmethod
    def from_trials(
        cls,
        name: str,
        trials: Sequence[Trial],
        *,
        degrees_per_pixel: float | None = None,
        reading: Reading | None = None,
    ) -> "Recording":
        """Return the recording of an animal whose trials are in memory, already cut and on one clock.

        Parameters
        ----------
        name
            The animal's name.
        trials
            Its trials, in recorded order.
        degrees_per_pixel
            Visual angle of one pixel, where it is known.
        reading
            Further settings, such as what to leave out.

        Raises
        ------
        ReverieError
            When there are no trials, or two have one name.
        """
        with reading_foreign("What was given as trials", HELP):
            return cls(TrialsSource(name, trials, degrees_per_pixel), reading)

    @classmethod
    def from_arrays(
        cls,
        name: str,
        responses: Timed | Sequence[Timed] | Mapping[Any, Any],
        *,
        movies: Mapping[Any, Any] | TimedValues,
        shown: Any = None,  # noqa: ANN401 - whatever pandas makes a table of
        running: Timed | None = None,
        pupil: Timed | None = None,
        gaze: Timed | None = None,
        meaning: str = "traces",
        degrees_per_pixel: float | None = None,
        reading: Reading | None = None,
    ) -> "Recording":
        """Return a recording made of arrays, each with its own times in seconds on one clock.

        An array with times is a pair (times, values), or an object with ``.t`` and ``.d``, as in pynapple.

        Parameters
        ----------
        name
            The animal's name.
        responses
            (time, neuron); a list of these for planes scanned one after the other; or spike times, by unit (of a group
            with a ``time_support``, nothing was recorded outside of that).
        movies
            The movies that were shown, by name: arrays (time, height, width), files, or arrays with times.
        shown
            A table of time, clip, frame (a row per frame) or onset, clip (a row per showing), or in the words of NWB or
            BIDS; not needed where movies have times. Arrays without run at ``reading.frame_rate``, by default 30.
        running, pupil
            Running speed and the pupil's dilation, (time,); None where they were not recorded.
        gaze
            The pupil's position, (time, 2).
        meaning
            What the samples of responses are: "traces" of fluorescence, "events" (amounts since the sample, such as
            deconvolved activity), or "held" (already resampled to a clock).
        degrees_per_pixel
            Visual angle of one pixel of the movies.
        reading
            Frame rate, frame size, length of trials, what to leave out.

        Raises
        ------
        ReverieError
            When times and values do not belong together, or what was shown is not given.

        Examples
        --------
        >>> times = np.arange(900) / 30
        >>> screen = np.random.default_rng(0).uniform(0, 255, (900, 36, 64))
        >>> shown = {"onset": [0.0], "clip": ["a"]}
        >>> made = Recording.from_arrays("mouse", (times, np.ones((900, 5))), movies={"a": screen}, shown=shown)
        >>> made.neurons, len(made.tiers), made.signals
        (5, 3, ())
        """
        reading, behaviour = given_reading(reading), {"running": running, "pupil": pupil, "gaze": gaze}
        with reading_foreign("What was given as arrays", HELP):
            given = arrays_source(name, responses, movies, shown, behaviour, meaning, degrees_per_pixel, reading)
            return cls(given, reading)

    @property
    def name(self) -> str:
        """The animal's name."""
        return self.source.name

    @property
    def place(self) -> Path:
        """Where the recording lies."""
        return self.source.place

    @property
    def frame_rate(self) -> float:
        """Frames per second."""
        return self.source.frame_rate

    @property
    def degrees_per_pixel(self) -> float | None:
        """Visual angle of one pixel of the movies as they are returned, None where it is not known."""
        degrees, stored = self.reading.degrees_per_pixel or self.source.degrees_per_pixel, self._usable.frame_size
        if degrees is None or stored is None:
            return None
        return degrees * self._usable.averaged * stored[0] / self.frame_size[0]

    @property
    def neurons(self) -> int:
        """How many neurons can be used; raises ReverieError where the recording holds no responses at all."""
        if not self._usable.neurons:
            raise ReverieError(f"{self.place} holds no responses to any trial; check the copy.")
        return len(self.rows)

    @property
    def listed_neurons(self) -> int:
        """How many neurons the files hold, including those that cannot be used."""
        return self._usable.neurons

    @property
    def rows(self) -> np.ndarray:
        """The rows, in the files, of the neurons that can be used."""
        kept = self._usable.kept
        return np.arange(self._usable.neurons) if kept is None else kept

    @property
    def frame_size(self) -> tuple[int, int]:
        """Height and width of the movies in pixels; raises ReverieError where no movie was shown."""
        if self._usable.frame_size is None:
            raise ReverieError(f"{self.place} holds no movie; say what was shown with --movie.")
        return target_size(self._usable.frame_size, self.reading.frame_size)

    @property
    def signals(self) -> tuple[str, ...]:
        """Which of pupil dilation, running speed, pupil x and pupil y were recorded."""
        return self._usable.signals

    @property
    def response_kind(self) -> ResponseKind:
        """What the responses are: counts of spikes, amounts of events, or traces that may be negative."""
        return self._usable.kind

    @property
    def floor(self) -> np.ndarray | None:
        """What was subtracted from the responses of each neuron, (neuron,): the lowest value of traces, else None."""
        floor, kept = self._usable.floor, self._usable.kept
        return floor if floor is None or kept is None else floor[kept]

    @property
    def left_out(self) -> Mapping[str, str]:
        """The trials that cannot be used, each with the reason."""
        return self._usable.left_out

    @cached_property
    def identity(self) -> str | None:
        """A hash of its contents that tells it from other recordings; see ``identity_of``."""
        return identity_of(self.source, self._usable)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was found and done in reading, one sentence per cause."""
        size = None if self._usable.frame_size is None else self.frame_size
        return self._usable.sentences(self.name, size, self._tiers.notes)

    @property
    def tiers(self) -> dict[str, str]:
        """The tier of each trial that can be used, by trial name, in recorded order."""
        return self._tiers.usable

    @property
    def opened_tiers(self) -> Mapping[str, str]:
        """``tiers``, including trials that proved broken only when they were read; known before anything is read."""
        return self._tiers.opened

    def leave_out(self, name: str, reason: str) -> None:
        """Leave a trial out from now on, because reading it showed that it cannot be used."""
        self._usable.leave_out(name, reason)

    def __getitem__(self, name: str) -> Trial:
        """Return one trial, as ``trial`` does."""
        return self.trial(name)

    def trial(self, name: str, start: int = 0, stop: int | None = None) -> Trial:
        """Return one trial, such as "3", or some frames of it.

        Raises ReverieError when there is no such trial, it was left out, or reading all of it shows that a file is
        broken.
        """
        name = self._known(name)
        whole = isinstance(start, Integral) and isinstance(stop, Integral | None)
        if not whole or start < 0 or (stop is not None and stop < start):
            raise ReverieError(f"Frames {start} to {stop} of trial {name} were asked for; they are numbered from 0.")
        return Trial(
            name=name,
            tier=self.opened_tiers[name],
            movie=self.movie(name, start, stop) if self.has_movie(name) else None,
            state=self.state(name)[:, start:stop],
            responses=self.responses(name, start, stop),
            start=self.source.start(name) + start / self.frame_rate,
            frame_rate=self.frame_rate,
            recording=self.identity,
        )

    def movie(self, name: str, start: int = 0, stop: int | None = None) -> Movie:
        """Return the movie of one trial alone, or some frames of it; raises ReverieError where nothing was shown."""
        name = self._known(name)
        if not self.has_movie(name):
            raise ReverieError(f"Trial {name} of {self.name} (tier {self.tiers[name]}) shows no movie.")
        return self._arrays.movie(name, start, stop)

    def state(self, name: str) -> State:
        """Return the state of one trial alone, (4, time); NaN where a signal was not recorded."""
        return self._arrays.state(self._known(name))

    def responses(self, name: str, start: int = 0, stop: int | None = None) -> Responses | None:
        """Return the responses to one trial alone, (neuron, time), or some frames; None where there are none."""
        return self._arrays.responses(self._known(name), start, stop)

    def as_read(self, responses: Float[np.ndarray, "listed time"]) -> Responses:
        """Return responses in the files' units and order, such as a rig sends, as ``responses`` would return them.

        That is, of the neurons that can be used, and traces counted from each neuron's lowest value (see ``floor``).
        Raises ReverieError when they are not (neuron, time) of all neurons in the files.
        """
        values = np.asarray(responses)
        if values.ndim != 2 or len(values) != self.listed_neurons or values.dtype.kind not in "fiub":
            raise ReverieError(
                f"Responses of {self.name} are numbers of the shape ({self.listed_neurons}, time), but {values.shape} "
                f"of {values.dtype} were given."
            )
        read: Responses = self._usable.as_read(values)
        return read

    def frames(self, name: str) -> int:
        """Return how many frames a trial lasts without reading it."""
        return self._usable.spans[self._known(name)].frames

    def has_responses(self, name: str) -> bool:
        """Tell whether responses to a trial are there."""
        return self._known(name) in self._usable.recorded

    def has_movie(self, name: str) -> bool:
        """Tell whether a trial shows a movie."""
        return self._known(name) in self._usable.shown

    def fold(self, name: str) -> int:
        """Return the published fold of a trial's movie, 0 to 6."""
        return self._tiers.fold(self._known(name))

    def names(self, split: str) -> tuple[str, ...]:
        """Return the names of the trials of a tier, or of ``fold_0`` to ``fold_6``, in recorded order.

        A fold holds trials of the tiers "train" and "oracle" whose movies share it, as in the Sensorium 2023 release.
        "test" and "validation" mean a tier of that kind, such as "live_test_main" or "oracle", where there is none of
        that very name: the first whose trials have responses.
        Raises ReverieError when the split is neither a fold, nor a tier of the releases or of this recording.
        """
        return self._tiers.names(split)

    def trials(self, split: str) -> LazyTrials:
        """Return the trials of a tier or of a fold (see ``names``), each read when it is needed."""
        return LazyTrials(self.trial, self.names(split))

    @cached_property
    def _usable(self) -> Usable:
        with reading_foreign(self.place):
            return find_usable(self.source, self.reading)

    @cached_property
    def _arrays(self) -> TrialArrays:
        return TrialArrays(self.source, self._usable, self.reading.frame_size)

    @cached_property
    def _tiers(self) -> TrialTiers:
        return TrialTiers(self.source, self._arrays)

    def _known(self, name: str) -> str:
        return self._usable.known(self.name, name)
