"""Verbs that make, fetch and look at recordings."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from tyro.conf import Positional

from reverie.simulation.names import KindName, PartName


@dataclass(frozen=True)
class Simulate:
    """Write recordings of simulated animals whose truth is known, in the Sensorium 2023 layout.

    All animals watch the same movies: real ones if you name videos, naturalistic synthetic ones otherwise. The
    perfect encoder of the animals is saved in DATA/truth and can be used like any trained one.
    """

    computes: ClassVar[bool] = True

    out: Path
    """Folder to write: one folder per animal, and `truth`."""
    videos: tuple[Path, ...] = ()
    """Video files, or folders of them, to film the movies off; a file is never in two tiers."""
    test_videos: tuple[Path, ...] = ()
    """Videos kept for the test movies alone; by default a tenth of `--videos`."""
    animals: int = 2
    """How many animals to simulate."""
    neurons: int = 1500
    """Neurons of each animal."""
    train: int = 90
    """Training trials."""
    oracle: int = 6
    """Validation trials (tier `oracle`)."""
    test: int = 6
    """Test trials (tier `live_test_main`), with responses."""
    test_repeats: int = 1
    """How often each test movie is shown; every showing is a trial with noise and behaviour of its own."""
    frames: int = 300
    """Frames of a trial, at 30 Hz."""
    kind: KindName = "default"
    """What sort of animals: `default` and `realistic` are kind ones whose rates correlate with single trials at about
    0.5 and 0.3; `harsh` ones move their eyes and share, drift and carry noise as real ones do; the neurons of `outside`
    ones are of a family that no encoder here contains."""
    without: tuple[PartName, ...] = ()
    """Parts of the kind to leave out: eyes that move what neurons see, shared gains, drift of gain and tuning, sizes of
    events that carry signal."""
    seed: int = 0
    """Same seed, same recordings."""

    def run(self) -> None:
        """Write the recordings."""
        from reverie.simulation.folder import simulate_data

        simulate_data(
            self.out,
            videos=self.videos,
            test_videos=self.test_videos,
            animals=self.animals,
            neurons=self.neurons,
            trials={"train": self.train, "oracle": self.oracle, "live_test_main": self.test},
            test_repeats=self.test_repeats,
            frames=self.frames,
            kind=self.kind,
            without=self.without,
            seed=self.seed,
        )


@dataclass(frozen=True)
class Inspect:
    """Print what a folder of recordings holds: animals, neurons, trials, statistics, and problems found."""

    computes: ClassVar[bool] = False

    data: Positional[Path]
    """Folder of animals in the Sensorium 2023 layout, or the folder of one animal."""

    def run(self) -> None:
        """Print the survey."""
        from reverie.recordings.survey import render, survey

        print(render(survey(self.data)))


@dataclass(frozen=True)
class Download:
    """Download public Sensorium 2023 recordings; goes on where an interrupted download stopped."""

    computes: ClassVar[bool] = False

    animals: Positional[tuple[str, ...]]
    """Names of animals, or the beginning of them, such as dynamic29515; none lists what there is."""
    out: Path = Path("data")
    """Folder to unpack the recordings into."""
    base: str | None = None
    """Another address that serves the same archives, such as a mirror in the lab."""

    def run(self) -> None:
        """Download and unpack."""
        from reverie.recordings.download import PUBLIC_ARCHIVES, download

        if not self.animals:
            print("\n".join(PUBLIC_ARCHIVES))
            return
        download(self.animals, self.out, base=self.base)
