"""One trial as the template of the page needs it: pictures, SVG paths, table rows and sentences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from reverie.reporting.content import TrialContent
from reverie.reporting.pictures import (
    STRIP_FRAMES,
    contact_sheet,
    grey_levels,
    movie_sheet,
    outline,
    outside_path,
    picture,
    std_scale_end,
    transparent_png,
)
from reverie.reporting.plots import (
    Curve,
    Plot,
    Rasters,
    Tick,
    line_path,
    loss_plot,
    loss_sentence,
    number_text,
    rasters,
    state_curves,
    time_ticks,
)
from reverie.reporting.score_tables import ScoreTable, score_text, trial_table
from reverie.scoring.correlation import frame_correlations
from reverie.scoring.rule import EVALUATION_THRESHOLD, TRAINING_THRESHOLD

ERROR_TOP = 75
"""Error in grey levels from which on it is shown in full colour."""

RASTER_LABELS = {
    "responses": "Recorded responses",
    "rates": "Predicted from the reconstruction",
    "rates_from_truth": "Predicted from the true movie",
}


@dataclass(frozen=True)
class Still:
    """What the overview shows of a trial."""

    name: str
    headline: str
    """The video correlation as text."""
    picture: str
    """URL of a picture of some of its frames."""
    alternative: str
    """What the picture shows, in words, for those who cannot see it."""
    href: str
    """URL of the page on which it is played."""


@dataclass(frozen=True)
class MaskView:
    """The mask as a picture, its regions as SVG paths, and their sizes in words."""

    picture: str
    """Data URL of the mask."""
    evaluation: str
    """Outline of the evaluation mask."""
    training: str
    """Outline of the training mask."""
    outside: str
    """The pixels outside the evaluation mask, to be filled."""
    sizes: Sequence[str]
    information: str
    """Data URL of the information at each pixel, empty where it is unknown."""
    information_sentence: str
    """What that picture shows, in words."""
    span: str
    """Width and height in words."""


@dataclass(frozen=True)
class TrialView:
    """What the template prints for one trial; ``data`` is for the script of its player."""

    number: int
    content: TrialContent
    seconds: float
    mask: MaskView
    scores: ScoreTable
    rasters: Rasters | None
    raster_labels: Mapping[str, str]
    curves: Sequence[Curve]
    ticks: Sequence[Tick]
    loss: Plot | None
    loss_sentence: str
    std_top: str
    hints: Sequence[str]
    data: Mapping[str, Any]


def trial_view(trial: TrialContent, number: int) -> TrialView:
    """Return a trial prepared for the page; ``number`` counts from 1."""
    found = rasters(trial)
    std_top = 0.0 if trial.std is None else std_scale_end(trial.std)
    return TrialView(
        number=number,
        content=trial,
        seconds=trial.frames / trial.frame_rate,
        mask=mask_view(trial),
        scores=trial_table(trial),
        rasters=found,
        raster_labels=RASTER_LABELS,
        curves=[*frame_correlation_curve(trial), *state_curves(trial)],
        ticks=time_ticks(trial),
        loss=loss_plot(trial.traces),
        loss_sentence=loss_sentence(trial.traces),
        std_top=number_text(std_top),
        hints=_hints(trial, found),
        data=_player_data(trial, found, std_top),
    )


def still_png(trial: TrialContent) -> bytes:
    """Return the frames that represent a trial in the overview, as PNG: true ones above reconstructed ones."""
    shown = [movie for movie in (trial.truth, trial.reconstruction) if movie is not None]
    return transparent_png(contact_sheet(shown, STRIP_FRAMES))


def still_of(trial: TrialContent, picture: str, href: str) -> Still:
    """Return a trial prepared for the overview, with the URLs of its picture and of the page that plays it."""
    video = trial.scores.get("video_correlation", float("nan"))
    above = "" if trial.truth is None else "Frames of the truth above "
    return Still(
        name=trial.name,
        headline=score_text(video) if np.isfinite(video) else "–",
        picture=picture,
        alternative=f"{above}frames of the reconstruction".capitalize(),
        href=href,
    )


def mask_view(trial: TrialContent) -> MaskView:
    """Return the picture, the outlines and the sizes of the mask of a trial, in degrees where these are known."""
    degree = trial.degrees_per_pixel
    height, width = (f"{size} px" if degree is None else f"{size * degree:.0f}°" for size in trial.mask.shape)
    top = max(float(np.nanmax(trial.mask)), EVALUATION_THRESHOLD)
    regions = (
        (f"scored (α ≥ {EVALUATION_THRESHOLD:g})", trial.evaluation_region),
        (f"optimised (α ≥ {TRAINING_THRESHOLD:g})", trial.training_region),
    )
    sizes = []
    for name, region in regions:
        disc = "" if degree is None else f", like a disc {2 * np.sqrt(region.sum() / np.pi) * degree:.0f}° across"
        sizes.append(f"{name}: {int(region.sum()):,} of {region.size:,} px{disc}")
    return MaskView(
        picture=picture(grey_levels(trial.mask.astype(np.float64), top)),
        evaluation=outline(trial.evaluation_region),
        training=outline(trial.training_region),
        outside=outside_path(trial.evaluation_region),
        sizes=sizes,
        information=picture(grey_levels(trial.information.astype(np.float64), 1.0))
        if trial.information is not None
        else "",
        information_sentence=_information_sentence(trial),
        span=f"{width} wide, {height} high",
    )


def _information_sentence(trial: TrialContent) -> str:
    if trial.information is None:
        return ""
    inside, outside = trial.information[trial.evaluation_region], trial.information[~trial.training_region]
    parts = [
        f"{values.mean():.2f} {where}"
        for values, where in ((inside, "in the scored region"), (outside, "outside the optimised one"))
        if values.size
    ]
    return (
        f"Information is 1 − posterior variance / prior variance of each pixel: {', '.join(parts)}. Where it is 0, "
        "the movie shows only what movies are like in general, and nothing from the neurons."
    )


def frame_correlation_curve(trial: TrialContent) -> list[Curve]:
    """Return how well each frame correlates with the truth inside the evaluation mask, on an axis from 0 or below."""
    region = trial.evaluation_region
    if trial.truth is None or not region.any():
        return []
    values = frame_correlations(trial.reconstruction, trial.truth, region)
    low = float(np.fmin.reduce(values, initial=0))
    x = (np.arange(trial.frames) + 0.5) / trial.frames
    return [Curve("frame correlation", line_path(x, (values - low) / (1 - low)), number_text(low), "1")]


def _hints(trial: TrialContent, found: Rasters | None) -> list[str]:
    hints = []
    if found is not None:
        shared = f", about {number_text(found.neurons_per_row)} averaged in a row" if found.neurons_per_row > 1 else ""
        order = ", ordered so that neighbours have similar time courses" if found.neurons > 1 else ""
        many = "neurons" if found.neurons > 1 else "neuron"
        hints.append(f"{found.neurons:,} {many}{shared}, in units of each neuron's standard deviation{order}.")
    if trial.state is not None:
        hints.append("Behaviour is in the recording's own units.")
    if trial.scored_from:
        hints.append(f"The hatched first {trial.scored_from} frames are not scored.")
    return hints


def _player_data(trial: TrialContent, found: Rasters | None, std_top: float) -> dict[str, Any]:
    frames, height, width = trial.reconstruction.shape
    movies = {"reconstruction": movie_sheet(trial.reconstruction)}
    if trial.truth is not None:
        movies["truth"] = movie_sheet(trial.truth)
    if trial.std is not None:
        movies["std"] = movie_sheet(trial.std, std_top)
    pictures = {}
    if found is not None:
        for name, rows in found.rows.items():
            pictures[name] = {"rows": len(rows), "sheet": picture(grey_levels(rows, found.top))}
    return {
        "frames": frames,
        "height": height,
        "width": width,
        "rate": trial.frame_rate,
        "errorTop": ERROR_TOP,
        "movies": movies,
        "rasters": pictures,
    }
