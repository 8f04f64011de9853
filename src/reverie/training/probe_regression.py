"""What an encoder's probes explain of the responses, point by point: a ridge regression for each probe."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from reverie.recordings.trial import Trial
from reverie.training.targets import Target

BIN = 3
"""Frames averaged before correlating (0.1 s at 30 Hz): slow enough to be quick, quick enough for cortex."""

RIDGE = 0.3
"""Penalty of the regression, in units of a probe's mean variance."""


@runtime_checkable
class PlaceStarting(Protocol):
    """An encoder whose readouts look at one place each and can start at the right one."""

    grid: tuple[int, int]

    def place(self, mouse: str, places: Int[np.ndarray, " neuron"]) -> None:
        """Put one animal's neurons at these grid points."""

    def probe(self, movie: Float[Tensor, "time height width"]) -> Float[Tensor, "time position probe"]:
        """Return what there is to correlate responses with at every grid point."""


def explained_by_points(
    encoder: PlaceStarting, trials: Sequence[Trial], target: Target
) -> tuple[Float[Tensor, "probe position neuron"], Float[Tensor, " neuron"]]:
    """Return what each point explains by each probe, and all there is to explain."""
    responses = [
        _binned(torch.from_numpy(target(np.array(each.responses, dtype=np.float32)).T.copy())) for each in trials
    ]
    mean = torch.cat(responses).mean(dim=0)
    alike, points = torch.zeros(()), torch.zeros(())
    for trial, response in zip(trials, responses, strict=True):
        seen = _binned(encoder.probe(torch.from_numpy(np.array(trial.known_movie, dtype=np.float32)))).permute(2, 1, 0)
        seen = seen - seen.mean(dim=2, keepdim=True)
        alike = alike + seen @ (response - mean)
        points = points + seen @ seen.transpose(1, 2)
    explained = torch.stack([_explained(*pair) for pair in zip(points, alike, strict=True)])
    return explained, (torch.cat(responses) - mean).square().sum(dim=0)


def _explained(
    points: Float[Tensor, "position position"], alike: Float[Tensor, "position neuron"]
) -> Float[Tensor, "position neuron"]:
    """Return what each point explains of each neuron by one probe: ridge weight times correlation, up to a factor."""
    power = points.diagonal().mean().clamp_min(1e-12)
    ridge = torch.linalg.cholesky(points / power + RIDGE * torch.eye(len(points)))
    explained: Tensor = torch.cholesky_solve(alike, ridge) * alike / power
    return explained


def first_trials(trials: Sequence[Trial], frames: int) -> Sequence[Trial]:
    """Return trials from the first on until there are so many frames."""
    before = np.cumsum([0, *(trial.frames for trial in trials[:-1])])
    return [trial for trial, earlier in zip(trials, before, strict=True) if earlier < frames]


def _binned(series: Float[Tensor, "time *rest"]) -> Float[Tensor, "bin *rest"]:
    """Average every BIN frames; a remainder at the end is left out."""
    bins = len(series) // BIN
    return series[: bins * BIN].view(bins, BIN, *series.shape[1:]).mean(dim=1)
