import numpy as np
import pytest

from reverie.foundation.errors import ReverieError
from reverie.scoring.calibration import LEVELS, NORMAL_HALF_WIDTHS, Calibration, calibrate, coverage, standard_errors


def clips(generator, draw, count=400, size=400):
    return {str(number): np.abs(draw(generator, size)) for number in range(count)}


def heavy(generator, size):
    return 2.5 * generator.standard_t(3, size)


def test_errors_are_counted_in_spreads_inside_the_region():
    truth = np.zeros((3, 2, 2), np.float32)
    found, spread = truth + np.array([[1, 2], [3, 4]], np.float32), np.full(truth.shape, 2.0, np.float32)
    errors = standard_errors(found, truth, spread, np.array([[True, False], [False, True]]))
    assert sorted(errors.tolist()) == [0.5] * 3 + [2.0] * 3


def test_an_honest_normal_spread_is_left_alone():
    found = calibrate(clips(np.random.default_rng(0), lambda generator, size: generator.standard_normal(size)))
    assert found.factor == pytest.approx(1.0, abs=0.03)
    np.testing.assert_allclose(found.half_widths, NORMAL_HALF_WIDTHS, rtol=0.04)
    np.testing.assert_allclose(found.uncalibrated, LEVELS, atol=0.01)


def test_intervals_hold_what_they_promise_on_clips_never_seen_whatever_the_errors_are_like():
    generator = np.random.default_rng(1)
    found = calibrate(clips(generator, heavy))
    assert (np.abs(found.uncalibrated - LEVELS) > 0.1).any()
    np.testing.assert_allclose(found.coverage, LEVELS, atol=0.02)
    np.testing.assert_allclose(
        coverage(np.abs(heavy(generator, 20000)) / found.factor, found.half_widths), LEVELS, atol=0.02
    )


def test_few_clips_promise_for_the_next_one_no_more_than_they_know():
    generator = np.random.default_rng(3)
    held = []
    for _ in range(300):
        # Clips differ in how hard they are, as movies do: no two errors of a clip tell as much as two clips.
        scales = np.exp(0.5 * generator.standard_normal(21))
        errors = {str(place): scale * np.abs(generator.standard_normal(300)) for place, scale in enumerate(scales)}
        new = errors.pop("20")
        found = calibrate(errors)
        held.append(coverage(new, found.factor * found.half_widths))
    short = np.mean(held, axis=0) - LEVELS
    assert (short > -0.01).all()
    assert (short < 0.05).all()


def test_coverage_judges_each_clip_by_the_others():
    errors = {"small": np.full(100, 0.1), "large": np.full(100, 5.0)}
    found = calibrate(errors)
    # What the small one teaches holds nothing of the large one, and the other way round everything.
    np.testing.assert_allclose(found.coverage, [0.5, 0.5, 0.5])


def test_it_is_kept_as_arrays_and_needs_two_clips():
    found = calibrate(clips(np.random.default_rng(2), heavy, count=20))
    again = Calibration.from_arrays(found.to_arrays())
    assert (again.factor, again.clips) == (found.factor, found.clips)
    np.testing.assert_array_equal(again.half_widths, found.half_widths)
    with pytest.raises(ReverieError, match="incomplete"):
        Calibration.from_arrays({"factor": np.array(1.0)})
    with pytest.raises(ReverieError, match="at least 2"):
        calibrate({"one": np.ones(3)})
