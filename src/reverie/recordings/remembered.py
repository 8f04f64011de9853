"""The options that a recording was read with, as an encoder trained on it remembers them."""

from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from reverie.foundation.requests import with_options
from reverie.recordings.reading import Reading, with_absolute_paths

OPTIONS = fields(Reading)
"""The options that there are."""

NEURON = "neuron:"
"""Marks neurons among what is left out. Only these are remembered: movies are often made of the very trials and animals
that were left out of a training."""

MOVED = ("movie", "frames_table", "leave_out")
"""Options that may differ although a recording is read in the same way: files are moved, and more is left out."""

BEHAVIOUR = ("running", "pupil", "gaze")
"""Options that may name files, which are moved as well."""

RESPONSES = ("responses", "rate", "frame_rate", "leave_out")
"""Options on which the responses depend that a recording is known by."""


def remembered(reading: Reading) -> dict[str, Any]:
    """Return the options that differ from their defaults, ready for JSON.

    >>> remembered(Reading(frame_rate=60.0, leave_out=("trial:3", "neuron:7")))
    {'frame_rate': 60.0, 'leave_out': ['neuron:7']}
    """
    read = with_absolute_paths(reading)
    neurons = tuple(item for item in read.leave_out if NEURON in item)
    return {name: _as_json(value) for name, value in _given(replace(read, leave_out=neurons)).items()}


def as_remembered(given: Reading, options: Mapping[str, Any]) -> Reading:
    """Return a reading with what is remembered for all options that are not given; what is left out adds up.

    An option that is given as nothing, even of what is left out, is taken at its default. Raises ReverieError when a
    remembered option is unknown or impossible.

    >>> as_remembered(Reading(trial_seconds=5.0), {"trial_seconds": 4.0, "frame_rate": 60.0}).trial_seconds
    5.0
    >>> from reverie.recordings.reading import stating
    >>> as_remembered(stating(Reading(), ["trial_seconds"]), {"trial_seconds": 4.0}).trial_seconds
    10.0
    """
    chosen = {name: _from_json(name, value) for name, value in taken(given, options).items()}
    left_out = tuple(dict.fromkeys((*chosen.get("leave_out", ()), *given.leave_out)))
    return with_options(Reading(), {**chosen, **_given(given), "leave_out": left_out}, "A reading")


def taken(given: Reading, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of the remembered options that are not given; what is left out is, unless nothing is to be.

    >>> taken(Reading(trial_seconds=5.0), {"trial_seconds": 4.0, "frame_rate": 60.0})
    {'frame_rate': 60.0}
    """
    settled = _given(given).keys() | given.stated
    adds_up = bool(given.leave_out) or "leave_out" not in settled
    return {name: options[name] for name in options if name not in settled or (name == "leave_out" and adds_up)}


def as_known(reading: Reading, options: Mapping[str, Any]) -> Reading:
    """Return a reading with the responses that are remembered: read otherwise, the same recording looks like another.

    >>> as_known(Reading(trial_seconds=5.0, frame_rate=15.0), {"frame_rate": 60.0}).frame_rate
    60.0
    """
    then = as_remembered(Reading(), options)
    return replace(reading, **{name: getattr(then, name) for name in RESPONSES})


def deciding(reading: Reading) -> str:
    """Return, as the command line takes them, the options that decide what a trial of a name is.

    >>> deciding(Reading(trial_seconds=4.0, leave_out=("trial:3",)))
    '--trial-seconds 4'
    """
    free = (*MOVED, *BEHAVIOUR)
    return in_words({name: value for name, value in remembered(reading).items() if name not in free})


def differing(reading: Reading, options: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return the options by which a reading differs from what is remembered: (remembered, now), ready for JSON.

    >>> differing(Reading(trial_seconds=5.0), {"frame_rate": 60.0})
    {'frame_rate': (60.0, None), 'trial_seconds': (10.0, 5.0)}
    """
    then, now = as_remembered(Reading(), options), reading
    pairs = {one.name: (_as_json(getattr(then, one.name)), _as_json(getattr(now, one.name))) for one in OPTIONS}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1] and name not in MOVED}


def in_words(options: Mapping[str, Any]) -> str:
    """Return options as the command line takes them.

    >>> in_words({"frame_rate": 60.0, "leave_out": ["neuron:7", "neuron:9"]})
    '--frame-rate 60 --leave-out neuron:7 neuron:9'
    >>> in_words({"frame_rate": None})
    'no --frame-rate'
    """
    flags = {name: f"--{name.replace('_', '-')}" for name in options}
    return " ".join(
        f"no {flags[name]}" if value is None else f"{flags[name]} {_words(value)}" for name, value in options.items()
    )


def _words(value: Any) -> str:  # noqa: ANN401 - whatever JSON holds
    if isinstance(value, list):
        return " ".join(map(_words, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _given(reading: Reading) -> dict[str, Any]:
    """Return the options that differ from their defaults."""
    values = {one.name: (getattr(reading, one.name), one.default) for one in OPTIONS}
    return {name: value for name, (value, default) in values.items() if value != default}


def _from_json(name: str, value: Any) -> Any:  # noqa: ANN401 - whatever an option holds
    if name == "frames_table":
        return Path(value)
    return tuple(value) if isinstance(value, list) else value


def _as_json(value: Any) -> Any:  # noqa: ANN401 - whatever an option holds
    if isinstance(value, tuple):
        return list(value)
    return value if isinstance(value, float | None) else str(value)
