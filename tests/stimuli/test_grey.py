"""The unit of pictures' values is told from all of them."""

from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from reverie.foundation.errors import ReverieError
from reverie.stimuli.pictures import stored_type
from reverie.stimuli.video import read_movie

LEVELS = np.linspace(0, 255, 6 * 36 * 64).round().reshape(6, 36, 64)


def write_folder(path: Path, movie: np.ndarray) -> None:
    path.mkdir()
    for number, picture in enumerate(movie):
        Image.fromarray(picture).save(path / f"{number}.png")


@pytest.mark.parametrize("depth", [8, 10, 12, 14, 16])
@pytest.mark.parametrize(("name", "write"), [("stack.tif", tifffile.imwrite), ("folder", write_folder)])
def test_pictures_of_16_bits_hold_as_many_as_their_values_need(name, write, depth, tmp_path: Path, capsys):
    """Cameras write 10, 12 or 14 bits into files of 16."""
    write(tmp_path / name, (LEVELS * ((2**depth - 1) / 255)).round().astype(np.uint16))
    np.testing.assert_allclose(read_movie(tmp_path / name), LEVELS, atol=0.2)
    assert ("are taken to have" in capsys.readouterr().err) == (8 < depth < 16)


def test_a_folder_of_several_types_is_refused(tmp_path: Path):
    """In the type of its first picture, the others would be no pictures any more."""
    write_folder(tmp_path / "folder", LEVELS.astype(np.uint8))
    Image.fromarray((16 * LEVELS[3]).astype(np.uint16)).save(tmp_path / "folder/3.png")
    with pytest.raises(ReverieError, match=r"holds pictures of uint8 \(5\.png\) and uint16 \(3\.png\)"):
        read_movie(tmp_path / "folder")


def test_signed_numbers_are_no_grey_levels_below_0(tmp_path: Path):
    tifffile.imwrite(tmp_path / "stack.tif", (LEVELS - 100).astype(np.int16))
    with pytest.raises(ReverieError, match=r"stack\.tif holds int16 values from -100 to 155, where grey levels"):
        read_movie(tmp_path / "stack.tif")


@pytest.mark.parametrize(("writer", "white"), [({}, True), ({"software": "MATLAB"}, False), ({"software": ""}, False)])
def test_boolean_stacks_by_tifffile_have_white_for_true(writer, white, tmp_path: Path):
    """It says of all truth values that they count from white to black; from others, that is meant."""
    tifffile.imwrite(tmp_path / "stack.tif", LEVELS > 127, **writer)
    np.testing.assert_array_equal(read_movie(tmp_path / "stack.tif"), 255 * ((LEVELS > 127) == white))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_tiff_that_counts_from_white_to_black_is_as_viewers_show_it(dtype, tmp_path: Path):
    white = np.iinfo(dtype).max
    values = (LEVELS * (white / 255)).round().astype(dtype)
    tifffile.imwrite(tmp_path / "stack.tif", white - values, photometric="miniswhite")
    np.testing.assert_allclose(read_movie(tmp_path / "stack.tif"), LEVELS, atol=0.01)


@pytest.mark.parametrize(("dtype", "name"), [(np.uint8, "a.png"), (np.uint16, "b.png"), (np.float32, "c.tif")])
def test_the_type_is_that_of_the_file(dtype, name, tmp_path: Path):
    if name.endswith("tif"):
        tifffile.imwrite(tmp_path / name, LEVELS.astype(dtype))
    else:
        Image.fromarray(LEVELS[0].astype(dtype)).save(tmp_path / name)
    assert stored_type(tmp_path / name) == dtype


def test_a_tiff_of_several_series_is_refused(tmp_path: Path):
    with tifffile.TiffWriter(tmp_path / "stack.tif") as stack:
        stack.write(LEVELS[0, :9, :16].astype(np.uint8))
        stack.write(LEVELS.astype(np.uint8))
    with pytest.raises(
        ReverieError, match=r"stack\.tif could not be read as a video \(it holds pictures of different kinds"
    ):
        read_movie(tmp_path / "stack.tif")
