"""Folders to write to: found unfit before the work begins, not after it."""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Final

from reverie.foundation.errors import ReverieError
from reverie.foundation.partial_files import SUFFIX

LITTER: Final = (".DS_Store", ".localized", "Thumbs.db", "desktop.ini", ".directory")
"""What file managers leave in a folder that somebody looked at."""

PROBE: Final = 1 << 16
"""Bytes written to see whether a disk takes any."""


def holds_nothing(folder: Path) -> bool:
    """Tell whether a folder is missing or holds nothing but what file managers and killed processes leave behind.

    Raises ReverieError when it is a file or cannot be read.
    """
    try:
        return all(is_litter(entry) or entry.name.endswith(SUFFIX) for entry in folder.iterdir())
    except FileNotFoundError:
        return True
    except NotADirectoryError as error:
        raise ReverieError(f"{folder} is a file, where a folder was expected; choose another one.") from error
    except OSError as error:
        raise ReverieError(f"{folder} cannot be read ({error.strerror}); choose another folder.") from error


def require_own(folder: Path, what: str, *signs: str) -> None:
    """Raise ReverieError where a folder holds things, but none that shows that they are ours: nothing is mixed up.

    Parameters
    ----------
    folder
        Where something is going to be written.
    what
        What is written there, in a word.
    signs
        Patterns of files of which there is one where we wrote before.

    """
    if not holds_nothing(folder) and not any(any(folder.glob(sign)) for sign in signs):
        raise ReverieError(f"{folder} is not empty and holds no {what} of ours; choose another --out.")


def is_litter(path: Path) -> bool:
    """Tell whether a file was left behind by a file manager.

    >>> is_litter(Path("data/.DS_Store")), is_litter(Path("data/0.npy"))
    (True, False)
    """
    return path.name in LITTER or path.name.startswith("._")


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


def require_file(path: Path) -> None:
    """Raise ReverieError unless a file of this name, which need not be there yet, can be written; see above."""
    if path.is_dir():
        raise ReverieError(f"{path} is a folder, where a file is to be written; name a file in it.")
    _try(path.parent, path)


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


def cache_folder() -> Path:
    """Return where this user's programs keep what they can make again; it need not be there yet.

    ``XDG_CACHE_HOME`` or the home folder decides; without either it is a folder of this user's own among the temporary
    files.
    """
    if named := os.environ.get("XDG_CACHE_HOME"):
        return Path(named) / "reverie"
    try:
        return Path.home() / ".cache" / "reverie"
    except RuntimeError:
        return Path(tempfile.gettempdir()) / f"reverie-{os.getuid() if hasattr(os, 'getuid') else 'user'}"


def _nearest(folder: Path) -> Path:
    """Return the folder itself or the nearest one above it that is there."""
    for place in (folder, *folder.absolute().parents):
        if place.exists():
            return place
        if place.is_symlink():
            raise ReverieError(f"{place} is a link to {place.readlink()}, which is not there; choose another folder.")
    raise ReverieError(f"{folder} cannot be reached; choose another folder.")
