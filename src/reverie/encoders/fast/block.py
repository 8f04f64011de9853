"""A block of DwiseNeuro's core with a hand-written backward pass, in slices of channels that fit a processor's caches.

Between entrance and projection, channels interact only in the gate. A slice of the channels can therefore go through
the widening and both depth-wise layers on its own. The inputs of each non-linearity are kept for the backward pass;
everything else is computed again, which costs less than moving it through memory.

Rows are (stack, time, pixel); a slice is a matrix of rows by channels. The spatial layer sees each frame as a picture,
the temporal one each stack as a picture of time by pixel: the same memory, channels last.
"""

from itertools import chain

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from reverie.encoders.dwiseneuro_blocks import ConvolutionNorm, CoreBlock, SqueezeExcite
from reverie.encoders.fast.entrances import Entrance

SliceMemory = tuple[Tensor, Tensor, Tensor]
"""Inputs of the non-linearities after the widening, the spatial and the temporal layer."""

silu_back = torch.ops.aten.silu_backward

SLICE_NUMBERS = 2**20
"""About how many numbers a slice of the widened features may hold: more do not fit a processor's caches."""

NARROWEST = 32
"""Fewest channels of a slice; narrower ones leave lanes of a processor idle."""

Memory = tuple[Tensor, ...]
"""What the forward pass keeps for the backward pass: the entrance's prepared inputs, the means of the gated channels,
and for each slice of channels the inputs of the non-linearities (``SliceMemory``), concatenated."""


class Gate:
    """The gate of each channel, computed from the means of all."""

    def __init__(self, module: SqueezeExcite) -> None:
        self.reduce, self.reduce_bias = module.reduce.weight.detach(), module.reduce.bias.detach()
        self.expand, self.expand_bias = module.expand.weight.detach(), module.expand.bias.detach()

    def forward(self, means: Float[Tensor, "stack channel"]) -> Float[Tensor, "stack channel"]:
        """Return the gates."""
        before_sigmoid = functional.linear(functional.silu(self._reduced(means)), self.expand, self.expand_bias)
        return torch.sigmoid(before_sigmoid)

    def backward(
        self, slopes: Float[Tensor, "stack channel"], means: Float[Tensor, "stack channel"]
    ) -> Float[Tensor, "stack channel"]:
        """Return the gradient with respect to the means.

        The gated features give this product directly, and the sigmoid's slope, gate · (1 - gate), needs it.

        Parameters
        ----------
        slopes
            Gradient with respect to the gates, times the gates.
        """
        before_sigmoid = slopes * (1 - self.forward(means))
        reduced = silu_back(before_sigmoid @ self.expand, self._reduced(means))
        by_means: Tensor = reduced @ self.reduce
        return by_means

    def _reduced(self, means: Tensor) -> Tensor:
        return functional.linear(means, self.reduce, self.reduce_bias)


class DepthwiseLayers:
    """SiLU, spatial layer, SiLU, temporal layer, SiLU, in plain torch.

    Parameters
    ----------
    size
        Height and width of the input pictures.
    """

    def __init__(self, block: CoreBlock, size: tuple[int, int]) -> None:
        self.frames, self.size, self.stride = block.frames, size, block.stride
        self.smaller = (-(-size[0] // block.stride), -(-size[1] // block.stride))
        pixels = self.smaller[0] * self.smaller[1]
        self.space = DepthwiseLayer(block.spatial, size, self.smaller)
        self.time = DepthwiseLayer(block.temporal, (block.frames, pixels), (block.frames, pixels))

    def forward(
        self, widened: Float[Tensor, "row channel"], part: slice, *, remember: bool
    ) -> tuple[Float[Tensor, "fewer channel"], SliceMemory | None]:
        """Return the gate's inputs and, if requested, what the backward pass needs."""
        spaced = self.space.forward(functional.silu(widened, inplace=not remember), part)
        timed = self.time.forward(functional.silu(spaced, inplace=not remember), part)
        active = functional.silu(timed, inplace=not remember)
        return active, (widened, spaced, timed) if remember else None

    def gate_sums(self, gated: Float[Tensor, "fewer channel"], memory: SliceMemory) -> Float[Tensor, "stack channel"]:
        """Return the sum over each stack's rows of the gradient times the gate's input."""
        product = gated * functional.silu(memory[2])
        return product.view(-1, self.frames * self.smaller[0] * self.smaller[1], product.shape[1]).sum(1)

    def backward(
        self,
        gated: Float[Tensor, "fewer channel"],
        share: Float[Tensor, "stack channel"],
        memory: SliceMemory,
        part: slice,
    ) -> Float[Tensor, "row channel"]:
        """Return the gradient with respect to the widened channels.

        Parameters
        ----------
        share
            Added to each row of a stack.
        """
        widened, spaced, timed = memory
        slopes = (gated.view(len(share), -1, share.shape[1]) + share[:, None]).view_as(gated)
        slopes = self.time.backward(silu_back(slopes, timed), part)
        slopes = self.space.backward(silu_back(slopes, spaced), part)
        by_widened: Tensor = silu_back(slopes, widened)
        return by_widened


class DepthwiseLayer:
    """A folded depth-wise convolution.

    Parameters
    ----------
    before, after
        Height and width of the pictures of input and output rows.
    """

    def __init__(self, layer: ConvolutionNorm, before: tuple[int, int], after: tuple[int, int]) -> None:
        weight, self.bias = layer.folded()
        self.weight = weight.contiguous(memory_format=torch.channels_last)
        self.kernel, self.stride = layer.convolution.kernel_size, list(layer.convolution.stride)
        self.padding = [length // 2 for length in self.kernel]
        self.before, self.after = before, after

    def forward(self, rows: Float[Tensor, "row channel"], part: slice) -> Float[Tensor, "fewer channel"]:
        """Convolve the channels of a slice."""
        weight, pictures = self.weight[part], _as_pictures(rows, self.before)
        convolved = functional.conv2d(pictures, weight, self.bias[part], self.stride, self.padding, groups=len(weight))
        return _as_rows(convolved)

    def backward(self, slopes: Float[Tensor, "fewer channel"], part: slice) -> Float[Tensor, "row channel"]:
        """Return the gradient with respect to the rows."""
        weight, pictures = self.weight[part], _as_pictures(slopes, self.after)
        # Only the shape of the convolution's input is used here, not its values.
        rows = len(pictures) * self.before[0] * self.before[1]
        shape = _as_pictures(slopes.new_empty(rows, len(weight)), self.before)
        gradient, _, _ = torch.ops.aten.convolution_backward(
            pictures,
            shape,
            weight,
            None,
            self.stride,
            self.padding,
            [1, 1],
            False,
            [0, 0],
            len(weight),
            [True, False, False],
        )
        return _as_rows(gradient)


def _as_pictures(rows: Tensor, picture: tuple[int, ...]) -> Float[Tensor, "n channel height width"]:
    return rows.view(-1, *picture, rows.shape[1]).permute(0, 3, 1, 2)


def _as_rows(pictures: Float[Tensor, "n channel height width"]) -> Float[Tensor, "row channel"]:
    return pictures.permute(0, 2, 3, 1).reshape(-1, pictures.shape[1])


class FrozenBlock:
    """A block whose normalisations are folded.

    Parameters
    ----------
    size
        Height and width of the input pictures.
    """

    def __init__(self, block: CoreBlock, entrance: Entrance, size: tuple[int, int]) -> None:
        self.layers = DepthwiseLayers(block, size)
        self.entrance, self.frames, self.pixels = entrance, block.frames, size[0] * size[1]
        self.smaller = self.layers.smaller
        self.gate = Gate(block.squeeze_excite)
        weight, self.bias = block.projection.folded()
        self.projection = weight[:, :, 0, 0].T.contiguous()

    @property
    def pitch(self) -> int:
        """Number of output channels, padding included."""
        return len(self.bias)

    @property
    def numbers(self) -> int:
        """Number of values in the widened features of one stack."""
        return self.frames * self.pixels * len(self.projection)

    def forward(
        self, inputs: Float[Tensor, "picture pixel channel"], *, remember: bool
    ) -> tuple[Float[Tensor, "picture fewer outputs"], Memory | None]:
        """Return the outputs and, if requested, what the backward pass needs."""
        features = self.entrance.prepare(inputs)
        parts = self._parts(len(inputs))
        active, slices = [], []
        for part in parts:
            each, layers = self.layers.forward(self.entrance.widen(features, part), part, remember=remember)
            active.append(self._by_stack(each))
            slices.append(layers or ())
        means = torch.cat([each.mean(1) for each in active], dim=1)
        gate = self.gate.forward(means)
        outputs = self._by_stack(self.entrance.shortcut(features).add_(self.bias))
        for part, each in zip(parts, active, strict=True):
            outputs.baddbmm_(each, gate[:, part, None] * self.projection[part])
        memory = (features, means, *chain.from_iterable(slices)) if remember else None
        return outputs.view(len(inputs), -1, len(self.bias)), memory

    def backward(
        self, slopes: Float[Tensor, "picture fewer outputs"], memory: Memory
    ) -> Float[Tensor, "picture pixel channel"]:
        """Return the gradient with respect to the entrance's prepared inputs."""
        features, means, *rest = memory
        slices = list(zip(rest[::3], rest[1::3], rest[2::3], strict=True))
        total = self.entrance.shortcut_back(features.shape, slopes)
        parts = self._parts(len(slopes))
        by_stack = self._by_stack(slopes)
        gate = self.gate.forward(means)
        before_gate, by_gate = [], []
        for part, layers in zip(parts, slices, strict=True):
            gated = torch.bmm(by_stack, (gate[:, part, None] * self.projection[part]).mT).flatten(0, 1)
            by_gate.append(self.layers.gate_sums(gated, layers))
            before_gate.append(gated)
        # The gate sees the mean over the rows, to which each row contributes equally.
        share = self.gate.backward(torch.cat(by_gate, dim=1), means) / by_stack.shape[1]
        for part, gated, layers in zip(parts, before_gate, slices, strict=True):
            self.entrance.widen_back(total, self.layers.backward(gated, share[:, part], layers, part), part)
        return total

    def _by_stack(self, rows: Tensor) -> Float[Tensor, "stack row channel"]:
        return rows.view(-1, self.frames * self.smaller[0] * self.smaller[1], rows.shape[-1])

    def _parts(self, pictures: int) -> list[slice]:
        middle = len(self.projection)
        width = max(NARROWEST, SLICE_NUMBERS // (pictures * self.pixels) // NARROWEST * NARROWEST)
        return [slice(start, min(start + width, middle)) for start in range(0, middle, width)]
