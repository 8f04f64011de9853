"""Gain control by the contrast of the whole frame, in which neurons differ."""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

MEMORY = 12
"""Frames, the present one included, over which contrast is averaged at most."""

LEAST = 1e-4
"""Variance of a frame, in squared units of contrast, that is added, so that a uniform one has a slope."""


class FrameGain(nn.Module):
    """Divides each neuron's drive by a power of the contrast that the whole frame had lately.

        gain = ( (g + c) / (g + 1) ) ^ −power,      c = contrast of the frame, averaged over the last ``MEMORY`` frames

    g and the weights of the average are one for all neurons of an animal; the power is each neuron's own and starts at
    0, no gain. Source: contrast gain control, Shapley & Victor 1978 (J Physiol 285); normalisation, Carandini & Heeger
    2012 (Nat Rev Neurosci 13), with the frame as pool.
    """

    def __init__(self, neurons: int) -> None:
        super().__init__()
        self.power = nn.Parameter(torch.zeros(neurons, 1))
        self.floor = nn.Parameter(torch.zeros(1))
        self.lags = nn.Parameter(torch.zeros(MEMORY))

    def forward(self, pictures: Float[Tensor, "batch time height width"]) -> Float[Tensor, "batch neuron time"]:
        """Return the gain at each frame; pictures are in units of contrast, and 0, a grey screen, comes before them."""
        contrast = torch.sqrt(pictures.var(dim=(2, 3), correction=0) + LEAST)
        earlier = functional.pad(contrast[:, None], (MEMORY - 1, 0), value=LEAST**0.5)
        recent = functional.conv1d(earlier, self.lags.softmax(0)[None, None])
        floor = functional.softplus(self.floor)
        return torch.exp(-self.power * torch.log((floor + recent) / (floor + 1.0)))
