"""Movies that are drawn when they are asked for, always the same, so that none has to be kept in memory."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from reverie.foundation.arrays import FRAME_SIZE, Movie
from reverie.foundation.errors import ReverieError
from reverie.stimuli.camera import sweep
from reverie.stimuli.checkerboards import checkerboards
from reverie.stimuli.held import held
from reverie.stimuli.names import StimulusName
from reverie.stimuli.naturalistic import SceneSettings, naturalistic_movie


@dataclass(frozen=True)
class Clip:
    """A movie as what draws it and the seed it is drawn from; calling it draws it."""

    draw: Callable[[np.random.Generator], Movie]
    seed: int

    def __call__(self) -> Movie:
        """Draw the movie."""
        return self.draw(np.random.default_rng(self.seed))


@dataclass(frozen=True)
class Stimulus:
    """What animals are shown: name: see ``StimulusName``. square: side of the squares of white noise, pixels."""

    name: StimulusName = "movies"
    square: int = 4

    def __post_init__(self) -> None:
        """Raise ReverieError when the squares are none."""
        if not 1 <= self.square <= max(FRAME_SIZE):
            raise ReverieError(
                f"White noise cannot have squares of {self.square} pixels; choose 1 to {max(FRAME_SIZE)}."
            )

    def clip(self, frames: int, seed: int, footage: Movie | None = None) -> Clip:
        """Return one clip of ``frames``: filmed off footage, larger than a frame, where there is any, else drawn.

        White noise has nothing to do with footage.
        """
        if self.name in ("white-noise", "gaussian-noise"):
            gaussian = self.name == "gaussian-noise"
            return Clip(lambda generator: checkerboards(frames, generator, square=self.square, gaussian=gaussian), seed)
        film = partial(naturalistic_movie, settings=SceneSettings()) if footage is None else partial(sweep, footage)
        if self.name == "images":
            return Clip(lambda generator: held(lambda: film(1, generator)[0], frames), seed)
        return Clip(partial(film, frames), seed)


MOVIES = Stimulus()
"""Natural movies, as in Sensorium 2023."""
