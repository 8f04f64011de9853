"""Resampling signals, each on its own clock, to the frames of the movie.

Everything here works on plain arrays of times in seconds. A frame lasts from its onset to the onset of the next.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float, Int

from reverie.recordings.clocks import Times, frame_edges
from reverie.recordings.gaps import LONGEST_BRIDGED, measured

AVERAGED_FROM = 1.5
"""Signals with more than this many samples per frame are averaged over each frame."""

Samples = Float[np.ndarray, "sample row"]


def levels_at(
    times: Times, values: Samples, onsets: Float[np.ndarray, " frame"], rate: float, step: float
) -> Float[np.ndarray, "row frame"]:
    """Return the level of each signal in each frame: for pupil, running, gaze, and fluorescence traces.

    Samples come every ``step`` seconds where none is missing, frames at ``rate``. Signals slower than the frames are
    interpolated linearly at the onset of each frame; faster ones are averaged over the frame. NaN in gaps of more than
    a second, and where nothing was recorded. Samples that are not finite count as missing.
    """
    result = np.full((values.shape[1], len(onsets)), np.nan)
    for rows, taken in _groups_by_missing(measured(values)):
        if taken.any():
            result[rows] = _levels(times[taken], values[np.ix_(taken, rows)], onsets, rate, step)
    return result


def held_at(
    times: Times, values: Samples, onsets: Float[np.ndarray, " frame"], step: float
) -> Float[np.ndarray, "row frame"]:
    """Return the latest sample at the onset of each frame: for responses that were already resampled to a clock.

    Samples come every ``step`` seconds. NaN before the first sample, and where the latest one is more than a second
    and two samples old.
    """
    # Times are sums of many steps and slightly off; a sample due exactly at the onset counts.
    latest = np.searchsorted(times, onsets + 1e-3 * step, side="right") - 1
    held = np.asarray(values[np.maximum(latest, 0)].T, dtype=np.float64)
    held[:, (latest < 0) | (onsets - times[np.maximum(latest, 0)] > max(LONGEST_BRIDGED, 2 * step))] = np.nan
    return held


def amounts_in(
    times: Times, values: Samples, edges: Float[np.ndarray, " edge"], step: float
) -> Float[np.ndarray, "row frame"]:
    """Return how much of each signal falls into each frame: for deconvolved events and binned counts.

    A sample is spread evenly over the ``step`` seconds from its own time on, and each frame takes its share, so that
    the sum over frames is the sum over samples. NaN for frames in which nothing was recorded, or in a gap of more than
    a second. Samples that are not finite, such as of frames in which the brain moved, count as missing; where fewer are
    missing, they are interpolated linearly.
    """
    groups = [(rows, taken) for rows, taken in _groups_by_missing(measured(values)) if not taken.all()]
    values = np.array(values, dtype=np.float64) if groups else values
    for rows, taken in groups:
        known = values[np.ix_(taken, rows)]
        values[:, rows] = _interpolated(times[taken], known, times) if taken.any() else 0.0
    ends = np.minimum(np.append(times[1:], times[-1] + step), times + step)
    total = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0, dtype=np.float64)])
    knots, heights = np.empty(2 * len(times)), np.empty((2 * len(times), values.shape[1]))
    knots[0::2], knots[1::2] = times, ends
    heights[0::2], heights[1::2] = total[:-1], total[1:]
    reached = _interpolated(knots, heights, _snapped(edges, knots, step))
    amounts = np.diff(reached, axis=0).T
    amounts[:, _unrecorded(times, edges[:-1], edges[1:], step)] = np.nan
    for rows, taken in groups:
        lost = (
            _unrecorded(times[taken], edges[:-1], edges[1:], step) if taken.any() else np.ones(amounts.shape[1], bool)
        )
        amounts[np.ix_(rows, lost)] = np.nan
    return amounts


def counts_in(spikes: Float[np.ndarray, " spike"], edges: Float[np.ndarray, " edge"]) -> Int[np.ndarray, " frame"]:
    """Count spikes (times in order) in each frame.

    >>> counts_in(np.array([0.1, 0.2, 1.0]), np.array([0.0, 0.5, 1.0, 1.5])).tolist()
    [2, 0, 1]
    """
    return np.diff(np.searchsorted(spikes, edges, side="left"))


def covered(
    onsets: Float[np.ndarray, " frame"], intervals: Float[np.ndarray, "interval 2"], step: float
) -> Bool[np.ndarray, " frame"]:
    """Return which frames of ``step`` seconds lie in one of some intervals, give or take a frame.

    >>> covered(np.arange(0.0, 5.0), np.array([[0.0, 2.0], [4.0, 9.0]]), 0.5).tolist()
    [True, True, True, False, True]
    """
    order = np.argsort(intervals[:, 0])
    latest = np.searchsorted(intervals[order, 0], onsets + step, side="right") - 1
    until = np.maximum.accumulate(intervals[order, 1])[np.maximum(latest, 0)]
    return np.asarray((latest >= 0) & (onsets <= until))


def _groups_by_missing(finite: Bool[np.ndarray, "sample row"]) -> Sequence[tuple[np.ndarray, np.ndarray]]:
    """Return groups of rows in which the same samples are missing, and the samples that each group has."""
    if finite.all():
        return [(np.arange(finite.shape[1]), np.ones(len(finite), dtype=bool))]
    patterns, group = np.unique(finite, axis=1, return_inverse=True)
    return [(np.flatnonzero(group.ravel() == number), patterns[:, number]) for number in range(patterns.shape[1])]


def _levels(
    times: Times, values: Samples, onsets: np.ndarray, rate: float, step: float
) -> Float[np.ndarray, "row frame"]:
    levels = _interpolated(times, values, _snapped(onsets, times, step)).T
    if step * AVERAGED_FROM * rate < 1:
        # Times are sums of many steps and slightly off; a sample due exactly at an edge belongs to the frame that
        # begins there.
        edges = frame_edges(onsets, rate) - 1e-3 * step
        first, last = np.searchsorted(times, edges[:-1]), np.searchsorted(times, edges[1:])
        total = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0, dtype=np.float64)])
        counts = np.maximum(last - first, 1)
        levels = np.where(last > first, (total[last] - total[first]).T / counts, levels)
    levels[:, _unrecorded(times, onsets, onsets, step)] = np.nan
    return levels


def _snapped(at: np.ndarray, times: np.ndarray, step: float) -> np.ndarray:
    """Return moments; those within a thousandth of a step of a sample are moved to it, since times are slightly off."""
    right = np.clip(np.searchsorted(times, at), 1, max(len(times) - 1, 1))
    near = times[np.minimum(right, len(times) - 1)]
    before = times[right - 1]
    near = np.where(at - before < near - at, before, near)
    return np.where(np.abs(at - near) < 1e-3 * step, near, at)


def _interpolated(times: Times, values: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Return linearly interpolated values, (at, row); before the first and after the last sample they are held."""
    if len(times) == 1:
        return np.repeat(np.asarray(values, dtype=np.float64), len(at), axis=0)
    right = np.clip(np.searchsorted(times, at, side="right"), 1, len(times) - 1)
    span = times[right] - times[right - 1]
    share = np.clip((at - times[right - 1]) / np.where(span > 0, span, 1.0), 0.0, 1.0)[:, None]
    # In this form, interpolating between two zeros gives exactly 0: any positive number would count as an event.
    return np.asarray(values[right - 1] + share * (values[right] - values[right - 1]))


def _unrecorded(times: Times, begins: np.ndarray, ends: np.ndarray, step: float) -> Bool[np.ndarray, " frame"]:
    """Return which stretches lie before the first sample, after the last one, or in a gap that is not bridged."""
    before = begins < times[0] - max(step, 1e-6)
    after = ends > times[-1] + 2 * max(step, 1e-6)
    right = np.clip(np.searchsorted(times, begins, side="right"), 1, max(len(times) - 1, 1))
    if len(times) < 2:
        return np.asarray(before | after)
    span = times[right] - times[right - 1]
    inside = (begins >= times[right - 1]) & (begins < times[right])
    return np.asarray(before | after | (inside & (span > max(LONGEST_BRIDGED, 2 * step))))
