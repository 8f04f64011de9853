"""Verbs that make encoders, and verbs that use them."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from tyro.conf import OmitArgPrefixes, Positional, arg

from reverie.cli.verbs import Animals, OneAnimal, Where, printed_script
from reverie.jobs.engines.settings import EngineOptions
from reverie.recordings.reading import Reading
from reverie.training.request import TrainingRequest


@dataclass(frozen=True)
class Train:
    """Train an encoder on recordings; give the same command again to resume an interrupted training."""

    computes: ClassVar[bool] = True

    data: Annotated[Positional[Path], arg(metavar="DATA")]
    """Folder or file of recordings."""
    out: Path
    """Folder for the encoder."""
    animals: tuple[str, ...] = ()
    """Animals to train on; all by default."""
    request: OmitArgPrefixes[TrainingRequest] = field(default_factory=TrainingRequest)
    encoders: int = 1
    """How many to train, with consecutive seeds; several go to folders OUT/seed-0 and so on."""
    on: Where = field(default_factory=EngineOptions)
    reading: OmitArgPrefixes[Reading] = field(default_factory=Reading)
    device: str = "auto"
    """auto, cpu, cuda or mps."""

    def run(self) -> None:
        """Train."""
        from reverie.jobs.training import TrainingData, train_encoders

        data = TrainingData(self.data, self.animals, self.reading, self.device)
        if not printed_script(self.on):
            train_encoders(data, self.out, self.request, encoders=self.encoders, on=self.on)


@dataclass(frozen=True)
class ImportWeights:
    """Convert a published DwiseNeuro checkpoint (.pth) to an encoder folder; code hidden in it is refused."""

    computes: ClassVar[bool] = False

    checkpoint: Annotated[Positional[Path], arg(metavar="FILE")]
    """The published .pth file."""
    out: Path
    """Folder for the encoder."""
    animals: tuple[str, ...] = ()
    """Animal of each readout, in order; the published ten by default when the neuron counts match."""
    neurons: tuple[int, ...] = ()
    """Neurons of each readout, in order; needed only for bare weights, from which they follow roughly."""

    def run(self) -> None:
        """Convert."""
        from reverie.encoders.importing import import_weights

        import_weights(self.checkpoint, self.out, animals=self.animals, neurons=self.neurons)


@dataclass(frozen=True)
class Predict:
    """Predict the responses of an animal to the movies of its trials."""

    computes: ClassVar[bool] = True

    subject: OmitArgPrefixes[OneAnimal]
    trials: tuple[str, ...]
    """Names of trials, or a tier, such as test or validation (whatever the recording calls these)."""
    out: Path
    """File to write (.npz): `rates` (neuron, time), or (trial, neuron, time) padded with NaN for several trials."""
    device: str = "auto"
    """auto, cpu, cuda or mps."""

    def run(self) -> None:
        """Predict."""
        from reverie.runs.predicting import predict_trials

        predict_trials(self.subject.sources(), trials=self.trials, out=self.out, device=self.device)


@dataclass(frozen=True)
class Fit:
    """Fit, once, what all movies from an animal and an encoder need, and keep it beside the encoder.

    The parts: mask (where the population can see), target (what the encoder learned of responses), prior (what movies
    look like), scenes (and how cameras move over them), likelihood (how responses scatter), ridge (the decoder),
    weights and followed_weights (of map and ridge in `combined`, without and with the camera followed), calibration (of
    the standard deviations of `map`) and errors (how far movies of `combined` are off). A part includes those it is
    made from. What was fitted to the same data and weights before is kept.
    """

    computes: ClassVar[bool] = True

    subjects: OmitArgPrefixes[Animals]
    parts: tuple[
        Literal[
            "mask",
            "target",
            "prior",
            "scenes",
            "likelihood",
            "ridge",
            "weights",
            "followed_weights",
            "calibration",
            "errors",
        ],
        ...,
    ] = ("errors",)
    """What to fit; by default what the default method needs."""
    kept: Path | None = None
    """Folder to keep the parts in where an encoder's own cannot be written."""
    on: Where = field(default_factory=EngineOptions)

    def run(self) -> None:
        """Fit."""
        from reverie.jobs.working import fit_everything

        if not printed_script(self.on):
            fit_everything(self.subjects.sources(kept=self.kept), self.parts, self.on)


@dataclass(frozen=True)
class Live:
    """Show the movie in a page of this machine's browser while responses come in, from a rig or a recorded trial.

    Fits a linear decoder once for each animal and lag, kept beside the encoder.
    """

    computes: ClassVar[bool] = True

    subject: OmitArgPrefixes[OneAnimal]
    trial: str | None = None
    """A recorded trial to play as if it came in now."""
    source: str | None = None
    """Where responses come from otherwise: - for lines of JSON on standard input, tcp://HOST:PORT for lines of JSON,
    zmq://HOST:PORT for ZeroMQ messages."""
    lag: float = 0.25
    """Seconds the picture may be behind, 0 to 0.5; the longer, the more accurate it is."""
    port: int = 8765
    """Port of the page, which only this machine can open."""
    stay: bool = True
    """Keep showing the last picture after the responses have ended, until interrupted."""

    def run(self) -> None:
        """Show the page."""
        from reverie.live.server import show_live

        show_live(
            self.subject.sources(), trial=self.trial, stream=self.source, lag=self.lag, port=self.port, stay=self.stay
        )
