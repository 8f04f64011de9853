"""A list of jobs: what they need is fitted first, each is done once, and what is finished stays."""

import shutil

import numpy as np
import pytest
from tests.worlds import describe_training, opened, replace_encoder

from reverie.fitted.session import Sources, open_session
from reverie.foundation.errors import ReverieError
from reverie.inversion.methods.map import Map
from reverie.inversion.methods.paper import Paper
from reverie.inversion.methods.ridge import Ridge
from reverie.jobs import working
from reverie.jobs.clip import Clip
from reverie.jobs.engines.contract import raise_all
from reverie.jobs.engines.settings import EngineOptions
from reverie.jobs.job import Job, expected_work
from reverie.jobs.store import Store
from reverie.jobs.workers import Workers
from reverie.jobs.working import do_jobs, fit_for_jobs

QUICK = Map(steps=2, draws=0, likelihood="sizes")


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


def test_needed_parts_are_fitted_first_and_each_job_is_done_once(tiny_world, quick_masks, done, tmp_path):
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


def test_each_encoder_gets_a_mask_since_movies_are_scored_in_their_mean(tiny_world, quick_masks, tmp_path):
    shutil.copytree(tiny_world.encoder, tmp_path / "other")
    replace_encoder(tiny_world)
    session = open_session(Sources(tiny_world.data, (tiny_world.encoder, tmp_path / "other"), device="cpu"))
    assert fit_for_jobs(Workers(session), jobs_of(tiny_world, "1", method=Paper())) == {}
    assert quick_masks == ["alpha", "alpha"]  # beta is in no job
    assert session.fitted("alpha", tmp_path / "other").has("mask")
    assert not session.fitted("alpha", tiny_world.encoder).has("prior")


def test_an_animal_that_cannot_be_fitted_is_told_and_spoils_no_other(tiny_world, quick_masks, tmp_path):
    describe_training(tiny_world, ["1"], ["6"])
    session, store = opened(tiny_world, animals=()), Store(tmp_path / "jobs")
    jobs = [*jobs_of(tiny_world, "1"), Job(Clip("beta", "1"), (tiny_world.encoder,), QUICK)]
    failed = fit_for_jobs(Workers(session), jobs)
    assert list(failed) == ["alpha"]
    assert str(failed["alpha"]).startswith("alpha has 1 training trial(s)")
    assert session.fitted("beta", tiny_world.encoder).has("likelihood")
    with pytest.raises(ReverieError, match=r"alpha has 1 training trial"):
        do_jobs(Workers(session), store, jobs, "")
    do_jobs(Workers(session), store, jobs[1:], "")
    assert len(store.read([jobs[1].fingerprint(session)])) == 1


@pytest.mark.parametrize("damaged", [False, True])
def test_parts_whole_in_the_cache_are_not_fitted_again_for_a_run(
    tiny_world, quick_masks, tmp_path, monkeypatch, damaged
):
    """Of an encoder whose own folder cannot be written, what `reverie fit` kept serves every run, which has a copy."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tiny_world.encoder / "fitted").write_text("not a folder")
    working.fit_everything(opened(tiny_world).sources, ("mask", "ridge"), EngineOptions())
    if damaged:
        (path,) = (tmp_path / "cache").rglob("mask.npz")
        path.write_bytes(path.read_bytes()[:-20])
    session = opened(tiny_world, kept=tmp_path / "run" / "fitted")
    assert not fit_for_jobs(Workers(session), jobs_of(tiny_world, "6", method=Ridge()))
    assert len(quick_masks) == 1 + damaged
    kept = session.fitted("alpha", tiny_world.encoder)
    assert tmp_path / "run" in kept.found("mask").parents
    assert tmp_path / "run" in kept.found("ridge").parents
    assert kept.ridge is not None


def test_a_mask_that_is_named_is_not_fitted(tiny_world, quick_masks, tmp_path):
    np.savez(tmp_path / "mask.npz", mask=np.full((12, 16), 1.2))
    session = opened(tiny_world, animals=(), mask=tmp_path / "mask.npz")
    fit_for_jobs(Workers(session), jobs_of(tiny_world, "1"))
    assert quick_masks == []
    assert session.fitted("alpha", tiny_world.encoder).has("likelihood")


def test_a_job_that_fails_keeps_no_other_from_being_done(tiny_world, quick_masks, tmp_path):
    workers, store = Workers(opened(tiny_world)), Store(tmp_path / "jobs")
    jobs = jobs_of(tiny_world, "7", "2")  # nobody recorded responses to 7
    failed = do_jobs(workers, store, jobs, "")
    assert [name.partition(" (job ")[0] for name in failed] == ["alpha trial 7"]
    with pytest.raises(ReverieError, match="no responses"):
        raise_all(failed)
    assert len(store.read([jobs[1].fingerprint(workers.context)])) == 1
    assert do_jobs(workers, store, jobs[1:], "") == {}


def test_longer_jobs_are_expected_to_take_longer(unspoilt_tiny_world):
    session = opened(unspoilt_tiny_world)
    plain, more, linear, joined = (
        jobs_of(unspoilt_tiny_world, "1", method=QUICK)[0],
        jobs_of(unspoilt_tiny_world, "1", method=Paper(steps=50))[0],
        jobs_of(unspoilt_tiny_world, "1", method=Ridge())[0],
        Job(Clip("alpha", "1"), (unspoilt_tiny_world.encoder,), QUICK, together=(Clip("alpha", "2"),)),
    )
    work = [expected_work(job, session) for job in (linear, plain, joined, more)]
    assert work == sorted(set(work))
