import numpy as np

from reverie.jobs.store import read_solution
from reverie.studies.baselines import BASELINES
from reverie.studies.running import run_study


def test_ridge_regression_finds_the_movie_without_a_pass_through_the_encoder(taught):
    section = run_study(taught, BASELINES)
    data = section.findings.pictures[0].data.groupby("condition")
    assert data["video_correlation"].mean()["ridge"] > 0.3
    assert np.isfinite(data["seconds_to_train"].first()["ridge"])
    passes = {job.method.name: read_solution(taught.place(job).finished).passes for job in BASELINES.plan(taught)}
    assert passes["ridge"] == 0 < passes["paper"]
    assert "minus the paper's method" in section.findings.sentences[0]


def test_a_decoder_is_fitted_once_for_all_clips(taught):
    run_study(taught, BASELINES)
    folder = taught.encoders[0] / "fitted"
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*.safetensors")}
    assert len(before) >= 2
    for job in BASELINES.plan(taught):
        taught.place(job).finished.unlink()
    run_study(taught, BASELINES)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*.safetensors")} == before
