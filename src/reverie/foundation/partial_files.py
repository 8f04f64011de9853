"""Files being written: each is locked by its writer, so that files of a killed one can be recognised and removed."""

import hashlib
import os
import platform
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import IO

try:
    import fcntl
except ImportError:  # Windows, where a file that is open cannot be removed
    fcntl = None  # type: ignore[assignment]

SUFFIX = ".partial"

HOST = hashlib.sha256(platform.node().encode(errors="surrogateescape")).hexdigest()[:6]
"""Mark of this machine in file names: others that share a folder may not see its locks."""

FORGOTTEN = 86_400.0
"""Seconds after which a file that another machine began counts as left behind."""


def open_partial(folder: Path) -> tuple[Path, IO[bytes]]:
    """Open a new file in a folder, under a hidden name, and hold it until it is closed.

    Raises OSError when the folder takes no file.
    """
    while True:
        # Not `mkstemp`, whose files are private: to share them needs a chmod, which honours no umask and which file
        # systems without permissions refuse.
        path = folder / f".{HOST}-{secrets.token_hex(6)}{SUFFIX}"
        stream = path.open("xb")
        _hold(stream)
        if path.exists():
            return path, stream
        stream.close()  # another process removed it before it was locked


@lru_cache(maxsize=4096)
def sweep(folder: Path) -> None:
    """Remove what killed processes left in a folder, once per process, since a folder may hold very many files.

    Only files without a lock are removed; those begun on other machines, only after a day.
    """
    with suppress(OSError):
        left = [path for path in folder.iterdir() if path.name.startswith(".") and path.suffix == SUFFIX]
        for path in left:
            if path.is_file() and not path.is_symlink():
                _remove_forgotten(path)


def _remove_forgotten(path: Path) -> None:
    with suppress(OSError):
        if not path.name.startswith(f".{HOST}-") and time.time() - path.stat().st_mtime < FORGOTTEN:
            return
        with path.open("rb") as stream:
            if fcntl is not None:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()
        if os.name == "nt":
            path.unlink()


def _hold(stream: IO[bytes]) -> None:
    if fcntl is not None:
        with suppress(OSError):  # on file systems without locks nothing is removed
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def hold_folder(folder: Path) -> Iterator[bool]:
    """Lock a folder for the block; yield False when another process holds it, or has moved it away meanwhile."""
    if fcntl is None:
        yield True
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        yield _is_held(handle) and folder.exists() and folder.stat().st_ino == os.fstat(handle).st_ino
    finally:
        os.close(handle)


def _is_held(handle: int) -> bool:
    """Lock an open file, and return whether no other process has."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # file systems without locks, where nothing can be known
        return True
    return True
