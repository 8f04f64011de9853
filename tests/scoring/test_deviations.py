from dataclasses import replace

import numpy as np
import pytest
import torch
from tests.worlds import BRIGHT_SCENES

from reverie.encoders.prediction import predict
from reverie.foundation.devices import prepare_threads
from reverie.foundation.errors import ReverieError
from reverie.inversion.methods.paper import Paper
from reverie.inversion.problem import Observation, Problem
from reverie.inversion.solve import solve
from reverie.scoring.deviations import find_deviations
from reverie.scoring.trial_noise import fit_trial_noise
from reverie.simulation.mouse import SimulatedMouse, schedule
from reverie.simulation.noise import SessionNoise, draw_responses
from reverie.simulation.truth import SimulatedTruth, SimulatedTruthConfig
from reverie.stimuli.naturalistic import naturalistic_movie

SIZE, FRAMES, NOISE = (12, 16), 32, SessionNoise(level=4.0)
REGION = np.zeros(SIZE, dtype=bool)
REGION[2:-2, 2:-2] = True
SOLVER = Paper(steps=12, warm_up=2, window=16, stride=16, learning_rate=300.0)


class World:
    """A small animal which is its own encoder, one movie, and error maps of trials of it."""

    def __init__(self) -> None:
        self.solver = SOLVER
        generator = np.random.default_rng(0)
        config = SimulatedTruthConfig(seed=3, degrees_per_pixel=10.0)
        self.truth = SimulatedTruth(config, {"ada": 100}, SIZE).eval()
        # Of little contrast, so that there is room for a planted deviation.
        self.movie = np.float32(127.5) + 0.4 * (
            naturalistic_movie(FRAMES, generator, frame_size=SIZE, settings=BRIGHT_SCENES) - 127.5
        )
        training = [
            (str(number), naturalistic_movie(150, generator, frame_size=SIZE, settings=BRIGHT_SCENES))
            for number in range(10)
        ]
        mouse = SimulatedMouse(self.truth, "ada", schedule({"train": training}), noise=NOISE, seed=1)
        trials = [mouse.trial(str(number)) for number in range(10)]
        self.state = trials[0].state[:, :FRAMES]
        pairs = [(predict(self.truth, trial.movie, trial.state, "ada"), trial.responses) for trial in trials]
        self.noise = fit_trial_noise(pairs)
        self.rates = predict(self.truth, self.movie, self.state, "ada")
        self.predicted = self.reconstruction(self.rates)

    def reconstruction(self, responses: np.ndarray) -> np.ndarray:
        prepare_threads()
        observation = Observation(self.truth, "ada", torch.from_numpy(self.state), torch.from_numpy(responses))
        return solve(Problem((observation,)), self.solver).movie

    def null(self, generator: np.random.Generator) -> np.ndarray:
        return self.reconstruction(self.noise.draw(self.rates, generator)) - self.predicted

    def observed(self, seen: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        """The error map of a trial as the animal itself draws it, with the events its indicator smears."""
        with torch.no_grad():
            events = self.truth.cell_rates(
                torch.from_numpy(seen)[None], torch.from_numpy(self.state.copy())[None], "ada"
            )
        means = self.truth.animal("ada").get_buffer("means").numpy()[:, 0]
        drawn = draw_responses(events[0].numpy(), means, self.truth.indicator("ada"), NOISE, generator)
        return self.reconstruction(drawn) - self.predicted


@pytest.fixture(scope="module")
def world():
    return World()


def test_an_animal_that_is_its_encoder_deviates_no_more_often_than_allowed(world, monkeypatch):
    monkeypatch.setattr(world, "solver", replace(SOLVER, steps=6))  # holds however far a search goes
    monkeypatch.setattr(world, "predicted", world.reconstruction(world.rates))
    p_values, overall = [], []
    for seed in range(2):
        generator = np.random.default_rng(seed)
        nulls = [world.null(generator) for _ in range(19)]
        found = [find_deviations(world.observed(world.movie, generator), nulls, REGION) for _ in range(12)]
        p_values += [each.p_value for each in found]
        overall += [each.overall_p_value for each in found]
        assert all(bool(each.patches) == (each.p_value <= 0.05) for each in found)
    # 24 trials at a level of 0.05: 1.2 expected, more than 4 once in a hundred times.
    assert np.sum(np.array(p_values) <= 0.05) <= 4
    assert np.sum(np.array(overall) <= 0.05) <= 4
    assert 0.25 < np.mean(p_values) < 0.75


def test_a_planted_deviation_is_found_where_and_when_it_is(world):
    generator = np.random.default_rng(7)
    changed = world.movie.copy()
    changed[8:24, 3:9, 5:11] += 70
    nulls = [world.null(generator) for _ in range(19)]
    found = find_deviations(world.observed(changed, generator), nulls, REGION)
    assert found.p_value == 1 / 20
    largest = found.patches[0]
    assert largest.sign == 1
    assert 3 <= largest.row <= 8
    assert 5 <= largest.column <= 10
    frames, rows, columns = np.nonzero(found.significant)
    assert np.mean((frames >= 6) & (frames < 27)) > 0.8
    assert np.mean((rows >= 2) & (rows < 10) & (columns >= 4) & (columns < 12)) > 0.8
    assert largest.mean > 2
    assert found.significant[:, REGION].sum() == sum(patch.size for patch in found.patches)
    assert not found.significant[:, ~REGION].any()


def test_the_test_is_exact_for_maps_that_are_alike():
    generator = np.random.default_rng(0)
    p_values = []
    for _ in range(60):
        maps = generator.standard_normal((20, 12, *SIZE)).astype(np.float32)
        p_values.append(find_deviations(maps[0], list(maps[1:]), REGION).p_value)
    values = np.array(p_values)
    assert set(np.round(values * 20).astype(int)) <= set(range(1, 21))
    assert np.mean(values <= 0.05) <= 0.15
    assert np.mean(values) == pytest.approx(0.525, abs=0.12)


def test_signs_and_several_patches_are_told_apart():
    generator = np.random.default_rng(1)
    maps = generator.standard_normal((20, 30, 24, 32)).astype(np.float32)
    maps[0, 5:15, 3:9, 3:9] += 8
    maps[0, 15:25, 14:20, 20:26] -= 8
    found = find_deviations(maps[0], list(maps[1:]), np.ones((24, 32), bool))
    bright = next(patch for patch in found.patches if patch.sign == 1)
    dark = next(patch for patch in found.patches if patch.sign == -1)
    np.testing.assert_allclose([bright.row, bright.column, dark.row, dark.column], [5.5, 5.5, 16.5, 22.5], atol=1)
    assert bright.mean > 0 > dark.mean
    assert bright.peak > found.threshold > 0 > dark.peak


def test_too_few_null_maps_are_refused():
    maps = np.zeros((19, 5, *SIZE), dtype=np.float32)
    with pytest.raises(ReverieError, match="at least 19 null maps"):
        find_deviations(maps[0], list(maps[1:]), REGION)
    with pytest.raises(ReverieError, match="one shape"):
        find_deviations(maps[0, :3], list(maps), REGION)
