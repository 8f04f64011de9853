"""Naturalistic movies without any footage: 1/f textures, smooth occluding objects, camera motion, cuts."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.ndimage import map_coordinates

from reverie.foundation.arrays import FRAME_RATE, FRAME_SIZE, Movie
from reverie.foundation.errors import ReverieError
from reverie.stimuli.camera import glide, shot_lengths

_LOBES = np.array([2, 3, 5])


@dataclass(frozen=True)
class SceneSettings:
    """What naturalistic scenes are made of; the defaults resemble the Sensorium 2023 movies.

    shot_seconds: range of shot lengths (real: median 3.3 s). objects: range of how many. object_pixels: range of their
    radii. camera_speed, object_speed: ranges of typical speeds in pixels a second. mean, contrast: ranges of each
    shot's mean grey level and standard deviation (real: 80 and 57 over all). slope: range of the exponent of the
    textures' amplitude spectra (natural scenes: about 1).
    """

    shot_seconds: tuple[float, float] = (2.0, 4.0)
    objects: tuple[int, int] = (3, 7)
    object_pixels: tuple[float, float] = (4.0, 13.0)
    camera_speed: tuple[float, float] = (0.5, 8.0)
    object_speed: tuple[float, float] = (1.0, 14.0)
    mean: tuple[float, float] = (65.0, 130.0)
    contrast: tuple[float, float] = (42.0, 70.0)
    slope: tuple[float, float] = (1.0, 1.5)


def naturalistic_movie(
    frames: int,
    generator: np.random.Generator,
    *,
    frame_size: tuple[int, int] = FRAME_SIZE,
    frame_rate: float = FRAME_RATE,
    settings: SceneSettings | None = None,
) -> Movie:
    """Draw a movie of shots, each a new scene of textures and moving objects seen by a gliding camera.

    Returns float32 (frames, *frame_size), 0-255. Raises ReverieError without frames.
    """
    if frames < 1:
        raise ReverieError("A movie needs at least 1 frame.")
    chosen = settings or SceneSettings()
    shots = shot_lengths(frames, frame_rate, chosen.shot_seconds, generator)
    return np.concatenate([_shot(length, generator, frame_size, frame_rate, chosen) for length in shots])


def texture(
    frame_size: tuple[int, int], slope: float, generator: np.random.Generator
) -> Float[np.ndarray, "height width"]:
    """Draw a random texture with amplitude spectrum 1/frequency^slope; mean 0, standard deviation 1, wraps round."""
    rows = np.fft.fftfreq(frame_size[0])[:, None]
    columns = np.fft.rfftfreq(frame_size[1])[None, :]
    frequency = np.hypot(rows, columns)
    frequency[0, 0] = np.inf
    spectrum = np.fft.rfft2(generator.standard_normal(frame_size)) / frequency**slope
    picture = np.fft.irfft2(spectrum, s=frame_size)
    return np.asarray((picture - picture.mean()) / picture.std())


def _shot(
    length: int,
    generator: np.random.Generator,
    frame_size: tuple[int, int],
    frame_rate: float,
    settings: SceneSettings,
) -> Movie:
    camera = glide(length, generator.uniform(*settings.camera_speed) / frame_rate, generator)
    rows = np.arange(frame_size[0]) + camera[0, :, None]
    columns = np.arange(frame_size[1]) + camera[1, :, None]
    ground = texture((2 * frame_size[0], 2 * frame_size[1]), generator.uniform(*settings.slope), generator)
    scene = _wrapping_weights(rows, len(ground)) @ ground @ _wrapping_weights(columns, ground.shape[1]).mT
    # A broad shade from one side, such as sky over ground.
    side = generator.normal(size=2) * 0.8
    scene += side[0] * (rows[:, :, None] / frame_size[0] - 0.5) + side[1] * (columns[:, None] / frame_size[1] - 0.5)
    for _ in range(int(generator.integers(settings.objects[0], settings.objects[1] + 1))):
        _put_object(scene, rows, columns, generator, frame_rate, settings)
    return _level(scene, generator.uniform(*settings.mean), generator.uniform(*settings.contrast))


def _wrapping_weights(positions: Float[np.ndarray, "time row"], size: int) -> Float[np.ndarray, "time row {size}"]:
    """Return the weights of linear interpolation at positions on an axis that wraps round."""
    lower = np.floor(positions).astype(int)
    rest = (positions - lower)[..., None]
    weights = np.zeros((*positions.shape, size))
    np.put_along_axis(weights, lower[..., None] % size, 1.0 - rest, axis=-1)
    np.put_along_axis(weights, (lower[..., None] + 1) % size, rest, axis=-1)
    return weights


def _put_object(
    scene: Float[np.ndarray, "time height width"],
    rows: Float[np.ndarray, "time height"],
    columns: Float[np.ndarray, "time width"],
    generator: np.random.Generator,
    frame_rate: float,
    settings: SceneSettings,
) -> None:
    """Paint one moving object into the scene: a wobbly ellipse with its own shade, texture, course and spin."""
    length, *frame_size = scene.shape
    course = glide(length, generator.uniform(*settings.object_speed) / frame_rate, generator)
    # It is in the middle of the picture at a random moment, so that most objects are seen.
    meeting = int(generator.integers(length))
    place = np.array([rows[meeting, 0], columns[meeting, 0]]) + generator.uniform(0, frame_size)
    centre = course - course[:, meeting : meeting + 1] + place[:, None]
    angle = generator.uniform(0, 2 * np.pi) + generator.normal(0.0, 0.5 / frame_rate) * np.arange(length)
    outline = _draw_outline(generator, settings)
    down, right = rows - centre[0, :, None], columns - centre[1, :, None]
    # Most pixels are out of its reach and are left out from here on.
    near = np.nonzero((down**2)[:, :, None] + (right**2)[:, None] < outline.reach**2)
    down, right = down[near[0], near[1]], right[near[0], near[2]]
    cosine, sine = np.cos(angle)[near[0]], np.sin(angle)[near[0]]
    along, across = cosine * right + sine * down, cosine * down - sine * right
    cover = outline.cover(along, across)
    grain = map_coordinates(texture((64, 64), 1.2, generator), [across, along], order=1, mode="grid-wrap")
    shade = generator.normal(0.0, 1.3) + generator.normal(0.0, 0.04) * along + generator.normal(0.0, 0.04) * across
    scene[near] += cover * (shade + generator.uniform(0.0, 0.5) * grain - scene[near])


@dataclass(frozen=True)
class _Outline:
    """A wobbly ellipse: radius in pixels, stretch of one axis over the other, size and phase of its lobes."""

    radius: float
    stretch: float
    lobes: Float[np.ndarray, " lobe"]
    phases: Float[np.ndarray, " lobe"]

    @property
    def reach(self) -> float:
        """Distance from the centre beyond which it covers nothing."""
        widest = max(self.stretch, 1.0 / self.stretch)
        return (self.radius * (1.0 + float(np.abs(self.lobes).sum())) + 0.5) * widest

    def cover(
        self, along: Float[np.ndarray, " pixel"], across: Float[np.ndarray, " pixel"]
    ) -> Float[np.ndarray, " pixel"]:
        """Return how much of each pixel it covers, 0 to 1."""
        distance = np.hypot(along / self.stretch, across * self.stretch)
        around = np.arctan2(across * self.stretch, along / self.stretch)
        wobble = np.cos(np.outer(_LOBES, around) + self.phases[:, None])
        outline = self.radius * (1.0 + self.lobes @ wobble)
        # Half a pixel either side of the outline is partly covered, as area averaging would have it.
        return np.asarray(np.clip(outline - distance + 0.5, 0.0, 1.0))


def _draw_outline(generator: np.random.Generator, settings: SceneSettings) -> _Outline:
    return _Outline(
        radius=float(generator.uniform(*settings.object_pixels)),
        stretch=float(np.exp(generator.normal(0.0, 0.3))),
        lobes=generator.normal(0.0, 0.3 / _LOBES),
        phases=generator.uniform(0.0, 2 * np.pi, len(_LOBES)),
    )


def _level(scene: Float[np.ndarray, "time height width"], mean: float, contrast: float) -> Movie:
    """Bring a shot to a mean and standard deviation within 0-255; clipping takes a little of the contrast back."""
    movie = scene
    for _ in range(3):
        movie = np.clip(mean + contrast * (movie - movie.mean()) / max(float(movie.std()), 1e-9), 0.0, 255.0)
    return movie.astype(np.float32)
