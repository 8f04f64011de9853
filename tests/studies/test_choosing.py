import numpy as np
import pandas as pd
import pytest
from tests.worlds import learn_from_events, opened, spoil_movie

from reverie.fitted.session import Sources, open_session
from reverie.foundation.files import write_npz
from reverie.inversion.methods.paper import Paper
from reverie.inversion.postprocessing import blur
from reverie.inversion.solve import solve
from reverie.jobs.clip import Clip
from reverie.jobs.job import Job, problem_of
from reverie.jobs.workers import Workers
from reverie.scoring.correlation import video_correlation
from reverie.studies.choosing import choose_clips, choose_stop, validation_clips


def test_the_best_of_the_candidates_is_chosen_by_what_stopping_there_would_score(unspoilt_world, tmp_path):
    mask = np.full((36, 64), 0.7, np.float32)
    mask[10:26, 20:44] = 1.3
    write_npz(tmp_path / "mask.npz", {"mask": mask})
    sources = Sources(unspoilt_world.data, (unspoilt_world.encoder,), ("alpha",), mask=tmp_path / "mask.npz")
    session = open_session(sources)
    settings = Paper(steps=9, stride=32)
    jobs = [Job(Clip("alpha", name), sources.encoders, settings) for name in ("6", "1")]
    stops = [(12, 0.5), (3, 0.5), (6, 0.5)]
    stop = choose_stop(jobs, stops, Workers(session), tmp_path / "stops")
    (kept,) = (tmp_path / "stops").iterdir()
    scores = pd.read_csv(kept, index_col=["steps", "blur"])
    assert sorted(scores.index) == sorted(stops)
    assert scores.columns.tolist() == ["alpha 6", "alpha 1"]
    assert stop == scores.mean(axis=1).idxmax()
    written = kept.stat().st_mtime_ns
    assert choose_stop(jobs, stops, Workers(session), tmp_path / "stops") == stop
    assert kept.stat().st_mtime_ns == written
    trial = session.recordings["alpha"].trial("1")
    stopped = solve(problem_of(jobs[1], session), Paper(steps=6, stride=32, mask=mask))
    expected = video_correlation(blur(stopped.movie, 0.5), trial.movie, mask >= 1.0)
    assert scores.loc[(6, 0.5), "alpha 1"] == pytest.approx(expected, abs=1e-6)


def test_parts_that_jobs_need_are_fitted_first(tiny_world, quick_masks, tmp_path):
    learn_from_events(tiny_world)
    session = opened(tiny_world)
    jobs = [Job(Clip("alpha", "6"), (tiny_world.encoder,), Paper(stride=32))]
    choose_stop(jobs, [(2, 0.5), (3, 0.5)], Workers(session), tmp_path / "stops")
    assert session.fitted("alpha", tiny_world.encoder).missing(["mask", "target"]) == []


def test_a_trial_that_cannot_be_read_is_no_clip_and_spoils_none(tiny_world, capsys):
    tiers = np.array(["train"] * 4 + ["oracle"] * 3 + ["final_test_main"])
    np.save(tiny_world.data / "alpha/meta/trials/tiers.npy", tiers)
    spoil_movie(tiny_world, "alpha", "5")
    clips = choose_clips(opened(tiny_world), (), 3)
    assert [clip.name for clip in clips] == ["4", "6"]
    assert "left out 1 trial (5)" in capsys.readouterr().err
    spare = validation_clips(opened(tiny_world), clips[:1], 3)
    assert [clip.name for clip in spare] == ["6"]


def test_clips_are_found_in_recordings_with_other_names_for_tiers(tiny_world):
    """A recording that names no tiers is split into train, validation and test."""
    tiers = np.array(["train"] * 4 + ["validation", "test", "test", "train"])
    np.save(tiny_world.data / "alpha/meta/trials/tiers.npy", tiers)
    session = opened(tiny_world)
    clips = choose_clips(session, (), 3)
    assert [clip.name for clip in clips] == ["5", "6"]
    assert [clip.name for clip in validation_clips(session, clips, 3)] == ["4"]
