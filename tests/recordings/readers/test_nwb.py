"""NWB files as laboratories have them: several movies, movies in other files, a member that is broken."""

import subprocess
import sys

import h5py
import numpy as np
import pytest
from pynwb.base import Images
from pynwb.image import GrayscaleImage, IndexSeries
from pynwb.ophys import Fluorescence, RoiResponseSeries
from tests.recordings.readers import layouts, nwb_layouts
from tests.recordings.readers.nwb_layouts import SHOWN, free, movies_of, spoil
from tests.worlds import open_recording

from reverie.foundation.errors import ReverieError
from reverie.recordings.readers.registry import open_recordings
from reverie.recordings.reading import Reading

pytestmark = pytest.mark.filterwarnings("ignore:The linked table for DynamicTableRegion")


@pytest.fixture(scope="module")
def session(make_trial):
    return layouts.session_of([make_trial(number, frames=40) for number in range(4)])


SPOILT = {
    "no times": lambda plane: spoil(plane, "timestamps"),
    "no data": lambda plane: spoil(plane, "data"),
    "text": lambda plane: spoil(plane, "data", np.full(plane["data"].shape, b"x")),
    "half of its data": lambda plane: spoil(plane, "data", plane["data"][: len(plane["data"]) // 2]),
    "nothing but NaN": lambda plane: spoil(plane, "data", np.full(plane["data"].shape, np.nan)),
}


@pytest.fixture(scope="module")
def two_planes(session, tmp_path_factory):
    """A scan of two planes, four neurons in the first, and what is read of the second."""
    place = nwb_layouts.write_microns(tmp_path_factory.mktemp("planes") / "scan.nwb", session, rate=30.0)
    recording = open_recording(place)
    return place, {name: recording.responses(name)[4:] for name in recording.tiers}


@pytest.mark.parametrize("how", SPOILT)
def test_a_broken_plane_is_said_and_left_out(how, two_planes, tmp_path, capsys):
    place, expected = two_planes
    copy = tmp_path / "scan.nwb"
    copy.write_bytes(place.read_bytes())
    with h5py.File(copy, "a") as file:
        SPOILT[how](file["processing/ophys/Fluorescence/RoiResponseSeries1"])
    found = open_recording(copy)
    assert found.neurons == 3
    for name, responses in expected.items():
        np.testing.assert_allclose(found.responses(name), responses)
    said = capsys.readouterr().err + " ".join(found.notes)
    assert "RoiResponseSeries1 " in said or "4 of 7 neurons" in said


def test_a_signal_of_text_and_a_table_of_two_lengths_spoil_no_other(two_planes, tmp_path, capsys):
    place, expected = two_planes
    copy = tmp_path / "scan.nwb"
    copy.write_bytes(place.read_bytes())
    with h5py.File(copy, "a") as file:
        spoil(file["acquisition/EyeTracking/eye_position"], "data", np.full((20, 2), b"x"))
        spoil(file["intervals/Clip"], "movie_name", [b"m"])
    found = open_recording(copy)
    assert [*found.tiers] == [*expected]
    assert found.signals == ("pupil dilation", "running speed")
    assert "eye_position is not used" in capsys.readouterr().err


@pytest.mark.parametrize("files", [["all.mp4"], ["one.mp4", "two.mp4"]])
def test_a_movie_in_files_beside_it(files, session, tmp_path):
    starts = [0, 100][: len(files)]
    for name, pictures in zip(files, np.split(session.movie, starts[1:]), strict=True):
        layouts.write_video(tmp_path / name, pictures)
    file = free(session, external_file=files, starting_frame=starts, format="external")
    place = nwb_layouts.save(tmp_path / "mine.nwb", file)
    found = movies_of(open_recording(place, Reading(responses="/acquisition/cells", movie=(SHOWN,))))
    for movie, trial in zip(found, session.trials, strict=True):
        assert np.abs(movie - trial.movie).max() < 4


def test_pixels_of_a_large_movie_beside_it_span_as_many_degrees_more_as_were_averaged(session, tmp_path):
    large = session.movie.repeat(6, axis=1).repeat(6, axis=2)
    layouts.write_video(tmp_path / "all.mp4", large)
    file = free(session, external_file=["all.mp4"], starting_frame=[0], format="external")
    place = nwb_layouts.save(tmp_path / "mine.nwb", file)
    recording = open_recording(place, Reading(responses="/acquisition/cells", movie=(SHOWN,), degrees_per_pixel=0.5))
    assert recording.frame_size[0] < large.shape[1]
    assert recording.degrees_per_pixel * recording.frame_size[0] == pytest.approx(0.5 * large.shape[1])


def test_arrays_beside_it_may_have_time_last(session, tmp_path):
    halves = np.split(np.moveaxis(session.movie, 0, -1), [len(session.movie) // 2], axis=2)
    for name, half in zip(("one.npy", "two.npy"), halves, strict=True):
        np.save(tmp_path / name, half)
    file = free(session, external_file=["one.npy", "two.npy"], starting_frame=[0, 1], format="external")
    place = nwb_layouts.save(tmp_path / "mine.nwb", file)
    chosen = Reading(responses="/acquisition/cells", movie=(SHOWN,), movie_axes="height-width-time")
    for movie, trial in zip(movies_of(open_recording(place, chosen)), session.trials, strict=True):
        np.testing.assert_array_equal(movie, trial.movie.round())


def test_an_archive_keeps_files_in_folders_of_subjects_fetched_or_not(session, tmp_path, capsys):
    """As ``dandi download`` writes a data set, or ``datalad`` clones it."""
    for subject in ("1", "2"):
        folder = tmp_path / f"000728/sub-{subject}"
        folder.mkdir(parents=True)
        nwb_layouts.write_allen(folder / f"sub-{subject}_ses-9.nwb", session)
    (tmp_path / "000728/dandiset.yaml").write_text("name: data")
    (tmp_path / "000728/sub-2/sub-2_ses-8.nwb").symlink_to("../.git/annex/objects/aa/bb/MD5-s1.nwb/MD5-s1.nwb")
    found = open_recordings(tmp_path / "000728")
    assert [*found] == ["sub-1_ses-9", "sub-2_ses-9"]
    assert "The data of" in capsys.readouterr().err


def test_several_movies_shown_by_their_numbers_are_told_apart(session, tmp_path):
    file, half = free(session), len(session.movie) // 2
    shown = {"second": session.movie[:half], "first": session.movie[half:]}
    for number, (name, movie) in enumerate(shown.items()):
        # Named without zeros in front, and in no order of their own.
        pictures = Images(name=name, images=[GrayscaleImage(name=f"p{k}", data=one) for k, one in enumerate(movie)])
        file.add_stimulus_template(pictures)
        times = session.frame_times[number * half :][:half]
        numbers = np.arange(half, dtype=np.uint32)
        file.add_stimulus(
            IndexSeries(name=f"of_{name}", data=numbers, unit="N/A", indexed_images=pictures, timestamps=times)
        )
    place = nwb_layouts.save(tmp_path / "mine.nwb", file)
    chosen = tuple(f"/stimulus/presentation/of_{name}" for name in shown)
    found = movies_of(open_recording(place, Reading(responses="/acquisition/cells", movie=chosen)))
    for movie, trial in zip(found, session.trials, strict=True):
        np.testing.assert_array_equal(movie, trial.movie.round())


def test_images_in_turn_are_left_out_beside_movies_unless_they_are_chosen(session, tmp_path):
    place = nwb_layouts.write_allen(tmp_path / "mouse.nwb", session)
    with h5py.File(place, "a") as file:
        images = file.create_group("stimulus/templates/natural_scenes")
        images["data"] = np.random.default_rng(0).integers(0, 255, (9, 20, 30), dtype=np.uint8)
        shown = file.create_group("stimulus/presentation/natural_scenes_stimulus")
        shown.attrs["neurodata_type"] = "IndexSeries"
        shown["data"], shown["timestamps"] = np.array([4, -1, 8, 2, 2, 0]), 0.25 * np.arange(6)
        shown["indexed_timeseries"] = h5py.SoftLink("/stimulus/templates/natural_scenes")
    recording = open_recording(place)
    assert recording.frame_rate == pytest.approx(30)
    assert recording.frame_size == (36, 64)
    assert any("natural_scenes show images in turn, which are left out" in note for note in recording.notes)
    chosen = open_recording(place, Reading(movie=("natural_scenes",)))
    assert chosen.frame_size == (20, 30)
    assert [len(movie) for movie in movies_of(chosen)] == [32, 32, 64, 32]  # 0.25 s, and twice as long
    assert any("natural_scenes" not in note and "have 128 frames a second" in note for note in chosen.notes)
    asked = open_recording(place, Reading(movie=("natural_scenes",), frame_rate=30.0))
    assert [len(movie) for movie in movies_of(asked)] == [8, 8, 15, 8]
    with pytest.raises(ReverieError, match="choose --movie from: natural_movie_one, natural_scenes"):
        open_recording(place, Reading(movie=("natural_movie_two",)))


def test_one_of_two_movies_in_a_scan_is_chosen(session, tmp_path):
    place = nwb_layouts.write_microns(tmp_path / "scan.nwb", session, rate=30.0)
    with h5py.File(place, "a") as file:
        file.copy("acquisition/stimulus", "acquisition/eye_camera")
    with pytest.raises(ReverieError, match="choose --movie from: /acquisition/eye_camera, /acquisition/stimulus"):
        open_recording(place)
    found = open_recording(place, Reading(movie=("/acquisition/stimulus",)))
    np.testing.assert_array_equal(found.movie("1"), session.trials[1].movie.round())


def test_a_probe_says_which_of_its_movies_are_not_given(session, tmp_path):
    place = nwb_layouts.write_neuropixels(tmp_path / "probe.nwb", session, tmp_path / "movie.npy")
    with h5py.File(place, "a") as file:
        file.copy("intervals/natural_movie_one_presentations", "intervals/natural_movie_three_presentations")
    recording = open_recording(place, Reading(movie=(f"natural_movie_one={tmp_path / 'movie.npy'}",)))
    assert any("natural_movie_three were shown but does not hold them" in note for note in recording.notes)


@pytest.mark.parametrize(("name", "given"), [("more_repeats", True), ("shuffled", False)])
def test_a_shuffled_movie_is_not_the_one_that_it_was_made_of(name, given, session, tmp_path):
    place = nwb_layouts.write_neuropixels(tmp_path / "probe.nwb", session, tmp_path / "movie.npy")
    with h5py.File(place, "a") as file:
        file.move("intervals/natural_movie_one_presentations", f"intervals/natural_movie_one_{name}_presentations")
    reading = Reading(movie=(f"natural_movie_one={tmp_path / 'movie.npy'}",))
    if given:
        np.testing.assert_array_equal(open_recording(place, reading).movie("1"), session.trials[1].movie.round())
    else:
        with pytest.raises(ReverieError, match="give --movie natural_movie_one_shuffled=FILE"):
            open_recording(place, reading)


def test_channels_of_several_probes_that_are_numbered_alike_tell_no_areas(session, tmp_path, capsys):
    place = nwb_layouts.write_neuropixels(tmp_path / "probe.nwb", session, tmp_path / "movie.npy")
    reading = Reading(movie=(f"natural_movie_one={tmp_path / 'movie.npy'}",))
    with h5py.File(place, "a") as file:
        file["general/extracellular_ephys/electrodes/id"][:] = 100
    assert "and in visual cortex" not in open_recording(place, reading).notes[0]
    assert "uses the same channel numbers for each probe" in capsys.readouterr().err


def test_the_gaze_of_a_probe_is_the_filtered_one_where_there_are_both(session, tmp_path):
    place = nwb_layouts.write_neuropixels(tmp_path / "probe.nwb", session, tmp_path / "movie.npy")
    at, x = session.state(2, 20.0)
    with h5py.File(place, "a") as file:
        del file["processing/running"]
        for folder, scale in (("filtered_gaze_mapping", 1.0), ("raw_gaze_mapping", 7.0)):
            series = file.create_group(f"processing/{folder}/screen_coordinates")
            series["data"], series["timestamps"] = scale * np.stack([x, x], axis=1), at
    recording = open_recording(place, Reading(movie=(f"natural_movie_one={tmp_path / 'movie.npy'}",)))
    assert recording.signals == ("pupil x", "pupil y")
    assert max(recording.state(name)[2].max() for name in recording.tiers) <= x.max()


@pytest.mark.filterwarnings("ignore:.*The second dimension of data does not match")
def test_each_plane_of_suite2p_has_cells_of_its_own_and_regions_may_come_first(session, tmp_path):
    _, values = session.responses(30.0)
    layouts.write_table(tmp_path, session)
    reading = {"frames_table": tmp_path / "shown.csv"}
    found = {}
    for turned in (False, True):
        file = nwb_layouts.new_nwb()
        series = []
        for plane, cells in enumerate((slice(0, 5), slice(5, 7), slice(0, 0))):  # no region of the last is a cell
            regions = nwb_layouts._plane(file, 7, f"plane{plane}")
            judged = np.zeros((7, 2))
            judged[cells, 0] = 1
            regions.add_column(name="iscell", description="cell or not", data=judged)
            region = regions.create_roi_table_region(description="all", region=list(range(7)))
            data = values.T.copy() if turned else values
            series.append(RoiResponseSeries(name=f"plane{plane}", data=data, rois=region, unit="a.u.", rate=30.0))
        file.processing["ophys"].add(Fluorescence(name="Deconvolved", roi_response_series=series))
        recording = open_recording(nwb_layouts.save(tmp_path / f"{turned}.nwb", file), Reading(**reading))
        found[turned] = recording.responses("1")
    np.testing.assert_allclose(found[False], session.trials[1].responses, rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(found[True], found[False])


def test_a_file_that_another_program_writes_is_told(session, tmp_path):
    place = nwb_layouts.save(tmp_path / "mine.nwb", free(session, data=session.movie, format="raw"))
    code = "import sys, h5py; file = h5py.File(sys.argv[1], 'a'); print('open', flush=True); sys.stdin.read()"
    writer = [sys.executable, "-c", code, str(place)]
    with subprocess.Popen(writer, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "open\n"
        with pytest.raises(ReverieError, match=r"mine\.nwb is open for writing in another program; close it there"):
            open_recording(place, Reading(responses="/acquisition/cells", movie=(SHOWN,)))
        other.communicate()
    assert open_recording(place, Reading(responses="/acquisition/cells", movie=(SHOWN,))).neurons == 7


def test_files_whose_endings_are_in_capitals_are_found(session, tmp_path):
    nwb_layouts.write_allen(tmp_path / "MOUSE.nwb", session).rename(tmp_path / "MOUSE.NWB")
    assert open_recording(tmp_path).name == "MOUSE"


def test_a_link_that_leads_to_nothing_is_said(two_planes, tmp_path):
    place, _ = two_planes
    copy = tmp_path / "scan.nwb"
    copy.write_bytes(place.read_bytes())
    with h5py.File(copy, "a") as file:
        fluorescence = file["processing/ophys/Fluorescence"]
        del fluorescence["RoiResponseSeries1"]
        fluorescence["RoiResponseSeries1"] = h5py.ExternalLink("raw.nwb", "/first/plane")
    recording = open_recording(copy)
    assert recording.neurons == 3
    said = "Fluorescence/RoiResponseSeries1 is left out, since it leads to raw.nwb:/first/plane, which is not there"
    assert any(said in note for note in recording.notes)
    assert not any("leads to" in note for note in open_recording(place).notes)


@pytest.mark.parametrize("axes", [(1, -1), (-1, 1)])
def test_rows_as_matlab_writes_them_are_read(axes, session, tmp_path):
    file = free(session, data=session.movie, format="raw")
    for neuron in range(5):
        file.add_unit(spike_times=np.arange(0.01 * neuron, session.seconds, 0.1))
    place = nwb_layouts.save(tmp_path / "mine.nwb", file)
    chosen = Reading(responses="/units", movie=(SHOWN,))
    expected = open_recording(place, chosen)
    counts = {name: expected.responses(name) for name in expected.tiers}
    copy = tmp_path / "copy.nwb"
    copy.write_bytes(place.read_bytes())
    with h5py.File(copy, "a") as written:
        for path in (f"{SHOWN}/timestamps", "units/id", "units/spike_times", "units/spike_times_index"):
            spoil(written, path, written[path][:].reshape(axes))
        written[SHOWN].attrs["neurodata_type"] = np.array(["ImageSeries"], dtype=h5py.string_dtype())
    found = open_recording(copy, chosen)
    assert [*found.tiers] == [*counts]
    for name, responses in counts.items():
        np.testing.assert_array_equal(found.responses(name), responses)


@pytest.mark.parametrize("lost", [[-1, -2, -3, -4, -5], [70, 200]])
def test_samples_at_no_time_are_left_out(lost, session, tmp_path, capsys):
    """Pulses that were lost leave NaN among the times."""
    place = nwb_layouts.write_allen(tmp_path / "mouse.nwb", session)
    expected = open_recording(place)
    trials = {name: expected.responses(name) for name in expected.tiers}
    copy = tmp_path / "copy.nwb"
    copy.write_bytes(place.read_bytes())
    with h5py.File(copy, "a") as file:
        for path in ("ophys/DfOverF/DfOverFEvents", "behavior/PupilTracking/pupil_size"):
            stamps = file[f"processing/{path}/timestamps"]
            times = stamps[:]
            times[lost] = np.nan
            stamps[:] = times
    found = open_recording(copy)
    assert found.signals == expected.signals
    assert f"DfOverFEvents: {len(lost)} samples whose times are not numbers are left out" in capsys.readouterr().err
    whole = [name for name, responses in trials.items() if np.array_equal(found.responses(name), responses)]
    assert len(whole) >= len(trials) - len(lost) + (3 if lost[0] < 0 else 0)
