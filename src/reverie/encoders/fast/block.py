"""A block of DwiseNeuro's core, forward and back by hand, in slices of channels that stay in a processor's caches.

Between entrance and projection no channel knows of another, but for the gate. So a slice of the channels goes through
the widening and both depth-wise layers on its own. What the way back needs is kept before each non-linearity; all else
is computed anew, which costs less than the memory it would move.
"""

from itertools import chain

import torch
from jaxtyping import Float
from torch import Tensor

from reverie.encoders.dwiseneuro_blocks import CoreBlock
from reverie.encoders.fast.depthwise import DepthwiseLayers
from reverie.encoders.fast.entrances import Entrance
from reverie.encoders.fast.folding import folded
from reverie.encoders.fast.gate import Gate

SLICE_NUMBERS = 2**20
"""About how many numbers a slice of the widened features may hold: more leave the caches of a processor."""

NARROWEST = 32
"""Fewest channels of a slice; narrower ones leave lanes of a processor idle."""


Memory = tuple[Tensor, ...]
"""What the way forward leaves for the way back: what the entrance prepared, the means of the channels that are gated,
and for each slice of channels what came before the non-linearities (``SliceMemory``), all in a row."""


class FrozenBlock:
    """A block whose normalisations are folded. size: height and width of the pictures that enter."""

    def __init__(self, block: CoreBlock, entrance: Entrance, size: tuple[int, int]) -> None:
        self.layers = DepthwiseLayers(block, size)
        self.entrance, self.frames, self.pixels = entrance, block.frames, size[0] * size[1]
        self.smaller = self.layers.smaller
        self.gate = Gate(block.squeeze_excite)
        weight, self.bias = folded(block.projection)
        self.projection = weight[:, :, 0, 0].T.contiguous()

    @property
    def pitch(self) -> int:
        """Channels of the outputs, with those that only fill up."""
        return len(self.bias)

    @property
    def numbers(self) -> int:
        """How many numbers the widened features of one stack are."""
        return self.frames * self.pixels * len(self.projection)

    def forward(
        self, inputs: Float[Tensor, "picture pixel channel"], *, remember: bool
    ) -> tuple[Float[Tensor, "picture fewer outputs"], Memory | None]:
        """Return the outputs, and what the way back needs if it is asked for."""
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
        """Return the gradient with respect to what the entrance prepared."""
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
        # The gate looked at the mean over the rows, to which each contributed alike.
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
