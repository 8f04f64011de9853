"""experanto sessions that are not as their descriptions say, or say that something was not shown."""

import numpy as np
import pytest
from tests.recordings.readers import layouts
from tests.recordings.readers.layouts import write_video
from tests.worlds import open_recording

from reverie.foundation.errors import ReverieError


@pytest.fixture(scope="module")
def session(make_trial):
    return layouts.session_of([make_trial(number, frames=40) for number in range(4)])


def test_experanto_takes_the_file_that_its_description_speaks_of(tmp_path, session):
    """As its authors' loader does, where an older export was left beside."""
    place = layouts.write_experanto(tmp_path / "mouse", session, mapped=True)
    values = np.fromfile(place / "responses/data.mem", np.float32).reshape(-1, 7)
    np.save(place / "responses/data.npy", 2 * values)
    times = place / "screen/timestamps.npy"
    np.save(times, np.load(times)[:, None])
    recording = open_recording(place)
    for name, trial in zip(recording.tiers, session.trials, strict=True):
        np.testing.assert_allclose(recording.responses(name), trial.responses, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("wrong", [np.transpose, lambda values: values[:, :5]])
def test_responses_of_experanto_that_are_not_as_described_are_told(tmp_path, session, wrong):
    path = layouts.write_experanto(tmp_path / "mouse", session, mapped=False) / "responses/data.npy"
    np.save(path, wrong(np.load(path)))
    with pytest.raises(ReverieError, match=r"data\.npy has the shape .* with the 7 signals of its meta\.yml were"):
        open_recording(tmp_path / "mouse")


def test_an_invalid_item_of_experanto_is_not_shown(tmp_path, session, capsys):
    item = layouts.write_experanto(tmp_path / "mouse", session) / "screen/meta/00002.yml"
    item.write_text(item.read_text().replace("modality: video", "modality: invalid"))
    recording = open_recording(tmp_path / "mouse")
    assert len(recording.tiers) == len(session.trials) - 1
    assert "Left out" not in capsys.readouterr().err


def test_an_item_that_nothing_describes_is_told(tmp_path, session, capsys):
    (layouts.write_experanto(tmp_path / "mouse", session) / "screen/meta/00002.yml").unlink()
    assert len(open_recording(tmp_path / "mouse").tiers) == len(session.trials) - 1
    assert "describes, so not used: 00002." in " ".join(capsys.readouterr().err.split())


def test_an_item_that_was_shown_longer_than_times_are_known_is_told(tmp_path, session, capsys):
    place = layouts.write_experanto(tmp_path / "mouse", session)
    times = np.load(place / "screen/timestamps.npy")
    np.save(place / "screen/timestamps.npy", times[:-15])
    recording = open_recording(place)
    frames = [recording.frames(name) for name in recording.tiers if recording.has_movie(name)]
    assert frames == [40, 40, 40, 25]
    assert capsys.readouterr().err.count("timestamps.npy ends") == 1


def test_files_about_a_film_are_not_taken_for_it(tmp_path, session):
    data = layouts.write_experanto(tmp_path / "mouse", session) / "screen/data"
    write_video(data / "00001.mp4", np.load(data / "00001.npy"))
    (data / "00001.npy").unlink()
    (data / "00001.json").write_text("{}")
    recording = open_recording(tmp_path / "mouse")
    assert np.abs(recording.movie("1") - session.trials[1].movie).max() < 4


@pytest.mark.parametrize("ending", ["npy", "mp4"])
def test_a_film_that_was_not_fetched_is_told_to_be_so(tmp_path, session, ending):
    data = layouts.write_experanto(tmp_path / "mouse", session) / "screen/data"
    (data / "00001.npy").unlink()
    (data / f"00001.{ending}").symlink_to("../../.git/annex/objects/aa/bb/MD5-s1/MD5-s1")
    recording = open_recording(tmp_path / "mouse")
    assert len(recording.tiers) == len(session.trials) - 1
    assert "was not fetched (it is a git-annex pointer)" in recording.left_out["1"]


@pytest.mark.parametrize("wrong", [np.zeros(5), np.full(7, np.nan), np.array(["0"] * 7)])
def test_phases_of_other_signals_are_told(tmp_path, session, wrong):
    """Signals without one would hold whatever was in memory."""
    path = layouts.write_experanto(tmp_path / "mouse", session, phases=True) / "responses/meta/phase_shifts.npy"
    np.save(path, wrong)
    with pytest.raises(ReverieError, match=r"phase_shifts\.npy should hold a number of seconds for each of 7 signals"):
        open_recording(tmp_path / "mouse")


def test_lost_phases_and_a_rate_that_contradicts_the_times_are_said(tmp_path, session, capsys):
    place = layouts.write_experanto(tmp_path / "mouse", session, phases=True)
    (place / "responses/meta/phase_shifts.npy").unlink()
    meta = place / "treadmill/meta.yml"
    meta.write_text(meta.read_text().replace("sampling_rate: 100.0", "sampling_rate: 60.0"))
    assert len(open_recording(place).tiers) == len(session.trials)
    said = " ".join(capsys.readouterr().err.split())
    assert "phase_shifts.npy is not there, though each signal has a phase of its own" in said
    assert "by its start_time and end_time; the rate is believed" in said
