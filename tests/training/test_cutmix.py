"""CutMix: responses follow the area that each movie has in the mixture."""

import numpy as np
import pytest
import torch

from reverie.training.batches import Batch
from reverie.training.cutmix import box_of_area, cutmix


def flat_batch() -> Batch:
    """Window i is a movie of grey level i with responses and state i."""
    levels = torch.arange(4.0)
    return Batch(
        mouse="a",
        movie=levels[:, None, None, None].expand(4, 5, 12, 16).clone(),
        state=levels[:, None, None].expand(4, 4, 5).clone(),
        responses=levels[:, None, None].expand(4, 3, 5).clone(),
        weight=torch.ones(4, 5),
    )


@pytest.mark.parametrize("seed", range(20))
def test_targets_mix_by_area(seed: int) -> None:
    batch = flat_batch()
    mixed = cutmix(batch, np.random.default_rng(seed), probability=1.0, alpha=1.0)
    share = mixed.movie.mean(dim=(2, 3))
    assert torch.allclose(mixed.responses, share[:, None].expand(4, 3, 5), atol=1e-5)
    assert torch.allclose(mixed.state, share[:, None].expand(4, 4, 5), atol=1e-5)


def test_some_boxes_really_mix() -> None:
    mixed = [cutmix(flat_batch(), np.random.default_rng(s), probability=1.0, alpha=1.0).responses for s in range(20)]
    assert sum(not torch.equal(each, flat_batch().responses) for each in mixed) > 10


def test_probability_zero_and_single_windows_change_nothing() -> None:
    batch = flat_batch()
    assert cutmix(batch, np.random.default_rng(0), probability=0.0, alpha=1.0) is batch


def test_frames_count_only_where_both_windows_count() -> None:
    batch = flat_batch()
    batch.weight[0, :3] = 0
    mixed = cutmix(batch, np.random.default_rng(1), probability=1.0, alpha=1.0)
    assert (mixed.weight[:, :3] == 0).sum() >= 3
    assert bool((mixed.weight <= batch.weight).all())


@pytest.mark.parametrize("area", [0.0, 0.3, 1.0])
def test_a_box_stays_inside_the_frame_and_below_its_area(area: float) -> None:
    generator = np.random.default_rng(0)
    for _ in range(50):
        rows, columns = box_of_area(area, 12, 16, generator)
        assert 0 <= rows.start <= rows.stop <= 12
        assert 0 <= columns.start <= columns.stop <= 16
        assert (rows.stop - rows.start) * (columns.stop - columns.start) <= area * 12 * 16 + 16
