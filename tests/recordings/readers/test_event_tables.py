"""Tables of what was shown with the columns of NWB, of BIDS, or of a lab's log are read as those with our own."""

import numpy as np
import pandas as pd
import pytest
from tests.recordings.readers import layouts
from tests.worlds import open_recording

from reverie.foundation.errors import ReverieError
from reverie.recordings.readers.event_tables import usual_columns
from reverie.recordings.reading import Reading
from reverie.recordings.recording import Recording


@pytest.fixture(scope="module")
def session(make_trial):
    return layouts.session_of([make_trial(number, frames=40) for number in range(3)])


@pytest.fixture
def usual(session, tmp_path):
    """The table as it is called here, with an end that cuts the last frames of each movie."""
    layouts.write_suite2p(tmp_path, session, kind="onsets")
    table = pd.read_csv(tmp_path / "shown.csv", dtype={"onset": float})
    return table.assign(end=table["onset"] + 30 / session.rate)


def opened(folder, table):
    table.to_csv(folder / "shown.csv", index=False)
    return open_recording(folder, Reading(rate=30.0, frames_table=folder / "shown.csv"))


def as_nwb(usual):
    return usual.rename(columns={"onset": "start_time", "end": "stop_time", "clip": "stimulus_name"})


def as_bids(usual):
    lasts = usual["end"] - usual["onset"]
    named = usual.assign(duration=lasts, trial_type="movie").rename(columns={"clip": "stim_file"})
    return named.drop(columns="end")


def as_a_log(usual):
    files = usual["clip"].radd("C:\\stimuli\\").add(".npy")
    numbered = usual.assign(trial=range(len(usual)), movie=files, condition="a")
    return numbered.drop(columns="clip")


def as_another_log(usual):
    return as_a_log(usual).rename(columns={"end": "Offset"})


@pytest.mark.parametrize("write", [as_nwb, as_bids, as_a_log, as_another_log])
def test_columns_of_others_are_those_they_mean(write, usual, session, tmp_path):
    expected = opened(tmp_path, usual)
    found = opened(tmp_path, write(usual))
    assert found.tiers == expected.tiers
    assert [found.frames(name) for name in found.tiers] == [30, 30, 30]
    for name in expected.tiers:
        np.testing.assert_array_equal(found.movie(name), expected.movie(name))
        np.testing.assert_array_equal(found.responses(name), expected.responses(name))
    (told,) = (note for note in found.notes if " from " in note and "shown.csv" in note)
    assert "clip from " in told


def test_an_offset_that_is_not_after_the_onset_is_no_end(usual):
    delayed = usual.drop(columns="end").assign(offset="0.02")
    assert "end" not in usual_columns(delayed, lambda text: True)[0]


def test_an_offset_beside_a_duration_is_no_end(usual):
    """But a place on the screen."""
    placed = as_bids(usual).assign(offset="300")
    assert usual_columns(placed, lambda text: True)[0]["end"].equals(
        usual_columns(as_bids(usual), lambda text: True)[0]["end"]
    )


def test_columns_called_as_here_are_not_taken_for_others(usual, tmp_path):
    expected = opened(tmp_path, usual)
    found = opened(tmp_path, usual.assign(start_time=0.0, stim_file="none", duration=99.0, other=usual["clip"]))
    assert [found.frames(name) for name in found.tiers] == [expected.frames(name) for name in expected.tiers]
    assert not any("clip from" in note for note in found.notes)


def test_a_column_of_names_is_asked_for_where_none_or_two_may_be_it(usual, tmp_path):
    for table in (
        usual.drop(columns="clip"),
        usual.rename(columns={"clip": "one"}).assign(two=usual["clip"]),
        usual.assign(clip=range(3)).rename(columns={"clip": "trial"}),
        usual.rename(columns={"clip": "movie"}).replace(["clip1", "clip2"], ["lost", "gone"]),
    ):
        with pytest.raises(ReverieError, match="has no column clip, nor exactly one other whose cells name movies"):
            opened(tmp_path, table)


def test_cells_may_be_paths_from_the_table(usual, tmp_path):
    """BIDS and most logs say in which folder a movie lies."""
    expected = dict(opened(tmp_path, usual).tiers)
    (tmp_path / "stimuli").mkdir()
    for number in range(3):
        (tmp_path / f"clip{number}.npy").rename(tmp_path / "stimuli" / f"clip{number}.npy")
    found = opened(tmp_path, usual.assign(clip=usual["clip"].radd("stimuli\\").add(".npy")))
    assert found.tiers == expected
    with pytest.raises(ReverieError, match=r"names the movie 'clip0'; give it as --movie clip0=FILE, or its folder as"):
        _ = opened(tmp_path, usual).tiers


def test_ends_are_as_exact_as_times_late_in_a_session():
    late, _ = usual_columns(pd.DataFrame({"onset": ["12345.678"], "duration": ["0.25"], "clip": ["a"]}), bool)
    assert float(late["end"][0]) == pytest.approx(12345.928, abs=1e-6)


def test_tables_in_python_may_have_the_columns_of_nwb():
    shown = pd.DataFrame({"start_time": [0.5], "stop_time": [1.5], "stimulus": ["a"], "trial": [1]})
    responses = np.random.default_rng(0).gamma(0.3, 5.0, (90, 3))
    movies = {"a": np.random.default_rng(1).uniform(0, 255, (60, 4, 6))}
    recording = Recording.from_arrays("mouse", (np.arange(90) / 30, responses), movies=movies, shown=shown)
    assert [recording.frames(name) for name in recording.tiers] == [30]
    assert recording.trial("0").start == 0.5


def test_a_movie_that_is_lost_costs_its_own_showings_and_no_others(usual, tmp_path, capsys):
    recording = opened(tmp_path, usual.rename(columns={"clip": "stimulus"}).replace("clip1", "lost"))
    assert len(recording.tiers) == 2
    assert "names the movie 'lost'; give it as --movie lost=FILE" in capsys.readouterr().err


def test_a_table_without_times_is_told_with_its_own_names(usual, tmp_path):
    with pytest.raises(ReverieError, match="has the columns onset_ms, stimulus, tier, stop_time, but it needs"):
        opened(tmp_path, usual.rename(columns={"onset": "onset_ms", "clip": "stimulus", "end": "stop_time"}))
