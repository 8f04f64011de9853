"""Figures of receptive fields: examples, and how densely the population covers the screen beside its mask."""

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure

from reverie.encoders.receptive_fields import ReceptiveFields
from reverie.foundation.arrays import DEGREES_PER_PIXEL, Mask
from reverie.report.figures import COLUMN, SKY, degrees_of, screen_figure, threshold_lines


def coverage_figure(
    coverage: Float[np.ndarray, "height width"],
    fields: ReceptiveFields,
    mask: Mask,
    *,
    degrees_per_pixel: float = DEGREES_PER_PIXEL,
) -> Figure:
    """Draw the share of neurons whose field reaches each pixel (%), the fields' centres and the mask's outlines."""
    figure, axes = screen_figure(100 * coverage, "neurons whose field reaches here (%)", degrees_per_pixel)
    extent = degrees_of(mask.shape, degrees_per_pixel)
    rows, columns = fields.centres[fields.found].T
    across = (columns + 0.5) * degrees_per_pixel + extent[0]
    up = extent[3] - (rows + 0.5) * degrees_per_pixel
    axes.plot(across, up, ".", color=SKY, markersize=2.5, alpha=0.5, markeredgewidth=0, label="centre of a field")
    threshold_lines(axes, mask, extent)
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
