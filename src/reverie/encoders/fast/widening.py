"""How features enter a compiled block: the weights of its first matrix product, laid out for the kernels."""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from reverie.encoders.fast.entrances import FeatureEntrance, PlaneEntrance
from reverie.encoders.fast.panels import LANES, PANEL, in_panels, padded


@dataclass(frozen=True)
class Widening:
    """weights: from inputs to the panels' channels. start: what is added, for all pixels alike or for each.

    moments: what is added for each frame, None for nothing. back: the weights for the way back.
    """

    weights: Float[Tensor, "panel input lane"]
    start: Float[Tensor, "panel pixel lane"]
    moments: Float[Tensor, "panel frame lane"] | None
    back: Float[Tensor, "tile middle column"]

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
