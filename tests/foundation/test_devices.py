import random

import numpy as np
import pytest
import torch

from reverie.foundation.devices import seed_everything, torch_defaults


def drawn() -> tuple[float, float, float]:
    return random.random(), float(np.random.rand()), float(torch.rand(1))  # noqa: NPY002


def test_random_numbers_of_the_caller_go_on_as_if_nothing_had_been_drawn() -> None:
    seed_everything(3)
    expected = drawn(), drawn()
    seed_everything(3)
    first = drawn()
    with torch_defaults():
        seed_everything(9)
        drawn()
    assert (first, drawn()) == expected


def test_the_precision_comes_back_when_the_last_of_several_threads_is_done() -> None:
    torch.set_default_dtype(torch.float64)
    try:
        first, second = torch_defaults(), torch_defaults()
        first.__enter__()
        second.__enter__()
        first.__exit__(None, None, None)
        assert torch.get_default_dtype() == torch.float32
        second.__exit__(None, None, None)
        assert torch.get_default_dtype() == torch.float64
    finally:
        torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_gradients_and_single_precision_are_there_whatever_the_caller_chose(mode: type) -> None:
    @torch_defaults()
    def slope() -> torch.Tensor:
        value = torch.tensor(2.0, requires_grad=True)
        (found,) = torch.autograd.grad(value**2, value)
        return found

    torch.set_default_dtype(torch.float64)
    try:
        with mode():
            assert (slope().item(), slope().dtype) == (4.0, torch.float32)
            assert not torch.is_grad_enabled()
        assert torch.get_default_dtype() == torch.float64
    finally:
        torch.set_default_dtype(torch.float32)
