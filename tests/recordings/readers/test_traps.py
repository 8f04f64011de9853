"""What people's folders are full of, in layouts that are not Sensorium's: litter, files that stand in for others."""

import shutil

import h5py
import numpy as np
import pandas as pd
import pytest
from tests.recordings.readers import layouts, nwb_layouts
from tests.worlds import open_recording

from reverie.foundation.errors import ReverieError
from reverie.recordings.reading import Reading

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"

pytestmark = pytest.mark.filterwarnings("ignore:The linked table for DynamicTableRegion")


@pytest.fixture(scope="module")
def session(make_trial):
    return layouts.session_of([make_trial(number, frames=40) for number in range(3)])


def nwb(folder, session):
    folder.mkdir(parents=True)
    nwb_layouts.write_allen(folder / "mouse.nwb", session)


def spikes(folder, session):
    layouts.write_phy(folder, session)
    layouts.write_table(folder, session)


LAYOUTS = {"experanto": layouts.write_experanto, "suite2p": layouts.write_suite2p, "spikes": spikes, "nwb": nwb}
TABLED = ("suite2p", "spikes")


def reading(kind, folder):
    return Reading(
        rate=30.0 if kind == "suite2p" else None, frames_table=folder / "shown.csv" if kind in TABLED else None
    )


@pytest.mark.parametrize("kind", LAYOUTS)
def test_litter_changes_nothing(kind, session, tmp_path):
    folder = tmp_path / "Mäus 1 (zwei)"
    LAYOUTS[kind](folder, session)
    expected = open_recording(folder, reading(kind, folder))
    plain = {name: expected.responses(name) for name in expected.tiers}
    for place in [folder, *(path for path in folder.rglob("*") if path.is_dir())]:
        files = [path.name for path in place.iterdir() if path.is_file()]
        for name in (".DS_Store", "Thumbs.db", *(f"._{name}" for name in files)):
            (place / name).write_bytes(b"\x00\x05\x16\x07")
    found = open_recording(folder, reading(kind, folder))
    assert [*found.tiers] == [*plain]
    for name, responses in plain.items():
        np.testing.assert_array_equal(found.responses(name), responses)


@pytest.mark.parametrize("kind", LAYOUTS)
def test_one_folder_too_deep_is_said_with_the_one_to_give(kind, session, tmp_path):
    # Of experanto's sessions there may be several in a folder, so that these lie two folders down.
    LAYOUTS[kind](tmp_path / "outer" / ("sessions/mouse" if kind == "experanto" else "mouse"), session)
    with pytest.raises(ReverieError, match=r"outer is not a recording, but .*outer.\w+ in it is .*; give that"):
        open_recording(tmp_path / "outer")


@pytest.mark.parametrize("kind", ["suite2p", "spikes", "nwb"])
def test_files_not_fetched_are_named(kind, session, tmp_path):
    folder = tmp_path / "mouse"
    LAYOUTS[kind](folder, session)
    file = {"suite2p": "suite2p/plane0/spks.npy", "spikes": "spike_times.npy", "nwb": "mouse.nwb"}[kind]
    (folder / file).write_bytes(POINTER)
    with pytest.raises(ReverieError, match="was not fetched"):
        open_recording(folder, reading(kind, folder))


def test_a_movie_that_was_not_fetched_spoils_no_other(session, tmp_path):
    layouts.write_experanto(tmp_path / "mouse", session)
    (tmp_path / "mouse/screen/data/00001.npy").write_bytes(POINTER)
    recording = open_recording(tmp_path / "mouse")
    assert [*recording.tiers] == ["0", "2"]
    assert "was not fetched" in recording.left_out["1"]


@pytest.mark.parametrize(("factor", "said"), [(1.0, None), (30.0, "holds responses from 0 to .* on one clock")])
def test_movies_shown_while_nothing_was_recorded_are_one_sentence(session, tmp_path, factor, said):
    """Times that count frames: everything falls after the end of the responses."""
    layouts.write_suite2p(tmp_path, session)
    table = pd.read_csv(tmp_path / "shown.csv")
    table.assign(time=table["time"] * factor).to_csv(tmp_path / "shown.csv", index=False)
    if said is None:
        assert not any("one clock" in note for note in open_recording(tmp_path, reading("suite2p", tmp_path)).notes)
    else:
        with pytest.raises(ReverieError, match=said):
            open_recording(tmp_path, reading("suite2p", tmp_path))


def test_a_rate_that_makes_the_responses_last_far_longer_than_anything_shown_is_doubted(session, tmp_path):
    layouts.write_suite2p(tmp_path, session)
    slow = Reading(rate=3.0, frames_table=tmp_path / "shown.csv")
    assert any(
        note.endswith("is the rate right, and are both in seconds on one clock?")
        for note in open_recording(tmp_path, slow).notes
    )


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("n_signals: 7", "n_signals: 3", "are not of one export"),
        ("n_signals: 7", "n_signals: -1", "some numbers were"),
        ("float32", "object", "of the type object, where some numbers"),
    ],
)
def test_mapped_responses_of_another_shape_than_described_are_refused(session, tmp_path, old, new, said):
    layouts.write_experanto(tmp_path / "mouse", session, mapped=True)
    path = tmp_path / "mouse/responses/meta.yml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(ReverieError, match=said):
        open_recording(tmp_path / "mouse")


def test_an_nwb_file_of_another_name_is_known_by_what_it_says(session, tmp_path):
    nwb(tmp_path / "a", session)
    (tmp_path / "a/mouse.nwb").rename(tmp_path / "a/mouse.h5")
    assert open_recording(tmp_path / "a/mouse.h5").neurons == 7


def test_a_camera_with_fewer_frames_than_pulses_is_read(session, tmp_path):
    nwb(tmp_path / "mouse", session)
    shutil.copytree(tmp_path / "mouse", tmp_path / "fewer")
    with h5py.File(tmp_path / "fewer/mouse.nwb", "a") as file:
        pupil = file["processing/behavior/PupilTracking/pupil_size"]
        fewer = pupil["data"][:-2]
        attributes = dict(pupil["data"].attrs)
        del pupil["data"]
        pupil["data"] = fewer
        pupil["data"].attrs.update(attributes)
    expected, found = open_recording(tmp_path / "mouse"), open_recording(tmp_path / "fewer")
    assert found.signals == expected.signals
    np.testing.assert_allclose(found.state("0")[0], expected.state("0")[0], rtol=1e-5)
