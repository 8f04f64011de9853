"""What a caller may hand over as arrays by mistake, each with its one sentence."""

import inspect
import itertools
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from reverie.foundation.errors import ReverieError
from reverie.recordings.readers.registry import open_each
from reverie.recordings.readers.timed_values import timed
from reverie.recordings.readers.trials import TrialsSource, require_folder_name
from reverie.recordings.reading import Reading
from reverie.recordings.recording import Recording
from reverie.recordings.trial import Trial

FRAMES = 60
TIMES = np.arange(FRAMES) / 30
SCREEN = np.random.default_rng(0).uniform(0, 255, (FRAMES, 4, 6))
RATES = np.random.default_rng(1).gamma(0.3, 5, (FRAMES, 3))
SHOWN = {"onset": [0.0], "clip": ["1"]}
FASTER = {"time": np.arange(40) / 20, "clip": ["1"] * 40, "frame": np.arange(40)}
BY_FRAME = {"time": TIMES, "clip": ["1"] * FRAMES, "frame": np.arange(FRAMES) + 1}


def recorded(**given) -> Recording:
    settings = {"name": "mouse", "responses": (TIMES, RATES), "movies": {"1": SCREEN}, "shown": SHOWN, **given}
    return Recording.from_arrays(settings.pop("name"), settings.pop("responses"), **settings)


REFUSED = {
    "dates": ({"responses": (pd.date_range("2020", periods=FRAMES), RATES)}, "times of the type datetime64"),
    "milliseconds": ({"responses": (TIMES * 1e5, RATES)}, "give their times in seconds"),
    "a spike at no time": ({"responses": {1: [0.1, np.nan], 2: [1.5]}}, "times that are not numbers"),
    "a table of two lengths": ({"shown": {"onset": [0.0, 1.0], "clip": ["1"]}}, "is not a table"),
    "a path for a table": ({"shown": "shown.csv"}, "is not a table"),
    "a name that is two folders": ({"name": "a/b"}, "can be those of folders"),
    "frames counted from 1": ({"shown": BY_FRAME}, "its frame 60 is said to have been shown; frames are numbered from"),
    "height first": ({"movies": {"1": np.zeros((4, 6, 60))}}, "may be its first axis or its last; say which"),
    "spikes in two columns": ({"responses": {1: np.ones((30, 2))}}, r"spike times of the shape \(30, 2\), where"),
    "units of text": ({"responses": {1: ["a"]}}, "What was given as arrays could not be read"),
    "responses that begin later": ({"responses": (TIMES + 100, RATES)}, "holds responses from 100 to 101"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_impossible_arrays_are_refused_in_one_sentence(case):
    given, expected = REFUSED[case]
    with pytest.raises(ReverieError, match=expected):
        _ = recorded(**given).tiers


def test_lists_and_names_that_are_numbers_are_taken():
    usual = recorded()["0"].responses
    assert np.array_equal(recorded(responses=(list(TIMES), RATES.tolist()))["0"].responses, usual)
    named = pd.DataFrame(FASTER | {"time": TIMES[:40]}, index=[f"row {k}" for k in range(40)])
    assert np.array_equal(recorded(shown=named)["0"].responses, usual[:, :40])
    assert np.array_equal(recorded(movies={1: SCREEN}, shown={" Onset": [0.0], "clip ": [1]})["0"].responses, usual)


@pytest.mark.parametrize("shape", [(-1, 1), (1, -1)])
def test_rows_and_columns_of_matlab_are_times(shape):
    usual = recorded()["0"].responses
    assert np.array_equal(recorded(responses=(TIMES.reshape(shape), RATES))["0"].responses, usual)
    spikes = np.random.default_rng(2).uniform(0, 2, 30)
    counts = recorded(responses={1: spikes})["0"].responses
    assert counts.sum() > 20
    assert np.array_equal(recorded(responses={1: spikes.reshape(shape)})["0"].responses, counts)


def test_a_movie_in_a_file_is_found_from_another_folder(tmp_path, monkeypatch):
    (tmp_path / "inner").mkdir()
    np.save(tmp_path / "movie.npy", SCREEN.astype(np.uint8))
    monkeypatch.chdir(tmp_path)
    recording = recorded(movies={"1": "movie.npy"})
    monkeypatch.chdir(tmp_path / "inner")
    np.testing.assert_array_equal(recording.movie("0"), SCREEN.astype(np.uint8))


def test_a_movie_that_does_not_say_how_fast_it_was_shown_is_said_to_have_run_at_30_hz():
    assert any("(1); they are taken to have run at 30 frames a second" in note for note in recorded().notes)
    told = recorded(reading=Reading(frame_rate=40.0))
    assert told["0"].frames == FRAMES
    assert not any("how fast" in note for note in told.notes)


def test_images_in_turn_are_not_said_to_have_been_shown_at_a_rate():
    slow = recorded(responses=(np.arange(FRAMES) / 5, RATES), reading=Reading(frame_rate=5.0, trial_seconds=20.0))
    assert slow["0"].frames == FRAMES
    assert not any("were shown at" in note for note in slow.notes)
    assert any("were shown at 20 Hz" in note for note in recorded(shown=FASTER, reading=Reading(frame_rate=10.0)).notes)


def test_a_movie_with_times_runs_as_fast_as_they_say():
    @dataclass
    class Timed:
        t: np.ndarray
        d: np.ndarray

    found = recorded(movies={"1": Timed(np.arange(FRAMES) / 60, SCREEN)}, shown={"onset": [0.0, 1.0], "clip": [1, 1]})
    assert [found[name].start for name in found.tiers] == [0.0, 1.0]
    np.testing.assert_allclose(found["1"].movie, SCREEN[::2], rtol=1e-6)
    assert not any("how fast" in note for note in found.notes)


def test_a_movie_with_times_may_be_a_pair_as_responses_are():
    pair = (2.0 + np.arange(FRAMES) / 30, SCREEN)
    found = recorded(movies={"1": pair}, responses=(np.arange(300) / 30, np.ones((300, 3))), shown=None)
    assert found["0"].start == 2.0
    np.testing.assert_allclose(found["0"].movie, SCREEN, rtol=1e-6)


def test_responses_may_be_an_array_that_has_no_length_as_those_of_zarr():
    class Stored:
        shape, dtype = RATES.shape, RATES.dtype

        def __getitem__(self, key):
            return RATES[key]

    times = np.arange(FRAMES) / 30
    np.testing.assert_array_equal(recorded(responses=(times, Stored())).responses("0"), recorded().responses("0"))


def test_frames_counted_from_1_spoil_every_piece_of_a_long_showing():
    with pytest.raises(ReverieError, match=r"3 were tried.*its frame 60 is said to have been shown"):
        _ = recorded(shown=BY_FRAME, reading=Reading(trial_seconds=0.7)).tiers


def test_trials_of_several_frame_rates_are_refused():
    state = np.full((4, FRAMES), np.nan, np.float32)
    trials = [
        Trial(str(rate), "train", SCREEN.astype(np.float32), state, RATES.T.astype(np.float32), 0.0, rate)
        for rate in (15.0, 30.0)
    ]
    with pytest.raises(ReverieError, match=r"several frame rates \(\[15.0, 30.0\]\)"):
        Recording.from_trials("mouse", trials)


def test_values_of_another_type_are_refused_in_one_sentence():
    # Users' calls are not checked for types as the tests' are.
    for given in (RATES, pd.DataFrame(RATES), [1.0, 2.0, 3.0]):
        with pytest.raises(ReverieError, match="came without times"):
            inspect.unwrap(timed)("The responses of mouse", given)
    with pytest.raises(ReverieError, match="can be those of folders"):
        require_folder_name(3)
    with pytest.raises(ReverieError, match="are named by text, such as '0', but 0 was given"):
        inspect.unwrap(Recording._known)(recorded(), 0)
    with pytest.raises(ReverieError, match="the path of one folder or file"):
        inspect.unwrap(open_each)(["DATA"], Reading())


def test_values_under_a_mask_were_not_measured():
    values = np.ma.masked_array(RATES, mask=np.zeros(RATES.shape, dtype=bool))
    assert np.array_equal(recorded(responses=(TIMES, values))["0"].responses, recorded()["0"].responses)
    values[:, 0] = np.ma.masked
    assert recorded(responses=(TIMES, values)).neurons == RATES.shape[1] - 1
    screen = np.ma.masked_array(SCREEN, mask=np.arange(FRAMES)[:, None, None] == np.full(SCREEN.shape, 7))
    for given in ({"movies": {"1": screen}}, {"movies": {"1": (TIMES, screen)}, "shown": None}):
        with pytest.raises(ReverieError, match="holds NaN, infinity"):
            _ = recorded(**given)["0"]
    with pytest.raises(ReverieError, match="times that are not numbers"):
        recorded(responses={1: np.ma.masked_array([0.1, 0.7], mask=[False, True]), 2: [1.5]})


def test_a_movie_that_proves_broken_while_trials_are_divided_is_told():
    broken = np.where(np.arange(FRAMES)[:, None, None] == 7, np.nan, SCREEN)
    recording = recorded(movies={"1": (TIMES, broken)}, shown=None)
    for _ in range(2):
        with pytest.raises(ReverieError, match="holds NaN, infinity"):
            _ = recording["0"]


def made_of_trials(degrees_per_pixel=None, **changed) -> Recording:
    """Return a recording of two trials; users' calls are not checked for types as the tests' are."""
    state, movie = np.full((4, FRAMES), np.nan, np.float32), SCREEN.astype(np.float32)
    made = [Trial(name, "train", movie, state, RATES.T.astype(np.float32)) for name in "ab"]
    for trial, (field, value) in itertools.product(made, changed.items()):
        object.__setattr__(trial, field, value)
    source = object.__new__(TrialsSource)
    inspect.unwrap(TrialsSource.__init__)(source, "mouse", iter(made), degrees_per_pixel)
    return Recording(source)


def test_values_under_a_mask_of_trials_were_not_measured():
    values = np.ma.masked_array(RATES.T.astype(np.float32), mask=np.zeros(RATES.T.shape, dtype=bool))
    assert np.array_equal(made_of_trials(responses=values)["a"].responses, made_of_trials()["a"].responses)
    values[0] = np.ma.masked
    assert made_of_trials(responses=values).neurons == RATES.shape[1] - 1


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"frame_rate": np.nan}, "the frame rate nan"),
        ({"frame_rate": 0}, "the frame rate 0 "),
        ({"start": np.inf}, "the start inf"),
        ({"tier": None}, "the tier None"),
        ({"degrees_per_pixel": "1.5"}, "degrees_per_pixel is '1.5'"),
        ({"degrees_per_pixel": np.nan}, "degrees_per_pixel is nan"),
    ],
)
def test_rates_times_and_angles_of_trials_that_cannot_be_are_refused(changed, expected):
    with pytest.raises(ReverieError, match=expected):
        made_of_trials(**changed)


def test_times_that_are_numbers_of_frames_are_asked_about():
    movie, frames = np.zeros((30, 6, 8), np.uint8), np.arange(300.0)
    for times, asked in ((frames, True), (frames / 10, False)):
        given = (times, np.ones((300, 2)))
        recording = Recording.from_arrays("m", given, movies={"a": movie}, shown={"onset": [5.0], "clip": ["a"]})
        assert any("as numbers of frames: are they in seconds?" in note for note in recording.notes) == asked


class Intervals:
    start, end = np.array([0.5, 40.0]), np.array([20.0, 59.5])


class Group(dict):
    """Spike trains that say when they were recorded, as pynapple's ``TsGroup`` does."""

    time_support = Intervals()


def test_spikes_outside_of_what_a_group_covers_were_not_recorded():
    """Between its intervals, units did not fall silent."""
    ticks = np.arange(0.5, 59.5, 0.1)
    inside = ticks[(ticks < 20) | (ticks >= 40)]
    movies, shown = {"a": np.zeros((60, 6, 8), np.uint8)}, {"onset": [0.0, 10.0, 30.0, 45.0], "clip": ["a"] * 4}
    for group, kept in ((Group, ["0", "1", "3"]), (dict, ["0", "1", "2", "3"])):
        spikes = group({unit: inside + 0.001 * unit for unit in range(5)})
        recording = Recording.from_arrays("m", spikes, movies=movies, shown=shown)
        assert [*recording.tiers] == kept
