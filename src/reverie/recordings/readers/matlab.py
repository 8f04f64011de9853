"""Arrays in MATLAB files, old (version 5 to 7) and new (7.3, which are HDF5), but neither code nor objects."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import h5py
import numpy as np
import scipy.io

from reverie.foundation.errors import reading_foreign
from reverie.foundation.placeholders import read_start
from reverie.recordings.readers.stored import require_stored
from reverie.recordings.signals import REAL
from reverie.recordings.source import Pictures

NUMBERS: Final = (
    "double",
    "single",
    "logical",
    *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)),
)
"""MATLAB classes of numbers."""

LEAST_AXES: Final = 3
"""Fewest axes of a movie; arrays with fewer are not read."""


def read_mat(path: Path) -> Mapping[str, Pictures]:
    """Return the arrays of numbers with three axes or more, with axes in MATLAB's order.

    Raises ReverieError when it is no such file.
    """
    read_start(path)
    with reading_foreign(path):
        if h5py.is_hdf5(path):
            file = h5py.File(path, "r")
            arrays = {name: item for name, item in file.items() if isinstance(item, h5py.Dataset)}
            fitting = {name: item for name, item in arrays.items() if item.dtype.kind in REAL}
            movies = {name: item for name, item in fitting.items() if item.ndim >= LEAST_AXES}
            return {name: Turned(require_stored(item, f"{path}:{name}")) for name, item in movies.items()}
        named = scipy.io.whosmat(str(path))
        names = [name for name, shape, kind in named if kind in NUMBERS and len(shape) >= LEAST_AXES]
        return {name: scipy.io.loadmat(str(path), variable_names=[name])[name] for name in names}


class Turned:
    """An array stored with its axes in reverse order, read by parts."""

    def __init__(self, stored: Pictures) -> None:
        self.stored = stored
        self.shape, self.dtype = tuple(stored.shape[::-1]), stored.dtype

    def __getitem__(self, key: object) -> np.ndarray:
        """Return a part; ``key`` slices some of the first axes, or indexes one."""
        keys = key if isinstance(key, tuple) else (key,)
        every = (*keys, *[slice(None)] * (len(self.shape) - len(keys)))
        return np.asarray(self.stored[every[::-1]]).T
