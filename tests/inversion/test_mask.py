from dataclasses import replace

import numpy as np
import pytest
import torch
from tests.inversion.toys import PlaneEncoder, SpotEncoder, observe, smooth_movie, trials_of
from torch import Tensor

from reverie.encoders.contract import Encoder
from reverie.foundation.errors import ReverieError
from reverie.foundation.files import write_npy, write_npz
from reverie.inversion.blending import excerpts_for, mask_gradient
from reverie.inversion.mask import (
    PUBLISHED_SETTINGS,
    MaskSettings,
    diameter_in_degrees,
    estimate_mask,
    load_mask,
    save_mask,
)
from reverie.recordings.trial import Trial
from reverie.scoring.rule import EVALUATION_THRESHOLD

CPU = torch.device("cpu")
SCREEN = (24, 36)
SETTINGS = MaskSettings(steps=320, blur=3.0)
"""A smaller screen, and a blur to match."""


class DiscEncoder(SpotEncoder):
    """Spots that cover a disc of the screen, 7 pixels in radius, and nothing else. unit: that of its rates."""

    unit = 1.0

    def __init__(self, *, column: float, history: int = 0) -> None:
        super().__init__(80, history=history, size=SCREEN)
        generator = np.random.default_rng(1)
        radius, angle = 6 * np.sqrt(generator.uniform(0, 1, 80)), generator.uniform(0, 2 * np.pi, 80)
        rows, columns = (12 + radius * np.sin(angle))[:, None, None], (column + radius * np.cos(angle))[:, None, None]
        y, x = np.mgrid[: SCREEN[0], : SCREEN[1]]
        spots = np.exp(-((y - rows) ** 2 + (x - columns) ** 2) / 4.0) / 12.0
        with torch.no_grad():
            self.spots.copy_(torch.from_numpy(spots * generator.choice([-1, 1], 80)[:, None, None]))
        self.distance = np.hypot(y - 12, x - column)

    def forward(self, movie: Tensor, state: Tensor, mouse: str) -> Tensor:
        return self.unit * super().forward(movie, state, mouse)


def estimate(encoder: Encoder, settings: MaskSettings = SETTINGS, *, seed: int = 0, trials: int = 8) -> np.ndarray:
    return estimate_mask(encoder, "toy", trials_of(encoder, trials), settings, seed=seed, device=CPU)


def jaccard(first: np.ndarray, second: np.ndarray) -> float:
    return float((first & second).sum() / (first | second).sum())


@pytest.fixture(scope="module")
def left():
    return DiscEncoder(column=11)


@pytest.fixture(scope="module")
def mask_of_left(left):
    return estimate(left)


def check(mask: np.ndarray, encoder: DiscEncoder) -> None:
    assert mask.shape == SCREEN
    assert mask.dtype == np.float32
    assert jaccard(mask >= 0.5, encoder.distance <= 7) > 0.85
    assert (mask[encoder.distance <= 4] >= 0.7).all()
    assert mask[encoder.distance <= 4].mean() > 1.0
    assert (mask[encoder.distance > 12] < 0.2).all()
    # Both thresholds mean something: the evaluation mask lies well inside the training mask, and is not small.
    assert 0.5 < (mask >= 1.0).sum() / (mask >= 0.5).sum() < 0.9


def test_the_mask_lies_where_the_population_looks(left, mask_of_left):
    check(mask_of_left, left)


@pytest.mark.parametrize(("column", "history"), [(24, 0), (18, 6)])
def test_the_mask_follows_the_population_and_its_memory(column, history):
    encoder = DiscEncoder(column=column, history=history)
    check(estimate(encoder), encoder)


def test_the_mask_is_the_same_whatever_the_unit_of_responses():
    """As of fluorescence, whose values are hundredths and less."""
    encoder = DiscEncoder(column=11)
    pairs = excerpts_for(encoder, trials_of(encoder, 4), 32, 30).draw(4, np.random.default_rng(0), CPU)
    usual = mask_gradient(encoder, "toy", pairs, torch.full(SCREEN, 0.5), 1.0)
    assert usual.abs().max() > 1e-3
    for unit in (1e-2, 1e-5):
        encoder.unit = unit
        in_units = replace(pairs, responses=unit * pairs.responses)
        found = mask_gradient(encoder, "toy", in_units, torch.full(SCREEN, 0.5), 1.0)
        torch.testing.assert_close(found, usual, rtol=1e-3, atol=1e-5)


def test_the_published_settings_find_the_same(left, mask_of_left):
    published = estimate(left, replace(PUBLISHED_SETTINGS, blur=3.0))
    assert jaccard(mask_of_left >= 0.5, published >= 0.5) > 0.8
    assert jaccard(mask_of_left >= 1.0, published >= 1.0) > 0.8


def test_the_same_seed_gives_the_same_mask(left):
    short = replace(SETTINGS, steps=8)
    np.testing.assert_array_equal(estimate(left, short), estimate(left, short))
    assert not np.array_equal(estimate(left, short), estimate(left, short, seed=1))


def test_encoders_that_are_bound_to_windows_and_a_canvas_have_masks_of_the_frame():
    encoder = PlaneEncoder()
    movie = smooth_movie(20)
    observation = observe(encoder, movie)
    trial = Trial("0", "train", movie, observation.state.numpy(), observation.responses.numpy())
    mask = estimate_mask(
        encoder, "toy", [trial, replace(trial, name="1")], replace(SETTINGS, steps=8), seed=0, device=CPU
    )
    assert mask.shape == (12, 16)


def test_weights_stay_as_they_were(left):
    before = left.spots.clone()
    left.train()
    estimate(left, replace(SETTINGS, steps=4))
    assert torch.equal(left.spots, before)
    assert left.spots.requires_grad
    assert left.spots.grad is None
    assert left.training


def test_too_few_or_too_short_trials_are_refused(left):
    trials = trials_of(left, 3)
    silent = [replace(trial, responses=None) for trial in trials]
    with pytest.raises(ReverieError, match="at least two trials of toy with responses"):
        estimate_mask(left, "toy", [trials[0], *silent], SETTINGS, seed=0, device=CPU)
    with pytest.raises(ReverieError, match="Trial 0 has 20 frames, fewer than the 32"):
        estimate_mask(left, "toy", trials_of(left, 2, frames=20), SETTINGS, seed=0, device=CPU)


@pytest.mark.filterwarnings("ignore:invalid value")
def test_a_broken_encoder_is_reported():
    encoder = DiscEncoder(column=11)
    trials = trials_of(encoder, 2)
    with torch.no_grad():
        encoder.spots[0] = float("nan")
    with pytest.raises(ReverieError, match="mask of toy is not finite"):
        estimate_mask(encoder, "toy", trials, replace(SETTINGS, steps=4), seed=0, device=CPU)


@pytest.mark.parametrize(
    "setting",
    [{"steps": 0}, {"batch": 0}, {"learning_rate": 0.0}, {"blur": -1.0}, {"averaged": 1.5}, {"first_frame": -1}],
)
def test_impossible_settings_are_refused(setting):
    (name,) = setting
    with pytest.raises(ReverieError, match=f"{name} is .* but must be "):
        MaskSettings(**setting)


def test_a_mask_survives_the_disk(tmp_path, mask_of_left):
    save_mask(tmp_path / "mask.npz", mask_of_left)
    np.testing.assert_array_equal(load_mask(tmp_path / "mask.npz", SCREEN), mask_of_left)


def test_published_masks_are_cut_to_the_frame(tmp_path, golden):
    write_npy(tmp_path / "mask.npy", golden.arrays["mask"])
    mask = load_mask(tmp_path / "mask.npy", (36, 64))
    np.testing.assert_array_equal(mask, golden.arrays["mask"][14:50].astype(np.float32))


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({"alpha": np.ones((4, 5))}, "holds no array `mask`"),
        ({"mask": np.ones((5, 4))}, r"shape \(5, 4\), where a mask of \(4, 5\)"),
        ({"mask": np.ones((8, 10))}, "shape"),
        ({"mask": np.ones(5)}, "shape"),
        ({"mask": np.full((4, 5), np.nan)}, "not finite numbers"),
        ({"mask": np.full((4, 5), "seen")}, "not finite numbers"),
        ({"mask": np.full((4, 5), 0.49)}, "reaches 0.5 at no pixel"),
    ],
)
def test_files_that_are_no_masks_are_refused(tmp_path, arrays, sentence):
    write_npz(tmp_path / "mask.npz", arrays)
    with pytest.raises(ReverieError, match=sentence):
        load_mask(tmp_path / "mask.npz", (4, 5))


def test_a_missing_mask_is_named(tmp_path):
    with pytest.raises(ReverieError, match=r"nothing\.npz is missing"):
        load_mask(tmp_path / "nothing.npz", (4, 5))


def test_the_diameter_is_that_of_a_disc():
    rows, columns = np.mgrid[:101, :101] - 50
    disc = (np.hypot(rows, columns) <= 30).astype(np.float32)
    assert diameter_in_degrees(disc, degrees_per_pixel=1.0) == pytest.approx(60, abs=0.5)
    assert diameter_in_degrees(0.7 * disc, EVALUATION_THRESHOLD) == 0.0
