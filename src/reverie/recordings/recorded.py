"""What a reader finds in a recording whose signals each have their own clock."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from reverie.recordings.signals import Signal
from reverie.recordings.source import Footage


@dataclass(frozen=True)
class Showing:
    """One movie shown once, or a stretch without one."""

    onsets: Float[np.ndarray, " shown"]
    """When each picture came on, in seconds."""
    end: float
    """When the last one went off."""
    clip: str | None = None
    """The name of the movie; None where nothing was shown."""
    frames: Int[np.ndarray, " shown"] | None = None
    """Which frame of the movie each picture is; None for all in order."""
    tier: str = ""
    """The recording's own word for what the trial is for; empty where it has none."""
    key: str | None = None
    """The recording's own name for what was shown, the same for each showing; None where it has none."""


@dataclass(frozen=True)
class Recorded:
    """What a reader finds in a recording, each signal with its own times."""

    name: str
    """The animal's name."""
    place: Path
    """Where the recording lies."""
    responses: Sequence[Signal]
    """The neurons, plane by plane."""
    signals: Mapping[str, Signal]
    """Those of pupil and running that exist, one row each, by the names of ``STATE_NAMES``."""
    showings: Sequence[Showing]
    """What was shown when."""
    clips: Mapping[str, Callable[[], Footage]]
    """The movies, each opened when it is needed."""
    degrees_per_pixel: float | None = None
    """Visual angle of one pixel, where it is known."""
    notes: tuple[str, ...] = ()
    """What was done in reading, in sentences."""
    invalid: tuple[tuple[float, float], ...] = ()
    """From when until when what was recorded is invalid, in seconds."""
