"""How large the errors of `combined` are, learned by reconstructing short clips whose movies are known."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from reverie.fitted.calibrating import calibration_trials
from reverie.fitted.fitted import Fitted
from reverie.fitted.solving import SHORT_CLIP, plan_of, search_trial, weigh
from reverie.fitted.subject import Subject
from reverie.fitted.uncertainty import information_of
from reverie.foundation.arrays import Mask, Movie
from reverie.foundation.errors import NotApplicable
from reverie.foundation.progress import say, tracked
from reverie.inversion.linear.ridge import RidgeDecoder
from reverie.inversion.linear.ridge_fit import fit_ridge
from reverie.inversion.methods.combined import Combined
from reverie.inversion.methods.map import Map
from reverie.inversion.solution import Solution
from reverie.recordings.contents import movie_digest
from reverie.recordings.near_duplicates import best_correlations, signature
from reverie.recordings.opening import evenly_spaced, responses_of
from reverie.scoring.calibration import FEWEST_CLIPS, Errors, calibrate
from reverie.scoring.error_model import ClipErrors, LearnedErrors, features_of, fit_error_model
from reverie.scoring.rule import scored_frames, scored_region

DRAWN_CLIPS = 6
"""Number of clips for which movies are drawn from the posterior. Few are enough, since the posterior's width at a pixel
differs little between clips."""

MOST_LEFT_OUT = 0.12
"""Largest share of the training movies that are left out of the fit of a decoder, which is then tested on them, unless
that takes more than ``MOST_FOLDS`` fits. Without 18 of 60, errors of `harsh` animals were so large that 80 % intervals
held 88 %."""

MOST_FOLDS = 4
"""Largest number of decoders that are fitted without some of the training movies."""

NEARLY_SAME = 0.9
"""Correlation of coarse edges from which on movies are nearly the same. Copies with noise, other brightness, blur or
shifts in time still reach it (see ``recordings.near_duplicates``); other moments of a scene mostly do not."""


def fit_errors(fitted: Fitted) -> LearnedErrors | None:
    """Reconstruct short clips by `combined`; learn what its errors depend on and how often intervals hold them.

    Each clip is tested with a model fitted to the others, inside the animal's evaluation mask. None when there are
    fewer than two movies to learn from.
    """
    names = calibration_trials(fitted.subject)
    if len(names) < FEWEST_CLIPS:
        say(f"{fitted.subject.animal} has too few trials with known movies to learn its errors from.")
        return None
    say(f"Learning the errors of the movies of {fitted.subject.animal} from {len(names)} short clips.")
    ridges, drawn = held_out_ridges(fitted, names), evenly_spaced(names, DRAWN_CLIPS)
    # Each clip has its own draws: with the same random numbers, six would hold hardly more information than one.
    drawing = {name: replace(Map(), seed=seed) for seed, name in enumerate(drawn)}
    clips = {
        name: _search_known(fitted, name, ridges[name], drawing.get(name, Map(draws=0)))
        for name in tracked(names, len(names), "learning errors")
    }
    found = [clips[name].found for name in drawn]
    posterior = np.mean([_posterior(each) for each in found], axis=0)
    information = np.mean([information_of(each, fitted) for each in found], axis=0)
    measured = {name: clip.errors(fitted, posterior) for name, clip in clips.items()}
    # In a small mask and a short clip, there may be no scored pixel.
    scored = {name: errors for name, errors in measured.items() if errors.scored.any()}
    if len(scored) < FEWEST_CLIPS:
        return None
    calibration = calibrate({name: _standard_when_left_out(scored, name) for name in scored})
    return LearnedErrors(fit_error_model([*scored.values()]), calibration, posterior, information)


def _standard_when_left_out(measured: Mapping[str, ClipErrors], name: str) -> Errors:
    """Return the errors of one clip in standard deviations of a model fitted to all the other clips."""
    model = fit_error_model([errors for other, errors in measured.items() if other != name])
    return measured[name].standard(model)


def held_out_ridges(fitted: Fitted, names: Sequence[str]) -> dict[str, RidgeDecoder]:
    """Return for each trial a ridge decoder that was not fitted to its movie, nor to one that is nearly the same.

    A decoder's errors are far smaller on movies that it was fitted to than on others. Trials whose movies are not among
    the training movies use the fitted decoder. The others are left out a few at a time, so that each decoder is fitted
    to nearly all training trials. Where too few trials remain without nearly equal movies, only exact copies are left
    out; where too few remain even then, none are.
    """
    subject = fitted.subject
    digests = {name: movie_digest(subject.recording, name) for name in (*subject.training, *names)}
    copies = {name: {other for other in subject.training if digests[other] == digests[name]} for name in names}
    alike = {name: copies[name] | others for name, others in _nearly_the_same(subject, names).items()}
    trained_on = [name for name in names if alike[name]]
    movies = len({digests[name] for name in subject.training})
    folds = min(MOST_FOLDS, -(-len(trained_on) // max(1, int(MOST_LEFT_OUT * movies))))
    decoders = dict.fromkeys(names, fitted.ridge)
    for fold in range(folds):
        own = trained_on[fold::folds]
        tried = (ridge_without(fitted, set().union(*(which[name] for name in own))) for which in (alike, copies))
        decoders.update(dict.fromkeys(own, next(filter(None, tried), fitted.ridge)))
    return decoders


def ridge_without(fitted: Fitted, left_out: Collection[str]) -> RidgeDecoder | None:
    """Return a ridge decoder like the fitted one, fitted without some trials; None where too few are left."""
    subject, features = fitted.subject, fitted.ridge.features
    left = [name for name in subject.training if name not in left_out]
    if len(left) < FEWEST_CLIPS:
        return None
    settings = replace(
        fitted.ridge.settings,
        powers=(features.power,),
        lags=(features.lags,),
        kernels=(fitted.ridge.kernel is not None,),
    )
    try:
        return fit_ridge(subject.animal, subject.trials(left), settings)
    except NotApplicable:  # the remaining trials show a single movie
        return None


def _nearly_the_same(subject: Subject, names: Sequence[str]) -> dict[str, set[str]]:
    """Return for each trial the training trials with nearly the same movie, such as one shifted by a frame."""
    training = [name for name in subject.training if subject.recording.has_movie(name)]
    alike = best_correlations([signature(subject.recording.movie(name)) for name in (*names, *training)]) >= NEARLY_SAME
    rows = alike[: len(names), len(names) :]
    return {
        name: {other for other, same in zip(training, row, strict=True) if same}
        for name, row in zip(names, rows, strict=True)
    }


@dataclass(frozen=True)
class _Known:
    """The beginning of a trial whose movie is known: the last search's solution, ridge's movie, and the truth."""

    found: Solution
    linear: Movie
    truth: Movie

    def errors(self, fitted: Fitted, posterior: Mask) -> ClipErrors:
        """Return the errors of the weighted movie, with their features."""
        movie, rate = weigh(Combined(), fitted, self.found.movie, self.linear), fitted.subject.recording.frame_rate
        features = features_of(movie, self.found.movie - self.linear, posterior, rate)
        return ClipErrors.of(features, movie, self.truth, scored_frames(len(movie)), scored_region(fitted.mask))


def _search_known(fitted: Fitted, name: str, ridge: RidgeDecoder, drawing: Map) -> _Known:
    """Reconstruct the beginning of a trial whose movie is known.

    Parameters
    ----------
    drawing
        Settings with the number of posterior draws in the last search, and their seed.
    """
    trial = fitted.subject.recording.trial(name, stop=SHORT_CLIP)
    searches, share = plan_of(Combined(), fitted)
    linear = ridge.decode(responses_of(fitted.subject.animal, trial))
    searches = (*searches[:-1], replace(searches[-1], draws=drawing.draws, seed=drawing.seed))
    return _Known(search_trial(fitted, trial, searches, linear, share)[-1], linear, trial.known_movie)


def _posterior(found: Solution) -> Mask:
    """Return the variance of posterior draws at each pixel, (height, width), averaged over scored frames."""
    assert found.std is not None
    return np.asarray(np.square(found.std[scored_frames(len(found.movie))]).mean(axis=0), dtype=np.float32)
