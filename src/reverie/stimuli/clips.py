"""What simulated animals are shown: movies that are drawn whenever they are needed, so that none stays in memory."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from jaxtyping import Float

from reverie.foundation.arrays import FRAME_RATE, FRAME_SIZE, GREY, Movie
from reverie.foundation.errors import ReverieError
from reverie.foundation.requests import Range, require_possible
from reverie.stimuli.camera import sweep
from reverie.stimuli.names import StimulusName
from reverie.stimuli.naturalistic import naturalistic_movie

HELD_SECONDS = 0.5
"""Seconds that a still picture is shown, as in Sensorium 2022 (Willeke et al. 2022, arXiv 2206.08666)."""

Picture = Float[np.ndarray, "height width"]


def checkerboards(
    frames: int,
    generator: np.random.Generator,
    *,
    frame_size: tuple[int, int] = FRAME_SIZE,
    square: int = 4,
    gaussian: bool = False,
    contrast: float = 1.0,
) -> Movie:
    """Draw frames of statistically independent squares (Chichilnisky 2001, Network 12, 199).

    Returns float32 (frames, *frame_size).

    Parameters
    ----------
    square
        Their side in pixels; squares at the right and lower edges may be cut.
    gaussian
        Draw greys from a normal distribution whose standard deviation is a third of the distance to black and white,
        instead of these two.
    contrast
        0-1 around grey 127.5.

    Raises
    ------
    ReverieError
        On impossible settings.

    Examples
    --------
    >>> noise = checkerboards(2, np.random.default_rng(0), square=12)
    >>> noise.shape, sorted(set(noise.ravel().tolist())), len(set(noise[0, :12, :12].ravel().tolist()))
    ((2, 36, 64), [0.0, 255.0], 1)
    """
    if frames < 1 or square < 1 or not 0 <= contrast <= 1:
        raise ReverieError("White noise needs at least 1 frame, squares of at least 1 pixel, and a contrast of 0-1.")
    size = (frames, *(-(-side // square) for side in frame_size))
    if gaussian:
        levels = np.clip(generator.standard_normal(size) / 3.0, -1.0, 1.0)
    else:
        levels = generator.choice([-1.0, 1.0], size)
    whole = np.repeat(np.repeat(levels, square, axis=1), square, axis=2)
    return np.asarray(GREY * (1.0 + contrast * whole[:, : frame_size[0], : frame_size[1]]), dtype=np.float32)


def held(draw: Callable[[], Picture], frames: int) -> Movie:
    """Show pictures one after the other, each for half a second, without a pause.

    Returns (frames, height, width).

    Parameters
    ----------
    draw
        Returns the next picture.

    Raises
    ------
    ReverieError
        Without frames.

    Examples
    --------
    >>> grey = iter(range(9))
    >>> held(lambda: np.full((2, 2), float(next(grey))), 40)[:, 0, 0].tolist()[13:17]
    [0.0, 0.0, 1.0, 1.0]
    """
    if frames < 1:
        raise ReverieError("Pictures need at least 1 frame.")
    each = round(HELD_SECONDS * FRAME_RATE)
    pictures = [draw() for _ in range(-(-frames // each))]
    return np.asarray(np.repeat(pictures, each, axis=0)[:frames], dtype=np.float32)


@dataclass(frozen=True)
class DrawnMovie:
    """A movie stored as the function that draws it and a seed; calling it draws the movie."""

    draw: Callable[[np.random.Generator], Movie]
    seed: int

    def __call__(self) -> Movie:
        """Draw the movie."""
        return self.draw(np.random.default_rng(self.seed))


@dataclass(frozen=True)
class StimulusSettings:
    """What animals are shown."""

    name: StimulusName = "movies"
    square: int = 4
    """Side of the squares of white noise, pixels."""

    def __post_init__(self) -> None:
        require_possible(self, square=Range(1, max(FRAME_SIZE)))

    def clip(self, frames: int, seed: int, footage: Movie | None = None) -> DrawnMovie:
        """Return one clip of ``frames``: filmed from footage (larger than a frame) where there is any, else drawn.

        White noise ignores footage.
        """
        if self.name in ("white-noise", "gaussian-noise"):
            gaussian = self.name == "gaussian-noise"
            return DrawnMovie(partial(checkerboards, frames, square=self.square, gaussian=gaussian), seed)
        film = naturalistic_movie if footage is None else partial(sweep, footage)
        if self.name == "images":
            return DrawnMovie(lambda generator: held(lambda: film(1, generator)[0], frames), seed)
        return DrawnMovie(partial(film, frames), seed)


MOVIES = StimulusSettings()
"""Natural movies, as in Sensorium 2023."""
