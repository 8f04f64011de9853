"""Figures to save beside a run: a strip of frames, and the mask in degrees."""

from io import BytesIO
from pathlib import Path

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reverie.foundation.arrays import DEGREES_PER_PIXEL, FRAME_RATE, WHITE, Movie
from reverie.foundation.files import write_bytes
from reverie.reporting.pictures import GAP, STRIP_FRAMES, evenly_placed, film_strip
from reverie.scoring.rule import EVALUATION_THRESHOLD, TRAINING_THRESHOLD

PAGE_WIDTH = 5.2
"""Width of a figure on a page, inches; letters of 8 points stay legible in it."""

AMBER, SKY = "#ffb714", "#6fd3ff"
"""The outlines of the scored and the optimised region, which every kind of colour vision can tell apart on any grey."""


def strip_figure(truth: Movie | None, reconstruction: Movie, *, frame_rate: float = FRAME_RATE) -> Figure:
    """Draw evenly placed frames of the truth above those of the reconstruction, with their times in seconds.

    Parameters
    ----------
    truth, reconstruction
        (time, height, width), grey levels 0-255; the truth is None where it is unknown.
    """
    movies = {"truth": truth, "reconstruction": reconstruction}
    shown = {name: movie for name, movie in movies.items() if movie is not None}
    frames, height, width = reconstruction.shape
    chosen = evenly_placed(frames, STRIP_FRAMES)
    strips = {name: film_strip(movie, chosen) for name, movie in shown.items()}
    length = strips["reconstruction"].shape[1]
    inches = (PAGE_WIDTH - 1.0) * height / length * len(strips) + 0.5
    figure = Figure(figsize=(PAGE_WIDTH, inches), layout="constrained")
    rows = figure.subplots(len(strips), 1, squeeze=False)[:, 0]
    for axes, (name, strip) in zip(rows, strips.items(), strict=True):
        axes.imshow(np.ma.masked_invalid(strip), cmap="gray", vmin=0, vmax=WHITE, interpolation="nearest")
        axes.set(xticks=[], yticks=[])
        axes.set_ylabel(name, fontsize=8, rotation=0, ha="right", va="center")
        axes.spines[:].set_visible(False)
    centres = [place * (width + GAP) + width / 2 for place in range(len(chosen))]
    rows[-1].set_xticks(centres, [f"{frame / frame_rate:.1f}" for frame in chosen], fontsize=8)
    rows[-1].set_xlabel("time (s)", fontsize=8)
    return figure


def screen_figure(
    picture: Float[np.ndarray, "height width"], meaning: str, degrees_per_pixel: float = DEGREES_PER_PIXEL
) -> tuple[Figure, Axes]:
    """Draw values from 0 up over the screen, with axes in degrees and a colour bar labelled with ``meaning``."""
    height, width = picture.shape
    figure = Figure(figsize=(PAGE_WIDTH, PAGE_WIDTH * 0.8 * height / width + 0.4), layout="constrained")
    axes = figure.subplots()
    extent = degrees_of(picture.shape, degrees_per_pixel)
    image = axes.imshow(picture, cmap="gray", vmin=0, extent=extent, interpolation="nearest")
    axes.set_xlabel("azimuth from the screen's centre (°)", fontsize=8)
    axes.set_ylabel("elevation (°)", fontsize=8)
    axes.tick_params(labelsize=8)
    bar = figure.colorbar(image, ax=axes, shrink=0.9)
    bar.set_label(meaning, fontsize=8)
    bar.ax.tick_params(labelsize=8)
    return figure, axes


def degrees_of(
    size: tuple[int, ...], degrees_per_pixel: float = DEGREES_PER_PIXEL
) -> tuple[float, float, float, float]:
    """Return left, right, bottom and top of a frame (height, width), in degrees from its centre.

    >>> degrees_of((36, 64), 1.0)
    (-32.0, 32.0, -18.0, 18.0)
    """
    right, top = size[1] * degrees_per_pixel / 2, size[0] * degrees_per_pixel / 2
    return (-right, right, -top, top)


def threshold_lines(
    axes: Axes, mask: Float[np.ndarray, "height width"], extent: tuple[float, float, float, float]
) -> None:
    """Draw the outlines of the scored and the optimised region into axes whose picture has this extent (degrees)."""
    for threshold, colour, dashes in ((TRAINING_THRESHOLD, SKY, "--"), (EVALUATION_THRESHOLD, AMBER, "-")):
        # matplotlib warns where there is no line to draw, but an empty mask is shown as it is.
        if mask.min() < threshold <= mask.max():
            axes.contour(
                mask, [threshold], colors=[colour], linestyles=[dashes], extent=extent, origin="upper", linewidths=1.4
            )
        axes.plot([], [], color=colour, linestyle=dashes, label=f"α = {threshold:g}")
    axes.legend(fontsize=7, loc="lower left", framealpha=0.6, facecolor="black", labelcolor="white")


def save_figure(path: Path, figure: Figure) -> None:
    """Write a figure as a PNG picture whole or not at all."""
    stream = BytesIO()
    figure.savefig(stream, format="png", dpi=200)
    write_bytes(path, stream.getvalue())
