"""Tables of what was shown inside NWB files: by row, by frame, and with names of other files."""

from pathlib import Path

import h5py
import numpy as np
import pytest
from pynwb.epoch import TimeIntervals
from pynwb.image import ImageSeries
from tests.recordings.readers import layouts, nwb_layouts
from tests.worlds import open_recording

from reverie.foundation.errors import ReverieError
from reverie.recordings.findings import render
from reverie.recordings.reading import Reading
from reverie.recordings.survey import survey

pytestmark = pytest.mark.filterwarnings("ignore:The linked table for DynamicTableRegion")


@pytest.fixture(scope="module")
def session(make_trial):
    return layouts.session_of([make_trial(number, frames=40) for number in range(3)])


@pytest.fixture
def several(session, tmp_path):
    """Units, a movie for each trial in the templates, and tables inside the file of when each was shown."""
    file = nwb_layouts.with_units(session)
    onsets = TimeIntervals(name="trials_of_movies", description="a row a showing")
    frames = TimeIntervals(name="frames_of_one", description="a row a frame")
    onsets.add_column(name="stimulus_name", description="the movie")
    frames.add_column(name="frame", description="its frame")
    for number, (trial, onset) in enumerate(zip(session.trials, session.onsets, strict=True)):
        movie = trial.movie.round().astype(np.uint8)
        file.add_stimulus_template(ImageSeries(name=f"m{number}", data=movie, unit="n.a.", format="raw", rate=30.0))
        end = float(onset) + trial.frames / session.rate
        onsets.add_interval(start_time=float(onset), stop_time=end, stimulus_name=f"m{number}")
    for frame, time in enumerate(session.onsets[0] + np.arange(40) / 30):
        frames.add_interval(start_time=float(time), stop_time=float(time) + 1 / 30, frame=frame)
    file.add_time_intervals(onsets)
    file.add_time_intervals(frames)
    return nwb_layouts.save(tmp_path / "mine.nwb", file)


def test_a_table_in_the_file_says_when_its_movies_were_shown(several, session):
    assert "/intervals/trials_of_movies  TimeIntervals, 3 rows, columns start_time, stop_time, stimulus_name" in render(
        survey(several)
    )
    recording = open_recording(several, Reading(responses="/units", frames_table=Path("/intervals/trials_of_movies")))
    assert [recording[name].start for name in recording.tiers] == pytest.approx(session.onsets)
    for name, trial in zip(recording.tiers, session.trials, strict=True):
        np.testing.assert_array_equal(recording.movie(name), trial.movie.round())


def test_names_in_a_table_may_be_an_enumeration(several, session):
    with h5py.File(several, "a") as file:
        table = file["intervals/trials_of_movies"]
        words, attributes = table["stimulus_name"].asstr()[()], dict(table["stimulus_name"].attrs)
        del table["stimulus_name"]
        table["stimulus_name_elements"] = words[::-1].astype(object)
        table["stimulus_name"] = np.arange(len(words), dtype=np.uint8)[::-1]
        table["stimulus_name"].attrs.update(attributes)
        table["stimulus_name"].attrs["elements"] = table["stimulus_name_elements"].ref
    recording = open_recording(several, Reading(responses="/units", frames_table=Path("intervals/trials_of_movies")))
    for name, trial in zip(recording.tiers, session.trials, strict=True):
        np.testing.assert_array_equal(recording.movie(name), trial.movie.round())


def test_a_series_whose_link_leads_to_nothing_is_told_with_the_link(several):
    with h5py.File(several, "a") as file:
        file["processing/ophys"] = h5py.ExternalLink("raw.nwb", "/processing/ophys")
    with pytest.raises(
        ReverieError, match=r"nothing at /processing/ophys/F; .* leads to raw\.nwb:/processing/ophys, which"
    ):
        open_recording(several, Reading(responses="/processing/ophys/F", movie=("m0",)))
    assert "leads to raw.nwb:/processing/ophys, which is not there" in render(survey(several))


def test_a_table_in_the_file_that_names_no_movie_is_of_the_one_that_is_chosen(several, session):
    table = Path("/intervals/frames_of_one")
    with pytest.raises(ReverieError, match=r"frames_of_one has no column of the names of movies .* one movie with"):
        open_recording(several, Reading(responses="/units", frames_table=table))
    recording = open_recording(several, Reading(responses="/units", movie=("m0",), frames_table=table))
    np.testing.assert_array_equal(recording.movie("0"), session.trials[0].movie.round())


@pytest.mark.parametrize(("kinds", "said"), [("aab", True), ("aaa", False), ("abc", False)])
def test_rows_of_several_kinds_that_are_all_taken_for_one_movie_are_asked_about(several, kinds, said, capsys):
    with h5py.File(several, "a") as file:
        names = file["intervals/trials_of_movies/stimulus_name"]
        names[...] = list(kinds)
    reading = Reading(responses="/units", movie=("m0",), frames_table=Path("/intervals/trials_of_movies"))
    assert len(open_recording(several, reading).tiers) == 3
    told = "all 3 rows are taken to show m0, whatever they are called (stimulus_name: a, b); if some show"
    assert (told in capsys.readouterr().err) == said


@pytest.mark.parametrize("asked", [(), ("/stimulus/templates",), ("stimulus/templates/m0", "m1", "m2")])
def test_movies_in_the_file_are_found_by_their_names_in_a_table(several, session, tmp_path, asked):
    rows = [f"{onset},m{number}" for number, onset in enumerate(session.onsets)]
    (tmp_path / "shown.csv").write_text("\n".join(["onset,clip", *rows]))
    reading = Reading(responses="units", movie=asked, frames_table=tmp_path / "shown.csv")
    recording = open_recording(several, reading)
    for name, trial in zip(recording.tiers, session.trials, strict=True):
        np.testing.assert_array_equal(recording.movie(name), trial.movie.round())


@pytest.mark.parametrize(
    ("reading", "said"),
    [
        ({"movie": ("/stimulus/templates/m9",)}, "holds nothing at /stimulus/templates/m9; `reverie inspect`"),
        ({"movie": ("/units",)}, "holds no movie at /units; `reverie inspect`"),
        ({}, "does not say which movie was shown; choose --movie from: /stimulus/templates/m0"),
        (
            {"frames_table": Path("/intervals/trials_of_movies"), "running": "/stimulus"},
            "stimulus has no data of its own .* name a series that has",
        ),
        ({"frames_table": Path("/intervals/none")}, "none is neither a csv file nor a table in .*mine.nwb"),
    ],
)
def test_missing_paths_are_named(several, reading, said):
    with pytest.raises(ReverieError, match=said):
        open_recording(several, Reading(**{"responses": "/units", **reading}))


def test_further_times_of_trials_are_asked_about(tmp_path, session, capsys):
    """Trials often begin with a grey screen, and the movie comes on later."""
    file = nwb_layouts.with_units(session)
    movie = session.trials[0].movie.round().astype(np.uint8)
    file.add_stimulus_template(ImageSeries(name="m0", data=movie, unit="n.a.", format="raw", rate=30.0))
    for name in ("stimulus_on", "contrast"):
        file.add_trial_column(name=name, description=name)
    for onset in session.onsets:
        file.add_trial(start_time=onset - 0.2, stop_time=onset + 1.5, stimulus_on=onset, contrast=0.8)
    place = nwb_layouts.save(tmp_path / "mine.nwb", file)
    open_recording(place, Reading(responses="/units", movie=("m0",), frames_table=Path("/intervals/trials")))
    assert "come on at start_time, though there are further times (stimulus_on)" in capsys.readouterr().err


def test_trials_within_a_movie_that_has_times_of_its_own_are_not_taken_to_begin_it(tmp_path, session):
    file = nwb_layouts.with_units(session)
    times = session.frame_times
    file.add_stimulus(ImageSeries(name="shown", data=session.movie, unit="n.a.", format="raw", timestamps=times))
    for onset in session.onsets:
        file.add_trial(start_time=float(onset), stop_time=float(onset) + 1.0)
    place = nwb_layouts.save(tmp_path / "mine.nwb", file)
    reading = Reading(responses="/units", movie=(nwb_layouts.SHOWN,), frames_table=Path("/intervals/trials"))
    with pytest.raises(
        ReverieError, match=r"/intervals/trials has rows from 2 to .* s, during which shown was on by its"
    ):
        open_recording(place, reading)


@pytest.fixture
def probe(session, tmp_path):
    """Units, and a table of all stimuli with a row a frame; the movie is in a file of its own."""
    file = nwb_layouts.with_units(session)
    shown = TimeIntervals(name="stimulus_presentations", description="a row a frame")
    for name in ("stimulus_name", "frame"):
        shown.add_column(name=name, description=name)
    shown.add_interval(start_time=0.0, stop_time=1.0, stimulus_name="gratings", frame=float("nan"))
    for frame, time in enumerate(session.frame_times):
        row = {"start_time": float(time), "stop_time": float(time) + 1 / 30}
        shown.add_interval(**row, stimulus_name="movie_one", frame=float(frame))
    file.add_time_intervals(shown)
    np.save(tmp_path / "film.npy", session.movie)
    return nwb_layouts.save(tmp_path / "probe.nwb", file)


def test_rows_of_other_stimuli_are_left_out_and_movies_may_be_in_files(probe, session, capsys):
    reading = Reading(
        responses="/units",
        movie=(f"movie_one={probe.parent / 'film.npy'}",),
        frames_table=Path("/intervals/stimulus_presentations"),
    )
    recording = open_recording(probe, reading)
    assert "rows that name no known movie are left out (gratings)" in capsys.readouterr().err
    assert len(recording.tiers) == len(session.trials)
    for name, trial in zip(recording.tiers, session.trials, strict=True):
        np.testing.assert_array_equal(recording.movie(name), trial.movie.round())


def probe_reading(probe, name, table="/intervals/stimulus_presentations"):
    return Reading(
        responses="/units", movie=(f"{name}={probe.parent / 'film.npy'}",), frames_table=Path(table), trial_seconds=4.0
    )


def test_a_table_in_the_file_is_named_with_or_without_the_first_slash(probe, session):
    recording = open_recording(probe, probe_reading(probe, "movie_one", "intervals/stimulus_presentations"))
    assert len(recording.tiers) == len(session.trials)


def test_names_of_movies_in_a_table_of_the_file_may_be_those_of_files(probe, session):
    with h5py.File(probe, "a") as file:
        names = file["intervals/stimulus_presentations/stimulus_name"]
        names[names.asstr()[()] == "movie_one"] = "D:\\stimuli\\film.avi"
    recording = open_recording(probe, probe_reading(probe, "film"))
    assert len(recording.tiers) == len(session.trials)


def test_table_of_unknown_movies_names_those_there_are(probe):
    with h5py.File(probe, "a") as file:
        group = file["intervals/stimulus_presentations"]
        group.move("stimulus_name", "clip")
        group.attrs["colnames"] = [name.replace("stimulus_name", "clip") for name in group.attrs["colnames"]]
        group["frame"][0] = 0.0
    recording = open_recording(probe, probe_reading(probe, "film"))
    with pytest.raises(ReverieError, match=r"names the movie 'gratings'; give it as --movie gratings=FILE"):
        recording.tiers  # noqa: B018


@pytest.mark.parametrize("axes", [(1, -1), (-1, 1)])
def test_a_table_of_columns_as_matlab_writes_them_is_read(probe, session, axes):
    with h5py.File(probe, "a") as file:
        group = file["intervals/stimulus_presentations"]
        for name in ("id", "start_time", "stop_time", "stimulus_name", "frame"):
            values = group[name][()]
            del group[name]
            group[name] = values.reshape(axes)
    recording = open_recording(probe, probe_reading(probe, "movie_one"))
    assert len(recording.tiers) == len(session.trials)
