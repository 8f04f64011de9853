"""How long a trial is where its arrays differ in length."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from reverie.foundation.errors import ReverieError, counted
from reverie.recordings.facts import SeriesFacts, TrialFacts
from reverie.recordings.footage import read_pictures, stored_frames

FEW_FRAMES = 3
"""Number of frames by which a trial's arrays may differ in length: a dropped frame, a surplus pulse at the end."""

SMALL_SHARE = 0.1
"""Share of a trial by which its arrays may also differ, if NaN marks the frames that were not recorded."""

LEAST_FRAMES = 2
"""Least number of frames of a trial; with fewer nothing moves."""


@dataclass(frozen=True)
class Span:
    """The part of a trial that all of its arrays have."""

    frames: int
    """How many frames it lasts."""
    skipped: int = 0
    """Frames at the start of the movie that are not part of it."""
    note: str | None = None
    """What was cut, in words; None where nothing was."""


def fitting_together(facts: TrialFacts, axes: str) -> tuple[TrialFacts, Span]:
    """Return a trial without the signals whose lengths do not fit movie and responses, and the common part of the rest.

    Each signal is judged by itself; one that does not fit is then listed among the broken ones. Raises ReverieError
    when movie and responses do not fit each other.
    """
    try:
        return facts, span_of(facts, axes)
    except ReverieError:
        span_of(facts.without(facts.signals), axes)
    broken = dict(facts.broken_signals)
    for signal in facts.signals:
        try:
            span_of(facts.without(set(facts.signals) - {signal}), axes)
        except ReverieError as error:
            broken[signal] = str(error)
    fitting = replace(facts.without(broken), broken_signals=broken)
    return fitting, span_of(fitting, axes)


def span_of(facts: TrialFacts, axes: str) -> Span:
    """Return the part of a trial that all of its arrays have.

    Raises ReverieError naming two files when they differ by more than a few frames, or when there is only padding.
    """
    movie = None if facts.footage is None else _movie_facts(facts, axes)
    arrays = [part for part in (movie, facts.responses) if part is not None]
    for part in arrays:
        if part.frames == 0:
            raise ReverieError(f"{part.place} holds padding only, so the trial has no frames.")
    _require_upright(facts.responses, movie)
    frames = _agreed(arrays, list(facts.signals.values()))
    if frames < LEAST_FRAMES:
        raise ReverieError(f"{arrays[0].place} lasts {frames} frame; a trial needs at least {LEAST_FRAMES}.")
    return _cut(facts, movie, frames, axes)


def _require_upright(responses: SeriesFacts | None, movie: SeriesFacts | None) -> None:
    """Raise ReverieError when responses have a row per frame of the movie instead of a column per frame."""
    if responses is None or movie is None or responses.rows != movie.frames:
        return
    if abs(responses.frames - movie.frames) > max(FEW_FRAMES, int(SMALL_SHARE * movie.frames)):
        raise ReverieError(
            f"{responses.place} has the shape ({responses.rows}, {responses.stored}) beside a movie of "
            f"{movie.frames} frames, as if it were (time, neuron); write it as (neuron, time)."
        )


def _cut(facts: TrialFacts, movie: SeriesFacts | None, frames: int, axes: str) -> Span:
    """Say what is cut of the movie, or else of the responses."""
    surplus = 0 if movie is None else movie.frames - frames
    padding = movie is not None and not movie.marked and movie.stored in _padded_lengths(facts)
    if surplus == 1 and not padding and _first_frame_repeats(facts, axes):
        return Span(frames, 1, "the movie has 1 frame more than the rest; its first comes twice, and once is cut")
    if surplus > 0 and not padding:
        return Span(frames, 0, f"the movie has {counted(surplus, 'more frame')} than the rest, cut at its end")
    late = 0 if facts.responses is None else facts.responses.frames - frames
    if late > 0:
        return Span(frames, 0, f"the responses have {counted(late, 'more frame')} than the rest, cut")
    return Span(frames)


def _movie_facts(facts: TrialFacts, axes: str) -> SeriesFacts:
    """Return the facts of a movie, whose length is that of a few pixels from all over the picture."""
    footage = facts.footage
    assert footage is not None
    stored = stored_frames(footage, axes)
    dtype = np.dtype(footage.values.dtype)
    if dtype.kind != "f" or footage.frames is not None:
        return SeriesFacts(footage.place, 1, stored, stored, marked=footage.frames is not None)
    names, shape = axes.split(","), footage.values.shape
    steps = [
        slice(None) if name == "time" else slice(size // 8, None, max(1, size // 4))
        for name, size in zip(names, shape, strict=True)
    ]
    few = np.moveaxis(np.asarray(footage.values[tuple(steps)]), names.index("time"), 0).reshape(stored, -1)
    kept = np.flatnonzero(~np.isnan(few).all(axis=1))
    return SeriesFacts(footage.place, 1, stored, int(kept[-1]) + 1 if kept.size else 0, marked=True)


def _agreed(arrays: Sequence[SeriesFacts], signals: Sequence[SeriesFacts]) -> int:
    """Return the length that all arrays have; for signals, the stored one: their NaN at the end may be a blink."""
    marked = [part for part in arrays if part.marked]
    shortest = min(marked or [*arrays, *signals], key=lambda part: part.frames)
    frames = shortest.frames
    padded = {part.stored for part in [*arrays, *signals] if part.marked and part.stored > part.frames}
    for part in [*arrays, *signals]:
        low = part.stored if part in signals else part.frames
        # Of an array that is as long as padded ones, but is not padded with NaN, nobody knows where it ends.
        longest = frames if part.stored in padded and part.frames == part.stored else part.frames
        apart = max(frames - low, longest - frames)
        allowed = max(FEW_FRAMES, int(SMALL_SHARE * frames) if part.marked and shortest.marked else 0)
        if apart > allowed:
            raise ReverieError(
                f"{part.place} lasts {part.frames} frames but {shortest.place} lasts {shortest.frames}; "
                "the arrays of one trial must have the same length before their NaN padding."
            )
        frames = min(frames, low)
    return frames


def _padded_lengths(facts: TrialFacts) -> set[int]:
    parts = [*facts.signals.values(), *([] if facts.responses is None else [facts.responses])]
    return {part.stored for part in parts if part.marked and part.stored > part.frames}


def _first_frame_repeats(facts: TrialFacts, axes: str) -> bool:
    """Return whether the surplus frame repeats the first frame, rather than the last one."""
    assert facts.footage is not None
    length = stored_frames(facts.footage, axes)
    first = read_pictures(facts.footage, axes, 0, 2)
    last = read_pictures(facts.footage, axes, length - 2, length)
    return bool(np.array_equal(first[0], first[1])) and not bool(np.array_equal(last[0], last[1]))
