from inspect import unwrap
from types import SimpleNamespace

import numpy as np
import pytest

from reverie.recordings.padded import COMPARED, padded_note
from reverie.recordings.source import StoredSeries


@pytest.mark.parametrize("trials", [0, 1, COMPARED, 2 * COMPARED - 1, 99])
def test_few_of_many_trials_are_read(trials):
    read, spikes = [], np.random.default_rng(0).poisson(1.0, (9, 60))
    source = SimpleNamespace(responses=lambda name: read.append(name) or StoredSeries(name, spikes))
    recorded = {str(number): SimpleNamespace(frames=60) for number in range(trials)}
    assert unwrap(padded_note)("mouse", source, recorded) is None
    assert min(trials, COMPARED) / 2 <= len(read) <= COMPARED
