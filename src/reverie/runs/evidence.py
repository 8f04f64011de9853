"""What a reconstruction was made from and is compared with, kept beside it so that a run folder stands alone."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8

from reverie.foundation.arrays import Mask, Movie, Rates, Responses, State
from reverie.foundation.errors import ReverieError
from reverie.foundation.files import read_npz, write_npz
from reverie.recordings.readers.sensorium import SensoriumRecording
from reverie.recordings.trial import Trial
from reverie.runs.run_folder import TrialFolder
from reverie.scoring.calibration import Reaches

OTHER_MOVIES = 4
"""How many other movies of the recording serve as controls."""

SAME_MOVIE = 0.5
"""Pixel correlation from which another trial is taken to show the same movie and is no control."""


@dataclass(frozen=True)
class Evidence:
    """Everything that scores and report need beside the reconstructed movie.

    truth: (time, height, width) 0-255. state: (4, time). responses, rates_from_truth, rates_from_reconstruction:
    (neuron, time). other_movies: (number, time, height, width), grey levels rounded to whole numbers.
    notes: sentences the reader must know.
    """

    truth: Movie
    state: State
    responses: Responses
    rates_from_truth: Rates
    rates_from_reconstruction: Rates
    other_movies: UInt8[np.ndarray, "number time height width"]
    notes: tuple[str, ...] = ()


def write_evidence(place: TrialFolder, evidence: Evidence) -> None:
    """Keep the evidence beside the movie."""
    arrays = {name: value for name, value in vars(evidence).items() if isinstance(value, np.ndarray)}
    write_npz(place.evidence, {**arrays, "notes": np.array(evidence.notes, dtype=np.str_)})


def read_evidence(place: TrialFolder) -> Evidence:
    """Read it back; raises ReverieError when the file is missing, damaged or incomplete."""
    arrays = read_npz(place.evidence)
    try:
        notes = tuple(str(note) for note in arrays.pop("notes"))
        return Evidence(**arrays, notes=notes)
    except (KeyError, TypeError) as error:
        raise ReverieError(f"{place.evidence} is incomplete ({error}); reconstruct the trial again.") from error


@dataclass(frozen=True)
class Found:
    """What was reconstructed of a trial, as it was written.

    movie, spread: (time, height, width), grey levels. mask, evidence: (height, width), see ``jobs.doubt``.
    reaches: of the 50, 80 and 95 % intervals, in spreads. What is not known is None.
    """

    movie: Movie
    mask: Mask
    spread: Movie | None = None
    reaches: Reaches | None = None
    evidence: Mask | None = None


def read_result(place: TrialFolder) -> Found:
    """Read a trial's reconstructed movie, its mask, and how far it may be off.

    Raises ReverieError when the file is damaged or incomplete.
    """
    arrays = read_npz(place.movie)
    if not {"movie", "mask"} <= arrays.keys():
        raise ReverieError(f"{place.movie} lacks `movie` or `mask`; reconstruct the trial again.")
    return Found(**{name: array for name, array in arrays.items() if name in Found.__dataclass_fields__})


def other_movies(recording: SensoriumRecording, trial: Trial) -> UInt8[np.ndarray, "number time height width"]:
    """Return movies of other trials, cut to the trial's length, that do not show the same thing.

    Trials are taken evenly from the whole recording; near copies of the trial's movie, copies of one another (the
    repeats of a tier) and shorter movies are passed over.
    """
    names = [name for name in recording.tiers if name != trial.name]
    order = np.random.default_rng(len(names)).permutation(len(names))
    found: list[Movie] = [trial.movie]
    for index in order[: 10 * OTHER_MOVIES]:
        if len(found) > OTHER_MOVIES:
            break
        movie = recording.trial(names[index]).movie
        if len(movie) >= trial.frames and not _shown_already(movie[: trial.frames], found):
            found.append(movie[: trial.frames])
    others = np.stack(found)[1:]
    return others.round().clip(0, 255).astype(np.uint8)


def _shown_already(movie: Movie, found: list[Movie]) -> bool:
    return any(np.corrcoef(movie.ravel(), other.ravel())[0, 1] > SAME_MOVIE for other in found)
