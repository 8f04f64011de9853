"""What was shown with responses whose files do not say it: a table of onsets, and the movies it names."""

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PureWindowsPath
from unicodedata import normalize

import numpy as np
import pandas as pd

from reverie.foundation.errors import ReverieError
from reverie.foundation.progress import say
from reverie.recordings.readers.array_files import ARRAYS
from reverie.recordings.readers.behaviour_tables import read_behaviour
from reverie.recordings.readers.clips import OME, OpenClip, named_files, open_clip
from reverie.recordings.readers.event_tables import usual_columns
from reverie.recordings.readers.frame_tables import has_row_per_frame
from reverie.recordings.readers.tables import read_csv
from reverie.recordings.readers.timed_showings import frames_shown, timed_showings
from reverie.recordings.reading import Reading
from reverie.recordings.recorded import Recorded, Showing
from reverie.recordings.signals import Signal
from reverie.recordings.source import Footage
from reverie.stimuli.pictures import SUFFIXES
from reverie.stimuli.video import NAMED_AS_VIDEO

WHOLE_NUMBER = re.compile(r"\d+\.0")
"""A whole number, as pandas writes it in a column with empty cells."""


@dataclass(frozen=True)
class ShownMovies:
    """What was shown when, the movies, and the assumptions made, in sentences."""

    showings: list[Showing]
    clips: dict[str, Callable[[], Footage]]
    notes: tuple[str, ...] = ()


def table_too(reading: Reading) -> str:
    """Return the end of a sentence that asks for an option; it asks for ``--frames-table`` too, where none is given."""
    return "" if reading.frames_table is not None else ", and --frames-table with a csv file of what was shown when"


def agreed_rate(reading: Reading, stored: float | None, place: Path) -> float | None:
    """Return the rate that was given, else the stored one; print a message where they differ."""
    if reading.rate is not None and stored is not None and not np.isclose(reading.rate, stored, rtol=1e-3):
        say(f"{place} states a rate of {stored:g} Hz, but --rate {reading.rate:g} is believed.")
    return reading.rate or stored


def recorded_with_files(name: str, place: Path, responses: Sequence[Signal], note: str, reading: Reading) -> Recorded:
    """Return a recording of responses; what was shown, and the animal's behaviour, are read from files of their own.

    Parameters
    ----------
    note
        A sentence on how the responses were read.

    Raises
    ------
    ReverieError
        As ``shown_by_table`` and ``read_behaviour``.
    """
    shown = shown_by_table(place, reading)
    behaviour, notes = read_behaviour(reading), (note, *shown.notes)
    return Recorded(name, place, responses, behaviour, shown.showings, shown.clips, notes=notes)


def shown_by_table(
    place: Path,
    reading: Reading,
    inside: Mapping[str, Callable[[], OpenClip]] | None = None,
    rows: tuple[pd.DataFrame, str] | None = None,
) -> ShownMovies:
    """Return what was shown when, according to ``--frames-table``, and the movies it names.

    A clip is one of ``--movie``, one ``inside`` the recording, a file of its name beside the table, or the path of a
    file from there. ``rows`` is a table that the recording itself holds, with its place for messages. Raises
    ReverieError when there is no table, or a clip is not found.
    """
    if reading.frames_table is None:
        raise ReverieError(
            f"{place} does not say what was shown when; give --frames-table with a csv file of the columns time, clip, "
            "frame or onset, clip."
        )
    table, said = rows or (read_csv(reading.frames_table), str(reading.frames_table))
    beside, given = named_files((), place.parent if rows else reading.frames_table.parent), named_files(reading.movie)
    known = {normalize("NFC", name) for name in (*beside, *(inside or ()), *given)}
    taken: tuple[str, ...] = ()
    if rows is None:
        folder = reading.frames_table.parent
        table, taken = usual_columns(
            table, lambda text: bool(_path_from(folder, text)) or not known.isdisjoint(spellings(text))
        )
    numbered = has_row_per_frame(table)
    openers = _openers(beside, reading, numbered)
    openers |= {clip: partial(_inside, opener) for clip, opener in (inside or {}).items()}
    asked = _openers(given, reading, numbered)
    movies = _Movies(said, asked, openers, None if rows else reading.frames_table.parent, reading, numbered)
    showings, notes = timed_showings(table, said, movies.open, reading)
    clips: dict[str, Callable[[], Footage]] = {
        clip: partial(movies.footage, clip, frames) for clip, frames in frames_shown(showings).items()
    }
    columns = (f"{said}: {', '.join(taken)}.",) if taken else ()
    return ShownMovies(showings, clips, (*columns, *notes))


@dataclass(frozen=True, eq=False)
class _Movies:
    """The movies that a table may name."""

    table: str
    """Place of the table, for messages."""
    asked: Mapping[str, Callable[[int | None], OpenClip]]
    """Those of ``--movie``, by name."""
    others: Mapping[str, Callable[[int | None], OpenClip]]
    """Others that are known by name, of which there may be several files."""
    folder: Path | None
    """The folder from which the table may name files by their paths; None where it may not."""
    reading: Reading
    numbered: bool
    """Whether the table numbers frames."""
    _opened: dict[tuple[str, int | None], OpenClip] = field(default_factory=dict, init=False)

    def open(self, clip: str, frames: int | None) -> OpenClip:
        """Open a movie, given its number of frames where that is known; raises ReverieError when it is not found."""
        # Its length is asked for first and its pictures later, and a film is decoded for either.
        if (clip, frames) not in self._opened:
            self._opened[clip, frames] = self._open(clip, frames)
        return self._opened[clip, frames]

    def _open(self, clip: str, frames: int | None) -> OpenClip:
        names = spellings(clip)
        path = None if self.folder is None else _path_from(self.folder, clip)
        for known in (self.asked, self.others):
            for name in names:
                if name in known:
                    return known[name](frames)
            if path is not None:  # it may be one of several files of a name
                return open_clip(path, self.reading, frames, numbered=self.numbered)
        raise ReverieError(
            f"{self.table} names the movie {clip!r}; give it as --movie {names[1]}=FILE, or its folder as --movie "
            "FOLDER."
        )

    def footage(self, clip: str, frames: int) -> Footage:
        """Return the movie of a clip of which this many frames were shown."""
        movie = self.open(clip, frames if self.numbered else None)
        if movie.frames < frames:
            movie = self.open(clip, frames)
        return movie.shown(frames)


def _path_from(folder: Path, clip: str) -> Path | None:
    """Return the file at a path from a folder, with the slashes of any system; None where there is none."""
    path = folder / PureWindowsPath(clip).as_posix()
    with suppress(OSError, ValueError):  # text of another kind may be no path at all
        return path if path.is_file() else None
    return None


def spellings(clip: str) -> tuple[str, str, str]:
    """Return the names that a movie in a table may have elsewhere: with its folder and ending, or without.

    Text after a dot may be part of the name. Whole numbers in a column with empty cells end in .0.

    >>> spellings("stimuli/clip1.avi")
    ('stimuli\\\\clip1.avi', 'clip1.avi', 'clip1')
    """
    last = PureWindowsPath(normalize("NFC", clip))  # accepts the slashes of every system
    ends = (
        last.suffix.lower() in (*ARRAYS, *SUFFIXES, OME)
        or NAMED_AS_VIDEO.search(last.name)
        or WHOLE_NUMBER.fullmatch(last.name)
    )
    return str(last), last.name, last.stem.removesuffix(OME) if ends else last.name


def _openers(
    files: Mapping[str, Path], reading: Reading, numbered: bool
) -> dict[str, Callable[[int | None], OpenClip]]:
    """Return a function for each movie that opens it, given its number of frames where that is known."""
    return {
        normalize("NFC", name): partial(open_clip, path, reading, numbered=numbered) for name, path in files.items()
    }


def _inside(opener: Callable[[], OpenClip], _: int | None) -> OpenClip:
    return opener()
