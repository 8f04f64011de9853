"""Which reader opens a path. A format is one file beside this one and one row of ``READERS``."""

import os
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from os import PathLike
from pathlib import Path
from typing import Final

from reverie.foundation.errors import ReverieError, reading_foreign
from reverie.foundation.progress import say
from reverie.foundation.requests import given_path
from reverie.recordings.reading import Reading, settled, with_absolute_paths
from reverie.recordings.recording import Recording
from reverie.recordings.source import Source
from reverie.recordings.usability import omissions


@dataclass(frozen=True)
class Reader:
    """A reader of one format.

    Attributes
    ----------
    format
        What ``--format`` calls it.
    description
        What it reads, for people.
    module
        Where its functions are, imported when needed: ``refusal(path, reading)`` says why a path is not of the format
        (None where it is), ``open_source(place, reading)`` opens one. Of a format that may hold several,
        ``places(path, reading)`` lists them; of one whose files leave a choice, ``candidates(place)`` does.
    complete
        Whether its files say what was shown and recorded, and when, so that ``BESIDE`` says nothing more.
    """

    format: str
    description: str
    module: str
    complete: bool = False

    def refusal(self, path: Path, reading: Reading) -> str | None:
        """Say why a path is not of this format, None where it is."""
        ask: Callable[[Path, Reading], str | None] = import_module(self.module).refusal
        with reading_foreign(path):
            return ask(path, reading)

    def places(self, path: Path, reading: Reading) -> Sequence[Path]:
        """List the recordings there are at a path."""
        listed: Callable[[Path, Reading], Sequence[Path]] | None = getattr(import_module(self.module), "places", None)
        with reading_foreign(path):
            return [path] if listed is None else listed(path, reading)

    def candidates(self, path: Path, reading: Reading) -> list[str]:
        """List what may be chosen from at a path that cannot be opened as it is, a line each; mostly nothing."""
        listed: Callable[[Path], list[str]] | None = getattr(import_module(self.module), "candidates", None)
        with reading_foreign(path):
            return [] if listed is None else [each for place in self.places(path, reading) for each in listed(place)]

    def open_source(self, place: Path, reading: Reading) -> Source:
        """Open one of them; its name is proper text, whatever its folder is called."""
        opened: Callable[[Path, Reading], Source] = import_module(self.module).open_source
        with reading_foreign(place):
            source = opened(place, reading)
        source.name = readable_name(source.name)
        return source


_HERE: Final = "reverie.recordings.readers"

READERS: Final = (
    Reader("sensorium", "a Sensorium 2023 folder", f"{_HERE}.sensorium", complete=True),
    Reader("sensorium-images", "a Sensorium 2022 folder (images)", f"{_HERE}.sensorium_images", complete=True),
    Reader("experanto", "an experanto session", f"{_HERE}.experanto", complete=True),
    Reader("nwb", "an NWB file", f"{_HERE}.nwb"),
    Reader("suite2p", "a suite2p output", f"{_HERE}.suite2p"),
    Reader("caiman", "a CaImAn file", f"{_HERE}.caiman"),
    Reader("spikes", "sorted spikes (phy, Kilosort)", f"{_HERE}.spikes"),
)
"""All readers, in the order they are asked."""


BESIDE: Final = ("movie", "frames_table", "rate", "trial_seconds", "responses", "running", "pupil", "gaze")
"""Fields of a reading that say what some formats do not."""

ARCHIVES: Final = (".zip", ".tar", ".tgz", ".gz", ".bz2", ".xz", ".7z", ".rar")
"""Endings of files that hold folders."""

HDF5: Final = (".h5", ".hdf5")
"""Endings of files of any content that may be recordings."""

OUTERMOST: Final = 3
"""So many folders up a recording is looked for that a path may be a part of."""

MARKS: Final = (
    *("data/responses", "data/videos", "data/images"),
    "screen/meta.yml",
    *("spks.npy", "F.npy", "spike_times.npy"),
)
"""One of these is in the folder of a recording."""

MOST_INNER: Final = 20
"""So many folders in one that is no recording are looked at for one that is."""


def open_recordings(path: str | PathLike[str], reading: Reading | None = None) -> dict[str, Recording]:
    """Open every animal at a path; by animal name.

    Animals whose files cannot be opened are left out, and said; so are those the reading leaves out.

    Raises
    ------
    ReverieError
        When no reader claims the path, several do, or no animal is left.
    """
    recordings, problems = open_each(path, settled(reading))
    for problem in problems:
        say(problem)
    return recordings


def open_each(path: str | PathLike[str], reading: Reading) -> tuple[dict[str, Recording], list[str]]:
    """Open every animal at a path; return also what was left out, in sentences. Raises as ``open_recordings``."""
    where = given_path(path, "What is opened")
    reader = find_reader(where, reading)
    recordings: dict[str, Recording] = {}
    problems: list[str] = []
    # Files are read when they are asked for, and a notebook may stand in another folder by then.
    reading = with_absolute_paths(reading)
    for place in reader.places(where.absolute(), reading):
        try:
            source = reader.open_source(place, reading)
        except ReverieError as error:
            problems.append(str(error))
            continue
        if omissions(reading.leave_out, source.name).animal:
            problems.append(f"{source.name} is left out as asked.")
            continue
        if source.name in recordings:
            raise ReverieError(f"{where} holds two recordings named {source.name}; rename one of them.")
        recordings[source.name] = Recording(source, reading)
    if not recordings:
        raise ReverieError(problems[0] if problems else f"{where} holds no recording.")
    if unused := [name for name in BESIDE if reader.complete and getattr(reading, name) != getattr(Reading(), name)]:
        options = ", ".join(f"--{name.replace('_', '-')}" for name in unused)
        problems.append(f"Not used, since {where} is {reader.description}, whose files say it: {options}.")
    return recordings, problems


def refusals(path: Path, reading: Reading) -> dict[Reader, str | None]:
    """Return why each reader does not claim a path, None for those that do."""
    return {reader: reader.refusal(path, reading) for reader in READERS}


def find_reader(path: Path, reading: Reading) -> Reader:
    """Return the reader that claims a path, or the one asked for; raises ReverieError where that is not one."""
    _require_there(path)
    wanted = [reader for reader in READERS if reading.format in ("auto", reader.format)]
    answers = {reader: reader.refusal(path, reading) for reader in wanted}
    claiming = [reader for reader, reason in answers.items() if reason is None]
    if len(claiming) == 1:
        return claiming[0]
    if claiming:
        formats = ", ".join(reader.format for reader in claiming)
        raise ReverieError(f"{path} may be read as {formats}; say which with --format.")
    if path.is_file() and path.suffix.lower() in ARCHIVES:
        raise ReverieError(f"{path} is an archive; unpack it and give the folder.")
    _look_outside(path, wanted, reading)
    _look_inside(path, wanted, reading)
    reasons = "; ".join(f"{reader.description}: {reason}" for reader, reason in answers.items())
    raise ReverieError(
        f"{path} is not a recording of a known format ({reasons}); arrays of your own (.npz, .mat) are opened in "
        "Python, with Recording.from_arrays."
    )


def _require_there(path: Path) -> None:
    """Raise ReverieError when there is nothing at a path, or no file nor folder."""
    if path.is_symlink() and not path.exists():
        raise ReverieError(f"{path} is a link to {path.readlink()}, which is not there; bring that back.")
    if re.match(r"\w{2,}:/", str(path)) and not path.exists():
        raise ReverieError(f"{path} is an address; download what is there, and give its folder or file.")
    if not path.exists():
        raise ReverieError(f"{path} is not there; give the folder or file of a recording.")
    if not path.is_dir() and not path.is_file():
        raise ReverieError(f"{path} is a pipe or a device, where the folder or file of a recording was expected.")


def _look_outside(path: Path, wanted: Sequence[Reader], reading: Reading) -> None:
    """Raise ReverieError when a path is a part of a recording, such as one of its files."""
    for outer in [*path.absolute().parents][:OUTERMOST]:
        for reader in wanted if _is_marked(outer) else ():
            with suppress(ReverieError):
                claimed = reader.refusal(outer, reading) is None and [*reader.places(outer, reading)] == [outer]
                if not claimed:
                    continue
                break
        else:
            continue
        raise ReverieError(f"{path} is a part of {outer}, which is {reader.description}; give that.")


def _is_marked(folder: Path) -> bool:
    """Tell whether a folder may be a recording: to ask the readers of any would mean to list, say, all homes."""
    with suppress(OSError):
        return any((folder / mark).exists() for mark in MARKS)
    return False


def _look_inside(path: Path, wanted: Sequence[Reader], reading: Reading) -> None:
    """Raise ReverieError when what is in a folder is a recording, or cannot be read for a known reason."""
    refused: list[ReverieError] = []
    for inner in sorted(path.iterdir())[:MOST_INNER] if path.is_dir() else ():
        for reader in wanted if inner.is_dir() or inner.suffix.lower() in HDF5 else ():
            try:
                claimed = reader.refusal(inner, reading) is None
            except ReverieError as error:
                refused.append(error)
                continue
            if claimed:
                raise ReverieError(f"{path} is no recording, but {inner} in it is {reader.description}; give that.")
    if refused:
        raise refused[0]


def find_animal(recordings: Mapping[str, Recording], name: str) -> Recording:
    """Return the animal of that name, or the only one whose name starts with it or contains it.

    Raises ReverieError listing the names when none or several fit.
    """
    name = readable_name(name)
    if name in recordings:
        return recordings[name]
    starting = [known for known in recordings if known.removeprefix("dynamic").startswith(name.removeprefix("dynamic"))]
    fitting = starting or [known for known in recordings if name in known]
    if len(fitting) == 1:
        return recordings[fitting[0]]
    problem = "fits several animals" if fitting else "is not among the animals"
    raise ReverieError(f"{name!r} {problem}; choose one of: {', '.join(fitting or recordings)}.")


def readable_name(name: str) -> str:
    """Return a file's name as proper text.

    Python carries bytes that are not UTF-8 as lone surrogates, which neither JSON readers nor safetensors nor a
    terminal take. Such names come from old Windows shares, so the bytes are read as Latin-1. Accents are composed,
    since macOS hands them out apart and keyboards type them together.

    >>> readable_name("M\\udce4us") == readable_name("Ma\\u0308us") == "Mäus"
    True
    """
    try:
        name.encode()
    except UnicodeEncodeError:
        name = os.fsencode(name).decode("latin-1")
    return unicodedata.normalize("NFC", name)
