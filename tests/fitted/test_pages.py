import sys
import tempfile
from types import SimpleNamespace

import numpy as np
import pytest
from tests.fitted.reconstructions import made_up

from reverie.fitted.pages import content_of, report, show
from reverie.fitted.reconstruction import SIMULATED
from reverie.foundation.errors import ReverieError
from reverie.reporting.score_tables import trial_table
from reverie.reporting.wording import wording_of


def test_a_page_shows_every_reconstruction_with_its_scores_and_notes(tmp_path):
    page = report(
        [made_up(1), made_up(2, animal="mouse2", truth=None)], str(tmp_path / "all.html"), title="Two <movies>"
    )
    text = page.read_text()
    assert page == tmp_path / "all.html"
    assert "Two &lt;movies&gt;" in text
    assert "mouse1" in text
    assert "mouse2" in text
    assert "Made up." in text
    assert f"{made_up(1).score()['video_correlation']:.3f}" in text
    assert "http://" not in text.replace("http://www.w3.org", "")


def test_that_animals_are_simulated_is_said_once_or_of_each_of_some(tmp_path):
    simulated, recorded = made_up(1, notes=("Made up.", SIMULATED)), made_up(2, notes=())
    assert report([simulated, simulated], tmp_path / "all.html").read_text().count(SIMULATED) == 1
    some = content_of([simulated, recorded], title="")
    assert [SIMULATED in trial.notes for trial in some.trials] == [True, False]
    assert SIMULATED not in some.sentences


def test_nothing_makes_no_page(tmp_path):
    with pytest.raises(ReverieError, match="no reconstruction to show"):
        report([], tmp_path / "none.html")
    assert not (tmp_path / "none.html").exists()


def test_scores_belong_to_their_own_trial():
    content = content_of([made_up(1), made_up(2)], title="")
    for trial, seed in zip(content.trials, (1, 2), strict=True):
        assert trial.scores["rmse"] == pytest.approx(made_up(seed).score()["rmse"])
    of_one_trial = content_of([made_up(1), made_up(truth=None), made_up(2, trial="1")], title="").trials
    expected = [content.trials[0].scores["rmse"], None, content.trials[1].scores["rmse"]]
    assert [trial.scores.get("rmse") for trial in of_one_trial] == expected
    assert content.summary is not None
    assert content_of([made_up(truth=None)], title="").summary is None


def test_a_score_that_is_undefined_comes_with_its_reason():
    (trial,) = content_of([made_up(other_movies=None)], title="").trials
    table = trial_table(trial)
    assert "the recording holds no other movie that is long enough" in table.missing
    (rmse,) = (row for row in [*table.rows, *table.further] if row.wording == wording_of("rmse"))
    assert not rmse.cells[0].reason


def test_a_weak_mask_is_said(tmp_path):
    (trial,) = content_of([made_up(mask=np.full((8, 10), 0.8, np.float32))], title="").trials
    assert any("reaches 1 at no pixel" in note for note in trial.notes)


def test_degrees_are_those_of_each_recording_where_they_are_known():
    content = content_of([made_up(degrees_per_pixel=2.0), made_up(1)], title="")
    assert [trial.degrees_per_pixel for trial in content.trials] == [2.0, None]


def test_show_writes_a_page_where_it_is_told_to(tmp_path):
    page = made_up().show(tmp_path / "movie.html")
    assert page == tmp_path / "movie.html"
    assert "mouse1 trial 0" in page.read_text()


def test_a_folder_is_no_page(tmp_path):
    for write in (made_up().show, lambda folder: report(made_up(), folder)):
        with pytest.raises(ReverieError, match="is a folder, where a file is to be written; name a file in it"):
            write(tmp_path)


def test_outside_a_notebook_the_page_lies_among_the_temporary_files(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    page = made_up().show()
    assert page.is_relative_to(tmp_path)
    assert "mouse1 trial 0" in page.read_text()


class ZMQInteractiveShell:
    """What IPython calls the shell of a notebook's kernel."""


def test_in_a_notebook_the_player_is_displayed(monkeypatch):
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=ZMQInteractiveShell))
    monkeypatch.setitem(sys.modules, "IPython.display", SimpleNamespace(HTML=lambda text: ("shown", text)))
    kind, text = show(made_up())
    assert kind == "shown"
    assert text.startswith("<div><iframe srcdoc=")
    assert "summary-title" not in text
    assert "mouse1 trial 0" in text
    assert "<script" not in text  # the page is a value, escaped
