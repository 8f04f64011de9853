"""Where the most probable movie errs: the parts add up, and through a true encoder the encoder costs nothing."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from tests.studies.conftest import SCALE

from reverie.encoders.linear_nonlinear import LinearNonlinear, LinearNonlinearConfig
from reverie.fitted.session import Session
from reverie.inversion.likelihood import PoissonLikelihood
from reverie.inversion.priors.gaussian import GaussianPrior
from reverie.inversion.problem import Observation, Problem
from reverie.jobs.workers import Workers
from reverie.studies import causes
from reverie.studies.causes import CAUSES, LONG_SEARCH, OWN_RATES, RECORDED, SIMULATED, TRUE_RATES, gap, split
from reverie.studies.setup import Setup

CAUSE_NAMES = ["trial noise", "encoder", "search", "prior"]
SCORES = {RECORDED: 0.6, SIMULATED: 0.65, OWN_RATES: 0.9, LONG_SEARCH: 0.92}


def parts_of(scores: dict[str, float]) -> dict[str, float]:
    rows = [{"animal": "a", "clip": "1", "condition": name, "video_correlation": r} for name, r in scores.items()]
    return split(pd.DataFrame(rows)).drop(columns=["animal", "clip"]).iloc[0].to_dict()


@pytest.mark.parametrize(("scores", "noise", "encoder"), [(SCORES | {TRUE_RATES: 0.8}, 0.2, 0.1), (SCORES, 0.25, 0.05)])
def test_parts_add_up_with_and_without_a_truth(scores: dict[str, float], noise: float, encoder: float) -> None:
    parts = parts_of(scores)
    assert parts == pytest.approx(
        {"trial noise": noise, "encoder": encoder, "search": 0.02, "prior": 0.08, "total": 0.4}
    )
    assert sum(parts[name] for name in CAUSE_NAMES) == pytest.approx(parts["total"])


def test_the_gap_is_counted_by_hand_and_negative_for_what_is_more_probable() -> None:
    size, frames = (6, 8), 20
    encoder = LinearNonlinear(LinearNonlinearConfig(taps=2), {"a": 3}, size).eval()
    generator = torch.Generator().manual_seed(0)
    responses, state = torch.rand(3, frames, generator=generator), torch.zeros(4, frames)
    flat = GaussianPrior(torch.full(size, 127.5), torch.full(size, 20.0), torch.ones(frames, *size))
    dispersion = torch.tensor([0.5, 1.0, 2.0])
    problem = Problem((Observation(encoder, "a", state, responses, likelihood=PoissonLikelihood(dispersion)),), flat)
    grey = np.full((frames, *size), 127.5, np.float32)
    noisy = grey + 40 * torch.randn(grey.shape, generator=generator).numpy()

    def minus_log_likelihood(movie: np.ndarray) -> float:
        with torch.no_grad():
            rates = encoder(torch.from_numpy(movie)[None], state[None], "a")[0]
        return float(((rates - responses * torch.log(rates + 1e-8)) / dispersion[:, None]).sum())

    found = gap(problem, grey, noisy)
    assert found["likelihood"] == pytest.approx(minus_log_likelihood(grey) - minus_log_likelihood(noisy), rel=1e-3)
    # Every pixel is independent under this prior, with 20 grey levels of deviation.
    assert found["prior"] == pytest.approx(-np.square((noisy - 127.5) / 20).sum() / 2, rel=1e-4)
    assert found["prior"] < 0
    assert gap(problem, noisy, grey) == pytest.approx({name: -nats for name, nats in found.items()})


def test_a_true_encoder_costs_nothing_and_noise_something(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(causes, "METHOD", replace(causes.METHOD, steps=6))
    monkeypatch.setattr(causes, "LONG_METHOD", replace(causes.LONG_METHOD, steps=8))
    setup = CAUSES.adjusted(Setup(session, replace(SCALE, clips=1), tmp_path, Workers(session)))
    setup.run(CAUSES.plan(setup), "movies")
    found = CAUSES.conclude(setup)
    parts, gaps = found.tables.values()
    assert parts["encoder"].abs().max() < 1e-3
    assert (parts["trial noise"] > 0).all()
    np.testing.assert_allclose(parts[CAUSE_NAMES].sum(axis=1), parts["total"], atol=1e-9)
    # The truth is one of the movies that were searched among.
    assert (gaps["likelihood"] + gaps["prior"] < 0).all()
    assert gaps["from"].tolist() == [RECORDED, SIMULATED]
    more_likely = (gaps.loc[gaps["from"] == RECORDED, "likelihood"] < 0).sum()
    assert f"more likely, on {more_likely} of 1)" in found.sentences[1]
