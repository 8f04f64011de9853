"""A list of jobs: what they need is fitted first, each is done once, and what is finished stays."""

import numpy as np
import pytest
from tests.worlds import opened

from reverie.inversion.methods.map import Map
from reverie.inversion.methods.paper import Paper
from reverie.jobs import working
from reverie.jobs.clip import Clip
from reverie.jobs.engine import Workers
from reverie.jobs.job import Job
from reverie.jobs.store import Store
from reverie.jobs.working import do_jobs, fit_for

QUICK = Map(steps=2, draws=0)


def jobs_of(world, *names, method=QUICK):
    return [Job(Clip("alpha", name), (world.encoder,), method) for name in names]


@pytest.fixture
def done(monkeypatch):
    """The names of the clips that were worked on."""
    names, original = [], working.perform

    def counted(job, session, place, label=""):
        names.append(job.clip.name)
        return original(job, session, place, label)

    monkeypatch.setattr(working, "perform", counted)
    return names


def test_what_jobs_need_is_fitted_first_and_each_is_done_once(tiny_world, quick_masks, done, tmp_path):
    workers, store = Workers(opened(tiny_world)), Store(tmp_path / "jobs")
    jobs = jobs_of(tiny_world, "1", "2", "1")
    do_jobs(workers, store, jobs, "")
    assert done == ["1", "2"]
    assert quick_masks == ["alpha"]
    first, second, same = store.read([job.fingerprint(workers.context) for job in jobs])
    assert not np.array_equal(first.movie, second.movie)
    np.testing.assert_array_equal(first.movie, same.movie)
    do_jobs(Workers(opened(tiny_world)), store, jobs_of(tiny_world, "2", "3"), "")
    assert done == ["1", "2", "3"]
    assert quick_masks == ["alpha"]


def test_a_job_of_another_fitting_version_is_done_anew_in_a_folder_of_its_own(
    tiny_world, quick_masks, done, tmp_path, monkeypatch
):
    store = Store(tmp_path / "jobs")
    do_jobs(Workers(opened(tiny_world)), store, jobs_of(tiny_world, "1"), "")
    (old,) = store.folder.iterdir()
    monkeypatch.setattr("reverie.fitted.subject.FITTING_VERSION", 999)
    do_jobs(Workers(opened(tiny_world)), store, jobs_of(tiny_world, "1"), "")
    assert done == ["1", "1"]
    assert len(list(store.folder.iterdir())) == 2
    assert old.exists()
    assert quick_masks == ["alpha", "alpha"]


def test_every_animal_gets_a_mask_since_movies_are_scored_in_it(tiny_world, quick_masks):
    session = opened(tiny_world, animals=())
    fit_for(Workers(session), jobs_of(tiny_world, "1", method=Paper()))
    assert quick_masks == ["alpha", "beta"]
    assert not session.fitted("alpha", tiny_world.encoder).has("prior")


def test_a_mask_that_is_named_is_not_fitted(tiny_world, quick_masks, tmp_path):
    np.savez(tmp_path / "mask.npz", mask=np.full((12, 16), 1.2))
    session = opened(tiny_world, animals=(), mask=tmp_path / "mask.npz")
    fit_for(Workers(session), jobs_of(tiny_world, "1"))
    assert quick_masks == []
    assert session.fitted("alpha", tiny_world.encoder).has("likelihood")
