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
