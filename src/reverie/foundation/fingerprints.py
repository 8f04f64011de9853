"""Identifying things by their contents: hashes that do not depend on paths or names."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from reverie.foundation.errors import ReverieError

DIGITS = 16
"""Hexadecimal digits kept of a hash: 64 bits, enough to tell apart all files of a laboratory."""


def digest(*arrays: np.ndarray) -> str:
    """Return the hash of the shapes, types and contents of arrays, in their order.

    >>> digest(np.zeros(3)) == digest(np.zeros(3)), digest(np.zeros(3)) == digest(np.zeros(4))
    (True, False)
    """
    total = hashlib.sha256()
    for array in arrays:
        total.update(str((array.shape, array.dtype.newbyteorder("="))).encode())
        total.update(np.ascontiguousarray(array).view(np.uint8).data if array.size else b"")
    return total.hexdigest()[:DIGITS]


def bytes_digest(content: bytes) -> str:
    """Return the hash of the contents of a file that is in memory; see ``file_digest``."""
    return hashlib.sha256(content).hexdigest()[:DIGITS]


def digest_of(description: Mapping[str, Any]) -> str:
    """Return the hash of a description that JSON can hold; the order of its keys does not matter.

    >>> digest_of({"a": 1, "b": [2]}) == digest_of({"b": (2,), "a": 1})
    True
    """
    text = json.dumps(description, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]


def arrays_digest(arrays: Mapping[str, np.ndarray]) -> str:
    """Return the hash of named arrays.

    >>> arrays_digest({"a": np.zeros(3)}) == arrays_digest({"b": np.zeros(3)})
    False
    """
    return digest_of({name: digest(np.asarray(array)) for name, array in arrays.items()})


def seed_of(name: str) -> int:
    """Return a seed derived from a name, so that random numbers drawn under different names are independent.

    >>> seed_of("mouse1/3") == seed_of("mouse1/3"), seed_of("mouse1/3") == seed_of("mouse1/4")
    (True, False)
    """
    return int.from_bytes(hashlib.sha256(name.encode(errors="surrogateescape")).digest()[:8])


def file_digest(path: Path) -> str:
    """Return the hash of a file's contents; raises ReverieError when it cannot be read."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()[:DIGITS]
    except OSError as error:
        raise ReverieError(f"{path} cannot be read ({error.strerror}); is this the folder you meant?") from error
