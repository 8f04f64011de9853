from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter
from tests.inversion.toys import SIZE, PlaneEncoder, SpotEncoder, observe, problem, shown, smooth_movie

from reverie.foundation.errors import ReverieError
from reverie.foundation.files import read_npz, write_npz
from reverie.inversion.likelihood import GaussianLikelihood, PoissonLikelihood
from reverie.inversion.methods.grey_levels import soft_clip
from reverie.inversion.methods.map import Map
from reverie.inversion.methods.paper import Paper
from reverie.inversion.priors.gaussian import fit_prior
from reverie.inversion.solve import Snapshot, solve

FRAMES = 40
EVERYWHERE = np.ones(SIZE, bool)
SEARCH = Map(draws=0)
"""The movie alone: its standard deviation costs as much again."""


@pytest.fixture(scope="module")
def prior():
    movies = [smooth_movie(FRAMES, SIZE, seed) for seed in range(100, 112)]
    return fit_prior(list(map(shown, movies)))


def asked_of(prior, *observations):
    return replace(problem(*observations), prior=prior)


def correlation(found, truth, region=EVERYWHERE):
    return np.corrcoef(found[:, region].ravel(), truth[:, region].ravel())[0, 1]


def test_a_perfect_encoder_without_noise_gives_the_movie_back(prior):
    truth = smooth_movie(FRAMES)
    precise = replace(
        observe(SpotEncoder(150, history=4), truth), likelihood=PoissonLikelihood(torch.full((150,), 1e-3))
    )
    found = solve(asked_of(prior, precise), replace(SEARCH, steps=60, tolerance=0.0))
    assert correlation(found.movie, truth) > 0.97


def test_it_beats_the_published_descent_at_its_best_stop_on_noisy_responses(prior):
    truth = smooth_movie(FRAMES)
    asked = asked_of(prior, observe(SpotEncoder(60, history=4), truth, noisy=True))
    found = solve(asked, SEARCH)
    published = []
    solve(
        replace(asked, prior=None),
        Paper(steps=100, window=16, stride=16, learning_rate=300.0),
        observe=lambda progress, movie: published.append(correlation(movie, truth) if movie.std() > 0 else 0.0),
    )
    assert correlation(found.movie, truth) > max(published) + 0.05


def test_a_clip_far_brighter_than_the_prior_expects_is_found_as_soon_as_any(prior):
    truth = np.clip(0.5 * smooth_movie(FRAMES) + 125, 0, 250).astype(np.float32)
    asked = asked_of(prior, observe(SpotEncoder(150, history=4), truth))
    settled = solve(asked, replace(SEARCH, steps=200, tolerance=1e-7)).trace[-1].loss
    begin = SEARCH.begin(asked).loss
    found = solve(asked, SEARCH)
    assert found.trace[-1].loss - settled < 0.02 * (begin - settled)
    assert np.mean((found.movie < 4) | (found.movie > 251)) < 0.05


def test_no_step_changes_the_movie_by_more_than_the_longest(prior):
    asked = asked_of(prior, observe(SpotEncoder(60, history=4), smooth_movie(FRAMES), noisy=True))
    movies = [prior.mean.expand(FRAMES, *SIZE).numpy()]
    solver = replace(SEARCH, steps=5, longest=4.0)
    solve(asked, solver, observe=lambda _, movie: movies.append(movie))
    assert all(np.sqrt(np.mean((late - early) ** 2)) < 4.2 for early, late in pairwise(movies))


def test_the_settled_movie_is_where_the_gradient_vanishes(prior):
    asked = asked_of(prior, observe(SpotEncoder(60, history=4), smooth_movie(FRAMES), noisy=True))
    solver = replace(SEARCH, steps=100, tolerance=1e-9)
    kept = []
    solve(asked, solver, keep=kept.append)
    assert kept[-1].state.settled
    start = solver.begin(asked).point.gradient.norm()
    assert kept[-1].state.point.gradient.norm() < 1e-3 * start


def test_the_last_step_is_taken_on_trust_and_costs_no_pass(prior):
    class Counted(SpotEncoder):
        """Counts how often it is asked for rates."""

        calls = 0

        def forward(self, movie, state, mouse):
            Counted.calls += 1
            return super().forward(movie, state, mouse)

    asked, kept = asked_of(prior, observe(Counted(60, history=4), smooth_movie(FRAMES), noisy=True)), []
    Counted.calls = 0
    found = solve(asked, SEARCH, keep=kept.append)
    # Two published windows hold the 40 frames that go through the encoder at once.
    assert found.passes == 2 * Counted.calls
    last = kept[-1].state
    assert last.settled
    exact = solve(asked, replace(SEARCH, steps=200, tolerance=1e-7)).movie
    without, _ = SEARCH.estimate(asked, replace(last, settled=False))
    assert np.square(found.movie - exact).mean() < np.square(without.numpy() - exact).mean()


def test_the_movie_shown_is_what_is_expected_of_greys_that_end_at_black(prior):
    deaf = SpotEncoder(20)
    with torch.no_grad():
        deaf.spots.zero_()
    dark = replace(prior, mean=prior.mean - 110, deviation=1.5 * prior.deviation)
    white = torch.randn(FRAMES, *SIZE, generator=torch.Generator().manual_seed(5))
    truth = soft_clip(dark.mean + dark.colour(white), SEARCH.softness)[0].numpy()
    kept = []
    found = solve(asked_of(dark, observe(deaf, truth, noisy=True)), SEARCH, keep=kept.append)
    probable = kept[-1].state.movie.numpy()
    assert np.square(found.movie - truth).mean() < 0.9 * np.square(probable - truth).mean()


def test_neurons_that_know_nothing_leave_the_prior_s_mean(prior):
    deaf = SpotEncoder(20)
    with torch.no_grad():
        deaf.spots.zero_()
    found = solve(asked_of(prior, observe(deaf, smooth_movie(FRAMES), noisy=True)), SEARCH)
    np.testing.assert_allclose(found.movie, np.broadcast_to(prior.mean, found.movie.shape), atol=0.5)


def test_two_repeats_tell_more_than_one(prior):
    truth = smooth_movie(FRAMES)
    repeats = [observe(SpotEncoder(40, history=4), truth, seed=seed, noisy=True) for seed in range(2)]
    single = max(correlation(solve(asked_of(prior, each), SEARCH).movie, truth) for each in repeats)
    assert correlation(solve(asked_of(prior, *repeats), SEARCH).movie, truth) > single + 0.005


def test_grey_levels_stay_in_range_and_a_bound_encoder_on_a_canvas_is_welcome(prior):
    truth = smooth_movie(FRAMES)
    found = solve(asked_of(prior, observe(PlaneEncoder(), truth)), replace(SEARCH, steps=3))
    assert found.movie.shape == truth.shape
    assert found.movie.min() >= 0
    assert found.movie.max() <= 255


def test_a_resumed_search_is_the_uninterrupted_one_to_the_bit(prior, tmp_path):
    asked = asked_of(prior, observe(SpotEncoder(40, history=4), smooth_movie(FRAMES), noisy=True))
    solver, kept = replace(SEARCH, steps=6), []
    whole = solve(asked, solver, keep=kept.append)
    write_npz(tmp_path / "kept.npz", kept[2].to_arrays())
    resumed = solve(asked, solver, resume=Snapshot.from_arrays(read_npz(tmp_path / "kept.npz"), solver.restore))
    np.testing.assert_array_equal(resumed.movie, whole.movie)
    assert resumed.passes == whole.passes
    assert [line.loss for line in resumed.trace] == [line.loss for line in whole.trace]


def test_a_loss_that_is_not_convex_still_falls_at_every_step(prior):
    class Squared(SpotEncoder):
        """Contrast of either sign excites: grey is a maximum of the loss in many directions."""

        def forward(self, movie, state, mouse):
            return 0.2 + (super().forward(movie, state, mouse) - 1.3).square()

    asked = asked_of(prior, observe(Squared(60, history=2), smooth_movie(FRAMES), noisy=True))
    losses = [line.loss for line in solve(asked, replace(SEARCH, steps=40, tolerance=0.0)).trace]
    assert all(later <= earlier for earlier, later in pairwise(losses))
    assert losses[-1] < losses[0]


def test_opposite_departures_change_nothing_where_rates_are_linear(prior):
    class Linear(SpotEncoder):
        """Rates are a constant plus the spots' contrast."""

        def forward(self, movie, state, mouse):
            return 20 + torch.einsum("bthw,nhw->bnt", movie - 127.5, self.spots)

    observation = observe(Linear(60), (0.25 * smooth_movie(FRAMES) + 95).astype(np.float32))
    noise = GaussianLikelihood(torch.full((60,), 4.0), torch.ones(60))
    asked = asked_of(replace(prior, deviation=prior.deviation / 4), replace(observation, likelihood=noise))
    exact = replace(SEARCH, tolerance=1e-7, softness=0.1)
    alone, averaged = (solve(asked, replace(exact, averaged_over=pairs)).movie for pairs in (0, 1))
    np.testing.assert_allclose(averaged, alone, atol=0.3)


def test_averaging_mends_that_a_movie_without_fine_detail_has_less_contrast():
    class Normalised(SpotEncoder):
        """The drive is divided by the contrast of the frame, as in a population with gain control."""

        def forward(self, movie, state, mouse):
            contrast = (movie - 127.5).square().mean((2, 3), keepdim=True).sqrt()
            return super().forward(127.5 + 40 * (movie - 127.5) / (5 + contrast), state, mouse)

    def detailed(seed):
        noise = gaussian_filter(np.random.default_rng(seed).standard_normal((FRAMES, *SIZE)), (1.5, 0.3, 0.3))
        return np.clip(127.5 + 45 * noise / noise.std(), 0, 255).astype(np.float32)

    prior, scores = fit_prior([shown(detailed(seed)) for seed in range(100, 112)]), {0: [], 1: []}
    for seed in range(3):
        asked = asked_of(prior, observe(Normalised(80, history=4), detailed(seed), seed=seed, noisy=True))
        for pairs, reached in scores.items():
            found = solve(asked, replace(SEARCH, averaged_over=pairs)).movie
            reached.append(correlation(gaussian_filter(found, (0, 1, 1)), gaussian_filter(detailed(seed), (0, 1, 1))))
    assert np.mean(scores[1]) > np.mean(scores[0]) + 0.03, scores


def test_from_a_movie_near_the_truth_the_search_ends_at_the_same_loss_in_fewer_passes(prior):
    truth = smooth_movie(FRAMES)
    asked = asked_of(prior, observe(SpotEncoder(60, history=4), truth, noisy=True))
    usual, near = (solve(asked, SEARCH, start=start) for start in (None, gaussian_filter(truth, (0, 1, 1))))
    fallen = usual.trace[0].loss - usual.trace[-1].loss
    assert near.trace[-1].loss == pytest.approx(usual.trace[-1].loss, abs=0.02 * fallen)
    assert near.trace[0].loss < usual.trace[0].loss
    assert near.passes < usual.passes


def test_from_a_movie_less_probable_than_a_draw_of_the_prior_the_search_starts_at_the_mean(prior):
    truth = smooth_movie(FRAMES)
    asked = asked_of(prior, observe(SpotEncoder(60, history=4), truth, noisy=True))
    speckle = np.random.default_rng(0).uniform(0, 255, truth.shape)
    usual, improbable = (solve(asked, SEARCH, start=start) for start in (None, speckle))
    np.testing.assert_array_equal(improbable.movie, usual.movie)
    assert improbable.passes == usual.passes


def test_impossible_problems_and_starts_are_refused(prior):
    observation = observe(SpotEncoder(), smooth_movie(FRAMES))
    with pytest.raises(ReverieError, match="needs a Gaussian prior"):
        solve(problem(observation), SEARCH)
    for start in (smooth_movie(FRAMES - 1), np.full((FRAMES, *SIZE), np.nan)):
        with pytest.raises(ReverieError, match=r"start from should be \(.*\) with finite grey levels"):
            solve(asked_of(prior, observation), SEARCH, start=start)
    small = fit_prior([shown(smooth_movie(9, (8, 8)))] * 2)
    with pytest.raises(ReverieError, match="fitted to movies of"):
        solve(asked_of(small, observation), SEARCH)


@pytest.mark.parametrize(
    "setting",
    [
        {"weight": 0.0},
        {"weight": np.inf},
        {"softness": np.nan},
        {"softness": 256.0},
        {"longest": np.nan},
        {"tolerance": np.nan},
        {"draws": -1},
        {"averaged_over": -1},
        {"averaged_over": 101},
        {"blur": 101.0},
    ],
)
def test_impossible_settings_are_refused(setting):
    (name,) = setting
    with pytest.raises(ReverieError, match=f"{name} is .* but must be "):
        Map(**setting)
