"""The smear of events in time by the calcium indicator and its deconvolution."""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor


def calcium_kernel(decay_frames: float) -> Float[Tensor, " lag"]:
    """Return the causal smear of the indicator, oldest frame first, of unit sum; a single 1 when there is none."""
    if decay_frames <= 0:
        return torch.ones(1)
    ago = torch.arange(int(np.ceil(2.5 * decay_frames)), -1, -1)
    kernel = torch.exp(-ago / decay_frames)
    return kernel / kernel.sum()


def smear(
    events: Float[Tensor, "batch neuron before_and_time"], kernel: Float[Tensor, " lag"]
) -> Float[Tensor, "batch neuron time"]:
    """Smear events in time by a causal kernel; the result is shorter by the kernel's length less one."""
    frames = events.shape[-1] - len(kernel) + 1
    return torch.stack([weight * events[..., lag : lag + frames] for lag, weight in enumerate(kernel)]).sum(dim=0)
