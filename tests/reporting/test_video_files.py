from pathlib import Path

import av
import numpy as np
import pytest
import tifffile

from reverie.foundation.arrays import Movie
from reverie.foundation.errors import ReverieError
from reverie.reporting.video_files import side_by_side, write_colour_mp4, write_mp4, write_tif


def read_back(path: Path) -> tuple[np.ndarray, float]:
    with av.open(str(path)) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
        stream = container.streams.video[0]
        assert stream.codec_context.pix_fmt == "yuv420p"
        assert stream.codec_context.name == "h264"
        return np.stack(frames), float(stream.average_rate)


def test_grey_levels_survive(clip: Movie, tmp_path: Path) -> None:
    write_mp4(tmp_path / "movie.mp4", clip[:40], scale=4)
    frames, rate = read_back(tmp_path / "movie.mp4")
    assert frames.shape == (40, 36 * 4, 64 * 4, 3)
    assert rate == 30
    blocks = frames.mean(axis=3).reshape(40, 36, 4, 64, 4).mean(axis=(2, 4))
    assert np.abs(blocks - clip[:40]).mean() < 2
    assert np.corrcoef(blocks.ravel(), clip[:40].ravel())[0, 1] > 0.999


def test_black_grey_and_white_keep_their_level(tmp_path: Path) -> None:
    levels = np.array([0, 60, 127.5, 200, 255], np.float32)
    write_mp4(tmp_path / "levels.mp4", np.tile(levels[:, None, None], (1, 8, 8)))
    frames, _ = read_back(tmp_path / "levels.mp4")
    assert np.abs(frames.mean(axis=(1, 2, 3)) - levels).max() < 3


def test_movies_stand_side_by_side_and_sizes_are_even(clip: Movie, tmp_path: Path) -> None:
    odd = clip[:3, :35, :33]
    joined = side_by_side(odd, odd[:, ::-1])
    assert np.array_equal(joined[:, :, :33], odd)
    assert np.array_equal(joined[:, :, 37:], odd[:, ::-1])
    write_mp4(tmp_path / "pair.mp4", odd, odd[:, ::-1], scale=3, frame_rate=29.97)
    frames, rate = read_back(tmp_path / "pair.mp4")
    assert frames.shape[1:3] == (106, 210)
    assert rate == pytest.approx(29.97, abs=1e-4)


def test_labels_are_burned_in_above(clip: Movie, tmp_path: Path) -> None:
    movies = (clip[:2], clip[:2])
    write_mp4(tmp_path / "plain.mp4", *movies)
    write_mp4(tmp_path / "labelled.mp4", *movies, labels=("truth", "reconstruction"))
    plain, labelled = (read_back(tmp_path / f"{name}.mp4")[0] for name in ("plain", "labelled"))
    extra = labelled.shape[1] - plain.shape[1]
    assert extra >= 16
    half = labelled.shape[2] // 2
    assert labelled[0, :extra, :half].max() > 200
    assert labelled[0, :extra, half:].max() > 200


@pytest.mark.parametrize(
    ("movies", "options", "message"),
    [
        ((), {}, "without pixels"),
        ((np.zeros((0, 4, 4), np.float32),), {}, "without pixels"),
        ((np.zeros((2, 4, 4)), np.zeros((3, 4, 4))), {}, "one shape"),
        ((np.zeros((2, 4, 4)),), {"labels": ("a", "b")}, "labels"),
    ],
)
def test_impossible_movies_are_refused(movies: tuple, options: dict, message: str, tmp_path: Path) -> None:
    with pytest.raises(ReverieError, match=message):
        write_mp4(tmp_path / "movie.mp4", *movies, **options)
    assert not list(tmp_path.iterdir())


def test_a_failed_write_leaves_the_old_file(clip: Movie, tmp_path: Path) -> None:
    path = tmp_path / "movie.mp4"
    write_mp4(path, clip[:2])
    before = path.read_bytes()
    with pytest.raises(ReverieError):
        write_mp4(path, clip[:2], clip[:3])
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_long_label_ends_at_its_movie(clip: Movie, tmp_path: Path) -> None:
    lone, both = tmp_path / "lone.mp4", tmp_path / "both.mp4"
    for path, second in ((lone, ""), (both, "W")):
        write_mp4(path, clip[:1], clip[:1], labels=("W" * 200, second), scale=2)
    strips = [read_back(path)[0][0, :16].mean(axis=2) for path in (lone, both)]
    start = (64 + 4) * 2
    assert strips[0][:, : start - 20].max() > 200
    assert strips[0][:, start:].max() < 20
    assert strips[1][:, start:].max() > 200


def test_a_library_without_h264_is_said(clip: Movie, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reverie.reporting.video_files.CODEC", "libx999")
    with pytest.raises(ReverieError, match="no libx999"):
        write_mp4(tmp_path / "movie.mp4", clip[:2])
    assert not list(tmp_path.iterdir())


def test_colours_survive(tmp_path: Path) -> None:
    movie = np.zeros((3, 9, 10, 3), np.uint8)
    movie[:, :, :5], movie[:, :, 5:] = (240, 160, 60), (120, 90, 240)
    write_colour_mp4(tmp_path / "colour.mp4", movie)
    frames, _ = read_back(tmp_path / "colour.mp4")
    assert frames.shape == (3, 54, 60, 3)
    assert np.abs(frames[:, 10:30, 5:20].mean(axis=(0, 1, 2)) - (240, 160, 60)).max() < 6
    assert np.abs(frames[:, 10:30, 35:55].mean(axis=(0, 1, 2)) - (120, 90, 240)).max() < 6
    with pytest.raises(ReverieError, match="without pixels"):
        write_colour_mp4(tmp_path / "none.mp4", movie[:0])


def test_imagej_finds_frames_and_rate(clip: Movie, tmp_path: Path) -> None:
    movie = clip[:20] + 0.25
    write_tif(tmp_path / "movie.tif", movie, frame_rate=25.0)
    with tifffile.TiffFile(tmp_path / "movie.tif") as file:
        assert file.is_imagej
        assert file.series[0].axes == "TYX"
        assert np.array_equal(file.asarray(), movie)
        metadata = file.imagej_metadata
    assert metadata is not None
    assert (metadata["frames"], metadata["finterval"], metadata["tunit"]) == (20, 0.04, "s")


def test_a_single_frame_is_still_a_movie(tmp_path: Path) -> None:
    write_tif(tmp_path / "movie.tif", np.ones((1, 3, 4), np.float32))
    assert tifffile.imread(tmp_path / "movie.tif").shape == (3, 4)


def test_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReverieError, match="without pixels"):
        write_tif(tmp_path / "movie.tif", np.zeros((0, 3, 4), np.float32))
    assert not list(tmp_path.iterdir())
