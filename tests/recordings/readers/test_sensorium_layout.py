import numpy as np
import pytest
from tests.worlds import open_recording

from reverie.foundation.errors import ReverieError
from reverie.foundation.files import read_npy
from reverie.recordings.readers.sensorium_layout import write_recording


@pytest.mark.parametrize("padded_frames", [None, 20, 47])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_written_recordings_are_read_back(tmp_path, make_trial, padded_frames, dtype):
    trials = [
        make_trial(0),
        make_trial(3, "oracle", frames=31),
        make_trial(4, "final_test_bonus", frames=2, recorded=False),
        make_trial(11, "none"),
    ]
    folder = tmp_path / "mouse"
    write_recording(folder, iter(trials), padded_frames=padded_frames)
    for path in (folder / "data").rglob("*.npy"):
        np.save(path, np.load(path).astype(dtype))
    recording = open_recording(folder)
    assert recording.tiers == {trial.name: trial.tier for trial in trials}
    for written in trials:
        found = recording.trial(written.name)
        np.testing.assert_array_equal(found.movie, written.movie)
        np.testing.assert_array_equal(found.state, written.state)
        if written.responses is None:
            assert found.responses is None
        else:
            np.testing.assert_array_equal(found.responses, written.responses)


def test_the_layout_is_that_of_the_release(animal):
    assert read_npy(animal / "data/videos/0.npy").shape == (36, 64, 50)
    assert read_npy(animal / "data/responses/0.npy").shape == (7, 50)
    assert read_npy(animal / "data/behavior/0.npy").shape == (2, 50)
    assert read_npy(animal / "data/pupil_center/0.npy").shape == (2, 50)
    assert np.isnan(read_npy(animal / "data/videos/0.npy")[..., 40:]).all()
    assert not (animal / "data/responses/5.npy").exists()
    assert read_npy(animal / "meta/trials/tiers.npy").tolist() == ["train"] * 4 + ["oracle", "live_test_main"]


def test_statistics_are_those_of_all_trials(animal, make_trial):
    statistics = {
        kind: {path.stem: read_npy(path) for path in (animal / "meta/statistics" / kind / "all").iterdir()}
        for kind in ("videos", "responses", "behavior", "pupil_center")
    }
    trials = [make_trial(number, recorded=number < 5) for number in range(6)]
    responses = np.concatenate([trial.responses for trial in trials[:5]], axis=1)
    state = np.concatenate([trial.state for trial in trials], axis=1)
    movie = np.concatenate([trial.movie for trial in trials])
    compare = {"mean": np.mean, "std": np.std, "median": np.median, "min": np.min, "max": np.max}
    for name, function in compare.items():
        np.testing.assert_allclose(statistics["responses"][name], function(responses, axis=1), rtol=1e-4)
        np.testing.assert_allclose(statistics["behavior"][name], function(state[:2], axis=1), rtol=1e-4)
        np.testing.assert_allclose(statistics["pupil_center"][name], function(state[2:], axis=1), rtol=1e-4)
        assert statistics["videos"][name].shape == ()
        np.testing.assert_allclose(statistics["videos"][name], function(movie), rtol=1e-4)


def test_trials_are_written_as_they_come(tmp_path, make_trial):
    """The next trial is drawn only once the one before is on the disk."""
    counted = []

    def trials():
        for number in range(3):
            building = tmp_path / ".mouse.partial/data/videos"
            counted.append(len(list(building.iterdir())) if building.exists() else 0)
            yield make_trial(number)

    write_recording(tmp_path / "mouse", trials())
    assert counted == [0, 1, 2]


def test_an_interrupted_recording_leaves_nothing(tmp_path, make_trial):
    def trials():
        yield make_trial(0)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_recording(tmp_path / "mouse", trials())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("numbers", "message"),
    [([], "no trials to write"), ([1, 1], "Two trials are numbered 1"), (["first"], "'first' cannot be filed")],
)
def test_trials_that_cannot_be_filed(tmp_path, make_trial, numbers, message):
    trials = [make_trial(0).__class__(str(n), "train", *_arrays(make_trial(0))) for n in numbers]
    with pytest.raises(ReverieError, match=message):
        write_recording(tmp_path / "mouse", trials)
    assert not (tmp_path / "mouse").exists()


def _arrays(trial):
    return trial.movie, trial.state, trial.responses


def test_nothing_is_overwritten(animal, make_trial):
    with pytest.raises(ReverieError, match="exists already"):
        write_recording(animal, [make_trial(0)])
