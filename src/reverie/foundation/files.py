"""Reading and writing files so that a bad one is named and a good one is never lost.

Text is UTF-8 on every system. Placeholders for data that are missing (pointers, web pages) are recognised.
"""

import errno
import io
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd

from reverie.foundation.errors import NoSpace, ReverieError
from reverie.foundation.fingerprints import arrays_digest, bytes_digest, digest_of
from reverie.foundation.partial_files import open_partial, sweep
from reverie.foundation.placeholders import read_start

FULL = (errno.ENOSPC, errno.EDQUOT)
"""Errors of a disk, or a quota, that is full."""

LOSSES = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG, errno.ESTALE)
"""Errors of fsync that mean lost data; any other means only that the file system does not support it (CIFS, FUSE)."""

NO_RENAMING = (errno.ENOSYS, errno.ENOTSUP, errno.EPERM)
"""Errors of rename on file systems without it; there a file appears as soon as it is closed."""

CHECKSUM = "checksum"
"""Key of the checksum in our own records and archives."""

CUT_SHORT = ("mmap length", "cannot reshape", "EOF")
"""Numpy's messages on an array whose file ends too early."""


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Open a temporary file beside ``path`` that takes its place only once it is whole and on the disk.

    An interruption at any moment leaves either the old file or the new one, never half of one; what a killed process
    left in the folder is removed by the next one that writes there. Permissions are those the umask and the folder give
    to any new file.
    Raises NoSpace when the disk is full, and ReverieError when the folder cannot be written.
    """
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        sweep(path.parent.absolute())
        temporary, opened = open_partial(path.parent)
        with opened as stream:
            yield stream
            stream.flush()
            _synchronise(stream)
        _move(temporary, path)
    except OSError as error:
        kind = NoSpace if error.errno in FULL else ReverieError
        raise kind(
            f"{path} could not be written ({error.strerror or error}); free some space or choose another folder."
        ) from error
    finally:
        with suppress(OSError):
            if temporary is not None:
                temporary.unlink(missing_ok=True)


def _synchronise(stream: IO[bytes]) -> None:
    try:
        os.fsync(stream.fileno())
    except OSError as error:
        if error.errno in LOSSES:
            raise


def _move(source: Path, target: Path) -> None:
    try:
        source.replace(target)
    except OSError as error:
        if error.errno not in NO_RENAMING:
            raise
        shutil.copyfile(source, target)


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 text file whole or not at all.

    Bytes of file names that are no UTF-8 are written as ``\\udcXX``, since a text file must be readable everywhere.
    """
    write_bytes(path, text.encode("utf-8", errors="backslashreplace"))


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    with replacing(path) as stream:
        stream.write(content)


def read_text(path: Path) -> str:
    """Read a UTF-8 text file; raises ReverieError when it is missing, is not UTF-8 or stands in for one."""
    read_start(path)
    try:
        return path.read_text(encoding="utf-8-sig")  # programs on Windows put a byte order mark in front
    except (OSError, ValueError) as error:
        raise ReverieError(f"{path} could not be read as UTF-8 text ({error}); make it again.") from error


def write_json(path: Path, content: object) -> None:
    """Write a JSON file whole or not at all."""
    write_text(path, json.dumps(content, indent=2) + "\n")


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON file that holds one object.

    Raises ReverieError when it is missing or is not JSON.
    """
    text = read_text(path)
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ReverieError(f"{path} could not be read as JSON ({error}); make it again.") from error
    if not isinstance(content, dict):
        raise ReverieError(f"{path} should hold one JSON object but holds a {type(content).__name__}.")
    return content


def write_record(path: Path, content: Mapping[str, Any]) -> None:
    """Write a JSON file of our own, with a checksum by which ``read_record`` notices every change."""
    plain = json.loads(json.dumps(content))  # as the file will hold it: lists for tuples
    write_json(path, {**plain, CHECKSUM: digest_of(plain)})


def read_record(path: Path) -> dict[str, Any]:
    """Read a JSON file that ``write_record`` wrote; one without a checksum is taken as it is.

    Raises ReverieError when it is missing or damaged, or is not what was written.
    """
    content = read_json(path)
    if content.pop(CHECKSUM, None) not in (None, digest_of(content)):
        raise ReverieError(f"{damaged_sentence(path)} To keep what you edited, delete its line {CHECKSUM!r}.")
    return content


def damaged_sentence(path: Path) -> str:
    """Return the sentence about one of our files that was damaged or edited."""
    return f"{path} is not what was written (its checksum differs), so it was damaged or edited; make it again."


def read_npy(path: Path, *, memory_map: bool = True) -> np.ndarray:
    """Read one ``.npy`` array, memory-mapped by default; pickled objects are refused.

    Raises ReverieError when the file is missing, truncated, not an array, or an array of objects.
    """
    start = read_start(path)
    # Without this check numpy takes any other file for a pickle, and its message advises to load it unsafely.
    if start.startswith(b"PK"):
        raise ReverieError(f"{path} is an archive of arrays, where a single array was expected.")
    if not start.startswith(b"\x93NUMPY"):
        raise ReverieError(f"{path} is not a numpy array file; write it again with numpy.save.")
    try:
        with np.errstate(all="ignore"):  # sizes that no memory could hold overflow
            array: np.ndarray = np.load(path, mmap_mode="r" if memory_map else None, allow_pickle=False)
    except (OSError, ValueError, EOFError, TypeError, ArithmeticError) as error:
        _refuse_objects(path, error)
        if any(sign in str(error) for sign in CUT_SHORT):
            raise ReverieError(f"{path} is cut short at {path.stat().st_size} bytes; copy it again.") from error
        raise ReverieError(f"{path} could not be read as a numpy array ({error}); copy or write it again.") from error
    return array


def write_npy(path: Path, array: np.ndarray) -> None:
    """Write one ``.npy`` array whole or not at all."""
    with replacing(path) as stream:
        np.save(stream, array, allow_pickle=False)


def read_npz(path: Path) -> dict[str, np.ndarray]:
    """Read every array of an ``.npz`` archive; pickled objects are refused.

    Raises ReverieError when the file is missing, truncated or not such an archive, or when ``write_npz`` sealed other
    arrays in it.
    """
    # Without this check numpy takes any other file for a pickle.
    if not read_start(path).startswith(b"PK"):
        raise ReverieError(f"{path} is not an .npz archive of arrays; make it again.")
    try:
        # Opened here, since numpy leaves a file open that proves to be no archive.
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
            arrays = {name: np.asarray(archive[name]) for name in archive.files}
    except MemoryError:
        raise
    except Exception as error:  # zipfile raises many kinds of error on a damaged archive
        _refuse_objects(path, error)
        raise ReverieError(f"{path} could not be read as an .npz archive ({error}); make it again.") from error
    seal = arrays.pop(CHECKSUM, None)
    if seal is not None and str(seal) != arrays_digest(arrays):
        raise ReverieError(damaged_sentence(path))
    return arrays


def write_npz(path: Path, arrays: Mapping[str, np.ndarray], *, sealed: bool = True) -> None:
    """Write an ``.npz`` archive whole or not at all.

    It is not compressed: movies and weights would shrink by an eighth, and take sixty times as long.

    Parameters
    ----------
    sealed
        With a checksum by which ``read_npz`` notices every change; files for other programs need none.
    """
    extra = {CHECKSUM: np.array(arrays_digest(arrays))} if sealed else {}
    with replacing(path) as stream:
        np.savez(stream, **arrays, **extra)  # type: ignore[arg-type]


def read_table(path: Path, columns: Sequence[str], expected: str | None = None) -> pd.DataFrame:
    """Read a csv file.

    Raises ReverieError when it is missing, empty or damaged, lacks one of the columns, or has not the expected digest.
    """
    text = read_text(path)
    if expected is not None and expected != bytes_digest(text.encode()):
        raise ReverieError(damaged_sentence(path))
    try:
        table = pd.read_csv(io.StringIO(text))
    except ValueError as error:
        raise ReverieError(f"{path} could not be read as a table ({str(error).strip()}); make it again.") from error
    lacking = [column for column in columns if column not in table]
    if lacking:
        raise ReverieError(f"{path} lacks the column {lacking[0]!r}; make it again.")
    return table


def _refuse_objects(path: Path, error: Exception) -> None:
    """Raise our own error for numpy's on pickled objects, whose message advises to load them."""
    if "allow_pickle" in str(error) or "Python objects" in str(error):
        raise ReverieError(
            f"{path} holds Python objects, which may hide code; write plain numbers or text instead."
        ) from error
