import numpy as np
import pytest

from reverie.stimuli.leaves import draw_outline, draw_radius, leaves, texture


def test_textures_have_the_spectrum_asked_for():
    generator = np.random.default_rng(0)
    power = np.mean(
        [np.abs(np.fft.fft(texture((64, 64), 1.2, generator), axis=1)) ** 2 for _ in range(50)], axis=(0, 1)
    )
    # Summing a 2-D power spectrum 1/f^2.4 over the other axis leaves about 1/f^1.4 along this one.
    slope = np.polyfit(np.log(np.arange(2, 12)), np.log(power[2:12]), 1)[0]
    assert slope == pytest.approx(-1.4, abs=0.3)


def test_radii_follow_a_power_law():
    generator = np.random.default_rng(0)
    radii = np.array([draw_radius((2.0, 32.0), generator) for _ in range(20_000)])
    counts = np.histogram(radii, bins=2.0 * 2.0 ** np.arange(4))[0]
    assert 2.0 <= radii.min() <= radii.max() <= 32.0
    # A density of r^-3 leaves a quarter as many in each further octave.
    np.testing.assert_allclose(counts[1:] / counts[:-1], 0.25, atol=0.03)


def test_an_outline_covers_its_middle_and_nothing_out_of_reach():
    outline = draw_outline(6.0, np.random.default_rng(1))
    away = np.arange(-30.0, 31.0)
    cover = outline.cover(*np.meshgrid(away, away))
    distance = np.hypot(away[None], away[:, None])
    assert cover[30, 30] == 1.0
    assert cover[distance > outline.reach].max() == 0.0
    assert cover.sum() == pytest.approx(np.pi * 6.0**2, rel=0.3)


def test_leaves_make_edges_at_all_scales():
    generator = np.random.default_rng(0)
    pictures = [leaves((64, 96), (2.0, 32.0), texture((64, 96), 1.2, generator), generator) for _ in range(4)]
    for step in (1, 4):
        steps = np.concatenate([(np.roll(p, step, axis=1) - p).ravel() for p in pictures])
        # Steps of opaque things have heavy tails at every distance; those of textures are Gaussian (kurtosis 3).
        assert (steps**4).mean() / (steps**2).mean() ** 2 > 4.5
