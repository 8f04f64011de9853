"""Where an encoder's readouts start: from mean rates, the usual state and a first guess of each receptive field."""

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, Int
from torch.nn import functional

from reverie.encoders.contract import Encoder
from reverie.recordings.trial import Trial
from reverie.training.probe_regression import PlaceStarting, explained_by_points, first_trials
from reverie.training.targets import Target, sizes

BEST_PROBES = 6
"""How many probes speak for a neuron's place; the others only add noise."""

ENOUGH_FRAMES = 30_000
"""Frames after which a receptive field's place is known well enough; later trials are not looked at."""


@runtime_checkable
class LevelStarting(Protocol):
    """An encoder whose readouts can start from mean rates and the usual state."""

    def initialise(
        self,
        mouse: str,
        mean_rates: Float[np.ndarray, " neuron"],
        state_mean: Float[np.ndarray, "4"],
        state_deviation: Float[np.ndarray, "4"],
    ) -> None:
        """Start one animal's readout."""


def warm_start(
    encoder: Encoder, trials: Mapping[str, Sequence[Trial]], targets: Mapping[str, Target] | None = None
) -> None:
    """Give each animal's readout its start, as far as the encoder takes one; targets: what it is to predict."""
    for mouse, each in trials.items():
        start_levels(encoder, mouse, each)
        if isinstance(encoder, PlaceStarting):
            encoder.place(mouse, find_places(encoder, each, (targets or {}).get(mouse, sizes)))


def start_levels(encoder: Encoder, mouse: str, trials: Sequence[Trial]) -> bool:
    """Start one animal's readout from mean rates and the usual state; return whether the encoder takes them."""
    if isinstance(encoder, LevelStarting):
        encoder.initialise(mouse, *_levels(trials))
        return True
    return False


def _levels(trials: Sequence[Trial]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return mean rates, and the mean and the standard deviation of each row of the state."""
    mean_rates = mean_over_frames([trial.responses for trial in trials if trial.responses is not None])
    state_mean = mean_over_frames([trial.known_state for trial in trials])
    variance = mean_over_frames([(trial.known_state - state_mean[:, None]) ** 2 for trial in trials])
    return mean_rates, state_mean, np.sqrt(variance)


def mean_over_frames(series: Sequence[Float[np.ndarray, "row _"]]) -> Float[np.ndarray, " row"]:
    """Return the mean of each row over the frames of several series, every frame counting the same."""
    total = np.stack([each.sum(axis=1, dtype=np.float64) for each in series]).sum(axis=0)
    mean: np.ndarray = (total / sum(each.shape[1] for each in series)).astype(np.float32)
    return mean


def find_places(encoder: PlaceStarting, trials: Sequence[Trial], target: Target = sizes) -> Int[np.ndarray, " neuron"]:
    """Guess which grid point lies nearest each neuron's receptive field.

    For each probe, a ridge regression of the responses on the probe at all grid points undoes the correlation that
    natural movies have over space. What a point explains (its weight times its correlation) is summed over the
    neuron's best probes and smoothed over neighbouring points; the highest sum wins. Probes and responses are averaged
    over 0.1 s.
    """
    explained, _ = explained_by_points(encoder, first_trials(trials, ENOUGH_FRAMES), target)
    best = explained.topk(min(BEST_PROBES, len(explained)), dim=0).values.sum(dim=0)
    score = functional.avg_pool2d(best.T.reshape(-1, 1, *encoder.grid), 3, stride=1, padding=1, count_include_pad=False)
    places: np.ndarray = score.flatten(1).argmax(dim=1).numpy()
    return places
