"""Tables as people save them."""

import re

import numpy as np
import pandas as pd
import pytest
from tests.recordings.readers import layouts
from tests.worlds import open_recording

from reverie.foundation.arrays import RUNNING
from reverie.foundation.errors import ReverieError
from reverie.recordings.readers.tables import read_csv
from reverie.recordings.reading import Reading

TABLE = "Time,clip,frame\n1.5,Fülm 1,0\n2,Fülm 1,1\n"
CELLS = {"time": ["1.5", "2"], "clip": ["Fülm 1", "Fülm 1"], "frame": ["0", "1"]}

SAVED = {
    "as most do": TABLE.encode(),
    "with a mark and ends of lines of Windows": ("\ufeff" + TABLE.replace("\n", "\r\n")).encode(),
    "as old Windows does": TABLE.encode("cp1252"),
    "in UTF-16": TABLE.encode("utf-16"),
    "with units": TABLE.replace("Time", "Time [s]").replace("frame", " frame").encode(),
    "with semicolons": TABLE.replace(",", ";").encode(),
    "with semicolons and commas in numbers": TABLE.replace(",", ";").replace(".", ",").encode(),
    "with tabs": TABLE.replace(",", "\t").encode(),
    "with the numbers of its rows": b",Time,clip,frame\n" + "0,1.5,Fülm 1,0\n1,2,Fülm 1,1\n".encode(),
}


@pytest.mark.parametrize("how", SAVED)
def test_a_table_is_read_however_it_was_saved(how, tmp_path):
    (tmp_path / "shown.csv").write_bytes(SAVED[how])
    assert read_csv(tmp_path / "shown.csv").to_dict("list") == CELLS


def test_a_spreadsheet_and_a_missing_table_are_told(tmp_path):
    (tmp_path / "shown.xlsx").write_bytes(b"PK\x03\x04" + bytes(range(99)))
    with pytest.raises(ReverieError, match=r"shown\.xlsx is a file of a spreadsheet program; save the table as csv"):
        read_csv(tmp_path / "shown.xlsx")
    np.save(tmp_path / "shown.npy", np.arange(9.0))
    with pytest.raises(ReverieError, match=r"shown\.npy is not text; write the table as csv"):
        read_csv(tmp_path / "shown.npy")
    with pytest.raises(ReverieError, match=r"none\.csv is missing"):
        read_csv(tmp_path / "none.csv")


@pytest.fixture(scope="module")
def session(make_trial):
    return layouts.session_of([make_trial(number, frames=40) for number in range(3)])


def with_running(folder, session, **columns):
    """Write suite2p's output and a table of running beside it; return how both are read."""
    layouts.write_suite2p(folder, session)
    pd.DataFrame(columns).to_csv(folder / "running.csv", index=False)
    return Reading(rate=30.0, frames_table=folder / "shown.csv", running=str(folder / "running.csv"))


def test_times_of_behaviour_may_come_last(session, tmp_path):
    times, speed = session.state(1, 100.0)
    recording = open_recording(tmp_path, with_running(tmp_path, session, speed=speed, **{"Time (s)": times}))
    for name, trial in zip(recording.tiers, session.trials, strict=True):
        np.testing.assert_allclose(recording.state(name)[1], trial.state[1], rtol=1e-4)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda times: 1000 * times, r"running\.csv is not used, since its samples are 10 s apart; give its times in"),
        (lambda times: times + 1e5, r"running\.csv is not used, since it was recorded from 100000 to .* on one clock"),
    ],
)
def test_behaviour_on_another_clock_is_told(session, tmp_path, change, said):
    """The speeds lie on a line, so that any two samples of them would make sense."""
    times, _ = session.state(1, 100.0)
    recording = open_recording(tmp_path, with_running(tmp_path, session, time=change(times), speed=np.cumsum(times)))
    assert RUNNING not in recording.signals
    assert len(recording.tiers) == len(session.trials)
    (note,) = [note for note in recording.notes if "running.csv" in note]
    assert re.search(said, note)


def test_fast_behaviour_in_milliseconds_is_told_by_how_long_it_lasts(session, tmp_path):
    """At 1000 samples a second, their steps look like slow seconds."""
    times, _ = session.state(1, 1000.0)
    recording = open_recording(tmp_path, with_running(tmp_path, session, time=1000 * times, speed=np.cumsum(times)))
    assert RUNNING not in recording.signals
    assert any(re.search(r"lasts from 0 to .* but all that was shown was over after", note) for note in recording.notes)


@pytest.mark.parametrize("name", ["frame", "time", "sec"])
def test_behaviour_of_numbered_rows_is_told(session, tmp_path, name):
    """Video programs write the number of each frame; as seconds, they would slow the pupil down thirtyfold."""
    _, speed = session.state(1, 30.0)
    reading = with_running(tmp_path, session, **{name: np.arange(len(speed))}, speed=speed)
    if name == "frame":
        with pytest.raises(
            ReverieError, match=r"a column 'frame' that numbers its rows, but none of times; give a column time"
        ):
            open_recording(tmp_path, reading)
    else:
        assert any("the times 0, 1 and so on" in note for note in open_recording(tmp_path, reading).notes)


@pytest.mark.parametrize("columns", [("x", "y"), ("pupil_y", "pupil_x")])
def test_columns_of_gaze_are_taken_by_their_names(session, tmp_path, columns):
    layouts.write_suite2p(tmp_path, session)
    times = np.arange(0, session.seconds, 0.1)
    values = {columns[0]: times, columns[1]: times}
    values[next(name for name in columns if name.endswith("y"))] = -times
    pd.DataFrame({"time": times, **values}).to_csv(tmp_path / "gaze.csv", index=False)
    reading = Reading(rate=30.0, frames_table=tmp_path / "shown.csv", gaze=str(tmp_path / "gaze.csv"))
    recording = open_recording(tmp_path, reading)
    state = recording.state(next(iter(recording.tiers)))
    assert state[2].mean() > 0 > state[3].mean()


def test_times_that_begin_again_are_told_but_a_row_in_the_wrong_place_is_put_right(session, tmp_path):
    times, speed = session.state(1, 100.0)
    swapped = with_running(tmp_path, session, time=np.roll(times, 1)[1:], speed=np.roll(speed, 1)[1:])
    table = pd.read_csv(tmp_path / "running.csv")
    pd.concat([table[1:40], table[:1], table[40:]]).to_csv(tmp_path / "running.csv", index=False)
    assert RUNNING in open_recording(tmp_path, swapped).signals
    pd.concat([table, table]).to_csv(tmp_path / "running.csv", index=False)
    with pytest.raises(ReverieError, match=rf"times that begin again in row {len(table) + 2}, .*; give all one clock"):
        open_recording(tmp_path, swapped)


@pytest.mark.parametrize("numbered", [False, True])
def test_times_may_be_the_index_that_pandas_wrote_and_rows_be_numbered(session, tmp_path, numbered):
    times, speed = session.state(1, 100.0)
    reading = with_running(tmp_path, session, speed=speed)
    table = pd.DataFrame({"time": times, "speed": speed})
    (table if numbered else table.set_index("time")["speed"].rename_axis(None)).to_csv(tmp_path / "running.csv")
    recording = open_recording(tmp_path, reading)
    for name, trial in zip(recording.tiers, session.trials, strict=True):
        np.testing.assert_allclose(recording.state(name)[1], trial.state[1], rtol=1e-4)


@pytest.mark.parametrize("name", ["time (ms)", "t_ms", "Timestamps [min]"])
def test_times_that_are_said_to_be_no_seconds_are_refused(session, tmp_path, name):
    """At 1000 samples a second, their steps look like slow seconds."""
    times, speed = session.state(1, 1000.0)
    reading = with_running(tmp_path, session, speed=speed, **{name: 1000 * times})
    with pytest.raises(ReverieError, match=r"running\.csv has a column '.*'; give times in seconds"):
        open_recording(tmp_path, reading)


def test_a_column_that_is_there_twice_is_told(session, tmp_path):
    layouts.write_suite2p(tmp_path, session, kind="onsets")
    table = pd.read_csv(tmp_path / "shown.csv")
    table.assign(**{"onset (s)": 0.0}).to_csv(tmp_path / "shown.csv", index=False)
    with pytest.raises(ReverieError, match=r"shown\.csv has two columns 'onset'; remove one\.$"):
        open_recording(tmp_path, Reading(rate=30.0, frames_table=tmp_path / "shown.csv"))


@pytest.mark.parametrize("spelled", ["clip{}.npy", "stimuli/clip{}.avi", "D:\\stimuli\\clip{}.avi"])
def test_movies_are_found_wherever_they_lay_when_the_table_was_written(session, tmp_path, spelled):
    layouts.write_suite2p(tmp_path, session)
    table = pd.read_csv(tmp_path / "shown.csv")
    table["clip"] = [spelled.format(clip.removeprefix("clip")) for clip in table["clip"]]
    table.to_csv(tmp_path / "shown.csv", index=False)
    recording = open_recording(tmp_path, Reading(rate=30.0, frames_table=tmp_path / "shown.csv"))
    for name, trial in zip(recording.tiers, session.trials, strict=True):
        np.testing.assert_array_equal(recording.movie(name), trial.movie.round())


def test_a_name_in_a_table_may_be_spelled_otherwise_than_that_of_the_file(session, tmp_path):
    """MacOS hands out accents apart from their letters."""
    layouts.write_suite2p(tmp_path, session)
    text = (tmp_path / "shown.csv").read_text()
    (tmp_path / "shown.csv").write_text(text.replace(",clip", ",Fülm").replace("time,Fülm", "time,clip"))
    for number in range(3):
        (tmp_path / f"clip{number}.npy").rename(tmp_path / f"Fu\u0308lm{number}.npy")
    recording = open_recording(tmp_path, Reading(rate=30.0, frames_table=tmp_path / "shown.csv"))
    assert not recording.left_out
    assert recording.has_movie("0")
