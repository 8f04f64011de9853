"""Folders of this user in which files are kept from one process to the next."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from reverie.foundation.progress import say

WRITABLE_BY_OTHERS = 0o022
"""The bits of a file's mode by which its group and everybody else may write to it."""


def cache_folder() -> Path:
    """Return this user's cache folder, for files that can be made again; it need not exist yet.

    ``XDG_CACHE_HOME`` or the home folder decides; without either it is a folder of this user's own among the temporary
    files.
    """
    return next(_candidates("reverie"))


def cache_folders(name: str) -> Iterator[Path]:
    """Yield the folders in which files may be kept from one process to the next, the best first.

    They are ``name`` in the user's cache (XDG_CACHE_HOME, or ~/.cache where there is a home) and ``name-<user id>``
    among the temporary files. Each is made, for this user only, just before it is yielded; one that cannot be made is
    left out. One that belongs to somebody else, or that others may write to, is left out too, with a message.
    """
    for folder in _candidates(name):
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            folder.mkdir(mode=0o700, exist_ok=True)
            own = is_own(folder)
        except OSError:
            continue
        if own:
            yield folder
        else:
            say(
                f"{folder} is not used, since it belongs to another user or others may write to it; another folder is "
                "used in its place until it is deleted."
            )


def is_own(path: Path) -> bool:
    """Return whether a file or folder belongs to this user and no other user may write to it.

    A link must be this user's too. Where the system has no user ids, everything counts as the user's own.
    """
    if not hasattr(os, "geteuid"):
        return True
    link, target = path.lstat(), path.stat()
    return link.st_uid == target.st_uid == os.geteuid() and not target.st_mode & WRITABLE_BY_OTHERS


def _candidates(name: str) -> Iterator[Path]:
    named = os.environ.get("XDG_CACHE_HOME", "")
    if Path(named).is_absolute():
        yield Path(named) / name
    else:
        with suppress(RuntimeError):  # HOME is not set and the user has no account, as in a container
            yield Path.home() / ".cache" / name
    user = os.geteuid() if hasattr(os, "geteuid") else "user"
    yield Path(tempfile.gettempdir()) / f"{name}-{user}"
