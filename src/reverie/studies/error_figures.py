"""Figures of error maps: frames in colour, maxima next to their null distributions, and how deviations vary."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reverie.foundation.arrays import FRAME_RATE, WHITE, Movie
from reverie.reporting.figures import AMBER, PAGE_WIDTH
from reverie.reporting.pictures import evenly_placed, grey_levels
from reverie.reporting.video_files import Coloured
from reverie.scoring.deviations import Deviations

ORANGE, QUIET = "#c46a00", "#8a8a8a"
"""Colours of what was observed and of the null distribution; every kind of colour vision tells them apart, in print
too."""

STYLES = ((ORANGE, "-"), (QUIET, "--"))
"""Colours and line styles of a panel's curves, in order."""

LEAST, MOST = 25.0, 75.0
"""Deviations (grey levels) below the first are not shown; from the second on they are shown in full colour."""

BRIGHTER, DARKER = (241, 163, 64), (120, 94, 240)
"""Orange where the activity makes the movie brighter than the encoder predicts, violet where darker."""


STRIP_FRAMES = 5
"""Frames in a strip."""


def opacity(error_map: Movie) -> Float[np.ndarray, "time height width"]:
    """Return how strongly each deviation is shown, 0 to 1.

    >>> opacity(np.array([[[0.0, -25.0, 50.0, -90.0]]])).tolist()
    [[[0.0, 0.0, 0.5, 1.0]]]
    """
    return np.asarray(np.clip((np.abs(error_map) - LEAST) / (MOST - LEAST), 0.0, 1.0))


def coloured(error_map: Movie, beneath: Movie) -> Coloured:
    """Lay an error map over a movie, both (time, height, width) in grey levels."""
    grey = np.repeat(grey_levels(beneath)[..., None], 3, axis=-1).astype(np.float64)
    colour = np.where((error_map > 0)[..., None], np.array(BRIGHTER, dtype=np.float64), np.array(DARKER))
    strength = opacity(error_map)[..., None]
    return np.asarray(np.rint(grey * (1 - strength) + colour * strength), dtype=np.uint8)


def error_strip_figure(
    truth: Movie,
    recorded: Movie,
    predicted: Movie,
    significant: Bool[np.ndarray, "time height width"],
    *,
    frame_rate: float = FRAME_RATE,
) -> Figure:
    """Draw frames of the truth, both reconstructions and the error map over the predicted one.

    Deviations from 25 grey levels on are coloured, fully from 75 on; significant ones are outlined.
    """
    error = recorded - predicted
    rows: Mapping[str, np.ndarray] = {
        "truth": truth,
        "from\nrecorded": recorded,
        "from\npredicted": predicted,
        "error": coloured(error, predicted),
    }
    frames, height, width = truth.shape
    chosen = evenly_placed(frames, STRIP_FRAMES)
    inches = ((PAGE_WIDTH - 0.7) / len(chosen) * height / width + 0.06) * len(rows) + 0.55
    figure = Figure(figsize=(PAGE_WIDTH, inches), layout="constrained")
    panels = figure.subplots(len(rows), len(chosen), squeeze=False)
    for line, (name, movie) in zip(panels, rows.items(), strict=True):
        for axes, frame in zip(line, chosen, strict=True):
            axes.imshow(movie[frame], cmap="gray", vmin=0, vmax=WHITE, interpolation="nearest")
            axes.set(xticks=[], yticks=[])
            axes.spines[:].set_visible(False)
        line[0].set_ylabel(name, fontsize=8, rotation=0, ha="right", va="center")
    for axes, frame in zip(panels[-1], chosen, strict=True):
        if significant[frame].any():
            axes.contour(significant[frame], [0.5], colors=[AMBER], linewidths=1.0)
        axes.set_xlabel(f"{frame / frame_rate:.2f} s", fontsize=8)
    figure.legend(handles=_colour_key(panels[0, 0]), ncols=2, loc="outside lower center", fontsize=7, frameon=False)
    return figure


def _colour_key(axes: Axes) -> list[object]:
    names = {"the activity says brighter": BRIGHTER, "darker than the encoder (25 to 75 grey levels)": DARKER}
    return [axes.plot([], [], "s", color=np.array(colour) / WHITE, label=name)[0] for name, colour in names.items()]


def null_figure(tests: Mapping[str, Deviations]) -> Figure:
    """Draw each error map's maximum and overall size (diamonds) and those of its null maps (dots), a row per clip."""
    figure = Figure(figsize=(PAGE_WIDTH, 0.32 * len(tests) + 0.9), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    for row, test in enumerate(tests.values()):
        for axes, nulls, found in ((left, test.null_maxima, test.maximum), (right, test.null_overall, test.overall)):
            axes.plot(nulls, np.full(len(nulls), row), "o", color=QUIET, markersize=3, alpha=0.6, markeredgewidth=0)
            axes.plot(found, row, "D", color=ORANGE, markersize=5)
        left.plot([test.threshold] * 2, [row - 0.35, row + 0.35], color="black", linewidth=1)
    left.set_yticks(range(len(tests)), list(tests), fontsize=7)
    left.set_ylim(len(tests) - 0.5, -0.5)
    for axes, name in ((left, "largest deviation (σ of null maps)"), (right, "overall deviation (σ)")):
        axes.set_xlabel(name, fontsize=8)
        axes.tick_params(labelsize=7)
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def profiles_figure(profiles: pd.DataFrame) -> Figure:
    """Draw curves in panels side by side, one for each thing they run along; columns: kind, along, place, value."""
    panels = profiles.groupby("along", sort=False)
    figure = Figure(figsize=(PAGE_WIDTH, 1.9), layout="constrained")
    row = figure.subplots(1, panels.ngroups, squeeze=False)[0]
    for axes, (name, curves) in zip(row, panels, strict=True):
        for (kind, points), (colour, dashes) in zip(curves.groupby("kind", sort=False), STYLES, strict=False):
            axes.plot(points["place"], points["value"], color=colour, linestyle=dashes, label=str(kind))
        lag = str(name).startswith("lag")
        axes.set_xlabel(str(name), fontsize=8)
        axes.set_ylabel("autocorrelation" if lag else "mean |error|", fontsize=8)
        axes.set_ylim(None if lag else 0, None)
        axes.tick_params(labelsize=7)
        axes.spines[["top", "right"]].set_visible(False)
    row[0].legend(fontsize=7, frameon=False)
    return figure
