"""Which of pupil and running were recorded, and in which trials the gaps are too long."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from reverie.foundation.arrays import PUPIL, RUNNING, STATE_NAMES
from reverie.recordings.behaviour_checks import lost_pupil_note, lost_size, without_lost_pupil, wrapped_running_note
from reverie.recordings.facts import TrialFacts
from reverie.recordings.gaps import LONGEST_BRIDGED, longest_gap, measured
from reverie.recordings.source import Source
from reverie.recordings.usability import Usable

ABSENT_SHARE = 0.5
"""Share of trials above which a signal that cannot be used in them counts as not recorded."""


def check_signals(source: Source, usable: Usable, facts: Mapping[str, TrialFacts]) -> None:
    """Find which of pupil and running were recorded; trials with a long gap in one that was are left out."""
    facts = _without_lost_pupils(source.name, usable, facts)
    limit = LONGEST_BRIDGED * source.frame_rate
    absent, constant = [], []
    for signal in STATE_NAMES:
        gaps = {name: _gap(facts[name], signal, span.frames) for name, span in usable.spans.items()}
        broken = {name: gap for name, gap in gaps.items() if gap > limit}
        if len(broken) > ABSENT_SHARE * max(len(gaps), 1):
            absent.append(signal)
        elif _is_constant(signal, usable, facts):
            constant.append(signal)
        else:
            _leave_out_gaps(signal, broken, usable, facts, source.frame_rate)
            for name in [name for name in gaps if name not in broken]:
                if gaps[name]:
                    usable.note(name, f"gaps of up to {LONGEST_BRIDGED:g} s in {signal} are bridged by straight lines")
    usable.signals = tuple(signal for signal in STATE_NAMES if signal not in (*absent, *constant))
    usable.notes += _why_absent(source.name, absent, facts)
    if RUNNING in usable.signals:
        usable.notes += filter(None, [wrapped_running_note(source.name, _rows_of(RUNNING, usable, facts))])
    for signals, how in ((absent, "not recorded"), (constant, "constant, which counts as not recorded")):
        if signals:
            usable.notes.append(f"{source.name}: {', '.join(signals)} {how}; encoders are trained without.")


def _rows_of(signal: str, usable: Usable, facts: Mapping[str, TrialFacts]) -> list[np.ndarray]:
    """Return a signal in each usable trial that has it."""
    rows = {name: facts[name].rows.get(signal) for name in usable.spans}
    return [row[: usable.spans[name].frames] for name, row in rows.items() if row is not None]


def _without_lost_pupils(animal: str, usable: Usable, facts: Mapping[str, TrialFacts]) -> Mapping[str, TrialFacts]:
    """Return the facts with NaN for size and position of pupils that were lost but have a size that no pupil has."""
    sizes = _rows_of(PUPIL, usable, facts)
    usable.lost_pupil = lost = lost_size(sizes)
    if lost is None:
        return facts
    usable.notes.append(lost_pupil_note(animal, sizes, lost))
    return {name: replace(fact, rows=without_lost_pupil(fact.rows, lost)) for name, fact in facts.items()}


def _why_absent(animal: str, absent: Sequence[str], facts: Mapping[str, TrialFacts]) -> list[str]:
    """Return why signals that are in the files count as not recorded, one sentence per cause."""
    causes: dict[str, list[str]] = {}
    for signal in absent:
        reasons = [fact.broken_signals[signal] for fact in facts.values() if signal in fact.broken_signals]
        if len(reasons) > ABSENT_SHARE * len(facts):
            causes.setdefault(reasons[0], []).append(signal)
    return [f"{', '.join(signals)} of {animal} cannot be used: {reason}" for reason, signals in causes.items()]


def _leave_out_gaps(
    signal: str, broken: Mapping[str, float], usable: Usable, facts: Mapping[str, TrialFacts], frame_rate: float
) -> None:
    for name, gap in broken.items():
        length = "throughout" if np.isinf(gap) else f"for {gap / frame_rate:.1f} s in one piece"
        missing = f"{signal} is missing {length}, and at most {LONGEST_BRIDGED:g} s is bridged."
        usable.leave_out(name, facts[name].broken_signals.get(signal, missing))


def _is_constant(signal: str, usable: Usable, facts: Mapping[str, TrialFacts]) -> bool:
    """Return whether a signal has the same value in all trials."""
    sound = np.concatenate([np.zeros(0), *(row[measured(row)] for row in _rows_of(signal, usable, facts))])
    return not sound.size or bool(np.ptp(sound) == 0)


def _gap(facts: TrialFacts, signal: str, frames: int) -> float:
    """Return the longest gap of a signal in frames; infinite where nothing was measured."""
    row = facts.rows.get(signal)
    return np.inf if row is None or not measured(row[:frames]).any() else float(longest_gap(row[:frames]))
