"""What each experiment must find on animals whose truth is known."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from tests.studies.conftest import SMALL, central_mask

from reverie.fitted.session import open_session
from reverie.foundation.errors import ReverieError
from reverie.inversion.mask import save_mask
from reverie.jobs.job import Job
from reverie.jobs.workers import Workers
from reverie.scoring.correlation import video_correlation
from reverie.scoring.rule import frames_to_skip
from reverie.studies.ensembling import ENSEMBLING, GRADIENTS, UNBLURRED
from reverie.studies.masks import MASKS
from reverie.studies.population import POPULATION
from reverie.studies.predicted import PERFECT, PREDICTED, PREDICTED_RESPONSES, RECORDED, TRUE_ENCODER, TRUE_RATES
from reverie.studies.running import run_study

VIDEO = "video_correlation"


def means(data: pd.DataFrame) -> pd.Series:
    return data.groupby("condition")[VIDEO].mean()


@pytest.mark.slow
def test_two_encoders_are_better_than_one_and_the_blur_helps(setup):
    section = run_study(setup, ENSEMBLING)
    found = means(section.findings.pictures[0].data)
    assert found["2 encoders"] > found["1 encoder"]
    assert found[GRADIENTS] > found["1 encoder"] - 0.02
    assert found["2 encoders"] > found[UNBLURRED]
    assert [line.theirs for line in section.findings.comparison] == [
        "0.444",
        "0.505 (+13.7 %)",
        "0.552 (−3.0 %)",
        "0.533 (−6.3 %)",
    ]


def test_one_encoder_cannot_be_averaged(setup):
    sources = replace(setup.session.sources, encoders=setup.encoders[:1])
    alone = replace(setup, session=replace(setup.session, sources=sources))
    with pytest.raises(ReverieError, match="at least two encoders"):
        ENSEMBLING.plan(alone)


@pytest.mark.slow
def test_fewer_neurons_are_worse_and_silencing_the_others_worse_still(setup):
    found = means(run_study(setup, POPULATION).findings.pictures[0].data)
    assert found["all neurons"] > found["25 % left out"] > found["25 % silenced"]


@pytest.mark.slow
def test_the_training_mask_decides_where_the_movie_may_move(setup):
    section = run_study(setup, MASKS)
    data = section.findings.pictures[0].data
    inside = data[data["evaluation threshold"] == "1"].groupby("trained")[VIDEO].mean()
    wider = data[data["evaluation threshold"] == "0.5"].groupby("trained")[VIDEO].mean()
    # Pixels that may not move stay grey and say nothing.
    assert wider["strict mask"] < wider["mask at 0.5"]
    assert inside["strict mask"] > wider["strict mask"]
    strict = next(job for job in MASKS.plan(setup) if job.method.training_threshold == 1.0)
    movie, outside = setup.movie([strict], 0.0), setup.session.mask(strict.clip.animal) < 1.0
    assert (movie[:, outside] == 127.5).all()
    assert movie[:, ~outside].std() > 1


def test_the_mask_is_set_beside_the_receptive_fields_of_every_animal(setup):
    section = run_study(setup, MASKS)
    table = {picture.name: picture.data for picture in section.findings.pictures}
    for animal in setup.session.recordings:
        centres = table[f"coverage-{animal}"].dropna()
        inside = setup.session.mask(animal)[centres["row"].astype(int), centres["column"].astype(int)] >= 0.5
        assert 0.2 < inside.mean() <= 1
    assert "% of the fields' centres lie at α ≥ 0.5" in section.findings.sentences[1]


@pytest.mark.slow
def test_without_noise_and_with_the_true_encoder_little_is_missing(setup):
    section = run_study(setup, PREDICTED_RESPONSES)
    found = means(section.findings.pictures[0].data)
    assert found[PERFECT] > 0.5
    assert found[PERFECT] > found[TRUE_ENCODER] > found[RECORDED]
    assert found[PERFECT] > found[TRUE_RATES] > found[RECORDED]
    assert found[PREDICTED] > found[RECORDED]
    parts = section.findings.pictures[1].data
    losses = parts[["trial noise", "encoder error", "inversion error"]]
    assert (losses.mean() > 0).all()
    assert losses.sum(axis=1).to_numpy() == pytest.approx(parts["total"].to_numpy())


@pytest.mark.slow
def test_a_perfect_encoder_and_noiseless_rates_give_the_movie_back_where_neurons_look(setup, tmp_path):
    # Everywhere, so that nothing that was answered has to stay grey.
    save_mask(tmp_path / "mask.npz", np.full(SMALL, 1.2, np.float32))
    session = open_session(replace(setup.session.sources, animals=("left",), mask=tmp_path / "mask.npz"))
    scale = replace(setup.scale, clips=2, stops=(200,))
    patient = replace(setup, session=session, scale=scale, out=tmp_path / "out", workers=Workers(session), stops={})
    truth = session.truth_folder
    job = Job(patient.clips[1], (truth,), patient.settings(truth, "truth"), "truth")
    patient.run([job], "the whole truth")
    found, shown = patient.movie([job]), job.clip.read(session).known_movie
    scored = slice(frames_to_skip(len(shown)), None)
    assert video_correlation(found[scored], shown[scored], central_mask(SMALL) >= 1) > 0.85
