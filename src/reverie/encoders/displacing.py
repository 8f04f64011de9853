"""Pictures as they are met by an eye that has moved: read between the pixels, grey beyond the edges."""

import torch
from jaxtyping import Float
from torch import Tensor


def displaced(
    pictures: Float[Tensor, "batch time height width"], moved: Float[Tensor, "batch 2 time"]
) -> Float[Tensor, "batch time height width"]:
    """Return what lies ``moved`` pixels down and to the right of each pixel; 0 beyond the edges.

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
