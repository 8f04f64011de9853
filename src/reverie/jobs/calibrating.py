"""Making the spread of the method `map` honest, on validation and training trials, whose movies are known.

ENCODER/calibration/<animal>.npz  what the animal's spread is multiplied by, and how wide intervals are
"""

from collections.abc import Sequence
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np

from reverie.fitted.loading import training_trials, validation_trials
from reverie.fitted.materials import Materials
from reverie.foundation.files import read_npz, write_npz
from reverie.foundation.progress import say, tracked
from reverie.inversion.reconstruct import Solver, reconstruct
from reverie.jobs.job import Clip, Job, problem_of
from reverie.jobs.null_trials import excerpt
from reverie.jobs.settings import USUAL, ReconstructionSettings
from reverie.jobs.showings import movie_digest
from reverie.recordings.readers.sensorium import SensoriumRecording
from reverie.scoring.calibration import FEWEST_CLIPS, Calibration, Errors, calibrate, standard_errors
from reverie.scoring.rule import frames_to_skip, scored_region

VALIDATION, CLIPS = 6, 24
"""Clips of different movies that are reconstructed, at most: of validation trials, and in all."""

FRAMES = 150
"""Frames of each, from its start: long enough for cuts, around which errors are largest."""

SETTINGS = ReconstructionSettings("map", USUAL["map"][0], blur=0.0, draws=2)
"""What is calibrated: the method `map` as it is when nothing else is asked for."""


def own_calibration(materials: Materials, animal: str, folder: Path) -> Calibration | None:
    """Return the calibration kept beside the encoder, learned first where there is none.

    None when fewer than two movies are there to learn from. Pixels inside the animal's evaluation mask count.
    Raises ReverieError when the file is damaged.
    """
    path = folder / "calibration" / f"{animal}.npz"
    if path.exists():
        return Calibration.from_arrays(read_npz(path))
    names = calibration_trials(materials, animal, folder)
    if len(names) < FEWEST_CLIPS:
        return None
    say(f"Calibrating the doubt about movies of {animal} on {len(names)} clips, once.")
    clips = tracked(names, len(names), "calibrating")
    found = calibrate({name: errors_of(materials, Clip(animal, name), folder) for name in clips})
    write_npz(path, found.to_arrays())
    return found


def calibrates(settings: ReconstructionSettings) -> bool:
    """Return whether a spread found with these settings is the one that is calibrated.

    Likelihood, the prior's weight, cuts and the camera decide how wide the posterior is; draws only how well that is
    known.
    """
    deciding = attrgetter("method", "weight", "likelihood", "find_cuts")
    alike = deciding(settings) == deciding(SETTINGS) and not settings.follow
    return settings.calibrated and settings.draws > 0 and alike


def calibration_trials(materials: Materials, animal: str, folder: Path) -> list[str]:
    """Return trials of different movies: those the encoder was validated on, then those it was trained on.

    Validation movies are few, and training movies as varied as those asked for; an encoder that has learned their
    noise by heart would make intervals too narrow, which is why both are taken. Evenly chosen of each kind.
    """
    recording = materials.recordings[animal]
    held_out = _different(recording, validation_trials(recording, folder))
    chosen = _spread(held_out, VALIDATION)
    shown = {movie_digest(recording, name) for name in held_out}
    taught = [name for name in training_trials(recording, folder) if recording.has_responses(name)]
    taught = [name for name in _different(recording, taught) if movie_digest(recording, name) not in shown]
    return [*chosen, *_spread(taught, CLIPS - len(chosen))]


def _different(recording: SensoriumRecording, trials: Sequence[str]) -> list[str]:
    """Return the first trial of each movie."""
    firsts: dict[str, str] = {}
    for name in trials:
        firsts.setdefault(movie_digest(recording, name), name)
    return list(firsts.values())


def _spread(names: Sequence[str], most: int) -> list[str]:
    places = np.linspace(0, len(names) - 1, min(most, len(names))).round().astype(int)
    return [names[place] for place in places]


def errors_of(materials: Materials, clip: Clip, folder: Path) -> Errors:
    """Return the standard errors of the beginning of a clip, reconstructed with one encoder."""
    job = Job(excerpt(materials, clip, FRAMES), (folder,), SETTINGS)
    solver: Solver[Any] = job.settings.solver()
    found = reconstruct(problem_of(job, materials), solver, device=materials.device)
    assert found.spread is not None
    mask = materials.masks[clip.animal]
    scored = slice(frames_to_skip(len(found.movie)), None)
    truth = job.clip.read(materials).movie
    region = scored_region(mask)
    return standard_errors(found.movie[scored], truth[scored], found.spread[scored], region)
