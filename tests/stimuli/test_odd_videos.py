"""Every odd video plays as a person would see it, or is refused in one sentence."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image
from tests.stimuli.odd_videos import (
    LEVELS,
    SIZE,
    Writer,
    animated,
    encoded,
    half,
    numbered,
    of,
    picture,
    rotated,
    see_through,
    stacked,
)

from reverie.foundation.errors import ReverieError
from reverie.reporting.video_files import write_tif
from reverie.stimuli.footage import find_videos
from reverie.stimuli.pictures import read_picture
from reverie.stimuli.video import read_movie

X264 = encoded("libx264", "yuv420p")
FFV1 = encoded("ffv1", "yuv420p")
TENTHS = [100] * len(LEVELS)
UNEVEN = [33 * n if n < 6 else 200 + 100 * (n - 6) for n in range(len(LEVELS))]
GAP = [33 * n if n < 6 else 1000 + 33 * (n - 6) for n in range(len(LEVELS))]
DROPPED = [n if n < 6 else n + 3 for n in range(len(LEVELS))]
DROPPING = encoded("mjpeg", "yuvj420p", times=DROPPED, base=30)
REORDERED = encoded("libx264", "yuv420p", times=DROPPED, base=30)
PICTURES = numbered("{:02d}.png")

PLAYS: dict[str, tuple[Writer, list[int]]] = {
    "limited.mp4": (X264, LEVELS),
    "full.mp4": (encoded("libx264", "yuvj420p"), LEVELS),
    "rgb.mkv": (encoded("libx264rgb", "rgb24"), LEVELS),
    "ffv1.mkv": (FFV1, LEVELS),
    "ten_bits.mov": (encoded("prores_ks", "yuv422p10le"), LEVELS),
    "sixteen_bits.mkv": (encoded("ffv1", "gray16le"), LEVELS),
    "odd.mkv": (encoded("ffv1", "yuv444p", size=(57, 101)), LEVELS),
    "anamorphic.mp4": (encoded("libx264", "yuv420p", size=(72, 64), shape=Fraction(2, 1)), LEVELS),
    "theora.avi": (encoded("mjpeg", "yuvj420p"), LEVELS),
    "old.mpg": (encoded("mpeg2video", "yuv420p"), LEVELS),
    "uneven.mkv": (encoded("libx264", "yuv420p", times=UNEVEN), [*LEVELS[:6], *np.repeat(LEVELS[6:11], 3), LEVELS[11]]),
    "gap.mkv": (encoded("libx264", "yuv420p", times=GAP), [*LEVELS[:5], *[LEVELS[5]] * 25, *LEVELS[6:]]),
    "gap.avi": (encoded("mjpeg", "yuvj420p", times=GAP), [*LEVELS[:5], *[LEVELS[5]] * 25, *LEVELS[6:11]]),
    "dropped.avi": (DROPPING, [*LEVELS[:6], *[LEVELS[5]] * 3, *LEVELS[6:]]),
    "reordered.avi": (REORDERED, [*LEVELS[:6], *[LEVELS[5]] * 3, *LEVELS[6:]]),
    "rotated.mp4": (rotated, LEVELS),
    "slow.gif": (animated(picture, TENTHS), np.repeat(LEVELS, 3).tolist()),
    "long_end.gif": (animated(picture, [*TENTHS[:11], 500]), [*np.repeat(LEVELS[:11], 3), *[LEVELS[11]] * 15]),
    "slow.webp": (animated(picture, TENTHS, lossless=True), np.repeat(LEVELS, 3).tolist()),
    "slow.png": (animated(picture, TENTHS), np.repeat(LEVELS, 3).tolist()),
    "stack.tif": (stacked(lambda movie: movie, photometric="rgb"), LEVELS),
    "grey_stack.tiff": (stacked(lambda movie: movie[..., 0]), LEVELS),
    "sixteen_bits.tif": (stacked(lambda movie: movie[..., 0].astype(np.uint16) * 257), LEVELS),
    "big_endian.tif": (stacked(lambda movie: movie[..., 0], byteorder=">", bigtiff=True), LEVELS),
    "imagej.tif": (
        stacked(lambda movie: movie[..., 0], imagej=True, metadata={"axes": "TYX", "fps": 10.0}),
        np.repeat(LEVELS, 3).tolist(),
    ),
    "ours.tif": (lambda path: write_tif(path, np.stack([picture(v)[..., 0] for v in LEVELS]).astype("f4")), LEVELS),
    "pictures": (numbered("frame{:04d}.png"), LEVELS),
    "unpadded pictures": (numbered("frame{}.bmp"), LEVELS),
    "pictures in grey": (numbered("{:03d} of twelve.png", lambda image: image.convert("L")), LEVELS),
    "pages": (numbered("page{:04d}.tif"), LEVELS),
}


@pytest.mark.parametrize("name", PLAYS)
def test_each_plays_as_a_person_would_see_it(name: str, tmp_path: Path):
    write, levels = PLAYS[name]
    write(tmp_path / name)
    movie = read_movie(tmp_path / name)
    assert movie.shape == (len(levels), 36, 64)
    np.testing.assert_allclose(movie[:, 4:14, 4:28].mean(axis=(1, 2)), levels, atol=4)
    np.testing.assert_allclose(movie[:, 20:34, 4:28], 0, atol=8)
    np.testing.assert_allclose(movie[:, 2:34, 36:60], 255, atol=8)


TRANSPARENT: dict[str, Writer] = {
    "alpha.webm": encoded("libvpx-vp9", "yuva420p", paint=see_through),
    "alpha.mov": encoded("png", "rgba", paint=see_through),
    "alpha.gif": animated(see_through, TENTHS, disposal=2),
    "alpha.webp": animated(see_through, TENTHS, lossless=True),
}


@pytest.mark.parametrize("name", TRANSPARENT)
def test_transparent_pixels_are_black(name: str, tmp_path: Path):
    TRANSPARENT[name](tmp_path / name)
    movie = read_movie(tmp_path / name)
    np.testing.assert_allclose(movie[:, 20:], 0, atol=6)
    np.testing.assert_allclose(movie[:, 2:14, 36:60], 255, atol=10)  # a GIF has 256 colours


REFUSED: dict[str, tuple[Writer, str]] = {
    "half.mp4": (of(X264, half), "is cut short"),
    "half.mkv": (of(FFV1, half), "is cut short"),
    "half.webm": (of(encoded("libvpx-vp9", "yuv420p"), half), "is cut short"),
    "half.avi": (of(encoded("mjpeg", "yuvj420p"), half), "is cut short"),
    "half.gif": (of(animated(picture, TENTHS), half), "is cut short: the mark"),
    "half.webp": (of(animated(picture, TENTHS), half), "is cut short"),
    "half.tif": (of(stacked(lambda movie: movie[..., 0], metadata=None), half), "is cut short"),
    "half_imagej.tif": (of(stacked(lambda movie: movie[..., 0], imagej=True), half), "is cut short"),
    "half.png": (of(animated(picture, TENTHS), half), "could not be read"),
    "nearly_whole.mp4": (of(X264, lambda content: content[:-1]), "is cut short"),
    "moov_first.mp4": (
        of(encoded("libx264", "yuv420p", options={"movflags": "faststart"}), lambda content: content[:-500]),
        "is cut short",
    ),
    "single.png": (lambda path: Image.fromarray(picture(9)).save(path), "is a single picture"),
    "single.tif": (lambda path: Image.fromarray(picture(9)).save(path), "is a single picture"),
    "channels.tif": (
        stacked(lambda movie: movie.transpose(0, 3, 1, 2), imagej=True, metadata={"axes": "TCYX"}),
        "its axes are TCYX",
    ),
    "unit_range.tif": (stacked(lambda movie: (movie[..., 0] / 255).astype("f4")), "from 0 to 1, where grey levels"),
    "page.mp4": (lambda path: path.write_bytes(b"<!doctype html>"), "is a web page"),
    "pointer.mp4": (lambda path: path.write_bytes(b"version https://git-lfs.github.com/spec/v1\n"), "git lfs pull"),
    "movie.npy": (lambda path: np.save(path, np.zeros((20, 36, 64))), "could not be read as a video"),
    "nothing": (lambda path: path.mkdir(), "holds no numbered pictures"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_half_a_file_and_what_is_no_video_are_refused_in_one_sentence(name: str, tmp_path: Path):
    write, sentence = REFUSED[name]
    write(tmp_path / name)
    with pytest.raises(ReverieError, match=sentence) as told:
        read_movie(tmp_path / name)
    assert name in str(told.value)
    assert "\n" not in str(told.value)


def test_half_a_stack_is_not_taken_for_a_picture(tmp_path: Path):
    """Of one that ImageJ wrote, a single page can be found."""
    REFUSED["half_imagej.tif"][0](tmp_path / "half.tif")
    with pytest.raises(ReverieError, match=r"half\.tif is cut short"):
        read_picture(tmp_path / "half.tif")


def test_first_of_several_picture_tracks_is_read_with_a_note(tmp_path: Path, capsys):
    path = tmp_path / "both_eyes.mkv"
    with av.open(str(path), "w") as container:
        tracks = [container.add_stream("ffv1", rate=30, width=SIZE[1], height=SIZE[0], pix_fmt="gray") for _ in "ab"]
        for level in LEVELS:
            for track, shown in zip(tracks, (level, 255 - level), strict=True):
                container.mux(track.encode(av.VideoFrame.from_ndarray(picture(shown)[..., 0], format="gray")))
        for track in tracks:
            container.mux(track.encode())
    movie = read_movie(path)
    np.testing.assert_allclose(movie[:, 4, 4], LEVELS, atol=3)
    assert capsys.readouterr().err.count("holds 2 picture tracks, of which the first is taken") == 1


def test_a_series_of_pictures_with_one_missing_or_of_two_kinds_is_refused(tmp_path: Path):
    PICTURES(tmp_path / "series")
    (tmp_path / "series/07.png").unlink()
    with pytest.raises(ReverieError, match=r"lacks the picture numbered 7, after 06\.png"):
        read_movie(tmp_path / "series")
    for number in range(3):
        Image.fromarray(picture(0)).save(tmp_path / f"series/mask{number}.png")
    with pytest.raises(ReverieError, match="pictures of several series"):
        read_movie(tmp_path / "series")


def test_a_picture_of_another_size_than_the_others_of_a_series_is_named(tmp_path: Path):
    PICTURES(tmp_path / "series")
    Image.fromarray(picture(7)[::2, ::2]).save(tmp_path / "series/07.png")
    with pytest.raises(ReverieError, match=r"07\.png has .* pixels but 00\.png has .*; write them all in one size"):
        read_movie(tmp_path / "series")


def test_a_damaged_picture_of_a_series_is_named(tmp_path: Path):
    PICTURES(tmp_path / "series")
    (tmp_path / "series/07.png").write_bytes(half((tmp_path / "series/07.png").read_bytes()))
    with pytest.raises(ReverieError, match=r"07\.png could not be read"):
        read_movie(tmp_path / "series")


@pytest.mark.parametrize("content", [b"no picture", b""])
def test_broken_pictures_of_a_series_are_named(content: bytes, tmp_path: Path):
    folder = tmp_path / "videos" / "series"
    folder.mkdir(parents=True)
    for number in range(6):
        Image.fromarray(np.full((8, 10), 40 * number, np.uint8)).save(folder / f"f{number}.png")
    (folder / "f3.png").write_bytes(content)
    (video,) = find_videos([tmp_path / "videos"])
    with pytest.raises(ReverieError, match=r"f3\.png (could not be read as a picture|is empty)"):
        read_movie(video)


def test_a_picture_too_large_to_open_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 30)
    for number in range(3):
        Image.fromarray(np.full((8, 10), 40 * number, np.uint8)).save(tmp_path / f"f{number}.png")
    with pytest.raises(ReverieError, match=r"f0\.png could not be read as a picture .*exceeds limit"):
        read_movie(tmp_path)


def test_a_video_that_begins_late_is_not_doubted(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """Matroska files state when they end, such as those that were cut out of longer ones."""
    encoded("libx264", "yuv420p", times=[10_000 + 40 * n for n in range(len(LEVELS))])(tmp_path / "late.mkv")
    np.testing.assert_allclose(read_movie(tmp_path / "late.mkv", frame_rate=25.0)[:, 4, 4], LEVELS, atol=3)
    assert capsys.readouterr().err == ""


def test_a_video_that_ends_before_it_says_is_doubted(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = tmp_path / "a.mkv"
    encoded("libx264", "yuv420p", times=[100 * n for n in range(len(LEVELS))])(path)
    content = path.read_bytes()
    assert content.count(b"00:00:01.") == 1
    path.write_bytes(content.replace(b"00:00:01.", b"00:00:31."))
    assert len(read_movie(path)) == 34
    assert "says that it lasts 31." in capsys.readouterr().err


def test_foreign_files_beside_videos_are_left_out_and_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    X264(tmp_path / "b.mp4")
    encoded("libx264", "yuv420p", size=(36, 64))(tmp_path / "a.mp4")
    (tmp_path / "a.mp4").rename(tmp_path / "a video without an ending")
    numbered("{}.png")(tmp_path / "series")
    (tmp_path / "folder").mkdir()
    (tmp_path / "notes.txt").write_text("hello", encoding="utf-8")
    for name in (".DS_Store", "Thumbs.db", "cover", "single.png"):
        Image.fromarray(picture(0)).save(tmp_path / name, "png")
    found = find_videos([tmp_path, tmp_path / "b.mp4"])
    assert [path.name for path in found] == ["a video without an ending", "b.mp4", "series"]
    told = capsys.readouterr().err
    assert "cover, folder, notes.txt, single.png are not videos and are left out" in " ".join(told.split())


def test_broken_videos_and_copies_in_a_folder_are_left_out_with_a_note(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    for name in ("a.mp4", "b.mp4", "half.mp4"):
        X264(tmp_path / name)
    (tmp_path / "half.mp4").write_bytes(half((tmp_path / "a.mp4").read_bytes()))
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "junk.mp4").write_bytes(b"junk" * 999)
    (tmp_path / "loop.mp4").symlink_to("loop.mp4")
    assert find_videos([tmp_path]) == [tmp_path / "a.mp4"]
    told = " ".join(capsys.readouterr().err.split())
    for sentence in (
        "b.mp4 holds the same as",
        "half.mp4 is cut short",
        "empty.mp4 is empty",
        "junk.mp4 is not a video",
    ):
        assert sentence in told
    with pytest.raises(ReverieError, match="is cut short"):
        read_movie(find_videos([tmp_path / "half.mp4"])[0])


def test_places_without_videos_are_refused(tmp_path: Path):
    with pytest.raises(ReverieError, match="holds no video; name"):
        find_videos([tmp_path])
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(ReverieError, match=r"holds no video \(only notes\.txt\)"):
        find_videos([tmp_path])
    with pytest.raises(ReverieError, match="is missing"):
        find_videos([tmp_path / "nowhere"])


def test_names_that_ffmpeg_takes_for_more_than_names_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a:b.mp4", "100%d.mp4", "-y.mp4", "Mäus.mp4", "M\udce4us.mp4"):
        path = Path(name)
        X264(tmp_path / "plain.mp4")
        (tmp_path / "plain.mp4").rename(path)
        assert read_movie(path).shape == (len(LEVELS), SIZE[0] // 2, SIZE[1] // 2)
