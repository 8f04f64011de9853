import pytest

from reverie.foundation.errors import BadInput, ReverieError
from reverie.foundation.requests import require_seed, with_options
from reverie.simulation.request import SimulationRequest
from reverie.training.request import TrainingRequest


def test_a_seed_that_no_generator_takes_is_refused_where_it_is_asked_for():
    require_seed(0)
    require_seed(2**63 - 1)
    for seed in (-1, 2**63):
        for make in (SimulationRequest, TrainingRequest):
            with pytest.raises(BadInput, match="from 0 to"):
                make(seed=seed)


def test_an_option_that_there_is_not_is_told_with_those_there_are():
    assert with_options(TrainingRequest(steps=3), {"minutes": 2.0}, "A training") == TrainingRequest(
        steps=3, minutes=2.0
    )
    with pytest.raises(ReverieError, match=r"^A training has the options architecture, .*, but was given stepps\.$"):
        with_options(TrainingRequest(), {"stepps": 3}, "A training")
