"""Tables of what was shown: impossible ones are one sentence."""

import numpy as np
import pandas as pd
import pytest

from reverie.foundation.errors import ReverieError
from reverie.recordings.readers.beside import showings_of
from reverie.recordings.readers.clips import OpenClip

FRAMES = 60


def never(clip: str, frames: int | None) -> OpenClip:
    raise AssertionError(clip)


def table(times: np.ndarray, frames: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({"time": times, "clip": "a", "frame": frames})


def test_a_row_a_frame_is_one_showing() -> None:
    (showing,) = showings_of(table(np.arange(FRAMES) / 30, np.arange(FRAMES)), "t.csv", never)
    assert len(showing.onsets) == FRAMES


@pytest.mark.parametrize(
    ("times", "frames", "sentence"),
    [
        (np.arange(FRAMES) * 1000 / 30, np.arange(FRAMES), "too slow for movies; give times in seconds"),
        (np.arange(FRAMES)[::-1] / 30, np.arange(FRAMES), "times that go backwards"),
        (np.arange(FRAMES) / 30, np.arange(FRAMES) + 0.5, "frames that are no whole numbers"),
        (np.full(FRAMES, np.nan), np.arange(FRAMES), "no number for 'time' in row 2"),
    ],
)
def test_what_cannot_be_is_told(times: np.ndarray, frames: np.ndarray, sentence: str) -> None:
    with pytest.raises(ReverieError, match=rf"t\.csv .*{sentence}"):
        showings_of(table(times, frames), "t.csv", never)
