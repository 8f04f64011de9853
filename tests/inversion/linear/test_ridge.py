"""The ridge decoder against closed forms, against known maps, and against what chance gives."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d
from tests.inversion.linear.toys import linear_trials, noise_trials, toy_trials, without_responses

from reverie.foundation.errors import ReverieError
from reverie.inversion.linear import ridge_fit
from reverie.inversion.linear.ridge import RidgeSettings, load_decoder, save_decoder
from reverie.inversion.linear.ridge_fit import fit_ridge
from reverie.inversion.linear.samples import frames_apart
from reverie.scoring.correlation import video_correlation

TRIALS = toy_trials()
LEARNT, HELD_OUT = TRIALS[:-2], TRIALS[-2:]
QUICK = RidgeSettings(powers=(0.5,), lags=((0, 2, 4),), every=2, components=(60,), kernels=(False,))


@pytest.fixture(scope="module")
def decoder():
    return fit_ridge("toy", LEARNT, QUICK)


def mean_correlation(decoder, trials):
    return np.mean([video_correlation(decoder.decode(trial.responses), trial.movie) for trial in trials])


def numpy_solution(decoder, trials):
    """The same regression, all samples at once, by numpy's solver."""
    every = decoder.chosen["every"]
    seen = np.concatenate([decoder.features(trial.responses)[::every] for trial in trials]).astype(np.float64)
    scores = np.concatenate([decoder.pictures.encode(trial.movie[::every]) for trial in trials])
    gram = seen.T @ seen
    penalty = decoder.chosen["weight"] * np.trace(gram) / len(gram)
    return np.linalg.solve(gram + penalty * np.eye(len(gram)), seen.T @ scores.astype(np.float64))


def test_weights_are_those_of_numpy(decoder):
    expected = numpy_solution(decoder, LEARNT)
    assert np.abs(decoder.weights - expected).max() < 1e-4 * np.abs(expected).max()


def test_fewer_samples_than_features_give_the_same_weights():
    few = LEARNT[:2]
    decoder = fit_ridge("toy", few, replace(QUICK, lags=((-2, 0, 2, 4, 6),)))
    assert sum(len(trial.movie) for trial in few) < decoder.features.count
    expected = numpy_solution(decoder, few)
    assert np.abs(decoder.weights - expected).max() < 1e-3 * np.abs(expected).max()


def test_a_linear_map_is_recovered():
    trials, weights = linear_trials()
    settings = RidgeSettings(powers=(1.0,), lags=((0,),), every=1, components=(20,))
    decoder = fit_ridge("toy", trials, settings)
    assert decoder.chosen["explained"] > 0.999
    found = decoder.weights @ decoder.pictures.basis / decoder.features.deviation[:, None]
    assert np.corrcoef(found.ravel(), weights.ravel())[0, 1] > 0.9999
    assert np.abs(found - weights).max() < 0.02 * np.abs(weights).max()


def test_held_out_movies_are_found_and_shuffled_neurons_find_nothing(decoder):
    assert mean_correlation(decoder, HELD_OUT) > 0.5
    order = np.random.default_rng(0).permutation(60)
    shuffled = [replace(trial, responses=trial.responses[order]) for trial in HELD_OUT]
    assert abs(mean_correlation(decoder, shuffled)) < 0.15


def test_the_order_of_the_neurons_does_not_matter(decoder):
    order = np.random.default_rng(1).permutation(60)
    permuted = [replace(trial, responses=trial.responses[order]) for trial in TRIALS]
    again = fit_ridge("toy", permuted[:-2], QUICK)
    assert np.abs(again.decode(permuted[-1].responses) - decoder.decode(TRIALS[-1].responses)).max() < 0.05


def test_the_penalty_is_the_best_for_trials_it_never_saw(decoder):
    def error(factor):
        chosen = {**decoder.chosen, "weight": factor * decoder.chosen["weight"]}
        weights = numpy_solution(replace(decoder, chosen=chosen), LEARNT).astype(np.float32)
        other = replace(decoder, weights=weights)
        return np.mean([((other.decode(trial.responses) - trial.movie) ** 2).mean() for trial in HELD_OUT])

    assert error(1) < min(error(0.03), error(30))


def test_noise_lowers_what_is_explained(decoder):
    assert fit_ridge("toy", toy_trials(noisy=False)[:-2], QUICK).chosen["explained"] > decoder.chosen["explained"]


def test_events_of_random_size_are_read_as_events():
    generator = np.random.default_rng(3)
    sized = [
        replace(trial, responses=(trial.responses * generator.pareto(1.2, trial.responses.shape)).astype(np.float32))
        for trial in TRIALS
    ]
    settings = replace(QUICK, powers=(1.0, 0.0))
    decoder = fit_ridge("toy", sized[:-2], settings)
    assert decoder.features.power == 0.0
    assert mean_correlation(decoder, sized[-2:]) > mean_correlation(
        fit_ridge("toy", sized[:-2], replace(settings, powers=(1.0,))), sized[-2:]
    )


def test_lags_are_found():
    def delayed(trial):
        responses = np.zeros_like(trial.responses)
        responses[:, 9:] = trial.responses[:, :-9]
        return replace(trial, responses=responses)

    settings = replace(QUICK, lags=((-3, 0, 3), (7, 10, 13)))
    decoder = fit_ridge("toy", [delayed(trial) for trial in LEARNT], settings)
    assert decoder.features.lags == (7, 10, 13)


def test_white_noise_is_read_frame_by_frame():
    trials = noise_trials()
    decoder = fit_ridge("toy", trials[:-2])
    assert decoder.chosen["every"] == 1
    assert decoder.features.lags in RidgeSettings().lags[4:]
    sparse = RidgeSettings(lags=RidgeSettings().lags[:4])
    assert mean_correlation(decoder, trials[-2:]) > 1.5 * mean_correlation(
        fit_ridge("toy", trials[:-2], sparse), trials[-2:]
    )


def test_components_are_as_many_as_neurons_tell_of(decoder):
    trials = noise_trials()
    settings = RidgeSettings(powers=(0.5,), lags=((1, 2, 4, 7),), components=(5, 192))
    assert len(fit_ridge("toy", trials[:-2], settings).pictures.basis) == 192
    again = fit_ridge("toy", LEARNT, replace(QUICK, components=(60, 192)))
    assert len(again.pictures.basis) == 60
    assert mean_correlation(again, HELD_OUT) == pytest.approx(mean_correlation(decoder, HELD_OUT), abs=1e-3)


def test_many_neurons_are_not_given_many_lags(monkeypatch):
    monkeypatch.setattr(ridge_fit, "MOST_FEATURES", 40 * 4)
    settings = RidgeSettings(powers=(0.5,), components=(60,))
    assert fit_ridge("toy", noise_trials()[:-2], settings).features.lags == (1, 2, 4, 7)


@pytest.mark.parametrize(("smoothness", "expected"), [(1e-6, 1), (1.6, 2), (8.0, 4)])
def test_samples_lie_as_far_apart_as_frames_are_alike(smoothness, expected):
    generator = np.random.default_rng(4)
    noise = generator.normal(0, 50, (3, 90, 12, 16)).astype(np.float32)
    movies = gaussian_filter1d(noise, smoothness, axis=1)
    trials = [replace(trial, movie=movie) for trial, movie in zip(LEARNT, movies, strict=False)]
    assert frames_apart(trials, 4) == expected


def test_the_movie_is_one(decoder):
    movie = decoder.decode(HELD_OUT[0].responses)
    assert movie.dtype == np.float32
    assert movie.shape == HELD_OUT[0].movie.shape
    assert movie.min() >= 0
    assert movie.max() <= 255


def test_saved_and_loaded_it_decodes_to_the_same_bits(decoder, tmp_path):
    save_decoder(decoder, tmp_path)
    again = load_decoder(tmp_path)
    assert again.population == decoder.population
    assert again.config() == decoder.config()
    assert np.array_equal(again.decode(HELD_OUT[0].responses), decoder.decode(HELD_OUT[0].responses))


def test_same_trials_same_bits(decoder):
    assert np.array_equal(fit_ridge("toy", LEARNT, QUICK).weights, decoder.weights)


def test_bad_responses_are_named(decoder):
    responses = HELD_OUT[0].responses.copy()
    with pytest.raises(ReverieError, match="fitted to the 60 neurons of toy"):
        decoder.decode(responses[:50])
    responses[3, 4] = np.nan
    with pytest.raises(ReverieError, match="not finite"):
        decoder.decode(responses)


def test_bad_trials_are_named():
    with pytest.raises(ReverieError, match="Trial 3 of toy has no responses"):
        fit_ridge("toy", [without_responses(t) if t.name == "3" else t for t in LEARNT], QUICK)
    with pytest.raises(ReverieError, match="show one movie only"):
        fit_ridge("toy", [replace(LEARNT[0], name=name) for name in "ab"], QUICK)
    with pytest.raises(ReverieError, match="0 training trials"):
        fit_ridge("toy", [], QUICK)
    other = replace(LEARNT[1], responses=LEARNT[1].responses[:40])
    with pytest.raises(ReverieError, match="2 kinds"):
        fit_ridge("toy", [LEARNT[0], other], QUICK)


@pytest.mark.parametrize(
    "wrong",
    [
        {"powers": ()},
        {"powers": (-1.0,)},
        {"lags": ((3, 1),)},
        {"lags": ()},
        {"every": 0},
        {"components": (9, 3)},
        {"folds": 1},
    ],
)
def test_settings_out_of_range_are_named(wrong):
    with pytest.raises(ReverieError, match=f"{next(iter(wrong))} is .* but must be "):
        RidgeSettings(**wrong)


def test_a_silent_neuron_changes_nothing_but_is_no_obstacle():
    silent = [replace(t, responses=np.concatenate([t.responses, 0 * t.responses[:1]])) for t in TRIALS]
    decoder = fit_ridge("toy", silent[:-2], QUICK)
    assert np.isfinite(decoder.decode(silent[-1].responses)).all()
    assert mean_correlation(decoder, silent[-2:]) > 0.5
