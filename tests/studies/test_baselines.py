from reverie.studies.baselines import BASELINES, PAPER
from reverie.studies.running import run_experiment


def test_ridge_regression_finds_the_movie_in_a_fraction_of_the_time(taught):
    section = run_experiment(taught, BASELINES)
    data = section.plates[0].data.groupby("condition")
    found, seconds = data["video_correlation"].mean(), data["seconds_to_run"].first()
    assert found["ridge"] > 0.3
    assert seconds["ridge"] < 0.2 * seconds[PAPER]
    assert data["seconds_to_train"].first()["ridge"] > 0
    assert "minus the paper's method" in section.sentences[0]


def test_a_decoder_is_fitted_once_for_all_clips(taught):
    run_experiment(taught, BASELINES)
    folder = taught.encoders[0] / "decoders"
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*.safetensors")}
    assert len(before) >= 4
    for job in BASELINES.plan(taught):
        taught.place(job).finished.unlink()
    run_experiment(taught, BASELINES)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*.safetensors")} == before
