"""Videos that are pictures: a folder of numbered ones, a stack in a TIFF, an animated WebP or PNG."""

import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from reverie.foundation.errors import ReverieError
from reverie.foundation.placeholders import read_start
from reverie.stimuli.grey import Grey, grey_picture
from reverie.stimuli.tiffs import STACKS, pictures_of, stack_facts
from reverie.stimuli.wholeness import require_whole

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".gif", ".pgm", ".ppm")
"""Endings of files that may be single pictures."""

ANIMATIONS = (".webp", ".png", ".apng")
"""Endings of files of several pictures that are read here, not by the decoders of videos."""

STILL = (".png", ".jpg", ".jpeg", ".bmp", ".pgm", ".ppm")
"""Endings of files that are single pictures, even where they cannot be read."""

UNTIMED = 0.1
"""Seconds that a picture lasts whose stated duration is 0, as in browsers."""

Shown = tuple[float, float, Grey]
"""Seconds since the start, seconds it lasts, the grey picture in the values of its file."""


def holds_pictures(path: Path) -> bool:
    """Return whether a video is a folder of pictures, a stack or an animation, rather than a film."""
    return path.is_dir() or path.suffix.lower() in STACKS + ANIMATIONS


def is_picture(path: Path) -> bool:
    """Return whether a file is a single picture rather than a video, by its name and the number of its pictures."""
    if path.suffix.lower() not in SUFFIXES:
        return False
    try:
        return _count(path) == 1
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return path.suffix.lower() in STILL  # reading it reports what is wrong


def numbered_pictures(folder: Path) -> list[Path]:
    """Return the pictures of a folder in the order of their numbers, or none where there are fewer than two.

    Raises ReverieError when they belong to several series or one is missing in between.
    """
    series: dict[str, dict[int, Path]] = defaultdict(dict)
    for path in sorted(folder.iterdir()):
        number = re.search(r"\d+(?=\D*$)", path.stem)
        if number and not path.name.startswith(".") and path.is_file() and is_picture(path):
            words = path.stem[: number.start()] + "…" + path.stem[number.end() :] + path.suffix.lower()
            series[words][int(number[0])] = path
    long = {words: pictures for words, pictures in series.items() if len(pictures) > 1}
    if len(long) > 1:
        raise ReverieError(f"{folder} holds pictures of several series ({', '.join(long)}); give each its own folder.")
    if not long:
        return []
    pictures = dict(sorted(next(iter(long.values())).items()))
    step = min(after - before for before, after in pairwise(pictures))
    for before, after in pairwise(pictures):
        if after - before != step:
            raise ReverieError(
                f"{folder} lacks the picture numbered {before + step}, after {pictures[before].name}; bring it back."
            )
    return list(pictures.values())


def _numbered(folder: Path) -> list[Path]:
    files = numbered_pictures(folder)
    if not files:
        raise ReverieError(f"{folder} holds no numbered pictures; name a folder of those, or a video.")
    return files


def shown_pictures(path: Path, frame_rate: float) -> Iterator[Shown]:
    """Yield the pictures of a folder, stack or animation; without stored times, ``frame_rate`` of them per second.

    Raises ReverieError when there is only one picture or one cannot be read, OSError and ValueError when none can.
    """
    if path.is_dir():
        return _series(_numbered(path), frame_rate)
    if path.suffix.lower() in STACKS:
        return _stack(path, frame_rate)
    return _animation(path)


def _series(files: list[Path], frame_rate: float) -> Iterator[Shown]:
    """Yield the pictures of a folder; raises ReverieError where one has another size than the first."""
    size = None
    for number, file in enumerate(files):
        grey = read_picture(file)
        size = size or grey.shape
        if grey.shape != size:
            raise ReverieError(
                f"{file} has {grey.shape[0]} x {grey.shape[1]} pixels but {files[0].name} has {size[0]} x {size[1]}; "
                "write them all in one size."
            )
        yield number / frame_rate, 1 / frame_rate, grey


def stored_type(path: Path) -> np.dtype[Any]:
    """Return the type of the numbers that a picture, stack, animation or folder of pictures holds.

    Raises ReverieError, OSError or ValueError when it holds no pictures that can be read, or pictures of several types.
    """
    if path.is_dir():
        types = {stored_type(picture): picture.name for picture in _numbered(path)}
        if len(types) > 1:
            listed = " and ".join(f"{dtype} ({name})" for dtype, name in types.items())
            raise ReverieError(f"{path} holds pictures of {listed}; write them all in one type.")
        return next(iter(types))
    if path.suffix.lower() in STACKS:
        return stack_facts(path).dtype
    with _reading(path), Image.open(path) as picture:
        mode = picture.mode
    return np.dtype(np.uint16 if mode.startswith("I") else np.float32 if mode == "F" else np.uint8)


def picture_facts(path: Path) -> tuple[tuple[int, int], float | None]:
    """Return height and width of pictures in a file or folder, and the frames per second that it states, if any.

    Raises ReverieError, OSError or ValueError when it holds no pictures that can be read.
    """
    if path.is_dir():
        height, width = read_picture(_numbered(path)[0]).shape
        return (height, width), None
    if path.suffix.lower() not in STACKS:
        with Image.open(path) as picture:
            lasts = [lasts for _, lasts, _ in _animation(path)]
            return (picture.height, picture.width), 1 / float(np.median(lasts))
    facts = stack_facts(path)
    return facts.size, facts.rate


def read_picture(path: Path) -> Grey:
    """Read one picture, upright and grey, in the values of its file; raises ReverieError when it cannot be read."""
    read_start(path)
    require_whole(path)  # of a stack that is cut short, a single picture may be left
    with _reading(path):
        if path.suffix.lower() in STACKS:
            return next(pictures_of(path))
        with Image.open(path) as picture:
            return grey_picture(ImageOps.exif_transpose(picture))


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Turn errors in reading a picture into bad input."""
    try:
        yield
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise ReverieError(f"{path} could not be read as a picture ({error}); copy it again.") from error


def _count(path: Path) -> int:
    if path.suffix.lower() in STACKS:
        return stack_facts(path).count
    with Image.open(path) as picture:
        return int(getattr(picture, "n_frames", 1))


def _animation(path: Path) -> Iterator[Shown]:
    moment = 0.0
    try:
        with Image.open(path) as picture:
            for number in range(getattr(picture, "n_frames", 1)):
                picture.seek(number)
                grey = grey_picture(picture)
                lasts = float(picture.info.get("duration", 0)) / 1000 or UNTIMED
                yield moment, lasts, grey
                moment += lasts
    except (SyntaxError, Image.DecompressionBombError) as error:  # Pillow raises these for broken files
        raise ValueError(str(error)) from error


def _stack(path: Path, frame_rate: float) -> Iterator[Shown]:
    """Yield the pages of a TIFF at the rate that ImageJ stored in it."""
    rate = stack_facts(path).rate or frame_rate
    for number, grey in enumerate(pictures_of(path)):
        yield number / rate, 1 / rate, grey
