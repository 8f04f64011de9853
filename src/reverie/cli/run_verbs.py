"""Verbs that make a run folder and show what is in it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tyro.conf import Positional


@dataclass(frozen=True)
class Reconstruct:
    """Reconstruct the movies an animal saw from its recorded responses.

    Give the same command again to go on after an interruption: finished movies are kept. The result is a run folder;
    `reverie report RUN` makes the page to look at.
    """

    data: Positional[Path]
    """Folder of recordings."""
    encoders: Positional[tuple[Path, ...]]
    """Folders of one or more encoders; the movies of several are averaged."""
    trials: tuple[str, ...]
    """Trial numbers, or a tier such as oracle."""
    out: Path
    """Run folder."""
    animal: tuple[str, ...] = ()
    """The animal or animals; all that the data and the encoders share by default."""
    method: Literal["map", "paper", "ridge", "convolutional", "best"] = "map"
    """`map` finds the most probable movie under a prior learnt from training movies; `paper` is the published descent
    through the encoder; `ridge` and `convolutional` are decoders fitted to the training trials; `best` weighs `ridge`
    and a `map` that heeds when neurons respond rather than how much."""
    steps: int | None = None
    """Steps at most; 60 for `map`, which mostly settles before, 1000 for `paper` as published."""
    stride: int = 8
    """Frames from one 32-frame window to the next; 32 is four times faster and covers each frame once."""
    random_offsets: bool = False
    """Let the windows start elsewhere at each step, so that with a stride of 32 no frame is always at a border."""
    blur: float | None = None
    """Gaussian sigma of the final blur, in pixels and frames; 0.5 for `paper` as published, 0 (none) for the others."""
    weight: float = 1.0
    """How much `map` trusts its prior over movies; 1 takes the measured noise and the training movies at their word."""
    find_cuts: bool = True
    """Let `map` look for cuts in the movie it finds, and go on as if nothing before a cut told of what comes after."""
    follow: int | None = None
    """How often to measure how the camera moves and to search anew with a prior that knows it, each time for about as
    long as the first search: never for `map`, twice for `best`, unless said."""
    join: Literal["nothing", "repeats", "animals", "all"] = "nothing"
    """Trials that show the same movie explained together: an animal's repeats, one showing to each animal, or all."""
    draws: int = 2
    """Draws from the posterior of `map`, which show how far its movie may be off; each costs about half a search."""
    calibrated: bool = True
    """Scale the spread of `map` such that the truth lies in it as often as it says, learned once for each encoder and
    animal from twenty-four short reconstructions of trials whose movies are known."""
    null: bool = False
    """Let `map` also reconstruct each trial with its responses shuffled across neurons, and say what that gives."""
    combine: Literal["movies", "gradients"] = "movies"
    """Several encoders: average their movies (the paper's headline) or join them in one descent."""
    without: tuple[
        Literal["padding_grey", "correct_momentum_twice", "idle_first_step", "normalise_over_state"], ...
    ] = ()
    """Deviations of the released code from the published text to switch off; see docs/method.md."""
    mask: Path | None = None
    """Mask file; the encoder's own by default, made first when there is none."""
    seed: int = 0
    """Seed of whatever is random (masks, controls)."""
    device: str = "auto"
    """auto, cpu, cuda or mps."""

    def run(self) -> None:
        """Reconstruct and score."""
        from reverie.fitted.materials import Sources
        from reverie.jobs.settings import USUAL, ReconstructionSettings
        from reverie.runs.reconstructing import reconstruct_trials

        sources = Sources(
            self.data, self.encoders, animals=self.animal, mask=self.mask, seed=self.seed, device=self.device
        )
        steps, blur = USUAL[self.method]
        settings = ReconstructionSettings(
            method=self.method,
            steps=steps if self.steps is None else self.steps,
            stride=self.stride,
            blur=blur if self.blur is None else self.blur,
            weight=self.weight,
            draws=self.draws,
            calibrated=self.calibrated,
            null=self.null,
            find_cuts=self.find_cuts,
            follow=self.follow,
            join=self.join,
            combine=self.combine,
            without=self.without,
            random_offsets=self.random_offsets,
        )
        reconstruct_trials(sources, self.out, trials=self.trials, settings=settings)


@dataclass(frozen=True)
class Evaluate:
    """Score the movies of a run against what the animal saw, with controls; writes RUN/scores.csv."""

    run_folder: Positional[Path]
    """Run folder made by `reverie reconstruct`."""

    def run(self) -> None:
        """Score and print the summary."""
        from reverie.runs.evaluating import evaluate_run

        evaluate_run(self.run_folder)


@dataclass(frozen=True)
class Report:
    """Make the page of a run: movies, responses, behaviour, scores, how it was made; writes RUN/report.html."""

    run_folder: Positional[Path]
    """Run folder made by `reverie reconstruct`."""

    def run(self) -> None:
        """Write the page."""
        from reverie.runs.reporting import report_run

        report_run(self.run_folder)


@dataclass(frozen=True)
class Demo:
    """See the whole thing without any data: simulated animals watch real footage, and it is reconstructed."""

    out: Path = Path("demo")
    """Folder for recordings, encoder and run."""
    seed: int = 0
    """Same seed, same demo."""

    def run(self) -> None:
        """Run the main job end to end."""
        from reverie.cli.demo import run_demo

        run_demo(self.out, seed=self.seed)
