"""The learning rate: its ends, its peak, its shape."""

import math

import pytest

from reverie.training.schedule import learning_rate_at


def rates(steps: int, warm_up: int, final: float = 0.01) -> list[float]:
    return [
        learning_rate_at(step, steps=steps, highest=2.0, warm_up=warm_up, final_fraction=final) for step in range(steps)
    ]


def test_it_rises_linearly_to_the_highest_rate() -> None:
    assert rates(100, 10)[:10] == pytest.approx([0.2 * (step + 1) for step in range(10)])


def test_it_ends_at_the_final_fraction() -> None:
    assert rates(100, 10)[-1] == pytest.approx(0.02)


def test_the_fall_is_half_a_cosine() -> None:
    fall = rates(111, 10, final=0.0)[10:]
    assert fall == pytest.approx([1 + math.cos(math.pi * step / 100) for step in range(101)])


@pytest.mark.parametrize(("steps", "warm_up"), [(1, 0), (1, 5), (2, 1), (3, 3)])
def test_tiny_runs_have_rates_above_zero(steps: int, warm_up: int) -> None:
    assert all(0 < rate <= 2 for rate in rates(steps, warm_up))
