"""Deciding what can be used of a recording: the order of the movies' axes, their size, and what their values mean."""

import math
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from reverie.foundation.arrays import WHITE
from reverie.foundation.errors import ReverieError, counted
from reverie.recordings.facts import TrialFacts
from reverie.recordings.footage import USUAL_AXES, infer_axes, picture_size, read_pictures, stored_frames, target_size
from reverie.recordings.grey_scale import OVERSHOOT, GreyScale, grey_scale, is_deep
from reverie.recordings.reading import Reading
from reverie.recordings.source import Footage, Source
from reverie.recordings.spans import Span
from reverie.recordings.usability import Usable

GREY_TRIALS = 24
"""Number of movies, evenly chosen, from whose first, middle and last frames the unit of grey levels is inferred."""

EXAMINED_BYTES = 2**28
"""Bytes of all movies together up to which each of them is looked at."""

BLOCK = 64
"""Frames of a movie that are read at once where all of it is looked at."""

WHOLE_MOVIES = 3
"""Number of movies that are looked at in full where all sampled frames are of one grey."""

ALMOST_ALL = 0.9
"""Share of movies of real numbers within black and white from which on the others are not grey levels."""

RINGING = 64.0
"""Grey levels by which single movies may exceed black and white, as after sharpening or resampling, beside others that
do not."""

FULL_BITS = 16
"""Bit depth of files with more than 8 bits; a lower depth is inferred from the brightness of movies."""

SIZE_TOLERANCE = 0.03
"""Largest relative difference between sizes on the screen that averaging down to whole pixels can cause."""

LEAST_CONTRAST = 0.2
"""Where other movies of the recording hold grey levels, values in 0-1 are shares of white if they differ by more than
this; those of an almost dark screen, or of a filter's ringing, differ by less."""


class ValueRange(NamedTuple):
    """The lowest and the highest of some values of a movie, and their type."""

    low: float
    high: float
    dtype: np.dtype[Any]

    @property
    def is_grey(self) -> bool:
        """Whether the values are grey levels, and no shares of white."""
        return self.low >= -OVERSHOOT and OVERSHOOT < self.high <= WHITE + OVERSHOOT


def check_movies(source: Source, reading: Reading, usable: Usable, facts: Mapping[str, TrialFacts]) -> None:
    """Find the order of axes and the frame size; movies that differ are left out."""
    shown = {name: fact.footage for name, fact in facts.items() if fact.footage is not None}
    if not shown:
        return
    usable.axes = _axes(source, reading, usable, shown, facts)
    sizes: dict[str, tuple[int, int]] = {}
    for name, footage in shown.items():
        with usable.leaving_out(name, footage.place):
            _require_axes(footage, usable.axes)
            sizes[name] = picture_size(footage, usable.axes)
    if not sizes:
        return
    usable.frame_size = Counter(sizes.values()).most_common(1)[0][0]
    if usable.frame_size[0] > usable.frame_size[1]:
        usable.notes.append(
            f"The pictures of {source.name} are higher than wide ({usable.frame_size[0]} x {usable.frame_size[1]} "
            "pixels); if they lie on their side, say how with --movie-axes, such as time-width-height."
        )
    usable.averaged = next(shown[name].averaged for name, size in sizes.items() if size == usable.frame_size)
    for name, size in sizes.items():
        if size != usable.frame_size and not _same_on_screen(size, shown[name].averaged, usable, reading):
            usable.leave_out(
                name,
                f"{shown[name].place} has frames of {size[0]} x {size[1]} pixels but most of the recording's movies "
                f"have {usable.frame_size[0]} x {usable.frame_size[1]}; all must have one frame size.",
            )


def _same_on_screen(size: tuple[int, int], averaged: float, usable: Usable, reading: Reading) -> bool:
    """Return whether pictures of another stored size had the usual size on the screen, and are averaged to the same.

    Videos are averaged down as they are decoded, arrays when they are read.
    """
    usual = usable.frame_size
    assert usual is not None
    shown = [averaged * have / (usable.averaged * most) for have, most in zip(size, usual, strict=True)]
    same = target_size(size, reading.frame_size) == target_size(usual, reading.frame_size)
    return same and all(abs(ratio - 1) < SIZE_TOLERANCE for ratio in shown)


def _require_axes(footage: Footage, axes: str) -> None:
    """Raise ReverieError when the axes of a movie have another order than those of most movies of the recording."""
    if footage.axes not in ("auto", axes):
        raise ReverieError(
            f"{footage.place} has the axes ({footage.axes}) but most of the recording's movies have ({axes}); write it "
            "like these."
        )


def _axes(
    source: Source, reading: Reading, usable: Usable, shown: Mapping[str, Footage], facts: Mapping[str, TrialFacts]
) -> str:
    footages = list(shown.values())
    (stored, _), *_ = Counter(footage.axes for footage in footages).most_common(1)
    if stored != "auto":
        return stored  # decoding determines a video's axes, whatever the order given for arrays
    if reading.axes != "auto":
        return reading.axes
    lengths = [
        {length for part in (fact.responses, *fact.signals.values()) if part for length in (part.frames, part.stored)}
        for fact in (facts[name] for name in shown)
    ]
    shapes = [tuple(footage.values.shape) for footage in footages]
    axes = infer_axes(shapes, lengths, footages[0].place)
    if axes != USUAL_AXES:
        usable.notes.append(
            f"The movies of {source.name} are laid out ({axes.replace(',', ', ')}), judging by their shape."
        )
    if "channel" in axes:
        count = shapes[0][axes.split(",").index("channel")]
        rule = "0.299 red + 0.587 green + 0.114 blue" if count in (3, 4) else "the mean"
        channels = counted(count, "colour channel")
        usable.notes.append(f"The movies of {source.name} have {channels}, made grey: {rule}.")
    return axes


def check_grey_levels(usable: Usable, facts: Mapping[str, TrialFacts]) -> None:
    """Infer the unit of the movies from a few of them, and separately that of integers of more than 8 bits."""
    every = {name: facts[name].footage for name in usable.spans if name in usable.shown}
    shown = {name: footage for name, footage in every.items() if footage is not None}
    deep = {name: footage for name, footage in shown.items() if is_deep(np.dtype(footage.values.dtype))}
    if (scale := _deep_scale(deep, usable)) is not None:
        usable.deep = scale
        shown = _without(shown, deep)
    seen = _ranges(_some_of(shown) if _is_large(shown.values()) else shown, usable)
    if seen and min(one.low for one in seen.values()) >= max(one.high for one in seen.values()):
        # As where movies begin and end with a grey screen, and show one in between.
        seen |= _ranges({name: shown[name] for name in [*seen][:WHOLE_MOVIES]}, usable, whole=True)
    if len(set(_units(seen).values())) > 1:
        seen |= _ranges(_without(shown, seen), usable)
        _leave_out_other_units(seen, usable, shown)
    usable.grey = _scale_of([one for name, one in seen.items() if name in usable.spans])


def _without(shown: Mapping[str, Footage], others: Container[str]) -> dict[str, Footage]:
    return {name: footage for name, footage in shown.items() if name not in others}


def _is_large(shown: Iterable[Footage]) -> bool:
    """Return whether movies are too large to look at each of them, or of a type that tells their unit anyway."""
    values = [footage.values for footage in shown]
    real = [one for one in values if np.dtype(one.dtype).kind == "f"]
    return not real or sum(math.prod(one.shape) * np.dtype(one.dtype).itemsize for one in values) > EXAMINED_BYTES


def _deep_scale(shown: Mapping[str, Footage], usable: Usable) -> GreyScale | None:
    """Return the scale of movies of integers of more than 8 bits, None where none exceeds 255.

    Where the sampled ones need fewer than 16 bits, all movies are examined, as one may be brighter.
    """
    seen = _ranges(_some_of(shown), usable)
    scale = _scale_of([*seen.values()])
    if scale.bits is not None and scale.bits < FULL_BITS:
        seen |= _ranges(_without(shown, seen), usable)
        scale = _scale_of([*seen.values()])
    return scale if any(one.high > WHITE for one in seen.values()) else None


def _some_of(shown: Mapping[str, Footage]) -> dict[str, Footage]:
    return {name: shown[name] for name in [*shown][:: max(1, -(-len(shown) // GREY_TRIALS))]}


def _scale_of(ranges: Sequence[ValueRange]) -> GreyScale:
    """Return the scale of movies, given their ranges and types; that of almost all, where these are grey levels."""
    if _are_grey_levels(ranges):
        ranges = [one for one in ranges if one.is_grey]
    low, high = min((one.low for one in ranges), default=np.inf), max((one.high for one in ranges), default=-np.inf)
    return grey_scale(low, high, np.result_type(*(one.dtype for one in ranges))) if high >= low else GreyScale()


def _ranges(shown: Mapping[str, Footage], usable: Usable, *, whole: bool = False) -> dict[str, ValueRange]:
    """Return the range of each movie, see ``_range``; those that cannot be read are left out."""
    found = {}
    for name, footage in shown.items():
        if name in usable.spans:
            with usable.leaving_out(name, footage.place):
                found[name] = _range(footage, usable.spans[name], usable.axes, whole=whole)
    return found


def _range(footage: Footage, span: Span, axes: str, *, whole: bool) -> ValueRange:
    """Return the range of a movie; unless all of it is asked for, its first, middle and last frame stand for it."""
    last = min(span.skipped + span.frames, stored_frames(footage, axes)) - 1
    low, high = np.inf, -np.inf
    few = sorted({span.skipped, (span.skipped + last) // 2, last})
    for frame in range(span.skipped, last + 1, BLOCK) if whole else few:
        until = min(frame + BLOCK, last + 1) if whole else frame + 1
        pictures = read_pictures(footage, axes, frame, until)
        sound = pictures[np.isfinite(pictures)]
        low, high = min(low, float(sound.min(initial=np.inf))), max(high, float(sound.max(initial=-np.inf)))
    return ValueRange(low, high, np.dtype(footage.values.dtype))


def _units(seen: Mapping[str, ValueRange]) -> dict[str, str]:
    """Return the unit of each movie whose values allow only one: grey levels, shares of white, or neither.

    Values beyond black and white count as neither only if other movies are 8-bit integers, whose unit is certain, or
    almost all others are within; then single ones may ring.
    """
    whole = any(one.dtype.kind in "iu" for one in seen.values())
    beyond = OVERSHOOT if whole else RINGING if _are_grey_levels([*seen.values()]) else np.inf
    units = {name: _unit(one, beyond) for name, one in seen.items()}
    return {name: unit for name, unit in units.items() if unit is not None}


def _are_grey_levels(ranges: Sequence[ValueRange]) -> bool:
    """Return whether almost all movies lie within black and white, and are not shares of white."""
    return sum(one.is_grey for one in ranges) >= ALMOST_ALL * len(ranges)


def _unit(values: ValueRange, beyond: float) -> str | None:
    low, high, dtype = values
    if dtype.kind == "f" and (low < -beyond or high > WHITE + beyond):
        return "no grey levels"
    if high > OVERSHOOT:
        return "grey levels"
    shares = dtype.kind == "b" or (dtype.kind == "f" and low >= 0 and high <= 1 and high - low > LEAST_CONTRAST)
    return "shares of white" if shares else None


def _leave_out_other_units(seen: Mapping[str, ValueRange], usable: Usable, shown: Mapping[str, Footage]) -> None:
    """Leave out movies whose values have another unit than those of most."""
    units = _units(seen)
    usual = Counter(units.values()).most_common(1)[0][0]
    for name, unit in units.items():
        if unit != usual:
            usable.leave_out(
                name,
                f"{shown[name].place} has values of {seen[name].low:.4g} to {seen[name].high:.4g}, {unit}, but most of "
                f"the recording's movies hold {usual}; all must have one unit.",
            )
