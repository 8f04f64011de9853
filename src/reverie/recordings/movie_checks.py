"""Deciding what can be used of a recording: the order of the movies' axes, their size, and what their values mean."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from reverie.foundation.arrays import WHITE
from reverie.foundation.errors import ReverieError, reading_foreign
from reverie.recordings.facts import TrialFacts
from reverie.recordings.footage import USUAL_AXES, infer_axes, picture_size, read_pictures, stored_frames, target_size
from reverie.recordings.grey_scale import OVERSHOOT, GreyScale, grey_scale, is_deep
from reverie.recordings.reading import Reading
from reverie.recordings.source import Footage, Source
from reverie.recordings.usability import Usable

GREY_TRIALS: Final = 24
"""Number of movies, evenly chosen, from whose first, middle and last frames the unit of grey levels is inferred."""

SMALL: Final = 2**28
"""Bytes of all movies together up to which each of them is looked at."""

BLOCK: Final = 64
"""Frames of a movie that are read at once where all of it is looked at."""

WHOLE_MOVIES: Final = 3
"""Number of movies that are looked at in full where all sampled frames are of one grey."""

ALMOST_ALL: Final = 0.9
"""Share of movies of real numbers within black and white from which on the others are no grey levels."""

RINGING: Final = 64.0
"""Grey levels by which single movies may exceed black and white, as after sharpening or resampling, beside others that
do not."""

FULL: Final = 16
"""Bit depth of files with more than 8 bits; a lower depth is inferred from the brightness of movies."""

ROUNDED: Final = 0.03
"""Largest relative difference between sizes on the screen that averaging down to whole pixels can cause."""

LEAST_CONTRAST: Final = 0.2
"""Where other movies of the recording hold grey levels, values in 0-1 are shares of white if they differ by more than
this; those of an almost dark screen, or of a filter's ringing, differ by less."""


def check_movies(source: Source, reading: Reading, usable: Usable, facts: Mapping[str, TrialFacts]) -> None:
    """Find the order of axes and the frame size; movies that differ are left out."""
    shown = {name: fact for name, fact in facts.items() if fact.footage is not None}
    if not shown:
        return
    usable.axes = _axes(source, reading, usable, shown)
    sizes: dict[str, tuple[int, int]] = {}
    for name, fact in shown.items():
        assert fact.footage is not None
        try:
            _require_axes(fact.footage, usable.axes)
            sizes[name] = picture_size(fact.footage, usable.axes)
        except ReverieError as error:
            usable.leave_out(name, str(error))
    if not sizes:
        return
    usable.frame_size = Counter(sizes.values()).most_common(1)[0][0]
    if usable.frame_size[0] > usable.frame_size[1]:
        usable.notes.append(
            f"The pictures of {source.name} are higher than wide ({usable.frame_size[0]} x {usable.frame_size[1]} "
            "pixels); if they lie on their side, say how with --movie-axes, such as time-width-height."
        )
    footages = {name: fact.footage for name, fact in shown.items() if fact.footage is not None}
    usable.averaged = next(footages[name].averaged for name, size in sizes.items() if size == usable.frame_size)
    for name, size in sizes.items():
        footage = footages[name]
        if size != usable.frame_size and not _alike(size, footage.averaged, usable, reading):
            usable.leave_out(
                name,
                f"{footage.place} has frames of {size[0]} x {size[1]} pixels but most of the recording's movies have "
                f"{usable.frame_size[0]} x {usable.frame_size[1]}; all must have one frame size.",
            )


def _alike(size: tuple[int, int], averaged: float, usable: Usable, reading: Reading) -> bool:
    """Return whether pictures of another stored size had the usual size on the screen, and are averaged to the same.

    Videos are averaged down as they are decoded, arrays when they are read.
    """
    usual = usable.frame_size
    assert usual is not None
    shown = [averaged * have / (usable.averaged * most) for have, most in zip(size, usual, strict=True)]
    same = target_size(size, reading.frame_size) == target_size(usual, reading.frame_size)
    return same and all(abs(ratio - 1) < ROUNDED for ratio in shown)


def _require_axes(footage: Footage, axes: str) -> None:
    """Raise ReverieError when the axes of a movie have another order than those of most movies of the recording."""
    if footage.axes not in ("auto", axes):
        raise ReverieError(
            f"{footage.place} is laid ({footage.axes}) but most of the recording's movies are laid ({axes}); write it "
            "like these."
        )


def _axes(source: Source, reading: Reading, usable: Usable, shown: Mapping[str, TrialFacts]) -> str:
    footages = [fact.footage for fact in shown.values() if fact.footage is not None]
    (stored, _), *_ = Counter(footage.axes for footage in footages).most_common(1)
    if stored != "auto":
        return stored  # decoding determines a video's axes, whatever the order given for arrays
    if reading.axes != "auto":
        return reading.axes
    lengths = [
        {length for part in (fact.responses, *fact.signals.values()) if part for length in (part.frames, part.stored)}
        for fact in shown.values()
    ]
    shapes = [tuple(footage.values.shape) for footage in footages]
    axes = infer_axes(shapes, lengths, footages[0].place)
    if axes != USUAL_AXES:
        usable.notes.append(f"The movies of {source.name} are laid ({axes.replace(',', ', ')}), told by their shape.")
    if "channel" in axes:
        count = shapes[0][axes.split(",").index("channel")]
        rule = "0.299 red + 0.587 green + 0.114 blue" if count in (3, 4) else "their mean"
        usable.notes.append(f"The movies of {source.name} have {count} colour channels, made grey: {rule}.")
    return axes


def check_grey_levels(usable: Usable, facts: Mapping[str, TrialFacts]) -> None:
    """Infer the unit of the movies from a few of them, and separately that of integers of more than 8 bits."""
    names = [name for name in usable.spans if name in usable.shown]
    deep = [name for name in names if (footage := facts[name].footage) and is_deep(np.dtype(footage.values.dtype))]
    if (scale := _deep_scale(deep, usable, facts)) is not None:
        usable.deep = scale
        names = [name for name in names if name not in set(deep)]
    seen = _ranges(_some_of(names) if _is_large(names, facts) else names, usable, facts)
    if seen and min(one[0] for one in seen.values()) >= max(one[1] for one in seen.values()):
        # As where movies begin and end with a grey screen, and show one in between.
        seen |= _ranges([*seen][:WHOLE_MOVIES], usable, facts, whole=True)
    if len(set(_units(seen).values())) > 1:
        seen |= _ranges([name for name in names if name not in seen and name in usable.spans], usable, facts)
        _leave_out_other_units(seen, usable, facts)
    usable.grey = _scale_of([one for name, one in seen.items() if name in usable.spans])


def _is_large(names: Sequence[str], facts: Mapping[str, TrialFacts]) -> bool:
    """Return whether movies are too large to look at each of them, or of a type that tells their unit anyway."""
    values = [footage.values for name in names if (footage := facts[name].footage) is not None]
    real = [one for one in values if np.dtype(one.dtype).kind == "f"]
    return not real or sum(math.prod(one.shape) * np.dtype(one.dtype).itemsize for one in values) > SMALL


def _deep_scale(names: Sequence[str], usable: Usable, facts: Mapping[str, TrialFacts]) -> GreyScale | None:
    """Return the scale of movies of integers of more than 8 bits, None where none exceeds 255.

    Where the sampled ones need fewer than 16 bits, all movies are examined, as one may be brighter.
    """
    seen = _ranges(_some_of(names), usable, facts)
    scale = _scale_of([*seen.values()])
    if scale.bits is not None and scale.bits < FULL:
        seen |= _ranges([name for name in names if name not in seen and name in usable.spans], usable, facts)
        scale = _scale_of([*seen.values()])
    return scale if any(high > WHITE for _, high, _ in seen.values()) else None


def _some_of(names: Sequence[str]) -> Sequence[str]:
    return names[:: max(1, -(-len(names) // GREY_TRIALS))]


def _scale_of(ranges: Sequence[tuple[float, float, np.dtype[Any]]]) -> GreyScale:
    """Return the scale of movies, given their ranges and types; that of almost all, where these are grey levels."""
    if _are_grey_levels(ranges):
        ranges = [one for one in ranges if _is_grey(*one[:2])]
    low, high = min((one[0] for one in ranges), default=np.inf), max((one[1] for one in ranges), default=-np.inf)
    return grey_scale(low, high, np.result_type(*(one[2] for one in ranges))) if high >= low else GreyScale()


def _ranges(
    names: Sequence[str], usable: Usable, facts: Mapping[str, TrialFacts], *, whole: bool = False
) -> dict[str, tuple[float, float, np.dtype[Any]]]:
    """Return the range of each movie, see ``_range``; those that cannot be read are left out."""
    found = {}
    for name in names:
        footage = facts[name].footage
        try:
            with reading_foreign(f"Trial {name}" if footage is None else footage.place):
                found[name] = _range(name, usable, facts, whole=whole)
        except ReverieError as error:
            usable.leave_out(name, str(error))
    return found


def _range(
    name: str, usable: Usable, facts: Mapping[str, TrialFacts], *, whole: bool
) -> tuple[float, float, np.dtype[Any]]:
    """Return the lowest and the highest value of a movie, and its type.

    Unless the whole movie is asked for, its first, its middle and its last frame stand for it.
    """
    footage, span = facts[name].footage, usable.spans[name]
    assert footage is not None
    last = min(span.skipped + span.frames, stored_frames(footage, usable.axes)) - 1
    low, high = np.inf, -np.inf
    few = sorted({span.skipped, (span.skipped + last) // 2, last})
    for frame in range(span.skipped, last + 1, BLOCK) if whole else few:
        until = min(frame + BLOCK, last + 1) if whole else frame + 1
        pictures = read_pictures(footage, usable.axes, frame, until)
        sound = pictures[np.isfinite(pictures)]
        low, high = min(low, float(sound.min(initial=np.inf))), max(high, float(sound.max(initial=-np.inf)))
    return low, high, np.dtype(footage.values.dtype)


def _units(seen: Mapping[str, tuple[float, float, np.dtype[Any]]]) -> dict[str, str]:
    """Return the unit of each movie whose values allow only one: grey levels, shares of white, or neither.

    Values beyond black and white count as neither only if other movies are 8-bit integers, whose unit is certain, or
    almost all others are within; then single ones may ring.
    """
    whole = any(dtype.kind in "iu" for _, _, dtype in seen.values())
    beyond = OVERSHOOT if whole else RINGING if _are_grey_levels([*seen.values()]) else np.inf
    units = {name: _unit(*one, beyond=beyond) for name, one in seen.items()}
    return {name: unit for name, unit in units.items() if unit is not None}


def _are_grey_levels(ranges: Sequence[tuple[float, float, np.dtype[Any]]]) -> bool:
    """Return whether almost all movies lie within black and white, and are no shares of white."""
    return sum(_is_grey(low, high) for low, high, _ in ranges) >= ALMOST_ALL * len(ranges)


def _is_grey(low: float, high: float) -> bool:
    return low >= -OVERSHOOT and OVERSHOOT < high <= WHITE + OVERSHOOT


def _unit(low: float, high: float, dtype: np.dtype[Any], *, beyond: float) -> str | None:
    if dtype.kind == "f" and (low < -beyond or high > WHITE + beyond):
        return "no grey levels"
    if high > OVERSHOOT:
        return "grey levels"
    if dtype.kind == "b":
        return "shares of white"
    return "shares of white" if dtype.kind == "f" and low >= 0 and high <= 1 and high - low > LEAST_CONTRAST else None


def _leave_out_other_units(
    seen: Mapping[str, tuple[float, float, np.dtype[Any]]], usable: Usable, facts: Mapping[str, TrialFacts]
) -> None:
    """Leave out movies whose values have another unit than those of most."""
    units = _units(seen)
    usual = Counter(units.values()).most_common(1)[0][0]
    for name, unit in units.items():
        if unit != usual:
            footage, (low, high, _) = facts[name].footage, seen[name]
            assert footage is not None
            usable.leave_out(
                name,
                f"{footage.place} has values of {low:.4g} to {high:.4g}, {unit}, but most of the recording's movies "
                f"hold {usual}; all must have one unit.",
            )
