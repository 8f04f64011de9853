"""A block of DwiseNeuro's core in compiled kernels (``c/``), on CPUs: ``block.FrozenBlock`` in fewer passes.

Inside a block the channels lie in panels. A panel goes through the widening, both depth-wise layers and their
non-linearities while it is in the caches. The slopes of the non-linearities (in 16 bits) and the gate's inputs are
kept. Features already contain the next block's positions, and are padded with zeros to a whole number of panels.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from reverie.encoders.dwiseneuro_blocks import ConvolutionNorm, CoreBlock
from reverie.encoders.fast import kernels
from reverie.encoders.fast.block import Gate, Memory
from reverie.encoders.fast.compiled_shortcut import Around, FeatureAround, PlaneAround, PooledAround
from reverie.encoders.fast.entrances import Entrance, FeatureEntrance, PlaneEntrance
from reverie.encoders.fast.kernels import LANES, PANEL, Layout, in_panels, padded

Numbers = tuple[Tensor, Tensor | None]
"""Plain numbers and None, or rounded numbers and their steps (``rounding.Rounded``)."""


@dataclass(frozen=True)
class Widening:
    """The numbers of the layer that widens a block's inputs."""

    weights: Float[Tensor, "panel input lane"]
    """From inputs to the panels' channels."""
    start: Float[Tensor, "panel pixel lane"]
    """What is added, for all pixels alike or for each."""
    moments: Float[Tensor, "panel frame lane"] | None
    """What is added for each frame, None for nothing."""
    back: Float[Tensor, "tile middle column"]
    """The weights of the backward pass."""

    @property
    def start_arguments(self) -> tuple[Tensor, int, Tensor | None]:
        """What is added, as the kernels take it; the number is that from one pixel's start to the next one's."""
        return self.start, 0 if self.start.shape[1] == 1 else PANEL, self.moments

    @staticmethod
    def of_features(entrance: FeatureEntrance) -> "Widening":
        """Return that of every block but the first."""
        weight, bias = entrance.weight, entrance.bias
        back = in_panels(weight.T, rows=padded(len(bias)))
        return Widening(in_panels(weight, rows=padded(len(weight))), in_panels(bias[None]), None, back)

    @staticmethod
    def of_planes(entrance: PlaneEntrance) -> "Widening":
        """Return that of the first block, where stem and positions are part of it."""
        middle = entrance.middle
        weight, by_moment = middle.weight[: entrance.planes], middle.stacked[:, entrance.planes]
        missing = (0, LANES - len(weight), 0, padded(weight.shape[1]) - weight.shape[1])
        back = functional.pad(weight.T, missing)[None].contiguous()
        return Widening(in_panels(weight), in_panels(middle.by_pixel), in_panels(by_moment), back)


class CompiledBlock:
    """A block whose normalisations are folded.

    Parameters
    ----------
    size
        Height and width of the input pictures.
    following
        The next block, None for the last one. Only the mean of the last block's outputs over the picture is needed, so
        the gate's inputs are summed over pixels before they are projected.
    """

    def __init__(
        self, block: CoreBlock, entrance: Entrance, size: tuple[int, int], following: CoreBlock | None
    ) -> None:
        pooled = following is None
        if isinstance(entrance, PlaneEntrance):
            inputs = entrance.planes
            self.layout, self.widening = Layout.of(block, size, inputs, inputs, pooled), Widening.of_planes(entrance)
            self.around: Around = PlaneAround(block, entrance, self.layout, following)
        else:
            inputs = len(entrance.weight)
            self.layout = Layout.of(block, size, inputs, padded(inputs), pooled)
            self.widening = Widening.of_features(entrance)
            self.around = FeatureAround(block, entrance.around, self.layout, following)
        weight = block.projection.folded()[0][:, :, 0, 0].T
        if pooled:
            self.around = PooledAround(self.around, self.layout.smaller_pixels)
            weight = weight / self.layout.smaller_pixels
        self.smaller, self.gate = self.layout.smaller, Gate(block.squeeze_excite)
        self.space_taps, self.space_bias = _taps_and_bias(block.spatial)
        self.time_taps, self.time_bias = _taps_and_bias(block.temporal)
        self.middle = len(weight)
        self.projection = in_panels(weight, rows=padded(self.middle))
        self.projection_back = in_panels(weight.T)

    @property
    def pitch(self) -> int:
        """Number of output channels, padding included."""
        return padded(self.layout.outputs)

    @property
    def numbers(self) -> int:
        """Number of values in the widened features of one stack."""
        return self.layout.frames * self.layout.pixels * self.middle

    def forward(
        self, inputs: Float[Tensor, "stack pixel time channel"], *, remember: bool
    ) -> tuple[Float[Tensor, "stack fewer time outputs"], Memory | None]:
        """Return the outputs; if requested, also the gate's inputs, their means, and the non-linearities' slopes."""
        shape = self.layout.shape(len(inputs))
        active, means = self.reserve_active(inputs, inputs.dtype)
        slopes = self._reserve_slopes(inputs) if remember else ()
        self.widen_and_convolve((inputs, None), (self.widening.weights, None), (active, None), means, slopes)
        outputs = self.around.forward(inputs)
        kernels.call("project", shape, active, None, self.gated(means), None, outputs)
        return outputs, (active, means, *slopes) if remember else None

    def widen_and_convolve(
        self, features: Numbers, weights: Numbers, active: Numbers, means: Tensor, slopes: tuple[Tensor, ...] = ()
    ) -> None:
        """Compute everything up to the gate.

        Parameters
        ----------
        weights
            Weights of the widening.
        active, means, slopes
            Arrays to write.
        """
        depthwise = (self.space_taps, self.space_bias, self.time_taps, self.time_bias)
        constants = (*self.widening.start_arguments, *depthwise)
        results = (*active, means, *(slopes or (None, None, None)))
        shape = self.layout.shape(len(means))
        kernels.call("widen_and_convolve", shape, *features, *weights, *constants, *results)

    def gated(self, means: Float[Tensor, "stack channel"]) -> Float[Tensor, "stack tile row lane"]:
        """Return the projection's weights, times the gates."""
        return self.gates(means)[:, None, :, None] * self.projection

    def gates(self, means: Float[Tensor, "stack channel"]) -> Float[Tensor, "stack channel"]:
        """Return the gates of all panels' channels."""
        return _widened(self.gate.forward(means[:, : self.middle]), means.shape[1])

    def reserve_active(self, inputs: Tensor, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        """Return empty arrays for the gate's inputs, and for their means."""
        stacks, panels, layout = len(inputs), padded(self.middle) // PANEL, self.layout
        reserve = inputs.new_zeros if layout.pooled else inputs.new_empty
        active = reserve(stacks, panels, layout.gated_pixels, layout.frames, PANEL, dtype=dtype)
        return active, inputs.new_empty(stacks, panels * PANEL)

    def backward(
        self, slopes: Float[Tensor, "stack fewer time outputs"], memory: Memory
    ) -> Float[Tensor, "stack pixel time channel"]:
        """Return the gradient with respect to the inputs."""
        active, means, widened, spaced, timed = memory
        shape = self.layout.shape(len(slopes))
        weights = self.gates(means).view(shape.stacks, -1, 1, PANEL) * self.projection_back
        gated, by_gate = torch.empty_like(active), torch.empty_like(means)
        kernels.call("spread", shape, slopes, weights, active, gated, by_gate)
        if self.layout.pooled:
            gated = gated.expand(-1, -1, self.layout.smaller_pixels, -1, -1).contiguous()
        kernels.call("time_back", shape, gated, self._shares(by_gate, means), self.time_taps, timed, spaced)
        total = self.around.backward(slopes)
        back = self.widening.back
        kernels.call("narrow", shape, gated, self.space_taps, widened, back, total, total.shape[-1])
        return total

    def _reserve_slopes(self, inputs: Tensor) -> tuple[Tensor, ...]:
        fewer, panels = self.layout.smaller_pixels, padded(self.middle) // PANEL
        sizes = (
            (len(inputs), panels, pixels, self.layout.frames, PANEL) for pixels in (self.layout.pixels, fewer, fewer)
        )
        return tuple(inputs.new_empty(size, dtype=torch.uint16) for size in sizes)

    def _shares(self, by_gate: Tensor, means: Tensor) -> Float[Tensor, "stack channel"]:
        """Return each row's part of the gradient through the gate, which sees the mean over a stack's rows."""
        middle = self.middle
        shares = self.gate.backward(by_gate[:, :middle], means[:, :middle])
        rows = self.layout.frames * self.layout.smaller_pixels
        return _widened(shares / rows, means.shape[1])


def _taps_and_bias(
    layer: ConvolutionNorm,
) -> tuple[Float[Tensor, "panel position lane"], Float[Tensor, "panel 1 lane"]]:
    weight, bias = layer.folded()
    return in_panels(weight.flatten(1).T), in_panels(bias[None])


def _widened(numbers: Float[Tensor, "stack channel"], width: int) -> Float[Tensor, "stack wider"]:
    """Pad the channels with zeros."""
    return torch.nn.functional.pad(numbers, (0, width - numbers.shape[1])).contiguous()
