"""Movies of a run in other programs' formats, read back with their own libraries."""

import json
import shutil
from dataclasses import replace

import av
import h5py
import numpy as np
import pytest
import tifffile
import xarray
from nwbinspector import Importance, inspect_nwbfile
from pynwb import NWBHDF5IO
from tests.fitted.reconstructions import SHAPE, made_up

from reverie.foundation.errors import ReverieError
from reverie.foundation.files import read_npz
from reverie.runs.exporting import export_run

FRAMES, *SIZE = SHAPE
MADE_UP = {"animal": "Mäus 1", "frame_rate": 25.0, "notes": ("Not held out.",)}
IN_DARKNESS = {"truth": None, "rates_from_truth": None, "std": None, "information": None}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run of two trials, the second in darkness, and its movies."""
    folder = tmp_path_factory.mktemp("run")
    movies = [made_up(3, start=12.5, **MADE_UP), made_up(4, start=60.0, **IN_DARKNESS, **MADE_UP)]
    for movie in movies:
        movie.save(folder / movie.animal / movie.trial)
    (folder / "run.json").write_text(json.dumps({"settings": {"method": "map"}, "seed": 0}))
    return folder, movies


@pytest.fixture(scope="module")
def nwb(run, tmp_path_factory):
    (path,) = export_run(run[0], "nwb", tmp_path_factory.mktemp("out"), session_start="2026-03-01T10:00:00+00:00")
    return path


def test_nwb_holds_movies_in_processing_and_nothing_in_stimulus(run, nwb):
    assert nwb.name == "Mäus 1.nwb"
    with NWBHDF5IO(nwb, "r") as stream:
        file = stream.read()
        module = file.processing["reverie"]
        for movie in run[1]:
            name = f"trial_{movie.trial}"
            series = module[f"{name}_movie"]
            np.testing.assert_array_equal(series.data[:], movie.frames)
            assert (series.starting_time, series.rate) == (movie.start, 25.0)
            assert "Not held out." in series.description
            assert (f"{name}_standard_deviation" in module.data_interfaces) == (movie.std is not None)
            np.testing.assert_array_equal(module[f"{name}_predicted_rates"].data[:], movie.rates.T)
            np.testing.assert_array_equal(module[f"{name}_mask"].images["mask"].data[:], movie.mask)
        assert not file.stimulus
        assert not file.stimulus_template
        assert str(file.session_start_time) == "2026-03-01 10:00:00+00:00"
        assert json.loads(file.notes)["settings"] == {"method": "map"}
    assert [path.name for path in nwb.parent.iterdir() if path.suffix != ".json"] == [nwb.name]


def test_the_inspector_of_nwb_finds_nothing_critical(nwb):
    critical = {Importance.CRITICAL, Importance.PYNWB_VALIDATION, Importance.ERROR}
    assert [found.message for found in inspect_nwbfile(nwb) if found.importance in critical] == []


def test_without_a_start_nwb_says_so_and_movies_without_a_clock_follow_one_another(run, tmp_path):
    folder, (first, second) = run
    for movie in (first, second):
        replace(movie, start=0.0).save(tmp_path / "run/mouse" / movie.trial)
    (tmp_path / "run/run.json").write_text((folder / "run.json").read_text())
    (path,) = export_run(tmp_path / "run", "nwb")
    assert path.parent == tmp_path / "run/export"
    with h5py.File(path) as file:
        assert b"was not given" in file["session_description"][()]
        assert file["processing/reverie/trial_4_movie/starting_time"][()] == pytest.approx(FRAMES / 25)


def test_a_start_that_is_no_time_is_refused(run, tmp_path):
    with pytest.raises(ReverieError, match="'yesterday' is not a time; write it as"):
        export_run(run[0], "nwb", tmp_path, session_start="yesterday")


def test_npz_and_zarr_hold_the_same_numbers(run, tmp_path):
    first = run[1][0]
    arrays = read_npz(export_run(run[0], "npz", tmp_path)[0])
    labelled = xarray.open_zarr(export_run(run[0], "zarr", tmp_path)[0], consolidated=False)
    for name, expected in {"movie": first.frames, "std": first.std, "mask": first.mask, "rates": first.rates}.items():
        np.testing.assert_array_equal(arrays[name], expected)
        np.testing.assert_array_equal(labelled[name], expected)
    assert labelled.attrs["trial"] == "3"


def test_mp4_and_tif_show_the_movie_alone(run, tmp_path):
    first = run[1][0]
    np.testing.assert_array_equal(tifffile.imread(export_run(run[0], "tif", tmp_path)[0]), first.frames)
    video, _ = export_run(run[0], "mp4", tmp_path)
    with av.open(video) as container:
        (stream,) = container.streams.video
        assert (stream.average_rate, stream.width, stream.height) == (25, 6 * SIZE[1], 6 * SIZE[0])
        assert sum(1 for _ in container.decode(video=0)) == FRAMES


def test_an_export_goes_only_where_there_is_nothing_else(run, tmp_path):
    folder, _ = run
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ReverieError, match="is not empty and holds no export of ours; choose another --out"):
        export_run(folder, "npz", tmp_path)
    with pytest.raises(ReverieError, match="is not empty and holds no export of ours"):
        export_run(folder, "npz", folder / "Mäus 1")
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
    out = tmp_path / "out"
    for to in ("npz", "tif", "npz"):
        export_run(folder, to, out)
    other = tmp_path / "other"
    shutil.copytree(folder / "Mäus 1", other / "Mäus 1")
    (other / "run.json").write_text(json.dumps({"settings": {"method": "paper"}, "seed": 0}))
    with pytest.raises(ReverieError, match="holds the export of another run"):
        export_run(other, "npz", out)
