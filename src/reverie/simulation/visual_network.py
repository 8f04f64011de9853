"""A frame-wise network of three stages, each a convolution, a rectification and a divisive normalisation.

Networks of this form are among the best models of responses in primary visual cortex (Cadena et al. 2019, PLoS
Computational Biology 15, e1006897). For cells of mouse cortex, random weights are nearly as good a basis as learned
ones (Cadena et al. 2019, NeurIPS workshop "How well do deep neural networks trained on object recognition characterize
the mouse visual system?"). None of the encoders here can represent the channels' preferred features exactly.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from reverie.foundation.arrays import GREY

SPACING = 2
"""Distance in pixels of the grid points on which all stages' features lie; the first is the first pixel."""

LOCAL_PIXELS = 6.0
"""Standard deviation in pixels of the surroundings whose brightness is removed before the first stage."""

FIRST_FILTERS, FIRST_SIZE = 16, 9
"""Filters of the first stage, and their side in pixels."""


@dataclass(frozen=True)
class Stage:
    """A later stage: number of channels, side of its kernels in grid points, groups of channels that mix."""

    channels: int
    size: int
    groups: int = 4


STAGES = (Stage(48, 5), Stage(64, 3))


class VisualNetwork(nn.Module):
    """Random features of single frames, the same for all animals of a seed."""

    def __init__(self, generator: np.random.Generator) -> None:
        super().__init__()
        self.register_buffer("local", _gaussian(LOCAL_PIXELS, 2 * round(2 * LOCAL_PIXELS) + 1))
        self.register_buffer("first", _first_filters(generator))
        entering = 2 * FIRST_FILTERS
        self.register_buffer("scale0", torch.ones(entering, 1, 1))
        for number, stage in enumerate(STAGES, start=1):
            order = torch.from_numpy(generator.permutation(entering))
            self.register_buffer(f"order{number}", order)
            self.register_buffer(f"mixing{number}", _mixing(stage, entering, generator))
            self.register_buffer(f"offset{number}", torch.zeros(stage.channels))
            self.register_buffer(f"scale{number}", torch.ones(stage.channels, 1, 1))
            entering = stage.channels

    @property
    def channels(self) -> tuple[int, ...]:
        """Channels of each stage."""
        return (2 * FIRST_FILTERS, *(stage.channels for stage in STAGES))

    def forward(self, movie: Float[Tensor, "frame height width"]) -> list[Float[Tensor, "frame _ row column"]]:
        """Return the normalised features of each stage at every second pixel."""
        features = [self._normalised(0, self._enter(movie))]
        for number in range(1, len(STAGES) + 1):
            features.append(self._normalised(number, self._mix(number, features[-1])))
        return features

    @torch.no_grad()
    def calibrate(self, movie: Float[Tensor, "frame height width"]) -> None:
        """Centre the later stages' sums and set all channels to unit root mean square on a movie."""
        raw = self._enter(movie)
        for number in range(len(STAGES) + 1):
            if number:
                sums = self._sums(number, raw)
                self.get_buffer(f"offset{number}").copy_(-sums.mean(dim=(0, 2, 3)))
                raw = self._mix(number, raw)
            size = raw.square().mean(dim=(0, 2, 3)).sqrt().clamp_min(1e-6)
            self.get_buffer(f"scale{number}").copy_(1.0 / size[:, None, None])
            raw = self._normalised(number, raw)

    def _enter(self, movie: Float[Tensor, "frame height width"]) -> Float[Tensor, "frame channel row column"]:
        """Return the first stage's two halves: filters on brightness, and on brightness relative to surroundings."""
        brightness = ((movie - GREY) / GREY)[:, None]
        around = _blurred(brightness, self.get_buffer("local"))
        # Weber's law: a change of brightness counts relative to the brightness around it.
        relative = (brightness - around) / (1.3 + around)
        planes = functional.pad(torch.cat([brightness, 2 * relative], dim=1), [FIRST_SIZE // 2] * 4, mode="replicate")
        sums = functional.conv2d(planes, self.get_buffer("first"), stride=SPACING)
        return torch.cat([torch.relu(sums), torch.relu(-sums)], dim=1)

    def _sums(self, number: int, features: Float[Tensor, "frame channel row column"]) -> Tensor:
        stage = STAGES[number - 1]
        padded = functional.pad(features[:, self.get_buffer(f"order{number}")], [stage.size // 2] * 4, mode="replicate")
        return functional.conv2d(padded, self.get_buffer(f"mixing{number}"), groups=stage.groups)

    def _mix(self, number: int, features: Float[Tensor, "frame channel row column"]) -> Tensor:
        return torch.relu(self._sums(number, features) + self.get_buffer(f"offset{number}")[:, None, None])

    def _normalised(self, number: int, features: Float[Tensor, "frame channel row column"]) -> Tensor:
        """Divide by the magnitude of all channels (Carandini & Heeger 2012) in 7 x 7 grid points or 48 degrees."""
        scaled = features * self.get_buffer(f"scale{number}")
        power = scaled.square().mean(dim=1, keepdim=True)
        around = functional.avg_pool2d(power, 7, stride=1, padding=3, count_include_pad=False)
        return scaled / (0.5 + torch.sqrt(around + 1e-6))


def _gaussian(sigma: float, size: int) -> Float[Tensor, " {size}"]:
    away = torch.arange(size) - size // 2
    kernel = torch.exp(-0.5 * (away / sigma).square())
    return kernel / kernel.sum()


def _blurred(planes: Float[Tensor, "frame 1 height width"], kernel: Float[Tensor, " tap"]) -> Tensor:
    """Blur along both axes; at the edges too, the result is a weighted mean of what the screen shows."""
    margin = len(kernel) // 2
    down, along = kernel[None, None, :, None], kernel[None, None, None]
    ones = torch.ones_like(planes[:1])
    shares, sums = (
        functional.conv2d(functional.conv2d(one, down, padding=(margin, 0)), along, padding=(0, margin))
        for one in (ones, planes)
    )
    return sums / shares


def _first_filters(generator: np.random.Generator) -> Float[Tensor, "filter 2 row column"]:
    """Draw filters of brightness and of relative brightness: spots with surrounds, edges and bars, loose patches."""
    rows, columns = np.mgrid[:FIRST_SIZE, :FIRST_SIZE] - FIRST_SIZE // 2
    bank = np.zeros((FIRST_FILTERS, 2, FIRST_SIZE, FIRST_SIZE))
    for number, both in enumerate(bank):
        sigma, angle = generator.uniform(1.0, 2.2), generator.uniform(0, np.pi)
        window = np.exp(-(rows**2 + columns**2) / (2 * sigma**2))
        if number % 4 == 0:
            wide = np.exp(-(rows**2 + columns**2) / (2 * (1.8 * sigma) ** 2))
            picture = window / window.sum() - generator.uniform(0.4, 1.0) * wide / wide.sum()
        elif number % 4 == 3:
            loose = np.fft.ifft2(np.fft.fft2(generator.standard_normal(rows.shape)) * np.fft.fft2(_small_window()))
            picture = loose.real * np.exp(-(rows**2 + columns**2) / (2 * 2.5**2))
        else:
            along = np.cos(angle) * columns + np.sin(angle) * rows
            picture = window * np.cos(2 * np.pi * along / generator.uniform(4, 9) + generator.uniform(0, 2 * np.pi))
        share = generator.uniform(0.0, 1.0) ** 2
        both += np.stack([share * picture, (1 - share) * picture]) / np.linalg.norm(picture)
    return torch.from_numpy(bank.astype(np.float32))


def _small_window() -> Float[np.ndarray, "row column"]:
    away = np.minimum(np.arange(FIRST_SIZE), FIRST_SIZE - np.arange(FIRST_SIZE))
    return np.asarray(np.exp(-0.5 * (away[:, None] ** 2 + away**2)))


def _mixing(stage: Stage, entering: int, generator: np.random.Generator) -> Float[Tensor, "channel part row column"]:
    """Draw kernels that add a few incoming channels and subtract a few others, each at a place of its own."""
    parts = entering // stage.groups
    rows, columns = np.mgrid[: stage.size, : stage.size] - stage.size // 2
    centres = generator.normal(0.0, stage.size / 5, (2, stage.channels, parts, 1, 1))
    spots = np.exp(-((rows - centres[0]) ** 2 + (columns - centres[1]) ** 2) / 2)
    # Few weights are large: a channel of the next stage prefers a combination of a few, not a mixture of all.
    weights = generator.standard_t(2.5, (stage.channels, parts, 1, 1))
    kernels = weights * spots / spots.sum(axis=(2, 3), keepdims=True)
    kernels /= np.sqrt((kernels**2).sum(axis=(1, 2, 3), keepdims=True))
    return torch.from_numpy(kernels.astype(np.float32))
