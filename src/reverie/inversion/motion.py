"""Motion of the whole picture from frame to frame: a translation for each pair of frames, by least squares."""

from collections.abc import Sequence
from itertools import pairwise, product

import numpy as np
import torch
from jaxtyping import Float
from scipy.fft import dct, idct
from torch import Tensor
from torch.nn import functional

from reverie.foundation.arrays import Movie

Path = Float[np.ndarray, "time 2"]

BORDER = 3
"""Pixels at the edges that are not compared, since the other frame does not show them."""

FARTHEST = (3, 5)
"""Rows and columns searched in either direction between two frames."""

REFINEMENTS = 10
"""Gauss-Newton steps after the search over whole pixels."""


def sample(
    pictures: Float[Tensor, "time height width"],
    rows: Float[Tensor, "time row"],
    columns: Float[Tensor, "time column"],
    mode: str = "bicubic",
) -> Float[Tensor, "time row column"]:
    """Return each picture interpolated at its own rows and columns; beyond its edge, the edge's values are repeated.

    Differentiable with respect to the pictures.

    Parameters
    ----------
    mode
        ``bicubic`` or ``bilinear``.
    """
    height, width = pictures.shape[1:]
    down, right = 2 * rows / (height - 1) - 1, 2 * columns / (width - 1) - 1
    size = (len(pictures), rows.shape[1], columns.shape[1])
    grid = torch.stack([right[:, None, :].expand(size), down[:, :, None].expand(size)], dim=-1)
    sampled: Tensor = functional.grid_sample(
        pictures[:, None], grid, mode=mode, padding_mode="border", align_corners=True
    )
    return sampled[:, 0]


def translations(
    earlier: Float[np.ndarray, "pair height width"], later: Float[np.ndarray, "pair height width"]
) -> Float[np.ndarray, "pair 2"]:
    """Return the translation from each earlier to the later frame, in pixels down and to the right.

    The best whole translation within ``FARTHEST``, refined by Gauss-Newton steps that are taken only where they bring
    the frames closer. Source: Lucas & Kanade, An iterative image registration technique, 1981.
    """
    if len(earlier) == 0:
        return np.zeros((0, 2), dtype=np.float32)
    first, second = (torch.from_numpy(np.ascontiguousarray(frames, dtype=np.float32)) for frames in (earlier, later))
    moved_by = _whole(first, second)
    error = _mismatch(_moved(first, moved_by), second)
    for _ in range(REFINEMENTS):
        trial = moved_by + _improvement(_moved(first, moved_by), second).clamp(-1, 1)
        tried = _mismatch(_moved(first, trial), second)
        better = tried < error
        moved_by = torch.where(better[:, None], trial, moved_by)
        error = torch.where(better, tried, error)
        if not bool(better.any()):
            break
    found: Float[np.ndarray, "pair 2"] = moved_by.numpy()
    return found


def path_of(shot: Movie, lag: int = 1) -> Path:
    """Return the position of the picture of a shot (time, height, width) at each frame, starting from (0, 0).

    Parameters
    ----------
    lag
        Distance of compared frames; each step is the mean of all comparisons that span it.
    """
    steps = len(shot) - 1
    lag = min(lag, steps)
    if lag < 1:
        return np.zeros((len(shot), 2), dtype=np.float32)
    speeds = translations(shot[:-lag], shot[lag:]) / lag
    summed, counted = np.zeros((steps, 2)), np.zeros((steps, 1))
    for offset in range(lag):
        summed[offset : offset + len(speeds)] += speeds
        counted[offset : offset + len(speeds)] += 1
    return np.concatenate([np.zeros((1, 2)), np.cumsum(summed / counted, axis=0)]).astype(np.float32)


def smoothed_path(path: Path, power: Float[np.ndarray, "frequency 2"], error: float) -> Path:
    """Return the most probable path given one that was measured with errors, centred on its mean.

    Parameters
    ----------
    power
        Variance of the coefficients of paths' cosine transforms.
    error
        Standard deviation of the error of each step, in pixels.
    """
    frequencies = np.arange(len(path))
    known = np.stack(
        [np.interp(frequencies / len(path), np.arange(len(power)) / len(power), row) for row in power.T], 1
    )
    steps = 4 * np.sin(np.pi * frequencies / (2 * len(path))) ** 2
    gain = known * steps[:, None] / (known * steps[:, None] + error**2)
    coefficients = dct(path, axis=0, norm="ortho") * gain
    coefficients[0] = 0
    return np.asarray(idct(coefficients, axis=0, norm="ortho"), dtype=np.float32)


def path_power(paths: Sequence[Float[np.ndarray, "_ 2"]], length: int) -> Float[np.ndarray, "{length} 2"]:
    """Return the mean power of paths' cosine transforms at ``length`` frequencies; longer paths have more weight."""
    total, frames = np.zeros((length, 2)), 0
    for path in paths:
        power = np.square(dct(path, axis=0, norm="ortho"))
        power[0] = power[min(1, len(power) - 1)]
        places = np.arange(length) * len(path) / length
        total += len(path) * np.stack([np.interp(places, np.arange(len(path)), row) for row in power.T], 1)
        frames += len(path)
    return total / max(frames, 1)


def shots_of(movie: Movie, starts: Sequence[int]) -> list[Float[np.ndarray, "_ height width"]]:
    """Return the shots of a movie, given their first frames."""
    return [movie[start:end] for start, end in pairwise((*starts, len(movie)))]


def _moved(frames: Tensor, by: Float[Tensor, "pair 2"]) -> Float[Tensor, "pair height width"]:
    rows, columns = (torch.arange(frames.shape[1 + axis])[None] - by[:, axis, None] for axis in (0, 1))
    return sample(frames, rows, columns)


def _mismatch(found: Tensor, wanted: Tensor) -> Float[Tensor, " pair"]:
    return (found - wanted)[:, BORDER:-BORDER, BORDER:-BORDER].square().mean(dim=(1, 2))


def _improvement(found: Tensor, wanted: Tensor) -> Float[Tensor, "pair 2"]:
    """Return the least-squares translation that brings frames closer to others, linearised."""
    down, right = torch.gradient(found, dim=(1, 2))
    inside = (slice(None), slice(BORDER, -BORDER), slice(BORDER, -BORDER))
    slopes = torch.stack([-down[inside].flatten(1), -right[inside].flatten(1)], dim=2)
    lacking = (wanted - found)[inside].flatten(1)[:, :, None]
    normal = slopes.mT @ slopes + 1e-3 * torch.eye(2)
    step: Tensor = torch.linalg.solve(normal, slopes.mT @ lacking)
    return step[:, :, 0]


def _whole(first: Tensor, second: Tensor) -> Float[Tensor, "pair 2"]:
    """Return the best translation by whole pixels, comparing the pixels that both frames show."""
    height, width = first.shape[1:]
    # From near to far, so that a picture without detail stays where it is.
    candidates = sorted(product(*(range(-far, far + 1) for far in FARTHEST)), key=lambda by: by[0] ** 2 + by[1] ** 2)
    errors = []
    for down, right in candidates:
        before = first[:, max(0, -down) : height - max(0, down), max(0, -right) : width - max(0, right)]
        after = second[:, max(0, down) : height - max(0, -down), max(0, right) : width - max(0, -right)]
        errors.append((before - after).square().mean(dim=(1, 2)))
    best = torch.stack(errors).argmin(dim=0)
    return torch.tensor(candidates, dtype=torch.float32)[best]
