"""The options of a simulation, in Python and on the command line alike, in a module that is quick to import."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from reverie.foundation.errors import BadInput
from reverie.foundation.requests import AT_LEAST_0, AT_LEAST_1, convert_fields, require_possible, require_seed
from reverie.stimuli.names import StimulusName

KindName = Literal["default", "realistic", "harsh", "outside", "retina"]
"""Kinds of simulated animals."""

PartName = Literal["gaze", "shared", "drift", "sizes", "neuropil", "scan", "tails", "adaptation", "frame-gain"]
"""Parts of a kind that can each be left out."""


@dataclass(frozen=True)
class SimulationRequest:
    """Which animals watch which movies."""

    videos: tuple[Path, ...] = ()
    """Video files, or folders of them, to take the movies from; a file is never in two tiers."""
    test_videos: tuple[Path, ...] = ()
    """Videos kept for the test movies alone; by default a tenth of `--videos`."""
    animals: int = 2
    """How many animals to simulate."""
    neurons: int = 1500
    """Neurons of each animal."""
    stimulus: StimulusName = "movies"
    """What they are shown: natural movies, still images (each for half a second), or white noise: checkerboards of
    black and white, or of all greys (`gaussian-noise`), a new one at every frame."""
    square: int = 4
    """Side of the squares of white noise, pixels."""
    train: int = 90
    """Training trials; a real session, which never shows a scene twice, has about 360."""
    oracle: int = 6
    """Validation trials (tier `oracle`)."""
    test: int = 6
    """Test trials (tier `live_test_main`), with responses."""
    test_repeats: int = 1
    """How often each test movie is shown; every showing is a trial with noise and behaviour of its own."""
    frames: int = 300
    """Frames of a trial, at 30 Hz."""
    dark: int = 0
    """Trials in front of a grey screen (tier `spontaneous`), as long as the others, after all others."""
    replays: int = 0
    """Stretches of shown clips that neurons replay in each of them; OUT/truth/replays.csv says which and when."""
    replay_strength: float = 1.0
    """How much a replay changes the rates, relative to the clip itself."""
    replay_speeds: tuple[float, ...] = (1.0,)
    """Speeds to draw from; 2 is twice as fast, -1 backwards."""
    replay_frames: int = 60
    """Frames that a replay lasts."""
    kind: KindName = "default"
    """What kind of animals: `default` and `realistic` are easy, with rates that correlate with single trials at about
    0.5 and 0.3; `harsh` ones move their eyes, and have the shared noise, drifts and artefacts of real recordings; the
    neurons of `outside` are of a family that no encoder here contains; `retina` is no cortex at all, but spikes of
    cells with centre and surround."""
    without: tuple[PartName, ...] = ()
    """Parts of the kind to leave out: eye movements that displace what neurons see, shared gains, drifts of gain and
    tuning, sizes of events that carry signal, neuropil, a scan that reaches neurons one after another, silent and
    unresponsive neurons with heavy-tailed sizes; of `outside` also adaptation and the gain by the frame's contrast."""
    seed: int = 0
    """Same seed, same recordings."""

    def __post_init__(self) -> None:
        convert_fields(self)
        require_seed(self.seed)
        require_possible(self, **dict.fromkeys(("animals", "neurons", "frames", "test_repeats"), AT_LEAST_1))
        require_possible(self, **dict.fromkeys(("train", "oracle", "test", "dark", "replays"), AT_LEAST_0))
        if self.replays and not self.dark:
            raise BadInput("Replays are hidden in trials in front of a grey screen; say with --dark how many.")
