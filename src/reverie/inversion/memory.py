"""How many clips may go through an encoder at once, before the memory of the machine is full."""

from collections.abc import Callable

import torch
from torch import Tensor

MEMORY_BUDGET = 2**28
"""Bytes that one batch may keep for its backward pass, where the device does not say how many are free.

On a CPU more would fit, but larger batches leave its caches and are slower."""


def how_many_fit(try_one: Callable[[], Tensor], device: torch.device) -> int:
    """Return how many clips may go through an encoder at once, at least 1.

    ``try_one`` sends one of them through, with gradients; what it keeps for the backward pass is compared with half
    the free memory of a CUDA device, or with ``MEMORY_BUDGET`` elsewhere.

    >>> weight = torch.ones(2**24, requires_grad=True)
    >>> how_many_fit(lambda: (weight * 1.0).square().sum(), torch.device("cpu"))
    4
    """
    kept: dict[int, int] = {}

    def weigh(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(weigh, lambda tensor: tensor):
        result = try_one()
    budget = torch.cuda.mem_get_info(device)[0] // 2 if device.type == "cuda" else MEMORY_BUDGET
    # Alive until here, so that no two tensors were counted at one address.
    del result
    return max(1, budget // max(1, sum(kept.values())))
