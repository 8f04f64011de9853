"""What a job's fingerprint holds, and which neurons are kept."""

from dataclasses import replace

import numpy as np
import pytest

from reverie.jobs.job import Clip, Job, kept_neurons, problem_of


@pytest.fixture
def job(setup):
    return setup.jobs()[setup.clips[0]][0]


def test_whatever_changes_a_movie_changes_the_fingerprint(setup, job):
    materials, settings = setup.materials, job.settings
    changed = [
        replace(job, clip=setup.clips[1]),
        replace(job, encoders=setup.encoders[1:]),
        replace(job, encoders=setup.encoders),
        replace(job, targets="predicted"),
        replace(job, targets="truth"),
        replace(job, share=0.5),
        replace(job, share=0.5, silenced=True),
        replace(job, share=0.5, draw=1),
        replace(job, settings=replace(settings, steps=settings.steps + 1)),
        replace(job, settings=replace(settings, training_threshold=0.0)),
        replace(job, settings=replace(settings, without=("padding_grey",))),
        replace(job, settings=replace(settings, method="map", steps=30)),
        replace(job, settings=replace(settings, method="map", steps=30, likelihood="sizes")),
        replace(job, settings=replace(settings, method="map", steps=30, weight=2.0)),
        replace(job, settings=replace(settings, method="best")),
        replace(job, settings=replace(settings, method="best", map_share=1.0)),
    ]
    prints = [one.fingerprint(materials) for one in (job, *changed)]
    assert len(set(prints)) == len(prints)


def test_what_comes_after_the_descent_does_not(setup, job):
    same = [
        replace(job, clip=Clip(job.clip.animal, job.clip.name)),
        replace(job, settings=replace(job.settings, blur=3.0)),
        replace(job, draw=5),
    ]
    assert {one.fingerprint(setup.materials) for one in same} == {job.fingerprint(setup.materials)}


def test_smaller_populations_are_part_of_larger_ones_and_new_for_each_clip(setup, job):
    half, quarter = (kept_neurons(replace(job, share=share), setup.materials) for share in (0.5, 0.25))
    assert len(half) == 2 * len(quarter)
    assert np.isin(quarter, half).all()
    other = kept_neurons(replace(job, share=0.5, clip=Clip(job.clip.animal, "0")), setup.materials)
    assert not np.array_equal(half, other)


def test_silenced_neurons_stay_in_the_problem_with_responses_of_zero(setup, job):
    part = replace(job, share=0.25)
    kept = kept_neurons(part, setup.materials)
    left_out = problem_of(part, setup.materials).observations[0]
    silenced = problem_of(replace(part, silenced=True), setup.materials).observations[0]
    assert left_out.neurons.tolist() == kept.tolist()
    assert silenced.neurons is None
    assert np.flatnonzero(silenced.responses.sum(1).numpy()).tolist() == [
        row for row in kept.tolist() if left_out.responses[row].sum() > 0
    ]


def test_a_stimulus_has_no_responses_but_can_be_predicted(setup, job):
    trial = job.clip.read(setup.materials)
    stimulus = Clip(job.clip.animal, "grey", np.full_like(trial.movie, 127.5), trial.state)
    problem = problem_of(Job(stimulus, job.encoders, job.settings, "predicted"), setup.materials)
    assert problem.observations[0].responses.shape == trial.responses.shape
