"""What neurons say, and what they say once mixed up."""

from dataclasses import replace

import numpy as np
import pytest

from reverie.fitted.fitting import LIKELIHOOD_TRIALS
from reverie.foundation.errors import ReverieError
from reverie.inversion.methods.combined import Combined
from reverie.inversion.methods.map import Map
from reverie.inversion.methods.paper import Paper
from reverie.inversion.solution import Solution
from reverie.jobs import shuffling
from reverie.jobs.clip import Clip
from reverie.jobs.job import Job, perform, problem_of
from reverie.jobs.shuffling import shuffle_control, shuffle_of, shuffled_problem
from reverie.jobs.store import JobFolder

SEARCH = Map(steps=30, draws=0, likelihood="events")


@pytest.fixture(scope="module")
def jobs(session) -> list[Job]:
    session.fit(["prior", "likelihood", "ridge"])
    return [
        Job(Clip("mouse", name), session.sources.encoders, SEARCH)
        for name in session.recordings["mouse"].names("oracle")[:2]
    ]


def test_shuffled_responses_leave_the_mean_of_the_prior(session, jobs, tmp_path):
    correlations, controls = [], []
    for job in jobs:
        truth, name = job.clip.read(session).movie, job.clip.name
        place = JobFolder(tmp_path / f"found{name}")
        found = perform(job, session, place).movie
        correlations.append(np.corrcoef(found[12:].ravel(), truth[12:].ravel())[0, 1])
        controls.append(shuffle_control(job, session, place, JobFolder(tmp_path / f"shuffled{name}")))
    assert min(correlations) > 0.6
    # What is left tells of the brightness of the whole screen, which all neurons share, and nothing of places.
    assert np.mean([control.correlation for control in controls]) < np.mean(correlations) - 0.4
    assert np.mean([control.departure / control.recorded_departure for control in controls]) < 0.6
    assert f"{controls[-1].departure:.1f} grey levels" in controls[-1].sentence
    kept = JobFolder(tmp_path / f"shuffled{jobs[-1].clip.name}")
    written = kept.finished.stat().st_mtime_ns
    assert shuffle_control(jobs[-1], session, place, kept) == controls[-1]
    assert kept.finished.stat().st_mtime_ns == written


def test_neurons_show_one_another_s_time_courses_with_their_own_means(session, jobs):
    (plain,), (shuffled,) = (make(jobs[0], session).observations for make in (problem_of, shuffled_problem))
    shuffle = shuffle_of(session, "mouse", session.sources.encoders[0])
    events, moved = ((seen.responses > 0).numpy() for seen in (plain, shuffled))
    np.testing.assert_array_equal(moved, events[shuffle.rows])
    assert sorted(shuffle.rows) == list(range(250))
    assert type(shuffled.likelihood) is type(plain.likelihood)
    assert (shuffled.likelihood.dispersion > plain.likelihood.dispersion).float().mean() > 0.9


def test_training_trials_keep_each_neuron_s_mean(session, jobs):
    folder = session.sources.encoders[0]
    shuffle, subject = shuffle_of(session, "mouse", folder), session.fitted("mouse", folder).subject
    trials = list(subject.trials(subject.training, LIKELIHOOD_TRIALS))
    plain, shuffled = (
        np.mean([change(trial.responses).mean(1) for trial in trials], axis=0)
        for change in (lambda responses: responses, shuffle.apply)
    )
    np.testing.assert_allclose(shuffled, plain, rtol=1e-3)


def test_where_the_camera_is_followed_the_first_search_is_compared_with_its_like(session, jobs, tmp_path, monkeypatch):
    """A search that only tells how the camera moves ends sooner, and so departs less from the mean."""
    searches = Combined().searches("events", 2)
    truth = jobs[0].clip.read(session).known_movie
    asked, read, found = [], [], Solution(truth, (), 0.0, 0)
    monkeypatch.setattr(shuffling, "plan_of", lambda *_: (searches, 0.5))
    monkeypatch.setattr(shuffling, "read_solution", lambda path: read.append(path) or found)
    monkeypatch.setattr(shuffling, "solve_or_resume", lambda _, method, *__: asked.append(method) or found)
    place = JobFolder(tmp_path / "found")
    shuffle_control(replace(jobs[0], method=Combined()), session, place, place.part("shuffled"))
    assert asked == [searches[0]]
    assert read == [place.part("map-1-of-3").finished]


def test_other_methods_have_no_such_control(session, jobs, tmp_path):
    with pytest.raises(ReverieError, match="not a control for the method `paper`; use `combined`"):
        shuffle_control(
            replace(jobs[0], method=Paper()), session, JobFolder(tmp_path / "found"), JobFolder(tmp_path / "shuffled")
        )
