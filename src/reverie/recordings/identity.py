"""What tells a recording from another, by its contents, so that a trial knows which one it was read from."""

from typing import Final

import numpy as np

from reverie.foundation.errors import ReverieError, reading_foreign
from reverie.foundation.fingerprints import digest
from reverie.recordings.source import Source
from reverie.recordings.usability import Usable

HASHED_FRAMES: Final = 60
"""Number of frames, from the beginning of the first trial with responses, that are hashed."""


def identity_of(source: Source, usable: Usable) -> str | None:
    """Return a hash of a recording's first responses, as its files hold them, of the neurons that are used.

    It depends neither on where the files lie, nor on which trials are left out or how long they are cut. None where no
    responses can be read.
    """
    for name in source.trials:
        try:
            series = source.responses(name)
            if series is not None:
                with reading_foreign(series.place):
                    first = np.asarray(series.read(0, min(HASHED_FRAMES, series.shape[-1])))
                    return digest(first if usable.kept is None else first[usable.kept])
        except ReverieError:  # this trial is broken, or lacks neurons
            continue
    return None
