"""From solutions to a reconstruction: what is averaged, what is calibrated, and what is said of it."""

from dataclasses import replace

import numpy as np
import pytest
from tests.worlds import describe_training, fitted_to, spoil_movie

from reverie.encoders.prediction import predict
from reverie.fitted.assembling import OTHER_MOVIES, assemble, other_movies
from reverie.fitted.fitting import fit
from reverie.fitted.uncertainty import OF_DEFAULTS, OF_SINGLES, OVER_MODELS, UNCALIBRATED
from reverie.foundation.files import write_npz
from reverie.inversion.methods.combined import Combined
from reverie.inversion.methods.map import Map
from reverie.inversion.methods.paper import Paper
from reverie.inversion.methods.weighing import Weights
from reverie.inversion.postprocessing import blur
from reverie.inversion.solution import Progress, Solution
from reverie.recordings.readers.registry import open_recordings
from reverie.recordings.readers.sensorium_layout import write_recording
from reverie.recordings.trial import Trial
from reverie.scoring.calibration import Calibration
from reverie.scoring.error_model import ErrorModel, LearnedErrors
from reverie.stimuli.naturalistic import naturalistic_movie

MASK = np.full((12, 16), 1.2, np.float32)
FACTOR, HALF_WIDTHS = 1.5, np.array([0.7, 1.4, 2.5])


def found(level, std=None):
    movie = np.full((48, 12, 16), level, np.float32)
    trace = (Progress(1, 0.5, 2, 9.0), Progress(2, 1.0, 4, 8.0))
    return Solution(movie, trace, 1.0, 4, None if std is None else np.full_like(movie, std))


@pytest.fixture
def fitted(tiny_world):
    """With a prior and a calibration, learned on two clips."""
    fitted = fit(fitted_to(tiny_world), ["prior"])
    calibration = Calibration(FACTOR, HALF_WIDTHS, np.array([0.5, 0.8, 0.9]), np.array([0.3, 0.5, 0.7]), ("6", "1"))
    write_npz(fitted.place("calibration"), calibration.to_arrays())
    return fitted


@pytest.fixture
def trial(fitted):
    return fitted.subject.recording.trial("6")


def test_a_reconstruction_holds_the_movie_and_what_it_is_compared_with(fitted, trial):
    sharp = np.random.default_rng(0).uniform(0, 255, (48, 12, 16)).astype(np.float32)
    one = assemble([replace(found(0.0), movie=sharp)], [fitted], Paper(blur=1.5), trial, MASK, notes=["Mind this."])
    np.testing.assert_array_equal(one.frames, blur(sharp, 1.5))
    assert (one.animal, one.trial, one.method) == ("alpha", "6", "paper")
    np.testing.assert_array_equal(one.truth, trial.movie)
    np.testing.assert_array_equal(one.responses, trial.responses)
    encoder = fitted.subject.encoder
    np.testing.assert_allclose(one.rates, predict(encoder, one.frames, trial.state, "alpha"), rtol=1e-5)
    np.testing.assert_allclose(one.rates_from_truth, predict(encoder, trial.movie, trial.state, "alpha"), rtol=1e-5)
    assert one.trace["step"].tolist() == [1, 2]
    assert one.notes == ("Mind this.",)
    assert one.std is None
    assert one.information is None


def test_in_darkness_there_is_nothing_to_compare_with(fitted, trial):
    one = assemble([found(100.0, 20.0)], [fitted], Map(), replace(trial, movie=None), MASK)
    assert one.truth is None
    assert one.rates_from_truth is None
    assert one.other_movies is None
    assert one.rates.shape == trial.responses.shape
    assert one.half_widths is not None


def test_a_calibrated_standard_deviation_is_scaled_and_told_of(fitted, trial):
    one = assemble([found(100.0, 20.0)], [fitted], Map(), trial, MASK)
    np.testing.assert_allclose(one.std, 20 * FACTOR)
    np.testing.assert_array_equal(one.half_widths, HALF_WIDTHS)
    (note,) = one.notes
    assert "times 1.50" in note
    assert "2 validation and training clips (this trial among them)" in note
    assert "the 50, 80, 95 % intervals held 50, 80, 90 % of the true pixels" in note
    other = assemble([found(100.0, 20.0)], [fitted], Map(), fitted.subject.recording.trial("2"), MASK)
    assert "this trial among them" not in " ".join(other.notes)


def test_learned_errors_are_taken_as_they_are_and_told_of(fitted, trial):
    model = ErrorModel(np.ones(4), 0.0, np.zeros(4), np.ones(4))
    calibration = Calibration(FACTOR, HALF_WIDTHS, np.array([0.5, 0.8, 0.9]), np.array([0.3, 0.5, 0.7]), ("6", "1"))
    learned = LearnedErrors(model, calibration, MASK, MASK / 2)
    write_npz(fitted.place("errors"), learned.to_arrays())
    for part in ("weights", "followed_weights"):
        write_npz(fitted.place(part), Weights("sizes", 0.75, 100.0).to_arrays())
    solution = replace(found(100.0, 20.0), information=MASK / 3)
    one = assemble([solution], [fitted], Combined(), trial, MASK)
    np.testing.assert_allclose(one.std, 20)
    np.testing.assert_array_equal(one.half_widths, HALF_WIDTHS)
    np.testing.assert_array_equal(one.information, MASK / 3)
    (note,) = one.notes
    assert "learned from errors, so that 68 % of the true pixels of 2 validation and training clips" in note
    other = assemble([solution], [fitted], Combined(map_share=0.5), trial, MASK)
    assert other.notes == (note, OF_DEFAULTS)


def test_information_is_measured_before_the_scaling(fitted, trial):
    calibrated, raw = (
        assemble([found(100.0, 20.0)], [fitted], method, trial, MASK) for method in (Map(), Map(weight=2.0))
    )
    np.testing.assert_array_equal(calibrated.information, raw.information)
    less = assemble([found(100.0, 30.0)], [fitted], Map(), trial, MASK)
    assert less.information.mean() < calibrated.information.mean()


@pytest.mark.parametrize("method", [Map(calibrated=False), Map(weight=2.0)])
def test_a_standard_deviation_that_was_not_calibrated_is_told_as_that(fitted, trial, method):
    one = assemble([found(100.0, 20.0)], [fitted], method, trial, MASK)
    np.testing.assert_allclose(one.std, 20.0)
    assert one.half_widths is None
    assert one.notes == (UNCALIBRATED,)


def test_movies_of_several_encoders_are_averaged_and_their_distance_is_told(fitted, trial):
    one = assemble([found(100.0), found(120.0)], [fitted, fitted], Paper(), trial, MASK)
    np.testing.assert_allclose(one.frames, 110.0, rtol=1e-5)
    np.testing.assert_allclose(one.std, 10.0)
    assert one.notes == (OVER_MODELS,)
    assert one.trace["model"].tolist() == [0, 0, 1, 1]


def test_several_calibrated_movies_add_their_distance_to_their_doubt(fitted, trial):
    one = assemble([found(100.0, 20.0), found(120.0, 20.0)], [fitted, fitted], Map(), trial, MASK)
    np.testing.assert_allclose(one.std, np.hypot(10.0, 20 * FACTOR), rtol=1e-5)
    assert OF_SINGLES in one.notes


def test_joined_trials_are_said_to_be_calibrated_as_single_ones(fitted, trial):
    assert OF_SINGLES in assemble([found(100.0, 20.0)], [fitted], Map(), trial, MASK, joined=True).notes
    assert OF_SINGLES not in assemble([found(100.0, 20.0)], [fitted], Map(), trial, MASK).notes


def test_an_encoder_that_saw_the_trial_is_named(tiny_world, fitted):
    describe_training(tiny_world, ["1", "2"], ["6"])
    knowing = fitted_to(tiny_world)
    seen, held_out = (
        assemble([found(9.0)], [knowing], Paper(), knowing.subject.recording.trial(name), MASK).notes
        for name in ("2", "6")
    )
    assert seen == ("This trial was among the training trials of encoder: its scores are not held out.",)
    assert held_out == ()


def test_repeats_of_the_movie_and_shorter_movies_are_no_controls(tmp_path):
    generator = np.random.default_rng(0)
    shown, other = naturalistic_movie(60, generator), naturalistic_movie(70, generator)
    shorter = naturalistic_movie(40, generator)
    movies = [shown, shown + generator.normal(0, 5, shown.shape).clip(-9, 9).astype(np.float32), other, other, shorter]
    state = np.ones((4, 70), np.float32)
    trials = [
        Trial(str(number), "oracle", movie.clip(0, 255), state[:, : len(movie)], np.ones((2, len(movie)), np.float32))
        for number, movie in enumerate(movies)
    ]
    write_recording(tmp_path / "mouse", trials)
    recording = open_recordings(tmp_path)["mouse"]
    controls = other_movies(recording, recording.trial("0"))
    assert len(controls) == 1
    assert np.abs(controls[0].astype(float) - other[:60].clip(0, 255)).max() <= 0.5


def test_a_screen_that_stays_grey_has_all_other_movies_as_controls(fitted):
    recording = fitted.subject.recording
    grey = replace(recording.trial("6"), movie=np.full((48, 12, 16), 99.0, np.float32))
    assert len(other_movies(recording, grey)) == OTHER_MOVIES


def test_a_movie_that_cannot_be_read_whole_is_no_control(fitted, tiny_world, capsys):
    for name in fitted.subject.recording.tiers:
        if name not in ("2", "6"):
            spoil_movie(tiny_world, "alpha", name)
    recording = fitted_to(tiny_world).subject.recording
    (control,) = other_movies(recording, recording.trial("6"))
    np.testing.assert_array_equal(control, recording.movie("2").round())
    assert "left out" in capsys.readouterr().err
