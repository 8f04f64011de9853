import pytest

from reverie.foundation.errors import ReverieError
from reverie.recordings.opening import choose_trials
from reverie.recordings.readers.registry import open_recordings


def test_trials_come_in_the_order_asked_for_and_tiers_stand_for_theirs(unspoilt_world):
    recording = open_recordings(unspoilt_world.data)["alpha"]
    tier = next(iter(recording.tiers.values()))
    of_tier = [name for name, its in recording.tiers.items() if its == tier]
    last = list(recording.tiers)[-1]
    assert choose_trials(recording, [last, tier]) == [last, *(name for name in of_tier if name != last)]


def test_a_trial_whose_movie_was_deleted_shows_none(small_world):
    (small_world.data / "alpha/data/videos/2.npy").unlink()
    recording = open_recordings(small_world.data)["alpha"]
    assert choose_trials(recording, ["2"]) == ["2"]
    assert choose_trials(recording, ["spontaneous"]) == ["2"]


def test_broken_and_unknown_trials_are_named(small_world):
    (small_world.data / "alpha/data/videos/2.npy").write_bytes(b"")
    recording = open_recordings(small_world.data)["alpha"]
    with pytest.raises(ReverieError, match=r"Trial 2 of alpha cannot be used: .*2\.npy is empty"):
        choose_trials(recording, ["2"])
    with pytest.raises(ReverieError, match="has no trial or tier '9999'"):
        choose_trials(recording, ["9999"])
