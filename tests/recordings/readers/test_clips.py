"""Movies that lie beside a recording keep their own frame size, whatever they are kept as."""

import os
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image
from tests.recordings.readers.layouts import write_video
from tests.stimuli.odd_videos import encoded

from reverie.foundation.errors import ReverieError
from reverie.recordings.readers.clip_axes import array_axes, as_movie
from reverie.recordings.readers.clips import open_clip
from reverie.recordings.reading import Reading

MOVIE = np.random.default_rng(0).integers(0, 256, (6, 12, 20)).astype(np.uint8)


def write_pictures(path: Path) -> None:
    path.mkdir()
    for number, picture in enumerate(MOVIE):
        Image.fromarray(picture).save(path / f"{number:03d}.png")


def write_stack(path: Path) -> None:
    tifffile.imwrite(path, MOVIE)


@pytest.mark.parametrize(("name", "write"), [("pictures", write_pictures), ("stack.tif", write_stack)])
def test_the_frame_size_is_that_of_the_pictures(tmp_path: Path, name: str, write: Callable[[Path], None]) -> None:
    write(tmp_path / name)
    clip = open_clip(tmp_path / name, Reading())
    np.testing.assert_array_equal(np.asarray(clip.footage.values[:]), MOVIE)


def test_film_with_wide_pixels_is_stretched_and_not_cut(tmp_path: Path) -> None:
    columns = np.arange(32, dtype=np.uint8)[:, None] * 8
    paint = {"paint": lambda _, size: np.tile(columns, (size[0], 1, 3))}
    encoded("libx264", "yuv444p", size=(36, 32), shape=Fraction(2), **paint)(tmp_path / "a.mp4")
    pictures = np.asarray(open_clip(tmp_path / "a.mp4", Reading()).footage.values[:])
    assert pictures.shape[1:] == (36, 64)
    np.testing.assert_allclose(pictures, np.broadcast_to(np.repeat(columns, 2), pictures.shape), atol=3)


@pytest.mark.parametrize(
    ("shape", "frames", "axes"),
    [
        ((60, 36, 64, 3), None, "time,height,width,channel"),
        ((60, 2, 36, 64), None, "time,channel,height,width"),
        ((36, 64, 3, 60), None, "height,width,channel,time"),
        ((36, 64, 3, 60), 60, "height,width,channel,time"),
        ((3, 36, 64, 3), 3, "time,height,width,channel"),
        ((36, 64, 60), 60, "height,width,time"),
        ((36, 64, 64), 36, "time,height,width"),
        ((144, 256, 60), 60, "height,width,time"),
    ],
)
def test_the_axes_of_an_array_are_told_by_frames_and_colours(shape, frames, axes):
    assert array_axes(shape, Reading(), frames, "clip.npy") == axes


@pytest.mark.parametrize("shown", [20, 50])
def test_time_is_last_where_pictures_would_be_stripes_else(shown):
    """A movie that was shown in part, by the numbers of its frames: fewer, or more, than its pictures are high."""
    assert array_axes((36, 64, 300), Reading(), shown, "clip.npy", ask=True) == "height,width,time"


@pytest.mark.parametrize(
    ("shape", "shown", "axes"), [((300, 36, 64), 64, "time,height,width"), ((36, 64, 300), 36, "height,width,time")]
)
def test_a_part_shown_that_is_as_long_as_another_axis_is_not_taken_for_the_movie(shape, shown, axes):
    assert array_axes(shape, Reading(), shown, "clip.npy", ask=True) == axes
    assert array_axes(shape, Reading(), shown, "clip.npy") != axes  # where all of it has as many frames


@pytest.mark.parametrize(("shape", "time_last"), [((36, 64, 300), False), ((300, 36, 64), True)])
def test_the_usual_order_is_not_taken_where_pictures_would_be_stripes(shape, time_last):
    with pytest.raises(ReverieError, match="time may be its first axis or its last"):
        array_axes(shape, Reading(), None, "clip", time_last=time_last)


@pytest.mark.parametrize(
    ("shape", "frames", "said"),
    [
        ((36, 64, 300), None, "time may be its first axis or its last"),
        ((60, 36, 64, 30), None, "no axis holds colours"),
        ((36, 64, 64), 60, "its frame 59 is said to have been shown; frames are numbered from 0"),
    ],
)
def test_an_array_that_leaves_its_axes_open_is_asked_about(shape, frames, said):
    with pytest.raises(ReverieError, match=said):
        array_axes(shape, Reading(), frames, "clip.npy")


@pytest.mark.parametrize(
    ("shape", "axes"),
    [
        ((36, 64, 20), "height,width,time"),  # all of it was shown
        ((20, 36, 64), "time,height,width"),
        ((900, 36, 64), "time,height,width"),  # the other way round, pictures would be no pictures
        ((36, 64, 900), "height,width,time"),
    ],
)
def test_a_movie_that_need_not_have_been_shown_whole_is_told_by_its_pictures(shape, axes):
    assert array_axes(shape, Reading(), 20, "clip.npy", ask=True) == axes


def test_ambiguous_time_axis_is_asked_about():
    with pytest.raises(ReverieError, match="time may be its first axis or its last"):
        array_axes((36, 64, 60), Reading(), 20, "clip.npy", ask=True)


def test_a_single_picture_is_a_movie_of_one_frame():
    for shape in ((36, 64), (36, 64, 3)):
        assert as_movie(np.zeros(shape)).shape == (1, *shape)
    assert as_movie(np.zeros((2, 36, 64))).shape == (2, 36, 64)


@pytest.mark.parametrize("name", ["a.tif", "a.mkv"])
def test_a_file_that_was_written_again_is_read_again(tmp_path: Path, name: str) -> None:
    for second, movie in enumerate((MOVIE, MOVIE[::-1, ::-1])):
        if name == "a.tif":
            tifffile.imwrite(tmp_path / name, movie)
        else:
            write_video(tmp_path / name, np.repeat(np.repeat(movie, 2, 1), 2, 2)[:, :, :32])
        os.utime(tmp_path / name, (second, second))
        pictures = np.asarray(open_clip(tmp_path / name, Reading()).footage.values[:])
        wanted = movie if name == "a.tif" else np.repeat(np.repeat(movie, 2, 1), 2, 2)[:, :, :32]
        np.testing.assert_allclose(pictures, wanted, atol=1)


def test_a_zarr_store_is_told_what_to_become(tmp_path: Path) -> None:
    (tmp_path / "a.zarr").mkdir()
    (tmp_path / "a.zarr/zarr.json").write_text("{}")
    with pytest.raises(
        ReverieError, match=r"a\.zarr is a Zarr store, which is not read; save its array with numpy\.save"
    ):
        open_clip(tmp_path / "a.zarr", Reading())
