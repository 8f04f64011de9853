"""What the method `map` takes for granted, measured on training trials and kept beside the encoder.

ENCODER/priors/<animal>.npz       what the training movies look like (``GaussianPrior``)
ENCODER/noise/<animal>.npz        how the animal's responses scatter around the encoder's rates (``Noise``)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from reverie.encoders.contract import Encoder
from reverie.fitted.loading import training_trials
from reverie.foundation.errors import ReverieError
from reverie.foundation.files import read_npz, write_npz
from reverie.foundation.progress import say
from reverie.inversion.likelihood import Noise, noise_arrays, noise_from_arrays
from reverie.inversion.likelihood_fit import KINDS, measure_noise
from reverie.inversion.priors.gaussian import GaussianPrior, fit_prior
from reverie.inversion.problem import Problem
from reverie.recordings.lazy_trials import LazyTrials
from reverie.recordings.readers.sensorium import SensoriumRecording
from reverie.scoring.shots import shot_starts

NOISE_TRIALS = 16
"""Training trials that noise is measured on, evenly chosen; enough for a few per cent."""

PRIOR_TRIALS = 200
"""Training trials whose movies the prior is fitted to, evenly chosen."""


@dataclass(frozen=True)
class Assumptions:
    """The prior over movies, and the noise of one animal's responses around each encoder's rates."""

    prior: GaussianPrior
    noises: Mapping[Path, Noise]

    def applied_to(self, problem: Problem, folders: Sequence[Path]) -> Problem:
        """Return a problem with the prior and each observation's noise, by the folder of its encoder.

        Several encoders that explain the same responses share them: each has as many times the dispersion as there are
        encoders, so that the responses are counted once.
        """
        observations = tuple(
            replace(observation, noise=self.noises[folder].weakened(len(folders)))
            for observation, folder in zip(problem.observations, folders, strict=True)
        )
        return replace(problem, observations=observations, prior=self.prior)


def own_assumptions(
    recording: SensoriumRecording, encoders: Mapping[Path, Encoder], likelihood: str = "measured"
) -> Assumptions:
    """Return what is kept beside the encoders, measured first where there is nothing yet.

    likelihood: see ``own_noise``. The prior is that of the first encoder's training movies. Raises ReverieError when
    there are too few of them.
    """
    first = next(iter(encoders))
    noises = {folder: own_noise(recording, encoder, folder, likelihood) for folder, encoder in encoders.items()}
    return Assumptions(own_prior(recording, first), noises)


def own_prior(recording: SensoriumRecording, encoder_folder: Path) -> GaussianPrior:
    """Return the prior over movies kept beside the encoder, fitted to its training movies when there is none."""
    path = encoder_folder / "priors" / f"{recording.name}.npz"
    if path.exists():
        return GaussianPrior.from_arrays(read_npz(path))
    names = training_trials(recording, encoder_folder)
    say(f"Learning what movies look like from {len(names)} training movies of {recording.name}.")
    prior = fit_prior(_some(recording, names, PRIOR_TRIALS), lambda movie: shot_starts(movie).tolist())
    write_npz(path, prior.to_arrays())
    return prior


def own_noise(
    recording: SensoriumRecording, encoder: Encoder, encoder_folder: Path, likelihood: str = "measured"
) -> Noise:
    """Return the noise kept beside the encoder, measured on training trials when there is none.

    likelihood: ``measured`` for the kind that tells more, or the name of one of ``KINDS``.
    """
    named = recording.name if likelihood == "measured" else f"{recording.name}-{likelihood}"
    path = encoder_folder / "noise" / f"{named}.npz"
    if path.exists():
        kept = noise_from_arrays(read_npz(path))
        if len(kept.dispersion) != recording.neurons:
            raise ReverieError(f"{path} is not of {recording.neurons} neurons; delete it, and it is measured again.")
        return kept
    say(f"Measuring the noise of {recording.name} around the rates of {encoder_folder}.")
    kinds = KINDS if likelihood == "measured" else {likelihood: KINDS[likelihood]}
    trials = noise_trials(recording, encoder_folder)
    noise = measure_noise(encoder, recording.name, trials, skip=encoder.history, kinds=tuple(kinds.values()))
    write_npz(path, noise_arrays(noise))
    return noise


def noise_trials(recording: SensoriumRecording, encoder_folder: Path) -> LazyTrials:
    """Return the training trials that noise is measured on."""
    return _some(recording, training_trials(recording, encoder_folder), NOISE_TRIALS)


def _some(recording: SensoriumRecording, names: Sequence[str], most: int) -> LazyTrials:
    """Return at most so many of the trials, evenly chosen."""
    return LazyTrials(recording.trial, tuple(names[:: max(1, -(-len(names) // most))]))
