"""Files that are not what their name says: pointers to data that were never fetched, web pages, empty copies."""

import re
from contextlib import suppress
from pathlib import Path

from reverie.foundation.errors import ReverieError

START = 1024
"""Number of bytes of a file that are examined."""

ANNEX_OBJECTS = re.compile(rb"^[./\\\w-]{0,200}annex[/\\]objects[/\\]")
"""What a git-annex pointer begins with: ``/annex/objects/KEY``, or the target of a link kept as text."""

LFS_POINTER = re.compile(rb"^version https://(git-lfs\.github\.com|hawser\.github\.com)/spec/")
"""What a Git LFS pointer begins with."""

WEB_PAGE = re.compile(rb"^(\xef\xbb\xbf)?\s*(<!--.*?-->\s*)?<(!doctype\s+html|html|head|body)\b", re.I | re.S)
"""What a web page begins with."""

SERVER_ERROR = re.compile(rb"^(\xef\xbb\xbf)?\s*(<\?xml[^>]*>\s*)?<Error>")
"""What cloud storage returns instead of a file that does not exist or may not be read."""


def read_start(path: Path) -> bytes:
    """Return the first bytes of a file that is there and holds data.

    Raises ReverieError when it is missing or cannot be read, and when it stands in for data that is not here: a
    git-annex or Git LFS pointer, a link to nothing, a web page saved under the file's name, or a file that is empty
    or holds nothing but zeros.
    """
    _require_plain(path)
    try:
        with path.open("rb") as stream:
            start = stream.read(START)
    except FileNotFoundError as error:
        _refuse_broken_link(path)
        raise ReverieError(f"{path} is missing; the folder is incomplete or not the one you meant.") from error
    except OSError as error:
        if isinstance(error, PermissionError) and not path.is_dir():  # Windows says the same of folders
            raise ReverieError(f"{path} may not be read; change its permissions.") from error
        raise ReverieError(
            f"{path} could not be read ({error.strerror or error}); is it the file you meant?"
        ) from error
    problem = describe_placeholder(start, path)
    if problem is not None:
        raise ReverieError(problem)
    return start


def describe_placeholder(start: bytes, path: Path) -> str | None:
    """Return one sentence on what a file is whose first bytes are these, or None when it may well hold data.

    >>> describe_placeholder(b"<html><body>Sign in", Path("model.pth"))
    'model.pth is a web page (a sign-in or error page?), not the file it is named after; download it again.'
    >>> describe_placeholder(b"PK", Path("model.pth")) is None
    True
    """
    if not start:
        return f"{path} is empty (0 bytes); copy or download it again."
    if ANNEX_OBJECTS.match(start):
        return _not_fetched(path, "git-annex", "git annex get")
    if LFS_POINTER.match(start):
        return _not_fetched(path, "Git LFS", "git lfs pull")
    if WEB_PAGE.match(start):
        return f"{path} is a web page (a sign-in or error page?), not the file it is named after; download it again."
    if SERVER_ERROR.match(start):
        return f"{path} is the error message of a server, not the file it is named after; download it again."
    if len(start) >= 16 and not any(start):
        return f"{path} begins with nothing but zeros, so its copy was interrupted; copy or download it again."
    return None


def _not_fetched(path: Path, kind: str, remedy: str) -> str:
    return f"The data of {path} was not fetched (it is a {kind} pointer); run `{remedy}` in its folder first."


def _require_plain(path: Path) -> None:
    """Raise ReverieError for a pipe or a device, which may never end."""
    with suppress(OSError, ValueError):
        if path.exists() and not path.is_file() and not path.is_dir():
            raise ReverieError(f"{path} is a pipe or a device, where a file was expected; put the file in its place.")


def _refuse_broken_link(path: Path) -> None:
    if not path.is_symlink():
        return
    target = path.readlink()
    if {"annex", "objects"} <= set(target.parts):
        raise ReverieError(_not_fetched(path, "git-annex", "git annex get"))
    raise ReverieError(f"{path} is a link to {target}, which is not there; bring that back or copy the file itself.")
