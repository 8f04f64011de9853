"""Learning from clips whose movies are known: the weights of map and ridge, and the scale of standard deviations."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from reverie.fitted.fitted import Fitted
from reverie.fitted.solving import SHORT_CLIP, search_trial, solve_trial
from reverie.fitted.subject import Subject
from reverie.foundation.errors import counted
from reverie.foundation.progress import bar, say, tracked
from reverie.inversion.methods.bands import BandMoments, choose_band_weights
from reverie.inversion.methods.combined import DEFAULT_FOLLOWS, Combined
from reverie.inversion.methods.map import Map
from reverie.inversion.methods.weighing import EVEN_SHARE, Moments, Weights, choose_weights
from reverie.recordings.contents import first_of_each_movie, movie_digest
from reverie.recordings.opening import evenly_spaced, responses_of
from reverie.recordings.usability import ResponseKind
from reverie.scoring.calibration import FEWEST_CLIPS, Calibration, Errors, calibrate, standard_errors
from reverie.scoring.rule import scored_frames, scored_region

AVERAGED_PAIRS = 2
"""Pairs of movies over which the likelihood is averaged where that helps; a single pair brings three quarters of the
gain."""

WEIGHING_CLIPS = 6
"""Largest number of validation clips, evenly chosen, that are reconstructed to find weights."""

FEWEST_TO_FOLLOW = 3
"""Fewest validation movies with which a camera is followed: what helps one may harm others (docs/decisions/200)."""

FEWEST_TO_AVERAGE = 3
"""Fewest validation clips that can show that averaging the likelihood helps."""

Measured = tuple[Moments, BandMoments]
"""Moments of one clip, over all frequencies and by band."""

CALIBRATION_CLIPS = 24
"""Largest number of clips of different movies that are reconstructed to learn how large errors are."""

VALIDATION_CLIPS = 6
"""Largest number of these that are from validation trials; the others are from training trials."""


def fit_weights(fitted: Fitted) -> Weights:
    """Reconstruct the beginnings of validation trials with each likelihood; return the weights with the least error.

    The best likelihood is also averaged over several movies, which is kept where it lowers the error on every clip.
    Only trials that neither encoder nor ridge learned from are used. Errors count inside the evaluation mask.
    """
    kinds = candidates(fitted.likelihood.kinds, fitted.subject.recording.response_kind)
    method = Combined()
    tried = {kind: method.searches(kind, 0) for kind in kinds}
    measured = _measure(fitted, tried, EVEN_SHARE, "weighing map and ridge")
    weights = _chosen(measured)
    not_averaged = [plain for plain, _ in measured[weights.likelihood]]
    averaged = _averaged(fitted, weights, not_averaged)
    if len(averaged) < max(FEWEST_TO_AVERAGE, len(not_averaged)):
        return weights
    return replace(_chosen({weights.likelihood: averaged}), averaged_over=AVERAGED_PAIRS)


def _averaged(fitted: Fitted, weights: Weights, not_averaged: Sequence[Moments]) -> list[Measured]:
    """Return the moments of the same clips with an averaged likelihood, up to the first clip that it does not help.

    How much it helps does not matter: with white noise, hardly any of the error can be removed.
    """
    tried = {weights.likelihood: Combined().searches(weights.likelihood, 0, AVERAGED_PAIRS)}
    found: list[Measured] = []
    clips = _clips(fitted, tried, EVEN_SHARE, "averaging the likelihood")
    for before, measured in zip(not_averaged, clips, strict=False):
        found.append(measured[weights.likelihood])
        if found[-1][0].error(weights.share) >= before.error(weights.share):
            return found[:-1]
    return found


def fit_followed_weights(fitted: Fitted) -> Weights:
    """Reconstruct the same beginnings while the camera is followed, and return the weights with the least error."""
    subject, weights = fitted.subject, fitted.weights
    movies = len(first_of_each_movie(subject.recording, filter(subject.recording.has_movie, subject.validation)))
    if movies < FEWEST_TO_FOLLOW:
        say(
            f"{subject.animal} has {counted(movies, 'validation movie')}, too few to tell whether "
            f"following the camera helps ({FEWEST_TO_FOLLOW} are needed), so it is not followed."
        )
        return replace(weights, error=float("nan"))
    if fitted.scenes.scenes is None:
        return replace(weights, error=float("nan"))
    searches = Combined().searches(weights.likelihood, DEFAULT_FOLLOWS, weights.averaged_over)
    followed = _chosen(_measure(fitted, {weights.likelihood: searches}, weights.share, "following the camera"))
    return replace(followed, averaged_over=weights.averaged_over)


def _chosen(measured: Mapping[str, Sequence[Measured]]) -> Weights:
    weights = choose_weights({name: [plain for plain, _ in clips] for name, clips in measured.items()})
    bands = [each for _, each in measured[weights.likelihood]]
    return replace(weights, bands=choose_band_weights(bands, weights.share))


def _measure(
    fitted: Fitted, tried: Mapping[str, Sequence[Map]], share: float, description: str
) -> dict[str, list[Measured]]:
    """Return, for each likelihood tried, moments of the movies found for all validation clips, as ``_clips`` does."""
    clips = list(_clips(fitted, tried, share, description))
    return {kind: [measured[kind] for measured in clips] for kind in tried}


def _clips(
    fitted: Fitted, tried: Mapping[str, Sequence[Map]], share: float, description: str
) -> Iterator[dict[str, Measured]]:
    """Yield, for each validation clip, moments of the movies found with each likelihood, relative to the truth.

    Parameters
    ----------
    tried
        Searches by likelihood.
    share
        Weight of the most probable movie in the mean in which the camera's motion is measured.
    """
    subject, region = fitted.subject, scored_region(fitted.mask)
    names = subject.trials(subject.validation, WEIGHING_CLIPS).keys
    centre, rate = fitted.prior.mean.cpu().numpy(), subject.recording.frame_rate
    with bar(description, len(names) * len(tried)) as advance:
        for name in names:
            trial = subject.recording.trial(name, stop=SHORT_CLIP)
            if trial.movie is None:
                continue
            scored = scored_frames(trial.frames)
            linear = fitted.ridge.decode(responses_of(subject.animal, trial))
            measured: dict[str, Measured] = {}
            for kind, searches in tried.items():
                movies = search_trial(fitted, trial, searches, linear, share)[-1].movie, linear, trial.movie
                plain = Moments.of(*(each[scored][:, region] for each in movies))
                probable, decoded, truth = ((each - centre).astype(np.float32) for each in movies)
                measured[kind] = plain, BandMoments.of(probable, decoded, truth, (scored, region), rate)
                advance()
            yield measured


def candidates(kinds: Iterable[str], responses: ResponseKind) -> list[str]:
    """Return the likelihoods that are tried, the default first.

    >>> candidates(["sizes", "events", "both"], "counts"), candidates(["sizes", "traces"], "traces")
    (['both', 'sizes', 'events'], ['sizes', 'traces'])
    """
    names = list(kinds)
    if "both" not in names:
        return names
    # For amounts, sizes alone were always worse than both (docs/log/map.md); for counts, nothing is known beforehand.
    return ["both", "sizes", "events"] if responses == "counts" else ["both", "events"]


def fit_calibration(fitted: Fitted) -> Calibration | None:
    """Reconstruct short clips whose movies are known by `map`, and learn how large errors are in standard deviations.

    Pixels inside the animal's evaluation mask count. None when there are fewer than two movies to learn from.
    """
    names = calibration_trials(fitted.subject)
    if len(names) < FEWEST_CLIPS:
        return None
    say(f"Calibrating the standard deviations of {fitted.subject.animal} on {len(names)} short clips.")
    return calibrate({name: errors_of(fitted, name) for name in tracked(names, len(names), "calibrating")})


def calibration_trials(subject: Subject) -> list[str]:
    """Return trials of different movies: those the encoder was validated on, then those it was trained on.

    Validation movies are few. Training movies are as varied as the movies to be reconstructed, but an encoder that has
    memorised their noise would make intervals too narrow. So both are used, each evenly chosen.
    """
    held_out = first_of_each_movie(subject.recording, subject.validation)
    chosen = evenly_spaced(held_out, VALIDATION_CLIPS)
    shown = {movie_digest(subject.recording, name) for name in held_out}
    training = first_of_each_movie(subject.recording, subject.training)
    training = [name for name in training if movie_digest(subject.recording, name) not in shown]
    return [*chosen, *evenly_spaced(training, CALIBRATION_CLIPS - len(chosen))]


def errors_of(fitted: Fitted, name: str) -> Errors:
    """Return the standard errors of the beginning of a trial, reconstructed by `map` with its default settings."""
    trial = fitted.subject.recording.trial(name, stop=SHORT_CLIP)
    found = solve_trial(fitted, trial, Map())
    assert found.std is not None
    scored = scored_frames(len(found.movie))
    region = scored_region(fitted.mask)
    return standard_errors(found.movie[scored], trial.known_movie[scored], found.std[scored], region)
