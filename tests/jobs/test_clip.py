import numpy as np
import pytest
from tests.worlds import opened, scale_responses, show_again, spoil_movie

from reverie.encoders.prediction import predict
from reverie.foundation.errors import ReverieError
from reverie.jobs.clip import Clip, excerpt, first_repeats, measure_trial_noise, repeats_of, simulated_clips


@pytest.fixture
def repeating(tiny_world):
    """Trial 3 shows the movie of trial 1."""
    for animal in ("alpha", "beta"):
        show_again(tiny_world, animal, "3", like="1")
    return opened(tiny_world, animals=())


def names_of(clips):
    return [(clip.animal, clip.name) for clip in clips]


@pytest.mark.parametrize(
    ("join", "expected"),
    [
        ("nothing", []),
        ("repeats", [("alpha", "3")]),
        ("animals", [("beta", "1")]),
        ("all", [("alpha", "3"), ("beta", "1"), ("beta", "3")]),
    ],
)
def test_repeats_of_the_same_movie_are_found(repeating, join, expected):
    assert names_of(repeats_of(repeating, Clip("alpha", "1"), join)) == expected


def test_each_movie_is_reconstructed_once(repeating):
    names = {"alpha": ["1", "2", "3"], "beta": ["1", "3"]}
    assert first_repeats(repeating, names, "nothing") == names
    assert first_repeats(repeating, names, "repeats") == {"alpha": ["1", "2"], "beta": ["1"]}
    assert first_repeats(repeating, names, "all") == {"alpha": ["1", "2"]}


def test_a_trial_that_cannot_be_read_is_joined_to_none_and_spoils_none(repeating, tiny_world, capsys):
    spoil_movie(tiny_world, "alpha", "4")
    session = opened(tiny_world, animals=())
    assert names_of(repeats_of(session, Clip("alpha", "1"), "repeats")) == [("alpha", "3")]
    assert "alpha, left out 1 trial (4)" in capsys.readouterr().err


def test_something_else_cannot_be_joined(repeating):
    with pytest.raises(ReverieError, match="cannot be joined; choose one of: nothing, repeats, animals, all"):
        repeats_of(repeating, Clip("alpha", "1"), "neighbours")


def test_a_recorded_clip_is_its_trial_and_a_stimulus_what_is_given(repeating):
    recorded = Clip("alpha", "2").read(repeating)
    np.testing.assert_array_equal(recorded.responses, repeating.recordings["alpha"].trial("2").responses)
    shown = Clip("alpha", "grating", recorded.movie, recorded.state).read(repeating)
    assert (shown.name, shown.tier, shown.responses) == ("grating", "stimulus", None)
    np.testing.assert_array_equal(shown.movie, recorded.movie)


def test_clips_are_known_by_their_contents(tiny_world, repeating):
    trial = repeating.recordings["alpha"].trial("2")
    recorded = Clip("alpha", "2").digest(repeating)
    whole = Clip("alpha", "whatever", trial.movie, trial.state, trial.responses)
    assert whole.digest(repeating) == recorded
    assert Clip("alpha", "whatever", trial.movie, trial.state).digest(repeating) != recorded
    assert Clip("alpha", "4").digest(repeating) != recorded
    scale_responses(tiny_world, "2")
    assert Clip("alpha", "2").digest(opened(tiny_world)) != recorded


def test_an_excerpt_is_the_beginning_of_a_clip_as_a_clip(repeating):
    short = excerpt(repeating, Clip("alpha", "2"), 20)
    trial = repeating.recordings["alpha"].trial("2")
    assert short.name == "2"
    np.testing.assert_array_equal(short.responses, trial.responses[:, :20])
    assert short.read(repeating).frames == 20
    with pytest.raises(ReverieError, match="no responses"):
        excerpt(repeating, Clip("alpha", "7"), 20)


def test_responses_are_drawn_around_the_rates_of_the_encoders(session):
    (folder,) = session.sources.encoders
    clip = Clip("mouse", session.recordings["mouse"].names("oracle")[0])
    trial = clip.read(session)
    drawn = list(simulated_clips(session, clip, 6))
    assert len({one.name for one in drawn}) == 6
    for one in drawn:
        np.testing.assert_array_equal(one.movie, trial.movie)
        assert one.responses.shape == trial.responses.shape
    rates = predict(session.encoders[folder], trial.movie, trial.state, "mouse")
    means = np.mean([one.responses for one in drawn], axis=(0, 2))
    assert np.corrcoef(means, rates.mean(axis=1))[0, 1] > 0.9
    assert not np.array_equal(drawn[0].responses, drawn[1].responses)


def test_the_same_seed_draws_the_same(session):
    clip = Clip("mouse", session.recordings["mouse"].names("oracle")[0])
    first, again = (next(simulated_clips(session, clip, 1)) for _ in range(2))
    np.testing.assert_array_equal(first.responses, again.responses)
    assert measure_trial_noise(session, "mouse") is measure_trial_noise(session, "mouse")


def test_noise_of_different_clips_is_independent(session):
    trial = session.recordings["mouse"].trial("0")
    clips = [Clip("mouse", name, trial.movie, trial.state) for name in "ab"]
    first, second = (next(simulated_clips(session, clip, 1)).responses for clip in clips)
    rates = predict(next(iter(session.encoders.values())), trial.movie, trial.state, "mouse")
    assert abs(np.corrcoef((first - rates).ravel(), (second - rates).ravel())[0, 1]) < 0.1


def test_noise_is_measured_on_trials_with_responses(tiny_world):
    before = measure_trial_noise(opened(tiny_world), "alpha")
    (tiny_world.data / "alpha/data/responses/2.npy").unlink()
    after = measure_trial_noise(opened(tiny_world), "alpha")
    assert after.dispersions.shape == before.dispersions.shape
    assert not np.array_equal(after.dispersions, before.dispersions)
