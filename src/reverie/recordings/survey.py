"""Surveying a folder of recordings: what is there, and everything that is wrong with it."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import numpy as np

from reverie.foundation.arrays import STATE_NAMES, WHITE, Movie
from reverie.foundation.errors import ReverieError
from reverie.foundation.progress import tracked
from reverie.recordings import layout
from reverie.recordings.catalogue import Catalogue, Showing, catalogue
from reverie.recordings.findings import AnimalFindings, Leak, Survey
from reverie.recordings.near_duplicates import leaks
from reverie.recordings.readers.sensorium import SensoriumRecording, recording_folders
from reverie.recordings.row_statistics import RowStatistics
from reverie.recordings.survey_checks import folder_problems
from reverie.recordings.survey_text import render
from reverie.recordings.trial import Trial

__all__ = ["render", "survey"]

Found = TypeVar("Found")


def survey(folder: Path) -> Survey:
    """Read every trial under ``folder`` once and say what there is; broken files become problems and are passed over.

    Raises ReverieError only when there is no recording at all.
    """
    readers: list[_Reader] = []
    problems: list[str] = []
    for path in recording_folders(folder):
        try:
            readers.append(_Reader(SensoriumRecording(path)))
        except ReverieError as error:
            problems.append(str(error))
    listed = catalogue(shown for reader in readers for shown in reader.read())
    for reader in readers:
        problems.extend(reader.problems)
    seen_by = Counter(movie for _, movie in {(showing.animal, showing.movie) for showing in listed.showings})
    times = Counter((showing.animal, showing.movie) for showing in listed.showings)
    return Survey(
        folder=folder,
        animals=tuple(reader.findings(listed) for reader in readers),
        movies=len(listed.hashes),
        shared=sum(animals > 1 for animals in seen_by.values()),
        repeated=len({movie for (_, movie), count in times.items() if count > 1}),
        leaks=tuple(_leaks(listed)),
        problems=tuple(dict.fromkeys(problems)),
    )


class _Reader:
    """Reads the trials of one animal once, gathering statistics and problems on the way."""

    def __init__(self, recording: SensoriumRecording) -> None:
        self.recording = recording
        self.problems: list[str] = folder_problems(recording)
        self.lengths: list[int] = []
        self.recorded: Counter[str] = Counter()
        self.responses: RowStatistics | None = None
        self.state = RowStatistics(len(STATE_NAMES))
        self.movie = RowStatistics(1)

    def read(self) -> Iterator[tuple[str, str, str, bool, Movie]]:
        """Yield what the catalogue wants of every readable trial."""
        tiers = self.recording.tiers
        used = [name for name, tier in tiers.items() if tier != layout.UNUSED]
        for name in tracked(used, len(used), f"Reading {self.recording.name}"):
            try:
                trial = self.recording.trial(name)
            except ReverieError as error:
                self.problems.extend(dict.fromkeys([str(error), *self._other_problems(name)]))
                continue
            self._take_in(trial)
            yield self.recording.name, name, trial.tier, trial.responses is not None, trial.movie
        self._judge_movies()

    def findings(self, listed: Catalogue) -> AnimalFindings:
        """Return what was found, once all trials are read."""
        own = [showing for showing in listed.showings if showing.animal == self.recording.name]
        folds = Counter(listed.fold(showing.movie) for showing in own if showing.tier in layout.FOLDED_TIERS)
        return AnimalFindings(
            name=self.recording.name,
            neurons=_or_none(lambda: self.recording.neurons),
            frame_size=_or_none(lambda: self.recording.frame_size),
            frame_rate=self.recording.frame_rate,
            trials=dict(Counter(self.recording.tiers.values())),
            recorded=dict(self.recorded),
            lengths=tuple(self.lengths),
            folds=tuple(folds[fold] for fold in range(layout.FOLDS)),
            responses=_across_neurons(self.responses),
            signals=self._signals(),
        )

    def _take_in(self, trial: Trial) -> None:
        self.lengths.append(trial.frames)
        self.state.add(trial.state)
        self.movie.add(trial.movie.reshape(1, -1))
        if trial.responses is not None:
            self.recorded[trial.tier] += 1
            if self.responses is None:
                self.responses = RowStatistics(len(trial.responses))
            self.responses.add(trial.responses)

    def _other_problems(self, name: str) -> Iterator[str]:
        """Yield what is wrong with each array of a trial on its own."""
        for part in (self.recording.movie, self.recording.state, self.recording.responses):
            try:
                part(name)
            except ReverieError as error:
                yield str(error)

    def _judge_movies(self) -> None:
        """Find movies that are not in grey levels, and neurons that never respond."""
        videos = self.recording.folder / layout.VIDEOS
        low, high = float(self.movie.min[0]), float(self.movie.max[0])
        if self.lengths and (low < 0 or high > WHITE):
            self.problems.append(f"{videos} holds values from {low:.4g} to {high:.4g}; grey levels 0-255 are expected.")
        elif self.lengths and high <= 1:
            self.problems.append(f"{videos} holds values up to {high:.4g}; were they divided by 255?")
        if self.responses is not None and (silent := int((self.responses.max == 0).sum())):
            self.problems.append(f"{self.recording.folder / layout.RESPONSES} has {silent} neurons that never respond.")

    def _signals(self) -> dict[str, tuple[float, float, float]]:
        if not self.lengths:
            return {}
        state, movie = self.state, self.movie
        rows = zip(state.mean, state.std, state.median, strict=True)
        signals = {name: (float(a), float(b), float(c)) for name, (a, b, c) in zip(STATE_NAMES, rows, strict=True)}
        return {**signals, "movie": (float(movie.mean[0]), float(movie.std[0]), float(movie.median[0]))}


def _across_neurons(responses: RowStatistics | None) -> dict[str, tuple[float, float, float]]:
    """Return the 5th, 50th and 95th percentile across neurons of each statistic over time."""
    if responses is None:
        return {}
    percentiles = {name: np.percentile(values, [5, 50, 95]) for name, values in responses.named().items()}
    return {name: (float(low), float(middle), float(high)) for name, (low, middle, high) in percentiles.items()}


def _leaks(listed: Catalogue) -> Iterator[Leak]:
    """Yield the near-duplicates in different folds, one pair of trials for each pair of movies."""
    first_seen: dict[int, Showing] = {}
    for showing in listed.showings:
        if showing.tier in layout.FOLDED_TIERS:
            first_seen.setdefault(showing.movie, showing)
    folds = [listed.fold(movie) for movie in range(len(listed.hashes))]
    for pair in leaks(listed.pairs, folds):
        if pair.first in first_seen and pair.second in first_seen:
            both = (folds[pair.first], folds[pair.second])
            yield Leak(first_seen[pair.first], first_seen[pair.second], both, pair.correlation)


def _or_none(read: Callable[[], Found]) -> Found | None:
    """Return what is read, or None where reading it raises (the problem is listed already)."""
    try:
        return read()
    except ReverieError:
        return None
