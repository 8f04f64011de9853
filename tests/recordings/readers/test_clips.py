"""Movies that lie beside a recording keep their own frame size, whatever they are kept as."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

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
