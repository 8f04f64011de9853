import math

import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from reverie.scoring.image_quality import global_ssim, motion_energy, psnr, rmse, shannon_entropy, ssim, ssim_map


@pytest.fixture
def region(golden):
    return golden.arrays["mask"][14:50] >= 1


def test_golden_rmse_psnr_global_ssim_and_motion_energy(golden, region):
    found, truth, expected = golden.arrays["metric_reconstruction"], golden.movie, golden.values["metrics"]
    assert rmse(found, truth, region) == pytest.approx(expected["rmse"], abs=1e-5)
    assert psnr(found, truth, region) == pytest.approx(expected["psnr"], abs=1e-5)
    assert global_ssim(found, truth, region) == pytest.approx(expected["global_ssim_reference"], abs=1e-7)
    np.testing.assert_allclose(motion_energy(truth, region), golden.arrays["motion_energy"], rtol=0, atol=1e-5)


def test_ssim_agrees_with_scikit_image(golden, region):
    found, truth = golden.arrays["metric_reconstruction"][:6], golden.movie[:6]
    settings = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 255.0}
    oracle = np.stack(
        [
            structural_similarity(a, b, full=True, **settings)[1]
            for a, b in zip(found.astype(float), truth.astype(float), strict=True)
        ]
    )
    np.testing.assert_allclose(ssim_map(found, truth), oracle, atol=1e-9)
    assert ssim(found, truth, region) == pytest.approx(oracle[:, region].mean())


def test_psnr_agrees_with_scikit_image(golden):
    found, truth = golden.arrays["metric_reconstruction"].astype(float), golden.movie.astype(float)
    assert psnr(found, truth) == pytest.approx(peak_signal_noise_ratio(truth, found, data_range=255))


def test_a_perfect_reconstruction(golden, region):
    truth = golden.movie
    assert rmse(truth, truth, region) == 0
    assert psnr(truth, truth, region) == math.inf
    assert ssim(truth, truth, region) == pytest.approx(1)


def test_an_offset_gives_its_own_rmse():
    truth = np.random.default_rng(0).uniform(0, 200, (4, 12, 12)).astype(np.float32)
    assert rmse(truth + 25.5, truth) == pytest.approx(25.5, rel=1e-6)
    assert psnr(truth + 25.5, truth) == pytest.approx(20, rel=1e-6)


def test_ssim_falls_with_noise_and_the_global_one_hardly_does():
    generator = np.random.default_rng(1)
    truth = generator.uniform(90, 160, (4, 20, 20)).astype(np.float32)
    noise = generator.normal(0, 1, truth.shape).astype(np.float32)
    local = [ssim(truth + level * noise, truth) for level in (1, 10, 60)]
    assert local[0] > 0.95 > local[1] > 0.5 > local[2]
    assert global_ssim(truth + 60 * noise, truth) > 0.9


def test_motion_energy_of_a_ramp_and_of_a_still():
    ramp = np.broadcast_to(np.array([0.0, 3.0, 9.0], dtype=np.float32)[:, None, None], (3, 4, 5))
    assert motion_energy(ramp).tolist() == [3, 6]
    assert motion_energy(np.full((3, 4, 5), 9.0)).tolist() == [0, 0]


def test_entropy_of_uniform_grey_levels_is_the_logarithm_of_the_bins():
    levels = (np.arange(25, dtype=np.float32) + 0.5) * 255 / 25
    movie = np.stack([levels.reshape(5, 5), np.full((5, 5), 255.0, dtype=np.float32)])
    np.testing.assert_allclose(shannon_entropy(movie), [math.log2(25), 0])
    region = np.zeros((5, 5), dtype=bool)
    region[0] = True
    np.testing.assert_allclose(shannon_entropy(movie, region), [math.log2(5), 0])
