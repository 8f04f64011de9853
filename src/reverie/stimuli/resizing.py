"""Change the size of a movie by exact area averaging: every target pixel is the mean of the area it covers."""

import numpy as np
from jaxtyping import Float

from reverie.foundation.arrays import Movie
from reverie.foundation.errors import ReverieError


def box_weights(
    starts: Float[np.ndarray, "*shots"], extents: Float[np.ndarray, "*shots"], target: int, source: int
) -> Float[np.ndarray, "*shots {target} {source}"]:
    """Return the weights of ``source`` pixels in each of ``target`` equal bins of a stretch of pixels.

    The weights of a bin sum to 1.

    Parameters
    ----------
    starts, extents
        Begin and length of each stretch in source pixels, fractions allowed; each must lie within 0 and ``source``.

    Examples
    --------
    >>> box_weights(np.array(0.0), np.array(3.0), 2, 3).tolist()
    [[0.6666666666666666, 0.3333333333333333, 0.0], [0.0, 0.3333333333333333, 0.6666666666666666]]
    """
    edges = starts[..., None] + extents[..., None] * np.linspace(0.0, 1.0, target + 1)
    pixels = np.arange(source)
    upper = np.minimum(edges[..., 1:, None], pixels + 1.0)
    lower = np.maximum(edges[..., :-1, None], pixels)
    overlap = np.clip(upper - lower, 0.0, None)
    return np.asarray(overlap / overlap.sum(axis=-1, keepdims=True))


def resize(
    movie: Float[np.ndarray, "time tall wide"], frame_size: tuple[int, int], *, pixel_aspect: float = 1.0
) -> Movie:
    """Crop a movie around its middle to the shape of the target frame, then average areas down (or up) to its size.

    Returns float32 (time, *frame_size).

    Parameters
    ----------
    movie
        (time, height, width), any grey levels.
    frame_size
        Target height and width.
    pixel_aspect
        Width of a source pixel over its height.

    Raises
    ------
    ReverieError
        On an empty frame.

    Examples
    --------
    >>> resize(np.arange(8.0).reshape(1, 2, 4), (1, 2)).tolist()
    [[[2.5, 4.5]]]
    """
    height, width = movie.shape[1:]
    if min(height, width, *frame_size) < 1:
        raise ReverieError(f"A movie of {height} x {width} pixels cannot be resized to {frame_size}; give sizes >= 1.")
    target_ratio = frame_size[1] / frame_size[0]
    kept_width = min(float(width), height * target_ratio / pixel_aspect)
    kept_height = min(float(height), width * pixel_aspect / target_ratio)
    rows = _centred_weights(kept_height, frame_size[0], height)
    columns = _centred_weights(kept_width, frame_size[1], width)
    return np.asarray(rows @ movie.astype(np.float32) @ columns.T, dtype=np.float32)


def _centred_weights(kept: float, target: int, source: int) -> Float[np.ndarray, "{target} {source}"]:
    return box_weights(np.array((source - kept) / 2), np.array(kept), target, source).astype(np.float32)
