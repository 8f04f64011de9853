"""Trials without a movie in which replays may be hidden, of known clip, moment, speed and strength."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import inf

import numpy as np
import pandas as pd
from jaxtyping import Float

from reverie.foundation.arrays import GREY, Movie
from reverie.foundation.errors import ReverieError
from reverie.foundation.requests import AT_LEAST_0, AT_LEAST_1, require_possible

LEAST_GAP = 15
"""Least number of frames between two replays, and before the first."""


@dataclass(frozen=True)
class Replay:
    """A stretch of a clip that neurons replay although nothing is shown."""

    clip: str
    """Name of the clip."""
    start: int
    """Frame of the trial at which the replay begins."""
    frames: int
    """Its length."""
    first: int
    """Frame of the clip at which it begins."""
    speed: float
    """Frames of the clip per frame of the trial, negative for backwards."""
    strength: float
    """Change of the rates relative to the change that the clip itself causes."""


@dataclass(frozen=True)
class Darkness:
    """Trials in front of a grey screen, and the replays hidden in each.

    Raises ReverieError when the replays do not fit into a trial.
    """

    trials: int
    """Number of trials."""
    frames: int = 300
    """Length of each trial, frames."""
    replays: int = 0
    """Number of replays in each trial."""
    strength: float = 1.0
    """Strength of the replays."""
    speeds: tuple[float, ...] = (1.0,)
    """Speeds of the replays; each replay draws one of these."""
    replay_frames: int = 60
    """Length of a replay, frames."""

    def __post_init__(self) -> None:
        require_possible(self, strength=AT_LEAST_0, replay_frames=AT_LEAST_1)
        if not (self.speeds and all(0 < abs(one) < inf for one in self.speeds)):
            raise ReverieError(f"The speeds of replays are numbers other than 0, but {self.speeds} was given.")
        if self.replays * (self.replay_frames + LEAST_GAP) + LEAST_GAP > self.frames:
            raise ReverieError(
                f"{self.replays} replays of {self.replay_frames} frames do not fit into a trial of {self.frames}; "
                "give fewer, shorter ones or longer trials."
            )


def draw_replays(
    darkness: Darkness, library: Mapping[str, int], generator: np.random.Generator
) -> list[tuple[Replay, ...]]:
    """Draw the replays hidden in each trial; all clips, moments and speeds are equally likely.

    Parameters
    ----------
    library
        Number of frames of each clip, by name.

    Raises
    ------
    ReverieError
        When a clip is too short for a speed.
    """
    found = []
    for _ in range(darkness.trials):
        spare = darkness.frames - darkness.replays * (darkness.replay_frames + LEAST_GAP) - LEAST_GAP
        gaps = np.sort(generator.integers(0, spare + 1, darkness.replays))
        starts = gaps + LEAST_GAP + np.arange(darkness.replays) * (darkness.replay_frames + LEAST_GAP)
        found.append(tuple(_draw(darkness, library, int(start), generator) for start in starts))
    return found


def _draw(darkness: Darkness, library: Mapping[str, int], start: int, generator: np.random.Generator) -> Replay:
    clip = list(library)[int(generator.integers(len(library)))]
    speed = float(darkness.speeds[int(generator.integers(len(darkness.speeds)))])
    span = int(np.ceil(darkness.replay_frames * abs(speed)))
    if span > library[clip]:
        raise ReverieError(
            f"The clip {clip!r} has {library[clip]} frames, too few for a replay of {darkness.replay_frames} frames at "
            f"{abs(speed):g} times its speed; give shorter replays or slower ones."
        )
    lowest = int(generator.integers(0, library[clip] - span + 1))
    first = lowest if speed > 0 else lowest + span - 1
    return Replay(clip, start, darkness.replay_frames, first, speed, darkness.strength)


def warped(
    movie: Float[np.ndarray, "clip height width"], first: int, frames: int, speed: float
) -> Float[np.ndarray, "{frames} height width"]:
    """Return frames of a movie at another speed, from one of its frames on; between two frames the nearest is taken.

    >>> warped(np.arange(6.0).reshape(6, 1, 1), 5, 3, -2.0).ravel().tolist()
    [5.0, 3.0, 1.0]
    """
    places = np.clip(np.floor(first + speed * np.arange(frames) + 0.5).astype(int), 0, len(movie) - 1)
    return np.ascontiguousarray(movie[places])


def hidden_movie(
    replays: Sequence[Replay], frames: int, frame_size: tuple[int, int], clip: Callable[[str], Movie]
) -> tuple[Movie, np.ndarray]:
    """Return the movie that neurons replay, grey between replays, and the strength at each frame.

    The strength lasts half a second beyond a replay, for the rates that follow it.

    Parameters
    ----------
    clip
        Returns the movie of a name.
    """
    movie = np.full((frames, *frame_size), GREY, dtype=np.float32)
    strength = np.zeros(frames, dtype=np.float32)
    for replay in replays:
        movie[replay.start : replay.start + replay.frames] = warped(
            clip(replay.clip), replay.first, replay.frames, replay.speed
        )
        strength[replay.start : replay.start + replay.frames + LEAST_GAP] = replay.strength
    return movie, strength


def replay_table(trials: Mapping[str, Sequence[Replay]]) -> pd.DataFrame:
    """Return a row for each replay: trial, clip, start, frames, first, speed, strength."""
    rows = [{"trial": trial, **asdict(replay)} for trial, replays in trials.items() for replay in replays]
    return pd.DataFrame(rows, columns=["trial", "clip", "start", "frames", "first", "speed", "strength"])
