from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from reverie.foundation.errors import ReverieError
from reverie.scoring.calibration import Calibration, calibrate, coverage
from reverie.scoring.error_model import (
    DARKEST,
    PIXEL_STEP,
    PRIOR_SLOPES,
    ClipErrors,
    ErrorModel,
    LearnedErrors,
    features_of,
    fit_error_model,
    joined_errors,
)

SLOPES, CONSTANT = np.array([0.4, 0.8, -0.2, 1.5]), -3.0
CALIBRATION = Calibration(2.0, np.array([0.6, 1.3, 2.4]), np.full(3, 0.5), np.full(3, 0.4), ("1", "2"))
MODEL = ErrorModel(SLOPES, CONSTANT, np.full(4, -5.0), np.full(4, 5.0))


def clip_errors(generator, size=2000):
    """Errors of one clip whose variance is as the model says."""
    features = generator.normal(size=(4, size))
    deviation = np.exp((SLOPES @ features + CONSTANT) / 2)
    squares = np.square(deviation * generator.standard_normal(size))
    return ClipErrors(features, squares, generator.uniform(size=size) < 0.3)


def test_slopes_of_the_error_model_are_recovered():
    generator = np.random.default_rng(0)
    found = fit_error_model([clip_errors(generator) for _ in range(300)])
    np.testing.assert_allclose(found.slopes, SLOPES, atol=0.05)
    assert found.constant == pytest.approx(CONSTANT, abs=0.05)


def test_few_clips_move_the_usual_slopes_little():
    generator = np.random.default_rng(1)
    found = fit_error_model([clip_errors(generator)])
    assert (np.abs(found.slopes - PRIOR_SLOPES) < np.abs(SLOPES - PRIOR_SLOPES) / 2).all()


def test_half_of_what_counts_lies_outside_the_mask():
    scored = np.array([True] * 10 + [False] * 990)
    clip = ClipErrors(np.zeros((4, 1000)), np.where(scored, 1.0, 9.0), scored)
    assert clip.weights.sum() == pytest.approx(1.0)
    assert clip.weights[scored].sum() == pytest.approx(0.5)
    # Nothing tells them apart, so that the variance is the mean of both.
    assert np.exp(fit_error_model([clip]).constant) == pytest.approx(5.0, rel=1e-4)
    whole = replace(clip, scored=np.ones(1000, bool))
    np.testing.assert_allclose(whole.weights, 1e-3)


def test_without_errors_there_is_still_a_model():
    clip = ClipErrors(np.zeros((4, 50)), np.zeros(50), np.ones(50, bool))
    assert np.isfinite(fit_error_model([clip]).std(np.zeros((4, 3)))).all()


def test_a_model_of_no_clip_is_refused():
    with pytest.raises(ReverieError, match="at least one clip"):
        fit_error_model([])


def test_features_are_logarithms_of_smoothed_squares():
    movie, apart = np.full((30, 9, 16), 100.0, np.float32), np.full((30, 9, 16), -7.0, np.float32)
    posterior = np.linspace(10, 90, 9 * 16).reshape(9, 16)
    found = features_of(movie, apart, posterior, 30.0)
    np.testing.assert_allclose(found[0], np.broadcast_to(np.log(posterior + 1), movie.shape), rtol=1e-5)
    np.testing.assert_allclose(found[1], np.log(50), rtol=1e-5)
    np.testing.assert_allclose(found[2], 0, atol=1e-4)
    np.testing.assert_allclose(found[3], np.log(100 * 155 + 1), rtol=1e-5)
    np.testing.assert_allclose(features_of(0 * movie, apart, posterior, 30.0)[3], np.log(DARKEST + 1), rtol=1e-5)
    ramp = np.broadcast_to(10 * np.arange(16, dtype=np.float32), movie.shape)
    np.testing.assert_allclose(features_of(ramp, apart, posterior, 30.0)[2], np.log(101), rtol=1e-5)


def test_they_are_smoothed_as_long_whatever_the_frame_rate():
    apart = np.zeros((240, 9, 16), np.float32)
    apart[120] = 30
    slow, fast = (features_of(apart, apart, np.ones((9, 16)), rate)[1] for rate in (15.0, 60.0))
    width = [(np.exp(each[:, 4, 8]) - 1 > (np.exp(each[120, 4, 8]) - 1) / 2).sum() for each in (slow, fast)]
    assert width[1] == pytest.approx(4 * width[0], rel=0.2)


def test_frames_of_one_row_have_features():
    assert features_of(*np.full((2, 5, 1, 8), 9.0, np.float32), np.ones((1, 8)), 30.0).shape == (4, 5, 1, 8)


def test_errors_are_those_of_scored_frames():
    movie, truth = np.zeros((40, 3, 13), np.float32), np.zeros((40, 3, 13), np.float32)
    truth[:10], truth[10:, 0] = 50.0, 3.0
    region = np.zeros((3, 13), bool)
    region[0] = True
    found = ClipErrors.of(np.zeros((4, 40, 3, 13)), movie, truth, slice(10, None), region)
    # Frames of 39 pixels, of which every thirteenth would always be the same ones.
    assert len(found.squares) == -(-30 * 3 * 13 // 14)
    np.testing.assert_array_equal(found.squares, np.where(found.scored, 9.0, 0.0))
    of_two = ErrorModel(np.zeros(4), np.log(4.0), np.zeros(4), np.zeros(4))
    assert found.standard(of_two).tolist() == [1.5] * 28


def test_beyond_what_was_seen_nothing_is_extrapolated():
    model = replace(MODEL, lowest=np.full(4, -1.0), highest=np.full(4, 1.0))
    ends = model.std(np.array([[-9.0, -1.0, 1.0, 9.0]] * 4))
    assert ends[0] == ends[1] < ends[2] == ends[3]


def learned(posterior=400.0, information=0.5):
    return LearnedErrors(MODEL, CALIBRATION, np.full((3, 5), posterior), np.full((3, 5), information))


def test_learned_errors_are_kept():
    known = learned()
    again = LearnedErrors.from_arrays(known.to_arrays())
    np.testing.assert_array_equal(again.posterior, known.posterior)
    np.testing.assert_array_equal(again.model.slopes, SLOPES)
    assert again.calibration.factor == 2.0
    movie, apart = np.random.default_rng(0).uniform(0, 255, (2, 30, 3, 5)).astype(np.float32)
    np.testing.assert_array_equal(again.std(movie, apart, 30.0), known.std(movie, apart, 30.0))


@pytest.mark.parametrize("damage", [{"slopes": None}, {"posterior": np.full((3, 5), np.nan)}, {"constant": np.ones(3)}])
def test_damaged_error_models_are_refused(damage):
    arrays = {**learned().to_arrays(), **damage}
    with pytest.raises(ReverieError, match="learn it again"):
        LearnedErrors.from_arrays({name: array for name, array in arrays.items() if array is not None})


def test_animals_that_look_at_the_same_pixel_tell_more_together():
    one = learned(400.0, 0.5)
    both = joined_errors([one, one])
    # Of a prior of 800 each takes 1 / 400 − 1 / 800 of precision.
    np.testing.assert_allclose(both.posterior, 1 / (1 / 800 + 2 / 800), rtol=1e-5)
    np.testing.assert_allclose(both.information, 2 / 3, rtol=1e-5)
    blind = learned(800.0, 0.0)
    np.testing.assert_allclose(joined_errors([one, blind]).posterior, 400.0, rtol=1e-5)
    np.testing.assert_allclose(joined_errors([one]).posterior, one.posterior, rtol=1e-5)


def test_intervals_hold_as_much_of_hard_clips_as_of_easy_ones():
    """Clips differ in how far apart the two movies are, and in how large errors are with it."""
    generator, frames, region = np.random.default_rng(2), slice(0, None), np.ones((6, 8), bool)
    clips, plain = [], []
    for number in range(24):
        apart = (1 + number) * gaussian_filter(generator.standard_normal((60, 6, 8)), (2, 1, 1)).astype(np.float32)
        truth = np.full(apart.shape, 128.0, np.float32)
        movie = truth + apart.std() * generator.standard_normal(apart.shape).astype(np.float32)
        clips.append(ClipErrors.of(features_of(movie, apart, np.ones((6, 8)), 30.0), movie, truth, frames, region))
        plain.append(np.abs(movie - truth).ravel()[::PIXEL_STEP])
    model = fit_error_model(clips[::2])
    told, untold = {}, {}
    for number, (clip, error) in enumerate(zip(clips, plain, strict=True)):
        told[str(number)], untold[str(number)] = clip.standard(model), error
    spread = []
    for errors in (told, untold):
        widths = calibrate({name: errors[name] for name in list(errors)[::2]})
        held = [coverage(errors[name] / widths.factor, widths.half_widths)[1] for name in list(errors)[1::2]]
        spread.append(np.std(held))
    assert spread[0] < spread[1] / 2
