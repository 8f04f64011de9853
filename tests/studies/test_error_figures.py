import numpy as np
import pandas as pd

from reverie.scoring.deviations import find_deviations
from reverie.studies.error_figures import BRIGHTER, DARKER, coloured, error_strip_figure, null_figure, profiles_figure


def test_small_deviations_leave_the_movie_grey_and_large_ones_cover_it():
    movie = np.full((1, 1, 4), 100.0, dtype=np.float32)
    error = np.array([[[24.0, -24.0, 80.0, -80.0]]], dtype=np.float32)
    shown = coloured(error, movie)
    assert shown.shape == (1, 1, 4, 3)
    np.testing.assert_array_equal(shown[0, 0], [[100] * 3, [100] * 3, BRIGHTER, DARKER])


def test_between_the_two_the_colour_is_mixed_in():
    halfway = coloured(np.full((1, 1, 1), 50.0), np.zeros((1, 1, 1)))[0, 0, 0]
    np.testing.assert_allclose(halfway, np.array(BRIGHTER) / 2, atol=1)


def test_frames_of_everything_stand_below_each_other_with_their_times():
    movies = np.random.default_rng(0).uniform(0, 255, (3, 20, 9, 16)).astype(np.float32)
    significant = np.zeros((20, 9, 16), dtype=bool)
    significant[2, 3:5, 3:5] = True
    figure = error_strip_figure(*movies, significant)
    assert len(figure.axes) == 20
    assert figure.axes[15].get_images()[0].get_array().shape == (9, 16, 3)
    assert [axes.get_xlabel() for axes in figure.axes[-5:]] == ["0.07 s", "0.20 s", "0.33 s", "0.47 s", "0.60 s"]
    assert len(figure.axes[15].collections) == 1
    assert not figure.axes[16].collections


def test_an_error_map_stands_beside_its_null_maps():
    maps = np.random.default_rng(0).standard_normal((20, 10, 9, 16)).astype(np.float32)
    test = find_deviations(maps[0], list(maps[1:]), np.ones((9, 16), bool))
    left, right = null_figure({"one": test, "two": test}).axes
    assert [label.get_text() for label in left.get_yticklabels()] == ["one", "two"]
    np.testing.assert_allclose(left.lines[0].get_xdata(), test.null_maxima)
    np.testing.assert_allclose(left.lines[1].get_xdata(), test.maximum)
    np.testing.assert_allclose(right.lines[1].get_xdata(), test.overall)


def test_curves_are_named_once_and_have_panels_of_their_own():
    rows = [
        (kind, along, place, place / 2)
        for kind in ("error maps", "simulated trials")
        for along in ("lag (frames)", "eccentricity (°)")
        for place in range(4)
    ]
    figure = profiles_figure(pd.DataFrame(rows, columns=["kind", "along", "place", "value"]))
    left, right = figure.axes
    assert [text.get_text() for text in left.get_legend().get_texts()] == ["error maps", "simulated trials"]
    assert right.get_legend() is None
    assert (left.get_ylabel(), right.get_ylabel()) == ("autocorrelation", "mean |error|")
    assert (left.get_xlabel(), right.get_xlabel()) == ("lag (frames)", "eccentricity (°)")
