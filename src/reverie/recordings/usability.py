"""Which parts of a recording can be used, filled in step by step, and what the user asked to leave out."""

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from reverie.foundation.arrays import STATE_NAMES
from reverie.foundation.errors import ReverieError, counted, reading_foreign, some
from reverie.recordings.footage import USUAL_AXES
from reverie.recordings.grey_scale import GreyScale, is_deep
from reverie.recordings.spans import Span

LISTED_NAMES = 6
"""Number of names that are listed; the others are counted."""

ASPECT_TOLERANCE = 0.1
"""Log change of the aspect ratio from which on a message mentions it; rounding to whole pixels causes less."""

ResponseKind = Literal["counts", "events", "traces"]
"""Kinds of responses: spike counts, amounts of events (never negative), and traces (which may be negative)."""


@dataclass(frozen=True)
class Omissions:
    """What the user asked to leave out of one animal."""

    trials: frozenset[str] = frozenset()
    neurons: frozenset[int] = frozenset()
    animal: bool = False


def omissions(asked: Sequence[str], animal: str) -> Omissions:
    """Return what the user asked to leave out of an animal.

    >>> omissions(("trial:3", "mouse2/neuron:7", "animal:mouse2"), "mouse1")
    Omissions(trials=frozenset({'3'}), neurons=frozenset(), animal=False)

    Raises ReverieError when an item is not of the form trial:NAME, neuron:NUMBER or animal:NAME.
    """
    trials, neurons, whole = set(), set(), False
    for text in asked:
        found = re.fullmatch(r"(?:(?P<animal>[^/]+)/)?(?P<kind>trial|neuron|animal):(?P<name>.+)", text.strip())
        if found is None or (found["kind"] == "neuron" and not found["name"].isdecimal()):
            raise ReverieError(
                f"{text!r} cannot be left out; write trial:NAME, neuron:NUMBER or animal:NAME, or ANIMAL/trial:NAME "
                "for one animal only."
            )
        if found["animal"] not in (None, animal):
            continue
        if found["kind"] == "trial":
            trials.add(found["name"])
        elif found["kind"] == "neuron":
            neurons.add(int(found["name"]))
        else:
            whole = whole or found["name"] == animal
    return Omissions(frozenset(trials), frozenset(neurons), whole)


def lines_by_cause(reasons: Mapping[str, str]) -> Iterator[str]:
    """Yield one line per cause, with its trials; reasons that differ only in names and numbers are one cause.

    >>> list(lines_by_cause({"2": "a/2.npy is cut short.", "5": "a/5.npy is cut short.", "7": "nothing in it"}))
    ['2 trials (2, 5): a/2.npy is cut short.', '1 trial (7): nothing in it']
    """
    causes: dict[str, list[str]] = {}
    for name, reason in reasons.items():
        causes.setdefault(re.sub(r"\d+", "#", reason), []).append(name)
    for names in causes.values():
        yield f"{counted(len(names), 'trial')} ({some(names, LISTED_NAMES)}): {reasons[names[0]]}"


def matching_name(name: str, names: Iterable[str]) -> str | None:
    """Return the name that a user means: exactly this one, or the only one that is the same number.

    >>> matching_name("007", ["6", "7"]), matching_name("7", ["007", "7"])
    ('7', '7')
    >>> matching_name("7", ["07", "007"]), matching_name("8", ["7"])
    (None, None)
    """
    known = list(names)
    if name in known:
        return name
    alike = [one for one in known if one.isdecimal() and name.isdecimal() and int(one) == int(name)]
    return alike[0] if len(alike) == 1 else None


@dataclass
class Usable:
    """What of a recording can be used, and what was found out about it."""

    spans: dict[str, Span] = field(default_factory=dict)
    """The trials that can be used, in recorded order, and the part of each that all of its arrays have."""
    recorded: set[str] = field(default_factory=set)
    """Those of them with responses."""
    shown: set[str] = field(default_factory=set)
    """Those of them that show a movie."""
    left_out: dict[str, str] = field(default_factory=dict)
    """Trials that cannot be used, each with the reason."""
    cut: dict[str, str] = field(default_factory=dict)
    """What was cut or bridged in a trial, in words."""
    notes: list[str] = field(default_factory=list)
    """What concerns the recording as a whole, in sentences."""
    axes: str = USUAL_AXES
    """The order of the axes of its movies."""
    frame_size: tuple[int, int] | None = None
    """Height and width of its movies as stored."""
    averaged: float = 1.0
    """Width of a stored pixel in pixels as shown."""
    grey: GreyScale = field(default_factory=GreyScale)
    """Scale that turns stored values into grey levels."""
    deep: GreyScale | None = None
    """Scale of integers of more than 8 bits that exceed 255; None where there are none."""
    neurons: int = 0
    """How many neurons its files hold."""
    kept: np.ndarray | None = None
    """Rows of the neurons that can be used, None for all."""
    signals: tuple[str, ...] = STATE_NAMES
    """Those of pupil and running that were recorded."""
    lost_pupil: float | None = None
    """The size that the pupil has where it was lost, None where its size is always one."""
    kind: ResponseKind = "events"
    """Kind of its responses."""
    floor: np.ndarray | None = None
    """What is subtracted from each neuron's responses in the files, None for nothing."""

    def scale(self, dtype: np.dtype) -> GreyScale:
        """Return the scale that turns stored values of a type into grey levels."""
        return self.deep if self.deep is not None and is_deep(dtype) else self.grey

    def full_name(self, animal: str, name: object) -> str:
        """Return the full name of one of the animal's trials; raises ReverieError when there is no usable one."""
        if isinstance(name, str) and name in self.spans:
            return name
        names = [*self.spans, *self.left_out]
        if not isinstance(name, str):
            raise ReverieError(f"Trials of {animal} are named by text, such as {names[0]!r}, but {name!r} was given.")
        trial = matching_name(name, names)
        if trial is None:
            raise ReverieError(
                f"{animal} has no trial {name!r}; its {len(names)} trials are named {names[0]} to {names[-1]}."
            )
        if trial in self.left_out:
            raise ReverieError(f"Trial {trial} of {animal} cannot be used: {self.left_out[trial]}")
        return trial

    def sentences(self, animal: str, frame_size: tuple[int, int] | None, split: Sequence[str]) -> tuple[str, ...]:
        """Return everything that was found and done, one sentence per cause.

        Parameters
        ----------
        frame_size
            That of movies after resizing, None where there are none.
        split
            Sentences on tiers.
        """
        scales = (self.grey, self.deep or self.grey)
        movies = [f"The movies of {animal}: {note}." for note in dict.fromkeys(one.note for one in scales) if note]
        if frame_size is not None and self.frame_size is not None and frame_size != self.frame_size:
            movies.append(_resized(animal, self.frame_size, frame_size))
        cut = (f"{animal}, {line}." for line in lines_by_cause(self.cut))
        out = (f"{animal}, left out {line}" for line in lines_by_cause(self.left_out))
        return (*self.notes, *movies, *split, *cut, *out)

    def as_read(self, recorded: np.ndarray) -> np.ndarray:
        """Return recorded responses, (neuron, time), of the neurons that can be used, from their floor, as float32."""
        if self.floor is not None:
            # In large recordings the floor was found from a sample.
            recorded = np.maximum(recorded - self.floor[:, None], 0)
        return np.asarray(recorded if self.kept is None else recorded[self.kept], dtype=np.float32)

    def leave_out(self, name: str, reason: str) -> None:
        """Leave a trial out."""
        self.left_out.setdefault(name, reason)
        self.spans.pop(name, None)
        self.recorded.discard(name)
        self.shown.discard(name)

    @contextmanager
    def leaving_out(self, name: str, place: object) -> Iterator[None]:
        """Leave a trial out where the block, which reads something of it at ``place``, fails, and continue."""
        try:
            with reading_foreign(place):
                yield
        except ReverieError as error:
            self.leave_out(name, str(error))

    def note(self, name: str, what: str) -> None:
        """Note what was done to a trial."""
        self.cut[name] = f"{self.cut[name]}; {what}" if name in self.cut else what


def _resized(animal: str, stored: tuple[int, int], size: tuple[int, int]) -> str:
    """Return a sentence on how movies are brought to another frame size."""
    before, after = (f"{height} x {width}" for height, width in (stored, size))
    how = "averaged down" if size[0] <= stored[0] and size[1] <= stored[1] else "enlarged"
    squeezed = abs(math.log(stored[0] * size[1] / (stored[1] * size[0]))) > ASPECT_TOLERANCE
    proportions = ", which changes their proportions" if squeezed else ""
    return f"The movies of {animal} are {how} from {before} pixels to {after}{proportions} (set with --frame-size)."
