import numpy as np

from reverie.evaluation.deviations import find_deviations
from reverie.report.deviation_figures import error_strip_figure, lines_figure, null_figure


def test_frames_of_everything_stand_below_each_other_with_their_times():
    movies = np.random.default_rng(0).uniform(0, 255, (3, 20, 9, 16)).astype(np.float32)
    significant = np.zeros((20, 9, 16), dtype=bool)
    significant[2, 3:5, 3:5] = True
    figure = error_strip_figure(*movies, significant, count=4)
    assert len(figure.axes) == 16
    assert figure.axes[12].get_images()[0].get_array().shape == (9, 16, 3)
    assert [axes.get_xlabel() for axes in figure.axes[-4:]] == ["0.07 s", "0.23 s", "0.40 s", "0.57 s"]
    assert len(figure.axes[12].collections) == 1
    assert not figure.axes[13].collections


def test_an_error_map_stands_beside_its_null_maps():
    maps = np.random.default_rng(0).standard_normal((20, 10, 9, 16)).astype(np.float32)
    test = find_deviations(maps[0], list(maps[1:]), np.ones((9, 16), bool))
    left, right = null_figure({"one": test, "two": test}).axes
    assert [label.get_text() for label in left.get_yticklabels()] == ["one", "two"]
    np.testing.assert_allclose(left.lines[0].get_xdata(), test.null_maxima)
    np.testing.assert_allclose(left.lines[1].get_xdata(), test.maximum)
    np.testing.assert_allclose(right.lines[1].get_xdata(), test.overall)


def test_lines_are_named_once():
    places = np.arange(4.0)
    lines = {"error map": places, "null maps": places / 2}
    figure = lines_figure([("lag (frames)", places, lines), ("lag (px)", places, lines)], value="autocorrelation")
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == list(lines)
    assert figure.axes[1].get_legend() is None
