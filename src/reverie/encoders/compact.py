"""Compact: a small space-time core shared by all animals, and a readout at one place per neuron; trains on a CPU."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from reverie.encoders.contract import Encoder, readout_index
from reverie.encoders.fast.layers import filter_frames
from reverie.encoders.filters import CONTRAST_UNIT, convolve_pictures, spatial_filters, temporal_filters
from reverie.encoders.layers import CONTRAST_FRAMES, FrameGain, PointReadout, SecondStage, Shifter, StateGain
from reverie.foundation.arrays import GREY
from reverie.foundation.errors import NotApplicable

POOLING = 2
"""Side in pixels of the squares averaged before anything else; features are computed at each square."""

LEAST_SIDE = POOLING + 1
"""Least height and width of frames in pixels: a neuron reads a place between two squares."""

PROBE_FILTERS = 16
"""Number of filters with which receptive fields are found: enough to cover sizes and orientations."""


@dataclass(frozen=True)
class CompactConfig:
    """Sizes of a Compact encoder."""

    filters: int = 32
    """Space-time separable filters of the first layer."""
    filter_size: int = 11
    """Their side in squares of 2 x 2 pixels, odd."""
    taps: int = 10
    """Their length in frames."""
    features: int = 32
    """Channels that the readouts see."""
    stages: int = 0
    """Further nonlinear stages, each of which combines features of neighbouring grid points."""
    smoothing: int = 6
    """Length of each neuron's own temporal kernel, frames."""
    shifter: bool = False
    """Whether each animal's pupil displaces its receptive fields."""
    frame_gain: bool = False
    """Whether the contrast of the whole frame reduces rates."""

    @property
    def reach(self) -> int:
        """Number of earlier frames that filters and smoothing depend on."""
        return self.taps - 1 + self.smoothing - 1


class Compact(Encoder):
    """Separable space-time filters, their halves mixed into features, second stages, a readout at one place per neuron.

    Causal: a rate depends on its own frame and the ``history`` frames before it; a grey screen comes before a clip.
    Raises NotApplicable for frames of fewer than ``LEAST_SIDE`` pixels either way.
    """

    def __init__(self, config: CompactConfig, mice: Mapping[str, int], frame_size: tuple[int, int]) -> None:
        super().__init__(mice, frame_size)
        if min(frame_size) < LEAST_SIDE:
            raise NotApplicable(
                f"Frames of {frame_size[0]} x {frame_size[1]} pixels are too small for the compact encoder, which "
                f"takes {LEAST_SIDE} x {LEAST_SIDE} and more; give --architecture linear_nonlinear, or larger movies."
            )
        self.config = config
        self.history = max(config.reach, CONTRAST_FRAMES - 1 if config.frame_gain else 0)
        self.grid = (-(-frame_size[0] // POOLING), -(-frame_size[1] // POOLING))
        self.space = nn.Parameter(spatial_filters(config.filters, config.filter_size)[:, None])
        self.time = nn.Parameter(temporal_filters(config.filters, config.taps)[:, None, :, None])
        self.signed = nn.Parameter(torch.randn(config.filters, config.features) / config.filters**0.5)
        self.rectified = nn.Parameter(torch.randn(config.filters, config.features) / config.filters**0.5)
        self.readouts = nn.ModuleList(
            PointReadout(neurons, config.features, self.grid, config.smoothing) for neurons in mice.values()
        )
        self.gains = nn.ModuleList(StateGain(neurons) for neurons in mice.values())
        self.shifters = nn.ModuleList(Shifter() for _ in mice if config.shifter)
        gained = mice.values() if config.frame_gain else ()
        self.frame_gains = nn.ModuleList(map(FrameGain, gained))
        self.stages = nn.ModuleList(SecondStage(config.features) for _ in range(config.stages))

    def forward(
        self,
        movie: Float[Tensor, "batch time height width"],
        state: Float[Tensor, "batch 4 time"] | Float[Tensor, "batch 4 time height width"],
        mouse: str,
    ) -> Float[Tensor, "batch neuron time"]:
        """Predict the rates of one animal; raises ReverieError when there is no readout for it."""
        readout, gain = self._parts(mouse)
        pictures = self.pooled(movie)
        for shifter in self._own(self.shifters, mouse):
            pictures = shifter(pictures, state)
        frame_gain = next((each(pictures) for each in self._own(self.frame_gains, mouse)), None)
        rates: Tensor = readout(self.core(pictures), frame_gain) * gain(state)
        return rates

    def pooled(self, movie: Float[Tensor, "batch time height width"]) -> Float[Tensor, "batch time row column"]:
        """Return the movie averaged over squares, in units of contrast around grey."""
        pictures: Tensor = functional.avg_pool2d((movie - GREY) / CONTRAST_UNIT, POOLING, ceil_mode=True)
        return pictures

    def core(self, pictures: Float[Tensor, "batch time row column"]) -> Float[Tensor, "batch longer position feature"]:
        """Return the features at every grid point, ``smoothing - 1`` frames of grey screen before the clip included."""
        moving = self.filtered(pictures)
        rows = moving.reshape(-1, self.config.filters)
        features = torch.addmm(rows @ self.signed, rows.abs(), self.rectified)
        features = features.view(*moving.shape[:3], self.config.features)
        for stage in self.stages:
            features = stage(features, self.grid)
        return features

    def filtered(
        self, pictures: Float[Tensor, "batch time row column"]
    ) -> Float[Tensor, "batch longer position filter"]:
        """Return the outputs of the space-time filters at every grid point, before rectification and mixing."""
        batch = len(pictures)
        # Before the clip there was a grey screen, which is 0 here.
        scaled = functional.pad(pictures, (0, 0, 0, 0, self.config.reach, 0)).reshape(-1, 1, *self.grid)
        spatial = convolve_pictures(scaled, self.space)
        # Memory stays channels-last, (batch, time, position, filter), throughout.
        spatial = spatial.permute(0, 2, 3, 1).reshape(batch, -1, self.grid[0] * self.grid[1], self.config.filters)
        return filter_frames(spatial, self.time[:, 0, :, 0])

    @torch.no_grad()
    def probe(self, movie: Float[Tensor, "time height width"]) -> Float[Tensor, "time position probe"]:
        """Return signed and rectified outputs of the first filters, to find receptive fields with."""
        moving = self.filtered(self.pooled(movie[None]))[0, self.config.smoothing - 1 :, :, :PROBE_FILTERS]
        return torch.cat([moving, moving.abs()], dim=2)

    def initialise(
        self,
        mouse: str,
        mean_rates: Float[np.ndarray, " neuron"],
        state_mean: Float[np.ndarray, "4"],
        state_deviation: Float[np.ndarray, "4"],
    ) -> None:
        """Start one animal's readout from its mean rates and the mean and deviation of its state."""
        readout, gain = self._parts(mouse)
        gain.standardise(state_mean, state_deviation)
        for shifter in self._own(self.shifters, mouse):
            assert isinstance(shifter, Shifter)
            shifter.standardise(state_mean[2:], state_deviation[2:])
        readout.scale_to(mean_rates)

    def place(self, mouse: str, places: Int[np.ndarray, " neuron"]) -> None:
        """Put one animal's neurons at these grid points, numbered in the order of ``probe``."""
        readout, _ = self._parts(mouse)
        readout.place(np.stack(np.unravel_index(places, self.grid), axis=1))

    def _own(self, parts: nn.ModuleList, mouse: str) -> nn.ModuleList:
        """Return the animal's own module of a list with one per animal, if the encoder has such a list."""
        row = readout_index(self, mouse)
        return parts[row : row + 1]

    def _parts(self, mouse: str) -> tuple[PointReadout, StateGain]:
        row = readout_index(self, mouse)
        readout, gain = self.readouts[row], self.gains[row]
        assert isinstance(readout, PointReadout)
        assert isinstance(gain, StateGain)
        return readout, gain
