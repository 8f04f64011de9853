"""Recordings opened beside an encoder are read as they were to train it."""

import pytest
from tests.worlds import scale_responses

from reverie.encoders.checkpoints import load_encoder, save_encoder
from reverie.fitted import opening
from reverie.fitted.opening import open_matching_animals
from reverie.foundation.errors import ReverieError
from reverie.recordings.readers.registry import open_each
from reverie.recordings.reading import Reading, stating
from reverie.recordings.recording import Recording
from reverie.training.folder import train_encoder

HALVED = Reading(frame_size=(6, 8), leave_out=("neuron:3", "trial:1"))


@pytest.fixture
def folder(tiny_world, tmp_path):
    """An encoder that was trained on frames of half the size, without one neuron and one trial."""
    train_encoder(tiny_world.data, tmp_path / "halved", animals="alpha", reading=HALVED, steps=2, device="cpu")
    return tmp_path / "halved"


def opened_beside(folder, world, reading: Reading | None = None) -> Recording:
    (recording,) = open_matching_animals(world.data, ["alpha"], {folder: load_encoder(folder)}, reading).values()
    return recording


def test_options_need_not_be_repeated(folder, tiny_world, capsys):
    recording = opened_beside(folder, tiny_world)
    assert recording.frame_size == (6, 8)
    assert recording.neurons == 19
    assert "1" in recording.tiers  # to hold a trial out of the training is not to do without its movie
    said = f"Recordings are read as for the training of {folder}: --frame-size 6 8 --leave-out neuron:3."
    assert said in capsys.readouterr().err.splitlines()
    assert "0" not in opened_beside(folder, tiny_world, Reading(leave_out=("trial:0",))).tiers


def test_the_same_recordings_are_opened_once(folder, tiny_world, monkeypatch):
    read = []
    monkeypatch.setattr(opening, "open_each", lambda *asked: read.append(asked) or open_each(*asked))
    assert opened_beside(folder, tiny_world).frame_size == (6, 8)
    assert len(read) == 1


def test_options_that_are_given_count_and_differences_are_said(folder, tiny_world, capsys):
    with pytest.raises(ReverieError, match=r"movies of alpha are \(12, 16\) pixels"):
        opened_beside(folder, tiny_world, Reading(frame_size=(12, 16)))
    other = opened_beside(folder, tiny_world, Reading(trial_seconds=4.0))
    assert other.reading.trial_seconds == 4.0
    assert other.frame_size == (6, 8)
    assert (
        f"training of {folder}, recordings were read with --trial-seconds 10, but now with --trial-seconds 4. Trials"
        in (capsys.readouterr().err)
    )


def test_options_that_are_given_as_nothing_are_back_at_their_defaults(folder, tiny_world, capsys):
    with pytest.raises(ReverieError, match=r"movies of alpha are \(12, 16\) pixels"):
        opened_beside(folder, tiny_world, stating(Reading(), ["frame_size"]))
    assert "read with --frame-size 6 8, but now with no --frame-size." in capsys.readouterr().err
    with pytest.raises(ReverieError, match=r"has 20 neurons but the encoder .* predicts 19"):
        opened_beside(folder, tiny_world, stating(Reading(), ["leave_out"]))


@pytest.mark.parametrize("given", [Reading(frame_rate=15.0), Reading(frame_rate=15.0, frame_size=(6, 8))])
def test_a_recording_whose_responses_are_read_otherwise_is_known(folder, tiny_world, given, capsys):
    """At another frame rate, the responses are others too, which does not make it another recording."""
    with pytest.raises(ReverieError, match=r"alpha is read at 15 frames per second .* was trained at 30; give"):
        opened_beside(folder, tiny_world, given)
    assert "recordings were read with no --frame-rate, but now with --frame-rate 15." in capsys.readouterr().err


def test_further_neurons_may_be_left_out(folder, tiny_world, capsys):
    with pytest.raises(ReverieError, match=r"has 18 neurons but the encoder .* predicts 19"):
        opened_beside(folder, tiny_world, Reading(leave_out=("neuron:5",)))
    assert "Recordings are read as for the training" in capsys.readouterr().err


def test_other_recordings_are_not_read_so(folder, tiny_world, capsys):
    scale_responses(tiny_world, "0")
    with pytest.raises(ReverieError, match=r"has 20 neurons but the encoder .* predicts 19"):
        opened_beside(folder, tiny_world)
    said = capsys.readouterr().err
    assert "are read as" not in said
    assert f"Not read as for the training of {folder} (--frame-size 6 8 --leave-out neuron:3)" in said
    assert "their responses are different" in said


def test_broken_animals_are_named_once_though_recordings_are_opened_twice(folder, tiny_world, capsys):
    scale_responses(tiny_world, "0")
    for kind in ("videos", "responses"):
        (tiny_world.data / "empty/data" / kind).mkdir(parents=True)
    with pytest.raises(ReverieError, match=r"has 20 neurons but the encoder .* predicts 19"):
        opened_beside(folder, tiny_world)
    said = capsys.readouterr().err
    assert "their responses are different" in said
    assert said.count("empty/data/videos holds no trials") == 1


def test_moved_files_are_asked_for_as_usual(folder, tiny_world, capsys):
    encoder = load_encoder(folder)
    about = {**encoder.about, "reading": {"alpha": {"format": "suite2p", "frames_table": "/gone/table.csv"}}}
    save_encoder(encoder, folder, about)
    assert opened_beside(folder, tiny_world, HALVED).neurons == 19
    said = capsys.readouterr().err
    assert "since they cannot be: " in said
    assert "Give the options again for files that have moved." in said


def test_files_that_are_given_where_they_lie_now_are_all_that_is_needed(folder, tiny_world, tmp_path, capsys):
    """Paths of the machine that trained are not told as if they had been read."""
    encoder = load_encoder(folder)
    options = {**encoder.about["reading"]["alpha"], "frames_table": "/gone/table.csv", "movie": ["/gone"]}
    save_encoder(encoder, folder, {**encoder.about, "reading": {"alpha": options}})
    here = Reading(frames_table=tmp_path / "table.csv", movie=(str(tmp_path),))
    assert opened_beside(folder, tiny_world, here).neurons == 19
    said = capsys.readouterr().err
    assert f"Recordings are read as for the training of {folder}: --frame-size 6 8 --leave-out neuron:3." in said
    assert "/gone" not in said


def test_an_animal_without_a_readout_is_not_said_to_have_other_responses(folder, tiny_world, capsys):
    with pytest.raises(ReverieError, match=r"beta"):
        open_matching_animals(tiny_world.data, ["beta"], {folder: load_encoder(folder)})
    assert "since the encoder has no readout for beta." in capsys.readouterr().err


@pytest.mark.parametrize("reading", [None, 3, {"alpha": 3}, {}])
def test_an_encoder_that_remembers_nothing_is_as_usual(folder, tiny_world, reading):
    encoder = load_encoder(folder)
    save_encoder(encoder, folder, {**encoder.about, "reading": reading})
    assert opened_beside(folder, tiny_world, HALVED).neurons == 19
