"""A suite leaves out what cannot be asked, and ends with an error when something failed, but not before the rest."""

import os
import signal
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from tests.worlds import fitted_to, opened

from reverie.foundation.errors import NotApplicable, ReverieError
from reverie.inversion.mask import save_mask
from reverie.inversion.methods.paper import Paper
from reverie.jobs.engines.settings import EngineOptions
from reverie.jobs.workers import Workers, open_workers
from reverie.studies.figures import column_figure
from reverie.studies.running import PAPER, STUDIES, fit_masks, run_suite
from reverie.studies.study import Findings, Picture, Study, no_jobs


def found(setup):
    return Findings(["It is so."], [Picture("figure", "A figure", column_figure()[0], pd.DataFrame({"r": [0.5]}))])


def raising(error):
    def raises(setup):
        raise error

    return raises


def study(name, conclude=found, plan=no_jobs):
    return Study(name, f"Study {name}", "Why?", conclude, plan)


@pytest.fixture
def alone(setup, tmp_path):
    """The setup with a folder of its own."""
    return replace(setup, out=tmp_path, stops={})


def test_the_suite_holds_the_questions_of_the_paper_and_others_are_run_by_name():
    assert {one.name for one in PAPER} < STUDIES.keys()
    assert all(name == one.name for name, one in STUDIES.items())


@pytest.mark.parametrize("place", ["plan", "conclude"])
def test_studies_that_do_not_apply_are_left_out_with_the_reason(alone, place):
    without = study("second", **{place: raising(NotApplicable("There is no truth."))})
    page = run_suite(alone, [study("first"), without, study("third")]).read_text()
    assert "<strong>Study second</strong>: There is no truth." in page
    assert 'id="first"' in page
    assert 'id="third"' in page
    assert 'id="second"' not in page


def test_a_suite_without_any_applicable_study_is_an_error(alone):
    with pytest.raises(NotApplicable, match="There is no truth"):
        run_suite(alone, [study("only", raising(NotApplicable("There is no truth.")))])


def assert_the_rest_is_told(alone, name):
    page = (alone.out / "index.html").read_text()
    assert f"<strong>Study {name}</strong>: failed" in page
    assert 'id="other"' in page
    assert (alone.out / "other" / "index.html").exists()


def test_a_folder_that_cannot_be_written_ends_the_suite_with_an_error_after_the_others(alone):
    (alone.out / "full").write_text("a file where a folder should be")
    with pytest.raises(ReverieError, match=r"“Study full” failed: .*could not be written.*others"):
        run_suite(alone, [study("full"), study("other")])
    assert_the_rest_is_told(alone, "full")


def test_a_damaged_file_ends_the_suite_with_an_error_after_the_others(alone):
    def jobs(setup):
        return [job for jobs in setup.jobs(Paper(steps=1, stride=32)).values() for job in jobs]

    def conclude(setup):
        setup.movie(jobs(setup))
        return found(setup)

    (job, *_) = jobs(alone)
    place = alone.place(job).finished
    place.parent.mkdir(parents=True)
    place.write_bytes(b"PK half of an archive")
    with pytest.raises(ReverieError, match=f"“Study damaged” failed: .*{place.parent.name}"):
        run_suite(alone, [study("damaged", conclude, jobs), study("other", plan=jobs)])
    assert_the_rest_is_told(alone, "damaged")


@pytest.mark.slow
def test_a_task_that_kills_its_workers_ends_the_suite_with_an_error_and_the_others_go_on(alone, monkeypatch):
    monkeypatch.setattr("reverie.jobs.engines.local.TRIES", 1)

    def conclude(setup):
        # In a worker the context is its own process, which the work ends.
        setup.workers.run(os.kill, [signal.SIGKILL], "killing")
        return found(setup)

    def goes_on(setup):
        assert setup.workers.run(os.kill, [0, 0], "going on") == [None, None]
        return found(setup)

    with (
        open_workers(alone.session, os.getpid, EngineOptions(jobs=2)) as workers,
        pytest.raises(ReverieError, match="“Study killed” failed: A worker process was killed"),
    ):
        run_suite(replace(alone, workers=workers), [study("killed", conclude), study("other", goes_on)])
    assert_the_rest_is_told(alone, "killed")


def test_a_defect_is_raised_as_it_is_after_the_others(alone):
    with pytest.raises(ZeroDivisionError):
        run_suite(alone, [study("defect", lambda setup: 1 / 0), study("other")])
    assert_the_rest_is_told(alone, "defect")


def test_an_animal_that_cannot_be_fitted_is_left_out_unless_it_is_named(tiny_world, capsys):
    for animal, level in (("alpha", 0.1), ("beta", 1.2)):
        save_mask(fitted_to(tiny_world, animal, animals=(animal,)).place("mask"), np.full((12, 16), level))
    session = fit_masks(Workers(opened(tiny_world, animals=())))
    assert [*session.recordings] == ["beta"]
    assert (session.mask("beta") == np.float32(1.2)).all()
    assert "Left out alpha: The mask" in capsys.readouterr().err
    with pytest.raises(NotApplicable, match="The mask"):
        fit_masks(Workers(opened(tiny_world, animals=("alpha", "beta"))))
    with pytest.raises(NotApplicable, match="The mask"):
        fit_masks(Workers(opened(tiny_world)))
