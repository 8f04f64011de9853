from dataclasses import replace

import numpy as np
import pandas as pd
import torch
from reverie.fitted.materials import Materials, Sources, open_materials
from reverie.jobs.null_trials import excerpt, measure_noise, simulated_clips
from reverie.jobs.settings import ReconstructionSettings

from reverie.encoders.prediction import predict
from reverie.inversion.mask import save_mask
from reverie.jobs.engine import Workers
from reverie.jobs.job import Clip
from reverie.stimuli.noise import pink_noise
from reverie.stimuli.tables import grating_stimuli, noise_square
from reverie.studies.choosing import SCALES
from reverie.studies.setup import Setup
from reverie.studies.synthetic import (
    beside,
    knows_truth,
    lay_out,
    ordinary_state,
    plan_stimuli,
    score_stimuli,
    simulate_responses,
)


def materials_of(world):
    for animal in ("alpha", "beta"):
        save_mask(world.encoder / "masks" / f"{animal}.npz", np.full((36, 64), 1.2, np.float32))
    return open_materials(Sources(world.data, (world.encoder,), device="cpu"))


def test_stimuli_are_planned_and_scored_cell_by_cell(small_world):
    materials = materials_of(small_world)
    stimuli = grating_stimuli((0.018, 0.036), (0.0,), (0.0, 90.0), frames=20)
    plan = plan_stimuli(materials, stimuli, ReconstructionSettings(steps=1), animals=1)
    assert [job.clip.animal for _, jobs in plan for job in jobs] == ["alpha"] * 4
    assert {job.targets for _, jobs in plan for job in jobs} == {"predicted"}
    movies = {job.clip.name: stimulus.movie for stimulus, jobs in plan for job in jobs}

    class PerfectAtFirst(Setup):
        def movie(self, jobs, sigma=None):
            movie = movies[jobs[0].clip.name]
            return movie if jobs[0].clip.name.startswith("0.018") else np.full_like(movie, 127.5)

    setup = PerfectAtFirst(materials, SCALES["quick"], small_world.data, Workers(materials))
    scores = score_stimuli(setup, plan, noise_square())
    published = pd.DataFrame({15.0: [0.5, 0.4, 0.3], 0.0: [0.9, 0.8, 0.7]}, index=[0.018, 0.036, 0.071])
    table = lay_out(scores, published)
    np.testing.assert_allclose(table.to_numpy(), [[1.0], [0.0]], atol=1e-6)
    long = beside(table, published)
    assert long["paper"].tolist() == [0.5, 0.9, 0.4, 0.8, 0.3, 0.7]
    np.testing.assert_allclose(long["here"], [np.nan, 1, np.nan, 0, np.nan, np.nan], atol=1e-6)
    assert (scores["motion_energy_truth"] == 0).all()


def test_the_ordinary_state_is_the_mean_of_training_trials_held_still(small_world):
    materials = materials_of(small_world)
    state = ordinary_state(materials, "alpha", 7)
    trials = materials.recordings["alpha"].trials("train")
    expected = np.concatenate([trial.state for trial in trials], axis=1).mean(axis=1)
    np.testing.assert_allclose(state, np.repeat(expected[:, None], 7, axis=1), rtol=1e-5)


def test_null_trials_scatter_around_the_rates_and_are_always_the_same(small_world):
    materials = materials_of(small_world)
    clip = excerpt(materials, Clip("alpha", "6"), 30)
    np.testing.assert_array_equal(clip.responses, materials.recordings["alpha"].trial("6").responses[:, :30])
    first, again = (list(simulated_clips(materials, clip, 40)) for _ in range(2))
    for one, other in zip(first, again, strict=True):
        assert one.digest(materials) == other.digest(materials) != clip.digest(materials)
    with torch.no_grad():
        rates = materials.encoders[small_world.encoder](
            torch.from_numpy(clip.movie)[None], torch.from_numpy(clip.state)[None], "alpha"
        )[0].numpy()
    drawn = np.mean([one.responses for one in first], axis=0)
    assert np.corrcoef(drawn.mean(axis=1), rates.mean(axis=1))[0, 1] > 0.8
    assert abs(drawn.mean() / rates.mean() - 1) < 0.2
    assert measure_noise(materials, "alpha").dispersions.shape == (20,)


def movies(count=6):
    return {str(number): pink_noise(60, np.random.default_rng(number), frame_size=(16, 24)) for number in range(count)}


def test_a_simulated_animal_answers_as_its_truth_does(materials):
    assert knows_truth(materials)
    clips = list(simulate_responses(materials, "mouse", movies()))
    again = list(simulate_responses(materials, "mouse", movies()))
    agreement = []
    for clip, same in zip(clips, again, strict=True):
        np.testing.assert_array_equal(clip.responses, same.responses)
        rates = predict(materials.truth, clip.movie, clip.state, "mouse")
        assert abs(clip.responses.mean() / rates.mean() - 1) < 0.2
        agreement.append(np.corrcoef(clip.responses.ravel(), rates.ravel())[0, 1])
    assert 0.3 < np.mean(agreement) < 0.8
    assert not np.array_equal(clips[0].state, clips[1].state)


def test_a_recorded_animal_is_taken_to_fire_at_the_encoders_rates(materials):
    recorded = Materials(
        replace(materials.sources, truth=materials.sources.encoders[0]),
        materials.recordings,
        materials.encoders,
        materials.device,
    )
    assert not knows_truth(recorded)
    (clip,) = simulate_responses(recorded, "mouse", movies(1))
    rates = predict(materials.truth, clip.movie, clip.state, "mouse")
    assert np.corrcoef(clip.responses.mean(1), rates.mean(1))[0, 1] > 0.8
