"""The names of stimuli for simulated animals, in a module that is quick to import."""

from typing import Literal

StimulusName = Literal["movies", "images", "white-noise", "gaussian-noise"]
"""Natural movies; still pictures, each held for half a second; checkerboards of black and white or of all greys."""
