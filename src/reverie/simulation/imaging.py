"""Two-photon imaging of events: smear of the indicator, a scan that reaches one neuron after another, neuropil."""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from reverie.foundation.arrays import FRAME_RATE
from reverie.simulation.cells import TruthConfig

SCAN_STARTS = 48
"""Number of starting times of a scan, evenly spread over its period, over which the expected smear is averaged."""

ROUNDING = 1e-9
"""Responses below this are set to 0; it is far above the rounding errors of sums over a trial."""

POOL_MICROMETRES = 120.0
"""Distance between the centres of the pools, and standard deviation of the weights around them, micrometres."""


class Indicator(nn.Module):
    """How the events of one animal's neurons become responses.
    With a scan (``scan_hertz`` > 0) each neuron is imaged once per scan, at its phase between the scan's beginning and
    end (``phases``). The events since its previous imaging appear at the end of the scan, whatever the phase, and are
    held until the next scan ends. Where scans begin within a trial is random. Recordings resampled to the frames of a
    movie look like this; Sensorium 2023 has 8 two-photon scans per second.

    Attributes
    ----------
    kernels
        (neuron or 1, lag), the expected smear, oldest frame first, of unit sum.
    powers
        (neuron or 1), the share of the events' variance that the smear leaves.
    """

    def __init__(self, config: TruthConfig, phases: Float[np.ndarray, " neuron"]) -> None:
        super().__init__()
        self.calcium = calcium_kernel(config.calcium_frames).numpy()
        self.period = FRAME_RATE / config.scan_hertz if config.scan_hertz > 0 else 0.0
        self.phases = phases
        kernels, powers = self.calcium[None], np.array([(self.calcium**2).sum()])
        if self.period > 0:
            kernels, powers = self._expected()
        self.register_buffer("kernels", torch.from_numpy(np.ascontiguousarray(kernels, dtype=np.float32)))
        self.register_buffer("powers", torch.from_numpy(powers.astype(np.float32)))

    @property
    def lead(self) -> int:
        """Number of frames before the first response whose events it depends on."""
        return int(self.get_buffer("kernels").shape[1]) - 1

    def forward(self, events: Float[Tensor, "batch neuron lead_and_time"]) -> Float[Tensor, "batch neuron time"]:
        """Return the expected responses, given the expected events."""
        kernels = self.get_buffer("kernels")
        if len(kernels) == 1:
            return smear(events, kernels[0])
        return functional.conv1d(events, kernels[:, None], groups=len(kernels))

    def observe(
        self, events: Float[np.ndarray, "neuron lead_and_time"], generator: np.random.Generator
    ) -> Float[np.ndarray, "neuron time"]:
        """Return the responses to the events of one trial."""
        frames = events.shape[1] - self.lead
        if self.period == 0:
            return _smeared(events, self.calcium)[:, -frames:]
        start = generator.uniform(0.0, self.period)
        return self._scanned(_smeared(events, self.calcium), start, self.phases)[:, -frames:]

    def _scanned(
        self, traces: Float[np.ndarray, "neuron time"], start: float, phases: Float[np.ndarray, " neuron"]
    ) -> Float[np.ndarray, "neuron time"]:
        """Return what scans that end at ``start``, ``start + period``, ... measure, held from one end to the next."""
        sums = np.concatenate([np.zeros((len(traces), 1)), np.cumsum(traces, axis=1, dtype=np.float64)], axis=1)
        scans = np.floor((np.arange(1, traces.shape[1] + 1) - start) / self.period)
        ends = start + self.period * np.arange(scans.min() - 1, scans.max() + 1)
        moments = ends - (1.0 - phases[:, None]) * self.period
        inside = np.clip(moments, 0, traces.shape[1])
        whole = np.minimum(inside.astype(int), traces.shape[1] - 1)
        rest = inside - whole
        until = (1 - rest) * np.take_along_axis(sums, whole, 1) + rest * np.take_along_axis(sums, whole + 1, 1)
        seen = np.diff(until, axis=1) / self.period
        # Differences of cumulative sums without an event between them are rounding errors, and traces are never below
        # 0.
        seen[np.abs(seen) < ROUNDING] = 0.0
        return np.asarray(seen[:, (scans - scans.min()).astype(int)], dtype=np.float32)

    def _expected(self) -> tuple[Float[np.ndarray, "neuron lag"], Float[np.ndarray, " neuron"]]:
        """Return the smear of a single event, averaged over all starting times of a scan, and its mean power."""
        length = int(np.ceil(3.0 * self.period)) + len(self.calcium)
        event = np.zeros((1, 2 * length))
        event[0, length] = 1.0
        traces = np.repeat(_smeared(event, self.calcium), len(self.phases), axis=0)
        starts = (np.arange(SCAN_STARTS) + 0.5) / SCAN_STARTS * self.period
        after = [self._scanned(traces, start, self.phases)[:, -length:] for start in starts]
        kernels = np.mean(after, axis=0)[:, ::-1]
        return kernels / kernels.sum(axis=1, keepdims=True), np.mean(np.square(after), axis=0).sum(axis=1)


def calcium_kernel(decay_frames: float) -> Float[Tensor, " lag"]:
    """Return the causal smear of the indicator, oldest frame first, of unit sum; a single 1 without an indicator."""
    if decay_frames <= 0:
        return torch.ones(1)
    ago = torch.arange(int(np.ceil(2.5 * decay_frames)), -1, -1)
    kernel = torch.exp(-ago / decay_frames)
    return kernel / kernel.sum()


def smear(
    events: Float[Tensor, "batch neuron before_and_time"], kernel: Float[Tensor, " lag"]
) -> Float[Tensor, "batch neuron time"]:
    """Smear events in time by a causal kernel; the result is shorter by the kernel's length less one."""
    frames = events.shape[-1] - len(kernel) + 1
    return torch.stack([weight * events[..., lag : lag + frames] for lag, weight in enumerate(kernel)]).sum(dim=0)


def _smeared(
    events: Float[np.ndarray, "neuron before_and_time"], kernel: Float[np.ndarray, " lag"]
) -> Float[np.ndarray, "neuron time"]:
    frames = events.shape[1] - len(kernel) + 1
    traces = np.zeros((len(events), frames), dtype=np.float32)
    for lag, weight in enumerate(kernel):
        traces += np.float32(weight) * events[:, lag : lag + frames]
    return traces


class Neuropil(nn.Module):
    """The mean activity of the neurons around each neuron in the cortex, relative to their own means.

    Measured trace = (1 - share) · the neuron's own activity + share · neuropil, in units of the neuron's mean. Some
    neuropil remains even after the usual subtraction (0.7 of the surround's fluorescence, Chen et al. 2013, Nature 499,
    295). It is local, and so are the noise correlations that it causes. The tissue is represented by pools on a coarse
    grid, so that the cost is linear in the number of neurons.
    """

    def __init__(self, share: float, places: Float[np.ndarray, "neuron 3"]) -> None:
        super().__init__()
        self.share = share
        pools = _grid(places[:, :2])
        squared = ((places[:, None, :2] - pools) / POOL_MICROMETRES) ** 2
        nearness = np.exp(-0.5 * squared.sum(axis=2))
        # A pool without neurons nearby would be the mean of a few distant ones.
        nearness = nearness[:, nearness.sum(axis=0) > 0.5 * nearness.sum(axis=0).mean()]
        for name, weights, axis in (("collecting", nearness.T, 1), ("leaking", nearness, 1)):
            shares = weights / weights.sum(axis=axis, keepdims=True)
            self.register_buffer(name, torch.from_numpy(np.ascontiguousarray(shares, dtype=np.float32)))

    def forward(
        self, rates: Float[Tensor, "batch neuron time"], means: Float[Tensor, "neuron 1"]
    ) -> Float[Tensor, "batch neuron time"]:
        """Return what leaks into each trace, given the neurons' own activity."""
        pools = self.get_buffer("collecting") @ (rates / means)
        leaking: Tensor = self.share * means * (self.get_buffer("leaking") @ pools)
        return leaking


def _grid(places: Float[np.ndarray, "neuron 2"]) -> Float[np.ndarray, "pool 2"]:
    lows, highs = places.min(axis=0), places.max(axis=0)
    axes = [np.arange(low, high + POOL_MICROMETRES, POOL_MICROMETRES) for low, high in zip(lows, highs, strict=True)]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)
