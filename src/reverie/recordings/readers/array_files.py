"""Movies as arrays in files: of numpy, of MATLAB (but neither code nor objects), and of HDF5."""

from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import scipy.io

from reverie.foundation.errors import ReverieError, reading_foreign, require_unlocked
from reverie.foundation.files import read_npy, read_npz
from reverie.foundation.placeholders import read_start
from reverie.recordings.signals import REAL
from reverie.recordings.source import SlicedArray

MATLAB = ".mat"
"""Ending of files whose movies are (height, width, time) by default."""

ARRAYS = (".npy", ".npz", ".h5", ".hdf5", MATLAB)
"""Endings of files that hold a movie as an array."""

ZARR = ("zarr.json", ".zgroup", ".zattrs", ".zarray", ".zmetadata")
"""Files of which every Zarr store contains one."""

NUMBERS = (
    "double",
    "single",
    "logical",
    *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)),
)
"""MATLAB classes of numbers."""

FILTERS = "hdf5plugin"
"""Package of the filters of HDF5 that h5py does not have, such as Blosc and Zstandard."""

MOVIE_AXES = (3, 4)
"""Numbers of axes of a movie, without and with colours; arrays with fewer are not read."""

SMALL = 2**30
"""Bytes that a data set may claim without a check, since they fit into any memory."""

DENSEST = 100_000
"""Compression ratio that no recording's values reach."""


def is_zarr(path: Path) -> bool:
    """Return whether a folder is a Zarr store."""
    return path.is_dir() and any((path / name).is_file() for name in ZARR)


def read_movie_array(path: Path) -> SlicedArray:
    """Return the only array in a file that may be a movie, in the axes' order of the file.

    Raises ReverieError when there is none, or several, or the file cannot be read.
    """
    ending = path.suffix.lower()
    if ending == ".npy":
        return read_npy(path)
    found = read_npz(path) if ending == ".npz" else _of_matlab(path) if ending == MATLAB else _of_hdf5(path)
    movies = {name: values for name, values in found.items() if len(values.shape) in MOVIE_AXES}
    if len(movies) != 1:
        what = ", ".join(movies) or "none"
        raise ReverieError(f"{path} should hold one array of three or four axes, but holds: {what}.")
    name, values = next(iter(movies.items()))
    return require_stored(values, f"{path}:{name}") if isinstance(values, h5py.Dataset) else values


def _of_hdf5(path: Path) -> dict[str, SlicedArray]:
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        require_unlocked(path, error)
        raise ReverieError(f"{path} could not be read as an HDF5 file ({error}); copy it again.") from error
    found: dict[str, SlicedArray] = {}
    file.visititems(lambda name, item: found.update({name: item}) if isinstance(item, h5py.Dataset) else None)
    linked = (name for name in file if isinstance(file.get(name, getlink=True), h5py.ExternalLink))
    return found | {name: item for name in linked if isinstance(item := file.get(name), h5py.Dataset)}


def _of_matlab(path: Path) -> dict[str, SlicedArray]:
    """Return the arrays of numbers that may be movies in a file of version 5 to 7, or 7.3, which is HDF5."""
    read_start(path)
    with reading_foreign(path):
        if h5py.is_hdf5(path):
            file = h5py.File(path, "r")
            arrays = {name: item for name, item in file.items() if isinstance(item, h5py.Dataset)}
            fitting = {name: item for name, item in arrays.items() if item.dtype.kind in REAL}
            movies = {name: item for name, item in fitting.items() if item.ndim >= min(MOVIE_AXES)}
            return {name: _Turned(require_stored(item, f"{path}:{name}")) for name, item in movies.items()}
        named = scipy.io.whosmat(str(path))
        names = [name for name, shape, kind in named if kind in NUMBERS and len(shape) >= min(MOVIE_AXES)]
        return {name: scipy.io.loadmat(str(path), variable_names=[name])[name] for name in names}


class _Turned:
    """An array stored with its axes in reverse order, read by parts."""

    def __init__(self, stored: SlicedArray) -> None:
        self.stored = stored
        self.shape, self.dtype = tuple(stored.shape[::-1]), stored.dtype

    def __getitem__(self, key: object) -> np.ndarray:
        """Return a part; ``key`` slices some of the first axes, or indexes one."""
        keys = key if isinstance(key, tuple) else (key,)
        every = (*keys, *[slice(None)] * (len(self.shape) - len(keys)))
        return np.asarray(self.stored[every[::-1]]).T


def _require_sources(data: Any, place: str) -> None:  # noqa: ANN401 - h5py ships no types
    """Raise ReverieError when a file of which a virtual data set is made is not where HDF5 looks for it."""
    folder = Path(data.file.filename).parent
    for named in sorted({source.file_name for source in data.virtual_sources()}):
        name = Path(named)
        if named == "." or "%" in named:  # itself, or a pattern of any number of names
            continue
        if not any(path.exists() for path in (folder / name, name, folder / name.name)):
            raise ReverieError(f"{place} is made of parts of {name}, which is not there; bring that back.")


def _require_filters(data: Any, place: str) -> None:  # noqa: ANN401 - h5py ships no types
    """Raise ReverieError when a data set is compressed in a way that only a further package, if any, can read."""
    stages = data.id.get_create_plist()
    codes = [stages.get_filter(number)[0] for number in range(stages.get_nfilters())]
    if all(map(h5py.h5z.filter_avail, codes)):
        return
    with suppress(ImportError):
        import_module(FILTERS)  # which makes its filters known
    for code in codes:
        if not h5py.h5z.filter_avail(code):
            raise ReverieError(
                f"{place} is compressed by a filter that HDF5 does not have by itself (number {code}); pip install "
                f"{FILTERS}, or write it again with gzip."
            )


def require_stored(data: Any, place: str) -> Any:  # noqa: ANN401 - h5py ships no types
    """Return a data set of HDF5 after checking that its values exist and can be read.

    HDF5 allocates nothing for values that were never written and reads them as 0, so that a few bytes may claim to be
    terabytes. The same goes for virtual data sets, made of parts of other files, where these are gone. Raises
    ReverieError when a data set claims far more than its file holds, is made of a file that is not there, or is
    compressed by an unknown filter.
    """
    _require_filters(data, place)
    if data.is_virtual:
        _require_sources(data, place)
    claimed = data.size * data.dtype.itemsize
    if claimed > SMALL and not data.is_virtual and not data.external:
        stored = data.id.get_storage_size()
        if claimed > DENSEST * stored:
            raise ReverieError(
                f"{place} claims to hold {data.shape} values ({claimed / 2**30:.3g} GiB), but its file holds {stored} "
                "bytes of them; write it again."
            )
    return data
