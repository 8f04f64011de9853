"""What neurons say, and what they say once mixed up."""

import numpy as np
import pytest

from reverie.fitted.assuming import noise_trials
from reverie.jobs.job import Clip, Job, find_movie, problem_of
from reverie.jobs.settings import ReconstructionSettings
from reverie.jobs.shuffling import find_null, shuffle_of, shuffled_problem


@pytest.fixture(scope="module")
def jobs(materials) -> list[Job]:
    settings = ReconstructionSettings("map", 30, blur=0.0)
    names = materials.recordings["mouse"].names("oracle")
    return [Job(Clip("mouse", name), materials.sources.encoders, settings) for name in names]


def test_shuffled_responses_leave_the_mean_of_the_prior(materials, jobs, tmp_path):
    region, half, correlations, nulls = np.ones((16, 24), bool), tmp_path / "half.npz", [], []
    for job in jobs:
        truth, name = job.clip.read(materials).movie, job.clip.name
        found = find_movie(job, materials, tmp_path / f"movie{name}.npz", half).movie
        correlations.append(np.corrcoef(found[12:].ravel(), truth[12:].ravel())[0, 1])
        nulls.append(find_null(job, materials, found, region, tmp_path / f"null{name}.npz", half))
    assert min(correlations) > 0.6
    assert abs(np.mean([null.correlation for null in nulls])) < 0.2
    assert np.mean([null.departure / null.of_recorded for null in nulls]) < 0.6
    assert f"{nulls[-1].departure:.1f} grey levels" in nulls[-1].sentence
    again = find_null(jobs[-1], materials, found, region, tmp_path / f"null{name}.npz", half)
    assert again == nulls[-1]


def test_neurons_show_one_another_s_time_courses_with_their_own_means(materials, jobs):
    (plain,), (mixed,) = (make(jobs[0], materials).observations for make in (problem_of, shuffled_problem))
    shuffle = shuffle_of(materials, "mouse", materials.sources.encoders[0])
    events, moved = ((seen.responses > 0).numpy() for seen in (plain, mixed))
    np.testing.assert_array_equal(moved, events[shuffle.rows])
    assert sorted(shuffle.rows) == list(range(250))
    assert type(mixed.noise) is type(plain.noise)
    assert (mixed.noise.dispersion > plain.noise.dispersion).float().mean() > 0.9


def test_training_trials_keep_each_neuron_s_mean(materials):
    folder = materials.sources.encoders[0]
    shuffle, trials = shuffle_of(materials, "mouse", folder), noise_trials(materials.recordings["mouse"], folder)
    plain, mixed = (
        np.mean([change(trial.responses).mean(1) for trial in trials], axis=0)
        for change in (lambda responses: responses, shuffle.mix)
    )
    np.testing.assert_allclose(mixed, plain, rtol=1e-3)
