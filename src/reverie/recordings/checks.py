"""Deciding, once and before any work, which parts of a recording can be used; the rest is left out with a message."""

from collections import Counter
from collections.abc import Mapping, Sequence, Set

import numpy as np

from reverie.foundation.errors import ReverieError, some
from reverie.recordings.facts import ResponseFacts, TrialFacts, facts_of
from reverie.recordings.movie_checks import check_grey_levels, check_movies
from reverie.recordings.reading import Reading
from reverie.recordings.response_checks import padded_note, turned_note
from reverie.recordings.signal_checks import check_signals
from reverie.recordings.source import Source
from reverie.recordings.spans import fitting_together
from reverie.recordings.tiers import TEST_TIERS, standard_tier
from reverie.recordings.usability import LISTED_NAMES, Usable, matching_name, omissions

MOST_LOST = 0.5
"""Share of neurons lost in a trial above which the trial counts as lost, and not the neurons."""

LOST_SHARE = 0.05
"""Share of trials above which a neuron lost in them is left out; below it, the trials are left out."""

BUSY_RESPONSES = 100
"""Where most trials have more non-zero responses than this, a trial without any is not chance."""

LARGEST_READ_WHOLE = 50_000_000
"""Recordings with fewer responses than this (0.2 GB as float32) are read in full; larger ones are sampled."""

WHOLE_TRIALS = 3
"""Number of trials of larger recordings that are read in full, to find lost neurons."""


def check_neurons(source: Source, reading: Reading, usable: Usable, facts: Mapping[str, TrialFacts]) -> None:
    """Find which neurons can be used, and what kind of responses they have."""
    recorded = {name: fact.responses for name, fact in facts.items() if name in usable.recorded and fact.responses}
    _leave_out_silent_trials(source, usable, recorded)
    if not recorded:
        usable.neurons = source.listed_neurons() or 0
        return
    _agree_on_neurons(usable, recorded)
    unfit = _lost_neurons(source, usable, [f.lost for name, f in recorded.items() if name in usable.recorded])
    asked = omissions(reading.leave_out, source.name).neurons
    unfit |= {row for row in asked if row < usable.neurons}
    if asked - unfit:
        usable.notes.append(f"{source.name} has no neuron {some(map(str, sorted(asked - unfit)))} to leave out.")
    if len(unfit) >= usable.neurons:
        raise ReverieError(f"{source.place} holds no neuron whose responses are all numbers; check how it was made.")
    if unfit:
        usable.kept = np.array([row for row in range(usable.neurons) if row not in unfit])
    _leave_out_damaged_trials(usable, recorded, unfit)
    kept = {name: fact for name, fact in recorded.items() if name in usable.recorded}
    usable.notes += filter(None, (turned_note(source.name, source, kept), padded_note(source.name, source, kept)))
    _find_kind(source.name, usable, list(kept.values()))


def _agree_on_neurons(usable: Usable, recorded: Mapping[str, ResponseFacts]) -> None:
    """Find how many neurons most trials have, and leave out trials that have another number."""
    usable.neurons = Counter(fact.rows for fact in recorded.values()).most_common(1)[0][0]
    for name, fact in recorded.items():
        if fact.rows != usable.neurons:
            usable.leave_out(
                name,
                f"{fact.place} holds {fact.rows} neurons but most of the recording's trials have {usable.neurons}; "
                "every trial must hold the same neurons.",
            )


def _leave_out_damaged_trials(usable: Usable, recorded: Mapping[str, ResponseFacts], unfit: Set[int]) -> None:
    """Leave out trials in which a neuron that is used was not measured throughout."""
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


def _leave_out_silent_trials(source: Source, usable: Usable, recorded: Mapping[str, ResponseFacts]) -> None:
    """Count trials that no neuron responds to as not recorded, where that cannot be chance.

    Some releases replace withheld responses to test trials with zeros, and some pipelines lost ones.
    """
    tiers = {name: standard_tier(word) for name, word in source.tiers().items()}
    busy = bool(recorded) and np.median([fact.active for fact in recorded.values()]) >= BUSY_RESPONSES
    for name, fact in recorded.items():
        test = tiers.get(name) in TEST_TIERS
        if fact.silent and (test or busy):
            what = "this test trial" if test else "this trial, unlike to most,"
            usable.note(name, f"all responses to {what} are 0, so that it counts as one without responses")
            usable.recorded.discard(name)


def _find_kind(animal: str, usable: Usable, recorded: Sequence[ResponseFacts]) -> None:
    """Find what kind of responses they are, and what of traces counts as 0."""
    if all(fact.low >= 0 for fact in recorded):
        usable.kind = "counts" if recorded and all(fact.whole for fact in recorded) else "events"
        return
    usable.kind = "traces"
    lowest = [fact.lowest for fact in recorded if fact.lowest.size == usable.neurons]
    usable.floor = np.min(lowest, axis=0) if lowest else np.full(usable.neurons, min(fact.low for fact in recorded))
    usable.notes.append(
        f"The responses of {animal} go below 0, as traces do: each neuron's lowest value counts as 0, since rates are "
        "never negative."
    )


def _lost_neurons(source: Source, usable: Usable, lost: Sequence[np.ndarray]) -> set[int]:
    """Return the neurons that were lost in too many of the trials that were read in full."""
    whole = np.array([mask for mask in lost if mask.size == usable.neurons]).reshape(-1, usable.neurons)
    if not len(whole):
        return set()
    # Leave out a plane that was lost in most trials, however many neurons it has, rather than the trials.
    mostly = whole.mean(axis=0) > MOST_LOST
    mostly &= not mostly.all()
    seen = whole[whole[:, ~mostly].mean(axis=1) < MOST_LOST]
    unfit = np.flatnonzero(mostly | (seen.sum(axis=0) > max(1, LOST_SHARE * len(seen))))
    if len(unfit):
        usable.notes.append(
            f"{len(unfit)} of {usable.neurons} neurons of {source.name} are NaN in many trials, and are left out of "
            f"everything: {some(map(str, unfit), LISTED_NAMES)} (numbers from 0)."
        )
    return set(unfit.tolist())


def find_usable(source: Source, reading: Reading) -> Usable:
    """Examine every trial of a recording and decide what can be used.

    Raises ReverieError when no trial can be used, or a movie's shape does not determine the order of its axes.
    """
    usable = Usable(notes=list(source.notes))
    facts = _facts_of_trials(source, reading, usable)
    check_movies(source, reading, usable, facts)
    _check_spans(usable, facts)
    check_neurons(source, reading, usable, facts)
    check_signals(source, usable, facts)
    check_grey_levels(usable, facts)
    if not usable.spans:
        reason = next(iter(usable.left_out.values()), f"{source.place} holds no trials.")
        raise ReverieError(f"No trial of {source.name} can be used ({len(usable.left_out)} were tried): {reason}")
    usable.spans = {name: usable.spans[name] for name in source.trials if name in usable.spans}
    return usable


def _facts_of_trials(source: Source, reading: Reading, usable: Usable) -> dict[str, TrialFacts]:
    """Return the facts of each trial; broken ones are left out."""
    facts: dict[str, TrialFacts] = {}
    asked = omissions(reading.leave_out, source.name)
    unwanted = {name: matching_name(name, source.trials) for name in sorted(asked.trials)}
    usable.notes += [f"{source.name} has no trial {name!r} to leave out." for name, one in unwanted.items() if not one]
    thorough: bool | None = None
    whole = set(source.trials[:: max(1, len(source.trials) // WHOLE_TRIALS)])
    for name in source.trials:
        if name in unwanted.values():
            usable.leave_out(name, "left out as asked")
            continue
        with usable.leaving_out(name, f"Trial {name} of {source.place}"):
            if thorough is None and (responses := source.responses(name)) is not None:
                thorough = int(np.prod(responses.shape)) * len(source.trials) <= LARGEST_READ_WHOLE
            facts[name] = facts_of(source, name, bool(thorough) or name in whole)
    return facts


def _check_spans(usable: Usable, facts: dict[str, TrialFacts]) -> None:
    """Find the length of each trial, and leave out those whose arrays do not fit together."""
    for name, fact in facts.items():
        if name in usable.left_out:
            continue
        with usable.leaving_out(name, f"Trial {name}"):
            facts[name], span = fitting_together(fact, usable.axes)
            usable.spans[name] = span
            if fact.footage is not None:
                usable.shown.add(name)
            if fact.responses is not None:
                usable.recorded.add(name)
            if span.note:
                usable.note(name, span.note)
