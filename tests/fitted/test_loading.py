import pytest

from reverie.foundation.errors import ReverieError
from reverie.recordings.opening import choose_trials
from reverie.recordings.readers.sensorium import open_recordings


def test_trials_come_in_the_order_asked_for_and_tiers_stand_for_theirs(unspoilt_world):
    recording = open_recordings(unspoilt_world.data)["alpha"]
    tier = next(iter(recording.tiers.values()))
    of_tier = [name for name, its in recording.tiers.items() if its == tier]
    last = list(recording.tiers)[-1]
    assert choose_trials(recording, [last, tier]) == [last, *(name for name in of_tier if name != last)]


def test_a_trial_whose_movie_was_deleted_is_told_from_one_that_never_was(small_world):
    recording = open_recordings(small_world.data)["alpha"]
    lost = next(name for name in recording.tiers if recording.has_responses(name))
    path = recording.folder / "data/videos" / f"{lost}.npy"
    path.unlink()
    recording = open_recordings(small_world.data)["alpha"]
    with pytest.raises(ReverieError, match=rf"has responses but no movie: .*{lost}.npy is missing; copy it again"):
        choose_trials(recording, [lost])
    with pytest.raises(ReverieError, match="has no trial or tier '9999'"):
        choose_trials(recording, ["9999"])
