from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reverie.foundation.arrays import Movie
from reverie.reporting.figures import degrees_of, save_figure, screen_figure, strip_figure, threshold_lines


def test_a_strip_shows_truth_above_reconstruction_with_times(clip: Movie, tmp_path: Path) -> None:
    figure = strip_figure(clip, clip + 10)
    top, bottom = figure.axes
    assert top.get_ylabel() == "truth"
    assert bottom.get_xlabel() == "time (s)"
    assert [label.get_text() for label in bottom.get_xticklabels()] == ["0.8", "2.5", "4.2", "5.8", "7.5", "9.2"]
    save_figure(tmp_path / "strip.png", figure)
    with Image.open(tmp_path / "strip.png") as picture:
        assert picture.size[0] > 1000


def test_an_unknown_truth_leaves_one_row(clip: Movie) -> None:
    assert len(strip_figure(None, clip).axes) == 1


@pytest.mark.parametrize("mask", [np.zeros((36, 64)), np.ones((36, 64)), np.linspace(0, 1.4, 2304).reshape(36, 64)])
def test_masks_of_any_kind_are_drawn_in_degrees(mask: np.ndarray, tmp_path: Path) -> None:
    figure, axes = screen_figure(mask, "transparency", 2.0)
    threshold_lines(axes, mask, degrees_of(mask.shape, 2.0))
    assert "°" in figure.axes[0].get_xlabel()
    assert figure.axes[0].get_xlim() == (-64, 64)
    save_figure(tmp_path / "mask.png", figure)
    assert (tmp_path / "mask.png").stat().st_size > 1000
