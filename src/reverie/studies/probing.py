"""Probing the encoders of an animal with single pixels, in parts that are kept, and what the fields found are like."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Int

from reverie.encoders.pixel_probing import pixel_places, probe_pixels
from reverie.encoders.receptive_fields import ReceptiveFields, population_coverage, receptive_fields
from reverie.fitted.materials import Materials, weights_fingerprint
from reverie.foundation.files import read_npz, write_npz
from reverie.jobs.engine import Workers
from reverie.jobs.job import digest
from reverie.scoring.rule import EVALUATION_THRESHOLD, TRAINING_THRESHOLD
from reverie.simulation.true_encoder import TrueEncoder
from reverie.studies.synthetic import ordinary_state

PLACES_AT_ONCE = 64
"""Places of one task: the most that an interruption loses."""

NEAR = 2.0
"""Pixels within which a centre counts as the true one."""


@dataclass(frozen=True)
class Probe:
    """One task: places to try on one animal's neurons; path: where the changes are kept."""

    animal: str
    places: Int[np.ndarray, "place 2"]
    path: Path


def measure_fields(workers: Workers[Materials], folder: Path, animal: str, stride: int) -> ReceptiveFields:
    """Return the fields of one animal from every ``stride``-th pixel; parts kept in the folder are read again."""
    materials = workers.context
    places = pixel_places(materials.recordings[animal].frame_size, stride)
    parts = np.split(places, range(PLACES_AT_ONCE, len(places), PLACES_AT_ONCE))
    weights = "-".join(weights_fingerprint(encoder)[:12] for encoder in materials.encoders)
    tasks = [Probe(animal, part, folder / weights / animal / f"{digest(part.astype(float))}.npz") for part in parts]
    left = [task for task in tasks if not task.path.exists()]
    workers.run(_probe, left, f"single pixels shown to {animal}")
    changes = np.concatenate([read_npz(task.path)["changes"] for task in tasks], axis=2)
    return receptive_fields(changes, places, materials.recordings[animal].frame_size)


def _probe(materials: Materials, task: Probe) -> None:
    state = ordinary_state(materials, task.animal, 1)[:, 0]
    changes = probe_pixels(list(materials.encoders.values()), task.animal, state, task.places)
    write_npz(task.path, {"changes": changes})


def describe_fields(materials: Materials, fields: Mapping[str, ReceptiveFields]) -> pd.DataFrame:
    """Return a row per animal: how many neurons have a field, and where their centres lie.

    Columns: animal, neurons, share_found, in_mask and in_core (share of the centres where the mask reaches 0.5 and 1),
    coverage_and_mask (correlation over pixels); for simulated animals true_distance (median, pixels) and true_near
    (share within 2 pixels of the true centre), else NaN.
    """
    rows = []
    for animal, found in fields.items():
        mask, coverage = materials.masks[animal], population_coverage(found)
        at = mask[tuple(found.centres[found.found].astype(np.intp).T)]
        distance = _distance_to_truth(materials, animal, found)
        rows.append(
            {
                "animal": animal,
                "neurons": len(found.found),
                "share_found": found.share_found,
                "in_mask": float((at >= TRAINING_THRESHOLD).mean()),
                "in_core": float((at >= EVALUATION_THRESHOLD).mean()),
                "coverage_and_mask": float(np.corrcoef(coverage.ravel(), mask.ravel())[0, 1]),
                "true_distance": float(np.median(distance)),
                "true_near": float(np.where(np.isnan(distance), np.nan, distance <= NEAR).mean()),
            }
        )
    return pd.DataFrame(rows)


def _distance_to_truth(materials: Materials, animal: str, fields: ReceptiveFields) -> np.ndarray:
    """Return how far each centre found lies from the true one, pixels; NaN where the truth is not known."""
    centres = fields.centres[fields.found]
    if materials.truth_folder is None or not isinstance(materials.truth, TrueEncoder):
        return np.full(len(centres), np.nan)
    true = materials.truth.animal(animal).get_buffer("centres").cpu().numpy()[fields.found]
    return np.asarray(np.linalg.norm(centres - true, axis=1))
