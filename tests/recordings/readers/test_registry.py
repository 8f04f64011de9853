import os
from pathlib import Path

import h5py
import numpy as np
import pytest

from reverie.foundation.errors import ReverieError
from reverie.recordings.readers.registry import find_animal, open_recordings
from reverie.recordings.reading import Reading
from reverie.recordings.survey import survey


def write_animal(folder: bytes) -> None:
    for kind, shape in {"videos": (4, 4, 9), "responses": (3, 9)}.items():
        os.makedirs(os.path.join(folder, b"data", kind.encode()))  # noqa: PTH103, PTH118 - no text, only bytes
        np.save(os.fsdecode(os.path.join(folder, b"data", kind.encode(), b"0.npy")), np.ones(shape))  # noqa: PTH118


@pytest.mark.parametrize(
    "name", [b"M\xe4us", "Mäus".encode(), "Ma\u0308us".encode()], ids=["Latin-1", "UTF-8", "macOS"]
)
def test_a_name_is_proper_text_however_its_folder_is_spelled(name: bytes, tmp_path: Path):
    write_animal(os.path.join(os.fsencode(tmp_path), name))  # noqa: PTH118
    recordings = open_recordings(tmp_path)
    assert list(recordings) == ["Mäus"]
    for asked in ("Mäus", os.fsdecode(name), "Ma\u0308us"):
        assert find_animal(recordings, asked) is recordings["Mäus"]


def test_two_spellings_of_one_name_are_refused(tmp_path: Path):
    for name in (b"M\xe4us", "Mäus".encode()):
        write_animal(os.path.join(os.fsencode(tmp_path), name))  # noqa: PTH118
    with pytest.raises(ReverieError, match="holds two recordings named Mäus"):
        open_recordings(tmp_path)


def test_a_zarr_store_is_told_what_to_become_wherever_it_lies(tmp_path: Path):
    store = tmp_path / "data" / "session.nwb.zarr"
    (store / "acquisition").mkdir(parents=True)
    (store / ".zgroup").write_text('{"zarr_format": 2}')
    for given in (store, store.parent):
        with pytest.raises(ReverieError, match=r"session\.nwb\.zarr is a Zarr store.*write it as one with hdmf-zarr"):
            open_recordings(given)
    write_animal(os.fsencode(store.parent / "z" / "deeper" / "mouse1"))
    with pytest.raises(ReverieError, match="z in it is a Sensorium 2023 folder; give that"):
        open_recordings(store.parent)


def test_arrays_of_ones_own_are_told_the_way(tmp_path: Path):
    np.savez(tmp_path / "session.npz", responses=np.ones((3, 9)))
    with pytest.raises(ReverieError, match=r"are opened in Python, with Recording\.from_arrays"):
        open_recordings(tmp_path / "session.npz")


def test_options_that_files_make_unnecessary_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    write_animal(os.fsencode(tmp_path / "mouse"))
    open_recordings(tmp_path, Reading(movie=("a=b.mp4",), rate=8.0, frame_rate=20.0))
    assert "is a Sensorium 2023 folder, whose files say it: --movie, --rate." in capsys.readouterr().err
    open_recordings(tmp_path, Reading(frame_rate=20.0))
    assert capsys.readouterr().err == ""


def test_opened_recordings_survive_a_change_of_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    write_animal(os.fsencode(tmp_path / "data" / "mouse"))
    monkeypatch.chdir(tmp_path)
    recording = open_recordings("data")["mouse"]
    monkeypatch.chdir(tmp_path / "data")
    assert recording["0"].frames == 9


@pytest.mark.parametrize("part", ["data", "data/videos", "data/videos/0.npy"])
def test_a_part_of_a_recording_is_told_with_the_recording(part: str, tmp_path: Path):
    write_animal(os.fsencode(tmp_path / "all" / "mouse"))
    with pytest.raises(ReverieError, match=rf"{part} is a part of .*all.mouse, which is a Sensorium 2023 folder; give"):
        open_recordings(tmp_path / "all" / "mouse" / part)


def test_other_folders_beside_recordings_are_ignored(tmp_path: Path):
    write_animal(os.fsencode(tmp_path / "all" / "mouse"))
    (tmp_path / "all" / "notes").mkdir()
    with pytest.raises(ReverieError, match="notes is empty; give the folder or file of a recording"):
        open_recordings(tmp_path / "all" / "notes")
    (tmp_path / "all" / "notes" / "monday.txt").write_text("x")
    with pytest.raises(ReverieError, match="notes is not a recording of a known format"):
        open_recordings(tmp_path / "all" / "notes")


@pytest.mark.parametrize("spelled", ["{}.NPY", "trial_{}.npy"])
def test_movies_under_other_names_are_not_taken_for_none(spelled: str, tmp_path: Path):
    write_animal(os.fsencode(tmp_path / "mouse"))
    (tmp_path / "mouse/data/videos/0.npy").rename(tmp_path / "mouse/data/videos" / spelled.format(0))
    with pytest.raises(ReverieError, match=r"holds no trials but .*0\.\w+; files named 0\.npy, 1\.npy and so on were"):
        open_recordings(tmp_path)


@pytest.mark.parametrize(
    ("content", "said"), [(b"", "is empty"), (b"version https://git-lfs.github.com/spec/v1\noid", "was not fetched")]
)
def test_placeholders_of_files_are_named(content: bytes, said: str, tmp_path: Path):
    (tmp_path / "results.hdf5").write_bytes(content)
    with pytest.raises(ReverieError, match=rf"results\.hdf5 {said}"):
        open_recordings(tmp_path / "results.hdf5")


@pytest.mark.parametrize("name", ["dynamic29515.zip", "session.tar.gz"])
def test_an_archive_is_to_be_unpacked(name: str, tmp_path: Path):
    (tmp_path / name).write_bytes(b"PK\x03\x04")
    for given in (tmp_path / name, tmp_path):
        with pytest.raises(ReverieError, match=rf"{name} is an archive; unpack it and give the folder"):
            open_recordings(given)


def test_missing_paths_are_refused_before_any_reader_is_asked(tmp_path: Path):
    (tmp_path / "link").symlink_to("nowhere")
    said = {
        "none": "none is not there; give the folder or file",
        "link": "link is a link to nowhere, which is not there",
        "https://dandiarchive.org/a.nwb": "is an address; download what is there",
    }
    for given, sentence in said.items():
        path = Path(given) if ":" in given else tmp_path / given
        for ask in (open_recordings, survey):
            with pytest.raises(ReverieError, match=sentence):
                ask(path)


def test_a_folder_that_holds_a_file_of_caiman_is_told_with_it(tmp_path: Path):
    (tmp_path / "notes.txt").write_text("x")
    with h5py.File(tmp_path / "results.HDF5", "w") as file:
        file["estimates/C"] = np.ones((3, 9))
    with pytest.raises(
        ReverieError, match=r"is not a recording, but .*results\.HDF5 in it is a CaImAn file; give that"
    ):
        open_recordings(tmp_path)


def test_folders_that_are_no_recordings_are_not_searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The folder above may hold the homes of thousands of people."""
    (tmp_path / "homes" / "mine").mkdir(parents=True)
    (tmp_path / "homes" / "mine" / "letter.txt").write_text("x")
    listed = []
    usual = Path.iterdir
    monkeypatch.setattr(Path, "iterdir", lambda folder: (listed.append(folder), usual(folder))[1])
    with pytest.raises(ReverieError, match="is not a recording of a known format"):
        open_recordings(tmp_path / "homes" / "mine")
    assert set(listed) <= {tmp_path / "homes" / "mine"}
