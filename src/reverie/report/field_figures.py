"""Figures of receptive fields: examples, and how densely the population covers the screen beside its mask."""

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure

from reverie.encoders.receptive_fields import ReceptiveFields
from reverie.foundation.arrays import DEGREES_PER_PIXEL, Mask
from reverie.report.figures import COLUMN, SKY, degrees_of, threshold_lines


def coverage_figure(
    coverage: Float[np.ndarray, "height width"],
    fields: ReceptiveFields,
    mask: Mask,
    *,
    degrees_per_pixel: float = DEGREES_PER_PIXEL,
) -> Figure:
    """Draw the share of neurons whose field reaches each pixel (%), the fields' centres and the mask's outlines."""
    height, width = mask.shape
    extent = degrees_of(mask.shape, degrees_per_pixel)
    figure = Figure(figsize=(COLUMN, COLUMN * 0.8 * height / width + 0.4), layout="constrained")
    axes = figure.subplots()
    image = axes.imshow(100 * coverage, cmap="gray", vmin=0, extent=extent, interpolation="nearest")
    rows, columns = fields.centres[fields.found].T
    across = (columns + 0.5) * degrees_per_pixel + extent[0]
    up = extent[3] - (rows + 0.5) * degrees_per_pixel
    axes.plot(across, up, ".", color=SKY, markersize=2.5, alpha=0.5, markeredgewidth=0, label="centre of a field")
    threshold_lines(axes, mask, extent)
    axes.set_xlabel("azimuth from the screen's centre (°)", fontsize=8)
    axes.set_ylabel("elevation (°)", fontsize=8)
    axes.tick_params(labelsize=8)
    bar = figure.colorbar(image, ax=axes, shrink=0.9)
    bar.set_label("neurons whose field reaches here (%)", fontsize=8)
    bar.ax.tick_params(labelsize=8)
    return figure


def examples_figure(fields: ReceptiveFields, *, count: int = 12, across: int = 4) -> Figure:
    """Draw the maps of neurons chosen evenly among those with a field, each in its own scale, its centre marked."""
    found = np.flatnonzero(fields.found)
    chosen = found[np.linspace(0, len(found) - 1, min(count, len(found))).astype(np.intp)]
    height, width = fields.maps.shape[1:]
    lines = -(-len(chosen) // across)
    size = (COLUMN, lines * (COLUMN / across * height / width + 0.22))
    figure = Figure(figsize=size, layout="constrained")
    panels = figure.subplots(lines, across, squeeze=False).ravel()
    for axes in panels:
        axes.set_axis_off()
    for axes, neuron in zip(panels, chosen, strict=False):
        axes.imshow(fields.maps[neuron], cmap="gray", interpolation="nearest")
        axes.plot(*fields.centres[neuron][::-1], "+", color=SKY, markersize=6)
        axes.set_title(f"neuron {neuron}", fontsize=7, pad=2)
    return figure
