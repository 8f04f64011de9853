"""CutMix: a box of one movie pasted into another, and the responses mixed by area."""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from reverie.training.batches import Batch


def box_of_area(area: float, height: int, width: int, generator: np.random.Generator) -> tuple[slice, slice]:
    """Return rows and columns of a box with the frame's proportions, about ``area`` (0-1) of it, cut at its edges."""
    side = np.sqrt(area)
    tall, wide = round(height * side), round(width * side)
    top = int(generator.integers(0, height + 1)) - tall // 2
    left = int(generator.integers(0, width + 1)) - wide // 2
    rows = slice(max(top, 0), min(max(top + tall, 0), height))
    columns = slice(max(left, 0), min(max(left + wide, 0), width))
    return rows, columns


def mix(kept: float, own: Float[Tensor, "*any"], other: Float[Tensor, "*any"]) -> Float[Tensor, "*any"]:
    """Return ``kept`` parts of one and ``1 - kept`` parts of the other."""
    return kept * own + (1 - kept) * other


def cutmix(batch: Batch, generator: np.random.Generator, *, probability: float, alpha: float) -> Batch:
    """With some probability paste the same box of another window into each window, in space, for its whole length.

    Responses and state are mixed by the share of the area each window has in the end. A window counts only where
    both it and the one it is mixed with count. The kept area is drawn from a beta distribution with both parameters
    ``alpha``. As in the training of the published encoder (alpha 1, probability 1/2).
    """
    if generator.random() >= probability or len(batch.movie) < 2:
        return batch
    height, width = batch.movie.shape[2:]
    rows, columns = box_of_area(1 - generator.beta(alpha, alpha), height, width, generator)
    order = torch.as_tensor(generator.permutation(len(batch.movie)), device=batch.movie.device)
    movie = batch.movie.clone()
    movie[:, :, rows, columns] = batch.movie[order][:, :, rows, columns]
    kept = 1 - (rows.stop - rows.start) * (columns.stop - columns.start) / (height * width)
    return Batch(
        mouse=batch.mouse,
        movie=movie,
        state=mix(kept, batch.state, batch.state[order]),
        responses=mix(kept, batch.responses, batch.responses[order]),
        weight=torch.minimum(batch.weight, batch.weight[order]),
    )
