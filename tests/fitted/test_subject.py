"""What a subject is known by: contents, never names or places."""

import shutil
from types import SimpleNamespace

import numpy as np
import pytest
from tests.worlds import (
    describe_training,
    fitted_to,
    learn_from_events,
    opened,
    replace_encoder,
    scale_responses,
    show_again,
)

from reverie.encoders.linear_nonlinear import LinearNonlinear, LinearNonlinearConfig
from reverie.fitted.subject import Subject
from reverie.foundation.errors import ReverieError
from reverie.foundation.files import read_record, write_record


def fingerprint(world, **options):
    return fitted_to(world, **options).subject.fingerprint


CHANGES = {
    "weights": replace_encoder,
    "responses of a training trial": lambda world: scale_responses(world, "2"),
    "responses of a validation trial": lambda world: scale_responses(world, "6"),
    "movie of a training trial": lambda world: show_again(world, "alpha", "2", like="3"),
    "what it was trained on": lambda world: describe_training(world, ["0", "1", "2"], ["6"]),
    "what it learned of responses": learn_from_events,
}


@pytest.mark.parametrize("what", CHANGES)
def test_another_fingerprint_when_anything_changes_that_decides_a_fit(what, tiny_world):
    before = fingerprint(tiny_world)
    CHANGES[what](tiny_world)
    assert fingerprint(tiny_world) != before


def test_another_fingerprint_for_another_seed_animal_and_version(tiny_world, monkeypatch):
    before = fingerprint(tiny_world)
    assert fingerprint(tiny_world, seed=1) != before
    assert fitted_to(tiny_world, "beta", animals=("beta",)).subject.fingerprint != before
    monkeypatch.setattr("reverie.fitted.subject.FITTING_VERSION", 999)
    assert fingerprint(tiny_world) != before


def test_the_same_fingerprint_wherever_things_lie_and_whatever_else_changes(tiny_world, tmp_path):
    before = fingerprint(tiny_world)
    show_again(tiny_world, "alpha", "7", like="1")  # a test trial teaches nothing
    scale_responses(tiny_world, "2", animal="beta")
    describe_training(tiny_world, ["0", "1", "2", "3", "4", "5"], ["6"])  # what was taken for granted before
    moved = SimpleNamespace(data=tmp_path / "elsewhere/recordings", encoder=tmp_path / "elsewhere/model")
    (tmp_path / "elsewhere").mkdir()
    shutil.move(tiny_world.data, moved.data)
    shutil.move(tiny_world.encoder, moved.encoder)
    assert fingerprint(moved) == before


@pytest.mark.parametrize("settings", [{"learn_from": "spikes"}, {"learn_from": ["events"]}, None])
def test_unknown_learning_targets_name_the_file(settings, tiny_world):
    subject = fitted_to(tiny_world).subject
    subject.encoder.about["training_settings"] = settings
    with pytest.raises(ReverieError, match=r"encoder.json says that the encoder learned from .* one of sizes, roots"):
        subject.learned_from  # noqa: B018


def test_trials_are_those_the_encoder_says_and_else_those_of_the_tiers(tiny_world):
    subject = fitted_to(tiny_world).subject
    assert subject.training == ("0", "1", "2", "3", "4", "5")
    assert subject.validation == ("6",)
    describe_training(tiny_world, ["3", "1", "7", "99"], ["0"])
    subject = fitted_to(tiny_world).subject
    assert subject.training == ("3", "1")  # 7 has no responses, 99 is not there any more
    assert subject.validation == ("0",)


@pytest.mark.parametrize(("most", "expected"), [(None, "012345"), (6, "012345"), (3, "024"), (2, "03"), (1, "0")])
def test_no_more_trials_than_asked_for_evenly_chosen(tiny_world, most, expected):
    subject = fitted_to(tiny_world).subject
    assert [trial.name for trial in subject.trials(subject.training, most)] == list(expected)


@pytest.mark.parametrize(
    ("mice", "size", "sentence"),
    [
        ({"gamma": 20}, (12, 16), "has no readout for animal alpha .it has: gamma"),
        ({"alpha": 21}, (12, 16), "Animal alpha has 20 neurons but the encoder predicts 21"),
        ({"alpha": 20}, (12, 18), r"movies of alpha are \(12, 16\) pixels but the encoder takes \(12, 18\)"),
    ],
)
def test_encoders_of_other_recordings_are_refused(unspoilt_tiny_world, mice, size, sentence):
    recording = opened(unspoilt_tiny_world).recordings["alpha"]
    with pytest.raises(ReverieError, match=sentence):
        Subject(recording, LinearNonlinear(LinearNonlinearConfig(taps=4), mice, size))


def test_trials_are_read_when_they_are_asked_for(unspoilt_tiny_world):
    subject = fitted_to(unspoilt_tiny_world).subject
    assert np.array_equal(subject.trials(["6"])[0].movie, subject.recording.movie("6"))


def test_an_encoder_of_another_frame_rate_is_refused(tiny_world):
    description = tiny_world.encoder / "encoder.json"
    told = read_record(description)
    for rate, fits in ((30.1, True), (15.0, False)):
        write_record(description, {**told, "about": {**told["about"], "frame_rates": {"alpha": rate}}})
        if fits:
            opened(tiny_world)
        else:
            with pytest.raises(ReverieError, match=r"alpha is read at 30 frames per second but .* trained at 15; give"):
                opened(tiny_world)
