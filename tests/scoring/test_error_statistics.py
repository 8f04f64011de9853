import numpy as np
import pytest

from reverie.foundation.errors import ReverieError
from reverie.scoring.error_statistics import (
    autocorrelation,
    by_eccentricity,
    correlation_length,
    describe_error,
    relation_to_truth,
)
from reverie.stimuli.synthetic import gaussian_noise

REGION = np.zeros((36, 40), dtype=bool)
REGION[4:30, 5:38] = True


@pytest.mark.parametrize(("axis", "sigma"), [(0, 3.0), (1, 2.0), (2, 2.0)])
def test_the_autocorrelation_of_blurred_noise_is_as_long_as_the_blur(axis, sigma):
    noise = gaussian_noise(200, np.random.default_rng(0), frame_size=(36, 40), spatial_sigma=2.0, temporal_sigma=3.0)
    noise[:, ~REGION] = 1e4  # what is outside must not matter
    correlations = autocorrelation(noise, REGION, axis, 12)
    assert correlations[0] == pytest.approx(1.0)
    np.testing.assert_allclose(correlations[:5], np.exp(-(np.arange(5) ** 2) / (4 * sigma**2)), atol=0.06)
    assert correlation_length(correlations) == pytest.approx(2 * sigma, rel=0.1)


def test_flat_curves_have_no_correlation_length():
    flat = np.full((20, 36, 40), 7.0, dtype=np.float32)
    assert np.isnan(autocorrelation(flat, REGION, 0, 5)).all()
    assert np.isnan(correlation_length(np.array([1.0, 0.9, 0.8])))
    assert np.isnan(correlation_length(np.full(3, np.nan)))


def test_rings_lie_around_the_middle_of_the_mask():
    mask = np.where(REGION, 1.0, 0.0).astype(np.float32)
    rows, columns = np.indices(REGION.shape)
    distance = np.hypot(rows - 16.5, columns - 21.0)
    growing = np.repeat(distance[None], 4, axis=0).astype(np.float32)
    growing[::2] *= -1
    rings = by_eccentricity(growing, mask, REGION, ring_degrees=3.0, degrees_per_pixel=1.0)
    assert rings.pixels.sum() == REGION.sum()
    np.testing.assert_allclose(rings.deviation[1:], rings.degrees[1:], atol=0.8)
    with pytest.raises(ReverieError, match="no middle"):
        by_eccentricity(growing, np.zeros_like(mask), REGION)


def test_errors_where_the_truth_has_contrast_or_moves_are_recognised():
    generator = np.random.default_rng(0)
    truth = np.full((30, 36, 40), 127.5, dtype=np.float32)
    truth[:, :18] += 60 * generator.choice([-1, 1], (18, 40))  # still texture
    truth[:, 18:, 20:] += 60 * generator.choice([-1, 1], (30, 18, 20))  # texture that flickers
    noise = generator.standard_normal(truth.shape).astype(np.float32)
    texture, flicker = noise.copy(), noise.copy()
    texture[:, :18] *= 5
    flicker[:, 18:, 20:] *= 5
    of_texture, of_flicker = (relation_to_truth(each, truth, REGION) for each in (texture, flicker))
    assert of_texture["contrast"] > 0.2 > of_texture["motion"]
    assert of_flicker["motion"] > 0.4


def test_a_map_is_described_in_one_row():
    noise = gaussian_noise(100, np.random.default_rng(0), frame_size=(36, 40), spatial_sigma=1.5, temporal_sigma=2.5)
    truth = gaussian_noise(100, np.random.default_rng(1), frame_size=(36, 40))
    row = describe_error(noise - 127.5, truth, REGION)
    # The mean absolute value of a normal deviate is 0.8 of its standard deviation, here 50.
    assert row["mean_absolute"] == pytest.approx(40, rel=0.08)
    assert row["length_frames"] == pytest.approx(5, rel=0.1)
    assert row["length_down"] == pytest.approx(3, rel=0.1)
    assert row["length_right"] == pytest.approx(3, rel=0.1)
    assert abs(row["with_contrast"]) < 0.1
    assert abs(row["with_motion"]) < 0.1
