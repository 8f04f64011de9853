"""How many steps fit the time."""

import torch
from tests.training.toys import HEIGHT, WIDTH, toy_recording, trials_of

from reverie.encoders.linear_nonlinear import LinearNonlinear, LinearNonlinearConfig
from reverie.training.pace import FEWEST_STEPS, VALIDATIONS, fit_to_time, seconds_per_step, spaced
from reverie.training.settings import TrainingSettings


def test_steps_are_cut_to_the_time_but_never_added() -> None:
    settings = TrainingSettings(steps=1000)
    assert fit_to_time(settings, 1.0, 0.1).steps == 600
    assert fit_to_time(settings, 100.0, 0.1).steps == 1000
    assert fit_to_time(settings, 0.001, 0.1).steps == FEWEST_STEPS


def test_validations_are_spread_over_the_steps() -> None:
    assert -(-1000 // spaced(1000)) == VALIDATIONS
    assert spaced(1) == 1


def test_timing_a_few_steps_leaves_the_encoder_as_it_was() -> None:
    recording = toy_recording(trials=2, frames=60)
    encoder = LinearNonlinear(LinearNonlinearConfig(), {"toy": recording.neurons}, (HEIGHT, WIDTH))
    before = {name: tensor.clone() for name, tensor in encoder.state_dict().items()}
    trials = {"toy": trials_of(recording)}
    pace = seconds_per_step(encoder, trials, TrainingSettings(steps=10, window=20), torch.device("cpu"))
    assert 0 < pace < 5
    assert all(torch.equal(tensor, before[name]) for name, tensor in encoder.state_dict().items())
