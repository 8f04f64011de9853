"""Tables drawn as coloured squares with their numbers: what was measured beside what was published."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

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

    tables: index and columns are printed along the axes as they are; cells without a number stay empty. rows, columns,
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
        axes.set_xticks(range(table.shape[1]), [str(label) for label in table.columns], fontsize=7)
        axes.set_yticks(range(len(table)), [str(label) for label in table.index], fontsize=7)
        axes.set_xlabel(columns, fontsize=8)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        if place == 0:
            axes.set_ylabel(rows, fontsize=8)
    bar = figure.colorbar(image, ax=list(panels), shrink=0.8, pad=0.02)
    bar.set_label(value, fontsize=8)
    bar.ax.tick_params(labelsize=7)
    return figure


def _print_numbers(axes: Axes, numbers: np.ndarray, limits: tuple[float, float]) -> None:
    middle = (limits[0] + limits[1]) / 2
    for (row, column), number in np.ndenumerate(numbers):
        if np.isfinite(number):
            text = f"{round(number, 2) + 0.0:.2f}".replace("0.", ".").replace("-", "−")
            colour = "white" if number < middle else "black"
            axes.text(column, row, text, ha="center", va="center", fontsize=6.5, color=colour)
