import numpy as np
import pytest

from reverie.foundation.errors import ReverieError
from reverie.stimuli.gratings import drifting_grating


@pytest.mark.parametrize("wave", ["square", "sine"])
@pytest.mark.parametrize(("direction", "sign"), [(0.0, 1), (180.0, -1)])
def test_frequencies_and_direction_by_fourier_transform(wave: str, direction: float, sign: int):
    # 4 cycles across 64 pixels and 6 cycles in 60 frames fall on exact bins.
    movie = drifting_grating(
        60, direction=direction, cycles_per_degree=4 / (64 * 2.0), hertz=3.0, wave=wave, degrees_per_pixel=2.0
    )
    spectrum = np.abs(np.fft.fft2(movie[:, 0, :] - movie[:, 0, :].mean()))
    time, space = np.unravel_index(spectrum[:30].argmax(), (30, 64))
    frequency = np.fft.fftfreq(64)[space] * 64
    assert time == 6
    assert frequency == pytest.approx(-4 * sign)


def test_vertical_motion_moves_rows():
    movie = drifting_grating(10, direction=90.0, cycles_per_degree=0.05, hertz=2.0)
    np.testing.assert_allclose(movie, np.broadcast_to(movie[:, :, :1], movie.shape), atol=1e-3)
    assert np.abs(np.diff(movie, axis=1)).max() == 255


def test_contrast_and_standing_still():
    movie = drifting_grating(5, direction=30.0, cycles_per_degree=0.04, hertz=0.0, wave="sine", contrast=0.5)
    assert movie.max() <= 127.5 * 1.5 + 1e-3
    assert movie.min() >= 127.5 * 0.5 - 1e-3
    np.testing.assert_array_equal(movie[0], movie[-1])


def test_too_much_contrast_is_refused():
    with pytest.raises(ReverieError, match="contrast"):
        drifting_grating(5, direction=0.0, cycles_per_degree=0.04, hertz=1.0, contrast=2.0)
