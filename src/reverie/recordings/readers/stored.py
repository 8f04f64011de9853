"""Detecting data sets of HDF5 files that claim more values than their files can hold."""

from typing import Any, Final

from reverie.foundation.errors import ReverieError

SMALL: Final = 2**30
"""Bytes that a data set may claim without a check, since they fit into any memory."""

DENSEST: Final = 100_000
"""Compression ratio that no recording's values reach."""


def require_stored(data: Any, place: str) -> Any:  # noqa: ANN401 - h5py ships no types
    """Return a data set after checking that its values exist.

    HDF5 allocates nothing for values that were never written and reads them as 0, so that a few bytes may claim to be
    terabytes. Data sets made of parts of other files are not checked. Raises ReverieError when a data set claims far
    more than its file holds.
    """
    claimed = data.size * data.dtype.itemsize
    if claimed > SMALL and not data.is_virtual and not data.external:
        stored = data.id.get_storage_size()
        if claimed > DENSEST * stored:
            raise ReverieError(
                f"{place} claims to hold {data.shape} values ({claimed / 2**30:.3g} GiB), but its file holds {stored} "
                "bytes of them; write it again."
            )
    return data
