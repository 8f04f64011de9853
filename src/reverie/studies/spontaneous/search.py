"""Searching activity for every stretch of every clip, and how often chance gives a match as strong."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from reverie.foundation.errors import NotApplicable
from reverie.foundation.progress import tracked
from reverie.studies.spontaneous.surrogates import KINDS, Activity, Kind, amplitude_adjusted, shared_part, surrogate
from reverie.studies.spontaneous.templates import Template, departures_of, log_ratio, significance

TAIL_QUANTILE = 0.9
"""Quantile of the surrogates' maxima above which their tail is modelled as exponential (Pickands 1975)."""

MOST_CANDIDATES = 50
"""Largest number of candidates that are reported."""

LEAST_MAXIMA = 20
"""Smallest number of maxima that a tail is fitted to."""


@dataclass(frozen=True)
class StrongestMatches:
    """The strongest match at each start (start,): its z, and the number of its template."""

    z: Float[np.ndarray, " start"]
    template: Int[np.ndarray, " start"]


def search(activity: Sequence[Activity], templates: Sequence[Template]) -> list[StrongestMatches]:
    """Return, for each trial, the strongest match at each start (in samples); all templates must be equally long."""
    found = []
    for one in activity:
        starts = max(one.shape[1] - templates[0].ratio.shape[1] + 1, 0)
        best = StrongestMatches(np.full(starts, -np.inf), np.zeros(starts, dtype=int))
        departures = departures_of(one)
        for number, template in enumerate(templates):
            z = significance(one, departures, template)
            better = z > best.z
            best.z[better], best.template[better] = z[better], number
        found.append(best)
    return found


@dataclass(frozen=True)
class FalseAlarms:
    """Number of matches per hour of surrogates that exceed a threshold z: rate · exp(−(z − beyond) / scale)."""

    rate: float
    beyond: float
    scale: float

    def per_hour(self, z: float) -> float:
        """Return the false alarms per hour at a threshold; below the tail, only its rate is known: a lower bound."""
        return self.rate * float(np.exp(-max(z - self.beyond, 0.0) / self.scale))

    def threshold(self, alarms: float) -> float:
        """Return the threshold z that gives this many false alarms per hour."""
        return self.beyond + self.scale * float(np.log(max(self.rate / alarms, 1.0)))


def fit_false_alarms(maxima: Float[np.ndarray, " block"], hours: float) -> FalseAlarms:
    """Fit the rate of false alarms to the maxima of blocks of surrogate activity, which lasts this many hours in all.

    Raises NotApplicable when there are too few maxima.
    """
    if len(maxima) < LEAST_MAXIMA:
        raise NotApplicable(
            f"{len(maxima)} blocks of surrogate activity are too few to estimate rare false alarms; give more "
            "trials or surrogates."
        )
    beyond = float(np.quantile(maxima, TAIL_QUANTILE))
    above = maxima[maxima > beyond] - beyond
    return FalseAlarms(len(above) / hours, beyond, max(float(above.mean()), 1e-6) if len(above) else 1e-6)


def surrogate_maxima(
    activity: Sequence[Activity], templates: Sequence[Template], kind: Kind, *, count: int, factors: int, seed: int
) -> Float[np.ndarray, " block"]:
    """Return the strongest match in each block of ``count`` surrogates of all trials.

    A block is about two templates long, so that hardly any match is counted twice.
    """
    joined = np.concatenate(list(activity), axis=1)
    ends = np.cumsum([one.shape[1] for one in activity])[:-1]
    shared = shared_part(joined, factors)
    generator = np.random.default_rng([seed, KINDS.index(kind)])
    maxima = []
    for _ in tracked(range(count), count, f"surrogates, {kind}"):
        # A surrogate may be negative; sums over neurons must be of event counts, so it gets the recorded ones back.
        events = amplitude_adjusted(surrogate(joined, shared, kind, generator), joined)
        drawn = np.split(events, ends, axis=1)
        for best in search(drawn, templates):
            maxima += block_maxima(best.z, 2 * templates[0].ratio.shape[1])
    return np.array(maxima)


def block_maxima(z: Float[np.ndarray, " start"], block: int) -> list[float]:
    """Return the largest value of each block."""
    return [float(z[begin : begin + block].max()) for begin in range(0, len(z), block)]


def candidates(
    activity: Sequence[Activity],
    best: Sequence[StrongestMatches],
    names: Sequence[str],
    templates: Sequence[Template],
    alarms: FalseAlarms,
    seconds: float,
) -> pd.DataFrame:
    """Return the strongest matches that do not overlap, the strongest first.

    Columns: trial, seconds (where the match begins), clip, clip_seconds (where its stretch of the clip begins), speed,
    contrast, log_likelihood_ratio, z, false_alarms_per_hour (of matches at least as strong, anywhere).

    Parameters
    ----------
    seconds
        Duration of a sample.
    """
    length = templates[0].ratio.shape[1]
    left = [one.z.copy() for one in best]
    rows: list[dict[str, object]] = []
    while len(rows) < MOST_CANDIDATES and any(len(z) and z.max() > -np.inf for z in left):
        trial = int(np.argmax([z.max() if len(z) else -np.inf for z in left]))
        start = int(left[trial].argmax())
        z, template = float(left[trial][start]), templates[int(best[trial].template[start])]
        rows.append(
            {
                "trial": names[trial],
                "seconds": start * seconds,
                "clip": template.clip,
                "clip_seconds": template.first,
                "speed": template.speed,
                "contrast": template.contrast,
                "log_likelihood_ratio": float(log_ratio(activity[trial][:, start : start + length], template)[0]),
                "z": z,
                "false_alarms_per_hour": alarms.per_hour(z),
            }
        )
        left[trial][max(0, start - length + 1) : start + length] = -np.inf
    return pd.DataFrame(rows)
