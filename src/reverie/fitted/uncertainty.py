"""Uncertainty of a reconstruction: its calibrated standard deviation and intervals, and sentences about them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from reverie.fitted.fitted import Fitted
from reverie.fitted.parts import calibrates
from reverie.fitted.solving import plan_of
from reverie.foundation.arrays import Mask
from reverie.inversion.methods.combined import Combined
from reverie.inversion.methods.map import Map
from reverie.inversion.methods.registry import Method
from reverie.inversion.solution import Solution
from reverie.inversion.uncertainty import information_map
from reverie.recordings.trial import Trial
from reverie.scoring.calibration import LEVELS, Calibration, HalfWidths

OVER_MODELS = (
    "The standard deviation is that over the models' movies: how far they are from one another, not from the truth."
)
UNCALIBRATED = (
    "The standard deviation is that of movies drawn from the posterior; it relies on encoder and prior, and was "
    "not calibrated against true movies."
)
DRAWN = "The standard deviation is that of movies drawn from the posterior, times {:.2f}"
LEARNED = "The standard deviation is learned from errors"
WITHOUT_ERRORS = (
    "{} has too few clips with known movies to learn errors from, so its reconstructions have no standard deviation."
)
OF_DEFAULTS = "It was learned with the default settings of the method; here others were used."
OF_SINGLES = "The calibration is that of single trials explained by single encoders; here several are joined."


@dataclass(frozen=True)
class Uncertainty:
    """Solutions with calibrated standard deviations where possible, and what else is known about their errors."""

    solutions: Sequence[Solution]
    half_widths: HalfWidths | None = None
    information: Mask | None = None
    notes: tuple[str, ...] = ()


def uncertainty_of(
    solutions: Sequence[Solution], fits: Sequence[Fitted], method: Method, trial: Trial, joined: bool
) -> Uncertainty:
    """Return the solutions of a trial with calibrated standard deviations, where possible, and sentences about them.

    Parameters
    ----------
    joined
        Whether one solution explains responses of several trials, or of several encoders, together.
    """
    if any(solution.std is None for solution in solutions):
        notes = (*without_errors(fits, method), *((OVER_MODELS,) if len(solutions) > 1 else ()))
        return Uncertainty(solutions, notes=notes)
    information = np.mean([information_of(*each) for each in zip(solutions, fits, strict=False)], axis=0)
    kept = [calibration_of(fitted, method) for fitted in fits[: len(solutions)]]
    calibrations = [calibration for calibration in kept if calibration is not None]
    if len(calibrations) < len(solutions):
        return Uncertainty(solutions, None, information, (UNCALIBRATED,))
    half_widths = np.mean([calibration.half_widths for calibration in calibrations], axis=0)
    notes = (_sentence(calibrations[0], method, trial.name), *_caveats(fits[0], method, joined or len(solutions) > 1))
    # Learned errors need no scaling.
    scaled = solutions if isinstance(method, Combined) else list(map(_scaled, solutions, calibrations))
    return Uncertainty(scaled, half_widths, information, notes)


def without_errors(fits: Iterable[Fitted], method: Method) -> tuple[str, ...]:
    """Return a sentence for each animal whose errors could not be learned: its movies have no standard deviation."""
    if not isinstance(method, Combined) or not method.calibrated:
        return ()
    animals = dict.fromkeys(fitted.subject.animal for fitted in fits if fitted.errors is None)
    return tuple(map(WITHOUT_ERRORS.format, animals))


def _caveats(fitted: Fitted, method: Method, joined: bool) -> tuple[str, ...]:
    """Return sentences on how the movie differs from those that the calibration was learned from."""
    differs = isinstance(method, Combined) and not amounts_to_default(fitted, method)
    return (*((OF_SINGLES,) if joined else ()), *((OF_DEFAULTS,) if differs else ()))


def information_of(solution: Solution, fitted: Fitted) -> Mask:
    """Return the information at each pixel, (height, width), of a solution with a standard deviation."""
    if solution.information is not None:
        return solution.information
    assert solution.std is not None
    return information_map(solution.movie, solution.std, fitted.prior, Map().softness)


def _scaled(solution: Solution, calibration: Calibration) -> Solution:
    assert solution.std is not None
    return replace(solution, std=np.asarray(solution.std * calibration.factor, dtype=np.float32))


def _sentence(calibration: Calibration, method: Method, trial: str) -> str:
    """Return a sentence on what the standard deviation is, and how often the truth lay within it."""
    levels = ", ".join(f"{100 * level:g}" for level in LEVELS)
    found = ", ".join(f"{100 * share:.0f}" for share in calibration.coverage)
    before = ", ".join(f"{100 * share:.0f}" for share in calibration.uncalibrated)
    half_widths = ", ".join(f"{width:.2f}" for width in calibration.half_widths)
    among = " (this trial among them)" if trial in calibration.clips else ""
    what = LEARNED if isinstance(method, Combined) else DRAWN.format(calibration.factor)
    return (
        f"{what}, so that 68 % of the true pixels of {len(calibration.clips)} validation and training clips{among} lie "
        f"within one. In each clip, when it was left out, the {levels} % intervals held {found} % of the true pixels "
        f"({before} % without calibration); they reach {half_widths} standard deviations to either side."
    )


def calibration_of(fitted: Fitted, method: Method) -> Calibration | None:
    """Return the calibration that belongs to a method's standard deviation, None where there is none."""
    if isinstance(method, Combined):
        return fitted.errors.calibration if method.calibrated and fitted.errors else None
    return fitted.calibration if calibrates(method) else None


def amounts_to_default(fitted: Fitted, method: Combined) -> bool:
    """Return whether these settings amount to the default ones, for which errors were learned."""
    default = replace(method, follow=None, find_cuts=True)
    return method.map_share is None and plan_of(method, fitted) == plan_of(default, fitted)
