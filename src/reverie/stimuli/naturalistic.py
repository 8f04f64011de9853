"""Naturalistic movies without footage: textured leaves of all sizes, moving objects, camera motion, light, cuts."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.ndimage import map_coordinates

from reverie.foundation.arrays import FRAME_RATE, FRAME_SIZE, Movie
from reverie.foundation.errors import ReverieError
from reverie.stimuli.camera import SHOT_SECONDS, glide, shot_lengths
from reverie.stimuli.leaves import draw_outline, draw_radius, leaves, texture


@dataclass(frozen=True)
class SceneSettings:
    """Parameters of naturalistic scenes; the defaults give the statistics of the Sensorium 2023 movies.

    Over many shots, grey levels have a mean of 80, a standard deviation of 57 and a median of 70, like those of the
    real movies.
    """

    shot_seconds: tuple[float, float] = SHOT_SECONDS
    """Range of shot lengths, seconds (real movies: median 3.3 s)."""
    leaf_pixels: tuple[float, float] = (3.0, 32.0)
    """Range of the radii of the leaves that cover the ground, pixels."""
    objects: tuple[int, int] = (2, 6)
    """Range of the number of objects that move by themselves."""
    object_pixels: tuple[float, float] = (4.0, 13.0)
    """Range of the objects' radii, pixels."""
    camera_speed: tuple[float, float] = (0.5, 14.0)
    """Range of the camera's typical speed, pixels per second."""
    object_speed: tuple[float, float] = (1.0, 14.0)
    """Range of the objects' typical speed, pixels per second."""
    zoom: float = 0.03
    """Standard deviation of the camera's relative approach per second."""
    slope: tuple[float, float] = (0.9, 1.4)
    """Range of the exponent of the textures' amplitude spectra (natural scenes: about 1)."""
    brightness: float = 74.0
    """Median of each shot's mean grey level."""
    brightness_spread: float = 0.37
    """Standard deviation over shots of the log of their mean grey level."""
    contrast: tuple[float, float] = (0.35, 0.75)
    """Range of a shot's standard deviation, relative to its mean."""
    light: float = 0.1
    """Standard deviation of the log of the slow changes of light within a shot."""


def naturalistic_movie(
    frames: int,
    generator: np.random.Generator,
    *,
    frame_size: tuple[int, int] = FRAME_SIZE,
    settings: SceneSettings | None = None,
) -> Movie:
    """Draw a movie of shots, each a new scene of textures and moving objects seen by a gliding camera.

    Returns float32 (frames, *frame_size), 0-255. Raises ReverieError without frames.
    """
    if frames < 1:
        raise ReverieError("A movie needs at least 1 frame.")
    chosen = settings or SceneSettings()
    shots = shot_lengths(frames, chosen.shot_seconds, generator)
    return np.concatenate([_shot(length, generator, frame_size, chosen) for length in shots])


def _shot(length: int, generator: np.random.Generator, frame_size: tuple[int, int], settings: SceneSettings) -> Movie:
    camera = glide(length, generator.uniform(*settings.camera_speed) / FRAME_RATE, generator)
    nearer = np.exp(generator.normal(0.0, settings.zoom) / FRAME_RATE * (np.arange(length) - length / 2))
    rows, columns = (
        (size - 1) / 2 + nearer[:, None] * (np.arange(size) - (size - 1) / 2) + path[:, None]
        for size, path in zip(frame_size, camera, strict=True)
    )
    ground_size = (2 * frame_size[0], 2 * frame_size[1])
    grain = texture(ground_size, generator.uniform(*settings.slope), generator)
    ground = leaves(ground_size, settings.leaf_pixels, grain, generator)
    scene = _wrapping_weights(rows, len(ground)) @ ground @ _wrapping_weights(columns, ground.shape[1]).mT
    # A broad shade from one side, such as sky over ground.
    side = generator.normal(size=2) * 0.8
    scene += side[0] * (rows[:, :, None] / frame_size[0] - 0.5) + side[1] * (columns[:, None] / frame_size[1] - 0.5)
    for _ in range(int(generator.integers(settings.objects[0], settings.objects[1] + 1))):
        _put_object(scene, rows, columns, generator, settings)
    return _lit(scene, generator, settings)


def _wrapping_weights(positions: Float[np.ndarray, "time row"], size: int) -> Float[np.ndarray, "time row {size}"]:
    """Return the weights of linear interpolation at positions on a periodic axis."""
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
    settings: SceneSettings,
) -> None:
    """Paint one moving object into the scene: a wobbly ellipse with its own shade, texture, course and spin."""
    length, *frame_size = scene.shape
    course = glide(length, generator.uniform(*settings.object_speed) / FRAME_RATE, generator)
    # The object crosses the middle of the picture at a random moment, so that most objects are visible.
    meeting = int(generator.integers(length))
    place = np.array([rows[meeting, 0], columns[meeting, 0]]) + generator.uniform(0, frame_size)
    centre = course - course[:, meeting : meeting + 1] + place[:, None]
    angle = generator.uniform(0, 2 * np.pi) + generator.normal(0.0, 0.5 / FRAME_RATE) * np.arange(length)
    outline = draw_outline(draw_radius(settings.object_pixels, generator), generator)
    down, right = rows - centre[0, :, None], columns - centre[1, :, None]
    # Most pixels are out of the object's reach; they are skipped from here on.
    near = np.nonzero((down**2)[:, :, None] + (right**2)[:, None] < outline.reach**2)
    down, right = down[near[0], near[1]], right[near[0], near[2]]
    cosine, sine = np.cos(angle)[near[0]], np.sin(angle)[near[0]]
    along, across = cosine * right + sine * down, cosine * down - sine * right
    cover = outline.cover(along, across)
    grain = map_coordinates(texture((64, 64), 1.2, generator), [across, along], order=1, mode="grid-wrap")
    shade = generator.normal(0.0, 1.3) + generator.normal(0.0, 0.04) * along + generator.normal(0.0, 0.04) * across
    scene[near] += cover * (shade + generator.uniform(0.0, 0.5) * grain - scene[near])


def _lit(
    scene: Float[np.ndarray, "time height width"], generator: np.random.Generator, settings: SceneSettings
) -> Movie:
    """Give a shot its own brightness and contrast within 0-255, and a slowly changing light."""
    mean = min(settings.brightness * np.exp(generator.normal(0.0, settings.brightness_spread)), 190.0)
    contrast = mean * generator.uniform(*settings.contrast)
    period = FRAME_RATE * generator.uniform(3.0, 12.0)
    light = np.sin(2 * np.pi * (np.arange(len(scene)) / period + generator.uniform()))
    light = np.exp(generator.normal(0.0, settings.light) * np.sqrt(2.0) * light)[:, None, None]
    movie = scene
    # Clipping reduces the contrast a little, which the next iteration compensates.
    for _ in range(3):
        movie = np.clip(mean + contrast * (movie - movie.mean()) / max(float(movie.std()), 1e-9), 0.0, 255.0)
    return np.asarray(np.clip(light * movie, 0.0, 255.0), dtype=np.float32)
