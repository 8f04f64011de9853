"""Choosing what simulated animals watch: real footage seen by a moving camera, and synthetic movies."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from reverie.foundation.arrays import FRAME_SIZE, Movie
from reverie.foundation.errors import ReverieError
from reverie.stimuli.camera import sweep
from reverie.stimuli.naturalistic import naturalistic_movie
from reverie.stimuli.video import read_movie

MAGNIFICATION = 2
"""Real footage is read this many times larger than a frame, so that the camera has room to move."""


def mix_footage(
    footage: Sequence[Movie], count: int, frames: int, share: float, generator: np.random.Generator
) -> list[Movie]:
    """Return ``count`` movies (frames, height, width): a ``share`` filmed off the footage, the others synthetic.

    footage: movies larger than a frame; none means that all are synthetic.
    """
    real = round(share * count) if footage else 0
    filmed = [sweep(footage[index % len(footage)], frames, generator) for index in range(real)]
    made = [naturalistic_movie(frames, generator) for _ in range(count - real)]
    return filmed + made


def deal_videos(videos: Sequence[Path], test_videos: Sequence[Path] = ()) -> dict[str, list[Path]]:
    """Deal video files to tiers, whole, so that no footage is in two: about a tenth each to test and to oracle.

    The test tier comes first: a single video is kept to be reconstructed, and training is then synthetic. Where
    ``test_videos`` are named, they alone are the test tier.
    Raises ReverieError when a video is named for both.

    >>> deal_videos([Path("a.mp4"), Path("b.mp4"), Path("c.mp4")])["train"]
    [PosixPath('a.mp4')]
    """
    shared = {video.resolve() for video in videos} & {video.resolve() for video in test_videos}
    if shared:
        raise ReverieError(f"{min(shared)} is named for training and for the test; a held-out movie must be in one.")
    tenth = max(1, len(videos) // 10)
    ordered = [*videos, *test_videos]
    tests = len(test_videos) or tenth
    rest, test = ordered[: max(len(ordered) - tests, 0)], ordered[max(len(ordered) - tests, 0) :]
    kept = max(len(rest) - tenth, 0)
    return {"train": rest[:kept], "oracle": rest[kept:], "live_test_main": test}


def read_enlarged(path: Path) -> Movie:
    """Read a video larger than a frame, for a camera to move over."""
    height, width = FRAME_SIZE
    return read_movie(path, frame_size=(MAGNIFICATION * height, MAGNIFICATION * width))


def find_videos(places: Sequence[Path]) -> list[Path]:
    """Return the named files and the files of the named folders, sorted.

    Raises ReverieError when one does not exist or a folder is empty.
    """
    found: list[Path] = []
    for place in places:
        if not place.exists():
            raise ReverieError(f"{place} does not exist; name a video file or a folder of them.")
        files = [place] if place.is_file() else sorted(file for file in place.iterdir() if file.is_file())
        if not files:
            raise ReverieError(f"{place} is an empty folder; name one with video files in it.")
        found += files
    return found


def make_tiers(
    videos: Sequence[Path],
    test_videos: Sequence[Path],
    trials: Mapping[str, int],
    frames: int,
    generator: np.random.Generator,
) -> dict[str, list[Movie]]:
    """Return the movies of each tier: half real where there is footage for the tier, the rest synthetic.

    test_videos: footage of the test tier alone; without it some of ``videos``, as ``deal_videos`` says.
    """
    dealt = deal_videos(videos, test_videos)
    tiers = {}
    for tier, count in trials.items():
        footage = [read_enlarged(path) for path in dealt[tier]]
        share = 0.5 if tier == "train" else 1.0
        tiers[tier] = mix_footage(footage, count, frames, share, generator)
    return tiers
