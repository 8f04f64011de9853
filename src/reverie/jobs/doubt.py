"""How far a movie may be off, and where the responses said anything: made honest before it is written down."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from reverie.fitted.assuming import own_prior
from reverie.fitted.materials import Materials
from reverie.foundation.arrays import Mask, Movie
from reverie.inversion.information import evidence_map
from reverie.inversion.methods.map import MapSolver
from reverie.inversion.problem import Reconstruction
from reverie.jobs.calibrating import calibrates, own_calibration
from reverie.jobs.job import Job
from reverie.jobs.settings import ReconstructionSettings
from reverie.scoring.calibration import LEVELS, Calibration, Reaches


@dataclass(frozen=True)
class Doubt:
    """What is known of how wrong the results of a trial's jobs may be.

    results: with honest spreads where they could be calibrated. reaches: half the width of the 50, 80 and 95 %
    intervals in units of such a spread, None without a calibration. evidence: (height, width), what share of the
    prior's variance the responses took away, None where no posterior was drawn from. notes: for the page.
    """

    results: Sequence[Reconstruction]
    reaches: Reaches | None = None
    evidence: Mask | None = None
    notes: tuple[str, ...] = ()

    def arrays(self, spread: Movie | None) -> dict[str, Float[np.ndarray, "..."]]:
        """Return what is kept beside the movie, by name; spread: of the results averaged."""
        kept = {"spread": spread, "reaches": self.reaches, "evidence": self.evidence}
        return {name: array for name, array in kept.items() if array is not None}


def doubt_of(
    jobs: Sequence[Job], results: Sequence[Reconstruction], materials: Materials, settings: ReconstructionSettings
) -> Doubt:
    """Calibrate the spreads of a trial's results, and map what the responses said.

    Raises ReverieError when a file kept beside an encoder is damaged.
    """
    if settings.method != "map" or settings.draws == 0:
        return Doubt(results, notes=() if len(results) < 2 else (OVER_MODELS,))
    animal = jobs[0].clip.animal
    evidence = np.mean([_evidence(job, result, materials) for job, result in zip(jobs, results, strict=True)], axis=0)
    kept = [own_calibration(materials, animal, job.encoders[0]) for job in jobs] if calibrates(settings) else [None]
    calibrations = [calibration for calibration in kept if calibration is not None]
    if len(calibrations) < len(jobs):
        return Doubt(results, None, evidence, (UNCALIBRATED,))
    honest = [_widened(result, its.factor) for result, its in zip(results, calibrations, strict=True)]
    reaches = np.mean([calibration.reaches for calibration in calibrations], axis=0)
    single = len(jobs) == 1 and len(jobs[0].encoders) == 1 and not jobs[0].together
    notes = (_sentence(calibrations[0], jobs[0].clip.name), *(() if single else (OF_SINGLES,)))
    return Doubt(honest, reaches, evidence, notes)


OVER_MODELS = (
    "The spread is the standard deviation over the models' movies: how far they are apart, not from the truth."
)
UNCALIBRATED = (
    "The spread is one standard deviation of movies drawn from the posterior; it trusts the encoder and the "
    "prior, and was not calibrated against true movies."
)
OF_SINGLES = "The calibration is that of single trials explained by single encoders; here several are joined."


def _evidence(job: Job, result: Reconstruction, materials: Materials) -> Mask:
    assert result.spread is not None
    prior = own_prior(materials.recordings[job.clip.animal], job.encoders[0])
    return evidence_map(result.movie, result.spread, prior, MapSolver().softness)


def _widened(result: Reconstruction, factor: float) -> Reconstruction:
    assert result.spread is not None
    return replace(result, spread=np.asarray(result.spread * factor, dtype=np.float32))


def _sentence(calibration: Calibration, trial: str) -> str:
    """Say what the spread is, and how often the truth lay within it."""
    levels = ", ".join(f"{100 * level:g}" for level in LEVELS)
    found, before, reaches = (
        ", ".join(form.format(value) for value in values)
        for form, values in (
            ("{:.0f}", 100 * calibration.coverage),
            ("{:.0f}", 100 * calibration.uncalibrated),
            ("{:.2f}", calibration.reaches),
        )
    )
    among = ", this trial among them" if trial in calibration.clips else ""
    return (
        f"The spread is that of movies drawn from the posterior times {calibration.factor:.2f}, so that 68 % of the "
        f"true pixels lie within one spread. On {len(calibration.clips)} validation and training clips{among}, each "
        f"judged by what the others taught, {found} % of the true pixels lay inside the {levels} % intervals ({before} "
        f"% without calibration), which reach {reaches} spreads to either side."
    )
