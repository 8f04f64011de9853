"""Fitting the decoder of live pictures: linear, a fixed lag behind the newest responses, with its standard error.

The decoder learns from the training trials and also from trials that the encoder simulates, if these make it predict
held-out training trials better.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Float
from scipy.ndimage import gaussian_filter

from reverie.fitted.fitted import Fitted
from reverie.fitted.subject import Subject
from reverie.foundation.errors import ReverieError
from reverie.foundation.files import read_npz, write_npz
from reverie.foundation.progress import say
from reverie.inversion.linear.regression import FoldedSums
from reverie.inversion.linear.ridge import RidgeDecoder, RidgeSettings, load_decoder, save_decoder
from reverie.inversion.linear.ridge_fit import MOST_FEATURES, fit_ridge, movie_folds
from reverie.inversion.linear.samples import Samples
from reverie.live.simulated_trials import simulated_samples
from reverie.recordings.trial import Trial
from reverie.scoring.rule import scored_frames

SPACINGS = (3, 4, 5)
"""Candidate spacings, in frames, between the lags of a decoder's features; wider ones reach further back, but blur
more."""

ERROR_FOLDS = 5
"""Number of parts that the training trials are divided into where there are no validation trials. The parts share no
movie; one is left out of a fit, to measure its errors on."""

STD_BLUR = 1.0
"""Gaussian sigma in pixels by which mean squared errors are smoothed, since they are averages over few clips."""

ERRORS = "errors.npz"


@dataclass(frozen=True)
class LiveDecoder:
    """A linear decoder of frames ``lag`` frames ago, and its standard error at each pixel, in grey levels."""

    ridge: RidgeDecoder
    lag: int
    std: Float[np.ndarray, "height width"]


def causal_lags(lag: int) -> tuple[tuple[int, ...], ...]:
    """Return candidate lags of the features, in frames; none needs responses later than ``lag`` frames after a frame.

    A feature is a triangle that is zero at the next lag, so it reaches one frame less than a spacing beyond its own
    lag.

    >>> causal_lags(8)[0]
    (0, 3, 6)
    """
    return tuple(tuple(lag + 1 - spacing * ago for ago in (3, 2, 1)) for spacing in SPACINGS)


def fit_live(fitted: Fitted, lag: int) -> LiveDecoder:
    """Return the live decoder of an animal; fit it and keep it beside the other fitted parts if that was not done yet.

    Raises ReverieError when there are too few training trials or the decoder cannot be written.
    """
    folder = _folder(fitted, lag)
    if not (folder / ERRORS).exists():
        subject = fitted.subject
        say(f"Fitting the live decoder of {subject.animal}, {lag} frames behind.")
        trials = subject.trials(subject.training)
        ridge = fit_causal(subject, trials, RidgeSettings(lags=causal_lags(lag), kernels=(False,)))
        std = _standard_errors(subject, ridge, trials)
        save_decoder(ridge, folder)
        write_npz(folder / ERRORS, {"std": std})
    return load_live(fitted, lag)


def fit_causal(subject: Subject, trials: Sequence[Trial], settings: RidgeSettings) -> RidgeDecoder:
    """Return a linear decoder fitted to trials and, where this explains more of held-out ones, to simulated trials too.

    Trials are not simulated for populations with more than ``MOST_FEATURES`` features.
    """
    ridge = fit_ridge(subject.animal, trials, settings)
    if ridge.features.count > MOST_FEATURES:
        return ridge
    every = int(ridge.chosen["every"])
    folds = movie_folds(trials, settings.folds)
    simulated = FoldedSums.of(
        simulated_samples(subject, trials, folds, ridge.pictures, every), ridge.features, every
    ).folds
    recorded = FoldedSums.of(Samples(trials, folds, ridge.pictures, every), ridge.features, every)
    regression = replace(recorded, beside=simulated)
    weight, unexplained = regression.best_weight()
    if 1 - unexplained <= ridge.chosen["explained"]:
        return ridge
    chosen = {**ridge.chosen, "weight": weight, "explained": 1 - unexplained}
    return replace(ridge, weights=regression.solve(weight).astype(np.float32), chosen=chosen)


def load_live(fitted: Fitted, lag: int) -> LiveDecoder:
    """Read a live decoder back; raises ReverieError when it was not fitted."""
    folder = _folder(fitted, lag)
    if not (folder / ERRORS).exists():
        raise ReverieError(
            f"No live decoder of {fitted.subject.animal} that is {lag} frames behind was fitted yet; call "
            "`.fit()` first."
        )
    ridge = load_decoder(folder)
    return LiveDecoder(ridge, lag, read_npz(folder / ERRORS)["std"])


def _folder(fitted: Fitted, lag: int) -> Path:
    return fitted.place("ridge").parent.parent / f"live-{lag}"


def _standard_errors(
    subject: Subject, ridge: RidgeDecoder, trials: Sequence[Trial]
) -> Float[np.ndarray, "height width"]:
    """Return the root mean squared error of each pixel in trials that the decoder did not learn from."""
    tested: Sequence[Trial] = subject.trials(subject.validation)
    decoder = ridge
    if not tested:
        tested, folds = trials, movie_folds(trials, ERROR_FOLDS)
        if max(folds) > 1:  # otherwise the trials left to fit would all show one movie
            parts = list(zip(subject.training, folds, strict=True))
            tested = subject.trials([name for name, fold in parts if fold == 0])
            settings = RidgeSettings(powers=(ridge.features.power,), lags=(ridge.features.lags,), kernels=(False,))
            decoder = fit_causal(subject, subject.trials([name for name, fold in parts if fold > 0]), settings)
    squared = []
    for trial in tested:
        assert trial.responses is not None
        error = decoder.decode(trial.responses) - trial.known_movie
        squared.append(np.square(error[scored_frames(trial.frames)]).mean(axis=0))
    smooth = gaussian_filter(np.mean(squared, axis=0), STD_BLUR, mode="nearest")
    return np.asarray(np.sqrt(smooth), dtype=np.float32)
