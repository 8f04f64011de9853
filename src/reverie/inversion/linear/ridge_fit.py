"""Fitting the ridge decoder: features and penalty chosen by cross-validation, then the weights.

Training trials are divided so that a movie and its near-duplicates are in one fold.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from reverie.foundation.errors import NotApplicable
from reverie.foundation.progress import bar
from reverie.inversion.linear.regression import FoldedSums, Regression, SampleProducts
from reverie.inversion.linear.response_features import FeaturesOf, KernelFeatures, KernelRegression, ResponseFeatures
from reverie.inversion.linear.ridge import RidgeDecoder, RidgeSettings
from reverie.inversion.linear.samples import (
    PictureComponents,
    PictureMoments,
    Sample,
    Samples,
    frames_apart,
    population_of,
)
from reverie.recordings.near_duplicates import near_duplicate_groups, near_duplicate_pairs, signature
from reverie.recordings.trial import Trial

POWER_NEURONS = 300
"""Number of evenly chosen neurons with which the power is chosen: enough to rank candidates, at little cost."""

LAG_NEURONS = 100
"""Number of neurons with which lags, of which there may be many per neuron, and components are chosen."""

MOST_FEATURES = 6000
"""Largest number of features, where there is a choice; the time to solve grows with the cube of their number."""

WORTHWHILE = 0.02
"""More lags, or a kernel, are used if they explain more by this share; fewer components are used if they explain less
by at most this share."""

NEARLY_ALL = 0.95
"""Share of the pictures' variance above which further components do not matter."""


def movie_folds(trials: Sequence[Trial], folds: int) -> list[int]:
    """Return the fold of each trial, 0 to ``folds - 1``; there are fewer folds when there are fewer distinct movies.

    Groups of near-duplicate movies are assigned, largest first, to the fold with the fewest frames so far.
    """
    signatures, frames = [], []
    for trial in trials:
        signatures.append(signature(trial.known_movie))
        frames.append(trial.frames)
    groups = near_duplicate_groups(near_duplicate_pairs(signatures), len(signatures))
    filled = np.zeros(max(1, min(folds, len(groups))), dtype=np.int64)
    fold = np.zeros(len(signatures), dtype=np.int64)
    for group in sorted(groups, key=lambda members: -sum(frames[member] for member in members)):
        emptiest = int(filled.argmin())
        fold[list(group)] = emptiest
        filled[emptiest] += sum(frames[member] for member in group)
    return [int(number) for number in fold]


def fit_ridge(mouse: str, trials: Sequence[Trial], settings: RidgeSettings | None = None) -> RidgeDecoder:
    """Fit a ridge decoder to the training trials of one animal; they are read one at a time, several times.

    Power, lags, components, penalty and kernel are those with the least squared error in cross-validation over folds
    that share no movie.
    Raises ReverieError when there are fewer than two distinct movies or a trial has no responses.
    """
    settings = settings or RidgeSettings()
    population = population_of(mouse, trials)
    folds = movie_folds(trials, settings.folds)
    if max(folds) == 0:
        raise NotApplicable(f"The training trials of {mouse} show one movie only; a decoder needs at least two.")
    every = frames_apart(trials, settings.every)
    moments = PictureMoments.of(trial.known_movie[::every] for trial in trials)
    pictures, share_held = moments.components(settings.components[0])
    detailed = share_held < NEARLY_ALL
    if detailed:
        pictures = moments.coarse_components(settings.components[0])
    samples = Samples(trials, folds, pictures, every)
    power, lags = choose_features(samples, population.neurons, settings, f"ridge decoder of {mouse}")
    if detailed:
        few = _of_some(samples, population.neurons, LAG_NEURONS)
        samples = replace(samples, pictures=choose_pictures(few, moments, settings, power, lags))
    features = ResponseFeatures.of((sample.responses for sample in samples), power, lags)
    regression = regression_of(samples, features, every)
    weight, unexplained = regression.best_weight()
    weights = regression.solve(weight).astype(np.float32)
    chosen = {"weight": weight, "every": every, "explained": 1 - unexplained}
    decoder = RidgeDecoder(population, settings, features, samples.pictures, weights, chosen)
    return _with_kernel(decoder, samples) if True in settings.kernels else decoder


def _with_kernel(decoder: RidgeDecoder, samples: Samples) -> RidgeDecoder:
    """Return the decoder with a kernel where that explains clearly more or is the only candidate."""
    seen = KernelFeatures.of(samples, decoder.features, samples.every)
    regression = FoldedSums.of(samples, seen, samples.every)
    weight, unexplained = regression.best_weight()
    needed = decoder.chosen["explained"] + WORTHWHILE * abs(decoder.chosen["explained"])
    if False in decoder.settings.kernels and 1 - unexplained < needed:
        return decoder
    kernel = KernelRegression(seen, np.ascontiguousarray(regression.solve(weight), dtype=np.float32))
    return replace(decoder, kernel=kernel, chosen={**decoder.chosen, "explained": 1 - unexplained})


def choose_features(
    samples: Samples, neurons: int, settings: RidgeSettings, label: str
) -> tuple[float, tuple[int, ...]]:
    """Return the power that explains most with the first lags, and then the lags that explain most with it.

    Lists of lags longer than the shortest must be affordable with all neurons, and explain clearly more.
    """
    shortest = min(map(len, settings.lags))
    lags = [one for one in settings.lags if len(one) == shortest or len(one) * neurons <= MOST_FEATURES]
    with bar(label, len(settings.powers) + len(lags)) as advance:

        def explained(few: Sequence[Sample], power: float, lags: tuple[int, ...]) -> float:
            advance()
            features = ResponseFeatures.of((sample.responses for sample in few), power, lags)
            return 1 - regression_of(few, features, samples.every).best_weight()[1]

        few = list(_of_some(samples, neurons, POWER_NEURONS))
        power = max(settings.powers, key=lambda one: explained(few, one, lags[0]))
        few = list(_of_some(samples, neurons, LAG_NEURONS))
        shares = {one: explained(few, power, one) for one in lags}

        def share_less_cost(one: tuple[int, ...]) -> float:
            return shares[one] - (WORTHWHILE * abs(shares[one]) if len(one) > shortest else 0.0)

        return power, max(lags, key=share_less_cost)


def choose_pictures(
    samples: Samples, moments: PictureMoments, settings: RidgeSettings, power: float, lags: tuple[int, ...]
) -> PictureComponents:
    """Return the smallest candidate number of components that explains nearly as much as the largest."""
    largest = moments.coarse_components(settings.components[-1])
    samples = replace(samples, pictures=largest)
    features = ResponseFeatures.of((sample.responses for sample in samples), power, lags)
    regression = regression_of(samples, features, samples.every)
    explained, _ = regression.explained(regression.best_weight()[0], len(largest.basis))
    enough = (1 - WORTHWHILE) * explained.sum()
    for count in settings.components:
        if explained[:count].sum() >= enough:
            return replace(largest, basis=largest.basis[:count])
    return largest


def regression_of(samples: Iterable[Sample], features: FeaturesOf, every: int) -> Regression:
    """Return the regression in the form, primal or dual, that costs less; the samples are read twice."""
    count = sum(len(sample.scores) for sample in samples)
    form = SampleProducts if count < features.count else FoldedSums
    return form.of(samples, features, every)


def _of_some(samples: Samples, neurons: int, some: int) -> Samples:
    """Return the samples with about ``some`` of the neurons, evenly chosen."""
    return replace(samples, each=-(-neurons // some))
