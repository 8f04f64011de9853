import numpy as np
import pandas as pd
import pytest

from reverie.foundation.errors import ReverieError
from reverie.recordings.opening import open_animals
from reverie.simulation.darkness import Darkness, Replay, draw_replays, hidden_movie, warped
from reverie.simulation.folder import REPLAYS, TRUTH, Simulation, simulate


def test_replays_are_apart_and_within_their_clips():
    darkness = Darkness(20, 200, replays=2, strength=0.5, speeds=(1.0, 2.0, -1.0), replay_frames=40)
    trials = draw_replays(darkness, {"a": 100, "b": 90}, np.random.default_rng(1))
    assert len(trials) == 20
    every = [replay for trial in trials for replay in trial]
    assert {replay.speed for replay in every} == {1.0, 2.0, -1.0}
    assert {replay.clip for replay in every} == {"a", "b"}
    for first, second in trials:
        assert 15 <= first.start <= second.start - 55 <= 200 - 95
        assert second.start + 40 <= 200
    for replay in every:
        ends = {replay.first, replay.first + replay.speed * 39}
        assert min(ends) >= 0
        assert max(ends) < {"a": 100, "b": 90}[replay.clip]


def test_the_hidden_movie_is_grey_but_for_the_replay():
    clip = np.arange(50.0, dtype=np.float32)[:, None, None] * np.ones((1, 4, 5), np.float32)
    replay = Replay("a", 20, 10, 30, -1.0, 0.6)
    movie, strength = hidden_movie([replay], 60, (4, 5), lambda name: clip)
    assert (movie[:20] == 127.5).all()
    np.testing.assert_array_equal(movie[20:30], warped(clip, 30, 10, -1.0))
    assert (movie[30:] == 127.5).all()
    np.testing.assert_allclose(strength[[19, 20, 44, 45]], [0, 0.6, 0.6, 0])


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"replays": 3}, "do not fit into a trial"),
        ({"speeds": (0.0,)}, "numbers other than 0"),
        ({"strength": -1.0}, "least 0"),
        ({"strength": float("inf")}, "least 0"),
        ({"speeds": (float("nan"),)}, "numbers other than 0"),
    ],
)
def test_impossible_replays_are_refused(settings, told):
    with pytest.raises(ReverieError, match=told):
        Darkness(1, 150, **settings)
    with pytest.raises(ReverieError, match="too few for a replay"):
        draw_replays(Darkness(1, 150, 1, speeds=(4.0,)), {"a": 100}, np.random.default_rng(0))


@pytest.fixture(scope="module")
def dark_animals(tmp_path_factory):
    """The same animal twice: with a strong replay in each of its spontaneous trials, and without."""
    folder = tmp_path_factory.mktemp("dark")
    generator = np.random.default_rng(2)
    movies = {"train": [(f"clip {k}", generator.uniform(0, 255, (40, 8, 12)).astype(np.float32)) for k in range(2)]}
    for name, strength in (("with", 1.0), ("without", 0.0)):
        darkness = Darkness(3, 90, 1, strength, replay_frames=30)
        simulate(folder / name, Simulation(movies, mice={"mouse": 40}, darkness=darkness, seed=5))
    return folder


def test_spontaneous_trials_show_nothing_and_hide_what_the_table_tells(dark_animals):
    recording = open_animals(dark_animals / "with")["mouse"]
    assert [name for name, tier in recording.tiers.items() if tier == "spontaneous"] == ["2", "3", "4"]
    trial = recording.trial("2")
    assert trial.movie is None
    assert trial.responses.shape == (40, 90)
    table = pd.read_csv(dark_animals / "with" / TRUTH / REPLAYS, dtype={"trial": str})
    assert table["trial"].tolist() == ["2", "3", "4"]
    assert set(table["clip"]) <= {"clip 0", "clip 1"}
    assert (table["strength"] == 1.0).all()


def test_a_replay_changes_responses(dark_animals):
    table = pd.read_csv(dark_animals / "with" / TRUTH / REPLAYS, dtype={"trial": str}).set_index("trial")
    first, second = (open_animals(dark_animals / name)["mouse"] for name in ("with", "without"))
    changed = 0
    for name, replay in table.iterrows():
        one, other = first.trial(name).responses, second.trial(name).responses
        assert one.shape == other.shape
        changed += float(np.abs(one - other)[:, replay["start"] :].sum())
    assert changed > 0
