"""Where does each neuron look? Receptive fields in silico: the encoders of an animal are probed with single pixels."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Float, Int
from matplotlib.figure import Figure

from reverie.encoders.receptive_fields import (
    ReceptiveFields,
    pixel_places,
    population_coverage,
    probe_pixels,
    receptive_fields,
)
from reverie.fitted.session import Session
from reverie.foundation.arrays import Mask
from reverie.foundation.files import read_npz, write_npz
from reverie.foundation.fingerprints import digest
from reverie.inversion.mask import diameter_in_degrees
from reverie.reporting.figures import PAGE_WIDTH, SKY, degrees_of, screen_figure, threshold_lines
from reverie.scoring.rule import EVALUATION_THRESHOLD, TRAINING_THRESHOLD
from reverie.simulation.true_encoder import TrueEncoder
from reverie.studies.published import MASK_DIAMETERS
from reverie.studies.setup import Setup, degrees_of_pixel
from reverie.studies.study import Findings, PaperComparison, Picture, Study
from reverie.studies.synthetic import ordinary_state

PLACES_AT_ONCE = 64
"""Places probed in one task; an interruption loses at most one task."""

NEAR_PIXELS = 2.0
"""Distance in pixels up to which a centre counts as the true one."""


@dataclass(frozen=True)
class Probe:
    """One task: places (row, column) where one animal's neurons are probed, in a state (4,)."""

    animal: str
    state: Float[np.ndarray, "4"]
    places: Int[np.ndarray, "place 2"]
    path: Path
    """File of the changes."""


def fields_of(setup: Setup) -> dict[str, ReceptiveFields]:
    """Return the receptive fields of every animal, measured once for all studies."""
    return {animal: _measure(setup, animal) for animal in setup.session.recordings}


def _measure(setup: Setup, animal: str) -> ReceptiveFields:
    """Return the fields of one animal; what an earlier run measured is read, not measured again."""
    session, folder = setup.session, setup.out.absolute() / "fields" / "probed"  # workers may run in another folder
    places = pixel_places(session.recordings[animal].frame_size, setup.scale.probes)
    parts = np.split(places, range(PLACES_AT_ONCE, len(places), PLACES_AT_ONCE))
    state, rate = ordinary_state(session, animal, 1)[:, 0], session.recordings[animal].frame_rate
    weights = "-".join(session.encoder_digest(encoder)[:12] for encoder in session.encoders)
    kept = folder / weights / animal / digest(state, np.array(rate))
    tasks = [Probe(animal, state, part, kept / f"{digest(part)}.npz") for part in parts]
    left = [task for task in tasks if not task.path.exists()]
    setup.workers.run(_probe, left, f"single pixels shown to {animal}")
    changes = np.concatenate([read_npz(task.path)["changes"] for task in tasks], axis=2)
    return receptive_fields(changes, places, session.recordings[animal].frame_size)


def _probe(session: Session, task: Probe) -> None:
    rate = session.recordings[task.animal].frame_rate
    changes = probe_pixels(list(session.encoders.values()), task.animal, task.state, task.places, frame_rate=rate)
    write_npz(task.path, {"changes": changes})


def describe_fields(session: Session, fields: Mapping[str, ReceptiveFields]) -> pd.DataFrame:
    """Return a row per animal: how many neurons have a field, and where their centres lie.

    Columns: animal, neurons, share_found, in_mask and in_core (share of the centres where the mask reaches 0.5 and 1),
    coverage_and_mask (correlation over pixels); for simulated animals true_distance (median, pixels) and true_near
    (share within 2 pixels of the true centre), else NaN.
    """
    rows = []
    for animal, found in fields.items():
        mask, coverage = session.mask(animal), population_coverage(found)
        at = mask[tuple(found.centres[found.found].astype(np.intp).T)]
        distance = _distance_to_truth(session, animal, found)
        rows.append(
            {
                "animal": animal,
                "neurons": len(found.found),
                "share_found": found.share_found,
                "in_mask": float((at >= TRAINING_THRESHOLD).mean()),
                "in_core": float((at >= EVALUATION_THRESHOLD).mean()),
                "coverage_and_mask": float(np.corrcoef(coverage.ravel(), mask.ravel())[0, 1]),
                "true_distance": float(np.median(distance)),
                "true_near": float(np.where(np.isnan(distance), np.nan, distance <= NEAR_PIXELS).mean()),
            }
        )
    return pd.DataFrame(rows)


def _distance_to_truth(session: Session, animal: str, fields: ReceptiveFields) -> np.ndarray:
    """Return the distance in pixels of each centre found from the true one; NaN where the truth is not known."""
    centres = fields.centres[fields.found]
    if session.truth_folder is None or not isinstance(session.truth, TrueEncoder):
        return np.full(len(centres), np.nan)
    true = session.truth.animal(animal).get_buffer("centres").cpu().numpy()[fields.found]
    return np.asarray(np.linalg.norm(centres - true, axis=1))


def coverage_pictures(setup: Setup, fields: Mapping[str, ReceptiveFields]) -> list[Picture]:
    """Return a picture per animal: where its neurons look, with the outlines of its mask."""
    pictures = []
    for animal, found in fields.items():
        rows, columns = found.centres.T
        neurons = pd.DataFrame({"neuron": np.arange(len(rows)), "row": rows, "column": columns})
        figure = coverage_figure(
            population_coverage(found),
            found,
            setup.session.mask(animal),
            degrees_per_pixel=degrees_of_pixel(setup.session.recordings[animal]),
        )
        words = f"{animal}: how many of the neurons with a field look at each place, with the mask's outlines."
        pictures.append(Picture(f"coverage-{animal}", words, figure, neurons))
    return pictures


def mask_diameters(session: Session, level: float) -> list[float]:
    """Return the equal-area diameter of each animal's mask above a level, degrees."""
    return [
        diameter_in_degrees(session.mask(animal), level, recording.degrees_per_pixel)
        for animal, recording in session.recordings.items()
    ]


def conclude(setup: Setup) -> Findings:
    """Compare the fields of every animal with its mask, and with the truth where it is known."""
    session, fields = setup.session, fields_of(setup)
    table = describe_fields(session, fields)
    first, found = next(iter(fields.items()))
    words = f"Fields of neurons of {first}, each in its own scale; the cross is the centre."
    return Findings(
        _sentences(setup, table.mean(numeric_only=True)),
        [*coverage_pictures(setup, fields), Picture("examples", words, examples_figure(found), table)],
        [
            PaperComparison(
                f"diameter of the mask at α ≥ {level:g}",
                f"{np.mean(mask_diameters(session, level)):.0f}°",
                f"{theirs:.0f}°",
            )
            for level, theirs in MASK_DIAMETERS.items()
        ]
        + [
            PaperComparison(f"neurons with a field, {animal}", f"{100 * found.share_found:.0f} %", "–")
            for animal, found in fields.items()
        ],
    )


def _sentences(setup: Setup, mean: pd.Series) -> list[str]:
    stride = setup.scale.probes
    truth = (
        f"Centres lie {mean['true_distance']:.1f} pixels (median) from the true ones of these simulated animals, "
        f"{100 * mean['true_near']:.0f} % of them within {NEAR_PIXELS:g}."
    )
    return [
        f"{100 * mean['share_found']:.0f} % of the neurons respond to a single pixel; {100 * mean['in_mask']:.0f} % of "
        f"their centres lie inside the mask (α ≥ 0.5), {100 * mean['in_core']:.0f} % inside the evaluation mask "
        f"(α ≥ 1). Coverage and mask correlate at {mean['coverage_and_mask']:.2f} over pixels.",
        *([truth] if np.isfinite(mean["true_distance"]) else []),
        f"Rates were averaged over all encoders (here {len(setup.encoders)}) before anything else, where the "
        f"released script kept the last one. One pixel in {stride} × {stride} was tried.",
    ]


def coverage_figure(
    coverage: Float[np.ndarray, "height width"], fields: ReceptiveFields, mask: Mask, *, degrees_per_pixel: float
) -> Figure:
    """Draw how many neurons (%) have a field that reaches each pixel, the fields' centres and the mask's outlines."""
    figure, axes = screen_figure(100 * coverage, "neurons whose field reaches here (%)", degrees_per_pixel)
    extent = degrees_of(mask.shape, degrees_per_pixel)
    rows, columns = fields.centres[fields.found].T
    across = (columns + 0.5) * degrees_per_pixel + extent[0]
    up = extent[3] - (rows + 0.5) * degrees_per_pixel
    axes.plot(across, up, ".", color=SKY, markersize=2.5, alpha=0.5, markeredgewidth=0, label="centre of a field")
    threshold_lines(axes, mask, extent)
    return figure


EXAMPLES, EXAMPLES_PER_ROW = 12, 4
"""Neurons whose maps are drawn, and how many of them in a row."""


def examples_figure(fields: ReceptiveFields) -> Figure:
    """Draw the maps of evenly chosen neurons with a field, each in its own scale of grey, its centre marked."""
    found = np.flatnonzero(fields.found)
    chosen = found[np.linspace(0, len(found) - 1, min(EXAMPLES, len(found))).astype(np.intp)]
    height, width = fields.maps.shape[1:]
    lines = max(1, -(-len(chosen) // EXAMPLES_PER_ROW))
    size = (PAGE_WIDTH, lines * (PAGE_WIDTH / EXAMPLES_PER_ROW * height / width + 0.22))
    figure = Figure(figsize=size, layout="constrained")
    panels = figure.subplots(lines, EXAMPLES_PER_ROW, squeeze=False).ravel()
    for axes in panels:
        axes.set_axis_off()
    for axes, neuron in zip(panels, chosen, strict=False):
        axes.imshow(fields.maps[neuron], cmap="gray", interpolation="nearest")
        axes.plot(*fields.centres[neuron][::-1], "+", color=SKY, markersize=6)
        axes.set_title(f"neuron {neuron}", fontsize=7, pad=2)
    return figure


FIELDS = Study(
    "fields",
    "Receptive fields in silico",
    "Where does each neuron look, and does the population cover what the mask says it sees?",
    conclude,
)
