"""Looking at pictures between their pixels."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional


def sample(
    pictures: Float[Tensor, "time height width"],
    rows: Float[Tensor, "time row"],
    columns: Float[Tensor, "time column"],
    mode: str = "bicubic",
) -> Float[Tensor, "time row column"]:
    """Return each picture at its own rows and columns, fractions included; beyond the edge the edge goes on.

    mode: ``bicubic`` or ``bilinear``. Differentiable with respect to the pictures.
    """
    height, width = pictures.shape[1:]
    down, right = 2 * rows / (height - 1) - 1, 2 * columns / (width - 1) - 1
    size = (len(pictures), rows.shape[1], columns.shape[1])
    grid = torch.stack([right[:, None, :].expand(size), down[:, :, None].expand(size)], dim=-1)
    sampled: Tensor = functional.grid_sample(
        pictures[:, None], grid, mode=mode, padding_mode="border", align_corners=True
    )
    return sampled[:, 0]
