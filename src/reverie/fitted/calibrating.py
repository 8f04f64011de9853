"""Learning on clips whose movies are known: how to weigh map and ridge, and what makes standard deviations honest."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from reverie.fitted.fitted import Fitted
from reverie.fitted.solving import SHORT, search_trial, solve_trial
from reverie.fitted.subject import Subject
from reverie.foundation.errors import counted
from reverie.foundation.progress import say, tracked
from reverie.inversion.methods.bands import BandMoments, choose_band_weights
from reverie.inversion.methods.combined import OFTEN, Combined
from reverie.inversion.methods.map import Map
from reverie.inversion.methods.weighing import EVEN, Moments, Weights, choose_weights
from reverie.recordings.contents import movie_digest
from reverie.recordings.opening import responses_of
from reverie.recordings.usability import ResponseKind
from reverie.scoring.calibration import FEWEST_CLIPS, Calibration, Errors, calibrate, standard_errors
from reverie.scoring.rule import frames_to_skip, scored_region

WEIGHED: Final = 6
"""Validation clips that are reconstructed, at most, evenly chosen."""

FEWEST_TO_FOLLOW: Final = 3
"""Validation movies without which no camera is followed: what helps one or two may harm others (docs/decisions/200)."""

VALIDATION, CLIPS = 6, 24
"""Clips of different movies that are reconstructed, at most: of validation trials, and in all."""


def fit_weights(fitted: Fitted) -> Weights:
    """Reconstruct beginnings of validation trials with each likelihood tried, and choose what comes nearest to them.

    Only trials count that neither encoder nor ridge learned from, inside the evaluation mask.
    """
    kinds = candidates(fitted.likelihood.kinds, fitted.subject.recording.response_kind)
    method = Combined()
    tried = {kind: method.searches(kind, 0) for kind in kinds}
    return _chosen(_measure(fitted, tried, EVEN, "weighing map and ridge"))


def fit_followed_weights(fitted: Fitted) -> Weights:
    """Reconstruct the same beginnings while the camera is followed, and choose the share that comes nearest to them."""
    subject, weights = fitted.subject, fitted.weights
    movies = len(_different(subject, [name for name in subject.validation if subject.recording.has_movie(name)]))
    if movies < FEWEST_TO_FOLLOW:
        say(
            f"{subject.animal} has {counted(movies, 'validation movie')}, too few to tell whether "
            f"following the camera helps ({FEWEST_TO_FOLLOW} are needed), so it is not followed."
        )
        return replace(weights, error=float("nan"))
    if fitted.scenes.scenes is None:
        return replace(weights, error=float("nan"))
    searches = Combined().searches(weights.likelihood, OFTEN)
    return _chosen(_measure(fitted, {weights.likelihood: searches}, weights.share, "following the camera"))


def _chosen(measured: Mapping[str, Sequence[tuple[Moments, BandMoments]]]) -> Weights:
    weights = choose_weights({name: [plain for plain, _ in clips] for name, clips in measured.items()})
    bands = [each for _, each in measured[weights.likelihood]]
    return replace(weights, bands=choose_band_weights(bands, weights.share))


def _measure(
    fitted: Fitted, tried: Mapping[str, Sequence[Map]], share: float, description: str
) -> dict[str, list[tuple[Moments, BandMoments]]]:
    """Return by name how the movies that searches find of the beginnings of validation trials lie about the truth."""
    subject, region = fitted.subject, scored_region(fitted.mask)
    names = subject.trials(subject.validation, WEIGHED).places
    centre, rate = fitted.prior.mean.cpu().numpy(), subject.recording.frame_rate
    measured: dict[str, list[tuple[Moments, BandMoments]]] = {name: [] for name in tried}
    for name in tracked(names, len(names), description):
        trial = subject.recording.trial(name, stop=SHORT)
        if trial.movie is None:
            continue
        scored = slice(frames_to_skip(trial.frames), None)
        linear = fitted.ridge.decode(responses_of(subject.animal, trial))
        for kind, searches in tried.items():
            movies = search_trial(fitted, trial, searches, linear, share)[-1].movie, linear, trial.movie
            plain = Moments.of(*(each[scored][:, region] for each in movies))
            probable, decoded, truth = ((each - centre).astype(np.float32) for each in movies)
            measured[kind].append((plain, BandMoments.of(probable, decoded, truth, (scored, region), rate)))
    return measured


def candidates(kinds: Iterable[str], responses: ResponseKind) -> list[str]:
    """Return the likelihoods that are tried, the usual one first.

    >>> candidates(["sizes", "events", "both"], "counts"), candidates(["sizes", "traces"], "traces")
    (['both', 'sizes', 'events'], ['sizes', 'traces'])
    """
    names = list(kinds)
    if "both" not in names:
        return names
    # Of amounts, their sizes alone were always less than both (docs/log/map.md); of counts nothing is known beforehand.
    return ["both", "sizes", "events"] if responses == "counts" else ["both", "events"]


def fit_calibration(fitted: Fitted) -> Calibration | None:
    """Find short clips whose movies are known by `map`, and learn what their errors are in standard deviations.

    None when fewer than two movies are there to learn from. Pixels inside the animal's evaluation mask count.
    """
    names = calibration_trials(fitted.subject)
    if len(names) < FEWEST_CLIPS:
        return None
    say(f"Calibrating the standard deviations of {fitted.subject.animal} on {len(names)} short clips.")
    return calibrate({name: errors_of(fitted, name) for name in tracked(names, len(names), "calibrating")})


def calibration_trials(subject: Subject) -> list[str]:
    """Return trials of different movies: those the encoder was validated on, then those it was trained on.

    Validation movies are few, and training movies as varied as those asked for; an encoder that has learned their
    noise by heart would make intervals too narrow, which is why both are taken. Evenly chosen of each kind.
    """
    held_out = _different(subject, subject.validation)
    chosen = evenly(held_out, VALIDATION)
    shown = {movie_digest(subject.recording, name) for name in held_out}
    taught = _different(subject, subject.training)
    taught = [name for name in taught if movie_digest(subject.recording, name) not in shown]
    return [*chosen, *evenly(taught, CLIPS - len(chosen))]


def errors_of(fitted: Fitted, name: str) -> Errors:
    """Return the standard errors of the beginning of a trial, found by `map` with its usual settings."""
    trial = fitted.subject.recording.trial(name, stop=SHORT)
    found = solve_trial(fitted, trial, Map())
    assert found.std is not None
    scored = slice(frames_to_skip(len(found.movie)), None)
    region = scored_region(fitted.mask)
    return standard_errors(found.movie[scored], trial.known_movie[scored], found.std[scored], region)


def _different(subject: Subject, names: Sequence[str]) -> list[str]:
    """Return the first trial of each movie."""
    firsts: dict[str, str] = {}
    for name in names:
        firsts.setdefault(movie_digest(subject.recording, name), name)
    return list(firsts.values())


def evenly(names: Sequence[str], most: int) -> list[str]:
    """Return at most so many of the names, evenly chosen."""
    places = np.linspace(0, len(names) - 1, min(most, len(names))).round().astype(int)
    return [names[place] for place in places]
