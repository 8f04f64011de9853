"""What distinguishes recordings, by their contents, so that a trial knows which one it was read from."""

import numpy as np
from jaxtyping import Shaped

from reverie.foundation.errors import ReverieError, reading_foreign
from reverie.foundation.fingerprints import digest
from reverie.recordings.source import Source
from reverie.recordings.usability import Usable

HASHED_FRAMES = 60
"""Number of frames, from the beginning of the first trial with responses, that are hashed."""

LEVELS = 9973.3
"""Number of steps to which responses are rounded, from 0 to the largest one; odd, so that no usual share of it, such as
half of the largest response, lies between two steps."""

MISSING_STEP = -1e6
"""The step of what was not recorded."""


def identity_of(source: Source, usable: Usable) -> str | None:
    """Return a hash of a recording's first responses, as its files hold them, of the neurons that are used.

    They are rounded, since resampled ones differ in their last digits between processors. It depends neither on where
    the files lie, nor on which trials are left out or how long they are cut. None where no responses can be read.
    """
    for name in source.trials:
        try:
            series = source.responses(name)
            if series is not None and len(series.shape) == 2:
                with reading_foreign(series.place):
                    first = np.asarray(series.read(0, min(HASHED_FRAMES, series.shape[-1])))
                    return _rounded_digest(first if usable.kept is None else first[usable.kept])
        except ReverieError:  # this trial is broken, or lacks neurons
            continue
    return None


def _rounded_digest(values: Shaped[np.ndarray, "neuron time"]) -> str:
    """Return a hash that noise in the last digits does not change.

    >>> values = np.random.default_rng(0).gamma(0.5, 2.0, (9, 60))
    >>> [_rounded_digest(values) == _rounded_digest(other) for other in (values * (1 + 1e-12), values * 1.1)]
    [True, False]
    """
    exact = np.asarray(values, dtype=np.float64)
    peak = float(np.max(np.abs(exact), initial=0.0, where=np.isfinite(exact))) or 1.0
    steps = np.where(np.isfinite(exact), np.round(exact * (LEVELS / peak)), MISSING_STEP).astype(np.int64)
    return digest(steps, np.round([LEVELS * np.log(peak)]).astype(np.int64))
