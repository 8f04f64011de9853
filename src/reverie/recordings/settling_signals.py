"""Deciding what can be used of a recording: which of pupil and running were recorded, and where they have gaps."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from reverie.foundation.arrays import STATE_NAMES
from reverie.recordings.facts import TrialFacts
from reverie.recordings.gaps import LONGEST_BRIDGED, longest_gap, measured
from reverie.recordings.source import Source
from reverie.recordings.usability import Usable

ABSENT_SHARE: Final = 0.5
"""A signal that cannot be used in more than this share of the trials counts as not recorded."""


def settle_signals(source: Source, usable: Usable, facts: Mapping[str, TrialFacts]) -> None:
    """Find which of pupil and running were recorded; trials with a long gap in one that was are left out."""
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
                    usable.tell(name, f"gaps of up to {LONGEST_BRIDGED:g} s in {signal} are bridged by straight lines")
    problems = [fact.broken_signals for fact in facts.values() if fact.broken_signals is not None]
    if absent and len(problems) > ABSENT_SHARE * len(facts):
        usable.notes.append(f"The behaviour of {source.name} cannot be read: {problems[0]}")
    usable.signals = tuple(signal for signal in STATE_NAMES if signal not in (*absent, *constant))
    for signals, how in ((absent, "not recorded"), (constant, "constant, which counts as not recorded")):
        if signals:
            usable.notes.append(f"{source.name}: {', '.join(signals)} {how}; encoders are trained without.")


def _leave_out_gaps(
    signal: str, broken: Mapping[str, float], usable: Usable, facts: Mapping[str, TrialFacts], frame_rate: float
) -> None:
    for name, gap in broken.items():
        length = "throughout" if np.isinf(gap) else f"for {gap / frame_rate:.1f} s in one piece"
        missing = f"{signal} is missing {length}, and at most {LONGEST_BRIDGED:g} s is bridged."
        usable.leave_out(name, facts[name].broken_signals or missing)


def _is_constant(signal: str, usable: Usable, facts: Mapping[str, TrialFacts]) -> bool:
    """Tell whether a signal has one value in all trials."""
    low, high = np.inf, -np.inf
    for name, span in usable.spans.items():
        if signal in facts[name].rows:
            row = facts[name].rows[signal][: span.frames]
            sound = row[measured(row)]
            low, high = min(low, float(sound.min(initial=np.inf))), max(high, float(sound.max(initial=-np.inf)))
    return low >= high


def _gap(facts: TrialFacts, signal: str, frames: int) -> float:
    """Return the longest gap of a signal in frames; without end where there is nothing else."""
    row = facts.rows.get(signal)
    return np.inf if row is None or not measured(row[:frames]).any() else float(longest_gap(row[:frames]))
