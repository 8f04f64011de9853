import io
import re
from base64 import b64decode

import numpy as np
import pytest
from PIL import Image

from reverie.foundation.arrays import Movie
from reverie.reporting.pictures import (
    contact_sheet,
    data_url,
    evenly_placed,
    film_strip,
    movie_sheet,
    outline,
    outside_path,
    picture,
    transparent_png,
)


def decoded(address: str) -> Image.Image:
    return Image.open(io.BytesIO(b64decode(address.removeprefix("data:image/png;base64,"))))


def test_a_sheet_gives_the_movie_back_rounded(clip: Movie) -> None:
    levels = np.asarray(decoded(movie_sheet(clip))).reshape(clip.shape)
    assert np.array_equal(levels, np.floor(clip + 0.5))


def test_a_sheet_of_large_frames_keeps_the_order_and_stays_drawable() -> None:
    movie = np.arange(2 * 150 * 200, dtype=np.float32).reshape(2, 150, 200) % 256
    image = decoded(movie_sheet(movie))
    assert max(image.size) <= 16_000
    assert np.array_equal(np.asarray(image).reshape(movie.shape), movie)


def test_one_frame_a_row_is_smaller_than_frames_as_pictures(clip: Movie) -> None:
    stacked = picture(clip.round().astype(np.uint8).reshape(-1, clip.shape[2]))
    assert len(movie_sheet(clip)) < 0.8 * len(stacked)


def test_values_beyond_the_top_are_clipped() -> None:
    levels = np.asarray(decoded(movie_sheet(np.array([[[-5.0, 10.0, 20.0, 90.0]]], np.float32), top=20.0)))
    assert levels.tolist() == [[0, 128, 255, 255]]


@pytest.mark.parametrize(("frames", "count"), [(300, 6), (7, 7), (3, 6), (1, 6)])
def test_frames_are_evenly_placed_and_within_the_movie(frames: int, count: int) -> None:
    chosen = evenly_placed(frames, count)
    assert len(chosen) == min(frames, count)
    assert chosen == sorted(set(chosen))
    assert chosen[0] >= 0
    assert chosen[-1] < frames


def test_a_contact_sheet_holds_the_chosen_frames_with_transparent_gaps() -> None:
    movie = np.arange(4, dtype=np.float32)[:, None, None] * np.ones((4, 3, 5), np.float32) * 10
    sheet = contact_sheet([movie, movie + 100], 2)
    assert sheet.shape == (3 + 2 + 3, 5 + 2 + 5)
    assert np.array_equal(sheet[:3, :5], movie[1])
    assert np.array_equal(sheet[5:, 7:], movie[3] + 100)
    assert np.isnan(sheet[3:5]).all()
    assert np.array_equal(film_strip(movie, [1])[:3], movie[1])
    opaque = np.asarray(decoded(data_url(transparent_png(sheet))))[..., 1]
    assert np.array_equal(opaque == 255, np.isfinite(sheet))


def lit(path: str, shape: tuple[int, int]) -> np.ndarray:
    """Fill the rectangles of a cover path."""
    region = np.zeros(shape, bool)
    for x, y, length in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\d+z", path):
        region[int(y), int(x) : int(x) + int(length)] = True
    return region


def test_a_cover_is_what_lies_outside() -> None:
    region = np.random.default_rng(0).random((9, 13)) > 0.5
    assert np.array_equal(lit(outside_path(region), region.shape), ~region)


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
    assert outside_path(np.ones((3, 4), bool)) == ""
