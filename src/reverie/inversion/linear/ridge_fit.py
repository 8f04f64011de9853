"""Fitting the ridge decoder: how responses are seen, then the penalty, chosen by cross-validation; then the weights."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from reverie.foundation.errors import NotApplicable
from reverie.foundation.progress import bar
from reverie.inversion.linear.components import PictureComponents
from reverie.inversion.linear.folded_sums import FoldedSums
from reverie.inversion.linear.folds import movie_folds
from reverie.inversion.linear.response_features import ResponseFeatures
from reverie.inversion.linear.ridge import RidgeDecoder, RidgeSettings
from reverie.inversion.linear.samples import Sample, Samples, population_of
from reverie.recordings.trial import Trial

JUDGES = 300
"""Neurons, evenly chosen, that power and lags are chosen with: enough to rank them, in little time and memory."""


def fit_ridge(mouse: str, trials: Sequence[Trial], settings: RidgeSettings | None = None) -> RidgeDecoder:
    """Fit a ridge decoder to the training trials of one animal; they are read one at a time, several times.

    Power, lags and penalty are those with the least squared error in cross-validation over folds that share no movie.
    Raises ReverieError when there are fewer than two distinct movies or a trial has no responses.
    """
    settings = settings or RidgeSettings()
    population = population_of(mouse, trials)
    folds = movie_folds(trials, settings.folds)
    if max(folds) == 0:
        raise NotApplicable(f"The training trials of {mouse} show one movie only; a decoder needs at least two.")
    pictures = PictureComponents.of((trial.known_movie[:: settings.every] for trial in trials), settings.components)
    samples = Samples(trials, folds, pictures, settings.every)
    few = replace(samples, each=-(-population.neurons // JUDGES))
    power, lags = choose_features(list(few), settings, f"ridge decoder of {mouse}")
    features = ResponseFeatures.of((sample.responses for sample in samples), power, lags)
    sums = FoldedSums.of(samples, features, settings.every)
    weight, unexplained = sums.best_weight()
    weights = sums.solve(weight).astype(np.float32)
    chosen = {"weight": weight, "explained": 1 - unexplained}
    return RidgeDecoder(population, settings, features, pictures, weights, chosen)


def choose_features(samples: Sequence[Sample], settings: RidgeSettings, label: str) -> tuple[float, tuple[int, ...]]:
    """Return the power, tried with the first lags, and then the lags that leave least unexplained."""
    candidates = len(settings.powers) + len(settings.lags)
    with bar(label, candidates) as advance:

        def unexplained(power: float, lags: tuple[int, ...]) -> float:
            advance()
            features = ResponseFeatures.of((sample.responses for sample in samples), power, lags)
            return FoldedSums.of(samples, features, settings.every).best_weight()[1]

        power = min(settings.powers, key=lambda one: unexplained(one, settings.lags[0]))
        return power, min(settings.lags, key=lambda one: unexplained(power, one))
