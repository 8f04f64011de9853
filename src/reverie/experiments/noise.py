"""How fine and how fast a picture can be reconstructed? Gaussian noise of every scale."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import pandas as pd

from reverie.experiments.experiment import Experiment, Findings, Picture
from reverie.experiments.laboratory import Laboratory
from reverie.experiments.published_tables import NOISE as PUBLISHED
from reverie.foundation.arrays import DEGREES_PER_PIXEL, FRAME_RATE
from reverie.report.conditions import percent
from reverie.report.experiment_page import Beside
from reverie.report.grids import activity_figure, grid_figure
from reverie.stimuli.noise import half_power_frequency
from reverie.stimuli.tables import noise_square, noise_stimuli
from reverie.workflows.synthetic import Plan, beside, lay_out, plan_stimuli, score_stimuli


@dataclass(frozen=True)
class Size:
    """Which cells of the table, how long (frames), in both polarities or as drawn, for how many animals."""

    spatial: Sequence[float]
    temporal: Sequence[float]
    frames: int
    both_polarities: bool
    animals: int


WHOLE = (tuple(PUBLISHED.index.astype(float)), tuple(PUBLISHED.columns.astype(float)))
SIZES: Mapping[str, Size] = {
    "quick": Size((16.0, 4.0, 1.0, 0.0), (0.0, 2.0, 8.0), 32, False, 1),
    "laptop": Size(*WHOLE, 60, False, 1),
    "paper": Size(*WHOLE, 60, True, 3),
}


def planned(laboratory: Laboratory) -> Plan:
    """Return each movie with its jobs."""
    size, materials = SIZES[laboratory.scale.name], laboratory.materials
    stimuli = noise_stimuli(
        size.spatial,
        size.temporal,
        frames=size.frames,
        both_polarities=size.both_polarities,
        seed=materials.sources.seed,
        frame_size=next(iter(materials.recordings.values())).frame_size,
    )
    return plan_stimuli(materials, stimuli, laboratory.settings(targets="predicted"), size.animals)


def conclude(laboratory: Laboratory) -> Findings:
    """Lay the scores out as the published table."""
    plan, size = planned(laboratory), SIZES[laboratory.scale.name]
    scores = score_stimuli(plan, laboratory.materials, laboratory.movie, noise_square(plan[0][0].movie.shape[1:]))
    table, rows = lay_out(scores, PUBLISHED), _with_units(scores)
    by_models = scores.groupby("models")["video_correlation"].mean()
    gain = percent(by_models.iloc[-1], by_models.iloc[0]) if len(by_models) > 1 else "one model only"
    done = rows.dropna(subset="here")
    best, white = done.iloc[int(done["here"].argmax())], done["pixels"] == 0
    grids = grid_figure(
        {"Bauer et al. 2026": PUBLISHED, "here": table}, rows="spatial σ (px)", columns="temporal σ (frames)"
    )
    return Findings(
        [
            f"Noise is found best at σ = {best['pixels']:g} px ({best['degrees']:.1f}°) and {best['frames']:g} frames "
            f"({best['seconds']:.2f} s), r = {best['here']:.2f}; noise that is white in space at "
            f"{done.loc[white, 'here'].mean():.2f}.",
            f"Averaging {by_models.index[-1]} models instead of one: {gain} video correlation over all cells.",
            f"{size.frames / FRAME_RATE:.1f} s of noise in the middle 36 × 36 pixels, "
            f"{'both polarities' if size.both_polarities else 'one polarity'}, from predicted responses of "
            f"{', '.join(scores['animal'].unique())}: a limit of encoder and method, not of recorded neurons.",
        ],
        [
            Picture("table", "Video correlation by the scale of the noise.", grids, rows),
            Picture(
                "activity",
                "Motion energy (grey levels a frame) and entropy (bits) of each reconstruction against its stimulus; "
                "on the line both are alike.",
                activity_figure(scores),
                scores,
            ),
        ],
        [
            Beside(
                f"mean of the cells done here, spatial σ {words}",
                *(f"{done.loc[of, name].mean():.2f}" for name in ("here", "paper")),
            )
            for words, of in (("≥ 1 px", ~white), ("= 0", white))
        ]
        + [Beside(f"{by_models.index[-1]} models averaged against one", gain, "–")],
    )


def _with_units(scores: pd.DataFrame) -> pd.DataFrame:
    """Return both tables, each cell's scale in degrees and seconds too, and where its power is halved."""
    rows = beside(lay_out(scores, PUBLISHED), PUBLISHED).rename(columns={"row": "pixels", "column": "frames"})
    degrees, seconds = rows["pixels"] * DEGREES_PER_PIXEL, rows["frames"] / FRAME_RATE
    halved = partial(half_power_frequency, sample=1.0)
    return rows.assign(
        degrees=degrees, seconds=seconds, cycles_per_degree=degrees.map(halved), hertz=seconds.map(halved)
    )


NOISE = Experiment(
    "noise",
    "Gaussian noise of every scale",
    "How fine and how fast a picture can be reconstructed, and how much do several models help?",
    lambda laboratory: [job for _, jobs in planned(laboratory) for job in jobs],
    conclude,
)
