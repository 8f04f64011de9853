"""From the solutions of one trial, one for each encoder, to one reconstruction with an honest standard deviation."""

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields, replace
from typing import Final

import numpy as np
import pandas as pd
from jaxtyping import UInt8

from reverie.encoders.prediction import predict_mean
from reverie.fitted.fitted import Fitted
from reverie.fitted.fitting import as_learned, calibration_of
from reverie.fitted.reconstruction import Reconstruction
from reverie.foundation.arrays import Mask, Movie
from reverie.inversion.methods.combined import Combined
from reverie.inversion.methods.map import Map
from reverie.inversion.methods.registry import Method
from reverie.inversion.postprocessing import average, blur
from reverie.inversion.problem import Progress, Solution
from reverie.inversion.uncertainty import information_map
from reverie.recordings.contents import readable
from reverie.recordings.opening import responses_of
from reverie.recordings.recording import Recording
from reverie.recordings.trial import Trial
from reverie.scoring.calibration import LEVELS, Calibration, HalfWidths

OTHER_MOVIES: Final = 4
"""How many other movies of the recording serve as controls."""

SAME_MOVIE: Final = 0.5
"""Pixel correlation from which another trial is taken to show the same movie and is no control."""

OVER_MODELS: Final = (
    "The standard deviation is that over the models' movies: how far they are apart, not from the truth."
)
UNCALIBRATED: Final = (
    "The standard deviation is that of movies drawn from the posterior; it trusts the encoder and the prior, and was "
    "not calibrated against true movies."
)
DRAWN: Final = "The standard deviation is that of movies drawn from the posterior times {:.2f}"
LEARNED: Final = (
    "The standard deviation is what errors were on clips whose movies are known, where map and ridge were as far apart "
    "as here, contrast and greys were alike, and responses left as much open"
)
UNLEARNED: Final = (
    "{} has too few clips with known movies to learn errors from, so movies made from its responses tell no standard "
    "deviation of errors."
)
OF_USUAL: Final = "It was learned with the usual settings of the method; here others were asked for."
OF_SINGLES: Final = "The calibration is that of single trials explained by single encoders; here several are joined."


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
    """Average the solutions of a trial, calibrate their standard deviation, and gather what they are compared with.

    Parameters
    ----------
    solutions
        One for each encoder, or a single one for all.
    fits
        What was fitted to the animal and each of the encoders.
    mask
        Where the population sees, (height, width).
    joined
        Whether responses of several trials, or several encoders, were explained together in one solution.
    notes
        Sentences the reader must know.
    """
    known = _uncertainty(solutions, fits, method, trial, joined)
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
        notes=(*_warnings(fits), *_seen_in_training(fits, trial), *notes, *known.notes),
        frame_rate=subject.recording.frame_rate,
        degrees_per_pixel=subject.recording.degrees_per_pixel,
        start=trial.start,
    )


@dataclass(frozen=True)
class _Uncertainty:
    """Solutions with honest standard deviations where they could be calibrated, and what else is known."""

    solutions: Sequence[Solution]
    half_widths: HalfWidths | None = None
    information: Mask | None = None
    notes: tuple[str, ...] = ()


def _uncertainty(
    solutions: Sequence[Solution], fits: Sequence[Fitted], method: Method, trial: Trial, joined: bool
) -> _Uncertainty:
    if any(solution.std is None for solution in solutions):
        notes = (*unlearned(fits, method), *((OVER_MODELS,) if len(solutions) > 1 else ()))
        return _Uncertainty(solutions, notes=notes)
    information = np.mean([_information(*each) for each in zip(solutions, fits, strict=False)], axis=0)
    kept = [calibration_of(fitted, method) for fitted in fits[: len(solutions)]]
    calibrations = [calibration for calibration in kept if calibration is not None]
    if len(calibrations) < len(solutions):
        return _Uncertainty(solutions, None, information, (UNCALIBRATED,))
    half_widths = np.mean([calibration.half_widths for calibration in calibrations], axis=0)
    notes = (_sentence(calibrations[0], method, trial.name), *_reserves(fits[0], method, joined or len(solutions) > 1))
    # That of learned errors is honest as it is.
    honest = solutions if isinstance(method, Combined) else list(map(_scaled, solutions, calibrations))
    return _Uncertainty(honest, half_widths, information, notes)


def unlearned(fits: Iterable[Fitted], method: Method) -> tuple[str, ...]:
    """Say of which animals no errors could be learned, without which movies of `combined` have no standard deviation.

    One sentence an animal.
    """
    if not isinstance(method, Combined) or not method.calibrated:
        return ()
    animals = dict.fromkeys(fitted.subject.animal for fitted in fits if fitted.errors is None)
    return tuple(map(UNLEARNED.format, animals))


def _reserves(fitted: Fitted, method: Method, joined: bool) -> tuple[str, ...]:
    """Say in what the movie differs from those that the calibration was learned from."""
    unusual = isinstance(method, Combined) and not as_learned(fitted, method)
    return (*((OF_SINGLES,) if joined else ()), *((OF_USUAL,) if unusual else ()))


def _information(solution: Solution, fitted: Fitted) -> Mask:
    if solution.information is not None:
        return solution.information
    assert solution.std is not None
    return information_map(solution.movie, solution.std, fitted.prior, Map().softness)


def _scaled(solution: Solution, calibration: Calibration) -> Solution:
    assert solution.std is not None
    return replace(solution, std=np.asarray(solution.std * calibration.factor, dtype=np.float32))


def _sentence(calibration: Calibration, method: Method, trial: str) -> str:
    """Say what the standard deviation is, and how often the truth lay within it."""
    levels = ", ".join(f"{100 * level:g}" for level in LEVELS)
    found, before, half_widths = (
        ", ".join(form.format(value) for value in values)
        for form, values in (
            ("{:.0f}", 100 * calibration.coverage),
            ("{:.0f}", 100 * calibration.uncalibrated),
            ("{:.2f}", calibration.half_widths),
        )
    )
    among = ", this trial among them" if trial in calibration.clips else ""
    what = LEARNED if isinstance(method, Combined) else DRAWN.format(calibration.factor)
    return (
        f"{what}, so that 68 % of the true pixels lie within one of it. On {len(calibration.clips)} validation and "
        f"training clips{among}, each judged by what the others taught, {found} % of the true pixels lay inside the "
        f"{levels} % intervals ({before} % without calibration), which reach {half_widths} standard deviations to "
        "either side."
    )


def _warnings(fits: Sequence[Fitted]) -> tuple[str, ...]:
    """Say which encoders can hardly have been trained on these responses."""
    return tuple(warning for fitted in fits for warning in fitted.subject.warnings)


def _seen_in_training(fits: Sequence[Fitted], trial: Trial) -> tuple[str, ...]:
    """Say which encoders saw this trial while they were trained."""
    seen = [
        fitted.subject.encoder.folder.name if fitted.subject.encoder.folder else "the encoder"
        for fitted in fits
        if trial.name in fitted.subject.encoder.about.get("training_trials", {}).get(fitted.subject.animal, ())
    ]
    if not seen:
        return ()
    return (f"This trial was among the training trials of {', '.join(seen)}: its scores are not held out.",)


def _trace_table(solution: Solution, number: int) -> pd.DataFrame:
    columns = [column.name for column in fields(Progress)]
    return pd.DataFrame([astuple(step) for step in solution.trace], columns=columns).assign(model=number)


def other_movies(recording: Recording, trial: Trial) -> UInt8[np.ndarray, "number time height width"]:
    """Return movies of other trials, cut to the trial's length, that do not show the same thing.

    Trials are taken evenly from the whole recording; near copies of the trial's movie, copies of one another (the
    repeats of a tier), shorter movies and those that cannot be read are passed over.
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
    with np.errstate(invalid="ignore"):  # of a screen that stays grey, which is like no other movie
        return any(np.corrcoef(movie.ravel(), other.ravel())[0, 1] > SAME_MOVIE for other in found)
