"""Draws the picture of the README, docs/demo.png, from what `make demo` has left.

python tools/draw_demo.py demo
"""

import sys
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import reverie as rv
from reverie.foundation.arrays import FRAME_RATE, WHITE
from reverie.reporting.pictures import evenly_placed
from reverie.scoring.rule import EVALUATION_THRESHOLD

PICTURE = Path(__file__).parent.parent / "docs" / "demo.png"

ROWS = {"published method": "run", "combined": "run-combined"}
"""What each reconstruction is called, and its folder in the demo's."""


def draw(demo: Path, animal: str = "mouse1", trial: str = "62", count: int = 6) -> Figure:
    """Return frames of the truth above those of both reconstructions; a line surrounds the pixels that are scored."""
    stored = {name: np.load(demo / run / animal / trial / "movie.npz") for name, run in ROWS.items()}
    truth = np.asarray(rv.open(demo / "data")[animal].trial(trial).known_movie)
    movies = {"truth": truth, **{name: each["frames"] for name, each in stored.items()}}
    masks = {name: each["mask"] >= EVALUATION_THRESHOLD for name, each in stored.items()}
    chosen = evenly_placed(len(truth), count)
    figure = Figure(figsize=(11.4, 3.4), dpi=100, layout="constrained")
    for panels, (name, movie) in zip(figure.subplots(len(movies), count), movies.items(), strict=True):
        panels[0].set_ylabel(name, fontsize=11, rotation=0, ha="right", va="center")
        for axes, frame in zip(panels, chosen, strict=True):
            axes.imshow(movie[frame], cmap="gray", vmin=0, vmax=WHITE, interpolation="nearest")
            if name in masks:
                axes.contour(masks[name], [0.5], colors="#ffa000", linewidths=1.5)
            axes.set(xticks=[], yticks=[])
            axes.spines[:].set_visible(False)
    for axes, frame in zip(panels, chosen, strict=True):
        axes.set_xlabel(f"{frame / FRAME_RATE:.1f} s", fontsize=11)
    return figure


if __name__ == "__main__":
    draw(Path(sys.argv[1])).savefig(PICTURE)
