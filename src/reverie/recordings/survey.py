"""Surveying recordings: what is in them, and everything that looks wrong."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from reverie.foundation.arrays import STATE_NAMES, Movie
from reverie.foundation.errors import ReverieError, counted, reading_foreign, some
from reverie.foundation.progress import tracked
from reverie.recordings.findings import AnimalFindings, Leak, Survey
from reverie.recordings.near_duplicates import Catalogue, ShownTrial, make_catalogue, pairs_across_folds
from reverie.recordings.readers.finding import find_reader, refusals
from reverie.recordings.readers.registry import open_each
from reverie.recordings.reading import Reading
from reverie.recordings.recording import Recording
from reverie.recordings.row_statistics import RowStatistics
from reverie.recordings.tiers import FOLDED_TIERS, FOLDS, KNOWN_TIERS, TRAIN, UNUSED
from reverie.recordings.trial import Trial
from reverie.recordings.usability import LISTED_NAMES

MOST_RESPONSES = 15_000_000
"""Recordings with more responses are sampled: evenly chosen trials with about this many responses in all are read."""

MOST_PIXELS = 300_000_000
"""Likewise for pixels of movies."""


def survey(path: Path, reading: Reading | None = None, *, whole: bool = False) -> Survey:
    """Examine the trials of every recording at a path and return what there is.

    Odd or broken parts are described as problems and skipped. Of very large recordings, only some trials are read.

    Parameters
    ----------
    path
        A recording, or a folder of recordings.
    reading
        What their files do not say.
    whole
        Read every trial, however many there are.

    Raises
    ------
    ReverieError
        When there is no recording at all, and nothing in the file to choose one from.
    """
    reading = reading or Reading()
    chosen = find_reader(path, reading)
    refused = {reader.description: why for reader, why in refusals(path, reading).items() if why is not None}
    try:
        recordings, problems = open_each(path, reading)
    except ReverieError as error:
        candidates = tuple(chosen.candidates(path, reading))
        if not candidates:
            raise
        return Survey(path, chosen.description, refused, (), 0, 0, 0, (), (str(error),), candidates)
    surveys = [_AnimalSurvey(recording, whole) for recording in recordings.values()]
    listed = make_catalogue(shown for one in surveys for shown in one.read())
    for one in surveys:
        problems.extend(one.problems)
    seen_by = Counter(movie for _, movie in {(showing.animal, showing.movie) for showing in listed.showings})
    times = Counter((showing.animal, showing.movie) for showing in listed.showings)
    return Survey(
        folder=path,
        format=chosen.description,
        refusals=refused,
        animals=tuple(one.findings(listed) for one in surveys if one.opened),
        movies=len(listed.hashes),
        shared=sum(animals > 1 for animals in seen_by.values()),
        repeated=len({movie for (_, movie), count in times.items() if count > 1}),
        leaks=tuple(_leaks(listed)),
        problems=tuple(dict.fromkeys(problems)),
    )


class _AnimalSurvey:
    """Reads the trials of one animal once, gathering statistics and problems on the way."""

    def __init__(self, recording: Recording, whole: bool) -> None:
        self.recording = recording
        self.whole = whole
        self.problems: list[str] = []
        self.lengths: list[int] = []
        self.responses: RowStatistics | None = None
        self.state = RowStatistics(len(STATE_NAMES))
        self.movie = RowStatistics(1)
        try:
            with reading_foreign(recording.place):
                oddities = list(recording.source.problems(recording.listed_neurons))
            self.problems += [*recording.notes, *oddities, *_odd_tiers(recording)]
            self.opened = True
        except ReverieError as error:
            self.problems.append(f"{recording.name} cannot be used: {error}")
            self.opened = False

    def read(self) -> Iterator[tuple[str, str, str, bool, Movie]]:
        """Yield what the catalogue needs of every trial that is read and shows a movie."""
        names = self._chosen() if self.opened else ()
        for name in tracked(names, len(names), f"Reading {self.recording.name}"):
            try:
                trial = self.recording.trial(name)
            except ReverieError as error:
                self.problems.append(str(error))
                continue
            self._add(trial)
            if trial.movie is not None:
                yield self.recording.name, name, trial.tier, trial.responses is not None, trial.movie
        if self.responses is not None and (still := int((self.responses.max == self.responses.min).sum())):
            self.problems.append(f"{self.recording.name} has {counted(still, 'neuron')} whose responses never change.")
        if self.movie.count and self.movie.max[0] == self.movie.min[0]:
            self.problems.append(f"All movies of {self.recording.name} are of one grey throughout.")

    def findings(self, listed: Catalogue) -> AnimalFindings:
        """Return what was found, once all trials are read."""
        recording = self.recording
        own = [showing for showing in listed.showings if showing.animal == recording.name]
        folds = Counter(listed.fold(showing.movie) for showing in own if showing.tier in FOLDED_TIERS)
        tiers = recording.tiers
        return AnimalFindings(
            name=recording.name,
            neurons=recording.neurons,
            response_kind=recording.response_kind,
            frame_size=recording.frame_size if any(map(recording.has_movie, tiers)) else None,
            degrees_per_pixel=recording.degrees_per_pixel,
            frame_rate=recording.frame_rate,
            recorded_signals=recording.signals,
            trials=dict(Counter(tiers.values())),
            recorded=dict(Counter(tier for name, tier in tiers.items() if recording.has_responses(name))),
            read=len(self.lengths),
            lengths=tuple(map(recording.frames, tiers)),
            folds=tuple(folds[fold] for fold in range(FOLDS)),
            responses=_across_neurons(self.responses),
            signals=self._signals(),
        )

    def _chosen(self) -> tuple[str, ...]:
        """Return the trials to read: all, or evenly chosen ones of a recording that is very large."""
        recording = self.recording
        names = [name for name, tier in recording.tiers.items() if tier != UNUSED]
        frames = sum(map(recording.frames, names))
        pixels = int(np.prod(recording.frame_size)) if any(map(recording.has_movie, names)) else 0
        share = max(frames * recording.neurons / MOST_RESPONSES, frames * pixels / MOST_PIXELS)
        return tuple(names if self.whole else names[:: max(1, int(np.ceil(share)))])

    def _add(self, trial: Trial) -> None:
        self.lengths.append(trial.frames)
        self.state.add(trial.state)
        if trial.movie is not None:
            self.movie.add(trial.movie.reshape(1, -1))
        if trial.responses is not None:
            if self.responses is None:
                self.responses = RowStatistics(len(trial.responses))
            self.responses.add(trial.responses)

    def _signals(self) -> dict[str, tuple[float, float, float]]:
        """Return mean, standard deviation and median of the signals that were recorded, and of the movies."""
        found = {}
        for names, statistics in ((STATE_NAMES, self.state), (("movie",), self.movie)):
            rows = zip(names, statistics.mean, statistics.std, statistics.median, strict=True)
            for name, mean, std, median in rows if statistics.count else ():
                if name == "movie" or name in self.recording.signals:
                    found[name] = (float(mean), float(std), float(median))
        return found


def _odd_tiers(recording: Recording) -> Iterator[str]:
    """Yield problems: unknown tiers, and trials without responses where others of the tier, or of training, have some.

    Whole tiers without responses are no problem: competitions withhold those of their tests.
    """
    tiers = recording.tiers
    unknown = sorted(set(tiers.values()) - set(KNOWN_TIERS))
    if unknown:
        named = some(unknown, LISTED_NAMES)
        yield f"{recording.name} has tiers of unknown meaning, which are held out from training: {named}."
    if TRAIN not in tiers.values():
        yield f"{recording.name} has no trials of tier {TRAIN!r}, so that no encoder can learn from it."
    for tier, count in Counter(tiers.values()).items():
        mute = [name for name, its in tiers.items() if its == tier and not recording.has_responses(name)]
        if mute and tier != UNUSED and (tier == TRAIN or len(mute) < count):
            yield f"{recording.name} has no responses to trials of tier {tier}: {some(mute, LISTED_NAMES)}."


def _across_neurons(responses: RowStatistics | None) -> dict[str, tuple[float, float, float]]:
    """Return the 5th, 50th and 95th percentile across neurons of each statistic over time."""
    if responses is None:
        return {}
    percentiles = {name: np.percentile(values, [5, 50, 95]) for name, values in responses.named().items()}
    return {name: (float(low), float(middle), float(high)) for name, (low, middle, high) in percentiles.items()}


def _leaks(listed: Catalogue) -> Iterator[Leak]:
    """Yield the near-duplicates in different folds, one pair of trials for each pair of movies."""
    first_seen: dict[int, ShownTrial] = {}
    for showing in listed.showings:
        if showing.tier in FOLDED_TIERS:
            first_seen.setdefault(showing.movie, showing)
    folds = [listed.fold(movie) for movie in range(len(listed.hashes))]
    for pair in pairs_across_folds(listed.pairs, folds):
        if pair.first in first_seen and pair.second in first_seen:
            both = (folds[pair.first], folds[pair.second])
            yield Leak(first_seen[pair.first], first_seen[pair.second], both, pair.correlation)
