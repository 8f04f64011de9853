"""Facts about each trial, gathered before anything is decided: shapes, lengths, gaps, and a sample of the values."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from reverie.foundation.errors import ReverieError, reading_foreign
from reverie.recordings.gaps import measured
from reverie.recordings.source import Footage, Series, Source, read_signal


@dataclass(frozen=True)
class SeriesFacts:
    """One array of rows over time."""

    place: str
    """Where it lies."""
    rows: int
    """How many rows it has."""
    stored: int
    """Its length as stored."""
    frames: int
    """Its length without padding."""
    marked: bool
    """Whether padding can be distinguished from values."""


@dataclass(frozen=True)
class ResponseFacts(SeriesFacts):
    """The responses to one trial."""

    lost: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=bool))
    """Rows, among the sampled ones, that hold a value before the padding that was not measured."""
    low: float = 0.0
    """The lowest of the sampled values."""
    whole: bool = False
    """Whether all sampled values are whole numbers."""
    silent: bool = False
    """Whether the sample holds measured values, and all of them are 0."""
    active: int = 0
    """Number of sampled values that are not 0."""
    lowest: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.float32))
    """The lowest value of each row, where all rows were sampled."""


@dataclass(frozen=True)
class TrialFacts:
    """One trial; what it lacks is None or absent."""

    name: str
    footage: Footage | None
    responses: ResponseFacts | None
    signals: Mapping[str, SeriesFacts]
    rows: Mapping[str, np.ndarray]
    broken_signals: Mapping[str, str] = field(default_factory=dict)
    """Why signals that are there cannot be used, by name."""

    def without(self, signals: Iterable[str]) -> "TrialFacts":
        """Return the same without some of the signals."""
        dropped = set(signals)
        kept = {signal: part for signal, part in self.signals.items() if signal not in dropped}
        return replace(self, signals=kept, rows={signal: self.rows[signal] for signal in kept})


def facts_of(source: Source, name: str, thorough: bool) -> TrialFacts:
    """Look at one trial; raises ReverieError when one of its files is broken, or it has neither movie nor responses."""
    footage, responses = source.movie(name), source.responses(name)
    signals: dict[str, SeriesFacts] = {}
    rows: dict[str, np.ndarray] = {}
    broken: dict[str, str] = {}
    for key, offered in source.signals(name).items():
        try:
            part = read_signal(offered)
            with reading_foreign(part.place):
                require_numbers(part, 1)
                rows[key] = np.asarray(part.read(0, part.shape[-1]), dtype=np.float32)[0]
                signals[key] = _series(part)
        except ReverieError as error:
            broken[key] = str(error)
    if footage is None and responses is None:
        raise ReverieError(f"Trial {name} of {source.place} has neither a movie nor responses; there is nothing in it.")
    return TrialFacts(
        name,
        _checked(footage),
        None if responses is None else _responses(responses, thorough),
        signals,
        {key: rows[key] for key in signals},
        broken,
    )


def require_numbers(series: Series, rows: int | None = None) -> None:
    """Raise ReverieError unless an array holds numbers in rows over time, and some of them."""
    require_number_type(series.dtype, series.place)
    if len(series.shape) != 2 or (rows is not None and series.shape[0] != rows):
        wanted = "(neuron, time)" if rows is None else f"({rows}, time)"
        raise ReverieError(f"{series.place} has the shape {tuple(series.shape)}, where {wanted} was expected.")
    if 0 in series.shape:
        empty = ("neuron count", "number of frames")[series.shape.index(0)]
        raise ReverieError(f"{series.place} has the shape {tuple(series.shape)}: its {empty} is zero.")


def require_number_type(dtype: np.dtype[Any], place: str) -> None:
    """Raise ReverieError unless values are real numbers or true/false."""
    if dtype.kind not in "fiub":
        raise ReverieError(f"{place} holds {dtype_in_words(dtype)} where numbers were expected; write it as float32.")


def dtype_in_words(dtype: np.dtype[Any]) -> str:
    """Say in words what an array holds that is not numbers."""
    names = {"U": "text", "S": "text", "c": "complex numbers", "M": "dates", "m": "durations", "O": "Python objects"}
    return names.get(dtype.kind, f"values of type {dtype}")


def _checked(footage: Footage | None) -> Footage | None:
    if footage is not None:
        require_number_type(np.dtype(footage.values.dtype), footage.place)
        if 0 in footage.values.shape:
            raise ReverieError(f"{footage.place} has the shape {tuple(footage.values.shape)}: there is nothing in it.")
    return footage


def _series(part: Series) -> SeriesFacts:
    return SeriesFacts(part.place, part.shape[0], part.shape[-1], part.length(), part.marks_padding)


def _responses(part: Series, thorough: bool) -> ResponseFacts | None:
    """Look at responses; None where they are padding only, which is how some releases hold them back."""
    require_numbers(part)
    facts = _series(part)
    if facts.frames == 0:
        return None
    values = np.asarray(part.read(0, facts.frames) if thorough else part.sample())
    with np.errstate(over="ignore"):
        values = values[:, : facts.frames].astype(np.float32)
    known = measured(values)
    sound = values[known]
    return ResponseFacts(
        **vars(facts),
        lost=np.any(~known, axis=1) if len(values) == facts.rows else np.zeros(0, dtype=bool),
        lowest=np.where(known, values, np.inf).min(axis=1) if len(values) == facts.rows else values[:0, 0],
        low=float(sound.min(initial=0.0)),
        whole=bool((sound == np.rint(sound)).all()),
        silent=bool(sound.size) and not sound.any(),
        active=int(np.count_nonzero(sound)),
    )
