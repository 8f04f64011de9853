"""A recording whose signals each have their own clock, cut into trials on the clock of the movie."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain

import numpy as np

from reverie.foundation.arrays import FRAME_RATE
from reverie.foundation.errors import ReverieError
from reverie.recordings.clock_checks import LONGEST_STEP, clocks_apart, counted_samples, why_unusable
from reverie.recordings.clocks import regular_frames, shown_rate, usual_rate
from reverie.recordings.footage import stored_frames
from reverie.recordings.observed import unobserved_as_silent
from reverie.recordings.overlaps import Shown, overlapping
from reverie.recordings.reading import Reading
from reverie.recordings.recorded import Recorded, Showing
from reverie.recordings.signals import ClockedSeries, Sampled, Signal
from reverie.recordings.source import Footage, Source

MOST_HERTZ = 40.0
"""Highest frame rate, Hz; faster movies are thinned by an integer factor, since encoders are made for about 30 Hz."""

STILL_SECONDS = 0.125
"""Seconds; pictures that stay longer are a series of still images, and do not determine a frame rate."""

IMAGE_FRAMES = 32
"""Fewest frames of the usual image, where no rate is given, since images have none of their own: the window of
DwiseNeuro and twice what the compact encoder looks back; fewer would leave nothing to reconstruct from."""

IMAGE_JITTER = 0.2
"""Hundredths of a second by which an image may seem shorter than it was shown."""

SHORTEST_PIECE = 1.0
"""Seconds; if the rest of a showing is shorter, it is joined to the piece before it."""


@dataclass(frozen=True)
class _Piece:
    """One trial: its frames' onsets, and which frames of which movie they show."""

    onsets: np.ndarray
    clip: str | None
    key: str | None
    frames: np.ndarray
    tier: str


class ClockedSource(Source):
    """A recording cut into trials: each is one showing of one movie, or a piece of a long showing.

    Raises ReverieError when nothing was shown, or no neuron was recorded.
    """

    def __init__(self, recorded: Recorded, reading: Reading) -> None:
        self.recorded = recorded
        self.name, self.place, self.degrees_per_pixel = recorded.name, recorded.place, recorded.degrees_per_pixel
        _require_recorded(recorded)
        shown = np.array([(showing.onsets[0], showing.end) for showing in recorded.showings])
        self._signals, unusable = _usable_signals(recorded.signals, shown)
        doubts = _doubts_about_clocks(recorded, self._signals, shown, rate_given=reading.rate is not None)
        own_rate = _own_rate(recorded.showings)
        usual = _rate_for_images(recorded.showings) if own_rate is None else _thinned(own_rate)
        self.frame_rate = reading.frame_rate or usual
        chosen = () if own_rate is None and reading.frame_rate else _why_rate(self.name, self.frame_rate, own_rate)
        pieces = chain.from_iterable(
            _pieces(showing, self.frame_rate, reading.trial_seconds) for showing in recorded.showings
        )
        self._pieces = {str(number): piece for number, piece in enumerate(pieces)}
        self.trials = tuple(self._pieces)
        onsets = [piece.onsets for piece in self._pieces.values()]
        told = [unobserved_as_silent(signal, onsets, self.frame_rate) for signal in recorded.responses]
        self._responses = [signal for signal, _ in told]
        silent = [sentence for _, sentence in told if sentence]
        self.notes = (*recorded.notes, *chosen, *doubts, *unusable, *silent)
        self._opened: dict[str, Footage] = {}

    def tiers(self) -> Mapping[str, str]:
        """Return the recording's own words for the tiers of trials, as far as it has any."""
        return {name: piece.tier for name, piece in self._pieces.items() if piece.tier}

    def movie(self, name: str) -> Footage | None:
        """Return the movie of a trial, each frame as it was on the screen."""
        piece = self._pieces[name]
        if piece.clip is None:
            return None
        if piece.clip not in self._opened:
            if piece.clip not in self.recorded.clips:
                raise ReverieError(
                    f"{self.place} showed {piece.clip!r}, whose movie is not in it; give it as --movie "
                    f"{piece.clip}=FILE."
                )
            self._opened[piece.clip] = self.recorded.clips[piece.clip]()
        whole = self._opened[piece.clip]
        if whole.axes != "auto":
            length = stored_frames(whole, whole.axes)
            # Checked over all showings of the movie: if one frame number does not fit its file, none can be trusted.
            first, last = self._shown[piece.clip]
            if first < 0 or last >= length:
                raise ReverieError(
                    f"{whole.place} has {length} frames, but its frame {first if first < 0 else last} is said to have "
                    "been shown; frames are numbered from 0."
                )
        return replace(whole, frames=piece.frames)

    @cached_property
    def _shown(self) -> Mapping[str, tuple[int, int]]:
        """The first and the last frame of each movie that was shown."""
        found: dict[str, tuple[int, int]] = {}
        for showing in self.recorded.showings:
            if showing.clip is not None:
                frames = np.array([0, len(showing.onsets) - 1]) if showing.frames is None else showing.frames
                first, last = found.get(showing.clip, (0, 0))
                found[showing.clip] = min(first, int(frames.min())), max(last, int(frames.max()))
        return found

    @cached_property
    def _at_once(self) -> Mapping[str, str]:
        """Why trials cannot be used during which something else was on, too."""
        lasts = [
            Shown(float(piece.onsets[0]), float(piece.onsets[-1]) + 1 / self.frame_rate, piece.clip)
            for piece in self._pieces.values()
        ]
        return {self.trials[number]: reason for number, reason in overlapping(lasts).items()}

    def clip(self, name: str) -> str | None:
        """Return the recording's own name for what was shown, together with the piece that the trial shows."""
        return self._pieces[name].key

    def responses(self, name: str) -> ClockedSeries:
        """Return the responses in a trial; raises ReverieError when these are invalid, or of two movies at once."""
        if name in self._at_once:
            raise ReverieError(f"{self.place} says that {self._at_once[name]}; give only one of them.")
        onsets = self._pieces[name].onsets
        for begin, end in self.recorded.invalid:
            if begin < onsets[-1] + 1 / self.frame_rate and end > onsets[0]:
                raise ReverieError(f"{self.place} says that what it holds from {begin:g} to {end:g} s is invalid.")
        return ClockedSeries(self._responses, onsets, self.frame_rate)

    def signals(self, name: str) -> Mapping[str, ClockedSeries]:
        """Return pupil and running in a trial."""
        onsets = self._pieces[name].onsets
        return {key: ClockedSeries((signal,), onsets, self.frame_rate) for key, signal in self._signals.items()}

    def start(self, name: str) -> float:
        """Return when a trial began."""
        return float(self._pieces[name].onsets[0])

    def listed_neurons(self) -> int | None:
        """Return how many neurons were recorded."""
        return sum(signal.rows for signal in self.recorded.responses)


def _require_recorded(recorded: Recorded) -> None:
    """Raise ReverieError unless something was shown, and neurons were recorded, fast enough for movies."""
    if not recorded.showings:
        raise ReverieError(f"{recorded.place} does not say what was shown when; give --frames-table.")
    if not sum(signal.rows for signal in recorded.responses):
        raise ReverieError(f"{recorded.place} holds no neuron; check how it was made.")
    for signal in recorded.responses:
        if isinstance(signal, Sampled) and 0 < usual_rate(signal.times) < 1 / LONGEST_STEP:
            raise ReverieError(
                f"{signal.place} have samples that are {1 / usual_rate(signal.times):.4g} s apart, too slow for "
                "movies; give their times in seconds."
            )


def _doubts_about_clocks(
    recorded: Recorded, signals: Mapping[str, Signal], shown: np.ndarray, *, rate_given: bool
) -> tuple[str, ...]:
    """Return sentences on clocks that hardly overlap, and on times that seem to count samples."""
    spans = np.array([signal.span for signal in recorded.responses])
    sampled = [signal for signal in (*recorded.responses, *signals.values()) if isinstance(signal, Sampled)]
    numbered = (counted_samples(signal.place, signal.times) for signal in sampled)
    apart = clocks_apart(str(recorded.place), spans, shown, rate_given=rate_given)
    return (*apart, *dict.fromkeys(filter(None, numbered)))


def _usable_signals(signals: Mapping[str, Signal], shown: np.ndarray) -> tuple[dict[str, Signal], tuple[str, ...]]:
    """Return the signals that can be used, and sentences that say why others are left out."""
    reasons = {
        name: why_unusable(signal.place, signal.times, shown) if isinstance(signal, Sampled) else None
        for name, signal in signals.items()
    }
    usable = {name: signal for name, signal in signals.items() if reasons[name] is None}
    return usable, tuple(dict.fromkeys(filter(None, reasons.values())))


def _own_rate(showings: Sequence[Showing]) -> float | None:
    """Return the frames per second at which movies were shown, from the usual step of each, to nine digits.

    More digits are the noise of sums, which differs between processors, and with it all that is hashed. None for still
    images, which determine no rate; they are cut into frames at the usual rate. Raises ReverieError when all frames of
    every showing have the same time.
    """
    several = [showing for showing in showings if showing.clip and len(showing.onsets) > 1]
    rates = [rate for rate in (shown_rate(showing.onsets) for showing in several) if rate > 0]
    if several and not rates:
        raise ReverieError(
            f"The times of the frames of {several[0].clip} do not determine a rate, nor do those of other movies: "
            "most equal the one before; repair them."
        )
    moving = [rate for rate in rates if rate > 1 / STILL_SECONDS]
    return float(f"{np.median(moving):.9g}") if moving else None


def _thinned(rate: float) -> float:
    """Return a rate divided by the least whole number that brings it below ``MOST_HERTZ``."""
    return rate / max(1, int(np.ceil(rate / MOST_HERTZ)))


def _rate_for_images(showings: Sequence[Showing]) -> float:
    """Return about the lowest frame rate, from the usual one on, at which the usual image has ``IMAGE_FRAMES`` frames.

    It is the same for sessions whose screens jitter: durations are rounded down to hundredths of a second.
    """
    lasts = [one.end - float(one.onsets[0]) for one in showings if one.clip and len(one.onsets) == 1]
    if not lasts:
        return FRAME_RATE
    hundredths = np.floor(100 * np.median(lasts) + IMAGE_JITTER)
    return max(FRAME_RATE, float(IMAGE_FRAMES / max(hundredths / 100, STILL_SECONDS)))


def _why_rate(name: str, rate: float, own: float | None) -> tuple[str, ...]:
    """Return a sentence on a frame rate that is not that of the movies; own: theirs, None for images."""
    to_differ = f"{rate:.4g} frames a second (set with --frame-rate)"
    if own is None and rate != FRAME_RATE:
        return (f"The images of {name} have {to_differ}, so that they last for longer than encoders look back.",)
    if own is None or np.isclose(rate, own):
        return ()
    return (f"The movies of {name} were shown at {own:.4g} Hz; everything is brought to {to_differ}.",)


def _pieces(showing: Showing, rate: float, seconds: float) -> Iterable[_Piece]:
    """Cut a showing into trials."""
    clock, shown = regular_frames(showing.onsets, showing.end, rate)
    frames = shown if showing.frames is None else showing.frames[shown]
    size = max(1, round(seconds * rate))
    starts = list(range(0, len(clock), size))
    if len(starts) > 1 and len(clock) - starts[-1] < min(SHORTEST_PIECE, seconds / 2) * rate:
        starts.pop()
    for number, start in enumerate(starts):
        stop = starts[number + 1] if number + 1 < len(starts) else len(clock)
        key = None if showing.key is None else f"{showing.key}, piece {number}" if len(starts) > 1 else showing.key
        yield _Piece(clock[start:stop], showing.clip, key, frames[start:stop], showing.tier)
