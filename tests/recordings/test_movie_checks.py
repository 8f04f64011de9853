"""One movie that cannot be read, or is laid otherwise, spoils no other; their unit is told from all."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from reverie.foundation.errors import ReverieError
from reverie.recordings.recording import Recording
from reverie.recordings.source import Footage
from reverie.recordings.trial import Trial

FRAMES, SIZE = 20, (6, 8)


class Broken:
    """A movie whose file breaks off somewhere in the middle."""

    shape = (FRAMES, *SIZE)
    dtype = np.dtype(np.uint8)

    def __getitem__(self, wanted: Any) -> np.ndarray:
        raise OSError("wrong checksum of a chunk")


def laid_otherwise(values: np.ndarray) -> Footage:
    return Footage("b.npy", np.moveaxis(values, 0, -1), "height,width,time")


def black_and_white(values: np.ndarray) -> Footage:
    return Footage("b.npy", values > 127, "time,height,width")


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        (lambda values: Footage("b.npy", Broken(), "time,height,width"), r"b\.npy could not be read .*wrong checksum"),
        (black_and_white, r"b\.npy has values of 0 to 1, shares of white, but most .* hold grey levels"),
        (laid_otherwise, r"b\.npy has the axes \(height,width,time\) but most of the recording's movies have \(time,"),
    ],
)
@pytest.mark.parametrize("first", ["0", "1"])
def test_one_movie_spoils_no_other(
    other: Callable[[np.ndarray], Footage], sentence: str, first: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    dice = np.random.default_rng(0)
    movies = [dice.integers(0, 255, (FRAMES, *SIZE)).astype(np.float32) for _ in range(3)]
    state, responses = np.zeros((4, FRAMES), np.float32), np.ones((2, FRAMES), np.float32)
    recording = Recording.from_trials(
        "m", [Trial(str(n), "train", one, state, responses) for n, one in enumerate(movies)]
    )
    usual = recording.source.movie
    monkeypatch.setattr(
        recording.source, "movie", lambda name: other(movies[int(name)]) if name == first else usual(name)
    )
    assert list(recording.tiers) == [name for name in "012" if name != first]
    assert list(recording.left_out) == [first]
    assert re.search(sentence, recording.left_out[first])
    np.testing.assert_array_equal(recording.movie("2"), movies[2])


def recording_of(movies: list[np.ndarray], monkeypatch: pytest.MonkeyPatch) -> Recording:
    """Return a recording of movies as some files hold them."""
    state, responses = np.zeros((4, FRAMES), np.float32), np.ones((2, FRAMES), np.float32)
    given = [Trial(str(n), "train", np.ones((FRAMES, *SIZE), np.float32), state, responses) for n in range(len(movies))]
    recording = Recording.from_trials("m", given)
    monkeypatch.setattr(
        recording.source, "movie", lambda name: Footage(f"{name}.npy", movies[int(name)], "time,height,width")
    )
    return recording


def movies_of_10_bits(count: int) -> list[np.ndarray]:
    dice = np.random.default_rng(0)
    return [dice.integers(0, 1000, (FRAMES, *SIZE)).astype(np.uint16) for _ in range(count)]


def test_bits_are_told_from_the_brightest_of_all_movies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of sixty, only some are looked at to find out whether they hold whole numbers at all."""
    movies = movies_of_10_bits(60)
    movies[59].fill(4095)
    recording = recording_of(movies, monkeypatch)
    assert recording.movie("59").max() == pytest.approx(255)
    assert recording.movie("0").max() < 64


def test_a_movie_of_more_bits_than_were_seen_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    movies = movies_of_10_bits(4)
    movies[3][3] = 4095
    recording = recording_of(movies, monkeypatch)
    assert recording.movie("0").max() > 200
    with pytest.raises(ReverieError, match=r"3\.npy has values up to 4095, .* looked at have 10 bits"):
        recording.movie("3")


@pytest.mark.parametrize("odd", [0, 2])
def test_floats_beyond_white_are_left_out_beside_bytes(odd: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stretched together, the bytes would be nearly black."""
    movies: list[np.ndarray] = [(movie / 4).astype(np.uint8) for movie in movies_of_10_bits(3)]
    movies[odd] = movies[odd].astype(np.float32) * 16
    recording = recording_of(movies, monkeypatch)
    assert list(recording.left_out) == [str(odd)]
    assert re.search(r"of 0 to \d{4}, no grey levels, but most of .* hold grey levels", recording.left_out[str(odd)])
    np.testing.assert_array_equal(recording.movie("1"), movies[1])


def test_floats_alone_may_go_beyond_white(monkeypatch: pytest.MonkeyPatch) -> None:
    recording = recording_of(
        [movie / np.float32(1 + 3 * (n == 1)) for n, movie in enumerate(movies_of_10_bits(3))], monkeypatch
    )
    assert not recording.left_out
    assert recording.movie("0").max() == pytest.approx(255)


def test_a_movie_that_rings_is_neither_left_out_nor_changes_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    movies = [(movie / 4).astype(np.float32) for movie in movies_of_10_bits(12)]
    movies[3] = movies[3] * 1.3 - 38
    recording = recording_of(movies, monkeypatch)
    assert not recording.left_out
    for number, movie in enumerate(movies):
        np.testing.assert_allclose(recording.movie(str(number)), movie, atol=1e-3)


@pytest.mark.parametrize("white", [1.0, 2.5])
def test_the_unit_is_told_where_movies_begin_and_end_with_grey(white: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """The frames that usually stand for a movie, its first, middle and last one, tell nothing then."""
    movies = [(movie / 1000 * white).astype(np.float32) for movie in movies_of_10_bits(4)]
    for movie in movies:
        movie[[0, FRAMES // 2 - 1, FRAMES // 2, -1]] = 0
    recording = recording_of(movies, monkeypatch)
    assert recording.movie("1").max() == pytest.approx(255, abs=3)


@pytest.mark.parametrize(("gain", "said"), [(1 / 255, "of 0 to 1, shares of white"), (16.0, "no grey levels")])
def test_one_of_many_movies_in_another_unit_is_left_out(
    gain: float, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    movies = [(movie // 4).astype(np.float32) for movie in movies_of_10_bits(60)]
    for movie in movies:
        movie[0, 0, :2] = (0, 255)
    movies[37] *= np.float32(gain)
    recording = recording_of(movies, monkeypatch)
    assert list(recording.left_out) == ["37"]
    assert said in recording.left_out["37"]
    np.testing.assert_array_equal(recording.movie("36"), movies[36])


def test_a_movie_in_another_unit_that_was_not_looked_at_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole numbers of 16 bits that hold grey levels, but for one movie that uses more of them."""
    movies = [(movie // 4).astype(np.uint16) for movie in movies_of_10_bits(60)]
    movies[37] *= 16
    recording = recording_of(movies, monkeypatch)
    np.testing.assert_array_equal(recording.movie("36"), movies[36])
    with pytest.raises(ReverieError, match=r"37\.npy has values of .*, but the recording's movies .* hold grey levels"):
        recording.movie("37")
