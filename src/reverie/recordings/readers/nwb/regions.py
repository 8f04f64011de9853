"""Regions of an NWB file: the series of their responses, and which of them their tables call cells."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from fnmatch import fnmatchcase

import h5py
import numpy as np
from jaxtyping import Bool

from reverie.foundation.errors import ReverieError
from reverie.recordings.readers.nwb.contents import RESPONSES
from reverie.recordings.readers.nwb.file import H5Object, kind_of, objects_of_kind, place_of
from reverie.recordings.signals import Sampled

SUITE2P = "iscell"
"""Column in which suite2p says of each region whether it is a cell, always after it judged them."""

JUDGEMENTS = (SUITE2P, "Accepted", "accepted")
"""Columns that say of each region whether it is a cell: those of suite2p and NeuroConv."""


def response_series(file: H5Object, path: str) -> list[H5Object]:
    """Return the series at a path, those in a container there, or those whose paths it describes with ``*``."""
    if "*" not in path:
        inside = [series for kind in RESPONSES for series in objects_of_kind(file, path, kind)]
        return inside or [file[path]]
    return [series for series in _all_series(file) if fnmatchcase(series.name, f"/{path.lstrip('/')}")]


def _all_series(group: H5Object) -> Iterator[H5Object]:
    for name in sorted(group):
        if isinstance(item := group.get(name), h5py.Group):
            if kind_of(item) in RESPONSES and kind_of(item) != "Units":
                yield item
            else:
                yield from _all_series(item)


def only_cells(responses: Sampled, series: H5Object, further: Iterable[H5Object] = ()) -> Sampled:
    """Return responses of those regions that their table calls cells; of all where it accepts none, or does not say.

    Parameters
    ----------
    further
        Tables that may hold the judgement where the one that the series names does not.

    Raises
    ------
    ReverieError
        When the judgement is of other regions, or suite2p found no cell among them.
    """
    regions = series.get("rois")
    own = [] if regions is None or not regions.attrs.get("table") else [series.file[regions.attrs["table"]]]
    table = next((each for each in (*own, *further) if any(name in each for name in JUDGEMENTS)), None)
    judged = None if table is None else _judgement(table)
    if judged is None:
        return responses
    rows = np.arange(responses.rows) if regions is None else np.asarray(regions)
    if len(rows) != responses.rows or rows.max(initial=0) >= len(judged):
        raise ReverieError(
            f"{responses.place} has {responses.rows} regions, but its table judges {len(judged)}; save it again."
        )
    return replace(responses, columns=np.flatnonzero(judged[rows]))


def _judgement(table: H5Object) -> Bool[np.ndarray, " region"] | None:
    """Return whether each region of a table is a cell; None where it says something else, or accepts none."""
    column = next(table[name] for name in JUDGEMENTS if name in table)
    if column.dtype.kind not in "buif" or column.ndim not in (1, 2):
        return None
    values = np.asarray(column)
    first = values[:, 0] if values.ndim == 2 else values
    if not np.isin(first, (0, 1)).all():
        return None
    if not first.any() and len(first) and SUITE2P in table:
        raise ReverieError(f"{place_of(table)} calls no region a cell ({SUITE2P}); curate it, or remove this column.")
    return first == 1 if first.any() else None  # NeuroConv writes 0 where nobody judged
