"""NWB files of no known layout: what is chosen in them, by whatever name, and when it was shown."""

import re
import shutil
from dataclasses import replace

import h5py
import numpy as np
import pytest
from pynwb import TimeSeries
from pynwb.behavior import BehavioralTimeSeries
from pynwb.image import ImageSeries, OpticalSeries
from tests.recordings.readers import layouts, nwb_layouts
from tests.worlds import open_recording

from reverie.foundation.errors import ReverieError
from reverie.recordings.findings import render
from reverie.recordings.reading import Reading
from reverie.recordings.survey import survey

pytestmark = pytest.mark.filterwarnings("ignore:The linked table for DynamicTableRegion")


TEMPLATE = "/stimulus/templates/stimuli"


@pytest.fixture(scope="module")
def session(make_trial):
    return layouts.session_of([make_trial(number, frames=40) for number in range(3)])


@pytest.fixture
def place(tmp_path, session):
    file = nwb_layouts.with_units(session)
    movie = ImageSeries(name="stimuli", data=session.movie, unit="n.a.", format="raw", rate=30.0, starting_time=0.0)
    file.add_stimulus_template(movie)
    return nwb_layouts.save(tmp_path / "mine.nwb", file)


def test_a_template_is_never_taken_to_have_been_shown_as_it_lies(place):
    assert "30 Hz, a template: --frames-table says when it was shown" in render(survey(place))
    with pytest.raises(ReverieError, match=r"does not say when it was shown; give --frames-table .* clip is stimuli"):
        open_recording(place, Reading(responses="/units", movie=(TEMPLATE,)))


def test_a_table_says_when_a_template_was_shown(place, session, tmp_path):
    rows = [f"{time:.9f},stimuli,{frame}" for frame, time in enumerate(session.frame_times)]
    (tmp_path / "shown.csv").write_text("\n".join(["time,clip,frame", *rows]))
    reading = Reading(responses="/units", movie=(TEMPLATE,), frames_table=tmp_path / "shown.csv")
    recording = open_recording(place, reading)
    assert recording.response_kind == "counts"
    assert [recording[name].start for name in recording.tiers] == pytest.approx(session.onsets)
    for name, trial in zip(recording.tiers, session.trials, strict=True):
        np.testing.assert_array_equal(recording.movie(name), trial.movie.round())


@pytest.mark.parametrize(
    ("words", "kept", "told"),
    [
        (
            {"quality": ["good", "noise", "mua", "good", "Noise ", "good", "mua"]},
            5,
            "3 good, 2 noise, 2 mua; noise is left",
        ),
        ({"group": ["mua"] * 7}, 7, r"calls 7 mua\)"),
        ({"quality": ["noise"] * 7}, 7, r"calls 7 noise\)"),
        ({"quality": [0.5] * 7}, 7, r"7 units in /units\."),
    ],
)
def test_units_called_noise_are_no_neurons(tmp_path, session, words, kept, told):
    file = nwb_layouts.with_units(session)
    for name, values in words.items():
        file.add_unit_column(name=name, description="what sorters say", data=values)
    shown = ImageSeries(name="shown", data=session.movie, unit="n.a.", format="raw", rate=30.0, starting_time=0.0)
    file.add_stimulus(shown)
    place = nwb_layouts.save(tmp_path / "sorted.nwb", file)
    recording = open_recording(place, Reading(responses="/units", movie=(nwb_layouts.SHOWN,)))
    assert recording.neurons == kept
    assert re.search(told, " ".join(recording.notes))


def claim(group, name, shape):
    """Let a data set claim a size at which nothing was ever written."""
    kind, attributes = group[name].dtype, dict(group[name].attrs)
    del group[name]
    group.create_dataset(name, shape, kind, chunks=tuple(min(64, length) for length in shape)).attrs.update(attributes)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda file: claim(file["units"], "spike_times", (10**11,)), r"/units claims to hold .* \(745 GiB\)"),
        (lambda file: claim(file[nwb_layouts.SHOWN], "data", (10**9, 16, 24)), r"shown claims to hold"),
        (lambda file: file["units/spike_times_index"].__setitem__(2, 0), "no column 'spike_times'"),
        (lambda file: file["units/spike_times_index"].__setitem__(2, 10_000), "no column 'spike_times'"),
    ],
)
def test_claims_of_a_file_are_checked_against_its_contents(tmp_path, session, spoil, told):
    file = nwb_layouts.with_units(session)
    shown = ImageSeries(name="shown", data=session.movie, unit="n.a.", format="raw", rate=30.0, starting_time=0.0)
    file.add_stimulus(shown)
    place = nwb_layouts.save(tmp_path / "mine.nwb", file)
    with h5py.File(place, "a") as stored:
        spoil(stored)
    with pytest.raises(ReverieError, match=told):
        open_recording(place, Reading(responses="/units", movie=(nwb_layouts.SHOWN,)))
    assert "/units" in render(survey(place))


def test_parts_of_other_files_are_read_but_not_where_these_are_gone(tmp_path, session):
    """HDF5 reads lost parts as 0."""
    file = nwb_layouts.with_units(session)
    file.add_stimulus(
        ImageSeries(name="shown", data=session.movie, unit="n.a.", format="raw", timestamps=session.frame_times)
    )
    place = nwb_layouts.save(tmp_path / "mine.nwb", file)
    with h5py.File(tmp_path / "other.h5", "w") as stored:
        stored["values"] = session.movie
    layout = h5py.VirtualLayout(session.movie.shape, session.movie.dtype)
    layout[...] = h5py.VirtualSource("other.h5", "values", session.movie.shape)
    with h5py.File(place, "a") as stored:
        series = stored[nwb_layouts.SHOWN]
        attributes = dict(series["data"].attrs)
        del series["data"]
        series.create_virtual_dataset("data", layout).attrs.update(attributes)
    reading = Reading(responses="/units", movie=(nwb_layouts.SHOWN,))
    made = open_recording(place, reading)
    for name, trial in zip(made.tiers, session.trials, strict=True):
        np.testing.assert_array_equal(made.movie(name), trial.movie.round())
    (tmp_path / "other.h5").unlink()
    with pytest.raises(ReverieError, match=r"shown is made of parts of other\.h5, which is not there; bring that back"):
        open_recording(place, reading)


def test_behaviour_may_be_named_by_what_holds_it(session, tmp_path):
    file = nwb_layouts.with_units(session)
    file.add_stimulus(
        OpticalSeries(
            name="shown",
            data=session.movie,
            unit="n.a.",
            format="raw",
            timestamps=session.frame_times,
            distance=0.15,
            field_of_view=[0.3, 0.2],
            orientation="straight",
        )
    )
    times, speed = session.state(1, 100.0)
    velocity = TimeSeries(name="v", data=np.stack([speed, 0 * speed], axis=1), unit="cm/s", timestamps=times)
    behaviour = file.create_processing_module(name="behavior", description="behaviour")
    behaviour.add(BehavioralTimeSeries(time_series=[velocity]))
    place = nwb_layouts.save(tmp_path / "mine.nwb", file)
    assert "/stimulus/presentation/shown  OpticalSeries, shape (120, 36, 64), 30 Hz" in render(survey(place))
    running = "/processing/behavior/BehavioralTimeSeries"
    recording = open_recording(place, Reading(responses="/units", movie=("shown",), running=running))
    assert any("the first of the 2 columns" in note for note in recording.notes)
    for name, trial in zip(recording.tiers, session.trials, strict=True):
        np.testing.assert_allclose(recording.state(name)[1], trial.state[1], rtol=1e-4)


def test_series_of_the_same_regions_are_no_planes(session, tmp_path):
    """Fluorescence and neuropil lie together, as NeuroConv writes what suite2p found."""
    place = tmp_path / "mine.nwb"
    nwb_layouts.write_microns(place, session, rate=30.0)
    reading = {"responses": "/processing/ophys/Fluorescence", "movie": ("stimulus",)}
    assert open_recording(place, Reading(**reading)).neurons == 7
    with h5py.File(place, "a") as file:
        fluorescence = file["processing/ophys/Fluorescence"]
        fluorescence.copy("RoiResponseSeries1", fluorescence, "Neuropil")
        table = fluorescence["RoiResponseSeries1/rois"].attrs["table"]
        fluorescence["Neuropil/rois"].attrs["table"] = table  # references are not copied
    with pytest.raises(ReverieError, match=r"Neuropil and .*RoiResponseSeries1 are of the same regions; name one"):
        open_recording(place, Reading(**reading))
    assert open_recording(place, Reading(**reading | {"responses": reading["responses"] + "/Neuropil"})).neurons == 4


def test_regions_that_their_table_rejects_are_no_neurons(session, tmp_path):
    """As NeuroConv writes what suite2p and CaImAn found: all regions, and which of them were accepted."""
    place = tmp_path / "mine.nwb"
    nwb_layouts.write_microns(place, session, rate=30.0)
    reading = Reading(responses="/processing/ophys/Fluorescence", movie=("stimulus",))
    whole = open_recording(place, reading)
    counts = [series.rows for series in whole.source.recorded.responses]
    with h5py.File(copy_of(place), "a") as file:
        for plane, count in enumerate(counts):
            table = file[file[f"processing/ophys/Fluorescence/RoiResponseSeries{plane + 1}/rois"].attrs["table"]]
            table["Accepted"] = np.arange(count) % 2 if plane == 0 else np.zeros(count, int)  # of none, nothing is said
    recording = open_recording(place.with_name("copy.nwb"), reading)
    kept = [*range(1, counts[0], 2), *range(counts[0], sum(counts))]
    np.testing.assert_array_equal(recording.responses("1"), whole.responses("1")[kept])
    assert any(f"call {len(kept)} of {sum(counts)} regions cells; the others" in note for note in recording.notes)


@pytest.mark.parametrize("timed", [False, True])
def test_behaviour_with_time_last_is_read_as_matlab_writes_it(session, tmp_path, timed):
    file = nwb_layouts.with_units(session)
    movie = ImageSeries(name="shown", data=session.movie, unit="n.a.", format="raw", timestamps=session.frame_times)
    file.add_stimulus(movie)
    times, speed = session.state(1, 100.0)
    gaze = np.stack([session.state(row, 100.0)[1] for row in (2, 3)], axis=1)
    clock = {"timestamps": times} if timed else {"rate": 100.0, "starting_time": float(times[0])}
    for name, values in (("wheel", speed), ("eye", gaze)):
        file.add_acquisition(TimeSeries(name=name, data=values, unit="n.a.", **clock))
    place = nwb_layouts.save(tmp_path / "mine.nwb", file)
    reading = {"responses": "/units", "movie": ("shown",), "running": "/acquisition/wheel"}
    reading |= {"gaze": "/acquisition/eye"} if timed else {}
    expected = open_recording(place, Reading(**reading)).state("1")
    with h5py.File(copy_of(place), "a") as written:
        for name, values in (("wheel", speed[None]), ("eye", gaze.T)):
            del written[f"acquisition/{name}/data"]
            written[f"acquisition/{name}/data"] = values
    np.testing.assert_array_equal(open_recording(place.with_name("copy.nwb"), Reading(**reading)).state("1"), expected)


def copy_of(place):
    """A copy of a file, which may still be open."""
    return shutil.copy(place, place.with_name("copy.nwb"))


def test_several_planes_beside_their_neuropil_are_named_by_a_pattern(session, tmp_path):
    place = nwb_layouts.write_microns(tmp_path / "mine.nwb", session, rate=30.0)
    reading = {"movie": ("stimulus",)}
    whole = open_recording(copy_of(place), Reading(**reading, responses="/processing/ophys/Fluorescence"))
    with h5py.File(place, "a") as file:
        fluorescence = file["processing/ophys/Fluorescence"]
        for plane in (1, 2):
            fluorescence.copy(f"RoiResponseSeries{plane}", fluorescence, f"Neuropil{plane}")
    found = open_recording(place, Reading(**reading, responses="/processing/ophys/*/RoiResponseSeries*"))
    np.testing.assert_array_equal(found.responses("1"), whole.responses("1"))
    with pytest.raises(ReverieError, match=r"holds no responses at /processing/ophys/\*Denoised"):
        open_recording(place, Reading(**reading, responses="/processing/ophys/*Denoised"))


@pytest.mark.parametrize("conversion", [0.0, float("nan")])
def test_a_conversion_that_says_nothing_is_not_applied(place, session, tmp_path, conversion):
    scan = nwb_layouts.write_microns(tmp_path / "scan.nwb", session, rate=30.0)
    expected = open_recording(scan).responses("0")
    with h5py.File(scan, "a") as file:
        for name in ("RoiResponseSeries1", "RoiResponseSeries2"):
            file[f"processing/ophys/Fluorescence/{name}/data"].attrs["conversion"] = conversion
        file["acquisition/stimulus/data"].attrs["conversion"] = conversion
    recording = open_recording(scan)
    np.testing.assert_array_equal(recording.responses("0"), expected)
    np.testing.assert_array_equal(recording.movie("0"), session.trials[0].movie.round())


def test_linked_objects_are_listed_and_read(session, tmp_path):
    """As a file of results links to that of the raw data."""
    raw = nwb_layouts.save(tmp_path / "raw.nwb", nwb_layouts.free(session, data=session.movie, format="raw"))
    results = nwb_layouts.save(tmp_path / "results.nwb", nwb_layouts.with_units(session))
    with h5py.File(results, "a") as file:
        file["stimulus/presentation/shown"] = h5py.ExternalLink(raw.name, nwb_layouts.SHOWN)
        file["stimulus/presentation/itself"] = h5py.SoftLink("/stimulus/presentation")
    lines = render(survey(results)).splitlines()
    assert any(line.startswith("  /stimulus/presentation/shown  ImageSeries, shape (120, ") for line in lines)
    recording = open_recording(results, Reading(responses="/units", movie=(nwb_layouts.SHOWN,)))
    for name, trial in zip(recording.tiers, session.trials, strict=True):
        np.testing.assert_array_equal(recording.movie(name), trial.movie.round())


def test_possible_behaviour_that_was_not_chosen_is_mentioned(tmp_path, session):
    place = nwb_layouts.write_free(tmp_path / "mine.nwb", session)
    reading = Reading(responses="/acquisition/my_cells", movie=(nwb_layouts.SHOWN,))
    told = "/acquisition/wheel may be behaviour; to use it, name it with --running, --pupil or --gaze."
    assert f"{place}: {told}" in open_recording(place, reading).notes
    chosen = open_recording(place, replace(reading, running="/acquisition/wheel"))
    assert not any("may be behaviour" in note for note in chosen.notes)
