"""Times that an NWB file wants left out."""

import h5py
import numpy as np

from reverie.foundation.errors import ReverieError, counted
from reverie.foundation.progress import say
from reverie.recordings.readers.nwb.contents import INVALID, TABLES
from reverie.recordings.readers.nwb.file import H5Object, place_of, table

PROBES = "general/extracellular_ephys"
"""Group of an NWB file in which each probe is described."""


def invalid_times(file: H5Object) -> tuple[tuple[float, float], ...]:
    """Return the intervals that a file wants removed from analysis, in seconds, by the table of NWB for these.

    Allen's files tag intervals, often of a whole session, with the one probe that failed; its units are then not among
    the others, whose responses are as good as ever.
    """
    if not isinstance(group := file.get(f"{TABLES}/{INVALID}"), h5py.Group):
        return ()
    try:
        rows = table(group, "start_time", "stop_time")
    except ReverieError as error:
        say(f"{place_of(group)} is not used: {error}")
        return ()
    probes = {name for name, item in file.get(PROBES, {}).items() if isinstance(item, h5py.Group)} - {"electrodes"}
    partial = np.array([not probes.isdisjoint(tags) for tags in _tags(group, len(rows))], dtype=bool)
    if partial.any():
        say(f"{place_of(group)}: {counted(int(partial.sum()), 'interval')} of single probes not used.")
    rows = rows[~partial]
    return tuple(zip(rows["start_time"].tolist(), rows["stop_time"].tolist(), strict=True))


def _tags(group: H5Object, count: int) -> list[set[str]]:
    """Return the tags of each row of a table; none where it has none that fit."""
    words, ends = group.get("tags"), group.get("tags_index")
    if words is None or ends is None or ends.size != count or not h5py.check_string_dtype(words.dtype):
        return [set() for _ in range(count)]
    bounds = np.asarray(ends).ravel().astype(np.int64)[:-1]
    return [set(part.tolist()) for part in np.split(words.asstr()[()].ravel(), bounds)]
