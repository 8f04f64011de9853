"""Opening other people's files of weights without running code that may be hidden in them."""

import argparse
import collections
import pickle
import re
import types
import warnings
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load as load_tensors
from torch.serialization import safe_globals

from reverie.foundation.errors import ReverieError
from reverie.foundation.placeholders import read_start

ADVICE = "save its weights alone, with torch.save(model.state_dict(), …), and import those"

OTHER_KINDS = {
    b"\x89HDF": "an HDF5 file",
    b"\x1f\x8b": "compressed by gzip: unpack it first",
    b"BZh": "compressed by bzip2: unpack it first",
    b"\xfd7zXZ": "compressed by xz: unpack it first",
    b"7z\xbc\xaf": "a 7z archive: unpack it first",
    b"\x93NUMPY": "a numpy array",
}
"""First bytes of files that are sometimes given by mistake, and what these files are."""

CODE = re.compile(r"GLOBAL (?P<name>[\w.]+)|unrecognized|Can only build|Can only create|Can create new object")
"""Torch's messages on a file that needs more than tensors and plain values."""


def _as_text(*parts: str) -> str:
    return "/".join(parts)


def _harmless() -> list[Callable[..., Any] | tuple[Callable[..., Any], str]]:
    """Return the types allowed beside weights, in the settings of a training: plain data that cannot run code."""
    paths = ("PosixPath", "WindowsPath", "PurePosixPath", "PureWindowsPath", "Path")
    dtypes = [getattr(np.dtypes, name) for name in np.dtypes.__all__ if name != "ObjectDType"]
    return [
        *((_as_text, f"{module}.{name}") for module in ("pathlib", "pathlib._local") for name in paths),
        *((np._core.multiarray.scalar, f"numpy.{core}.multiarray.scalar") for core in ("core", "_core")),
        *((np._core.multiarray._reconstruct, f"numpy.{core}.multiarray._reconstruct") for core in ("core", "_core")),
        *(kind for kind in dtypes if isinstance(kind, type)),
        np.dtype,
        np.ndarray,
        collections.defaultdict,
        argparse.Namespace,
        types.SimpleNamespace,
    ]


def read_container(path: Path) -> Mapping[str, Any]:
    """Load a checkpoint of torch, or a safetensors file, from tensors and plain values alone.

    Raises ReverieError, naming the true cause, when the file is missing, cut short, no checkpoint, or asks for code.
    """
    start = read_start(path)
    if start[8:9] == b"{" and path.suffix == ".safetensors":
        return _load_tensors(path)
    _refuse_other_kinds(path, start)
    try:
        with warnings.catch_warnings(), safe_globals(_harmless()):
            # Before torch refuses an unusual pickle, it warns about it.
            warnings.simplefilter("ignore")
            content = torch.load(path, map_location="cpu", weights_only=True)
    except MemoryError:
        raise
    except Exception as error:  # a damaged archive or pickle raises many kinds of error
        raise ReverieError(_cause(path, error)) from error
    if not isinstance(content, Mapping):
        raise ReverieError(f"{path} holds a {type(content).__name__}, where a published checkpoint was expected.")
    return content


def _load_tensors(path: Path) -> Mapping[str, Any]:
    try:
        return load_tensors(path.read_bytes())
    except Exception as error:  # the library's own kinds of error, and those of a damaged header
        raise ReverieError(f"{path} could not be read as safetensors ({error}); download it again.") from error


def _refuse_other_kinds(path: Path, start: bytes) -> None:
    for beginning, kind in OTHER_KINDS.items():
        if start.startswith(beginning):
            raise ReverieError(f"{path} is not a torch checkpoint but {kind}.")
    if start.startswith(b"PK"):
        _refuse_other_archives(path)
    elif start[257:262] == b"ustar":
        raise ReverieError(f"{path} is not a torch checkpoint but a tar archive: unpack it first.")
    elif start[:1] == b"\x80" and start[1:2] > b"\x02":
        raise ReverieError(f"{path} was refused: it is a plain pickle, and to open it could execute code; {ADVICE}.")
    elif not start.startswith(b"\x80"):
        raise ReverieError(f"{path} is not a torch checkpoint (it begins with {start[:12]!r}); download it again.")


def _refuse_other_archives(path: Path) -> None:
    """Raise ReverieError when a zip archive is cut short, or is another kind of archive than torch writes."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise ReverieError(f"{path} is cut short or damaged ({error}); copy or download it again.") from error
    if any(name.endswith("/constants.pkl") for name in names):
        raise ReverieError(
            f"{path} was refused: it is a TorchScript program, and to run it would execute code; {ADVICE}."
        )
    if not any(name.endswith("/data.pkl") for name in names):
        listed = ", ".join(names[:3]) or "nothing"
        raise ReverieError(f"{path} is a zip archive that holds {listed}; unpack it and give the file inside.")


def _cause(path: Path, error: Exception) -> str:
    global_asked_for = CODE.search(str(error)) if isinstance(error, pickle.UnpicklingError) else None
    if "Unsupported operand" in str(error):
        return f"{path} was saved in a way that cannot be read without executing it; {ADVICE}."
    if global_asked_for is None:
        return f"{path} is cut short or damaged, or not a torch checkpoint; copy or download it again."
    name = global_asked_for["name"] or "objects of its own"
    return f"{path} was refused: it asks for {name}, and to load that could execute code hidden in it; {ADVICE}."
