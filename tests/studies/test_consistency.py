from dataclasses import replace

import numpy as np
import pytest

from reverie.fitted.session import open_session
from reverie.inversion.mask import save_mask
from reverie.jobs.workers import Workers
from reverie.studies.consistency import CONSISTENCY, FOUND, MASKED, SCORE, TRUTH
from reverie.studies.running import run_study


@pytest.fixture
def unmasked(setup, tmp_path):
    """One clip of one animal whose mask hides a little of the screen, and enough steps to fit noise too."""
    mask = np.full((18, 32), 1.2, np.float32)
    mask[:2] = 0
    save_mask(tmp_path / "mask.npz", mask)
    session = open_session(replace(setup.session.sources, animals=("left",), mask=tmp_path / "mask.npz"))
    scale = replace(setup.scale, clips=1, stops=(100,))
    return replace(setup, session=session, scale=scale, out=tmp_path / "out", workers=Workers(session), stops={})


def test_a_movie_fitted_to_one_trial_explains_that_trial_better_than_the_truth(unmasked):
    section = run_study(unmasked, CONSISTENCY)
    found = section.findings.pictures[0].data.groupby("condition")[SCORE].mean()
    assert found[FOUND] > found[TRUTH] > found[MASKED]
    assert "noise of this very trial" in section.findings.sentences[0]
    assert [line.theirs for line in section.findings.comparison[:3]] == ["0.379", "3–4 % lower", "0.442"]
