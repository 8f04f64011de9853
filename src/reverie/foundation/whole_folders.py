"""Folders that appear only once they are whole."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reverie.foundation.errors import ReverieError


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
        shutil.rmtree(hidden, ignore_errors=True)
        yield hidden
        if folder.exists():
            folder.rmdir()
        hidden.rename(folder)
    except OSError as error:
        raise ReverieError(f"{folder} could not be written ({error.strerror or error}); choose another.") from error
    finally:
        shutil.rmtree(hidden, ignore_errors=True)
