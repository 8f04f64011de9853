"""A camera that moves over a scene larger than its picture: its pictures, and the spectra of scenes and paths.

Scenes are pictures with the camera's motion removed; scenes and paths are learned from training movies.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Bool, Float
from scipy.fft import dctn
from torch import Tensor

from reverie.foundation.arrays import Movie
from reverie.inversion.motion import Path, path_of, path_power, sample, shots_of, smoothed_path
from reverie.inversion.priors.spectrum import resampled_spectrum, smoothed_spectrum

EDGE = 1
"""Width in pixels of the margin of the scene, so that every pixel that is seen lies between four pixels of the
scene."""

LENGTH = 100
"""Frequencies at which spectra over time are kept; shots last about as many frames."""

LEAST_SHOT_FRAMES = 20
"""Fewest frames of a shot that is used."""

OFTEN = 0.6
"""Share of a shot's frames in which a pixel of the scene must be seen to count."""

LAG = 3
"""Distance in frames of the frames compared in reconstructed movies."""

AT_FIRST, AGAIN = (1.3, 0.15), (1.15, 0.08)
"""Factor by which motion is stretched, and standard deviation of the error of each step in pixels; see docs/log.md."""

NARROWEST = 12
"""Fewest rows and columns of such pixels in a shot that is used."""


@dataclass(frozen=True)
class Camera:
    """A camera's position in a scene at each frame, and the sizes of both."""

    places: Float[Tensor, "time 2"]
    """(time, 2), position of the picture's upper left corner in the scene, rows and columns with fractions."""
    frame_size: tuple[int, int]
    """Height and width of the picture."""
    scene_size: tuple[int, int]
    """Height and width of the scene."""

    @staticmethod
    def along(path: Float[Tensor, "time 2"], frame_size: tuple[int, int]) -> "Camera":
        """Return the camera whose picture's contents move along a path: (time, 2) in pixels down and to the right.

        The scene is as large as all pictures together.
        """
        corners = -path
        places = corners - corners.amin(dim=0) + EDGE
        reach = places.amax(dim=0).ceil().int() + EDGE
        return Camera(places, frame_size, (frame_size[0] + int(reach[0]), frame_size[1] + int(reach[1])))

    def to(self, device: torch.device) -> "Camera":
        """Return the same camera on another device."""
        return replace(self, places=self.places.to(device))

    def see(self, scene: Float[Tensor, "time row column"]) -> Float[Tensor, "time height width"]:
        """Return the picture at each frame, interpolated between neighbouring pixels of the scene."""
        rows, columns = (
            self.places[:, axis, None] + torch.arange(self.frame_size[axis], device=self.places.device)
            for axis in (0, 1)
        )
        return sample(scene, rows, columns, "bilinear")

    def spread_out(self, gradient: Float[Tensor, "time height width"]) -> Float[Tensor, "time row column"]:
        """Return the gradient with respect to the scene from that with respect to pictures (transpose of ``see``)."""
        with torch.enable_grad():
            scene = gradient.new_zeros(len(gradient), *self.scene_size).requires_grad_()
            (transposed,) = torch.autograd.grad(self.see(scene), scene, gradient)
        return transposed


@dataclass(frozen=True)
class Scenes:
    """Spectra of scenes and paths at ``LENGTH`` frequencies over time."""

    power: Float[np.ndarray, "frequency height width"]
    """(frequency, height, width), of the coefficients of scenes as large as the picture, in units of the pixels'
    deviation."""
    path_power: Float[np.ndarray, "frequency 2"]
    """(frequency, 2), of those of the picture's path, in squared pixels."""


def fit_scenes(shots: Iterable[Movie], frame_size: tuple[int, int]) -> Scenes | None:
    """Fit scenes to shots whose pixels have mean 0 and deviation 1; None where all are too short, small or fast."""
    if min(frame_size) < NARROWEST:
        return None
    total, frames, paths = torch.zeros(LENGTH, *frame_size), 0, []
    for shot in shots:
        if len(shot) < LEAST_SHOT_FRAMES:
            continue
        paths.append(path_of(shot))
        scene = _scene_of(shot, paths[-1])
        if min(scene.shape[1:]) >= NARROWEST:
            power = torch.from_numpy(dctn(scene, norm="ortho").astype(np.float32)).square()
            total += len(shot) * at_size(power, (LENGTH, *frame_size))
            frames += len(shot)
    if frames == 0:
        return None
    return Scenes(smoothed_spectrum((total / frames).numpy()), path_power(paths, LENGTH).astype(np.float32))


def at_size(power: Float[torch.Tensor, "..."], size: tuple[int, int, int]) -> Float[torch.Tensor, "..."]:
    """Return a spectrum at the frequencies of movies of another length and size."""
    for axis, length in enumerate(size):
        power = resampled_spectrum(power.movedim(axis, 0), length).movedim(0, axis)
    return power


def path_in(movie: Movie, starts: Sequence[int], scenes: Scenes, *, again: bool = False) -> Path:
    """Return the path of the picture of a reconstructed movie, (time, 2), for each shot around its mean.

    Such movies are smeared over time and move too little, so the path is stretched.

    Parameters
    ----------
    again
        Whether the movie was found with a prior that already followed the camera.
    """
    stretch, error = AGAIN if again else AT_FIRST
    paths = [stretch * path_of(shot, LAG) for shot in shots_of(movie, starts)]
    return np.concatenate([smoothed_path(path, scenes.path_power, error) for path in paths])


def _scene_of(shot: Movie, path: Path) -> Float[np.ndarray, "time row column"]:
    """Return the shot with its motion removed, cropped to the pixels seen often.

    Pixels not seen in a frame are taken from the nearest frame in which they are seen.
    """
    centred = path - np.median(path, axis=0)
    height, width = shot.shape[1:]
    low, high = np.floor((-centred).min(0)).astype(int), np.ceil((-centred).max(0)).astype(int)
    rows = np.arange(low[0], height + high[0])[None] + centred[:, :1]
    columns = np.arange(low[1], width + high[1])[None] + centred[:, 1:]
    seen = _inside(rows, height)[:, :, None] & _inside(columns, width)[:, None, :]
    often = seen.mean(axis=0) >= OFTEN
    kept = np.flatnonzero(often.any(axis=1)), np.flatnonzero(often.any(axis=0))
    if min(map(len, kept)) == 0:
        return shot[:, :0, :0]
    rows, columns, seen = rows[:, kept[0]], columns[:, kept[1]], seen[:, kept[0]][:, :, kept[1]]
    pictures, down, right = (torch.from_numpy(array.astype(np.float32)) for array in (shot, rows, columns))
    scene = sample(pictures, down, right).numpy()
    filled: Float[np.ndarray, "time row column"] = np.take_along_axis(scene, _nearest_seen(seen), axis=0)
    return filled


def _inside(places: Float[np.ndarray, "time place"], length: int) -> Bool[np.ndarray, "time place"]:
    return np.asarray((places >= 0) & (places <= length - 1))


def _nearest_seen(seen: Bool[np.ndarray, "time row column"]) -> np.ndarray:
    """Return for each pixel and frame the nearest frame in which the pixel is seen."""
    frames = np.arange(len(seen))[:, None, None]
    never = 10 * len(seen)
    before = np.maximum.accumulate(np.where(seen, frames, -never), axis=0)
    after = np.minimum.accumulate(np.where(seen, frames, never)[::-1], axis=0)[::-1]
    nearest = np.where(frames - before <= after - frames, before, after)
    return np.clip(nearest, 0, len(seen) - 1)
