"""Plots of a page: lines as paths, axes that end on round numbers, rasters of responses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from matplotlib.ticker import MaxNLocator

from reverie.foundation.arrays import STATE_NAMES, Indices, Responses
from reverie.inversion.solution import Progress
from reverie.reporting.content import TrialContent

MOST_POINTS = 600
"""Largest number of points of a line; a longer one is thinned out."""

MOST_ROWS = 160
"""Largest number of rows of a raster; where there are more neurons, some share a row."""

LEAST_DEVIATION = 0.1
"""Standard deviation, relative to the median neuron's, below which a neuron counts as almost silent in a trial."""

DARKEST_PERCENTILE = 99.5
"""Percentile of the raster's values that is drawn black, so that a few large events do not make all others pale."""

LARGEST_RISE = 0.2
"""Rise of the loss between two steps, as a share of its range, that no single search makes."""


@dataclass(frozen=True)
class Tick:
    """One mark of an axis: its position (0 to 1 of the axis) and its label."""

    at: float
    text: str


@dataclass(frozen=True)
class Curve:
    """One line in a box of 1000 by 100 units, y downwards."""

    name: str
    path: str
    """The line as an SVG path."""
    start: str
    """The lower end of its axis as text; of a loss, its value at the first step."""
    end: str
    """The upper end of its axis as text; of a loss, its value at the last step."""


@dataclass(frozen=True)
class Plot:
    """Lines that share their axes."""

    curves: Sequence[Curve]
    x_ticks: Sequence[Tick]
    y_ticks: Sequence[Tick]


def round_ticks(low: float, high: float, most: int) -> list[float]:
    """Return at most ``most`` + 1 round numbers between two values, evenly spaced by 1, 2 or 5 of some power of ten.

    >>> round_ticks(0.0, 10.0, 5)
    [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]
    >>> round_ticks(-0.3, 0.31, 4)
    [-0.2, 0.0, 0.2]
    """
    if not high > low:
        return [low]
    found = MaxNLocator(most, steps=[1, 2, 5, 10]).tick_values(low, high)
    slack = 1e-9 * (high - low)
    return [float(f"{tick:.12g}") + 0.0 for tick in found if low - slack <= tick <= high + slack]


def number_text(value: float) -> str:
    """Write a number with three significant figures and a proper minus sign.

    >>> [number_text(value) for value in (0.0, 12.345, -0.00123, 123456.0)]
    ['0', '12.3', '−0.00123', '123,000']
    """
    text = f"{float(f'{value:.3g}'):,.10f}".rstrip("0").rstrip(".")
    return "0" if text in ("", "-0") else text.replace("-", "−")


def line_path(x: Float[np.ndarray, " point"], y: Float[np.ndarray, " point"]) -> str:
    """Return the path of a line whose x and y run from 0 to 1 (y upwards); values that are not finite break it.

    >>> line_path(np.array([0.0, 0.5, 1.0]), np.array([0.0, 1.0, 0.5]))
    'M0 100L500 0L1000 50'
    """
    keep = np.unique(np.linspace(0, len(x) - 1, min(len(x), MOST_POINTS)).round().astype(int))
    parts, pen_is_up = [], True
    for at_x, at_y in zip(x[keep], y[keep], strict=True):
        if np.isfinite(at_y):
            parts.append(f"{'M' if pen_is_up else 'L'}{at_x * 1000:.6g} {(1 - at_y) * 100:.4g}")
        pen_is_up = not np.isfinite(at_y)
    return "".join(parts)


def time_ticks(trial: TrialContent) -> list[Tick]:
    """Return the marks of the time axis, in seconds."""
    seconds = trial.frames / trial.frame_rate
    return [Tick(at / seconds, number_text(at)) for at in round_ticks(0.0, seconds, 10)]


def state_curves(trial: TrialContent) -> list[Curve]:
    """Return a curve per recorded row of the state, each filling its own box, with points in the middle of frames."""
    if trial.state is None:
        return []
    x = (np.arange(trial.frames) + 0.5) / trial.frames
    curves = []
    for name, row in zip(STATE_NAMES, trial.state.astype(np.float64), strict=True):
        if np.isnan(row).all():
            continue
        low, high = float(np.nanmin(row)), float(np.nanmax(row))
        y = (row - low) / (high - low) if high > low else np.full_like(row, 0.5)
        curves.append(Curve(name, line_path(x, y), number_text(low), number_text(high)))
    return curves


def loss_plot(traces: Mapping[str, Sequence[Progress]]) -> Plot | None:
    """Return the loss of each model by step on common axes, or None when no step was recorded."""
    lines = {name: np.array([(line.step, line.loss) for line in trace], float) for name, trace in traces.items()}
    lines = {name: line for name, line in lines.items() if len(line) and np.isfinite(line[:, 1]).any()}
    if not lines:
        return None
    points = np.concatenate([line[np.isfinite(line[:, 1])] for line in lines.values()])
    (left, bottom), (right, top) = points.min(axis=0), points.max(axis=0)
    width, height = right - left or 1.0, top - bottom or 1.0
    curves = []
    for name, line in lines.items():
        path = line_path((line[:, 0] - left) / width, (line[:, 1] - bottom) / height)
        curves.append(Curve(name, path, number_text(line[0, 1]), number_text(line[-1, 1])))
    x_ticks = [Tick((at - left) / width, number_text(at)) for at in round_ticks(left, right, 5)]
    y_ticks = [Tick((at - bottom) / height, number_text(at)) for at in round_ticks(bottom, top, 4)]
    return Plot(curves, x_ticks, y_ticks)


def loss_sentence(traces: Mapping[str, Sequence[Progress]]) -> str:
    """Return a sentence on the optimisation: steps, passes, time."""
    ends = [trace[-1] for trace in traces.values() if trace]
    if not ends:
        return ""
    models = f"{len(ends)} models" if len(ends) > 1 else "one model"
    passes, seconds = sum(end.passes for end in ends), sum(end.seconds for end in ends)
    rises = any(_jumps([step.loss for step in trace]) for trace in traces.values())
    searches = "; where the loss jumps up, the next search begins" if rises else ""
    return f"{models}, last step {ends[0].step:,}, {passes:,} encoder passes, {seconds:,.0f} s in all{searches}"


def _jumps(losses: Sequence[float]) -> bool:
    """Return whether a loss rises by more than ``LARGEST_RISE`` of its range, as where another search begins."""
    return len(losses) > 1 and bool(np.diff(losses).max() > LARGEST_RISE * np.ptp(losses))


@dataclass(frozen=True)
class Rasters:
    """Rasters with the same order of rows and the same scale."""

    rows: Mapping[str, Float[np.ndarray, "row time"]]
    """Rasters by name, each (row, time), in units of each neuron's standard deviation."""
    top: float
    """The value from which on pixels are black."""
    neurons: int
    """Number of neurons."""
    neurons_per_row: float
    """How many are averaged in a row."""


def rasters(trial: TrialContent) -> Rasters | None:
    """Return the rasters of a trial's responses and rates, or None when it has neither.

    Responses and predictions of a neuron are divided by the standard deviation of its recorded responses (where none
    were recorded, of the first prediction), so that weak predictions look weak. Those of an almost silent neuron are
    divided by the median neuron's.
    """
    named = {"responses": trial.responses, "rates": trial.rates, "rates_from_truth": trial.rates_from_truth}
    present = {name: values.astype(np.float64) for name, values in named.items() if values is not None and values.size}
    if not present:
        return None
    reference = next(iter(present.values()))
    order = order_by_similarity(reference)
    deviation = reference.std(axis=1, keepdims=True)
    # Divided by its own tiny deviation, the predictions of an almost silent neuron would hide all others.
    median = float(np.median(deviation[deviation > 0])) if (deviation > 0).any() else 1.0
    unit = np.where(deviation > LEAST_DEVIATION * median, deviation, median)
    rows = {name: average_rows((values / unit)[order], MOST_ROWS) for name, values in present.items()}
    top = float(np.percentile(np.concatenate([*rows.values()], axis=1), DARKEST_PERCENTILE))
    neurons = len(order)
    return Rasters(rows, top if top > 0 else 1.0, neurons, max(1.0, neurons / MOST_ROWS))


def order_by_similarity(responses: Responses) -> Indices:
    """Return an order of the neurons in which neighbours have similar time courses.

    Neurons are sorted by their angle in the plane of the first two principal components of the standardised responses
    (neuron, time): neurons active at the same moments have the same angle.
    """
    centred = responses - responses.mean(axis=1, keepdims=True)
    norm = np.linalg.norm(centred, axis=1, keepdims=True)
    standard = centred / np.where(norm > 0, norm, 1)
    # The (time, time) matrix is far smaller than the (neuron, neuron) one.
    _, courses = np.linalg.eigh(standard.T @ standard)
    weights = standard @ courses[:, -2:]
    angle = np.arctan2(weights[:, 0], weights[:, -1])
    return np.argsort(angle, kind="stable")


def average_rows(values: Float[np.ndarray, "neuron time"], most: int) -> Float[np.ndarray, "row time"]:
    """Average neighbouring neurons so that at most ``most`` rows are left.

    >>> average_rows(np.array([[0.0], [2.0], [4.0], [6.0]]), 2)
    array([[1.],
           [5.]])
    """
    neurons = len(values)
    if neurons <= most:
        return values
    starts = np.arange(most) * neurons // most
    sizes = np.diff(np.append(starts, neurons))
    return np.asarray(np.add.reduceat(values, starts, axis=0) / sizes[:, None])
