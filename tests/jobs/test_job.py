"""A job is known by all that decides its result, and is never done twice."""

import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from tests.worlds import learn_from_events, opened, replace_encoder, scale_responses, show_again

from reverie.encoders.checkpoints import load_encoder, save_encoder
from reverie.encoders.prediction import predict
from reverie.foundation.errors import ReverieError
from reverie.foundation.files import write_npz
from reverie.inversion.mask import save_mask
from reverie.inversion.methods import combined
from reverie.inversion.methods.combined import Combined
from reverie.inversion.methods.map import Map
from reverie.inversion.methods.paper import Paper
from reverie.inversion.methods.ridge import Ridge
from reverie.inversion.methods.weighing import Weights
from reverie.jobs.clip import Clip, repeats_of
from reverie.jobs.job import Job, kept_neurons, parts_of, perform, problem_of, targets_of
from reverie.jobs.store import JobFolder, read_solution

QUICK = Map(steps=3, draws=1, calibrated=False)


@pytest.fixture
def mask(tmp_path):
    np.savez(tmp_path / "mask.npz", mask=np.full((12, 16), 1.2))
    return tmp_path / "mask.npz"


def job_of(world, name="1", method=QUICK, **options):
    return Job(Clip("alpha", name), (world.encoder,), method, **options)


def fingerprint(world, mask, method=QUICK, animals=("alpha",), **options):
    return job_of(world, method=method, **options).fingerprint(opened(world, animals, mask=mask))


CHANGES = {
    "weights": replace_encoder,
    "responses of the trial itself": lambda world: scale_responses(world, "1"),
    "movie of the trial itself": lambda world: show_again(world, "alpha", "1", like="2"),
}


@pytest.mark.parametrize("method", [QUICK, Paper(), Ridge()])
@pytest.mark.parametrize("what", CHANGES)
def test_another_fingerprint_when_what_it_is_made_from_changes(what, method, tiny_world, mask):
    before = fingerprint(tiny_world, mask, method)
    CHANGES[what](tiny_world)
    assert fingerprint(tiny_world, mask, method) != before


def test_fits_are_part_of_the_fingerprint_where_the_method_uses_them(tiny_world, mask):
    methods = (QUICK, Ridge(), Paper())
    before = [fingerprint(tiny_world, mask, method) for method in methods]
    scale_responses(tiny_world, "4")  # another training trial
    after = [fingerprint(tiny_world, mask, method) for method in methods]
    assert [old != new for old, new in zip(before, after, strict=True)] == [True, True, False]


def test_learning_target_of_the_encoder_is_part_of_the_published_method(tiny_world, mask):
    """An encoder of events is compared with events in units of the training trials; one of sizes needs nothing."""
    learn_from_events(tiny_world)
    before = fingerprint(tiny_world, mask, Paper())
    scale_responses(tiny_world, "4")  # another training trial
    assert fingerprint(tiny_world, mask, Paper()) != before
    session, job = opened(tiny_world, mask=mask), job_of(tiny_world, method=Paper())
    session.fit(["target"])
    (seen,) = problem_of(job, session).observations
    assert all(len(np.unique(row)) <= 2 for row in seen.responses.numpy())
    predicted = problem_of(replace(job, targets="predicted"), session).observations[0].responses.numpy()
    assert len(np.unique(predicted[0])) > 2


def test_a_job_of_another_fitting_version_is_another_job(tiny_world, mask, monkeypatch):
    before = fingerprint(tiny_world, mask)
    monkeypatch.setattr("reverie.fitted.subject.FITTING_VERSION", 999)
    assert fingerprint(tiny_world, mask) != before


def test_only_the_published_method_asks_where_the_mask_is(tiny_world, mask):
    methods = (Paper(), QUICK)
    before = [fingerprint(tiny_world, mask, method) for method in methods]
    small = np.zeros((12, 16))
    small[4:8] = 1.0
    np.savez(mask, mask=small)
    after = [fingerprint(tiny_world, mask, method) for method in methods]
    assert [old != new for old, new in zip(before, after, strict=True)] == [True, False]


def test_the_masks_of_animals_that_are_joined_decide_too(tiny_world):
    def of(animals, level):
        session = opened(tiny_world, animals=("alpha", "beta"))
        save_mask(session.fitted("alpha", tiny_world.encoder).place("mask"), np.ones((12, 16)))
        save_mask(session.fitted("beta", tiny_world.encoder).place("mask"), np.full((12, 16), level))
        together = tuple(Clip(animal, "1") for animal in animals)
        return job_of(tiny_world, method=Paper(), together=together).fingerprint(session)

    assert of(["beta"], 1.0) != of(["beta"], 1.2)
    assert of([], 1.0) == of([], 1.2)


@pytest.mark.parametrize(
    "options", [{"share": 0.5}, {"targets": "predicted"}, {"method": replace(QUICK, steps=4)}, {"method": Paper()}]
)
def test_settings_decide(options, tiny_world, mask):
    assert fingerprint(tiny_world, mask, **options) != fingerprint(tiny_world, mask)


def test_draws_of_neurons_differ_by_their_number(tiny_world, mask):
    assert fingerprint(tiny_world, mask, share=0.5, draw=1) != fingerprint(tiny_world, mask, share=0.5)
    assert fingerprint(tiny_world, mask, draw=1) == fingerprint(tiny_world, mask)  # of all neurons there is one


def test_names_and_places_and_what_happens_afterwards_do_not_decide(tiny_world, mask, tmp_path):
    before = fingerprint(tiny_world, mask)
    assert fingerprint(tiny_world, mask, replace(QUICK, blur=2.0, calibrated=True)) == before
    moved = SimpleNamespace(data=tmp_path / "elsewhere/data", encoder=tmp_path / "elsewhere/encoder")
    moved.data.parent.mkdir()
    shutil.move(tiny_world.data, moved.data)
    shutil.move(tiny_world.encoder, moved.encoder)
    assert fingerprint(moved, mask) == before


def test_joined_repeats_are_observations_of_one_problem(tiny_world, mask):
    for animal in ("alpha", "beta"):
        show_again(tiny_world, animal, "3", like="1")
    session = opened(tiny_world, animals=(), mask=mask)
    session.fit(["prior", "likelihood"])
    together = repeats_of(session, Clip("alpha", "1"), "all")
    job = job_of(tiny_world, together=together)
    observations = problem_of(job, session).observations
    assert [each.mouse for each in observations] == ["alpha", "alpha", "beta", "beta"]
    expected = session.recordings["beta"].trial("3")
    np.testing.assert_array_equal(observations[3].responses, expected.responses)
    np.testing.assert_array_equal(observations[3].state, expected.state)
    assert job.fingerprint(session) != job_of(tiny_world).fingerprint(session)
    assert set(parts_of([job])) == {("alpha", tiny_world.encoder), ("beta", tiny_world.encoder)}


@pytest.mark.parametrize("method", [QUICK, Paper(steps=3), Ridge()])
def test_a_finished_job_is_read_and_not_done_again(tiny_world, mask, tmp_path, method):
    session, place = opened(tiny_world, mask=mask), JobFolder(tmp_path / "job")
    session.fit([part for part in ("prior", "likelihood", "ridge") if (part == "ridge") == (method == Ridge())])
    job = job_of(tiny_world, method=method)
    found = perform(job, session, place)
    assert found.movie.shape == (48, 12, 16)
    np.testing.assert_array_equal(read_solution(place.finished).movie, found.movie)
    changed = job_of(tiny_world, name="2", method=method)  # whatever is asked for: the folder is the job's own
    np.testing.assert_array_equal(perform(changed, session, place).movie, found.movie)


def test_the_published_method_gets_the_mask_of_the_session(tiny_world, mask, tmp_path):
    small = np.zeros((12, 16))
    small[4:8] = 1.0
    np.savez(mask, mask=small)
    job = job_of(tiny_world, method=Paper(steps=3))
    movie = perform(job, opened(tiny_world, mask=mask), JobFolder(tmp_path / "job")).movie
    assert (movie[:, small == 0] == 127.5).all()
    assert movie[:, small == 1].std() > 0


def test_missing_fits_are_asked_for(tiny_world, mask, tmp_path):
    with pytest.raises(ReverieError, match="was not fitted"):
        perform(job_of(tiny_world), opened(tiny_world, mask=mask), JobFolder(tmp_path / "job"))


def test_kept_neurons_are_a_share_and_smaller_shares_are_part_of_larger_ones(tiny_world, mask):
    session = opened(tiny_world, mask=mask)
    half, quarter = (kept_neurons(job_of(tiny_world, share=share), session) for share in (0.5, 0.25))
    assert (len(half), len(quarter)) == (10, 5)
    assert set(quarter) <= set(half)
    assert len(kept_neurons(job_of(tiny_world, share=1e-6), session)) == 1
    other = kept_neurons(job_of(tiny_world, share=0.5, draw=1), session)
    assert not np.array_equal(other, half)


def test_neurons_are_left_out_or_silenced(tiny_world, mask):
    session = opened(tiny_world, mask=mask)
    job = job_of(tiny_world, method=Paper(), share=0.25)
    rows, recorded = kept_neurons(job, session), session.recordings["alpha"].trial("1").responses
    (left_out,) = problem_of(job, session).observations
    np.testing.assert_array_equal(left_out.neurons, rows)
    np.testing.assert_array_equal(left_out.chosen_responses, recorded[rows])
    (silenced,) = problem_of(replace(job, silenced=True), session).observations
    assert silenced.neurons is None
    np.testing.assert_array_equal(silenced.responses[rows], recorded[rows])
    assert not np.delete(silenced.responses.numpy(), rows, axis=0).any()


def test_targets_are_recorded_or_an_encoder_s_rates(tiny_world, mask, tmp_path):
    shutil.copytree(tiny_world.encoder, tmp_path / "true")
    truth = load_encoder(tmp_path / "true")
    replace_encoder(tiny_world)
    save_encoder(truth, tmp_path / "true", about={"simulated": True})
    session = opened(tiny_world, mask=mask, truth=tmp_path / "true")
    trial = session.recordings["alpha"].trial("1")
    found = {
        kind: targets_of(job_of(tiny_world, targets=kind), session, trial, tiny_world.encoder)
        for kind in ("recorded", "predicted", "truth")
    }
    np.testing.assert_array_equal(found["recorded"], trial.responses)
    own = session.encoders[tiny_world.encoder]
    np.testing.assert_allclose(found["predicted"], predict(own, trial.movie, trial.state, "alpha"), rtol=1e-5)
    np.testing.assert_allclose(found["truth"], predict(truth, trial.movie, trial.state, "alpha"), rtol=1e-5)
    assert not np.allclose(found["truth"], found["predicted"])


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"share": 0.5}, "`ridge` reads all neurons"),
        ({"together": (Clip("alpha", "2"),)}, "`ridge` reads one trial; choose `map`"),
    ],
)
def test_impossible_jobs_of_a_linear_decoder_are_refused(options, sentence, tiny_world, mask, tmp_path):
    session = opened(tiny_world, mask=mask)
    with pytest.raises(ReverieError, match=sentence):
        perform(job_of(tiny_world, method=Ridge(), **options), session, JobFolder(tmp_path / "job"))


def test_parts_are_those_of_the_methods():
    one, two = Path("one"), Path("two")
    jobs = [Job(Clip("alpha", "1"), (one, two), Ridge()), Job(Clip("beta", "1"), (one,), Map(draws=0))]
    assert parts_of(jobs) == {
        ("alpha", one): {"mask", "ridge"},
        ("alpha", two): {"mask", "ridge"},
        ("beta", one): {"mask", "prior", "likelihood"},
    }


def test_a_combined_movie_is_found_in_parts_that_may_be_interrupted(tiny_world, mask, tmp_path, monkeypatch):
    session, place = opened(tiny_world, mask=mask), JobFolder(tmp_path / "job")
    session.fit(["prior", "scenes", "likelihood", "ridge"])
    fitted, job = (
        session.fitted("alpha", tiny_world.encoder),
        job_of(tiny_world, method=Combined(follow=1, calibrated=False)),
    )
    write_npz(fitted.place("weights"), Weights("sizes", 0.5).to_arrays())
    write_npz(fitted.place("followed_weights"), Weights("sizes", 0.75).to_arrays())

    def interrupt(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as interrupted:
        interrupted.setattr(combined, "following", interrupt)
        with pytest.raises(KeyboardInterrupt):
            perform(job, session, place)
    assert not place.finished.exists()
    written = place.part("map-1-of-2").finished.stat().st_mtime_ns
    found = perform(job, session, place)
    assert place.part("map-1-of-2").finished.stat().st_mtime_ns == written
    probable = read_solution(place.part("map-2-of-2").finished)
    linear = fitted.ridge.decode(session.recordings["alpha"].trial("1").responses)
    np.testing.assert_allclose(found.movie, 0.75 * probable.movie + 0.25 * linear, atol=1e-3)
    assert found.std is None
    with pytest.raises(ReverieError, match="`combined` reads all neurons"):
        perform(replace(job, share=0.5), session, JobFolder(tmp_path / "other"))


def test_repeats_of_a_combined_movie_are_all_decoded(tiny_world, mask, tmp_path):
    session, place = opened(tiny_world, mask=mask), JobFolder(tmp_path / "job")
    session.fit(["prior", "likelihood", "ridge"])
    fitted = session.fitted("alpha", tiny_world.encoder)
    write_npz(fitted.place("weights"), Weights("sizes").to_arrays())
    write_npz(fitted.place("followed_weights"), Weights("sizes").to_arrays())
    job = job_of(tiny_world, method=Combined(calibrated=False, map_share=0.0), together=(Clip("alpha", "2"),))
    trials = [session.recordings["alpha"].trial(name) for name in ("1", "2")]
    mean = np.mean([fitted.ridge.decode(trial.responses) for trial in trials], axis=0)
    np.testing.assert_allclose(perform(job, session, place).movie, mean, atol=1e-3)
