"""Measuring on validation trials how to weigh the most probable movie and that of ridge regression."""

from collections.abc import Iterable
from typing import Final

from reverie.fitted.fitted import Fitted
from reverie.fitted.problems import SHORT, beginning_of, problem_of_trial
from reverie.foundation.progress import tracked
from reverie.inversion.methods.combined import Combined, Moments, Weights, choose_weights
from reverie.inversion.solve import solve
from reverie.recordings.opening import responses_of
from reverie.recordings.usability import ResponseKind
from reverie.scoring.rule import frames_to_skip, scored_region

CLIPS: Final = 6
"""Validation clips that are reconstructed, at most, evenly chosen."""


def fit_weights(fitted: Fitted) -> Weights:
    """Reconstruct beginnings of validation trials with each likelihood tried, and choose what comes nearest to them.

    Only trials count that neither encoder nor ridge learned from, inside the evaluation mask.
    """
    subject = fitted.subject
    names = subject.trials(subject.validation, CLIPS).places
    region, method = scored_region(fitted.mask), Combined(draws=0)
    kinds = candidates(fitted.likelihood.kinds, subject.recording.response_kind)
    measured: dict[str, list[Moments]] = {name: [] for name in kinds}
    for name in tracked(names, len(names), "weighing map and ridge"):
        trial = beginning_of(subject.recording.trial(name), SHORT)
        if trial.movie is None:
            continue
        scored = slice(frames_to_skip(trial.frames), None)
        linear = fitted.ridge.decode(responses_of(subject.animal, trial))[scored][:, region]
        for kind, moments in measured.items():
            search = method.search(kind)
            found = solve(problem_of_trial(fitted, trial, search), search, device=subject.device)
            moments.append(Moments.of(found.movie[scored][:, region], linear, trial.movie[scored][:, region]))
    return choose_weights(measured)


def candidates(kinds: Iterable[str], responses: ResponseKind) -> list[str]:
    """Return the likelihoods that are tried, the usual one first.

    >>> candidates(["sizes", "events", "both"], "counts"), candidates(["sizes", "traces"], "traces")
    (['both', 'sizes', 'events'], ['sizes', 'traces'])
    """
    names = list(kinds)
    if "both" not in names:
        return names
    # Of amounts, their sizes alone were always less than both (docs/log/map.md); of counts nothing is known beforehand.
    return ["both", "sizes", "events"] if responses == "counts" else ["both", "events"]
