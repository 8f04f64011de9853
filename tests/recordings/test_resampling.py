"""Signals on clocks of their own, brought to the frames of a movie."""

import numpy as np
import pytest

from reverie.foundation.errors import ReverieError
from reverie.recordings.clocks import frame_edges, sampled_times
from reverie.recordings.resampling import amounts_in, counts_in, held_at, levels_at
from reverie.recordings.signals import Sampled

ONSETS = 5.0 + np.arange(60) / 30


def test_a_slow_level_is_followed_along_straight_lines():
    times = np.arange(0, 10, 0.2)
    found = levels_at(times, 3 * times[:, None], ONSETS, 30.0, 0.2)
    np.testing.assert_allclose(found[0], 3 * ONSETS)


def test_an_amount_that_is_no_number_spoils_no_other():
    times, values = np.arange(0, 20, 0.1), np.full((200, 4), 3.0)
    values[20, 1], values[100:160, 2], values[:, 3] = np.nan, np.inf, np.nan
    found = amounts_in(times, values, np.arange(0.0, 19.5, 0.5), 0.1)
    np.testing.assert_allclose(found[:2], 15.0)  # a short gap is bridged
    lost = np.isnan(found[2])
    np.testing.assert_array_equal(np.flatnonzero(lost), np.arange(20, 32))
    np.testing.assert_allclose(found[2, ~lost], 15.0)
    assert np.isnan(found[3]).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, bool])
def test_a_level_in_unsigned_numbers_may_fall(dtype):
    falling = Sampled("wheel", np.array([4.0, 8.0]), np.array([[1], [0]]).astype(dtype))
    np.testing.assert_allclose(falling.in_frames(ONSETS, 30.0)[0], (8 - ONSETS) / 4)


def test_a_fast_level_is_averaged_over_each_frame():
    times = sampled_times(3000, 300.0)
    values = np.where(np.arange(3000) % 2, 1.0, -1.0)[:, None]
    np.testing.assert_allclose(levels_at(times, values, ONSETS, 30.0, 1 / 300), 0, atol=1e-9)


def test_samples_that_are_not_numbers_are_bridged_up_to_a_second():
    times = np.arange(0, 10, 0.1)
    values = np.stack([times, times], axis=1)
    values[(times > 5.5) & (times < 6.2), 0] = np.nan
    values[(times > 5.2) & (times < 6.8), 1] = np.nan
    found = levels_at(times, values, ONSETS, 30.0, 0.1)
    np.testing.assert_allclose(found[0], ONSETS)
    assert 30 < np.isnan(found[1]).sum() < 60


def test_nothing_is_made_up_before_and_after_a_recording():
    found = levels_at(np.arange(5.5, 6.5, 0.1), np.ones((10, 1)), ONSETS, 30.0, 0.1)
    assert np.isnan(found[0, :10]).all()
    assert np.isnan(found[0, -5:]).all()
    assert np.isfinite(found[0, 20:40]).all()


@pytest.mark.parametrize("rate", [6.3, 30.0, 100.0])
def test_amounts_are_neither_made_nor_lost(rate):
    times = sampled_times(int(12 * rate), rate)
    values = np.random.default_rng(0).gamma(0.3, 5.0, (len(times), 3))
    onsets = np.arange(360) / 30
    inside = amounts_in(times, values, frame_edges(onsets, 30.0), 1 / rate)
    assert np.nansum(inside) == pytest.approx(values.sum(), rel=0.02)


def test_amounts_on_the_clock_of_the_movie_stay_as_they_are():
    values = np.random.default_rng(0).gamma(0.3, 5.0, (60, 3))
    np.testing.assert_allclose(amounts_in(ONSETS, values, frame_edges(ONSETS, 30.0), 1 / 30).T, values, atol=1e-9)


def test_the_latest_sample_is_held():
    found = held_at(sampled_times(100, 10.0), np.arange(100.0)[:, None], ONSETS, 0.1)
    np.testing.assert_array_equal(found[0], np.floor(ONSETS * 10 + 1e-6))


def test_spikes_are_counted_where_they_fall():
    spikes = np.sort(np.random.default_rng(0).uniform(4, 8, 500))
    counts = counts_in(spikes, frame_edges(ONSETS, 30.0))
    assert counts.sum() == ((spikes >= 5) & (spikes < 7)).sum()


def test_each_neuron_may_be_scanned_at_a_time_of_its_own():
    times = sampled_times(200, 10.0)
    values = np.repeat(times[:, None], 3, axis=1)
    scan = Sampled("scan", times, values, phases=np.array([0.0, 0.03, 0.06]))
    found = scan.in_frames(ONSETS, 30.0)
    np.testing.assert_allclose(found, ONSETS - np.array([[0.0], [0.03], [0.06]]), atol=1e-9)


def test_numbers_that_are_not_real_are_refused():
    times = np.arange(0, 10, 0.2)
    with pytest.raises(ReverieError, match="speed holds values of the type complex128"):
        Sampled("speed", times, np.ones((50, 1), complex)).in_frames(ONSETS, 30.0)


@pytest.mark.parametrize("off", [0.0, 1e-9, -1e-9])
@pytest.mark.parametrize("rate", [30.0, 9.7])
def test_nothing_falls_into_frames_between_events(rate, off):
    """Not even 1e-16, which would count as an event."""
    times = sampled_times(int(10 * rate), rate)
    values = np.zeros((len(times), 1))
    values[::40] = np.random.default_rng(0).gamma(2.0, 1.0, (len(values[::40]), 1))
    edges = np.arange(271) / 30 + off
    found = amounts_in(times, values, edges, 1 / rate)[0]
    shared = np.minimum(times[None] + 1 / rate, edges[1:, None]) - np.maximum(times[None], edges[:-1, None])
    np.testing.assert_array_equal(found > 0, (np.clip(shared - 1e-6, 0, None) @ values)[:, 0] > 0)
    if rate == 30.0:
        levels = levels_at(times, values, edges[:-1], 30.0, 1 / rate)[0]
        np.testing.assert_array_equal(levels > 0, values[:270, 0] > 0)
