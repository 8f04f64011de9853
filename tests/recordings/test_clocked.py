"""Frame rates of recordings whose stimuli have none of their own."""

from pathlib import Path

import numpy as np
import pytest

from reverie.foundation.errors import ReverieError
from reverie.recordings.clocked import ClockedSource
from reverie.recordings.reading import Reading
from reverie.recordings.recorded import Recorded, Showing
from reverie.recordings.signals import Sampled

SECONDS = 60
TIMES = np.arange(0.0, SECONDS, 0.1)
CELLS = Sampled("cells", TIMES, np.random.default_rng(0).gamma(0.3, 5.0, (len(TIMES), 3)))


def images_of(lasts: float, jitter: float = 0.0) -> list[Showing]:
    """Images that come on every second, or when the one before is over."""
    offsets = np.random.default_rng(1).uniform(-jitter, jitter, 20)
    onsets = 1.0 + np.arange(20.0) * max(1.0, lasts)
    return [
        Showing(np.array([onset]), onset + lasts + off, f"image{n}")
        for n, (onset, off) in enumerate(zip(onsets, offsets, strict=True))
    ]


def opened(showings: list[Showing], **options) -> ClockedSource:
    return ClockedSource(Recorded("mouse", Path("mouse"), [CELLS], {}, showings, {}), Reading(**options))


@pytest.mark.parametrize(("lasts", "rate"), [(0.25, 128.0), (0.5, 64.0), (2.0, 30.0), (0.02, 256.0)])
def test_images_last_for_longer_than_encoders_look_back(lasts, rate):
    source = opened(images_of(lasts))
    assert source.frame_rate == rate
    told = [note for note in source.notes if "so that they last for longer than encoders look back" in note]
    assert len(told) == (rate != 30.0)
    if lasts > 0.1:
        assert all(source.responses(name).length() >= 32 for name in source.trials)


def test_screens_that_jitter_have_the_same_rate():
    assert {opened(images_of(0.25, jitter)).frame_rate for jitter in (0.0, 0.0005, 0.002)} == {128.0}


def test_a_rate_that_is_given_counts_and_movies_have_their_own():
    source = opened(images_of(0.25), frame_rate=40.0)
    assert source.frame_rate == 40.0
    assert not any("look back" in note for note in source.notes)
    movie = Showing(30.0 + np.arange(90) / 30, 33.0, "movie")
    assert opened([*images_of(0.25), movie]).frame_rate == pytest.approx(30.0)


def test_overlapping_movies_are_left_out_and_the_others_used():
    def movie(name: str | None, begin: float) -> Showing:
        return Showing(begin + np.arange(90) / 30, begin + 3.0, name)

    source = opened([movie("a", 5.0), movie("b", 7.0), movie("c", 9.95), movie("d", 20.0), movie(None, 21.0)])
    for trial, told in (("0", "b was on from 7 s on, while a"), ("1", "b was on"), ("4", "nothing was on from 21 s")):
        with pytest.raises(ReverieError, match=told):
            source.responses(trial)
    assert source.responses("2").length() == source.responses("3").length() == 90
