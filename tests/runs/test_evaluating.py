import json
import shutil
import weakref
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from tests.fitted.reconstructions import made_up

from reverie.fitted.reconstruction import SEEN_IN_TRAINING, SIMULATED, Reconstruction
from reverie.foundation.errors import ReverieError
from reverie.runs.evaluating import evaluate_run
from reverie.runs.exporting import export_run
from reverie.runs.reporting import report_run
from reverie.scoring.tables import read_scores


@pytest.fixture
def run(tmp_path):
    """A run of two trials whose movies are known and one whose movie is not."""
    settings = {"method": "map", "encoders": ["0123"], "trials": {"mouse1": ["1", "2", "10"]}}
    record = {
        "settings": settings,
        "seed": 0,
        "places": {"data": "/somewhere"},
        "about": ["The animals are simulated."],
    }
    (tmp_path / "run.json").write_text(json.dumps(record))
    for one in (made_up(1), made_up(2), made_up(10, truth=None, rates_from_truth=None)):
        one.save(tmp_path / one.animal / one.trial)
    return tmp_path


def test_every_movie_with_a_truth_is_scored(run, capsys):
    scores = evaluate_run(run)
    assert scores["trial"].tolist() == ["1", "2"]
    assert scores["rmse"].iloc[1] == pytest.approx(made_up(2).score()["rmse"])
    told = capsys.readouterr().out
    assert "mean over 2 movies" in told
    assert "coverage" in told


def test_five_movies_have_an_interval(run, capsys):
    for trial in (3, 4, 5):
        made_up(trial).save(run / "mouse1" / str(trial))
    evaluate_run(run)
    assert "mean [95 % confidence interval] over 5 movies" in capsys.readouterr().out


def test_movies_of_training_trials_are_told_from_held_out_ones(run, capsys):
    made_up(2, notes=(f"{SEEN_IN_TRAINING} encoder: its scores are not held out.",)).save(run / "mouse1/2")
    warning = "Encoders were trained on mouse1 trial 2: the scores of these movies"
    evaluate_run(run)
    assert warning in capsys.readouterr().err
    assert warning in report_run(run).read_text()


def test_without_any_truth_there_are_no_scores(run, capsys):
    for trial in ("1", "2"):
        made_up(int(trial), truth=None).save(run / "mouse1" / trial)
    assert evaluate_run(run).empty
    assert "there are no scores" in capsys.readouterr().err
    assert not (run / "scores.csv").exists()


def test_a_weak_mask_is_said(run, capsys):
    made_up(2, mask=np.full((8, 10), 0.8, np.float32)).save(run / "mouse1/2")
    evaluate_run(run)
    assert "mouse1 trial 2: The mask reaches 1 at no pixel" in capsys.readouterr().err


def test_a_movie_that_cannot_be_scored_does_not_spoil_the_rest(run, capsys):
    made_up(2, mask=np.full((8, 10), 0.2, np.float32)).save(run / "mouse1/2")
    assert evaluate_run(run)["trial"].tolist() == ["1"]
    assert "Not scored: mouse1 trial 2: No pixel of the mask reaches" in capsys.readouterr().err
    assert f"{made_up(1).score()['video_correlation']:.3f}" in report_run(run).read_text()
    made_up(1, mask=np.full((8, 10), 0.2, np.float32)).save(run / "mouse1/1")
    with pytest.raises(ReverieError, match="mouse1 trial 1: No pixel of the mask reaches"):
        evaluate_run(run)


def test_the_page_shows_all_movies_and_says_how_they_were_made(run):
    text = report_run(run).read_text()
    assert "The animals are simulated." in text
    assert "3 trials were reconstructed from single-trial responses by the method “map” with 1 encoder" in text
    assert "/somewhere" in text
    assert f"{made_up(1).score()['video_correlation']:.3f}" in text
    assert "mouse1 trial 10" in text or "mouse1 · trial 10" in text


def test_movies_that_came_later_are_scored_for_the_page(run):
    report_run(run)
    made_up(3).save(run / "mouse1/3")
    report_run(run)
    assert f"{made_up(3).score()['video_correlation']:.3f}" in (run / "report.html").read_text()


@pytest.mark.parametrize("copied", [{"seed": 3}, {"seed": 3, "trial": "2"}, {"seed": 2, "method": "paper"}])
def test_scores_of_movies_that_were_replaced_by_copying_are_not_shown(run, copied):
    report_run(run)
    shutil.rmtree(run / "mouse1/2")
    other = made_up(**copied)
    other.save(run / "mouse1" / other.trial)
    report_run(run)
    found = read_scores(run / "scores.csv").set_index("trial")
    assert sorted(found.index) == sorted(["1", other.trial])
    assert found.loc[other.trial, "rmse"] == other.score()["rmse"]
    assert found.loc[other.trial, "method"] == other.method


def test_scores_are_kept_where_nothing_changed(run):
    report_run(run)
    written = (run / "scores.csv").stat().st_mtime_ns
    report_run(run)
    assert (run / "scores.csv").stat().st_mtime_ns == written


def test_many_trials_have_pages_of_their_own(run, monkeypatch):
    monkeypatch.setattr("reverie.runs.reporting.TOGETHER", 2)
    report_run(run)
    overview = (run / "report.html").read_text()
    assert "data:image" not in overview
    for trial in ("1", "2", "10"):
        assert f'href="mouse1/{trial}/report.html"' in overview
        assert f'src="mouse1/{trial}/still.png"' in overview
        assert (run / "mouse1" / trial / "still.png").read_bytes().startswith(b"\x89PNG")
        page = (run / "mouse1" / trial / "report.html").read_text()
        assert 'href="../../report.html"' in page
        assert '"movies": {"reconstruction": "data:image/png' in page
    assert f"{made_up(2).score()['video_correlation']:.3f}" in (run / "mouse1/2/report.html").read_text()


@pytest.mark.parametrize("together", [2, 24])
def test_a_page_says_that_animals_are_simulated(run, monkeypatch, together):
    monkeypatch.setattr("reverie.runs.reporting.TOGETHER", together)
    assert SIMULATED not in report_run(run).read_text()
    for trial in ("1", "2", "10"):
        made_up(int(trial), notes=(SIMULATED,)).save(run / "mouse1" / trial)
    assert report_run(run).read_text().count(SIMULATED) == 1


def test_many_trials_are_read_one_at_a_time(run, monkeypatch):
    read, held = Reconstruction.load, []
    monkeypatch.setattr("reverie.runs.reporting.TOGETHER", 2)
    alive = weakref.WeakSet()

    def load(folder):
        held.append(len(alive))
        one = read(folder)
        alive.add(one)
        return one

    evaluate_run(run)
    monkeypatch.setattr(Reconstruction, "load", staticmethod(load))
    report_run(run)
    assert len(held) == 6  # each to see whether it is whole, and to be shown
    assert max(held) <= 1


def test_few_trials_are_read_once_for_page_and_film(run, monkeypatch):
    read, places = Reconstruction.load, []

    def load(folder):
        places.append(folder.name)
        return read(folder)

    evaluate_run(run)
    monkeypatch.setattr(Reconstruction, "load", staticmethod(load))
    monkeypatch.setattr("reverie.runs.reporting.write_run_film", lambda path, found: list(found))
    report_run(run, film=True)
    assert places == ["1", "2", "10"]


def test_other_folders_are_refused(tmp_path):
    for act in (evaluate_run, report_run):
        with pytest.raises(ReverieError, match="is not a run folder"):
            act(tmp_path)


@pytest.mark.parametrize("part", ["movie.npz", "evidence.npz", "trace.csv", "reconstruction.json"])
def test_a_trial_that_cannot_be_read_spoils_no_other(run, capsys, part):
    spoil = Path.unlink if part != "reconstruction.json" else partial(Path.write_text, data="garbage")
    spoil(run / "mouse1/2" / part)
    assert evaluate_run(run)["trial"].tolist() == ["1"]
    assert (
        f"Left out until the same `reverie reconstruct` makes it again: {run / 'mouse1/2'}" in capsys.readouterr().err
    )
    assert report_run(run).exists()
    assert len(export_run(run, "npz")) == 2
    for trial in ("1", "10"):
        spoil(run / "mouse1" / trial / part)
    with pytest.raises(ReverieError, match=r"is missing|could not be read as JSON"):
        evaluate_run(run)
