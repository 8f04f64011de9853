from dataclasses import replace

import pytest
import torch
from tests.inversion.toys import FRAMES, SIZE, PlaneEncoder, SpotEncoder, observe, problem, smooth_movie

from reverie.foundation.errors import ReverieError
from reverie.inversion.likelihood import PoissonLikelihood
from reverie.inversion.solution import Progress, trace_of, trace_rows


@pytest.fixture
def observation():
    return observe(SpotEncoder(), smooth_movie())


def test_the_canvas_is_the_largest(observation):
    assert problem(observation).canvas == SIZE
    assert problem(observation, observe(PlaneEncoder(), smooth_movie())).canvas == (16, 16)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"mouse": "nobody"}, "no readout for animal 'nobody'"),
        ({"responses": torch.zeros(59, FRAMES)}, "should have 60 rows"),
        ({"responses": torch.zeros(60, FRAMES - 1)}, "should have 60 rows and 50 frames"),
        ({"state": torch.zeros(3, FRAMES)}, "The state of toy should have 4 rows"),
        ({"responses": torch.full((60, FRAMES), float("nan"))}, "responses of toy hold values that are not finite"),
        ({"state": torch.full((4, FRAMES), float("inf"))}, "state of toy hold values that are not finite"),
        ({"neurons": torch.zeros(0, dtype=torch.long)}, "No neuron of toy is left"),
        ({"neurons": torch.tensor([3, 60])}, "whole numbers from 0 to 59"),
        ({"neurons": torch.tensor([-1])}, "whole numbers from 0 to 59"),
    ],
)
def test_observations_that_do_not_fit_are_refused(observation, changes, sentence):
    with pytest.raises(ReverieError, match=sentence):
        replace(observation, **changes)


def test_no_observation_is_refused():
    with pytest.raises(ReverieError, match="no observation"):
        problem()


def test_observations_of_several_movies_are_refused(observation):
    shorter = observe(SpotEncoder(), smooth_movie(FRAMES - 1))
    with pytest.raises(ReverieError, match="not of one movie"):
        problem(observation, shorter)


def test_canvases_that_cannot_be_joined_are_refused(observation):
    class Larger(PlaneEncoder):
        @property
        def canvas(self) -> tuple[int, int]:
            return (18, 18)

    with pytest.raises(ReverieError, match="one canvas"):
        problem(observe(PlaneEncoder(), smooth_movie()), observe(Larger(), smooth_movie()))


def test_a_trace_survives_being_laid_out():
    trace = (Progress(1, 0.25, 35, -1.5), Progress(2, 0.5, 70, -1.75))
    assert trace_of(trace_rows(trace)) == trace
    assert trace_of(trace_rows(())) == ()


def test_the_fast_form_keeps_the_chosen_neurons_with_all_that_is_theirs(observation):
    rows = torch.tensor([7, 2])
    dispersion = torch.linspace(1, 2, len(observation.responses))
    fast = replace(observation, neurons=rows, likelihood=PoissonLikelihood(dispersion)).in_fast_form()
    assert fast.encoder.mice == {"toy": 2}
    assert fast.neurons is None
    torch.testing.assert_close(fast.responses, observation.responses[rows])
    torch.testing.assert_close(fast.likelihood.dispersion, dispersion[rows])
