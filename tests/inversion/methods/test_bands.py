"""Two movies weighed band by band: closed forms."""

import numpy as np
import pytest
from scipy.fft import idctn

from reverie.foundation.errors import ReverieError
from reverie.foundation.files import read_npz, write_npz
from reverie.inversion.methods.bands import BANDS, BandMoments, BandWeights, band_of, band_parts, choose_band_weights

SHAPE, RATE = (60, 12, 16), 30.0
EVERYWHERE = slice(None), np.ones(SHAPE[1:], bool)
BAND = band_of(SHAPE, RATE)


def noise(seed, deviations):
    """Return a movie whose coefficients have these standard deviations, by band."""
    drawn = np.random.default_rng(seed).normal(size=SHAPE) * np.asarray(deviations)[BAND]
    return idctn(drawn, norm="ortho").astype(np.float32)


TRUTH = noise(0, np.full(BANDS, 30.0))
FAST = np.repeat([10.0, 10.0, 10.0, 60.0], 4)
"""Noise that is large where the movie changes fast."""


def test_parts_add_up_and_hold_what_their_names_say():
    parts = list(band_parts(TRUTH, RATE))
    assert len(parts) == BANDS
    np.testing.assert_allclose(sum(parts), TRUTH, atol=1e-3)
    still = np.broadcast_to(TRUTH[:1], SHAPE)
    assert max(np.abs(part).max() for part in list(band_parts(still, RATE))[4:]) < 1e-3


def test_bands_are_of_hertz_and_of_the_frame_not_of_frames_and_pixels():
    # A movie at twice the rate and size has its first coefficients in the same bands.
    larger = band_of((120, 24, 32), 60.0)
    np.testing.assert_array_equal(larger[:60, :12, :16], BAND)
    assert set(np.unique(larger)) == set(range(BANDS))


def test_each_band_counts_by_its_own_errors():
    probable, linear = TRUTH + noise(1, FAST), TRUTH + noise(2, np.full(BANDS, 20.0))
    clips = [BandMoments.of(probable, linear, TRUTH, EVERYWHERE, RATE)] * 1000
    weights = choose_band_weights(clips, 0.5)
    # Of independent errors, the best weights of truth + error are 1 / variance over the sum of all and of the truth's.
    for weight, variances in ((weights.probable, (FAST**2, 400.0)), (weights.linear, (400.0, FAST**2))):
        own, other = variances
        expected = (1 / own) / (1 / own + 1 / other + 1 / 900) * np.ones(BANDS)
        # Bands of few coefficients scatter.
        many = np.bincount(BAND.ravel()) > 100
        np.testing.assert_allclose(np.array(weight)[many], np.broadcast_to(expected, BANDS)[many], atol=0.12)


def test_few_clips_draw_weights_towards_the_plain_ones():
    moments = BandMoments.of(TRUTH, noise(2, np.full(BANDS, 50.0)), TRUTH, EVERYWHERE, RATE)
    probable = [np.mean(choose_band_weights([moments] * count, 0.3).probable) for count in (1, 10, 1000)]
    assert 0.3 < probable[0] < probable[1] < probable[2]
    assert probable[2] == pytest.approx(1.0, abs=0.05)


def test_where_nothing_is_shown_the_plain_weights_hold():
    nothing = np.zeros(SHAPE, np.float32)
    weights = choose_band_weights([BandMoments.of(nothing, nothing, TRUTH, EVERYWHERE, RATE)], 0.3)
    np.testing.assert_allclose(weights.probable, 0.3)
    np.testing.assert_allclose(weights.linear, 0.7)
    assert choose_band_weights([], 0.3) is None


def test_only_scored_pixels_and_frames_count():
    spoiled = TRUTH.copy()
    spoiled[:10] = 1000
    spoiled[:, :, 8:] = -1000
    left = np.zeros(SHAPE[1:], bool)
    left[:, :8] = True
    towards = [BandMoments.of(TRUTH, TRUTH, truth, (slice(10, None), left), RATE).towards for truth in (TRUTH, spoiled)]
    np.testing.assert_array_equal(*towards)


def test_a_blend_is_the_sum_of_weighed_parts_around_the_centre():
    centre = np.random.default_rng(3).uniform(50, 150, SHAPE[1:]).astype(np.float32)
    probable, linear = centre + noise(4, FAST), centre + noise(5, FAST)
    given = np.random.default_rng(6).uniform(0, 1, (2, BANDS))
    found = BandWeights(*map(tuple, given)).blend(probable, linear, centre, RATE)
    parts = [list(band_parts(movie - centre, RATE)) for movie in (probable, linear)]
    expected = centre + sum(
        weight * part for row, each in zip(given, parts, strict=True) for weight, part in zip(row, each, strict=True)
    )
    np.testing.assert_allclose(found, expected, atol=1e-3)
    assert found.dtype == np.float32


def test_weights_survive_the_disk(tmp_path):
    weights = BandWeights((0.5,) * BANDS, (0.25,) * BANDS)
    write_npz(tmp_path / "bands.npz", weights.to_arrays())
    assert BandWeights.from_arrays(read_npz(tmp_path / "bands.npz")) == weights
    assert BandWeights.from_arrays({}) is None
    with pytest.raises(ReverieError, match="damaged"):
        BandWeights.from_arrays({"probable_bands": np.zeros(3), "linear_bands": np.zeros(BANDS)})
    with pytest.raises(ReverieError, match="damaged"):
        BandWeights.from_arrays({"probable_bands": np.zeros(BANDS)})
