"""Fetching one large file over HTTP so that an interruption costs nothing."""

import errno
import hashlib
import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from reverie.foundation.errors import ReverieError
from reverie.foundation.files import read_text, write_text
from reverie.foundation.folders import require_space
from reverie.foundation.progress import say, tracked

PIECE = 1 << 20
"""Bytes read at once."""

TIMEOUT_SECONDS = 60.0


def fetch(url: str, target: Path, *, retries: int = 5, pause: float = 1.0) -> None:
    """Fetch ``url`` into ``target``; what an earlier attempt left in ``.part`` is used.

    A target that is there already is not fetched again. The size is checked against what the server declares, and the
    hash is recorded beside the file (``.sha256``, as ``sha256sum`` reads it). Fetching fails when ``retries``
    repetitions in a row bring nothing new; before each there is a pause, first of ``pause`` seconds and then doubling
    every time. Raises ReverieError when the server does not have the file or fails again and again, or when the disk is
    too small.
    """
    if target.exists():
        return
    part = target.with_name(target.name + ".part")
    attempts, furthest = 0, part.stat().st_size if part.exists() else 0
    while True:
        try:
            _continue(url, part)
            break
        except (OSError, http.client.HTTPException) as error:
            reached = part.stat().st_size if part.exists() else 0
            attempts = 1 if reached > furthest else attempts + 1
            furthest = max(furthest, reached)
            if attempts > retries or _is_final(error):
                raise ReverieError(
                    f"{url} could not be fetched ({_reason(error)}); try again later, and it resumes where it stopped."
                ) from error
            say(f"{url}: {_reason(error)}; trying again.")
            time.sleep(pause * 2 ** (attempts - 1))
    _accept(part, target)


def _continue(url: str, part: Path) -> None:
    """Fetch what is missing of a file; raises OSError or HTTPException when the connection fails or ends early."""
    start = part.stat().st_size if part.exists() else 0
    mark = _mark_of(part)
    headers = {"Range": f"bytes={start}-"} if start else {}
    if start and mark.exists():
        # If the file on the server has changed since, the server answers with all of it instead of the rest.
        headers["If-Range"] = read_text(mark)
    try:
        response = urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=TIMEOUT_SECONDS)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE and start:
            if error.headers.get("Content-Range", "") == f"bytes */{start}":
                return
            part.unlink()
            raise ConnectionError("the part fetched before is longer than the file; starting over") from error
        raise
    with response:
        resumed = response.status == http.client.PARTIAL_CONTENT
        if resumed and not response.headers.get("Content-Range", "").startswith(f"bytes {start}-"):
            part.unlink()
            raise ConnectionError("the server sent another part than asked for; starting over")
        start = start if resumed else 0
        _receive(response, part, start, url)


def _receive(response: http.client.HTTPResponse, part: Path, start: int, url: str) -> None:
    """Write a response behind the first ``start`` bytes of a file."""
    declared = response.headers.get("Content-Length")
    left = int(declared) if declared and declared.isdecimal() else None
    validator = response.headers.get("ETag") or response.headers.get("Last-Modified")
    if validator and not validator.startswith("W/"):
        write_text(_mark_of(part), validator)
    else:
        _mark_of(part).unlink(missing_ok=True)
    require_space(part, left or 0)
    with part.open("ab" if start else "wb") as stream:
        pieces = -(-(start + (left or 0)) // PIECE)
        for piece in tracked(_pieces(response), pieces, f"{url.rsplit('/', 1)[-1]} (MiB)", done=start // PIECE):
            stream.write(piece)
        received = stream.tell() - start
    if left is not None and received != left:
        raise ConnectionError(f"it ended after {received} of {left} bytes")


def _pieces(response: http.client.HTTPResponse) -> Iterator[bytes]:
    while piece := response.read(PIECE):
        yield piece


def _accept(part: Path, target: Path) -> None:
    """Record the hash of a whole file, and give the file its name."""
    with part.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    _mark_of(part).unlink(missing_ok=True)
    write_text(target.with_name(target.name + ".sha256"), f"{found}  {target.name}\n")
    part.replace(target)


def _mark_of(part: Path) -> Path:
    """Return the file that remembers which version of the file on the server a part belongs to."""
    return part.with_name(part.name + ".version")


def _is_final(error: Exception) -> bool:
    """Return whether trying again is pointless: the server refused the request, or the disk is full."""
    if isinstance(error, urllib.error.HTTPError):
        return 400 <= error.code < 500 and error.code not in (408, 416, 429)
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS)


def _reason(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"the server answers {error.code} {error.reason}"
    if isinstance(error, urllib.error.URLError):
        return str(error.reason)
    return str(error) or type(error).__name__
