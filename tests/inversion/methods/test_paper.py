from dataclasses import replace

import numpy as np
import pytest
import torch
from tests.encoders.fast.choices import CHOICES
from tests.inversion.toys import FRAMES, SIZE, PlaneEncoder, SpotEncoder, observe, problem, smooth_movie

from reverie.encoders.fast import kernels
from reverie.encoders.importing import import_weights
from reverie.foundation.arrays import GREY
from reverie.foundation.errors import ReverieError
from reverie.inversion.methods.paper import Paper
from reverie.inversion.problem import Observation, Problem
from reverie.inversion.solve import solve

QUICK = Paper(steps=12, window=16, stride=8, learning_rate=300.0)


@pytest.fixture(scope="module")
def spots():
    return problem(observe(SpotEncoder(history=4), smooth_movie(), noisy=True))


@pytest.fixture(scope="module")
def planes():
    return problem(observe(PlaneEncoder(), smooth_movie()))


def golden_problem(golden, frames):
    encoder = import_weights(golden.checkpoint, animals=["first", "second"])
    responses = torch.from_numpy(golden.arrays["responses_mouse1"][:, :frames])
    observation = Observation(encoder, "second", torch.from_numpy(golden.state[:, :frames]), responses)
    return Problem((observation,))


@pytest.mark.parametrize(
    ("frames", "choice", "steps"),
    [
        (60, None, 2),
        pytest.param(60, CHOICES[0], 31, marks=pytest.mark.slow),
        (100, CHOICES[0], 2),
        *((60, choice, 2) for choice in CHOICES[1:] if choice != "portable"),
    ],
)
def test_trajectory_agrees_with_the_published_code(golden, monkeypatch, frames, choice, steps):
    """To the end in the fast form, and less far with the encoder as it is (None) and with other kernels."""
    asked = golden_problem(golden, frames)
    if choice is not None:
        monkeypatch.setenv(kernels.CHOICE, choice)
        asked = asked.in_fast_form()
    solver = Paper(mask=golden.arrays["mask"])
    state = solver.begin(asked)
    losses = golden.arrays[f"last_window_loss_T{frames}"]
    for step in range(steps):
        state = solver.step(asked, state)
        assert state.last_window_loss == pytest.approx(losses[step], abs=1e-4)
        expected = golden.arrays.get(f"reconstruction_T{frames}_step{step}")
        if expected is not None:
            np.testing.assert_allclose(state.movie[:, 14:50], expected, atol=0.02)


def movie_with(asked, **settings):
    return solve(asked, replace(QUICK, **settings)).movie


@pytest.mark.parametrize("deviation", ["correct_momentum_twice", "idle_first_step"])
def test_deviations_of_the_momentum_can_be_switched_off(spots, deviation):
    assert np.abs(movie_with(spots, **{deviation: False}) - movie_with(spots)).max() > 0.1


def test_the_second_correction_of_the_momentum_only_makes_steps_longer(spots):
    solver = replace(QUICK, steps=2)
    single, double = (replace(solver, correct_momentum_twice=twice) for twice in (False, True))
    moved = [solve(spots, each).movie - GREY for each in (single, double)]
    np.testing.assert_allclose(moved[1], moved[0] / (1 - 0.9**2), atol=1e-3)


def test_without_the_idle_step_its_gradient_enters_the_momentum(spots):
    idle = QUICK.step(spots, QUICK.begin(spots))
    assert not idle.momentum.any()
    active_solver = replace(QUICK, idle_first_step=False)
    active = active_solver.step(spots, active_solver.begin(spots))
    assert active.momentum.any()
    assert (active.movie == GREY).all()


def test_padding_starts_grey_or_black(planes):
    for solver, level in ((QUICK, GREY), (replace(QUICK, padding_grey=False), 0.0)):
        movie = solver.begin(planes).movie
        assert tuple(movie.shape) == (FRAMES, 16, 16)
        assert (movie[:, [0, 1, 14, 15]] == level).all()
        assert (movie[:, 2:14] == GREY).all()
    assert np.abs(movie_with(planes, padding_grey=False) - movie_with(planes)).max() > 0.1


def test_normalising_over_the_state_is_a_deviation_for_encoders_with_planes_only(planes, spots):
    assert np.abs(movie_with(planes, normalise_over_state=False) - movie_with(planes)).max() > 0.1
    np.testing.assert_array_equal(movie_with(spots, normalise_over_state=False), movie_with(spots))


def test_without_second_decay_and_warm_up_the_first_step_is_the_learning_rate_times_the_gradient(spots):
    solver = Paper(window=16, second_decay=0.0, warm_up=0, momentum=0.0, idle_first_step=False, learning_rate=10.0)
    state = solver.step(spots, solver.begin(spots))
    torch.testing.assert_close(GREY - state.movie, 10.0 * state.momentum, atol=1e-4, rtol=0)


def test_pixels_outside_the_training_mask_stay_grey(spots):
    mask = np.zeros(SIZE, np.float32)
    mask[3:9, 4:12] = 0.5
    mask[0, 0] = 0.49
    movie = movie_with(spots, mask=mask)
    assert (movie[:, mask < 0.5] == GREY).all()
    assert (np.abs(movie[:, mask >= 0.5] - GREY).max(axis=0) > 0).all()


def test_a_mask_on_the_canvas_is_the_same_as_its_part_on_the_frame(planes):
    mask = np.random.default_rng(0).uniform(0, 1.2, SIZE).astype(np.float32)
    on_canvas = np.zeros((16, 16), np.float32)
    on_canvas[2:14] = mask
    first, second = (movie_with(planes, mask=each) for each in (mask, on_canvas))
    np.testing.assert_array_equal(first, second)


def test_two_equal_observations_are_as_one(spots):
    twice = replace(spots, observations=spots.observations * 2)
    np.testing.assert_allclose(movie_with(twice), movie_with(spots), atol=1e-3)


def test_several_animals_join(spots):
    other = observe(SpotEncoder(history=4, seed=1), smooth_movie(), seed=1, noisy=True)
    joined = replace(spots, observations=(*spots.observations, other))
    assert not np.allclose(movie_with(joined), movie_with(spots), atol=1)
    assert solve(joined, QUICK).passes == 2 * solve(spots, QUICK).passes


def test_encoders_with_and_without_a_canvas_join(planes, spots):
    joined = problem(*spots.observations, *planes.observations)
    assert movie_with(joined).shape == (FRAMES, *SIZE)


def test_neurons_left_out_are_as_if_the_encoder_had_none(spots):
    (observation,) = spots.observations
    rows = torch.tensor([3, 8, 9, 31, 40])
    small = SpotEncoder(5, history=4)
    with torch.no_grad():
        small.spots.copy_(observation.encoder.spots[rows])
    alone = replace(spots, observations=(Observation(small, "toy", observation.state, observation.responses[rows]),))
    chosen = replace(spots, observations=(replace(observation, neurons=rows),))
    np.testing.assert_allclose(movie_with(chosen), movie_with(alone), atol=1e-3)


@pytest.mark.parametrize("batch", [1, 2, 3, 50])
def test_the_batch_changes_nothing(spots, batch):
    np.testing.assert_allclose(movie_with(spots, batch=batch), movie_with(spots, batch=4), atol=1e-3)


def test_random_offsets_are_the_same_for_the_same_seed_and_others_for_another(spots):
    settings = {"stride": 16, "random_offsets": True}
    first, again, other = (movie_with(spots, **settings, offset_seed=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert np.abs(other - first).max() > 0.1


def test_random_offsets_go_on_from_a_snapshot_with_the_same_bits(spots):
    solver = replace(QUICK, stride=16, random_offsets=True)
    kept = []
    whole = solve(spots, solver, keep=kept.append)
    resumed = solve(spots, solver, resume=kept[4])
    np.testing.assert_array_equal(resumed.movie, whole.movie)


def test_random_offsets_cover_a_clip_with_two_windows_more_at_the_most(spots):
    """A clip of 50 frames is three windows of 16 and a rest; with an offset one more may be needed at the front."""
    solver = replace(QUICK, stride=16, random_offsets=True)
    assert solve(spots, solver).passes <= 5 * solver.steps


def test_a_prior_pulls_where_the_neurons_say_nothing(spots):
    def dark(movie):
        return 1e-2 * movie.square().mean(dim=(1, 2)).sum()

    with_prior = solve(replace(spots, prior=dark), QUICK)
    assert with_prior.movie.mean() < movie_with(spots).mean() - 1
    assert with_prior.trace[0].loss > solve(spots, QUICK).trace[0].loss


def test_the_movie_stays_within_the_grey_levels(spots):
    movie = movie_with(spots, learning_rate=1e5)
    assert movie.min() == 0.0
    assert movie.max() == 255.0


def test_an_empty_training_mask_is_refused(spots):
    with pytest.raises(ReverieError, match=r"reaches 0.5 at no pixel \(its maximum is 0.49\)"):
        replace(QUICK, mask=np.full(SIZE, 0.49, np.float32)).begin(spots)


def test_numbers_that_overflow_are_reported(spots):
    (observation,) = spots.observations
    broken = SpotEncoder(history=4)
    with torch.no_grad():
        broken.spots[0] = float("nan")
    asked = replace(spots, observations=(replace(observation, encoder=broken),))
    with pytest.raises(ReverieError, match="not finite at step 1"):
        solve(asked, QUICK)


@pytest.mark.parametrize(
    "start", [np.zeros((FRAMES, 3, 3)), np.full((FRAMES, *SIZE), 256.0), np.full((FRAMES, *SIZE), np.nan)]
)
def test_a_movie_to_start_from_must_fit(spots, start):
    with pytest.raises(ReverieError, match="movie to start from"):
        QUICK.begin(spots, start.astype(np.float32))


@pytest.mark.parametrize(
    "setting",
    [
        {"steps": 0},
        {"learning_rate": 0.0},
        {"warm_up": -1},
        {"momentum": 1.0},
        {"second_decay": 1.0},
        {"gradient_clip": 0.0},
        {"stride": 0},
        {"stride": 33},
        {"batch": 0},
        {"blur": -0.5},
        {"blur": 101.0},
        {"learning_rate": np.inf},
        {"mask": np.full(SIZE, np.nan, np.float32)},
    ],
)
def test_impossible_settings_are_refused(setting):
    (name,) = setting
    with pytest.raises(ReverieError, match=f"{name} .*must be"):
        Paper(**setting)
