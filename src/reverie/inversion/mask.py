"""The mask: where a population can see, estimated by blending in another movie (Bauer et al. 2026, Methods)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from scipy.ndimage import gaussian_filter
from torch import Tensor

from reverie.encoders.contract import Encoder, crop_from_canvas
from reverie.encoders.fast.form import frozen_form
from reverie.foundation.arrays import DEGREES_PER_PIXEL, Mask
from reverie.foundation.errors import NotApplicable, ReverieError
from reverie.foundation.files import read_npy, read_npz, write_npz
from reverie.foundation.progress import tracked
from reverie.foundation.requests import ABOVE_0, AT_LEAST_0, AT_LEAST_1, Range, require_possible
from reverie.inversion.blending import excerpts_for, how_many_pairs_fit, mask_gradient
from reverie.recordings.trial import Trial
from reverie.scoring.rule import TRAINING_THRESHOLD


@dataclass(frozen=True)
class MaskSettings:
    """How a mask is estimated; window, first_frame, blur, start and gradient_clip are the published ones.

    Raises ReverieError when a setting is out of range.
    """

    steps: int = 400
    """Number of trials that are drawn; published 1000."""
    learning_rate: float = 40.0
    """Transparency per unit gradient of one trial; published 10, which needs more trials."""
    batch: int = 4
    """Trials whose gradients are summed for each change of the mask; published 1. Where learning_rate times batch
    exceeds about 200, the mask overshoots."""
    averaged: float = 0.4
    """Share of the changes, counted from the end, over which the mask is averaged, since single trials make it
    fluctuate; published 0, which is the last mask alone."""
    window: int = 32
    """Frames of a trial that are used; an encoder bound to a window keeps its own."""
    first_frame: int = 50
    """The first of these frames; an earlier one in trials that are too short."""
    blur: float = 5.0
    """Gaussian sigma in pixels of each change."""
    start: float = 0.05
    """Largest transparency at the start."""
    gradient_clip: float = 1.0
    """Largest gradient of a pixel."""

    def __post_init__(self) -> None:
        require_possible(
            self,
            steps=AT_LEAST_1,
            learning_rate=ABOVE_0,
            batch=AT_LEAST_1,
            averaged=Range(0, 1),
            window=AT_LEAST_1,
            first_frame=AT_LEAST_0,
            blur=AT_LEAST_0,
            start=AT_LEAST_0,
            gradient_clip=Range(0, above=True, infinite=True),
        )


PUBLISHED_SETTINGS = MaskSettings(steps=1000, learning_rate=10.0, batch=1, averaged=0.0)
"""The settings of Bauer et al. 2026: one trial per change, a small learning rate, the last mask."""


def estimate_mask(
    encoder: Encoder, mouse: str, trials: Sequence[Trial], settings: MaskSettings, *, seed: int, device: torch.device
) -> Mask:
    """Estimate where one animal's population sees, (height, width); 0 means not at all, values may exceed 1.

    Each trial's movie is blended with another, α · movie + (1 − α) · other, the other flipped in time and space. The
    mask α descends on the squared error between responses and rates · (1 − mean α): it rises where the true movie
    explains the responses better than a wrong one, and falls to 0 elsewhere.

    Parameters
    ----------
    trials
        Training trials; those without responses are left out.

    Raises
    ------
    ReverieError
        When fewer than two are left, one is too short, or the result is not finite.
    """
    encoder.require_mouse(mouse)
    trials = [trial for trial in trials if trial.responses is not None]
    if len(trials) < 2:
        raise ReverieError(
            f"A mask needs at least two trials of {mouse} with responses, to blend one movie with another, "
            f"but there are {len(trials)}."
        )
    fast = frozen_form(encoder.to(device), mouse)
    alpha = _descend(fast, mouse, trials, settings, np.random.default_rng(seed), device)
    mask: Mask = crop_from_canvas(alpha, encoder.frame_size).cpu().numpy().copy()
    if not np.isfinite(mask).all():
        raise ReverieError(f"The mask of {mouse} is not finite; the encoder's weights or the responses are damaged.")
    return mask


def _descend(
    encoder: Encoder,
    mouse: str,
    trials: Sequence[Trial],
    settings: MaskSettings,
    generator: np.random.Generator,
    device: torch.device,
) -> Float[Tensor, "height width"]:
    """Return the mask on the encoder's canvas."""
    excerpts = excerpts_for(encoder, trials, settings.window, settings.first_frame)
    start = generator.uniform(0.0, settings.start, encoder.canvas).astype(np.float32)
    alpha = torch.from_numpy(start).to(device)
    together = how_many_pairs_fit(encoder, mouse, excerpts.draw(1, np.random.default_rng(0), device), alpha)
    sizes = _sizes(settings)
    averaged = max(1, round(settings.averaged * len(sizes)))
    total = torch.zeros_like(alpha)
    for number, size in enumerate(tracked(sizes, len(sizes), f"mask of {mouse}")):
        parts = excerpts.draw(size, generator, device).split(together)
        gradients = [mask_gradient(encoder, mouse, part, alpha, settings.gradient_clip) for part in parts]
        change = gaussian_filter(torch.stack(gradients).sum(0).cpu().numpy(), settings.blur)
        alpha = (alpha - settings.learning_rate * torch.from_numpy(change).to(device)).clamp_min(0.0)
        if number >= len(sizes) - averaged:
            total += alpha / averaged
    return total


def _sizes(settings: MaskSettings) -> list[int]:
    """Return the number of trials drawn at each change of the mask."""
    whole, rest = divmod(settings.steps, settings.batch)
    return [settings.batch] * whole + [rest] * (rest > 0)


def diameter_in_degrees(
    mask: Mask, threshold: float = TRAINING_THRESHOLD, degrees_per_pixel: float | None = None
) -> float:
    """Return the diameter, in degrees of visual angle, of a disc as large as the part of the mask above a threshold.

    Source: Bauer et al. 2026 (89 degrees at 0.5 and 65 at 1, mean over their animals).

    Parameters
    ----------
    degrees_per_pixel
        Visual angle of a pixel; None stands for the one of Sensorium 2023.

    Examples
    --------
    >>> round(diameter_in_degrees(np.ones((36, 64))), 1)
    184.2
    """
    pixels = int((mask >= threshold).sum())
    return 2 * math.sqrt(pixels / math.pi) * (degrees_per_pixel or DEGREES_PER_PIXEL)


def save_mask(path: Path, mask: Mask) -> None:
    """Write a mask (height, width) as the array ``mask`` to an ``.npz`` file."""
    write_npz(path, {"mask": mask.astype(np.float32)})


def load_mask(path: Path, frame_size: tuple[int, int]) -> Mask:
    """Read a mask, (height, width) of the frame, from an ``.npz`` file (its array ``mask``) or an ``.npy`` file.

    A mask for a canvas that is larger than the frame in one direction, as the published ones are (64 x 64), is cropped
    to the frame. Raises ReverieError when the file cannot be read, the shape does not fit or a value is not a finite
    number, and NotApplicable when no value reaches the training threshold.
    """
    mask = _read(path)
    fits = mask.ndim == 2 and (np.array(mask.shape) >= frame_size).all() and (np.array(mask.shape) == frame_size).any()
    if not fits:
        raise ReverieError(f"{path} holds an array of shape {mask.shape}, where a mask of {frame_size} was expected.")
    if mask.dtype.kind not in "fiub" or not np.isfinite(mask).all():
        raise ReverieError(f"{path} holds values that are not finite numbers; estimate the mask again.")
    frame: Mask = crop_from_canvas(torch.from_numpy(mask.astype(np.float32)), frame_size).numpy().copy()
    if frame.max() < TRAINING_THRESHOLD:
        raise NotApplicable(
            f"The mask in {path} reaches {TRAINING_THRESHOLD} at no pixel (its maximum is {frame.max():.2f}), so that "
            "nothing could be reconstructed; train a better encoder, or give another mask with --mask."
        )
    return frame


def _read(path: Path) -> np.ndarray:
    if path.suffix == ".npy":
        return read_npy(path)
    arrays = read_npz(path)
    if "mask" not in arrays:
        raise ReverieError(f"{path} holds no array `mask` (but {', '.join(arrays) or 'nothing'}); is it a mask?")
    return arrays["mask"]
