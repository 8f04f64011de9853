"""Stacks in TIFF files of every layout: those of other programs than ImageJ, with colours, compressed."""

import numpy as np
import pytest
import tifffile
from PIL import Image

from reverie.stimuli.pictures import stored_type
from reverie.stimuli.tiffs import pictures_of, stack_facts

GREYS = np.random.default_rng(0).integers(0, 256, (6, 18, 32)).astype(np.uint8)
COLOURS = np.random.default_rng(1).integers(0, 256, (6, 18, 32, 3)).astype(np.uint8)
LUMA = COLOURS @ np.array([0.299, 0.587, 0.114])


def each_page_a_series(path):
    with tifffile.TiffWriter(path) as stack:
        for picture in GREYS:
            stack.write(picture)


def each_colour_a_plane(path):
    tifffile.imwrite(path, COLOURS.transpose(0, 3, 1, 2), photometric="rgb", planarconfig="separate")


def each_page_a_series_of_planes(path):
    with tifffile.TiffWriter(path) as stack:
        for picture in COLOURS:
            stack.write(picture.transpose(2, 0, 1), photometric="rgb", planarconfig="separate")


def numbered_colours(path):
    order = np.random.default_rng(2).permutation(256)
    table = np.stack([order * 257] * 3).astype(np.uint16)
    tifffile.imwrite(path, np.argsort(order)[GREYS].astype(np.uint8), photometric="palette", colormap=table)


def numbered_colours_of_each_page(path):
    pages = [Image.fromarray(picture).quantize(256) for picture in GREYS[:, :8, :8].repeat(2, axis=1).repeat(2, axis=2)]
    pages[0].save(path, save_all=True, append_images=pages[1:])


def frames_called_channels(path):
    tifffile.imwrite(path, GREYS, imagej=True)
    with tifffile.TiffFile(path) as stack:
        assert stack.series[0].axes == "CYX"


def compressed_as_by_imagej(path):
    pages = [Image.fromarray(picture) for picture in GREYS]
    pages[0].save(path, save_all=True, append_images=pages[1:], compression="tiff_lzw")


@pytest.mark.parametrize(
    ("write", "seen"),
    [
        (each_page_a_series, GREYS),
        (each_colour_a_plane, LUMA),
        (each_page_a_series_of_planes, LUMA),
        (numbered_colours, GREYS),
        (numbered_colours_of_each_page, GREYS[:, :8, :8].repeat(2, axis=1).repeat(2, axis=2)),
        (compressed_as_by_imagej, GREYS),
        (frames_called_channels, GREYS),
    ],
)
def test_a_stack_is_seen_as_it_was_shown(write, seen, tmp_path):
    write(tmp_path / "a.tif")
    facts = stack_facts(tmp_path / "a.tif")
    assert (facts.count, facts.size) == (len(seen), seen.shape[1:])
    assert stored_type(tmp_path / "a.tif") == np.uint8
    np.testing.assert_allclose(np.stack([*pictures_of(tmp_path / "a.tif")]), seen, atol=0.01)


def test_colours_of_printers_are_refused(tmp_path):
    inks = np.zeros((6, 18, 32, 4), np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", inks, photometric="separated")
    with pytest.raises(ValueError, match="its colours are SEPARATED; save it with grey or RGB pictures"):
        stack_facts(tmp_path / "a.tif")


def test_pictures_of_different_sizes_are_no_stack(tmp_path):
    for picture in (GREYS[0], GREYS[1, :9]):
        tifffile.imwrite(tmp_path / "a.tif", picture, append=True)
    with pytest.raises(ValueError, match="pictures of different kinds"):
        stack_facts(tmp_path / "a.tif")


@pytest.mark.parametrize("other", [GREYS[0, :9], GREYS[0, :, :16], GREYS[0].astype(np.uint16)])
def test_a_page_of_another_kind_among_many_series_is_refused(other, tmp_path):
    with tifffile.TiffWriter(tmp_path / "mixed.tif") as stack:
        for picture in [*GREYS, *GREYS, other, *GREYS]:
            stack.write(picture)
    with pytest.raises(ValueError, match="pictures of different kinds; save the movie alone"):
        stack_facts(tmp_path / "mixed.tif")


def test_many_pages_that_are_series_each_cost_as_much_as_one_series(tmp_path, monkeypatch):
    """tifffile asks each series about all the others."""
    with tifffile.TiffWriter(tmp_path / "long.tif") as stack:
        for picture in np.tile(GREYS, (50, 1, 1)):
            stack.write(picture)
    asked, is_reduced = [], tifffile.TiffPage.is_reduced
    monkeypatch.setattr(
        tifffile.TiffPage, "is_reduced", property(lambda page: asked.append(1) or is_reduced.fget(page))
    )
    assert sum(1 for _ in pictures_of(tmp_path / "long.tif")) == 300
    assert len(asked) < 3000


def test_opacity_in_shares_is_not_taken_for_almost_none(tmp_path):
    clear = np.concatenate([COLOURS / 255, np.ones((6, 18, 32, 1))], axis=-1).astype(np.float32)
    tifffile.imwrite(tmp_path / "a.tif", clear, photometric="rgb", extrasamples=["unassalpha"])
    np.testing.assert_allclose(np.stack([*pictures_of(tmp_path / "a.tif")]), LUMA / 255, atol=1e-5)
