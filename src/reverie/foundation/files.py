"""Reading and writing files so that a bad one is named and a good one is never lost."""

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np

from reverie.foundation.errors import ReverieError


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Open a temporary file beside ``path`` that takes its place only once it is whole and on the disk.

    An interruption at any moment leaves either the old file or the new one, never half of one.
    Raises ReverieError when the folder cannot be written or the disk is full.
    """
    temporary: str | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(descriptor, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except OSError as error:
        raise ReverieError(
            f"{path} could not be written ({error.strerror or error}); free some space or choose another folder."
        ) from error
    finally:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file whole or not at all."""
    with replacing(path) as stream:
        stream.write(text.encode())


def write_json(path: Path, content: object) -> None:
    """Write a JSON file whole or not at all."""
    write_text(path, json.dumps(content, indent=2) + "\n")


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON file that holds one object.

    Raises ReverieError when it is missing or is not JSON.
    """
    try:
        content = json.loads(path.read_text())
    except FileNotFoundError as error:
        raise ReverieError(f"{path} is missing; is this the folder you meant?") from error
    except (OSError, ValueError) as error:
        raise ReverieError(f"{path} could not be read as JSON ({error}); make it anew.") from error
    if not isinstance(content, dict):
        raise ReverieError(f"{path} should hold one JSON object but holds a {type(content).__name__}.")
    return content


def read_npy(path: Path, *, memory_map: bool = True) -> np.ndarray:
    """Read one ``.npy`` array, memory-mapped unless told otherwise; pickled objects are refused.

    Raises ReverieError when the file is missing, truncated, not an array, or an array of objects.
    """
    try:
        # Without this check numpy takes any other file for a pickle, and its message advises to load it unsafely.
        with path.open("rb") as stream:
            start = stream.read(6)
        if start.startswith(b"PK"):
            raise ReverieError(f"{path} is an archive of arrays, where a single array was expected.")
        if start != b"\x93NUMPY":
            raise ReverieError(f"{path} is not a numpy array file; write it again with numpy.save.")
        array: np.ndarray = np.load(path, mmap_mode="r" if memory_map else None, allow_pickle=False)
    except FileNotFoundError as error:
        raise ReverieError(f"{path} is missing; the recording is incomplete.") from error
    except (OSError, ValueError, EOFError) as error:
        raise ReverieError(f"{path} could not be read as a numpy array ({error}); copy or write it again.") from error
    return array


def write_npy(path: Path, array: np.ndarray) -> None:
    """Write one ``.npy`` array whole or not at all."""
    with replacing(path) as stream:
        np.save(stream, array, allow_pickle=False)


def read_npz(path: Path) -> dict[str, np.ndarray]:
    """Read every array of an ``.npz`` archive; pickled objects are refused.

    Raises ReverieError when the file is missing, truncated or not such an archive.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except FileNotFoundError as error:
        raise ReverieError(f"{path} is missing; is this the file you meant?") from error
    except Exception as error:  # zipfile raises many kinds of error on a damaged archive
        raise ReverieError(f"{path} could not be read as an .npz archive ({error}); make it anew.") from error


def write_npz(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write an ``.npz`` archive (compressed) whole or not at all."""
    with replacing(path) as stream:
        np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]
