"""Inputs that people really have, each with its right result: what is used, and what is said."""

import shutil

import numpy as np
import pytest
from tests.recordings.imperfect_recordings import CASES, FRAMES, TIERS, as_bytes, edit
from tests.worlds import open_recording

from reverie.foundation.errors import ReverieError
from reverie.recordings.readers.sensorium_layout import write_recording
from reverie.recordings.reading import Reading
from reverie.recordings.splits import split_all


def split_of(recording, **options):
    return split_all({recording.name: recording}, **options)[recording.name]


@pytest.fixture(scope="module")
def base(tmp_path_factory, make_trial):
    folder = tmp_path_factory.mktemp("base") / "mouse1"
    write_recording(folder, [make_trial(number, tier) for number, tier in enumerate(TIERS)], padded_frames=None)
    return folder


@pytest.fixture
def mouse(base, tmp_path):
    shutil.copytree(base, tmp_path / "mouse1")
    return tmp_path / "mouse1"


@pytest.mark.parametrize("case", CASES)
def test_imperfect_recordings_are_used_with_a_note(mouse, case):
    change, trials, neurons, missing, said = CASES[case]
    (mouse / "meta/neurons").mkdir(exist_ok=True)
    change(mouse)
    recording = open_recording(mouse.parent)
    assert recording.name == "mouse1"
    assert len(recording.tiers) == trials
    assert recording.neurons == neurons
    assert len(recording.signals) == 4 - missing
    assert recording.degrees_per_pixel in (3.4, 2.0)
    assert (not recording.notes) if said is None else any(said in note for note in recording.notes)
    split = split_of(recording)
    assert split.training
    assert split.validation
    for name in recording.tiers:
        trial = recording.trial(name)
        assert 0 <= trial.movie.min() <= trial.movie.max() <= 255
        assert trial.movie.shape[1:] == (36, 64)
        assert np.isfinite(trial.known_state).all()
        assert trial.responses is None or trial.responses.min() >= 0


@pytest.mark.parametrize(
    "case",
    [
        "float64",
        "float16",
        "big-endian",
        "Fortran order",
        "time first",
        "colour",
        "colours first, then time",
        "zeros before the numbers",
        "movies padded with zeros",
    ],
)
def test_the_same_numbers_come_out_of_every_kind_of_file(mouse, base, case):
    CASES[case][0](mouse)
    plain, other = open_recording(base).trial("1"), open_recording(mouse).trial("1")
    near = {"rtol": 1e-3, "atol": 1e-3} if case == "float16" else {"rtol": 1e-5}
    np.testing.assert_allclose(other.movie, plain.movie, **near)
    np.testing.assert_allclose(other.responses, plain.responses, **near)
    np.testing.assert_allclose(other.state, plain.state, **near)


def test_names_with_spaces_and_other_letters_and_odd_sizes_of_picture(mouse):
    edit("videos", lambda a: a[:35, :63])(mouse)
    mouse.rename(mouse.parent / "Mäus 1 (zwei)")
    recording = open_recording(mouse.parent)
    assert (recording.name, recording.frame_size) == ("Mäus 1 (zwei)", (35, 63))
    assert split_of(recording).training


@pytest.mark.parametrize("first", [True, False])
def test_a_frame_too_many_shifts_nothing(mouse, first):
    noise = np.random.default_rng(0)
    edit("videos", lambda a: np.clip(a + noise.normal(0, 5, a.shape), 0, 255))(mouse)
    expected = open_recording(mouse).movie("1").round()
    edit("videos", as_bytes(first))(mouse)
    np.testing.assert_array_equal(open_recording(mouse).movie("1"), expected)


def test_columns_as_many_as_frames_are_asked_about(mouse, base):
    edit("videos", lambda a: a[:, :FRAMES].transpose(2, 0, 1))(mouse)
    with pytest.raises(ReverieError, match="say which order is meant with --movie-axes"):
        open_recording(mouse).tiers  # noqa: B018 - asking is what looks at the trials
    told = open_recording(mouse, Reading(movie_axes="time-height-width"))
    np.testing.assert_array_equal(told.movie("1"), open_recording(base).movie("1")[:, :, :FRAMES])


@pytest.mark.parametrize(("turn", "said"), [(False, []), (True, ["look as if they were (time, neuron)"])])
def test_responses_turned_round_are_told_even_with_as_many_neurons_as_frames(mouse, turn, said):
    noise = np.random.default_rng(5)
    for path in (mouse / "data/responses").iterdir():
        slow = np.maximum(np.cumsum(noise.normal(size=(FRAMES, FRAMES)), axis=1), 0)
        np.save(path, slow.T if turn else slow)
    notes = open_recording(mouse).notes
    assert len(notes) == len(said)
    assert all(part in note for part, note in zip(said, notes, strict=True))


def test_responses_as_square_as_noise_are_asked_about(mouse):
    noise = np.random.default_rng(5)
    edit("responses", lambda values: noise.uniform(size=(FRAMES, FRAMES)))(mouse)
    (note,) = open_recording(mouse).notes
    assert "have the shape (40, 40) and are taken as (neuron, time), but do not show which" in note


@pytest.mark.parametrize("mode", ["constant", "edge"])
def test_padding_that_no_nan_marks_is_told(mouse, mode):
    assert open_recording(mouse).notes == ()
    edit("responses", lambda values: np.pad(values[:, : FRAMES - 10], ((0, 0), (0, 10)), mode=mode))(mouse)
    (note,) = open_recording(mouse).notes
    assert note.startswith("The responses of mouse1 stand still in all neurons at the end of most trials (for 1")
    assert note.endswith("as padding does, but count as responses: cut these frames off, or write NaN there.")


@pytest.mark.parametrize("filled", [0, 1])
def test_a_neuron_that_is_filled_up_with_zeros_hides_no_padding(mouse, filled):
    expected = open_recording(mouse)["3"].responses.copy()
    assert len(expected) > 2

    def pad(values):
        padded = np.pad(values, ((0, 0), (0, 3)), constant_values=np.nan)
        padded[filled, -3:] = 0
        return padded

    edit("responses", pad)(mouse)
    recording = open_recording(mouse)
    np.testing.assert_array_equal(recording["3"].responses, expected)
    assert recording.notes == ()


def test_neurons_that_are_mostly_silent_are_not_taken_for_padding(mouse):
    noise = np.random.default_rng(5)
    edit("responses", lambda values: (noise.random((2, FRAMES)) < 0.02) * 1.0)(mouse)
    assert not any("padding" in note for note in open_recording(mouse).notes)


def test_omissions_by_the_user_are_left_out_with_a_note(mouse):
    recording = open_recording(mouse, Reading(leave_out=("trial:2", "neuron:0", "mouse2/neuron:3")))
    assert recording.left_out == {"2": "left out as asked"}
    assert recording.rows.tolist() == [1, 2, 3, 4, 5, 6]
    other = open_recording(mouse, Reading(leave_out=("trial:002", "trial:99", "neuron:7")))
    assert list(other.left_out) == ["2"]
    assert other.neurons == 7
    assert [note for note in other.notes if "to leave out" in note] == [
        "mouse1 has no trial '99' to leave out.",
        "mouse1 has no neuron 7 to leave out.",
    ]
    with pytest.raises(ReverieError, match="cannot be left out; write trial:NAME"):
        open_recording(mouse, Reading(leave_out=("cell 3",))).tiers  # noqa: B018
    with pytest.raises(ReverieError, match="left out as asked"):
        open_recording(mouse, Reading(leave_out=("animal:mouse1",)))
