"""Which spatial and temporal frequencies survive? Drifting gratings, and the artefact at 15 Hz."""

from collections.abc import Mapping

from reverie.foundation.arrays import FRAME_RATE
from reverie.studies.experiment import Experiment, Findings, Picture
from reverie.studies.experiment_page import Beside
from reverie.studies.flips import FLIPPING, blindness, flipping_grating, verdict
from reverie.studies.grids import grid_figure, stacks_figure
from reverie.studies.laboratory import Laboratory
from reverie.studies.published_tables import GRATINGS as PUBLISHED
from reverie.studies.synthetic import (
    Plan,
    TableSize,
    beside,
    frame_size_of,
    lay_out,
    plan_gratings,
    score_stimuli,
)

WHOLE = (tuple(PUBLISHED.index.astype(float)), tuple(PUBLISHED.columns.astype(float)))
SIZES: Mapping[str, TableSize] = {
    "quick": TableSize((0.018, 0.071), (15.0, 3.75, 0.0), 32, 1, (0.0, 90.0)),
    "laptop": TableSize(*WHOLE, 60, 1, (0.0, 90.0)),
    "paper": TableSize(*WHOLE, 60, 3, (0.0, 90.0, 180.0, 270.0)),
}


def planned(laboratory: Laboratory) -> Plan:
    """Return each movie with its jobs."""
    settings = laboratory.settings(targets="predicted")
    return plan_gratings(laboratory.materials, SIZES[laboratory.scale.name], settings)


def conclude(laboratory: Laboratory) -> Findings:
    """Lay the scores out as the published table, and ask the encoders whether they see flips at all."""
    size = SIZES[laboratory.scale.name]
    flips = blindness(laboratory.materials)
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
            f"{verdict(flips)} At 15 Hz a grating turns into its negative with every frame: an encoder that takes "
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
                stacks_figure(flipping_grating(16, frame_size_of(laboratory.materials))),
                flips,
            ),
        ],
        [Beside(f"mean at {hertz:g} Hz", f"{ours:.2f}", f"{paper:.2f}") for hertz, (ours, paper) in means.items()]
        + [Beside(f"blindness to flips, {name}", f"{value:.2f}", "1.00") for name, value in flips.to_numpy()],
    )


GRATINGS = Experiment(
    "gratings",
    "Drifting gratings",
    "Which spatial and temporal frequencies survive, and why does 15 Hz seem to?",
    lambda laboratory: [job for _, jobs in planned(laboratory) for job in jobs],
    conclude,
)
