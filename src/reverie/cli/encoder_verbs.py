"""Verbs that make encoders and ask them something."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tyro.conf import Positional


@dataclass(frozen=True)
class Train:
    """Train an encoder on recordings; give the same command again to resume an interrupted training."""

    data: Positional[Path]
    """Folder of animals in the Sensorium 2023 layout, or the folder of one animal."""
    out: Path
    """Folder for the encoder."""
    animals: tuple[str, ...] = ()
    """Animals to train on; all by default."""
    architecture: Literal["auto", "compact", "dwiseneuro", "linear_nonlinear"] = "auto"
    """Kind of encoder; auto takes what the machine can train in the time."""
    preset: Literal["auto", "paper", "small", "tiny"] = "auto"
    """Size of the encoder."""
    minutes: float | None = None
    """Time the training may take; by default what the data and the machine ask for."""
    steps: int | None = None
    """Training steps, instead of a number found from the time."""
    hold_out_fold: int | None = None
    """Keep one of the 7 perceptual-hash folds (0-6) out of training; the paper keeps out fold 0."""
    teacher: Path | None = None
    """Encoder to distil from: it predicts the animals that a sample lacks."""
    learn_from: Literal["auto", "sizes", "events"] = "auto"
    """Of the responses: their sizes, as published, or only events, that there are any; auto takes, for an encoder that
    starts from receptive fields, what these explain better."""
    seed: int = 0
    """Same seed, same weights (on a CPU)."""
    device: str = "auto"
    """auto, cpu, cuda or mps."""

    def run(self) -> None:
        """Train."""
        from reverie.training.folder import TrainingRequest, train_encoder

        request = TrainingRequest(
            architecture=self.architecture,
            preset=self.preset,
            minutes=self.minutes,
            steps=self.steps,
            hold_out_fold=self.hold_out_fold,
            teacher=self.teacher,
            learn_from=self.learn_from,
            seed=self.seed,
        )
        train_encoder(self.data, self.out, animals=self.animals, request=request, device=self.device)


@dataclass(frozen=True)
class ImportWeights:
    """Convert a published DwiseNeuro checkpoint (.pth) to an encoder folder; code hidden in it is refused."""

    checkpoint: Positional[Path]
    """The published .pth file."""
    out: Path
    """Folder for the encoder."""
    animals: tuple[str, ...] = ()
    """Animal of each readout, in order; the published ten by default when the neuron counts match."""
    neurons: tuple[int, ...] = ()
    """Neurons of each readout, in order; needed only for bare weights, which tell them roughly."""

    def run(self) -> None:
        """Convert."""
        from reverie.encoders.importing import import_weights

        import_weights(self.checkpoint, self.out, animals=self.animals, neurons=self.neurons)


@dataclass(frozen=True)
class Predict:
    """Predict the responses of an animal to the movies of its trials."""

    data: Positional[Path]
    """Folder of recordings."""
    encoder: Positional[Path]
    """Folder of a trained or imported encoder."""
    trials: tuple[str, ...]
    """Trial numbers, or a tier such as oracle."""
    out: Path
    """File to write (.npz): `rates` (neuron, time), or (trial, neuron, time) padded with NaN for several trials."""
    animal: str | None = None
    """The animal; may be left out when there is only one."""
    device: str = "auto"
    """auto, cpu, cuda or mps."""

    def run(self) -> None:
        """Predict."""
        from reverie.runs.predicting import predict_trials

        predict_trials(
            self.data, self.encoder, animal=self.animal, trials=self.trials, out=self.out, device=self.device
        )


@dataclass(frozen=True)
class Mask:
    """Find where an animal's population can see: the transparency mask, kept beside the encoder."""

    data: Positional[Path]
    """Folder of recordings."""
    encoder: Positional[Path]
    """Folder of a trained or imported encoder."""
    animals: tuple[str, ...] = ()
    """Animals to do; all that the data and the encoder share by default."""
    steps: int | None = None
    """Random trials to descend on, one a step; the paper takes 1000."""
    seed: int = 0
    """Seed of the random trials."""
    device: str = "auto"
    """auto, cpu, cuda or mps."""

    def run(self) -> None:
        """Estimate the masks."""
        from reverie.fitted.masking import estimate_masks

        estimate_masks(
            self.data, self.encoder, animals=self.animals, steps=self.steps, seed=self.seed, device=self.device
        )
