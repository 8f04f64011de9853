"""Tables drawn as coloured squares with their numbers: what was measured beside what was published."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reverie.foundation.arrays import WHITE, Movie
from reverie.report.figures import COLUMN

COLOURS = "cividis"
"""A scale from dark blue to yellow that every kind of colour vision and every printer keeps in order."""


def grid_figure(
    tables: Mapping[str, pd.DataFrame],
    *,
    rows: str,
    columns: str,
    value: str = "video correlation",
    limits: tuple[float, float] = (0.0, 1.0),
) -> Figure:
    """Draw tables of one layout side by side, each under its name, with one scale of colours.

    tables: index and columns are printed along the axes; cells without a number stay empty. rows, columns,
    value: what they are, with units.
    """
    tallest = max(len(table) for table in tables.values())
    figure = Figure(figsize=(COLUMN, 0.3 * tallest + 1.0), layout="constrained")
    widths = [table.shape[1] for table in tables.values()]
    panels = figure.subplots(1, len(tables), squeeze=False, width_ratios=widths)[0]
    for place, (axes, (name, table)) in enumerate(zip(panels, tables.items(), strict=True)):
        numbers = table.to_numpy(np.float64)
        image = axes.imshow(numbers, cmap=COLOURS, vmin=limits[0], vmax=limits[1], aspect="auto")
        _print_numbers(axes, numbers, limits)
        axes.set_title(name, fontsize=8)
        axes.set_xticks(range(table.shape[1]), [_text(label) for label in table.columns], fontsize=7)
        axes.set_yticks(range(len(table)), [_text(label) for label in table.index], fontsize=7)
        axes.set_xlabel(columns, fontsize=8)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        if place == 0:
            axes.set_ylabel(rows, fontsize=8)
    bar = figure.colorbar(image, ax=list(panels), shrink=0.8, pad=0.02)
    bar.set_label(value, fontsize=8)
    bar.ax.tick_params(labelsize=7)
    return figure


def activity_figure(scores: pd.DataFrame) -> Figure:
    """Draw motion energy and entropy of reconstructions against those of their stimuli, for the most models averaged.

    scores: columns models, and motion_energy and entropy each with _truth and _reconstruction.
    """
    figure = Figure(figsize=(COLUMN, 2.2), layout="constrained")
    averaged = scores[scores["models"] == scores["models"].max()]
    panels = {"motion_energy": "motion energy (grey levels)", "entropy": "entropy (bits)"}
    for axes, (name, label) in zip(figure.subplots(1, 2), panels.items(), strict=True):
        truth, found = averaged[f"{name}_truth"], averaged[f"{name}_reconstruction"]
        top = float(max(truth.max(), found.max()))
        axes.plot([0, top], [0, top], color="0.6", linewidth=0.8)
        axes.plot(truth, found, "o", color="#0072b2", markersize=4, alpha=0.7, markeredgewidth=0)
        axes.set_title(label, fontsize=8)
        axes.set_xlabel("stimulus", fontsize=8)
        axes.set_ylabel("reconstruction", fontsize=8)
        axes.tick_params(labelsize=7)
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def stacks_figure(movie: Movie) -> Figure:
    """Draw the middle row of a movie (time, height, width) over time, whole and in two stacks of every second frame."""
    lines = movie[:, movie.shape[1] // 2]
    stacks = {"every frame": lines, "frames 0, 2, 4, …": lines[::2], "frames 1, 3, 5, …": lines[1::2]}
    figure = Figure(figsize=(COLUMN, 1.7), layout="constrained")
    panels = figure.subplots(1, len(stacks))
    for axes, (name, part) in zip(panels, stacks.items(), strict=True):
        axes.imshow(part, cmap="gray", vmin=0, vmax=WHITE, aspect="auto", interpolation="nearest")
        axes.set_title(name, fontsize=8)
        axes.set_xlabel("pixel", fontsize=8)
        axes.set_yticks([])
        axes.tick_params(labelsize=7)
    panels[0].set_ylabel("← time", fontsize=8)
    return figure


def _text(label: object) -> str:
    return f"{label:g}" if isinstance(label, float) else str(label)


def _print_numbers(axes: Axes, numbers: np.ndarray, limits: tuple[float, float]) -> None:
    middle = (limits[0] + limits[1]) / 2
    for (row, column), number in np.ndenumerate(numbers):
        if np.isfinite(number):
            text = f"{round(number, 2) + 0.0:.2f}".replace("0.", ".").replace("-", "−")
            colour = "white" if number < middle else "black"
            axes.text(column, row, text, ha="center", va="center", fontsize=6.5, color=colour)
