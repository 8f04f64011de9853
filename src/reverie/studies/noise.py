"""How fine and how fast a picture can be reconstructed? Gaussian noise of every scale."""

from collections.abc import Mapping

from reverie.foundation.arrays import FRAME_RATE
from reverie.stimuli.tables import noise_square
from reverie.studies.conditions import percent
from reverie.studies.experiment import Experiment, Findings, Picture
from reverie.studies.experiment_page import Beside
from reverie.studies.grids import activity_figure, grid_figure
from reverie.studies.laboratory import Laboratory
from reverie.studies.published_tables import NOISE as PUBLISHED
from reverie.studies.synthetic import Plan, TableSize, beside, lay_out, plan_noise, score_stimuli, with_units

WHOLE = (tuple(PUBLISHED.index.astype(float)), tuple(PUBLISHED.columns.astype(float)))
SIZES: Mapping[str, TableSize] = {
    "quick": TableSize((16.0, 4.0, 1.0, 0.0), (0.0, 2.0, 8.0), 32, 1),
    "laptop": TableSize(*WHOLE, 60, 1),
    "paper": TableSize(*WHOLE, 60, 3, both_polarities=True),
}


def planned(laboratory: Laboratory) -> Plan:
    """Return each movie with its jobs."""
    settings = laboratory.settings(targets="predicted")
    return plan_noise(laboratory.materials, SIZES[laboratory.scale.name], settings)


def conclude(laboratory: Laboratory) -> Findings:
    """Lay the scores out as the published table."""
    plan, size = planned(laboratory), SIZES[laboratory.scale.name]
    scores = score_stimuli(plan, laboratory.materials, laboratory.movie, noise_square(plan[0][0].movie.shape[1:]))
    table = lay_out(scores, PUBLISHED)
    rows = with_units(beside(table, PUBLISHED))
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


NOISE = Experiment(
    "noise",
    "Gaussian noise of every scale",
    "How fine and how fast a picture can be reconstructed, and how much do several models help?",
    lambda laboratory: [job for _, jobs in planned(laboratory) for job in jobs],
    conclude,
)
