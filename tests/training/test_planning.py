"""How many steps fit the time, and what of the responses is learned from."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from tests.training.toys import HEIGHT, WIDTH, toy_recording, trials_of

from reverie.encoders.compact import Compact, CompactConfig
from reverie.encoders.linear_nonlinear import LinearNonlinear, LinearNonlinearConfig
from reverie.recordings.trial import Trial
from reverie.training.planning import FEWEST_STEPS, VALIDATIONS, best_target, fit_to_time, seconds_per_step, with_steps
from reverie.training.settings import TrainingSettings

TRIALS = trials_of(toy_recording(neurons=20, trials=10))


def fresh() -> Compact:
    torch.manual_seed(0)
    return Compact(CompactConfig(filter_size=5), {"toy": 20}, (HEIGHT, WIDTH))


def test_steps_are_cut_to_the_time_but_never_added() -> None:
    settings = TrainingSettings(steps=1000)
    assert fit_to_time(settings, 1.0, 0.1).steps == 600
    assert fit_to_time(settings, 100.0, 0.1).steps == 1000
    assert fit_to_time(settings, 0.001, 0.1).steps == FEWEST_STEPS


def test_validations_are_spread_over_the_steps() -> None:
    assert -(-1000 // with_steps(TrainingSettings(), 1000).validate_every) == VALIDATIONS
    assert with_steps(TrainingSettings(), 1).validate_every == 1


def test_timing_a_few_steps_leaves_the_encoder_as_it_was() -> None:
    recording = toy_recording(trials=2, frames=60)
    encoder = LinearNonlinear(LinearNonlinearConfig(), {"toy": recording.neurons}, (HEIGHT, WIDTH))
    before = {name: tensor.clone() for name, tensor in encoder.state_dict().items()}
    trials = {"toy": trials_of(recording)}
    pace = seconds_per_step(encoder, trials, TrainingSettings(steps=10, window=20), torch.device("cpu"))
    assert 0 < pace < 5
    assert all(torch.equal(tensor, before[name]) for name, tensor in encoder.state_dict().items())


def with_sizes(trials: list[Trial], draw: Callable[[np.ndarray], np.ndarray]) -> list[Trial]:
    """The same trials with responses drawn from the recorded ones."""
    return [replace(trial, responses=draw(trial.responses).astype(np.float32)) for trial in trials]


def test_sizes_that_are_noise_are_not_learned_from() -> None:
    generator = np.random.default_rng(0)

    def long_tailed(rates: np.ndarray) -> np.ndarray:
        happens = generator.random(rates.shape) < 1 - np.exp(-0.3 * rates)
        return np.asarray(happens * generator.standard_gamma(0.1, rates.shape))

    assert best_target(fresh(), with_sizes(TRIALS, long_tailed), "events") == "events"


def test_where_neurons_always_respond_roots_are_learned_from_or_sizes_of_traces() -> None:
    always = with_sizes(TRIALS, lambda rates: rates + 0.5)
    assert best_target(fresh(), always, "events") == "roots"
    assert best_target(fresh(), always, "traces") == "sizes"


def test_where_sizes_and_events_tell_alike_events_are_learned_from_but_sizes_of_counts() -> None:
    assert best_target(fresh(), TRIALS, "events") == "events"
    assert best_target(fresh(), TRIALS, "counts") == "sizes"


def test_encoders_without_probes_learn_from_sizes() -> None:
    encoder = LinearNonlinear(LinearNonlinearConfig(), {"toy": 20}, (HEIGHT, WIDTH))
    assert best_target(encoder, TRIALS, "events") == "sizes"
