"""Folders to write to: checked before the work begins, private to a user, or appearing only once complete."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from reverie.foundation.errors import ReverieError
from reverie.foundation.partial_files import SUFFIX, hold_folder
from reverie.foundation.progress import say

LITTER = (".DS_Store", ".localized", "Thumbs.db", "desktop.ini", ".directory", "__MACOSX")
"""Files that file managers leave in a folder that was opened with them, and the folder that macOS puts in archives."""

PROBE = 1 << 16
"""Bytes written to test whether a disk has space."""


def holds_nothing(folder: Path) -> bool:
    """Return whether a folder is missing or holds nothing but what file managers and killed processes leave behind.

    Raises ReverieError when it is a file or cannot be read.
    """
    try:
        return all(map(is_left_behind, folder.iterdir()))
    except FileNotFoundError:
        return True
    except NotADirectoryError as error:
        raise ReverieError(f"{folder} is a file, where a folder was expected; choose another one.") from error
    except OSError as error:
        raise ReverieError(f"{folder} cannot be read ({error.strerror}); choose another folder.") from error


def visible_in(folder: Path) -> list[Path]:
    """Return what is in a folder, sorted by name, without what is hidden or was left behind by a file manager."""
    return [path for path in sorted(folder.iterdir()) if not path.name.startswith(".") and not is_litter(path)]


def require_own(folder: Path, what: str, *signs: str) -> None:
    """Raise ReverieError when a folder holds files but none of ours, so that ours are not mixed with others.

    Parameters
    ----------
    folder
        Where something is going to be written.
    what
        What is written there, in a word.
    signs
        Patterns of files; a folder that we wrote before holds at least one of them.
    """
    if not holds_nothing(folder) and not any(any(folder.glob(sign)) for sign in signs):
        raise ReverieError(f"{folder} is not empty and holds no {what} of ours; choose another --out.")


def is_left_behind(path: Path) -> bool:
    """Return whether a file was left behind by a file manager or by a process that was killed."""
    return is_litter(path) or path.name.endswith(SUFFIX)


def is_litter(path: Path) -> bool:
    """Return whether a file was left behind by a file manager.

    >>> is_litter(Path("data/.DS_Store")), is_litter(Path("data/0.npy"))
    (True, False)
    """
    return path.name in LITTER or path.name.startswith("._")


@lru_cache
def may_enter(folder: Path) -> bool:
    """Return whether we may read the contents of a folder; print a message, once, if not."""
    if os.access(folder, os.R_OK | os.X_OK):
        return True
    if folder.exists():
        say(f"{folder} may not be read and is left out; change its permissions.")
    else:
        say(f"{folder} is a link to {folder.readlink()}, which is not there, and is left out; bring that back.")
    return False


def folders_in(folder: Path) -> list[Path]:
    """Return the folders in a folder that we may read, sorted by name; print a message on those that we may not.

    A link that leads nowhere counts as a folder, unless it has the ending of a file.
    """
    inside = visible_in(folder)
    return [each for each in inside if (each.is_dir() or _is_lost(each)) and may_enter(each)]


def _is_lost(path: Path) -> bool:
    return path.is_symlink() and not path.exists() and not path.suffix


def require_folder(folder: Path, needed: int = 0) -> None:
    """Raise ReverieError unless a folder, which need not be there yet, can be written to; nothing is left in it.

    Parameters
    ----------
    folder
        Where something is going to be written.
    needed
        Bytes it will take, where that is known.
    """
    _try(folder, folder)
    require_space(folder, needed)


PAGE = b"<!doctype html"
"""What our pages begin with."""


def require_file(path: Path, mark: bytes) -> None:
    """Raise ReverieError unless a file of this name can be written without replacing one of another kind.

    Parameters
    ----------
    path
        The file, which need not be there yet.
    mark
        Bytes at the start of files of this kind, by which a file that may be replaced is recognised.
    """
    if path.is_dir():
        raise ReverieError(f"{path} is a folder, where a file is to be written; name a file in it.")
    _try(path.parent, path)
    if path.is_file() and path.stat().st_size:
        with path.open("rb") as stream:
            start = stream.read(PROBE)
        if mark not in start:
            raise ReverieError(f"{path} exists already and is of another kind; choose another name to write to.")


def _try(folder: Path, named: Path) -> None:
    try:
        place = _nearest(folder)
        if not place.is_dir():
            raise ReverieError(f"{place} is a file, where a folder was expected; choose another one.")
        with tempfile.TemporaryFile(dir=place) as stream:
            stream.write(bytes(PROBE))
            stream.flush()
    except OSError as error:
        raise ReverieError(
            f"{named} cannot be written ({error.strerror or error}); free some space or choose another folder."
        ) from error


def require_space(folder: Path, needed: int) -> None:
    """Raise ReverieError when the disk of a folder has fewer bytes free than needed."""
    free = shutil.disk_usage(_nearest(folder)).free
    if needed > free:
        raise ReverieError(
            f"{folder} needs {needed / 1e9:.3g} GB but its disk has {free / 1e9:.3g} GB free; "
            "make room or choose another folder."
        )


def _nearest(folder: Path) -> Path:
    """Return the folder itself or the nearest existing one above it."""
    for place in (folder, *folder.absolute().parents):
        if place.exists():
            return place
        if place.is_symlink():
            raise ReverieError(f"{place} is a link to {place.readlink()}, which is not there; choose another folder.")
    raise ReverieError(f"{folder} cannot be reached; choose another folder.")


@contextmanager
def building(folder: Path) -> Iterator[Path]:
    """Yield a hidden folder beside ``folder`` to write into; it takes the name of ``folder`` when the block ends.

    Where the block fails nothing is left.

    Raises
    ------
    ReverieError
        When ``folder`` exists and is not empty, or something cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ReverieError(f"{folder} exists already; choose another folder or remove it first.")
    hidden = folder.with_name(f".{folder.name}.partial")
    try:
        with locked(hidden, folder):
            try:
                clear(hidden)
                yield hidden
                if folder.exists():
                    folder.rmdir()
                hidden.rename(folder)
            finally:
                shutil.rmtree(hidden, ignore_errors=True)
    except OSError as error:
        raise ReverieError(f"{folder} could not be written ({error.strerror or error}); choose another.") from error


@contextmanager
def locked(hidden: Path, named: Path) -> Iterator[None]:
    """Lock a folder in which something is made, so that no other process makes the same there at the same time.

    Parameters
    ----------
    hidden
        The folder; it is made where it is not there yet.
    named
        What is made, for the message.

    Raises
    ------
    ReverieError
        When another process holds the lock.
    """
    hidden.mkdir(parents=True, exist_ok=True)
    with hold_folder(hidden) as mine:
        if not mine:
            raise ReverieError(f"{named} is being written by another process; wait for it, or choose another folder.")
        yield


def clear(folder: Path) -> None:
    """Remove everything in a folder, but not the folder itself, which another process may hold."""
    for left in folder.iterdir():
        shutil.rmtree(left) if left.is_dir() and not left.is_symlink() else left.unlink()
