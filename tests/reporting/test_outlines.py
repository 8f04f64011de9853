import re

import numpy as np

from reverie.reporting.outlines import cover, outline


def lit(path: str, shape: tuple[int, int]) -> np.ndarray:
    """Fill the rectangles of a cover path."""
    region = np.zeros(shape, bool)
    for x, y, length in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\d+z", path):
        region[int(y), int(x) : int(x) + int(length)] = True
    return region


def test_a_cover_is_what_lies_outside() -> None:
    region = np.random.default_rng(0).random((9, 13)) > 0.5
    assert np.array_equal(lit(cover(region), region.shape), ~region)


def test_an_outline_is_as_long_as_the_edges_of_the_region() -> None:
    region = np.random.default_rng(1).random((9, 13)) > 0.5
    padded = np.pad(region, 1)
    edges = np.abs(np.diff(padded.astype(int), axis=0)).sum() + np.abs(np.diff(padded.astype(int), axis=1)).sum()
    assert sum(int(length) for length in re.findall(r"[hv](\d+)", outline(region))) == edges


def test_a_square_has_four_sides() -> None:
    region = np.zeros((5, 6), bool)
    region[1:3, 2:5] = True
    assert outline(region) == "M2 1h3M2 3h3M2 1v2M5 1v2"


def test_nothing_and_everything() -> None:
    assert outline(np.zeros((3, 4), bool)) == ""
    assert cover(np.ones((3, 4), bool)) == ""
