"""What can be used of one recording, as a value that is filled in step by step."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from reverie.foundation.arrays import STATE_NAMES
from reverie.recordings.footage import GreyScale
from reverie.recordings.spans import Span

ResponseKind = Literal["counts", "events", "traces"]
"""What responses are: whole numbers of spikes, amounts of events that are never negative, traces that may be."""


@dataclass
class Usable:
    """What can be used of one recording, and what was found out about it on the way.

    Attributes
    ----------
    spans
        The trials that can be used, in recorded order, and the part of each that all of its arrays have.
    recorded, shown
        Trials with responses; trials with a movie.
    left_out
        Trials that cannot be used, each with the reason.
    cut
        What was cut or bridged in a trial, in words.
    notes
        What concerns the recording as a whole, in sentences.
    axes
        The order of the axes of its movies.
    frame_size
        Height and width of its movies as stored.
    averaged
        How many pixels, as shown, one stored pixel is across.
    grey
        What makes stored values grey levels.
    neurons
        How many neurons its files hold.
    kept
        The rows of those that can be used, None for all.
    signals
        What is there of pupil and running.
    kind
        What its responses are.
    floor
        What is subtracted from the responses of each neuron in the files, None for nothing.
    """

    spans: dict[str, Span] = field(default_factory=dict)
    recorded: set[str] = field(default_factory=set)
    shown: set[str] = field(default_factory=set)
    left_out: dict[str, str] = field(default_factory=dict)
    cut: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    axes: str = "height,width,time"
    frame_size: tuple[int, int] | None = None
    averaged: float = 1.0
    grey: GreyScale = field(default_factory=GreyScale)
    neurons: int = 0
    kept: np.ndarray | None = None
    signals: tuple[str, ...] = STATE_NAMES
    kind: ResponseKind = "events"
    floor: np.ndarray | None = None

    def leave_out(self, name: str, reason: str) -> None:
        """Leave a trial out."""
        self.left_out.setdefault(name, reason)
        self.spans.pop(name, None)
        self.recorded.discard(name)
        self.shown.discard(name)

    def tell(self, name: str, what: str) -> None:
        """Say what was done to a trial."""
        self.cut[name] = f"{self.cut[name]}; {what}" if name in self.cut else what
