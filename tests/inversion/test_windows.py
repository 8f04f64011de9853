import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.inversion.toys import PlaneEncoder, SpotEncoder

from reverie.foundation.errors import ReverieError
from reverie.inversion.windows import Windows, cut, cut_for


def starts(windows: Windows) -> list[int]:
    return [int(start) for group in windows.groups for start in group.scored[:, 0]]


def test_windows_of_a_real_trial_are_those_of_the_paper():
    windows = cut(300, 32, 8)
    assert starts(windows) == [*range(0, 265, 8), 268]
    assert windows.count == 35


@settings(max_examples=60)
@given(frames=st.integers(1, 120), length=st.integers(1, 40), history=st.integers(0, 20), data=st.data())
def test_every_frame_is_scored_and_the_context_comes_right_before(frames, length, history, data):
    stride = data.draw(st.integers(1, length))
    windows = cut(frames, length, stride, history, offset=data.draw(st.integers(0, stride - 1)))
    scored = torch.cat([group.scored.flatten() for group in windows.groups])
    assert windows.coverage.min() >= 1
    assert torch.equal(torch.bincount(scored, minlength=frames).float(), windows.coverage)
    assert starts(windows) == sorted(set(starts(windows)))
    assert starts(windows)[-1] == frames - min(length, frames)
    for group in windows.groups:
        assert (group.frames.diff(dim=1) == 1).all()
        assert group.frames.min() >= 0
        assert all(group.context == min(history, int(first)) for first in group.scored[:, 0])


def test_few_shapes_whatever_the_clip():
    assert len(cut(300, 32, 8, history=15).groups) == 3
    assert len(cut(300, 32, 32, history=15).groups) == 2


def test_average_of_a_constant_is_the_constant():
    windows = cut(50, 16, 5)
    total = torch.zeros(50, 2, 3)
    for group in windows.groups:
        total.index_add_(0, group.frames.flatten(), torch.full((group.frames.numel(), 2, 3), 7.0))
    assert torch.allclose(windows.average(total), torch.full((50, 2, 3), 7.0))


def test_a_short_clip_is_one_window_unless_the_encoder_is_bound():
    assert starts(cut_for(SpotEncoder(), 5, 32, 8)) == [0]
    with pytest.raises(ReverieError, match=r"5 frames but the encoder needs at least 8"):
        cut_for(PlaneEncoder(), 5, 32, 8)


def test_a_bound_encoder_keeps_its_window():
    assert cut_for(PlaneEncoder(), 50, 32, 8).groups[0].frames.shape[1] == 8


@pytest.mark.parametrize("arguments", [(0, 32, 8), (50, 0, 1), (50, 32, 33), (50, 32, 0), (50, 32, 8, -1)])
def test_impossible_windows_are_refused(arguments):
    with pytest.raises(ReverieError, match="cannot be cut"):
        cut(*arguments)
