"""From the solutions of one trial, one for each encoder, to one reconstruction with a calibrated standard deviation."""

from collections.abc import Sequence
from dataclasses import astuple, fields

import numpy as np
import pandas as pd
from jaxtyping import UInt8

from reverie.encoders.prediction import predict_mean
from reverie.fitted.fitted import Fitted
from reverie.fitted.reconstruction import SEEN_IN_TRAINING, SIMULATED, Reconstruction
from reverie.fitted.uncertainty import uncertainty_of
from reverie.foundation.arrays import Mask, Movie
from reverie.inversion.methods.registry import Method
from reverie.inversion.postprocessing import average, blur
from reverie.inversion.solution import Progress, Solution
from reverie.recordings.contents import readable
from reverie.recordings.opening import responses_of
from reverie.recordings.recording import Recording
from reverie.recordings.trial import Trial

OTHER_MOVIES = 4
"""Number of other movies of the recording that serve as controls."""

SAME_MOVIE = 0.5
"""Pixel correlation above which another trial counts as showing the same movie and is not used as a control."""


def assemble(
    solutions: Sequence[Solution],
    fits: Sequence[Fitted],
    method: Method,
    trial: Trial,
    mask: Mask,
    *,
    joined: bool = False,
    notes: Sequence[str] = (),
) -> Reconstruction:
    """Average the solutions of a trial, calibrate their standard deviation, and add what they are compared with.

    Parameters
    ----------
    solutions
        One for each encoder, or a single one for all.
    fits
        The parts fitted to the animal and each of the encoders.
    mask
        Where the population sees, (height, width).
    joined
        Whether one solution explains responses of several trials, or of several encoders, together.
    notes
        Sentences that the reader must know.
    """
    known = uncertainty_of(solutions, fits, method, trial, joined)
    mean = average(known.solutions)
    frames = blur(mean.movie, method.blur)
    subject = fits[0].subject
    encoders = tuple(fitted.subject.encoder for fitted in fits)
    return Reconstruction(
        animal=subject.animal,
        trial=trial.name,
        method=method.name,
        frames=frames,
        mask=mask,
        trace=pd.concat([_trace_table(solution, number) for number, solution in enumerate(solutions)]),
        std=mean.std,
        half_widths=known.half_widths,
        information=known.information,
        truth=trial.movie,
        state=trial.state,
        responses=responses_of(subject.animal, trial),
        rates=predict_mean(encoders, frames, trial.known_state, subject.animal),
        rates_from_truth=None
        if trial.movie is None
        else predict_mean(encoders, trial.movie, trial.known_state, subject.animal),
        other_movies=None if trial.movie is None else other_movies(subject.recording, trial),
        notes=(
            *((SIMULATED,) if subject.simulated else ()),
            *_warnings(fits),
            *_seen_in_training(fits, trial),
            *notes,
            *known.notes,
        ),
        frame_rate=subject.recording.frame_rate,
        degrees_per_pixel=subject.recording.degrees_per_pixel,
        start=trial.start,
    )


def _warnings(fits: Sequence[Fitted]) -> tuple[str, ...]:
    """Return sentences that name the encoders that can hardly have been trained on these responses."""
    return tuple(warning for fitted in fits for warning in fitted.subject.warnings)


def _seen_in_training(fits: Sequence[Fitted], trial: Trial) -> tuple[str, ...]:
    """Return sentences that name the encoders that saw this trial during training."""
    seen = [
        fitted.subject.encoder.folder.name if fitted.subject.encoder.folder else "the encoder"
        for fitted in fits
        if trial.name in fitted.subject.encoder.about.get("training_trials", {}).get(fitted.subject.animal, ())
    ]
    if not seen:
        return ()
    return (f"{SEEN_IN_TRAINING} {', '.join(seen)}: its scores are not held out.",)


def _trace_table(solution: Solution, number: int) -> pd.DataFrame:
    columns = [column.name for column in fields(Progress)]
    return pd.DataFrame([astuple(step) for step in solution.trace], columns=columns).assign(model=number)


def other_movies(recording: Recording, trial: Trial) -> UInt8[np.ndarray, "number time height width"]:
    """Return movies of other trials, cut to the trial's length, that show something else.

    Trials are evenly chosen from the whole recording; near copies of the trial's movie, copies of one another (the
    repeats of a tier), shorter movies and those that cannot be read are skipped.
    """
    names = [name for name in recording.tiers if name != trial.name and recording.has_movie(name)]
    order = np.random.default_rng(len(names)).permutation(len(names))
    found: list[Movie] = [trial.known_movie]
    for index in order[: 10 * OTHER_MOVIES]:
        if len(found) > OTHER_MOVIES:
            break
        if recording.frames(names[index]) < trial.frames or not readable(recording, [names[index]]):
            continue
        movie = recording.movie(names[index], stop=trial.frames)
        if not _shown_already(movie, found):
            found.append(movie)
    others = np.stack(found)[1:]
    return others.round().clip(0, 255).astype(np.uint8)


def _shown_already(movie: Movie, found: list[Movie]) -> bool:
    with np.errstate(invalid="ignore"):  # a constant grey screen, which resembles no other movie
        return any(np.corrcoef(movie.ravel(), other.ravel())[0, 1] > SAME_MOVIE for other in found)
