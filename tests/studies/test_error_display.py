import numpy as np

from reverie.studies.error_display import BRIGHTER, DARKER, coloured


def test_small_deviations_leave_the_movie_grey_and_large_ones_cover_it():
    movie = np.full((1, 1, 4), 100.0, dtype=np.float32)
    error = np.array([[[24.0, -24.0, 80.0, -80.0]]], dtype=np.float32)
    shown = coloured(error, movie)
    assert shown.shape == (1, 1, 4, 3)
    np.testing.assert_array_equal(shown[0, 0], [[100] * 3, [100] * 3, BRIGHTER, DARKER])


def test_between_the_two_the_colour_is_mixed_in():
    halfway = coloured(np.full((1, 1, 1), 50.0), np.zeros((1, 1, 1)))[0, 0, 0]
    np.testing.assert_allclose(halfway, np.array(BRIGHTER) / 2, atol=1)
