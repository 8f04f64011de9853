"""What is known of a recording besides its trials' arrays: neurons, frames, signals, tiers, what is left out."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

import numpy as np

from reverie.foundation.errors import ReverieError, reading_foreign
from reverie.recordings.checks import find_usable
from reverie.recordings.footage import target_size
from reverie.recordings.identity import identity_of
from reverie.recordings.reading import Reading, given_reading
from reverie.recordings.source import Source
from reverie.recordings.trial import TrialArrays
from reverie.recordings.trial_tiers import TrialTiers
from reverie.recordings.usability import ResponseKind, Usable


class RecordingFacts:
    """The facts of a ``Recording``, found when they are first asked for."""

    def __init__(self, source: Source, reading: Reading | None = None) -> None:
        self.source = source
        self.reading = given_reading(reading)
        self.notes_said = False

    def __repr__(self) -> str:
        """Return a description of one line; nothing is read for it, so neurons and trials stand there once known."""
        where = "" if str(self.place) == self.name else f" in {self.place}"
        known: Usable | None = vars(self).get("_usable")
        facts = f": {len(self.rows)} neurons, {len(known.spans)} trials" if known else ""
        return f"<Recording of {self.name}{where}{facts}>"

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
            raise ReverieError(
                f"{self.place} holds no movie; copy what was shown again, or name it with --movie where the format "
                "does not contain it."
            )
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
        """A hash of its contents that distinguishes it from other recordings; see ``identity_of``."""
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

    def frames(self, name: str) -> int:
        """Return how many frames a trial lasts; the trial is not read."""
        return self._usable.spans[self._known(name)].frames

    def has_responses(self, name: str) -> bool:
        """Return whether a trial has responses."""
        return self._known(name) in self._usable.recorded

    def has_movie(self, name: str) -> bool:
        """Return whether a trial shows a movie."""
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
        return self._usable.full_name(self.name, name)
