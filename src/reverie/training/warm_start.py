"""Where an encoder's readouts start: from mean rates, the usual state and a first guess of each receptive field."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

from reverie.encoders.contract import Encoder
from reverie.foundation.errors import ReverieError
from reverie.foundation.progress import tracked
from reverie.recordings.lazy_trials import lengths_of
from reverie.recordings.trial import Trial
from reverie.training.targets import Target, sizes

BEST_PROBES = 6
"""Number of best probes with which a neuron's place is found; the others only add noise."""

ENOUGH_FRAMES = 30_000
"""Number of frames with which a receptive field's place is found well enough; later trials are not used."""

BIN = 3
"""Frames averaged before correlating (0.1 s at 30 Hz): few enough for the time scale of cortex, and they save time."""

AT_ONCE = 8
"""Trials per matrix product; each product is added to an array (probe, point, neuron) of some 100 MB."""

RIDGE = 0.3
"""Penalty of the regression, in units of a probe's mean variance."""


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


@runtime_checkable
class PlaceStarting(Protocol):
    """An encoder each of whose neurons reads one place, and can start at the right one."""

    grid: tuple[int, int]

    def place(self, mouse: str, places: Int[np.ndarray, " neuron"]) -> None:
        """Put one animal's neurons at these grid points."""

    def probe(self, movie: Float[Tensor, "time height width"]) -> Float[Tensor, "time position probe"]:
        """Return signals at every grid point that responses are correlated with."""


def warm_start(
    encoder: Encoder, trials: Mapping[str, Sequence[Trial]], targets: Mapping[str, Target] | None = None
) -> None:
    """Initialise each animal's readout, as far as the encoder supports it.

    Parameters
    ----------
    targets
        What it is trained to predict.
    """
    for mouse, each in tracked(trials.items(), len(trials), "finding where neurons look"):
        start_levels(encoder, mouse, each)
        if isinstance(encoder, PlaceStarting):
            encoder.place(mouse, find_places(encoder, each, (targets or {}).get(mouse, sizes)))


def start_levels(encoder: Encoder, mouse: str, trials: Sequence[Trial]) -> bool:
    """Start one animal's readout from mean rates and the usual state; return whether the encoder takes them."""
    if isinstance(encoder, LevelStarting):
        encoder.initialise(mouse, *_levels(mouse, trials))
        return True
    return False


def _levels(mouse: str, trials: Sequence[Trial]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return mean rates, and the mean and the standard deviation of each row of the state."""
    states: list[np.ndarray] = []

    def responses() -> Iterable[np.ndarray]:
        for trial in trials:
            states.append(trial.known_state)
            if trial.responses is not None:
                yield trial.responses

    mean_rates = mean_over_frames(responses())
    if not mean_rates.any():
        raise ReverieError(f"All responses of {mouse} are 0 in every training trial; nothing can be learned from them.")
    state_mean = mean_over_frames(states)
    variance = mean_over_frames([(state - state_mean[:, None]) ** 2 for state in states])
    return mean_rates, state_mean, np.sqrt(variance)


def mean_over_frames(series: Iterable[np.ndarray]) -> Float[np.ndarray, " row"]:
    """Return the mean of each row over the frames of several series (row, time), every frame counting the same.

    The series are read once, one after the other.
    """
    total, frames = np.zeros(()), 0
    for each in series:
        total = total + each.sum(axis=1, dtype=np.float64)
        frames += each.shape[1]
    mean: np.ndarray = (total / frames).astype(np.float32)
    return mean


def find_places(encoder: PlaceStarting, trials: Sequence[Trial], target: Target = sizes) -> Int[np.ndarray, " neuron"]:
    """Guess which grid point lies nearest each neuron's receptive field.

    For each probe, the responses are regressed on the probe at all grid points; ridge regression removes the spatial
    correlations of natural movies. What a point explains (its weight times its correlation) is summed over the neuron's
    best probes and smoothed over neighbouring points; the point with the highest sum is chosen. Probes and responses
    are averaged over 0.1 s.
    """
    explained, _ = explained_by_points(encoder, first_trials(trials, ENOUGH_FRAMES), target)
    best = explained.topk(min(BEST_PROBES, len(explained)), dim=0).values.sum(dim=0)
    score = functional.avg_pool2d(best.T.reshape(-1, 1, *encoder.grid), 3, stride=1, padding=1, count_include_pad=False)
    places: np.ndarray = score.flatten(1).argmax(dim=1).numpy()
    return places


def explained_by_points(
    encoder: PlaceStarting, trials: Sequence[Trial], target: Target
) -> tuple[Float[Tensor, "probe position neuron"], Float[Tensor, " neuron"]]:
    """Return what each point explains of each neuron by each probe, and the total to be explained."""
    responses = [
        _binned(torch.from_numpy(target(np.array(each.responses, dtype=np.float32)).T.copy())) for each in trials
    ]
    mean = torch.cat(responses).mean(dim=0)
    alike, points = torch.zeros(()), torch.zeros(())
    for first in range(0, len(trials), AT_ONCE):
        some = slice(first, first + AT_ONCE)
        seen = torch.cat([_seen(encoder, trial) for trial in trials[some]], dim=2)
        centred = (torch.cat(responses[some]) - mean).expand(len(seen), -1, -1)
        shape = (len(seen), seen.shape[1])
        alike = torch.baddbmm(alike.expand(*shape, centred.shape[2]), seen, centred)
        points = torch.baddbmm(points.expand(*shape, shape[1]), seen, seen.transpose(1, 2))
    explained = torch.stack([_explained(*pair) for pair in zip(points, alike, strict=True)])
    return explained, (torch.cat(responses) - mean).square().sum(dim=0)


def _seen(encoder: PlaceStarting, trial: Trial) -> Float[Tensor, "probe position bin"]:
    """Return the probes' signals in a trial, minus their means."""
    seen = _binned(encoder.probe(torch.from_numpy(np.array(trial.known_movie, dtype=np.float32)))).permute(2, 1, 0)
    return seen - seen.mean(dim=2, keepdim=True)


def _explained(
    points: Float[Tensor, "position position"], alike: Float[Tensor, "position neuron"]
) -> Float[Tensor, "position neuron"]:
    """Return what each point explains of each neuron by one probe: ridge weight times correlation, up to a factor."""
    power = points.diagonal().mean().clamp_min(1e-12)
    ridge = torch.linalg.cholesky(points / power + RIDGE * torch.eye(len(points)))
    explained: Tensor = torch.cholesky_solve(alike, ridge) * alike / power
    return explained


def first_trials(trials: Sequence[Trial], frames: int) -> Sequence[Trial]:
    """Return the first trials that together have this many frames."""
    before = np.cumsum([0, *lengths_of(trials)[:-1]])
    return [trials[index] for index in np.flatnonzero(before < frames).tolist()]


def _binned(series: Float[Tensor, "time *rest"]) -> Float[Tensor, "bin *rest"]:
    """Average every BIN frames; a remainder at the end is left out."""
    bins = len(series) // BIN
    return series[: bins * BIN].view(bins, BIN, *series.shape[1:]).mean(dim=1)
