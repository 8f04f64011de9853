"""All trials of one animal, read when they are needed; the same whatever format they are stored in."""

from collections.abc import Iterable, Mapping, Sequence
from numbers import Integral
from typing import Any

import numpy as np
from jaxtyping import Float

from reverie.foundation.arrays import Movie, Responses, State
from reverie.foundation.errors import ReverieError, reading_foreign
from reverie.recordings.lazy_trials import LazyTrials
from reverie.recordings.readers.arrays import GivenArrays, arrays_source
from reverie.recordings.readers.timed_values import Timed, TimedValues
from reverie.recordings.readers.trials import TrialsSource
from reverie.recordings.reading import HELP, Reading, given_reading
from reverie.recordings.recording_facts import RecordingFacts
from reverie.recordings.trial import Trial


class Recording(RecordingFacts):
    """All trials of one animal.

    Opening a recording reads almost nothing. When its trials are first asked for, each of them is checked; those that
    cannot be used are in ``left_out``, with the reasons.

    Parameters
    ----------
    source
        The recording as a reader of its format returns it.
    reading
        What its files do not say.
    """

    @classmethod
    def from_trials(
        cls,
        name: str,
        trials: Iterable[Trial],
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
            (time, neuron); a list of these for planes scanned one after the other; or spike times in seconds, by
            unit. Outside the ``time_support`` of a group of pynapple, units count as not recorded.
        movies
            The movies that were shown, by name: arrays (time, height, width), files, or arrays with times.
        shown
            When each movie was shown: a table with the columns time, clip, frame (a row per frame) or onset, clip (a
            row per showing), or as NWB or BIDS name them; not needed where movies have times. Arrays run at
            ``reading.frame_rate``, by default 30 Hz.
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
            given = GivenArrays(name, responses, movies, shown, behaviour, meaning, degrees_per_pixel)
            return cls(arrays_source(given, reading), reading)

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
        tiers = self.opened_tiers
        name = self._known(name)  # the movies of recordings without tiers were read just now, and may be broken
        return Trial(
            name=name,
            tier=tiers[name],
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

        Only neurons that can be used are kept, and traces are counted from each neuron's lowest value (see ``floor``).
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

    def trials(self, split: str) -> LazyTrials:
        """Return the trials of a tier or of a fold (see ``names``), each read when it is needed."""
        return LazyTrials(self.trial, self.names(split))
