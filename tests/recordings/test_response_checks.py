from unittest.mock import Mock

import numpy as np
import pytest

from reverie.recordings.facts import ResponseFacts
from reverie.recordings.response_checks import COMPARED, padded_note
from reverie.recordings.source import Source, StoredSeries


@pytest.mark.parametrize("trials", [0, 1, COMPARED, 2 * COMPARED - 1, 99])
def test_few_of_many_trials_are_read(trials):
    spikes = np.random.default_rng(0).poisson(1.0, (9, 60))
    source = Mock(spec=Source, responses=Mock(return_value=StoredSeries("responses", spikes)))
    recorded = {str(number): ResponseFacts("responses", 9, 60, 60, marked=False) for number in range(trials)}
    assert padded_note("mouse", source, recorded) is None
    assert min(trials, COMPARED) / 2 <= source.responses.call_count <= COMPARED
