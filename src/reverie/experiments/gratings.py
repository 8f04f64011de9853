"""Which spatial and temporal frequencies survive? Drifting gratings, and the artefact at 15 Hz."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from reverie.encoders.interleaving import blindness_to_flips
from reverie.experiments.experiment import Experiment, Findings, Picture
from reverie.experiments.laboratory import Laboratory
from reverie.experiments.published_tables import GRATINGS as PUBLISHED
from reverie.foundation.arrays import FRAME_RATE
from reverie.report.experiment_page import Beside
from reverie.report.grids import grid_figure, stacks_figure
from reverie.stimuli.gratings import drifting_grating
from reverie.stimuli.tables import grating_stimuli
from reverie.workflows.synthetic import Plan, beside, lay_out, ordinary_state, plan_stimuli, score_stimuli

FLIPPING = FRAME_RATE / 2
"""The temporal frequency, in Hz, at which a grating turns into its negative with every frame."""


@dataclass(frozen=True)
class Size:
    """Which cells of the table, in which directions (degrees), how long (frames), for how many animals."""

    spatial: Sequence[float]
    temporal: Sequence[float]
    directions: Sequence[float]
    frames: int
    animals: int


WHOLE = (tuple(PUBLISHED.index.astype(float)), tuple(PUBLISHED.columns.astype(float)))
SIZES: Mapping[str, Size] = {
    "quick": Size((0.018, 0.071), (15.0, 3.75, 0.0), (0.0, 90.0), 32, 1),
    "laptop": Size(*WHOLE, (0.0, 90.0), 60, 1),
    "paper": Size(*WHOLE, (0.0, 90.0, 180.0, 270.0), 60, 3),
}


def planned(laboratory: Laboratory) -> Plan:
    """Return each movie with its jobs."""
    size, frame_size = SIZES[laboratory.scale.name], _frame_size(laboratory)
    stimuli = grating_stimuli(size.spatial, size.temporal, size.directions, frames=size.frames, frame_size=frame_size)
    return plan_stimuli(laboratory.materials, stimuli, laboratory.settings(targets="predicted"), size.animals)


def conclude(laboratory: Laboratory) -> Findings:
    """Lay the scores out as the published table, and ask the encoders whether they see flips at all."""
    size = SIZES[laboratory.scale.name]
    flips = _blindness(laboratory)
    scores = score_stimuli(planned(laboratory), laboratory.materials, laboratory.movie)
    table = lay_out(scores, PUBLISHED)
    theirs = PUBLISHED.loc[table.index, table.columns].mean()
    means = {hertz: (table[hertz].mean(), theirs[hertz]) for hertz in size.temporal}
    grids = grid_figure(
        {"Bauer et al. 2026": PUBLISHED, "here": table}, rows="cycles per degree", columns="Hz", limits=(-0.2, 1.0)
    )
    still, flipping = means[0.0], means[FLIPPING]
    return Findings(
        [
            f"Gratings that stand still are found at {still[0]:.2f}, those of 15 Hz at {flipping[0]:.2f}; the paper's "
            f"of the same spatial frequencies at {still[1]:.2f} and {flipping[1]:.2f}.",
            f"{_verdict(flips)} At 15 Hz a grating turns into its negative with every frame: an encoder that takes "
            "every second frame sees a still grating in one half of the frames and its negative in the other.",
            f"Gratings of {size.frames / FRAME_RATE:.1f} s in {len(size.directions)} directions, reconstructed from "
            f"predicted responses of {', '.join(scores['animal'].unique())}.",
        ],
        [
            Picture("table", "Video correlation by frequency in space and time.", grids, beside(table, PUBLISHED)),
            Picture(
                "flips",
                "A line of pixels of a 15 Hz grating over time: as it is, and as two interleaved stacks of every "
                "second frame see it. Each stack stands still.",
                stacks_figure(_flipping(16, _frame_size(laboratory))),
                flips,
            ),
        ],
        [Beside(f"mean at {hertz:g} Hz", f"{ours:.2f}", f"{paper:.2f}") for hertz, (ours, paper) in means.items()]
        + [Beside(f"blindness to flips, {name}", f"{value:.2f}", "1.00") for name, value in flips.to_numpy()],
    )


def _blindness(laboratory: Laboratory) -> pd.DataFrame:
    """Return how far each encoder takes a 15 Hz grating for two still ones."""
    materials = laboratory.materials
    animal, movie = next(iter(materials.recordings)), _flipping(64, _frame_size(laboratory))
    state = ordinary_state(materials, animal, len(movie))
    rows = [
        (folder.name, blindness_to_flips(encoder, movie, state, animal))
        for folder, encoder in materials.encoders.items()
    ]
    return pd.DataFrame(rows, columns=["encoder", "blindness"])


def _flipping(frames: int, frame_size: tuple[int, int]) -> np.ndarray:
    return drifting_grating(frames, direction=0.0, cycles_per_degree=0.036, hertz=FLIPPING, frame_size=frame_size)


def _frame_size(laboratory: Laboratory) -> tuple[int, int]:
    return next(iter(laboratory.materials.recordings.values())).frame_size


def _verdict(flips: pd.DataFrame) -> str:
    blind = flips.loc[flips["blindness"] > 0.5, "encoder"].tolist()
    if blind:
        return f"{', '.join(blind)} take flips for stillness, so that what 15 Hz scores is an artefact."
    return f"No encoder here takes flips for stillness (blindness at most {flips['blindness'].max():.2f})."


GRATINGS = Experiment(
    "gratings",
    "Drifting gratings",
    "Which spatial and temporal frequencies survive, and why does 15 Hz seem to?",
    lambda laboratory: [job for _, jobs in planned(laboratory) for job in jobs],
    conclude,
)
