import numpy as np
import pytest

from reverie.foundation.errors import ReverieError
from reverie.inversion.postprocessing import blur
from reverie.scoring.coherence import SPATIAL, TEMPORAL, Spectra, add_up, crossing, spectra_of
from reverie.stimuli.synthetic import drifting_grating, pink_noise

SIZE, FRAMES = (36, 64), 120
REGION = np.ones(SIZE, bool)


def noise(seed, frames=FRAMES):
    return pink_noise(frames, np.random.default_rng(seed), frame_size=SIZE)


def test_a_movie_is_coherent_with_itself_brighter_or_late():
    truth = noise(0)
    np.testing.assert_allclose(spectra_of(truth, truth, REGION).coherence, 1, atol=1e-6)
    np.testing.assert_allclose(spectra_of(0.3 * truth + 20, truth, REGION).coherence, 1, atol=1e-6)
    late = np.concatenate([truth[:1], truth[:-1]])
    assert spectra_of(late, truth, REGION).coherence[:4, :3].min() > 0.9


def test_another_movie_is_not():
    summed = add_up([spectra_of(noise(seed + 10), noise(seed), REGION) for seed in range(4)])
    assert summed.coherence[3:, 3:].max() < 0.1


def test_added_noise_costs_its_share_of_the_power():
    truth, added = noise(0), noise(1)
    found = spectra_of(truth + added - added.mean(), truth, REGION).pooled(slice(2, None), slice(2, None))
    assert found.coherence.item() == pytest.approx(0.5, abs=0.05)


def test_noise_lowers_coherence_at_fine_frequencies_only():
    truth = noise(0)
    # A blur alone takes power away and not coherence; white noise on top hides where little was left.
    found = blur(truth, 1.5) + np.random.default_rng(1).normal(0, 3, truth.shape).astype(np.float32)
    coherence = spectra_of(found, truth, REGION).coherence
    assert coherence[0, 0] > 0.95
    assert coherence[-1, 0] < 0.3 > coherence[0, -1]


@pytest.mark.parametrize(("cycles", "hertz"), [(0.037, 3.0), (0.07, 6.0), (0.012, 1.0)])
def test_a_grating_has_its_power_in_its_own_band(cycles, hertz):
    movie = drifting_grating(FRAMES, direction=0.0, cycles_per_degree=cycles, hertz=hertz, wave="sine")
    power = spectra_of(movie, movie, REGION).truth
    place = (np.searchsorted(SPATIAL, cycles) - 1, np.searchsorted(TEMPORAL, hertz) - 1)
    assert np.unravel_index(power.argmax(), power.shape) == place


def test_frequencies_are_those_of_the_screen_and_of_the_clock():
    coarse = drifting_grating(FRAMES, direction=0.0, cycles_per_degree=0.07, hertz=6.0, wave="sine")
    power = spectra_of(coarse, coarse, REGION, frame_rate=15.0, degrees_per_pixel=6.8).truth
    place = (np.searchsorted(SPATIAL, 0.035) - 1, np.searchsorted(TEMPORAL, 3.0) - 1)
    assert np.unravel_index(power.argmax(), power.shape) == place


def test_the_outside_of_the_region_does_not_count():
    truth, region = noise(0), np.zeros(SIZE, bool)
    region[8:28, 10:40] = True
    found = np.where(region, truth, noise(5))
    np.testing.assert_allclose(spectra_of(found, truth, region).coherence, 1, atol=1e-6)


def test_where_a_curve_falls_below_a_half():
    centres = np.array([1.0, 2.0, 4.0, 8.0])
    assert crossing(centres, np.array([0.9, 0.8, 0.2, 0.6])) == pytest.approx(2 * np.sqrt(2))
    assert np.isnan(crossing(centres, np.array([0.4, 0.8, 0.2, 0.1])))
    assert np.isinf(crossing(centres, np.array([0.9, 0.8, 0.7, 0.6])))


def test_nothing_to_sum_is_said():
    with pytest.raises(ReverieError, match="at least one clip"):
        add_up([])
    empty = Spectra(np.zeros((1, 1)), np.zeros((1, 1)), np.zeros((1, 1)))
    assert np.isnan(empty.coherence).all()
