"""Which spatial and temporal frequencies survive? Drifting gratings, and the artefact at 15 Hz."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from jaxtyping import Float
from matplotlib.figure import Figure

from reverie.encoders.contract import Encoder
from reverie.encoders.prediction import predict
from reverie.fitted.session import Session
from reverie.foundation.arrays import FRAME_RATE, SAME_RATE, WHITE, Movie, State
from reverie.foundation.errors import NotApplicable, ReverieError
from reverie.reporting.figures import PAGE_WIDTH
from reverie.stimuli.synthetic import drifting_grating
from reverie.stimuli.tables import grating_stimuli
from reverie.studies.figures import grid_figure
from reverie.studies.published import GRATINGS as PUBLISHED
from reverie.studies.setup import Setup, degrees_of_pixel
from reverie.studies.study import Findings, PaperComparison, Picture, Study
from reverie.studies.synthetic import (
    Plan,
    TableSize,
    as_published_table,
    compare_tables,
    first_recording,
    jobs_of_plan,
    ordinary_state,
    plan_stimuli,
    score_stimuli,
)

WHOLE_TABLE = (tuple(PUBLISHED.index.astype(float)), tuple(PUBLISHED.columns.astype(float)))
SIZES: Mapping[str, TableSize] = {
    "quick": TableSize((0.018, 0.071), (15.0, 3.75, 0.0), 32, 1, (0.0, 90.0)),
    "laptop": TableSize(*WHOLE_TABLE, 60, 1, (0.0, 90.0)),
    "paper": TableSize(*WHOLE_TABLE, 60, 3, (0.0, 90.0, 180.0, 270.0)),
}

NYQUIST = FRAME_RATE / 2
"""Half the frame rate, in Hz: at this frequency a grating turns into its negative with every frame."""

ALIASED = 0.5
"""Temporal aliasing from which on the page says that an encoder takes a 15 Hz grating for still ones."""


def temporal_aliasing(encoder: Encoder, movie: Movie, state: State, mouse: str) -> float:
    """Return to what degree an encoder takes a movie for two interleaved still pictures: 1 wholly, about 0 not at all.

    Each of the two is also shown by itself throughout, and the rates to the two still pictures are interleaved. The
    result is 1 minus the root mean square difference between the rates to the movie and the interleaved ones, relative
    to the standard deviation in time of the latter, and at least 0. The first ``history`` frames, before which the
    screen was grey, do not count.

    Parameters
    ----------
    movie
        (time, height, width), two frames in alternation.

    Raises
    ------
    ReverieError
        When the frames do not repeat or fewer than two are left.
    """
    if not np.array_equal(movie[2:], movie[:-2]):
        raise ReverieError("The movie does not repeat every 2 frames; give a grating of 15 Hz.")
    if len(movie) < encoder.history + 2:
        raise ReverieError(f"The movie needs more than the {encoder.history} frames the encoder looks back.")
    fast = predict(encoder, movie, state, mouse)
    still = np.empty_like(fast)
    for phase in (0, 1):
        held = np.repeat(movie[phase : phase + 1], len(movie), axis=0)
        still[:, phase::2] = predict(encoder, held, state, mouse)[:, phase::2]
    seen = slice(encoder.history, None)
    return _likeness(fast[:, seen], still[:, seen])


def _likeness(found: Float[np.ndarray, "neuron time"], expected: Float[np.ndarray, "neuron time"]) -> float:
    # Relative to changes in time only: a neuron's mean rate is the same for both and would hide the difference.
    deviation = float(np.sqrt(((expected - expected.mean(axis=1, keepdims=True)) ** 2).mean()))
    error = float(np.sqrt(((found - expected) ** 2).mean()))
    return max(0.0, 1.0 - error / deviation) if deviation > 0 else 0.0


def planned(setup: Setup) -> Plan:
    """Return drifting gratings of every frequency, with the jobs of each movie.

    Raises NotApplicable unless 15 Hz is half the frame rate, as in the paper.
    """
    recording = first_recording(setup.session)
    if abs(recording.frame_rate - FRAME_RATE) > SAME_RATE * FRAME_RATE:
        raise NotApplicable(
            f"The published gratings are of {FRAME_RATE:g} frames a second, and the recordings have "
            f"{recording.frame_rate:.4g}; give --frame-rate {FRAME_RATE:g} to show them at that rate."
        )
    size = SIZES[setup.scale.name]
    stimuli = grating_stimuli(
        size.spatial,
        size.temporal,
        size.directions,
        frames=size.frames,
        frame_size=recording.frame_size,
        degrees_per_pixel=degrees_of_pixel(recording),
    )
    return plan_stimuli(setup.session, stimuli, setup.settings(targets="predicted"), size.animals)


def conclude(setup: Setup) -> Findings:
    """Lay the scores out as the published table, and ask the encoders whether they see motion at 15 Hz at all."""
    size = SIZES[setup.scale.name]
    aliasing = measure_aliasing(setup.session)
    scores = score_stimuli(setup, planned(setup))
    table = as_published_table(scores, PUBLISHED)
    theirs = PUBLISHED.loc[table.index, table.columns].mean()
    means = {hertz: (table[hertz].mean(), theirs[hertz]) for hertz in size.temporal}
    grids = grid_figure(
        {"Bauer et al. 2026": PUBLISHED, "here": table}, rows="cycles per degree", columns="Hz", limits=(-0.2, 1.0)
    )
    still, fastest = means[0.0], means[NYQUIST]
    return Findings(
        [
            f"Still gratings are reconstructed at r = {still[0]:.2f}, those of 15 Hz at {fastest[0]:.2f}; the "
            f"paper's, of the same spatial frequencies, at {still[1]:.2f} and {fastest[1]:.2f}.",
            f"{verdict(aliasing)} At 15 Hz a grating turns into its negative with every frame: an encoder that takes "
            "every second frame sees a still grating in one half of the frames and its negative in the other.",
            f"Gratings of {size.frames / FRAME_RATE:.1f} s in {len(size.directions)} directions, reconstructed from "
            f"predicted responses of {', '.join(scores['animal'].unique())}.",
        ],
        [
            Picture(
                "table", "Video correlation by spatial and temporal frequency.", grids, compare_tables(table, PUBLISHED)
            ),
            Picture(
                "aliasing",
                "A line of pixels of a 15 Hz grating over time: as it is, and as two interleaved stacks of every "
                "second frame see it. Each stack stands still.",
                stacks_figure(fastest_grating(16, first_recording(setup.session).frame_size)),
                aliasing,
            ),
        ],
        [
            PaperComparison(f"mean at {hertz:g} Hz", f"{ours:.2f}", f"{paper:.2f}")
            for hertz, (ours, paper) in means.items()
        ]
        + [
            PaperComparison(f"temporal aliasing, {name}", f"{value:.2f}", "1.00") for name, value in aliasing.to_numpy()
        ],
    )


def fastest_grating(frames: int, frame_size: tuple[int, int]) -> Movie:
    """Return a coarse grating of 15 Hz."""
    return drifting_grating(frames, direction=0.0, cycles_per_degree=0.036, hertz=NYQUIST, frame_size=frame_size)


def measure_aliasing(session: Session) -> pd.DataFrame:
    """Return to what degree each encoder takes a 15 Hz grating for two still ones: encoder, aliasing (0 to 1)."""
    animal, movie = next(iter(session.recordings)), fastest_grating(64, first_recording(session).frame_size)
    state = ordinary_state(session, animal, len(movie))
    rows = [
        (folder.name, temporal_aliasing(encoder, movie, state, animal)) for folder, encoder in session.encoders.items()
    ]
    return pd.DataFrame(rows, columns=["encoder", "aliasing"])


def verdict(aliasing: pd.DataFrame) -> str:
    """Return a sentence on what ``measure_aliasing`` found."""
    fooled = aliasing.loc[aliasing["aliasing"] > ALIASED, "encoder"].tolist()
    if fooled:
        mistakes = "mistakes" if len(fooled) == 1 else "mistake"
        return f"{', '.join(fooled)} {mistakes} 15 Hz for stillness: the score there is an artefact of aliasing."
    return f"No encoder here mistakes 15 Hz for stillness (temporal aliasing at most {aliasing['aliasing'].max():.2f})."


def stacks_figure(movie: Movie) -> Figure:
    """Draw the middle row of a movie (time, height, width) over time, whole and in two stacks of every second frame."""
    lines = movie[:, movie.shape[1] // 2]
    stacks = {"every frame": lines, "frames 0, 2, 4, …": lines[::2], "frames 1, 3, 5, …": lines[1::2]}
    figure = Figure(figsize=(PAGE_WIDTH, 1.7), layout="constrained")
    panels = figure.subplots(1, len(stacks))
    for axes, (name, part) in zip(panels, stacks.items(), strict=True):
        axes.imshow(part, cmap="gray", vmin=0, vmax=WHITE, aspect="auto", interpolation="nearest")
        axes.set_title(name, fontsize=8)
        axes.set_xlabel("pixel", fontsize=8)
        axes.set_yticks([])
        axes.tick_params(labelsize=7)
    panels[0].set_ylabel("← time", fontsize=8)
    return figure


GRATINGS = Study(
    "gratings",
    "Drifting gratings",
    "Which spatial and temporal frequencies survive, and why does 15 Hz seem to?",
    conclude,
    jobs_of_plan(planned),
)
