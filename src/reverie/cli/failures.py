"""What a failure is called: one sentence for what could be foreseen, a file with the details for what could not."""

import errno
import platform
import shlex
import sys
import tempfile
import traceback
from collections.abc import Callable
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from reverie.foundation.errors import ReverieError

OUT_OF_MEMORY: Final = ("out of memory", "can't allocate memory", "cannot allocate memory")
"""What torch says, on any device, when it gets no memory; some of its versions have no class of error for it."""

VERSIONS: Final = ("reverie", "torch", "numpy", "scipy", "av", "pandas")
"""Packages whose version a report should name."""


def explain(error: BaseException) -> str | None:
    """Return one sentence on a failure that could be foreseen, None for any other."""
    if isinstance(error, ReverieError):
        return str(error)
    if isinstance(error, MemoryError) or _says_out_of_memory(error):
        return (
            "The machine ran out of memory; give fewer trials at a time, use a smaller encoder, or another --device "
            "if it was a graphics card's."
        )
    if isinstance(error, ImportError):
        return f"A package is missing or does not fit the others ({error}); install reverie anew."
    if isinstance(error, OSError):
        return _explain_system(error)
    return None


def tell_unforeseen(error: BaseException) -> str:
    """Keep the details of a failure in a file and return one sentence that says where."""
    kind = traceback.format_exception_only(error)[-1].strip().splitlines()[0]
    details = _describe(error)
    place = _keep(details)
    if place is None:
        return f"Something went wrong that was not foreseen ({kind}). Please report it with what follows.\n{details}"
    return (
        f"Something went wrong that was not foreseen ({kind}); please report it to the project's issue tracker, "
        f"together with the details in {place}"
    )


def _says_out_of_memory(error: BaseException) -> bool:
    return isinstance(error, RuntimeError) and any(words in str(error).lower() for words in OUT_OF_MEMORY)


def _explain_system(error: OSError) -> str:
    place = f"{error.filename}: " if error.filename else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"{place}no space is left on the disk; free some and give the same command again."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"{place}may not be read or written ({error.strerror}); choose another folder or change its permissions."
    return f"{place}{error.strerror or error}; check the path and try again."


def _describe(error: BaseException) -> str:
    versions = ", ".join(f"{name} {_version(name)}" for name in VERSIONS)
    return "\n".join(
        [
            f"command: {shlex.join(sys.argv)}",
            f"versions: {versions}, python {platform.python_version()}, {platform.platform()}",
            "",
            *(line.rstrip("\n") for line in traceback.format_exception(error)),
            "",
        ]
    )


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _keep(details: str) -> Path | None:
    """Write the details into the working directory or, where that cannot be, the folder for temporary files."""
    name = f"reverie-error-{datetime.now():%Y%m%d-%H%M%S}.txt"
    folders: list[Callable[[], Path]] = [Path.cwd, lambda: Path(tempfile.gettempdir())]
    for folder in folders:
        try:
            place = folder() / name
            place.write_text(details, encoding="utf-8", errors="backslashreplace")
        except OSError:
            continue
        return place
    return None
