from pathlib import Path

import numpy as np
import pytest
import tifffile

from reverie.foundation.arrays import Movie
from reverie.foundation.errors import ReverieError
from reverie.reporting.tif import write_tif


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


def test_whole_numbers_are_rounded_and_clipped(tmp_path: Path) -> None:
    movie = np.array([-3.0, 0.6, 254.6, 300.0], np.float32).reshape(1, 2, 2)
    write_tif(tmp_path / "movie.tif", movie, number="uint8")
    assert tifffile.imread(tmp_path / "movie.tif").ravel().tolist() == [0, 1, 255, 255]


def test_a_single_frame_is_still_a_movie(tmp_path: Path) -> None:
    write_tif(tmp_path / "movie.tif", np.ones((1, 3, 4), np.float32))
    assert tifffile.imread(tmp_path / "movie.tif").shape == (3, 4)


def test_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReverieError, match="without pixels"):
        write_tif(tmp_path / "movie.tif", np.zeros((0, 3, 4), np.float32))
    assert not list(tmp_path.iterdir())
