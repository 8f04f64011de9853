import inspect
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
from tests.fixtures import see_everywhere

from reverie.encoders.prediction import predict
from reverie.fitted.session import Session, Sources, open_session
from reverie.inversion.methods.paper import Paper
from reverie.jobs.workers import Workers
from reverie.recordings.recording import Recording
from reverie.recordings.trial import Trial
from reverie.stimuli.synthetic import pink_noise
from reverie.stimuli.tables import grating_stimuli, noise_square
from reverie.studies.choosing import SCALES
from reverie.studies.setup import Setup
from reverie.studies.synthetic import (
    as_published_table,
    compare_tables,
    knows_truth,
    ordinary_state,
    plan_stimuli,
    score_stimuli,
    simulate_responses,
)


def session_of(world):
    session = open_session(Sources(world.data, (world.encoder,), device="cpu"))
    see_everywhere(session)
    return session


def test_an_ordinary_moment_is_that_of_any_trials_where_none_is_for_training():
    states = [np.full((4, 30), level, dtype=np.float32) for level in (1, 3)]
    trials = [Trial(str(n), "test", np.zeros((30, 8, 8), np.float32), state, None) for n, state in enumerate(states)]
    session = SimpleNamespace(recordings={"mouse": Recording.from_trials("mouse", trials)})
    np.testing.assert_array_equal(inspect.unwrap(ordinary_state)(session, "mouse", 5), np.full((4, 5), 2.0))


def test_stimuli_are_planned_and_scored_cell_by_cell(small_world):
    session = session_of(small_world)
    stimuli = grating_stimuli((0.018, 0.036), (0.0,), (0.0, 90.0), frames=20)
    plan = plan_stimuli(session, stimuli, Paper(steps=1), animals=1)
    assert [job.clip.animal for _, jobs in plan for job in jobs] == ["alpha"] * 4
    assert {job.targets for _, jobs in plan for job in jobs} == {"predicted"}
    movies = {job.clip.name: stimulus.movie for stimulus, jobs in plan for job in jobs}

    class PerfectAtFirst(Setup):
        def movie(self, jobs, sigma=None):
            movie = movies[jobs[0].clip.name]
            return movie if jobs[0].clip.name.startswith("0.018") else np.full_like(movie, 127.5)

    setup = PerfectAtFirst(session, SCALES["quick"], small_world.data, Workers(session))
    scores = score_stimuli(setup, plan, noise_square())
    published = pd.DataFrame({15.0: [0.5, 0.4, 0.3], 0.0: [0.9, 0.8, 0.7]}, index=[0.018, 0.036, 0.071])
    table = as_published_table(scores, published)
    np.testing.assert_allclose(table.to_numpy(), [[1.0], [0.0]], atol=1e-6)
    long = compare_tables(table, published)
    assert long["paper"].tolist() == [0.5, 0.9, 0.4, 0.8, 0.3, 0.7]
    np.testing.assert_allclose(long["here"], [np.nan, 1, np.nan, 0, np.nan, np.nan], atol=1e-6)
    assert (scores["motion_energy_truth"] == 0).all()


def test_the_ordinary_state_is_the_mean_of_training_trials_held_still(small_world):
    session = session_of(small_world)
    state = ordinary_state(session, "alpha", 7)
    trials = session.recordings["alpha"].trials("train")
    expected = np.concatenate([trial.state for trial in trials], axis=1).mean(axis=1)
    np.testing.assert_allclose(state, np.repeat(expected[:, None], 7, axis=1), rtol=1e-5)


def movies(count=6):
    return {str(number): pink_noise(60, np.random.default_rng(number), frame_size=(16, 24)) for number in range(count)}


def test_a_simulated_animal_answers_as_its_truth_does(session):
    assert knows_truth(session)
    clips = list(simulate_responses(session, "mouse", movies()))
    again = list(simulate_responses(session, "mouse", movies()))
    agreement, level = [], []
    for clip, same in zip(clips, again, strict=True):
        np.testing.assert_array_equal(clip.responses, same.responses)
        rates = predict(session.truth, clip.movie, clip.state, "mouse")
        level.append(clip.responses.mean() / rates.mean())
        agreement.append(np.corrcoef(clip.responses.ravel(), rates.ravel())[0, 1])
    assert abs(np.mean(level) - 1) < 0.2
    assert 0.3 < np.mean(agreement) < 0.8
    assert not np.array_equal(clips[0].state, clips[1].state)


def test_a_recorded_animal_is_taken_to_fire_at_the_encoders_rates(session):
    recorded = Session(
        replace(session.sources, truth=session.sources.encoders[0]),
        session.recordings,
        session.encoders,
        session.device,
    )
    assert not knows_truth(recorded)
    (movie,) = movies(1).values()
    clips = list(simulate_responses(recorded, "mouse", {"a": movie, "b": movie}))
    rates = predict(session.truth, movie, clips[0].state, "mouse")
    assert np.corrcoef(clips[0].responses.mean(1), rates.mean(1))[0, 1] > 0.8
    first, second = ((clip.responses - rates).ravel() for clip in clips)
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.1
