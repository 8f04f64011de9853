import pytest

from reverie.foundation.errors import BadInput
from reverie.foundation.seeds import require_seed
from reverie.simulation.request import SimulationRequest
from reverie.training.request import TrainingRequest


def test_a_seed_that_no_generator_takes_is_refused_where_it_is_asked_for():
    require_seed(0)
    require_seed(2**63 - 1)
    for seed in (-1, 2**63):
        for make in (SimulationRequest, TrainingRequest):
            with pytest.raises(BadInput, match="from 0 to"):
                make(seed=seed)
