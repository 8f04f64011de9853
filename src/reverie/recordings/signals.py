"""Signals, each on its own clock, resampled to the frames of a trial."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from jaxtyping import Float

from reverie.foundation.errors import ReverieError
from reverie.recordings.clocks import frame_edges, usual_rate
from reverie.recordings.gaps import LONGEST_BRIDGED
from reverie.recordings.resampling import amounts_in, counts_in, covered, held_at, levels_at
from reverie.recordings.source import SlicedArray

Meaning = Literal["level", "amount", "held"]
"""What a sample is: a level at its time, an amount from then on, or a level that was already resampled to a clock."""

MARGIN = 2.0
"""Seconds read before and after a trial, so that gaps and interpolation at its ends are complete."""

HELD_MARGIN = 0.2
"""Seconds read before and after a trial where only the latest sample is needed."""

REAL = "buif"
"""Kinds of numpy types that hold real numbers."""

STRETCHES = 3
"""Number of short stretches of a large trial that are examined beforehand."""

STRETCH = 4
"""Frames of such a stretch."""

MOST_CLOCKS = 5
"""Up to how often the times of a unit go back where they are those of several recordings."""

ENOUGH_SPIKES = 20
"""Spikes of a unit from which on its times show whether several recordings were put one behind the other."""

PHASES = 32
"""Number of groups in which rows with individual phases are read; a phase is off by at most 1/64 of their range."""


@dataclass(frozen=True)
class Sampled:
    """Rows sampled at common times, such as the neurons of one plane, or a running speed."""

    place: str
    """Where they lie, for messages."""
    times: Float[np.ndarray, " sample"]
    """When each sample was taken, in seconds, in order."""
    values: SlicedArray
    """(sample, row) on disk or in memory, or (row, sample)."""
    meaning: Meaning = "level"
    """What a sample is."""
    rows_first: bool = False
    """Whether ``values`` is (row, sample)."""
    columns: np.ndarray | None = None
    """Which rows are taken, None for all."""
    phases: np.ndarray | None = None
    """How much later each row was sampled, in seconds; None where all were sampled at the same times."""
    scale: float = 1.0
    offset: float = 0.0
    """A stored value times ``scale`` plus ``offset`` is in the source's unit."""

    @property
    def span(self) -> tuple[float, float]:
        """When the first and the last sample were taken, in seconds."""
        return (float(self.times[0]), float(self.times[-1])) if len(self.times) else (np.nan, np.nan)

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return int(self.values.shape[0 if self.rows_first else 1]) if self.columns is None else len(self.columns)

    def in_frames(self, onsets: Float[np.ndarray, " frame"], rate: float) -> Float[np.ndarray, "row frame"]:
        """Return the rows resampled to frames, NaN where nothing was recorded."""
        late = 0.0 if self.phases is None else float(np.max(self.phases, initial=0.0))
        margin = HELD_MARGIN if self.meaning == "held" else MARGIN
        begin, end = np.searchsorted(self.times, [onsets[0] - margin - late, onsets[-1] + margin])
        first, last = max(0, int(begin) - 2), int(end) + 2
        times, values = self.times[first:last], self._read(first, last)
        step = 1.0 / (self._own_rate or rate)
        found = np.empty((self.rows, len(onsets)))
        for rows, phase in self._phase_groups():
            found[rows] = self._resampled(times + phase, values[:, rows], onsets, rate, step)
        return found

    @cached_property
    def _own_rate(self) -> float:
        return usual_rate(self.times)

    def _read(self, first: int, last: int) -> Float[np.ndarray, "sample row"]:
        part = np.asarray(self.values[:, first:last]).T if self.rows_first else np.asarray(self.values[first:last])
        if part.dtype.kind not in REAL:
            raise ReverieError(f"{self.place} holds values of the type {part.dtype}, where real numbers were expected.")
        chosen = part if self.columns is None else part[:, self.columns]
        if (self.scale, self.offset) == (1.0, 0.0):
            # Differences of unsigned integers would wrap around.
            return chosen if chosen.dtype.kind == "f" else chosen.astype(np.float64)
        return np.asarray(chosen * np.float64(self.scale) + np.float64(self.offset))

    def _phase_groups(self) -> Sequence[tuple[Any, float]]:
        if self.phases is None:
            return [(slice(None), 0.0)]
        low, span = float(self.phases.min()), float(np.ptp(self.phases))
        if len(np.unique(self.phases)) <= PHASES:
            return [(np.flatnonzero(self.phases == phase), float(phase)) for phase in np.unique(self.phases)]
        groups = np.minimum(((self.phases - low) / span * PHASES).astype(int), PHASES - 1)
        return [(np.flatnonzero(groups == group), low + (group + 0.5) * span / PHASES) for group in np.unique(groups)]

    def _resampled(
        self, times: np.ndarray, values: np.ndarray, onsets: np.ndarray, rate: float, step: float
    ) -> Float[np.ndarray, "row frame"]:
        if self.meaning == "amount":
            return amounts_in(times, values, frame_edges(onsets, rate), step)
        if self.meaning == "held":
            return held_at(times, values, onsets, step)
        return levels_at(times, values, onsets, rate, step)


@dataclass(frozen=True)
class SpikeTrains:
    """Spikes of sorted units.

    Raises ReverieError when there are no spikes, the time of one is not finite, or all units' times start over.
    """

    place: str
    """Where they lie, for messages."""
    trains: Sequence[np.ndarray]
    """The times of each unit's spikes, in seconds."""
    recorded: tuple[float, float] | None = None
    """Begin and end of the time in which spikes were recorded; by default from a second before the first spike to a
    second after the last."""
    observed: Sequence[Float[np.ndarray, "_ 2"]] | None = None
    """For each unit, the intervals in which it was observed, (interval, 2) in seconds; None for all of the time."""

    def __post_init__(self) -> None:
        """Sort the spikes, since not every library keeps them in order."""
        trains = [np.sort(np.asarray(train, dtype=np.float64)) for train in self.trains]
        ends = np.array([(train[0], train[-1]) for train in trains if len(train)])
        if not len(ends):
            raise ReverieError(f"{self.place} hold no spikes.")
        if not np.isfinite(ends).all():
            raise ReverieError(f"{self.place} hold spikes at times that are not numbers; leave these out.")
        self._require_one_clock()
        object.__setattr__(self, "trains", trains)
        if self.recorded is None:
            span = (float(ends.min()) - LONGEST_BRIDGED, float(ends.max()) + LONGEST_BRIDGED)
            object.__setattr__(self, "recorded", span)

    def _require_one_clock(self) -> None:
        """Raise ReverieError where most units' times go back a few times, as given: several recordings in a row.

        Spikes that a library keeps in no order go back at every other spike; those of one unit that was merged of two
        do so once, but not those of most units.
        """
        rows = [np.asarray(train, dtype=np.float64) for train in self.trains]
        back = [np.flatnonzero(np.diff(row) < -LONGEST_BRIDGED) for row in rows]
        few = [unit for unit, places in enumerate(back) if 1 <= len(places) <= MOST_CLOCKS]
        long = sum(len(row) >= ENOUGH_SPIKES for row in rows)
        if len([unit for unit in few if len(rows[unit]) >= ENOUGH_SPIKES]) <= max(1, long // 2):
            return
        unit = max(few, key=lambda one: len(rows[one]))
        before, after = rows[unit][back[unit][0] : back[unit][0] + 2]
        raise ReverieError(
            f"{self.place} hold times that start over in most units (in unit {unit} after {before:.6g} s, at "
            f"{after:.6g} s), as if recordings with separate clocks had been concatenated; give each on its own, "
            "or make the times continuous."
        )

    @property
    def span(self) -> tuple[float, float]:
        """Begin and end of the time in which spikes were recorded, in seconds."""
        return self.recorded or (np.nan, np.nan)

    @property
    def rows(self) -> int:
        """How many units there are."""
        return len(self.trains)

    def in_frames(self, onsets: Float[np.ndarray, " frame"], rate: float) -> Float[np.ndarray, "row frame"]:
        """Return the number of spikes in each frame, NaN where nothing was recorded."""
        edges = frame_edges(onsets, rate)
        counts = np.stack([counts_in(train, edges) for train in self.trains]).astype(np.float64)
        begin, end = self.recorded or (-np.inf, np.inf)
        counts[:, (edges[:-1] < begin - 1.0 / rate) | (edges[1:] > end + 1.0 / rate)] = np.nan
        if self.observed is not None:
            for row, intervals in zip(counts, self.observed, strict=True):
                row[~covered(onsets, intervals, 1.0 / rate)] = np.nan
        return counts


Signal = Sampled | SpikeTrains


@dataclass(frozen=True)
class ClockedSeries:
    """Signals that are resampled to the frames of one trial when they are read."""

    parts: Sequence[Signal]
    onsets: Float[np.ndarray, " frame"]
    rate: float

    @property
    def place(self) -> str:
        """Where they lie."""
        first, *others = (part.place for part in self.parts)
        return f"{first} (and {len(others)} more)" if others else first

    @property
    def shape(self) -> tuple[int, ...]:
        """(row, frame)."""
        return sum(part.rows for part in self.parts), len(self.onsets)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the values returned."""
        return np.dtype(np.float32)

    @property
    def marks_padding(self) -> bool:
        """There is no padding: a frame in which nothing was recorded is NaN."""
        return True

    def length(self) -> int:
        """Return how many frames there are."""
        return len(self.onsets)

    def read(self, start: int, stop: int) -> np.ndarray:
        """Return the values in some frames, (row, frame)."""
        found = [part.in_frames(self.onsets[start:stop], self.rate) for part in self.parts]
        return np.concatenate(found).astype(np.float32)

    def sample(self) -> np.ndarray:
        """Return a few short stretches."""
        last = max(0, len(self.onsets) - STRETCH)
        starts = sorted({round(share * last) for share in np.linspace(0, 1, STRETCHES)})
        return np.concatenate([self.read(start, start + STRETCH) for start in starts], axis=1)
