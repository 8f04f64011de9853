import numpy as np
import pytest

from reverie.encoders.prediction import predict
from reverie.foundation.errors import ReverieError
from reverie.simulation.mouse import SimulatedMouse, schedule
from reverie.simulation.noise import SessionNoise
from reverie.simulation.truth import SimulatedTruth


def test_showings_are_numbered_tier_by_tier(movies: list[np.ndarray]):
    shows = schedule({"train": [("a", movies[0])], "oracle": [("b", movies[1]), ("c", movies[2])]}, {"oracle": 2})
    assert [(show.trial, show.tier, show.title) for show in shows] == [
        ("0", "train", "a"),
        ("1", "oracle", "b"),
        ("2", "oracle", "c"),
        ("3", "oracle", "b"),
        ("4", "oracle", "c"),
    ]
    assert shows[3].movie is movies[1]


def test_trials_do_not_depend_on_the_order_they_are_asked_in(truth: SimulatedTruth, movies: list[np.ndarray]):
    shows = schedule({"train": [("a", movies[0][:60]), ("b", movies[1][:50])], "oracle": [("c", movies[2][:40])]})
    one, other = (SimulatedMouse(truth, "ada", shows, seed=4) for _ in range(2))
    first, second = one.trial("0"), one.trial("1")
    np.testing.assert_array_equal(other.trials("train")[1].responses, second.responses)
    np.testing.assert_array_equal(other.trial("0").responses, first.responses)
    np.testing.assert_array_equal(other.trial("0").state, first.state)
    assert one.tiers == {"0": "train", "1": "train", "2": "oracle"}
    assert second.responses.shape == (150, 50)
    assert second.state.shape == (4, 50)
    assert len(one.trials("none")) == 0


def test_repeats_share_the_movie_but_not_the_noise(truth: SimulatedTruth, movies: list[np.ndarray]):
    mouse = SimulatedMouse(truth, "ada", schedule({"oracle": [("a", movies[0][:60])]}, {"oracle": 2}))
    first, second = mouse.trials("oracle")
    assert first.movie is second.movie
    assert np.abs(first.responses - second.responses).max() > 1
    correlation = np.corrcoef(first.responses.ravel(), second.responses.ravel())[0, 1]
    assert 0.05 < correlation < 0.8


def test_animals_and_seeds_differ(truth: SimulatedTruth, movies: list[np.ndarray]):
    shows = schedule({"train": [("a", movies[0][:40])]})
    states = [
        SimulatedMouse(truth, name, shows, seed=seed).trial("0").state
        for name, seed in (("ada", 0), ("bo", 0), ("ada", 1))
    ]
    assert np.abs(states[0] - states[1]).max() > 1
    assert np.abs(states[0] - states[2]).max() > 1


def test_without_noise_responses_are_what_the_truth_predicts(truth: SimulatedTruth, movies: list[np.ndarray]):
    mouse = SimulatedMouse(truth, "bo", schedule({"train": [("a", movies[0][:50])]}), noise=SessionNoise(level=0.0))
    trial = mouse.trial("0")
    np.testing.assert_allclose(trial.responses, predict(truth, trial.movie, trial.state, "bo"), rtol=1e-4, atol=1e-4)


def test_cell_bodies_map_the_visual_field(truth: SimulatedTruth, movies: list[np.ndarray]):
    mouse = SimulatedMouse(truth, "ada", schedule({"train": [("a", movies[0][:40])]}))
    columns = truth.animal("ada").get_buffer("centres")[:, 1].numpy()
    assert mouse.coordinates.shape == (150, 3)
    assert np.corrcoef(mouse.coordinates[:, 0], columns)[0, 1] > 0.9


def test_wrong_requests_are_named(truth: SimulatedTruth, movies: list[np.ndarray]):
    shows = schedule({"train": [("a", movies[0][:40])]})
    with pytest.raises(ReverieError, match="no trial '7'"):
        SimulatedMouse(truth, "ada", shows).trial("7")
    with pytest.raises(ReverieError, match="'eve'"):
        SimulatedMouse(truth, "eve", shows)
    with pytest.raises(ReverieError, match="at least one movie"):
        schedule({"train": []})
    with pytest.raises(ReverieError, match="'oracle' to repeat"):
        schedule({"train": [("a", movies[0])]}, {"oracle": 3})
