"""One movie that cannot be read, or is laid otherwise, spoils no other."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

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


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        (lambda values: Footage("b.npy", Broken(), "time,height,width"), r"b\.npy could not be read .*wrong checksum"),
        (laid_otherwise, r"b\.npy is laid \(height,width,time\) but most of the recording's movies are laid \(time,"),
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
