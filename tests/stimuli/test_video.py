import wave
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from reverie.foundation.errors import ReverieError
from reverie.stimuli.footage import embedded_clips
from reverie.stimuli.tracks import plays
from reverie.stimuli.video import read_movie


def write_video(path: Path, levels: list[int], rate: int, size: tuple[int, int] = (72, 128)) -> Path:
    """Write a video of flat grey pictures."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("vp9" if path.suffix == ".webm" else "libx264", rate=rate, options={"crf": "1"})
        stream.height, stream.width, stream.pix_fmt = *size, "yuv420p"
        for level in levels:
            picture = np.full((*size, 3), level, dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return path


@pytest.mark.parametrize("ending", ["mp4", "mkv", "webm", "avi"])
def test_grey_levels_and_timing_survive(tmp_path: Path, ending: str):
    levels = [0, 50, 100, 150, 200, 255]
    movie = read_movie(write_video(tmp_path / f"steps.{ending}", levels, rate=30))
    assert movie.shape == (6, 36, 64)
    assert movie.dtype == np.float32
    np.testing.assert_allclose(movie.mean(axis=(1, 2)), levels, atol=3)


def test_a_slow_video_is_held(tmp_path: Path):
    movie = read_movie(write_video(tmp_path / "slow.mp4", [20, 120, 220], rate=10))
    np.testing.assert_allclose(movie.mean(axis=(1, 2)), np.repeat([20, 120, 220], 3), atol=3)


def test_an_uneven_rate_shows_what_is_on_at_each_tick(tmp_path: Path):
    levels = np.arange(0, 250, 10)
    movie = read_movie(write_video(tmp_path / "film.mp4", levels.tolist(), rate=25))
    shown = levels[np.floor(np.arange(30) * 25 / 30 + 1e-6).astype(int)]
    np.testing.assert_allclose(movie.mean(axis=(1, 2)), shown, atol=4)


def test_a_fast_video_is_thinned(tmp_path: Path):
    levels = np.arange(0, 240, 4)
    movie = read_movie(write_video(tmp_path / "fast.mp4", levels.tolist(), rate=60))
    np.testing.assert_allclose(movie.mean(axis=(1, 2)), levels[::2], atol=4)


def test_the_beginning_is_cut_out(tmp_path: Path):
    levels = np.arange(0, 240, 4)
    path = write_video(tmp_path / "long.mp4", levels.tolist(), rate=30)
    movie = read_movie(path, seconds=1.0, frame_size=(18, 32))
    assert movie.shape == (30, 18, 32)
    np.testing.assert_allclose(movie.mean(axis=(1, 2)), levels[:30], atol=4)


@pytest.mark.parametrize("name", ["broken.mp4", "notes.txt"])
@pytest.mark.parametrize(("content", "sentence"), [(b"", "is empty"), (b"not a video" * 99, "could not be read as a")])
def test_files_that_are_no_video_are_named(tmp_path: Path, name: str, content: bytes, sentence: str):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ReverieError, match=f"{name} {sentence}"):
        read_movie(path)


def test_a_title_in_another_encoding_does_no_harm(tmp_path: Path):
    path = tmp_path / "old.mkv"
    with av.open(str(path), "w") as container:
        container.metadata["title"] = "Muse"
        stream = container.add_stream("ffv1", rate=30)
        stream.width, stream.height, stream.pix_fmt = 128, 72, "gray"
        for _ in range(4):
            picture = np.full((72, 128), 50, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="gray")))
        container.mux(stream.encode(None))
    written = path.read_bytes()
    assert written.count(b"Muse") == 1
    path.write_bytes(written.replace(b"Muse", b"M\xe4us"))
    assert plays(path)
    np.testing.assert_allclose(read_movie(path), 50, atol=1)


def test_a_picture_and_a_sound_are_not_videos(tmp_path: Path):
    picture, sound = tmp_path / "picture.png", tmp_path / "sound.wav"
    Image.fromarray(np.zeros((72, 128), dtype=np.uint8)).save(picture)
    with wave.open(str(sound), "wb") as stream:
        stream.setparams((1, 2, 8000, 0, "NONE", ""))
        stream.writeframes(bytes(16000))
    with pytest.raises(ReverieError, match="single picture"):
        read_movie(picture)
    with pytest.raises(ReverieError, match="no picture track"):
        read_movie(sound)


def test_a_truncated_video_and_a_missing_file_are_refused(tmp_path: Path):
    whole = write_video(tmp_path / "whole.mp4", [10] * 30, rate=30)
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[:600])
    with pytest.raises(ReverieError, match="cut short"):
        read_movie(cut)
    with pytest.raises(ReverieError, match="missing"):
        read_movie(tmp_path / "none.mp4")


def test_embedded_clips_are_real_footage():
    clips = embedded_clips()
    movie = read_movie(clips["carphone_pristine"], seconds=1.0)
    assert set(clips) == {"bikes", "bigbuckbunny", "carphone_pristine"}
    assert movie.shape == (30, 36, 64)
    assert movie.std() > 40


def test_absent_footage_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("reverie.stimuli.footage.find_spec", lambda name: None)
    with pytest.raises(ReverieError, match=r"reverie\[demo\]"):
        embedded_clips()
