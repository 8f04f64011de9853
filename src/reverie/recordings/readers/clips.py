"""Movies beside a recording: arrays in files, or videos, found by the name that the recording gives them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import av
import numpy as np

from reverie.foundation.arrays import Movie
from reverie.foundation.errors import ReverieError
from reverie.foundation.folders import visible_in
from reverie.foundation.placeholders import read_start
from reverie.recordings.footage import stored_frames, target_size
from reverie.recordings.readers.array_files import ARRAYS, MATLAB, is_zarr, read_movie_array
from reverie.recordings.readers.clip_axes import array_axes, as_movie
from reverie.recordings.reading import Reading, clip_and_file
from reverie.recordings.source import Footage
from reverie.stimuli.pictures import STILL, holds_pictures, is_picture, picture_facts, read_picture, stored_type
from reverie.stimuli.resizing import resize
from reverie.stimuli.tiffs import STACKS
from reverie.stimuli.tracks import open_container, picture_track, usual_picture_rate
from reverie.stimuli.video import NAMED_AS_VIDEO, read_movie

TEXTS = (".csv", ".tsv", ".txt", ".md", ".log", ".json", ".yml", ".yaml", ".xml", ".pdf", ".py", ".m")
"""Endings of files about movies, which may lie beside them under the same name."""

OME = ".ome"
"""Part of the name before the ending of stacks with OME metadata."""

UNTIMED = 30.0
"""Frames per second of an array by default."""


@dataclass(frozen=True)
class OpenClip:
    """A movie in a file."""

    footage: Footage
    """The movie as it is stored."""
    frames: int
    """Number of frames."""
    rate: float
    """Frames per second."""
    timed: bool = True
    """Whether the file itself states the rate; arrays, stacks and folders of pictures mostly do not."""

    @classmethod
    def of(cls, footage: Footage, rate: float, reading: Reading) -> "OpenClip":
        """Return an array as a movie, at its own rate; where that is 0, at the one given, or the usual one."""
        frames = stored_frames(footage, footage.axes)
        return cls(footage, frames, rate or reading.frame_rate or UNTIMED, timed=rate > 0)

    def shown(self, frames: int) -> Footage:
        """Return the movie, of which ``frames`` frames were shown; raises ReverieError when it has fewer."""
        if self.frames < frames:
            raise ReverieError(
                f"{self.footage.place} has {self.frames} frames, but frame {frames - 1} was shown; is it the movie?"
            )
        return self.footage


def named_files(given: Sequence[str], beside: Path | None = None) -> dict[str, Path]:
    """Return the files of ``--movie`` by the name of the clip: CLIP=FILE, a file, or a folder of files.

    Parameters
    ----------
    given
        The values of ``--movie``; the default name is the file's own without its ending.
    beside
        A folder whose movies are found by name too.

    Raises
    ------
    ReverieError
        When a file does not exist.
    """
    found = {_name_of(path): path for path in _movies_in(beside)} if beside is not None else {}
    for text in given:
        name, path = clip_and_file(text)
        if not path.exists():
            raise ReverieError(f"{path} is not there; give --movie CLIP=FILE with the movie that was shown.")
        if path.is_dir() and not name:
            found |= {_name_of(inner): inner for inner in _movies_in(path)}
        else:
            found[name or _name_of(path)] = path
    return found


def _name_of(path: Path) -> str:
    """Return the name of a file without its ending; stacks with OME metadata have two endings."""
    return path.stem.removesuffix(OME) if path.suffix.lower() in STACKS else path.stem


def _movies_in(folder: Path) -> Iterator[Path]:
    """Yield possible movies, of several of one name the likeliest last: arrays, before them what plays."""
    found = [path for path in visible_in(folder) if path.suffix.lower() not in TEXTS]
    yield from sorted(found, key=_likelihood)


def _likelihood(path: Path) -> int:
    """Return how likely a file is a movie beside others of its name, which may be notes, sounds or a preview."""
    ending = path.suffix.lower()
    if ending in ARRAYS:
        return 0 if ending == MATLAB else 4
    if path.is_dir() or NAMED_AS_VIDEO.search(path.name):
        return 3
    return 2 if ending in STILL else 1


def open_clip(path: Path, reading: Reading, frames: int | None = None, *, numbered: bool = False) -> OpenClip:
    """Open a movie.

    Parameters
    ----------
    path
        A file of one array (npy, npz, h5, mat), anything that plays, or a folder of numbered pictures.
    reading
        Order of an array's axes, frames per second and frame size, where they are given.
    frames
        Number of frames, where it is known; it identifies the axis of time.
    numbered
        Whether the recording refers to frames by number, so that each picture of a video is one frame, whatever its
        time; else videos are sampled at a constant rate.
    """
    if path.suffix.lower() in ARRAYS:
        values = as_movie(read_movie_array(path))
        time_last = path.suffix.lower() == MATLAB
        axes = array_axes(values.shape, reading, frames, str(path), time_last=time_last, ask=numbered)
        return OpenClip.of(Footage(str(path), values, axes), 0.0, reading)
    if is_picture(path):
        grey = read_picture(path)
        target = target_size((grey.shape[0], grey.shape[1]), reading.frame_size)
        picture = _as_stored(resize(grey[None], target), stored_type(path))
        footage = Footage(str(path), picture, "time,height,width", averaged=grey.shape[0] / target[0])
        return OpenClip(footage, 1, UNTIMED, timed=False)
    if is_zarr(path):
        raise ReverieError(f"{path} is a Zarr store, which is not read; save its array with numpy.save, and give that.")
    untimed = reading.frame_rate or UNTIMED
    movie, rate, averaged = _video(path, reading.frame_size, untimed, numbered, _changed(path))
    footage = Footage(str(path), movie, "time,height,width", averaged=averaged)
    return OpenClip(footage, len(movie), rate or untimed, rate is not None)


def _changed(path: Path) -> tuple[int, int]:
    """Return when a file was changed, and its size; nothing where it is not there, which is told when it is read."""
    try:
        facts = path.stat()
    except OSError:
        return 0, 0
    return facts.st_mtime_ns, facts.st_size


@lru_cache(maxsize=8)
def _video(
    path: Path, size: tuple[int, int] | None, untimed: float, numbered: bool, changed: tuple[int, int]
) -> tuple[np.ndarray, float | None, float]:
    """Read a video at its own frame rate, reducing its size; return it as stored, its rate and the reduction.

    ``untimed``: frames per second of one without times, whose rate is None. ``changed``: see ``_changed``; another file
    of the same name may have taken its place.
    """
    own_size, rate = _video_facts(path)
    target = target_size(own_size, size)
    movie = read_movie(path, frame_size=target, frame_rate=rate or untimed, numbered=numbered, stored=True)
    dtype = stored_type(path) if holds_pictures(path) else np.dtype(np.uint8)
    return _as_stored(movie, dtype), rate, own_size[0] / target[0]


def _as_stored(movie: Movie, dtype: np.dtype[Any]) -> np.ndarray:
    """Return a movie in the type of its file, which determines the unit of its values."""
    if dtype.kind in "iu":
        return np.asarray(movie.round().astype(dtype))
    return movie.round().astype(np.uint8) if dtype.kind == "b" else movie


def _video_facts(path: Path) -> tuple[tuple[int, int], float | None]:
    """Return height and width as shown, and frames per second, None where they are not stated."""
    if not path.is_dir():
        read_start(path)
    try:
        if holds_pictures(path):
            return picture_facts(path)
        with open_container(path) as container:
            stream = picture_track(container)
            frame = next(container.decode(stream))
            # Pixels of films from tapes and discs are not square, but shown wider or narrower.
            height, width = frame.height, round(frame.width * float(stream.sample_aspect_ratio or 1))
            turned = round(getattr(frame, "rotation", 0) / 90) % 2
            return (width, height) if turned else (height, width), usual_picture_rate(container, stream)
    except (av.FFmpegError, OSError, ValueError, IndexError, StopIteration):
        # Broken files are reported when they are read.
        return (36, 64), None
