"""Every layout, written by the format's own library, is read back as what was shown and recorded."""

from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
from pynwb import TimeSeries
from scipy.ndimage import gaussian_filter1d
from tests.recordings.readers import layouts, nwb_layouts
from tests.worlds import open_recording

from reverie.foundation.arrays import STATE_NAMES
from reverie.foundation.errors import ReverieError
from reverie.recordings.findings import render
from reverie.recordings.reading import Reading
from reverie.recordings.signals import ClockedSeries
from reverie.recordings.splits import split_all
from reverie.recordings.survey import survey


def split_of(recording, **options):
    return split_all({recording.name: recording}, **options)[recording.name]


# pynwb says so of tables that are put into the file after the series that refer to them.
pytestmark = pytest.mark.filterwarnings("ignore:The linked table for DynamicTableRegion")


@pytest.fixture(scope="module")
def session(make_trial):
    tiers = ["train"] * 6 + ["oracle", "live_test_main"]
    trials = [make_trial(number, tier, frames=60) for number, tier in enumerate(tiers)]
    smooth = [replace(trial, state=gaussian_filter1d(trial.state, 8, axis=1)) for trial in trials]
    return layouts.session_of(smooth)


def shown(recording):
    """The names of the trials with a movie."""
    return [name for name in recording.tiers if recording.has_movie(name)]


def check(recording, session, *, rows=slice(None), signals=STATE_NAMES, change=lambda responses: responses):
    """Movies and responses are those of the session, to the frame; behaviour is near, since it was resampled twice."""
    names = shown(recording)
    assert len(names) == len(session.trials)
    lowest = 0.0
    if recording.response_kind == "traces":
        lowest = np.min([change(trial.responses[rows]).min(axis=1) for trial in session.trials], axis=0)[:, None]
    assert recording.frame_rate == pytest.approx(session.rate, rel=1e-4)
    assert recording.signals == tuple(signals)
    for name, trial in zip(names, session.trials, strict=True):
        read = recording.trial(name)
        np.testing.assert_array_equal(read.movie, trial.movie.round())
        expected = change(trial.responses[rows]) - lowest
        np.testing.assert_allclose(read.responses, expected, rtol=1e-4, atol=1e-4)
        for row, signal in enumerate(STATE_NAMES):
            if signal in signals:
                assert np.corrcoef(read.state[row, 2:-2], trial.state[row, 2:-2])[0, 1] > 0.6
            else:
                assert np.isnan(read.state[row]).all()


@pytest.mark.parametrize("mapped", [True, False])
def test_experanto(tmp_path, session, mapped):
    place = layouts.write_experanto(tmp_path / "mouse", session, mapped=mapped)
    recording = open_recording(place)
    check(recording, session)
    assert recording.response_kind == "events"
    assert list(recording.tiers.values()) == [trial.tier for trial in session.trials]
    assert [recording[name].start for name in recording.tiers] == pytest.approx(session.onsets)


def test_a_recording_is_the_same_although_a_processor_rounds_otherwise(tmp_path, session, monkeypatch):
    place = layouts.write_experanto(tmp_path / "mouse", session)
    usual, read = open_recording(place), ClockedSeries.read
    monkeypatch.setattr(ClockedSeries, "read", lambda *given: read(*given) * (1 + 2e-16 * np.arange(-3, 4))[:, None])
    assert open_recording(place).identity == usual.identity
    monkeypatch.setattr(ClockedSeries, "read", lambda *given: read(*given)[::-1])
    assert open_recording(place).identity != usual.identity
    assert usual.frame_rate == float(f"{usual.frame_rate:.9g}")


def test_experanto_without_an_eye_and_with_a_phase_for_each_neuron(tmp_path, session):
    place = layouts.write_experanto(tmp_path / "mouse", session, eye=False, phases=True)
    recording = open_recording(place)
    assert recording.signals == ("running speed",)
    trial = recording.trial("0")
    np.testing.assert_allclose(trial.responses[0], session.trials[0].responses[0], rtol=1e-4)
    # The last neuron was sampled 0.9 frames later: its latest sample at an onset is the one before.
    np.testing.assert_allclose(trial.responses[-1, 1:], session.trials[0].responses[-1, :-1], rtol=1e-4)


@pytest.mark.parametrize(
    "spoilt", ["", "modality: video\nnum_frames: 60\n", "- a list", "first_frame_idx: 120\nnum_frames: 60\n"]
)
def test_a_broken_description_of_an_item_of_experanto_spoils_no_other(tmp_path, session, spoilt, capsys):
    place = layouts.write_experanto(tmp_path / "mouse", session)
    (place / "screen/meta/00002.yml").write_text(spoilt)
    recording = open_recording(place)
    assert [recording[name].start for name in recording.tiers] == pytest.approx(np.delete(session.onsets, 2))
    assert "Left out of the recording: " in capsys.readouterr().err


def test_without_a_judgement_all_regions_of_suite2p_are_taken_and_said(tmp_path, session):
    layouts.write_suite2p(tmp_path, session)
    (tmp_path / "suite2p/plane0/iscell.npy").unlink()
    recording = open_recording(tmp_path, Reading(rate=30.0, frames_table=tmp_path / "shown.csv"))
    assert recording.neurons == 10
    assert "all regions (iscell.npy is missing)" in recording.notes[0]


def test_a_broken_plane_of_suite2p_spoils_no_other(tmp_path, session, capsys):
    layouts.write_suite2p(tmp_path, session, planes=2)
    reading = Reading(rate=30.0, frames_table=tmp_path / "shown.csv")
    expected = open_recording(tmp_path, reading).responses("1")[4:]
    (tmp_path / "suite2p/plane0/spks.npy").write_bytes(b"")
    np.testing.assert_array_equal(open_recording(tmp_path, reading).responses("1"), expected)
    assert "spks.npy is empty" in capsys.readouterr().err


@pytest.mark.parametrize("last", [True, False])
def test_movies_of_experanto_whose_time_is_the_last_axis(tmp_path, session, last):
    place = layouts.write_experanto(tmp_path / "mouse", session)
    for path in sorted((place / "screen/data").iterdir()):
        enlarged = np.load(path).repeat(2, axis=1)
        np.save(path, enlarged.transpose(1, 2, 0) if last else enlarged)
    recording = open_recording(place)
    for name, trial in zip(recording.tiers, session.trials, strict=True):
        np.testing.assert_array_equal(recording.movie(name), trial.movie.round().repeat(2, axis=1))


def test_sensorium_images(tmp_path, session):
    recording = open_recording(layouts.write_images(tmp_path / "static1", session.trials))
    assert recording.frame_size == (36, 64)
    assert sorted(set(recording.tiers.values())) == ["test", "train", "validation"]
    for name, trial in zip(recording.tiers, session.trials, strict=True):
        read = recording.trial(name)
        assert read.frames == 32
        np.testing.assert_allclose(read.movie, np.repeat(trial.movie[:1], 32, axis=0), rtol=1e-6)
        np.testing.assert_allclose(read.responses.sum(axis=1), trial.responses[:, :15].sum(axis=1), rtol=1e-4)
        np.testing.assert_allclose(read.state, np.repeat(trial.state[:, :1], 32, axis=1))


@pytest.mark.parametrize("planes", [1, 2])
def test_suite2p(tmp_path, session, planes):
    layouts.write_suite2p(tmp_path, session, planes=planes, rate=30.0)
    recording = open_recording(tmp_path, Reading(rate=30.0, frames_table=tmp_path / "shown.csv"))
    if planes == 1:
        check(recording, session, signals=())
    else:
        order = [0, 2, 4, 6, 1, 3, 5]
        total = sum(float(trial.responses[order].sum()) for trial in session.trials)
        read = sum(float(recording.responses(name).sum()) for name in recording.tiers)
        assert read == pytest.approx(total, rel=0.02)


def test_suite2p_fluorescence_without_its_neuropil(tmp_path, session):
    layouts.write_suite2p(tmp_path, session)
    reading = Reading(rate=30.0, frames_table=tmp_path / "shown.csv", responses="dF")
    check(open_recording(tmp_path, reading), session, signals=(), change=lambda values: values + 93)


@pytest.mark.parametrize("which", ["S", "C", "F_dff"])
def test_caiman(tmp_path, session, which):
    place = layouts.write_caiman(tmp_path / "mouse.hdf5", session)
    table = layouts.write_table(tmp_path, session, "onsets")
    recording = open_recording(place, Reading(frames_table=table, responses=which))
    added = {"S": 0.0, "C": 1.0, "F_dff": -0.2}[which]
    check(recording, session, signals=(), change=lambda values: values + added)
    assert recording.response_kind == ("traces" if which == "F_dff" else "events")


def test_sorted_spikes(tmp_path, session):
    place = layouts.write_phy(tmp_path / "mouse", session)
    table = layouts.write_table(tmp_path, session)
    running = tmp_path / "running.csv"
    times, speed = session.state(1, 100.0)
    np.savetxt(running, np.stack([times, speed], axis=1), delimiter=",", header="time,speed", comments="")
    recording = open_recording(place, Reading(frames_table=table, running=str(running)))
    check(recording, session, rows=slice(1, None), signals=("running speed",), change=np.round)
    assert recording.response_kind == "counts"
    assert any("6 clusters called 'good'" in note for note in recording.notes)


@pytest.mark.parametrize("which", ["events", "dff"])
def test_nwb_of_the_allen_institute(tmp_path, session, which):
    place = nwb_layouts.write_allen(tmp_path / "mouse.nwb", session)
    recording = open_recording(place, Reading(responses=which))
    check(recording, session, change=lambda values: values - 0.3 * (which == "dff"))
    assert recording.response_kind == ("events" if which == "events" else "traces")


def test_nwb_without_an_eye(tmp_path, session):
    recording = open_recording(nwb_layouts.write_allen(tmp_path / "mouse.nwb", session, eye=False, events=False))
    assert recording.signals == ("running speed",)
    assert any("pupil dilation, pupil x, pupil y not recorded" in note for note in recording.notes)


def test_nwb_of_microns(tmp_path, session):
    """6.3 Hz and fields with a phase of their own: slow traces are followed along straight lines."""
    recording = open_recording(nwb_layouts.write_microns(tmp_path / "scan.nwb", session, rate=6.3, conditions=7))
    names = shown(recording)
    assert recording.neurons == 7
    assert recording.signals == STATE_NAMES
    for name, trial in zip(names, session.trials, strict=True):
        np.testing.assert_array_equal(recording.movie(name), trial.movie.round())
    # In the source's own unit: 0.01 of what is stored.
    assert recording.state("0")[1].mean() == pytest.approx(session.trials[0].state[1].mean(), rel=0.1)
    repeats = [name for name in names if recording.source.clip(name) == "hash0"]
    assert repeats == ["0", "7"]


def test_nwb_of_microns_at_the_rate_of_the_screen(tmp_path, session):
    place = nwb_layouts.write_microns(tmp_path / "scan.nwb", session, rate=30.0, planes=1)
    check(open_recording(place), session)


def test_nwb_of_neuropixels(tmp_path, session):
    place = nwb_layouts.write_neuropixels(tmp_path / "probe.nwb", session, tmp_path / "movie.npy")
    with pytest.raises(ReverieError, match="natural_movie_one were shown but does not hold them; give --movie"):
        open_recording(place)
    recording = open_recording(place, Reading(movie=(f"natural_movie_one={tmp_path / 'movie.npy'}",)))
    check(recording, session, signals=("running speed",), change=np.round)
    assert any("7 of 9 units, those good and in visual cortex" in note for note in recording.notes)


def test_nwb_of_suite2p(tmp_path, session):
    place = nwb_layouts.write_suite2p_nwb(tmp_path / "ophys.nwb", session)
    with pytest.raises(ReverieError, match="give --frames-table"):
        open_recording(place)
    table = layouts.write_table(tmp_path, session)
    check(open_recording(place, Reading(frames_table=table)), session, rows=slice(1, None), signals=())


def test_nwb_of_no_known_layout_is_listed_and_chosen_from(tmp_path, session):
    place = nwb_layouts.write_free(tmp_path / "mine.nwb", session)
    with pytest.raises(ReverieError, match=r"not an NWB file of .*, MICrONS.* or suite2p; choose --responses"):
        open_recording(place)
    listing = render(survey(place))
    for line in ("/acquisition/my_cells  RoiResponseSeries", "/stimulus/presentation/shown  IndexSeries", "100 Hz"):
        assert line in listing
    reading = Reading(
        responses="/acquisition/my_cells", movie=("/stimulus/presentation/shown",), running="/acquisition/wheel"
    )
    check(open_recording(place, reading), session, signals=("running speed",))


def test_plain_series_of_many_columns_may_be_responses(tmp_path):
    file = nwb_layouts.new_nwb()
    for name, shape in (("cells", (90, 40)), ("place", (90, 3)), ("wheel", (90,))):
        file.add_acquisition(TimeSeries(name=name, data=np.ones(shape), unit="a.u.", rate=30.0))
    listing = render(survey(nwb_layouts.save(tmp_path / "mine.nwb", file))).splitlines()
    first, second = (listing.index(f"--{what}: one of") for what in ("responses", "running, --pupil or --gaze"))
    named = [line.split()[0] for line in listing]
    assert named[first + 1 : second] == ["/acquisition/cells"]
    assert named[second + 1 : second + 3] == ["/acquisition/place", "/acquisition/wheel"]


def test_long_showings_are_cut_and_their_repeats_stay_together(tmp_path, session):
    place = nwb_layouts.write_neuropixels(tmp_path / "probe.nwb", session, tmp_path / "movie.npy")
    reading = Reading(movie=(f"natural_movie_one={tmp_path / 'movie.npy'}",), trial_seconds=0.5)
    recording = open_recording(place, reading)
    assert {recording.frames(name) for name in recording.tiers} == {15}
    split = split_of(recording)
    assert split.training
    assert split.validation


def test_a_movie_at_60_hz_is_thinned_and_said(tmp_path, make_trial):
    session = layouts.session_of([make_trial(number, frames=120) for number in range(3)], rate=60.0)
    recording = open_recording(layouts.write_experanto(tmp_path / "mouse", session, response_rate=30.0))
    assert recording.frame_rate == pytest.approx(30)
    np.testing.assert_array_equal(recording.movie("1"), session.trials[1].movie[::2].round())
    np.testing.assert_allclose(recording.responses("1"), session.trials[1].responses[:, ::2], rtol=1e-4)
    assert any("shown at 60 Hz; everything is brought to 30 frames" in note for note in recording.notes)
    kept = open_recording(tmp_path / "mouse", Reading(frame_rate=60.0))
    np.testing.assert_array_equal(kept.movie("1"), session.trials[1].movie.round())


@pytest.mark.parametrize(
    ("make", "reading", "message"),
    [
        (lambda place, s: layouts.write_suite2p(place, s), {}, "give --rate"),
        (lambda place, s: layouts.write_suite2p(place, s), {"rate": 30.0}, "give --frames-table"),
        (lambda place, s: layouts.write_suite2p(place, s), {"rate": 30.0, "responses": "x"}, "choose --responses"),
    ],
)
def test_missing_information_is_asked_for(tmp_path, session, make, reading, message):
    make(tmp_path, session)
    with pytest.raises(ReverieError, match=message):
        open_recording(tmp_path, Reading(**reading))


def test_a_movie_that_was_not_given_is_asked_for_by_name(tmp_path, session):
    layouts.write_suite2p(tmp_path, session)
    (tmp_path / "clip3.npy").unlink()
    recording = open_recording(tmp_path, Reading(rate=30.0, frames_table=tmp_path / "shown.csv"))
    assert "names the movie 'clip3'; give it as --movie clip3=FILE" in recording.left_out["3"]
    assert len(recording.tiers) == 7


def _all_at_once(lines):
    return [lines[0], *(f"2.0,{line.split(',', 1)[1]}" for line in lines[1:])]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (_all_at_once, "The times of the frames of clip. do not determine a rate"),
        (lambda lines: [*lines[:5], "1,2,3,4,5,6,7,8", *lines[5:]], r"as a table \(.* saw 8\); write it as csv\.$"),
    ],
)
def test_a_table_of_frames_that_says_nothing_of_them_is_one_sentence(tmp_path, session, spoil, message):
    layouts.write_suite2p(tmp_path, session)
    table = tmp_path / "shown.csv"
    table.write_text("\n".join(spoil(table.read_text().splitlines())))
    with pytest.raises(ReverieError, match=message):
        _ = open_recording(tmp_path, Reading(rate=30.0, frames_table=table)).tiers


def test_one_movie_whose_frames_come_all_at_once_spoils_no_other(tmp_path, session):
    layouts.write_suite2p(tmp_path, session)
    table, reading = tmp_path / "shown.csv", Reading(rate=30.0, frames_table=tmp_path / "shown.csv")
    expected = open_recording(tmp_path, reading)
    lines = table.read_text().splitlines()
    last = [line for line in lines if ",clip7," in line]
    at_once = [f"{last[0].split(',', 1)[0]},{line.split(',', 1)[1]}" for line in last]
    table.write_text("\n".join([*(line for line in lines if line not in last), *at_once]))
    found = open_recording(tmp_path, reading)
    assert found.frame_rate == pytest.approx(expected.frame_rate)
    for name in [*expected.tiers][:7]:
        np.testing.assert_allclose(found.responses(name), expected.responses(name), rtol=1e-4)


def test_the_reader_that_claims_a_path_is_named_with_why_the_others_do_not(tmp_path, session):
    layouts.write_experanto(tmp_path / "mouse", session)
    text = render(survey(tmp_path / "mouse"))
    assert "Read as an experanto session." in text
    assert "Not a Sensorium 2023 folder: no folder in it holds data/videos" in text
    with pytest.raises(ReverieError, match=r"an NWB file: no file in it ends in \.nwb"):
        open_recording(tmp_path / "mouse", Reading(format="nwb"))


def test_a_path_of_no_format_is_told_what_each_reader_misses(tmp_path):
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(ReverieError, match=r"an NWB file: no file .*; a suite2p output: no plane0"):
        open_recording(Path(tmp_path))


@pytest.mark.parametrize(("device", "lost"), [("eye_tracker", STATE_NAMES[1:2]), ("treadmill", STATE_NAMES[:1])])
@pytest.mark.parametrize("spoiled", ["", "sampling_rate: 0\nstart_time: 0\n", "sampling_rate: fast\nstart_time: 0\n"])
def test_a_broken_device_of_an_experanto_session_spoils_no_other(tmp_path, session, device, lost, spoiled):
    place = layouts.write_experanto(tmp_path / "mouse", session)
    (place / device / "meta.yml").write_text(spoiled)
    recording = open_recording(place)
    assert len(shown(recording)) == len(session.trials)
    assert set(lost) <= set(recording.signals) < set(STATE_NAMES)
    assert any(f"{device} is not used: " in note for note in recording.notes)


@pytest.mark.parametrize(
    ("path", "change", "said"),
    [
        ("spike_times.npy", lambda samples: samples / 30_000, r"should hold whole numbers: samples .*--rate 1"),
        ("spike_times.npy", lambda samples: samples * np.nan, "should hold whole numbers"),
        ("spike_clusters.npy", lambda clusters: clusters.astype(str), "should hold whole numbers: numbers of clusters"),
    ],
)
def test_spikes_are_whole_numbers(tmp_path, session, path, change, said):
    place = layouts.write_phy(tmp_path / "mouse", session)
    np.save(place / path, change(np.load(place / path)))
    with pytest.raises(ReverieError, match=said):
        open_recording(place, Reading(frames_table=layouts.write_table(tmp_path, session)))


def test_a_label_that_is_no_number_is_passed_over(tmp_path, session):
    place, table = layouts.write_phy(tmp_path / "mouse", session), layouts.write_table(tmp_path, session)
    labels = place / "cluster_group.tsv"
    whole = open_recording(place, Reading(frames_table=table)).neurons
    labels.write_text(labels.read_text() + "x\tgood\n")
    assert open_recording(place, Reading(frames_table=table)).neurons == whole
    labels.write_text("")
    with pytest.raises(ReverieError, match=r"cluster_group\.tsv is empty \(0 bytes\)"):
        open_recording(place, Reading(frames_table=table))


def test_a_broken_signal_of_an_nwb_file_spoils_no_other(tmp_path, session, capsys):
    path = tmp_path / "session.nwb"
    nwb_layouts.write_microns(path, session)
    with h5py.File(path, "a") as file:
        del file["acquisition/treadmill_velocity/timestamps"]
    recording = open_recording(path)
    assert len(shown(recording)) == len(session.trials)
    assert recording.signals == tuple(signal for signal in STATE_NAMES if signal != "running speed")
    assert "treadmill_velocity is not used: " in capsys.readouterr().err
