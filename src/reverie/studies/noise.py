"""How fine and how fast a picture can be reconstructed? Gaussian noise of every scale."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from reverie.reporting.figures import PAGE_WIDTH
from reverie.stimuli.tables import noise_square, noise_stimuli
from reverie.studies.conditions import percent
from reverie.studies.figures import COLOURS, grid_figure
from reverie.studies.published import NOISE as PUBLISHED
from reverie.studies.setup import Setup
from reverie.studies.study import Findings, PaperComparison, Picture, Study
from reverie.studies.synthetic import (
    Plan,
    TableSize,
    as_published_table,
    compare_tables,
    first_recording,
    jobs_of_plan,
    plan_stimuli,
    score_stimuli,
    with_units,
)

WHOLE_TABLE = (tuple(PUBLISHED.index.astype(float)), tuple(PUBLISHED.columns.astype(float)))
SIZES: Mapping[str, TableSize] = {
    "quick": TableSize((16.0, 4.0, 1.0, 0.0), (0.0, 2.0, 8.0), 32, 1),
    "laptop": TableSize(*WHOLE_TABLE, 60, 1),
    "paper": TableSize(*WHOLE_TABLE, 60, 3, both_polarities=True),
}


def planned(setup: Setup) -> Plan:
    """Return noise of every scale in pixels and frames, drawn with the session's seed, with the jobs of each movie."""
    session, size = setup.session, SIZES[setup.scale.name]
    stimuli = noise_stimuli(
        size.spatial,
        size.temporal,
        frames=size.frames,
        both_polarities=size.both_polarities,
        seed=setup.seed,
        frame_size=first_recording(session).frame_size,
    )
    return plan_stimuli(session, stimuli, setup.settings(targets="predicted"), size.animals)


def conclude(setup: Setup) -> Findings:
    """Arrange the scores as in the published table, and compare motion energy and entropy."""
    cells, size = planned(setup), SIZES[setup.scale.name]
    square = noise_square(cells[0][0].movie.shape[1:])
    scores, side = score_stimuli(setup, cells, square), square.any(axis=0).sum()
    table = as_published_table(scores, PUBLISHED)
    recording = first_recording(setup.session)
    rows = with_units(compare_tables(table, PUBLISHED), recording)
    by_models = scores.groupby("models")["video_correlation"].mean()
    gain = percent(by_models.iloc[-1], by_models.iloc[0]) if len(by_models) > 1 else "one model only"
    done = rows.dropna(subset="here")
    best, white = done.iloc[int(done["here"].argmax())], done["pixels"] == 0
    grids = grid_figure(
        {"Bauer et al. 2026": PUBLISHED, "here": table}, rows="spatial σ (px)", columns="temporal σ (frames)"
    )
    return Findings(
        [
            f"Noise is reconstructed best at σ = {best['pixels']:g} px ({best['degrees']:.1f}°) and "
            f"{best['frames']:g} frames ({best['seconds']:.2f} s), r = {best['here']:.2f}; noise white in space "
            f"at {done.loc[white, 'here'].mean():.2f}.",
            f"Averaging {by_models.index[-1]} models instead of one: {gain} video correlation over all cells.",
            f"{size.frames / recording.frame_rate:.1f} s of noise in the middle {side} × {side} pixels, "
            f"{'both polarities' if size.both_polarities else 'one polarity'}, from predicted responses of "
            f"{', '.join(scores['animal'].unique())}: a limit of encoder and method, not of recorded neurons.",
        ],
        [
            Picture("table", "Video correlation by the scale of the noise.", grids, rows),
            Picture(
                "activity",
                "Motion energy (grey levels per frame) and entropy (bits) of each reconstruction against its stimulus; "
                "on the line both are equal.",
                activity_figure(scores),
                scores,
            ),
        ],
        [
            PaperComparison(
                f"mean of the cells done here, spatial σ {words}",
                *(f"{done.loc[of, name].mean():.2f}" for name in ("here", "paper")),
            )
            for words, of in (("≥ 1 px", ~white), ("= 0", white))
        ]
        + [PaperComparison(f"{by_models.index[-1]} models averaged against one", gain, "–")],
    )


def activity_figure(scores: pd.DataFrame) -> Figure:
    """Draw motion energy and entropy of reconstructions, averaged over all models, against those of their stimuli.

    Parameters
    ----------
    scores
        Columns models, and motion_energy_truth, motion_energy_reconstruction, entropy_truth, entropy_reconstruction.
    """
    figure = Figure(figsize=(PAGE_WIDTH, 2.2), layout="constrained")
    averaged = scores[scores["models"] == scores["models"].max()]
    panels = {"motion_energy": "motion energy (grey levels)", "entropy": "entropy (bits)"}
    for axes, (name, label) in zip(figure.subplots(1, 2), panels.items(), strict=True):
        truth, found = averaged[f"{name}_truth"], averaged[f"{name}_reconstruction"]
        top = float(max(truth.max(), found.max()))
        axes.plot([0, top], [0, top], color="0.6", linewidth=0.8)
        axes.plot(truth, found, "o", color=COLOURS[0], markersize=4, alpha=0.7, markeredgewidth=0)
        axes.set_title(label, fontsize=8)
        axes.set_xlabel("stimulus", fontsize=8)
        axes.set_ylabel("reconstruction", fontsize=8)
        axes.tick_params(labelsize=7)
        axes.spines[["top", "right"]].set_visible(False)
    return figure


NOISE = Study(
    "noise",
    "Gaussian noise of every scale",
    "How fine and how fast a picture can be reconstructed, and how much do several models help?",
    conclude,
    jobs_of_plan(planned),
)
