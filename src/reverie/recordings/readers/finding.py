"""Finding the reader for a path, and suggestions for a path that no reader accepts."""

import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from reverie.foundation.errors import ReverieError
from reverie.foundation.folders import holds_nothing, visible_in
from reverie.foundation.placeholders import read_start
from reverie.recordings.readers.formats import READERS, Reader
from reverie.recordings.reading import Reading

ARCHIVES = (".zip", ".tar", ".tgz", ".gz", ".bz2", ".xz", ".7z", ".rar")
"""Endings of files that hold folders."""

HDF5 = (".h5", ".hdf5")
"""Endings of files of any content that may be recordings."""

OUTERMOST = 3
"""Number of parent folders that are checked: a path may be a part of a recording."""

MOST_INNER = 20
"""Largest number of folders inside a folder that are checked for recordings."""


def refusals(path: Path, reading: Reading) -> dict[Reader, str | None]:
    """Return why each reader does not claim a path, None for those that do."""
    return {reader: reader.refusal(path, reading) for reader in READERS}


def find_reader(path: Path, reading: Reading) -> Reader:
    """Return the reader that claims a path, or the one requested; raises ReverieError unless there is exactly one."""
    _require_there(path)
    wanted = [reader for reader in READERS if reading.format in ("auto", reader.format)]
    answers = {reader: reader.refusal(path, reading) for reader in wanted}
    claiming = [reader for reader, reason in answers.items() if reason is None]
    if len(claiming) == 1:
        return claiming[0]
    if claiming:
        formats = ", ".join(reader.format for reader in claiming)
        raise ReverieError(f"{path} may be read as {formats}; say which with --format.")
    _refuse_archive(path)
    if path.is_file():
        read_start(path)  # says what stands in for data
    _look_outside(path, wanted, reading)
    _look_inside(path, wanted, reading)
    reasons = "; ".join(f"{reader.description}: {reason}" for reader, reason in answers.items())
    raise ReverieError(
        f"{path} is not a recording of a known format ({reasons}); arrays of your own (.npz, .mat) are opened in "
        "Python, with Recording.from_arrays."
    )


def _require_there(path: Path) -> None:
    """Raise ReverieError when nothing is at a path, or neither a file nor a folder."""
    if path.is_symlink() and not path.exists():
        read_start(path)  # says where it leads
    if re.match(r"\w{2,}:/", str(path)) and not path.exists():
        raise ReverieError(f"{path} is an address; download what is there, and give its folder or file.")
    if not path.exists():
        raise ReverieError(f"{path} is not there; give the folder or file of a recording.")
    if path.is_dir() and holds_nothing(path):
        raise ReverieError(f"{path} is empty; give the folder or file of a recording.")
    if not path.is_dir() and not path.is_file():
        raise ReverieError(f"{path} is a pipe or a device, where the folder or file of a recording was expected.")


def _look_outside(path: Path, wanted: Sequence[Reader], reading: Reading) -> None:
    """Raise ReverieError when a path is a part of a recording, such as one of its files."""
    for outer in [*path.absolute().parents][:OUTERMOST]:
        for reader in wanted:
            with suppress(OSError, ReverieError):
                # Checking every folder could mean listing, say, all home folders.
                claimed = reader.may_be(outer) and reader.refusal(outer, reading) is None
                if claimed and [*reader.places(outer, reading)] == [outer]:
                    break
        else:
            continue
        raise ReverieError(f"{path} is a part of {outer}, which is {reader.description}; give that.")


def _look_inside(path: Path, wanted: Sequence[Reader], reading: Reading) -> None:
    """Raise ReverieError when a folder contains a recording, or one that cannot be read for a known reason."""
    refused: list[ReverieError] = []
    for inner in sorted(path.iterdir())[:MOST_INNER] if path.is_dir() else ():
        for reader in wanted if inner.is_dir() or inner.suffix.lower() in HDF5 else ():
            try:
                claimed = reader.refusal(inner, reading) is None
            except ReverieError as error:
                refused.append(error)
                continue
            if claimed:
                raise ReverieError(f"{path} is not a recording, but {inner} in it is {reader.description}; give that.")
    if refused:
        raise refused[0]
    for inner in visible_in(path) if path.is_dir() else ():
        _refuse_archive(inner)


def _refuse_archive(path: Path) -> None:
    if path.suffix.lower() in ARCHIVES and path.is_file():
        raise ReverieError(f"{path} is an archive; unpack it and give the folder.")
