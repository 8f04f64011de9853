"""What of a recording can be used, decided once, before any work: the rest is left out and said."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from reverie.foundation.errors import ReverieError, reading_foreign
from reverie.foundation.names import meant
from reverie.recordings.facts import TrialFacts, facts_of
from reverie.recordings.leaving_out import omissions
from reverie.recordings.reading import Reading
from reverie.recordings.settling_movies import settle_grey, settle_movies
from reverie.recordings.settling_neurons import settle_neurons
from reverie.recordings.settling_signals import settle_signals
from reverie.recordings.source import Source
from reverie.recordings.spans import span_of
from reverie.recordings.usability import Usable

LOOKED_THROUGH: Final = 50_000_000
"""Recordings with fewer responses than this (0.2 GB as float32) are looked through; larger ones are sampled."""

WHOLE_TRIALS: Final = 3
"""Of larger recordings, this many trials are looked through, to find neurons that were lost."""


def find_usable(source: Source, reading: Reading) -> Usable:
    """Look at every trial of a recording and decide what can be used.

    Raises ReverieError when no trial can, or the order of a movie's axes is left open by its shape.
    """
    usable = Usable(notes=list(source.notes))
    facts = _look(source, reading, usable)
    settle_movies(source, reading, usable, facts)
    _settle_spans(usable, facts)
    settle_neurons(source, reading, usable, facts)
    settle_signals(source, usable, facts)
    settle_grey(usable, facts)
    if not usable.spans:
        reason = next(iter(usable.left_out.values()), f"{source.place} holds no trials.")
        raise ReverieError(f"No trial of {source.name} can be used ({len(usable.left_out)} were tried): {reason}")
    usable.spans = {name: usable.spans[name] for name in source.trials if name in usable.spans}
    return usable


def _look(source: Source, reading: Reading, usable: Usable) -> dict[str, TrialFacts]:
    """Look at each trial; broken ones are left out."""
    facts: dict[str, TrialFacts] = {}
    asked = omissions(reading.leave_out, source.name)
    unwanted = {name: meant(name, source.trials) for name in sorted(asked.trials)}
    usable.notes += [f"{source.name} has no trial {name!r} to leave out." for name, one in unwanted.items() if not one]
    thorough: bool | None = None
    whole = set(source.trials[:: max(1, len(source.trials) // WHOLE_TRIALS)])
    for name in source.trials:
        if name in unwanted.values():
            usable.leave_out(name, "left out as asked")
            continue
        try:
            with reading_foreign(f"Trial {name} of {source.place}"):
                if thorough is None and (responses := source.responses(name)) is not None:
                    thorough = int(np.prod(responses.shape)) * len(source.trials) <= LOOKED_THROUGH
                facts[name] = facts_of(source, name, bool(thorough) or name in whole)
        except ReverieError as error:
            usable.leave_out(name, str(error))
    return facts


def _settle_spans(usable: Usable, facts: Mapping[str, TrialFacts]) -> None:
    """Find how long each trial is."""
    for name, fact in facts.items():
        if name in usable.left_out:
            continue
        try:
            with reading_foreign(f"Trial {name}"):
                span = span_of(fact, usable.axes)
        except ReverieError as error:
            usable.leave_out(name, str(error))
            continue
        usable.spans[name] = span
        if fact.footage is not None:
            usable.shown.add(name)
        if fact.responses is not None:
            usable.recorded.add(name)
        if span.note:
            usable.tell(name, span.note)
