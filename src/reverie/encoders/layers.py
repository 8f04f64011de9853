"""Layers of small encoders: a second stage, a readout at one place, gains, compensation of eye movements."""

import math

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from reverie.encoders.fast.layers import read_points
from reverie.foundation.arrays import STATE_NAMES

INVERSE_SOFTPLUS_OF_ONE = math.log(math.e - 1)
"""The drive at which softplus gives 1, so that an untrained neuron fires at its mean rate."""

LARGEST_LOG_GAIN = 1.5
"""Bound of the log gain: the state changes a rate by at most a factor of exp(1.5), about 4.5 up or down."""

CONTRAST_FRAMES = 12
"""Largest number of frames, the present one included, over which contrast is averaged."""

VARIANCE_OFFSET = 1e-4
"""Added to the variance of a frame, squared units of contrast, so that a uniform frame has a finite gradient."""

LARGEST_DISPLACEMENT = 4.0
"""Largest displacement of fields along each axis, grid points (8 pixels, 27 degrees for the Sensorium screens)."""

NEIGHBOURHOOD = 5
"""Side in grid points of the neighbourhood that a second stage combines, odd."""

SMALL_START = 0.1
"""Standard deviation of a second stage's initial effect, in that of random mixing."""


class SecondStage(nn.Module):
    """Adds to features, at every grid point, thresholded combinations of the features around it.

    Features are mixed into as many hidden channels; each channel has weights over the neighbourhood and a threshold;
    the channels are mixed back and added. Source: the inverted residual of Sandler et al. 2018 (MobileNetV2, CVPR), as
    wide inside as outside. It starts with a small effect.
    """

    def __init__(self, features: int) -> None:
        super().__init__()
        self.enter = nn.Parameter(torch.randn(features, features) / features**0.5)
        self.around = nn.Parameter(torch.randn(features, 1, NEIGHBOURHOOD, NEIGHBOURHOOD) / NEIGHBOURHOOD)
        self.bias = nn.Parameter(torch.zeros(features))
        self.leave = nn.Parameter(SMALL_START * torch.randn(features, features) / features**0.5)

    def forward(
        self, features: Float[Tensor, "batch time position feature"], grid: tuple[int, int]
    ) -> Float[Tensor, "batch time position feature"]:
        """Return the features with what the stage adds; positions are those of the grid, row by row."""
        # In memory (frame, row, column, channel), as features are before and after.
        hidden = (features @ self.enter).view(-1, *grid, features.shape[-1]).permute(0, 3, 1, 2)
        kernels = self.around.contiguous(memory_format=torch.channels_last)
        around = functional.conv2d(hidden, kernels, padding=NEIGHBOURHOOD // 2, groups=features.shape[-1])
        # The bias is added apart, since its gradient within a convolution takes longer than all others.
        found = (around.permute(0, 2, 3, 1).reshape(features.shape) + self.bias).relu()
        return torch.addmm(features.flatten(0, 2), found.flatten(0, 2), self.leave).view(features.shape)


class PointReadout(nn.Module):
    """Reads a feature map at one learned place per neuron (bilinear between the four nearest grid points).

    Attributes
    ----------
    places, shift
        (neuron, 2), row and column in units of the feature grid; a neuron reads at their sum, so that weight decay
        pulls it back to its initial place.
    weights
        (neuron, feature).
    smoothing
        (neuron, taps), over the current and earlier frames, the latest last.
    """

    mean_rates: Tensor
    places: Tensor

    def __init__(self, neurons: int, features: int, grid: tuple[int, int], taps: int) -> None:
        super().__init__()
        self.grid = grid
        centre = torch.tensor([(grid[0] - 1) / 2, (grid[1] - 1) / 2])
        self.shift = nn.Parameter(torch.zeros(neurons, 2))
        self.weights = nn.Parameter(torch.zeros(neurons, features))
        self.bias = nn.Parameter(torch.full((neurons,), INVERSE_SOFTPLUS_OF_ONE))
        self.smoothing = nn.Parameter(functional.one_hot(torch.full((neurons,), taps - 1), taps).float())
        self.register_buffer("places", centre.expand(neurons, 2).clone())
        self.register_buffer("mean_rates", torch.ones(neurons))

    @torch.no_grad()
    def scale_to(self, mean_rates: Float[np.ndarray, " neuron"]) -> None:
        """Set the unit of each neuron's rate to its mean; silent neurons get a tiny one."""
        self.mean_rates.copy_(torch.as_tensor(np.maximum(mean_rates, 1e-6)))

    @torch.no_grad()
    def place(self, places: Int[np.ndarray, "neuron 2"]) -> None:
        """Set the places that neurons read, row and column in units of the feature grid."""
        self.places.copy_(torch.as_tensor(places))

    def neighbours(self) -> tuple[Int[Tensor, "neuron 4"], Float[Tensor, "neuron 4"]]:
        """Return the four grid points around each neuron and their bilinear weights."""
        rows, columns = self.grid
        place = self.places + self.shift
        row, column = place[:, 0].clamp(0, rows - 1), place[:, 1].clamp(0, columns - 1)
        top, left = row.detach().floor().clamp(max=rows - 2), column.detach().floor().clamp(max=columns - 2)
        down, right = row - top, column - left
        # A place that is NaN reads the first corner, and its interpolation weights make the result NaN.
        corner = (top * columns + left).nan_to_num().long()
        index = torch.stack([corner, corner + 1, corner + columns, corner + columns + 1], dim=1)
        weight = torch.stack([(1 - down) * (1 - right), (1 - down) * right, down * (1 - right), down * right], dim=1)
        return index, weight

    def forward(
        self,
        features: Float[Tensor, "batch time position feature"],
        gain: Float[Tensor, "batch neuron shorter"] | None = None,
    ) -> Float[Tensor, "batch neuron shorter"]:
        """Return the rates before the state's gain; the smoothing uses up taps - 1 frames at the start.

        Parameters
        ----------
        gain
            Multiplies each neuron's drive before the threshold.
        """
        batch, time = features.shape[:2]
        drive = read_points(features.flatten(0, 1), *self.neighbours(), self.weights)
        drive = drive.view(batch, time, -1).transpose(1, 2)
        drive = functional.conv1d(drive, self.smoothing[:, None], groups=len(self.smoothing))
        drive = drive if gain is None else drive * gain
        return functional.softplus(drive + self.bias[:, None]) * self.mean_rates[:, None]


class _Standardised(nn.Module):
    """Holds the mean and the standard deviation in training of each input, by which inputs are standardised."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, entries: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(entries))
        self.register_buffer("deviation", torch.ones(entries))

    def standardise(self, mean: Float[np.ndarray, " entry"], deviation: Float[np.ndarray, " entry"]) -> None:
        """Store mean and standard deviation, in the recording's own units; 0 counts as 1."""
        self.mean.copy_(torch.as_tensor(mean))
        self.deviation.copy_(torch.as_tensor(np.where(deviation > 0, deviation, 1.0)))


class StateGain(_Standardised):
    """One multiplicative gain per neuron and frame, a bounded log-linear function of the animal's state.

    The state is standardised by the mean and the standard deviation seen in training, and squashed, so that a rare
    burst of running cannot give extreme rates.
    """

    def __init__(self, neurons: int) -> None:
        super().__init__(len(STATE_NAMES))
        self.weight = nn.Parameter(torch.zeros(neurons, len(STATE_NAMES)))

    def forward(self, state: Float[Tensor, "batch 4 time"]) -> Float[Tensor, "batch neuron time"]:
        """Return the gain, which is 1 where the state is ordinary or does not affect the neuron."""
        squashed = torch.tanh((state - self.mean[:, None]) / (2 * self.deviation[:, None]))
        return torch.exp(LARGEST_LOG_GAIN * torch.tanh(torch.matmul(self.weight, squashed)))


class FrameGain(nn.Module):
    """Divides each neuron's drive by a power of the recent contrast of the whole frame.

        gain = ( (g + c) / (g + 1) ) ^ −power,      c = mean contrast of the last ``CONTRAST_FRAMES`` frames

    All neurons of an animal share g and the weights of the average; each has its own power, which starts at 0 (no
    gain). Source: contrast gain control, Shapley & Victor 1978 (J Physiol 285); normalisation, Carandini & Heeger 2012
    (Nat Rev Neurosci 13), with the frame as pool.
    """

    def __init__(self, neurons: int) -> None:
        super().__init__()
        self.power = nn.Parameter(torch.zeros(neurons, 1))
        self.floor = nn.Parameter(torch.zeros(1))
        self.lags = nn.Parameter(torch.zeros(CONTRAST_FRAMES))

    def forward(self, pictures: Float[Tensor, "batch time height width"]) -> Float[Tensor, "batch neuron time"]:
        """Return the gain at each frame; pictures are in units of contrast, and a grey screen (0) precedes them."""
        contrast = torch.sqrt(pictures.var(dim=(2, 3), correction=0) + VARIANCE_OFFSET)
        earlier = functional.pad(contrast[:, None], (CONTRAST_FRAMES - 1, 0), value=VARIANCE_OFFSET**0.5)
        recent = functional.conv1d(earlier, self.lags.softmax(0)[None, None])
        floor = functional.softplus(self.floor)
        return torch.exp(-self.power * torch.log((floor + recent) / (floor + 1.0)))


def displaced(
    pictures: Float[Tensor, "batch time height width"], moved: Float[Tensor, "batch 2 time"]
) -> Float[Tensor, "batch time height width"]:
    """Return pictures read ``moved`` pixels further down and to the right; beyond the edges they are 0.

    Between pixels it interpolates by cubic convolution (Keys 1981, IEEE ASSP 29, 1153), linear in the pictures.
    """
    rows = _cubic_weights(moved[:, 0], pictures.shape[2])
    columns = _cubic_weights(moved[:, 1], pictures.shape[3])
    seen: Tensor = rows @ pictures @ columns.mT
    return seen


def _cubic_weights(moved: Float[Tensor, "batch time"], size: int) -> Float[Tensor, "batch time {size} {size}"]:
    """Return the weights of cubic convolution that read an axis displaced by ``moved`` pixels."""
    places = torch.arange(size, device=moved.device, dtype=moved.dtype)
    away = (moved[..., None, None] + places[:, None] - places).abs()
    near = (1.5 * away - 2.5) * away.square() + 1.0
    far = ((-0.5 * away + 2.5) * away - 4.0) * away + 2.0
    return torch.where(away < 1, near, torch.where(away < 2, far, torch.zeros_like(away)))


class Shifter(_Standardised):
    """Displaces pictures against eye movements by a bounded linear function of the pupil's centre, learned per animal.

    How many degrees of gaze a unit of the pupil's centre corresponds to depends on the camera, and no recording states
    it. The displacement starts at 0, and stays there if the pupil was not recorded or carries no information. Source:
    the shifter of Walker et al. 2019, Nature Neuroscience 22, 2060, with one linear layer.
    """

    def __init__(self) -> None:
        super().__init__(2)
        self.weight = nn.Parameter(torch.zeros(2, 2))

    def displacement(self, state: Float[Tensor, "batch 4 time"]) -> Float[Tensor, "batch 2 time"]:
        """Return by how many grid points the fields are displaced, down and to the right."""
        pupil = (state[:, 2:] - self.mean[:, None]) / self.deviation[:, None]
        return LARGEST_DISPLACEMENT * torch.tanh(self.weight @ pupil / LARGEST_DISPLACEMENT)

    def forward(
        self, pictures: Float[Tensor, "batch time height width"], state: Float[Tensor, "batch 4 time"]
    ) -> Float[Tensor, "batch time height width"]:
        """Return the pictures as the displaced receptive fields see them; 0 (grey) beyond the edges."""
        return displaced(pictures, self.displacement(state))
