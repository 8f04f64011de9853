"""Figures for publication: vector files one column wide, in colours that every kind of colour vision can tell apart."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reverie.foundation.files import write_bytes
from reverie.reporting.figures import PAGE_WIDTH

COLUMN_WIDTH = 85 / 25.4
"""Inches; 85 mm, the width of a journal's column."""

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000")
"""The palette of Okabe and Ito, in the order of use."""

SEQUENTIAL = "cividis"
"""A scale from dark blue to yellow that every kind of colour vision and every printer keeps in order."""

STYLE: Any = {
    "font.size": 7,
    "axes.labelsize": 7,
    "axes.titlesize": 7,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 6.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "lines.linewidth": 1.2,
    "svg.fonttype": "none",
    "svg.hashsalt": "reverie",
    "pdf.fonttype": 42,
}
"""Letters of 7 points stay legible in a printed column, and stay letters in the files."""


def column_figure(
    height: float = 2.2, panels: int = 1, ratios: Sequence[int | float] | None = None
) -> tuple[Figure, list[Axes]]:
    """Return an empty figure one column wide (85 mm) and ``height`` inches high, with panels side by side.

    Parameters
    ----------
    ratios
        Relative widths of the panels.
    """
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(COLUMN_WIDTH, height), layout="constrained")
        return figure, list(figure.subplots(1, panels, squeeze=False, width_ratios=ratios)[0])


def draw_groups(axes: Axes, rows: pd.DataFrame, summary: pd.DataFrame, score: str, names: Sequence[str]) -> None:
    """Draw one column of marks per condition (one mark per clip, one shape per animal), with the mean and its interval.

    Parameters
    ----------
    rows
        A row per animal, clip and condition.
    summary
        Condition, mean, low, high.
    """
    markers = "o^svDP"
    for place, name in enumerate(names):
        colour = COLOURS[place % len(COLOURS)]
        for number, (_, clips) in enumerate(rows[rows["condition"] == name].groupby("animal", sort=False)):
            shifts = np.linspace(-0.16, 0.16, len(clips)) if len(clips) > 1 else np.zeros(1)
            marker = markers[number % len(markers)]
            axes.plot(place + shifts, clips[score], marker, color=colour, markersize=2.4, alpha=0.5, linewidth=0)
        mean, low, high = summary.loc[summary["condition"] == name, ["mean", "low", "high"]].iloc[0]
        half_widths = np.array([[mean - low], [high - mean]])
        axes.errorbar(place + 0.28, mean, half_widths, fmt="o", color=colour, markersize=4.5, capsize=2, linewidth=1.2)
    axes.set_xticks(range(len(names)), [name.replace(" ", "\n") for name in names])
    axes.set_xlim(-0.5, len(names) - 0.35)


def draw_curve(axes: Axes, x: Sequence[int | float], summary: pd.DataFrame, label: str, place: int = 0) -> None:
    """Draw means with their intervals over a quantity.

    Parameters
    ----------
    summary
        Mean, low, high, one row for each x.
    """
    colour, marker = COLOURS[place % len(COLOURS)], "osD^v"[place % 5]
    axes.fill_between(list(x), summary["low"], summary["high"], color=colour, alpha=0.15, linewidth=0)
    axes.plot(list(x), summary["mean"], f"{marker}-", color=colour, label=label, markersize=3.5)


def draw_published(axes: Axes, x: Sequence[int | float], values: Sequence[float], label: str = "paper") -> None:
    """Draw published numbers in grey, dashed, so that they are not mistaken for measured ones."""
    axes.plot(list(x), list(values), "x--", color="0.45", markersize=3.5, linewidth=0.9, label=label)


def legend(axes: Axes) -> None:
    """Draw the legend above the axes, where it hides nothing."""
    axes.legend(frameon=False, fontsize=6.5, loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0)


def strips_figure(movies: Sequence[Float[np.ndarray, "time height width"]], labels: Sequence[str]) -> Figure:
    """Draw one row of frames per movie, under each other.

    Parameters
    ----------
    movies
        A few frames each, grey levels 0-255.
    """
    figure, (axes,) = column_figure(0.36 * len(movies) + 0.2)
    gap = 2
    rows = [np.concatenate([np.pad(frame, gap, constant_values=255.0) for frame in movie], axis=1) for movie in movies]
    axes.imshow(np.concatenate(rows), cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    height = rows[0].shape[0]
    axes.set_yticks([height * (place + 0.5) for place in range(len(labels))], list(labels))
    axes.set_xticks([])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    return figure


def grid_figure(
    tables: Mapping[str, pd.DataFrame],
    *,
    rows: str,
    columns: str,
    value: str = "video correlation",
    limits: tuple[float, float] = (0.0, 1.0),
) -> Figure:
    """Draw tables of the same layout side by side, each under its name, with one scale of colours.

    Parameters
    ----------
    tables
        Index and columns are printed along the axes; cells without a number stay empty.
    rows, columns, value
        What each axis and the colours show, with units.
    """
    tallest = max(len(table) for table in tables.values())
    figure = Figure(figsize=(PAGE_WIDTH, 0.3 * tallest + 1.0), layout="constrained")
    widths = [table.shape[1] for table in tables.values()]
    panels = figure.subplots(1, len(tables), squeeze=False, width_ratios=widths)[0]
    for place, (axes, (name, table)) in enumerate(zip(panels, tables.items(), strict=True)):
        numbers = table.to_numpy(np.float64)
        image = axes.imshow(numbers, cmap=SEQUENTIAL, vmin=limits[0], vmax=limits[1], aspect="auto")
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


def _text(label: object) -> str:
    return f"{label:g}" if isinstance(label, float) else str(label)


def _print_numbers(axes: Axes, numbers: np.ndarray, limits: tuple[float, float]) -> None:
    middle = (limits[0] + limits[1]) / 2
    for (row, column), number in np.ndenumerate(numbers):
        if np.isfinite(number):
            text = f"{round(number, 2) + 0.0:.2f}".replace("0.", ".").replace("-", "−")
            colour = "white" if number < middle else "black"
            axes.text(column, row, text, ha="center", va="center", fontsize=6.5, color=colour)


def vector_bytes(figure: Figure, kind: str) -> bytes:
    """Return a figure as an svg or pdf file; the same figure gives the same bytes."""
    stream = BytesIO()
    dated = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}[kind]
    with mpl.rc_context(STYLE):
        figure.savefig(stream, format=kind, metadata=dated)
    return stream.getvalue()


def save_vectors(stem: Path, figure: Figure) -> bytes:
    """Write STEM.svg and STEM.pdf, each whole or not at all, and return the svg."""
    svg = vector_bytes(figure, "svg")
    for kind, content in (("svg", svg), ("pdf", vector_bytes(figure, "pdf"))):
        write_bytes(stem.with_suffix(f".{kind}"), content)
    return svg
