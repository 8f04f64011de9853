"""Realistic contents for pages: a real clip, an imitation of its reconstruction, and sparse noisy responses."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy.ndimage import gaussian_filter

from reverie.foundation.arrays import DEGREES_PER_PIXEL, Mask, Movie
from reverie.inversion.solution import Progress
from reverie.reporting.content import RunContent, TrialContent
from reverie.scoring.scores import score
from reverie.scoring.tables import summarise
from reverie.stimuli.footage import embedded_clips
from reverie.stimuli.video import read_movie

HEIGHT, WIDTH = 36, 64


@pytest.fixture(scope="session")
def clip() -> Movie:
    """Ten seconds of streets with cuts, 36 by 64 pixels."""
    return read_movie(embedded_clips()["bikes"])


def population_mask() -> Mask:
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    bump = 1.35 * np.exp(-(((y - 17) / 13) ** 2) - ((x - 30) / 17) ** 2)
    wobble = 0.12 * np.sin(x / 5 + y / 7)
    return np.clip(bump + wobble, 0, 1.4).astype(np.float32)


def imitation(truth: Movie, mask: Mask, generator: np.random.Generator) -> Movie:
    """What a reconstruction looks like: blurred, speckled, and grey where nothing was seen."""
    noise = gaussian_filter(generator.normal(0, 1, truth.shape), (1, 0.8, 0.8)) * 70
    seen = gaussian_filter(truth, (1, 1.3, 1.3)) + noise
    movie = np.where(mask >= 0.5, 127.5 + (seen - seen.mean()) * 0.9, 127.5)
    return np.clip(movie, 0, 255).astype(np.float32)


def make_trial(clip: Movie, *, number: int = 0, frames: int = 300, neurons: int = 120, models: int = 3) -> TrialContent:
    generator = np.random.default_rng(number)
    truth = np.concatenate([clip, clip[::-1]])[17 * number :][:frames]
    truth = truth if number % 2 == 0 else truth[:, :, ::-1].copy()
    mask = population_mask()
    movie = imitation(truth, mask, generator)
    drive = gaussian_filter(generator.normal(0, 1, (8, frames)), (0, 6))
    drive /= drive.std()
    gain = generator.lognormal(0, 1, (neurons, 1))
    rates = gain * np.exp(generator.normal(0, 0.7, (neurons, 8)) @ drive * 0.5)
    responses = gaussian_filter(generator.poisson(rates * 0.3) * generator.gamma(1, 3, rates.shape), (0, 1.5))
    phase = np.arange(frames) / frames
    state = np.stack([50 + 12 * np.sin(9 * phase), np.maximum(0, 20 * np.sin(7 * phase)), 140 + phase, 120 - 3 * phase])
    scores = score(
        movie, truth, mask, seed=0, skip=min(30, frames // 10), other_movies=[truth[:, ::-1]], responses=responses,
        rates_from_reconstruction=rates, rates_from_truth=rates,
    )  # fmt: skip
    steps = np.arange(0, 1000, 10)
    traces = {
        f"model {model}": [
            Progress(int(step), step * 0.31, int(step) * 70, 2.1 + 0.05 * model + 1.3 * float(np.exp(-step / 150)))
            for step in steps
        ]
        for model in range(models)
    }
    return TrialContent(
        animal="dynamic29515-10-12",
        trial=str(number),
        reconstruction=movie,
        mask=mask,
        truth=truth,
        state=np.maximum(state + generator.normal(0, 0.4, state.shape), 0).astype(np.float32),
        responses=responses.astype(np.float32),
        rates=rates.astype(np.float32),
        traces=traces,
        scores=scores,
        notes=["This trial was used to train the encoder."] if number == 1 else [],
        degrees_per_pixel=DEGREES_PER_PIXEL,
        scored_from=min(30, frames // 10),
    )


@pytest.fixture(scope="session")
def make_run(clip: Movie) -> Callable[..., RunContent]:
    """Make the content of a page with so many trials; options go to every trial."""

    def make(trials: int = 2, **options: int) -> RunContent:
        made = [make_trial(clip, number=number, **options) for number in range(trials)]
        rows = [
            {"animal": f"animal {number % 2}", "trial": str(number), "method": "paper", **trial.scores}
            for number, trial in enumerate(made)
        ]
        settings = {
            "seed": 3,
            "device": "cpu",
            "encoders": ["tiny-0", "tiny-1"],
            "solver": {"steps": 1000, "learning rate": 1000.0, "masks": {"training": 0.5, "evaluation": 1.0}},
            "versions": {"python": "3.11.4", "torch": "2.13.0"},
        }
        return RunContent(
            title="Movies reconstructed from imitated recordings",
            trials=made,
            sentences=["Everything here is an imitation made for a test.", "No animal was recorded."],
            settings=settings,
            summary=summarise(pd.DataFrame(rows), seed=0),
        )

    return make
