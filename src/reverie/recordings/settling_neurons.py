"""Deciding what can be used of a recording: its neurons, and what kind of responses they have."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from reverie.foundation.errors import ReverieError
from reverie.recordings.facts import ResponseFacts, TrialFacts
from reverie.recordings.leaving_out import omissions, some
from reverie.recordings.reading import Reading
from reverie.recordings.source import Source
from reverie.recordings.tiers import TEST_TIERS, understood
from reverie.recordings.usability import ResponseKind, Usable

MOST_LOST: Final = 0.5
"""Where more than this share of the neurons is lost in a trial, the trial is lost, and not the neurons."""

LOST_SHARE: Final = 0.05
"""A neuron that was lost in more than this share of the trials is left out; else the trials are."""


def settle_neurons(source: Source, reading: Reading, usable: Usable, facts: Mapping[str, TrialFacts]) -> None:
    """Find which neurons can be used, and what kind of responses they have."""
    recorded = {name: fact.responses for name, fact in facts.items() if name in usable.recorded and fact.responses}
    _set_silent_tests_aside(source, usable, recorded)
    if not recorded:
        usable.neurons = source.listed_neurons() or 0
        return
    usable.neurons = Counter(fact.rows for fact in recorded.values()).most_common(1)[0][0]
    for name, fact in recorded.items():
        if fact.rows != usable.neurons:
            usable.leave_out(
                name,
                f"{fact.place} holds {fact.rows} neurons but most of the recording's trials have {usable.neurons}; "
                "every trial must hold the same neurons.",
            )
    unfit = _lost_neurons(source, usable, [f.lost for name, f in recorded.items() if name in usable.recorded])
    asked = omissions(reading.leave_out, source.name).neurons
    unfit |= {row for row in asked if row < usable.neurons}
    if asked - unfit:
        usable.notes.append(f"{source.name} has no neuron {some(map(str, sorted(asked - unfit)))} to leave out.")
    if len(unfit) >= usable.neurons:
        raise ReverieError(f"{source.place} holds no neuron whose responses are all numbers; check how it was made.")
    if unfit:
        usable.kept = np.array([row for row in range(usable.neurons) if row not in unfit])
    for name in sorted(usable.recorded):
        if hurt := set(np.flatnonzero(recorded[name].lost).tolist()) - unfit:
            all_hurt = len(hurt) == usable.neurons - len(unfit)
            where = "all" if all_hurt else f"{len(hurt)} of {usable.neurons}"
            why = ", as where the recording had not begun or was over" if all_hurt else ""
            usable.leave_out(
                name,
                f"{recorded[name].place} holds NaN, infinity or a number beyond 1e15 inside the trial, "
                f"in {where} neurons{why}.",
            )
    left = [fact for name, fact in recorded.items() if name in usable.recorded]
    usable.kind = _kind(left)
    if usable.kind == "traces":
        lowest = [fact.lowest for fact in left if fact.lowest.size == usable.neurons]
        usable.floor = np.min(lowest, axis=0) if lowest else np.full(usable.neurons, min(fact.low for fact in left))
        usable.notes.append(
            f"The responses of {source.name} go below 0, as traces do: each neuron's lowest value counts as 0, since "
            "rates are never negative."
        )


def _set_silent_tests_aside(source: Source, usable: Usable, recorded: Mapping[str, ResponseFacts]) -> None:
    """Count test trials without any response as not recorded: some releases fill what they hold back with zeros."""
    tiers = {name: understood(word) for name, word in source.tiers().items()}
    for name, fact in recorded.items():
        if fact.silent and tiers.get(name) in TEST_TIERS:
            usable.tell(name, "all responses to this test trial are 0, so that it counts as one without responses")
            usable.recorded.discard(name)


def _kind(recorded: Sequence[ResponseFacts]) -> ResponseKind:
    if any(fact.low < 0 for fact in recorded):
        return "traces"
    return "counts" if recorded and all(fact.whole for fact in recorded) else "events"


def _lost_neurons(source: Source, usable: Usable, lost: Sequence[np.ndarray]) -> set[int]:
    """Return the neurons that were lost in too many trials, after those whose neurons were all looked at."""
    seen = [mask for mask in lost if mask.size == usable.neurons and mask.mean() < MOST_LOST]
    if not seen:
        return set()
    times = np.sum(seen, axis=0)
    unfit = np.flatnonzero(times > max(1, LOST_SHARE * len(seen)))
    if len(unfit):
        usable.notes.append(
            f"{len(unfit)} of {usable.neurons} neurons of {source.name} are NaN in many trials, and are left out of "
            f"everything: {some(map(str, unfit))} (numbers from 0)."
        )
    return set(unfit.tolist())
