"""The names of what simulated animals can be shown; light enough for any command line."""

from typing import Literal

StimulusName = Literal["movies", "images", "white-noise", "gaussian-noise"]
"""Natural movies; still pictures, each held for half a second; checkerboards of black and white or of all greys."""
