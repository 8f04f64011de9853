"""What the method `map` takes for granted, measured on training trials and kept beside the encoder.

ENCODER/priors/<animal>.npz       what the training movies look like (``GaussianPrior``)
ENCODER/dispersions/<animal>.npz  how noisy the animal's neurons are around the encoder's rates
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float

from reverie.encoders.contract import Encoder
from reverie.foundation.errors import ReverieError
from reverie.foundation.files import read_npz, write_npz
from reverie.foundation.progress import say
from reverie.reconstruction.dispersion import measure_dispersion
from reverie.reconstruction.priors.gaussian import GaussianPrior, fit_prior
from reverie.reconstruction.problem import Problem
from reverie.recordings.lazy_trials import LazyTrials
from reverie.recordings.sensorium import SensoriumRecording
from reverie.workflows.loading import training_trials

NOISE_TRIALS = 16
"""Training trials that noise is measured on, evenly chosen; enough for a few per cent."""

PRIOR_TRIALS = 200
"""Training trials whose movies the prior is fitted to, evenly chosen."""


@dataclass(frozen=True)
class Assumptions:
    """The prior over movies, and the dispersion (neuron,) of one animal's responses around each encoder's rates."""

    prior: GaussianPrior
    dispersions: Mapping[Path, Float[np.ndarray, " neuron"]]

    def applied_to(self, problem: Problem, folders: Sequence[Path]) -> Problem:
        """Return a problem with the prior and each observation's dispersion, by the folder of its encoder.

        Several encoders that explain the same responses share them: each has as many times the dispersion as there are
        encoders, so that the responses are counted once.
        """
        dispersions = [torch.from_numpy(self.dispersions[folder] * len(folders)) for folder in folders]
        observations = tuple(
            replace(observation, dispersion=dispersion.to(problem.device))
            for observation, dispersion in zip(problem.observations, dispersions, strict=True)
        )
        return replace(problem, observations=observations, prior=self.prior)


def own_assumptions(recording: SensoriumRecording, encoders: Mapping[Path, Encoder]) -> Assumptions:
    """Return what is kept beside the encoders, measured first where there is nothing yet.

    The prior is that of the first encoder's training movies. Raises ReverieError when there are too few of them.
    """
    first = next(iter(encoders))
    dispersions = {folder: own_dispersion(recording, encoder, folder) for folder, encoder in encoders.items()}
    return Assumptions(own_prior(recording, first), dispersions)


def own_prior(recording: SensoriumRecording, encoder_folder: Path) -> GaussianPrior:
    """Return the prior over movies kept beside the encoder, fitted to its training movies when there is none."""
    path = encoder_folder / "priors" / f"{recording.name}.npz"
    if path.exists():
        return GaussianPrior.from_arrays(read_npz(path))
    names = training_trials(recording, encoder_folder)
    say(f"Learning what movies look like from {len(names)} training movies of {recording.name}.")
    prior = fit_prior(_some(recording, names, PRIOR_TRIALS))
    write_npz(path, prior.to_arrays())
    return prior


def own_dispersion(
    recording: SensoriumRecording, encoder: Encoder, encoder_folder: Path
) -> Float[np.ndarray, " neuron"]:
    """Return the dispersion kept beside the encoder, (neuron,), measured on training trials when there is none."""
    path = encoder_folder / "dispersions" / f"{recording.name}.npz"
    if path.exists():
        kept: Float[np.ndarray, " neuron"] = read_npz(path)["dispersion"]
        if kept.shape != (recording.neurons,):
            raise ReverieError(f"{path} is not of {recording.neurons} neurons; delete it, and it is measured again.")
        return kept
    names = training_trials(recording, encoder_folder)
    say(f"Measuring the noise of {recording.name} around the rates of {encoder_folder}.")
    trials = _some(recording, names, NOISE_TRIALS)
    dispersion = measure_dispersion(encoder, recording.name, trials, skip=encoder.history)
    write_npz(path, {"dispersion": dispersion})
    return dispersion


def _some(recording: SensoriumRecording, names: Sequence[str], most: int) -> LazyTrials:
    """Return at most so many of the trials, evenly chosen."""
    return LazyTrials(recording.trial, tuple(names[:: max(1, -(-len(names) // most))]))
