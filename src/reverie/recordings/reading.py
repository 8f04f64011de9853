"""How recordings are to be read: what their files do not say. The command line's options are these fields."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from reverie.foundation.errors import BadInput
from reverie.foundation.requests import ABOVE_0, Range, convert_fields, require_possible

Format = Literal["auto", "sensorium", "sensorium-images", "experanto", "nwb", "suite2p", "caiman", "spikes"]
"""The formats there are readers for; ``auto`` asks every reader."""

Axes = Literal[
    "auto",
    "height-width-time",
    "time-height-width",
    "time-width-height",
    "width-height-time",
    "height-width-channel-time",
    "channel-height-width-time",
    "channel-time-height-width",
    "time-height-width-channel",
    "time-channel-height-width",
]
"""Order of a movie's axes in its file; ``auto`` infers it from the lengths of a trial's other arrays."""

Layout = Literal["sensorium", "experanto"]
"""The layouts that recordings can be written in."""

LARGEST_FRAME = 4096
"""Largest side of the requested frames, pixels; more is a typing error."""

HELP = "see `help(Recording)` for what it takes"
"""What to do about arguments that cannot be read."""


def given_reading(reading: "Reading | None") -> "Reading":
    """Return the reading, or the default for None; raises BadInput when something else was given."""
    if not isinstance(reading, Reading | None):
        raise BadInput(f"How to read is said by a Reading, such as Reading(rate=30), but {reading!r} was given.")
    return reading or Reading()


@dataclass(frozen=True)
class Reading:
    """What the files of a recording do not say; nothing here is needed for the Sensorium and experanto layouts."""

    format: Format = "auto"
    """The recording's format; by default, the one whose reader recognises it."""
    movie: tuple[str, ...] = ()
    """What was shown, where the recording does not hold it: CLIP=FILE (npy, npz, h5, mat, tif or a video), or a
    folder of such files; in an NWB file of unknown layout, the path of the movie inside it, or of what
    holds several movies."""
    frames_table: Path | None = None
    """A csv file that says what was shown when: columns time (s), clip, frame (one row per frame), or onset (s), clip
    (one row per showing); tier may be a further column. Times are on the clock of the responses. In an NWB
    file of unknown layout, it may be the path of a table inside it, such as /intervals/NAME."""
    rate: float | None = None
    """Samples per second of the responses (frames of the scan, or spike samples), where the files do not say."""
    frame_rate: float | None = None
    """Frames per second that everything is resampled to; the movie's own by default."""
    frame_size: tuple[int, int] | None = None
    """Height and width in pixels that movies are averaged down to; by default they are kept up to 96 x 160."""
    degrees_per_pixel: float | None = None
    """Visual angle of one pixel of the movie as shown, where the recording does not say."""
    movie_axes: Axes = "auto"
    """The order of a movie's axes in its file."""
    trial_seconds: float = 10.0
    """Longer showings are cut into trials of this length, where the recording is one long session."""
    responses: str | None = None
    """In an NWB file of unknown layout, the path of the responses inside it, which may hold *; for suite2p and CaImAn,
    which traces to take."""
    running: str | None = None
    """In an NWB file of unknown layout, the path of the running speed inside it."""
    pupil: str | None = None
    """In an NWB file of unknown layout, the path of the pupil's size inside it."""
    gaze: str | None = None
    """In an NWB file of unknown layout, the path of the pupil's position inside it."""
    leave_out: tuple[str, ...] = ()
    """What is not used: trial:NAME, neuron:NUMBER (from 0, as in the file) or animal:NAME; ANIMAL/trial:NAME for one
    animal only."""

    def __post_init__(self) -> None:
        """Raise ReverieError when a value is of another kind, or a number is not possible."""
        convert_fields(self)
        require_possible(
            self,
            rate=ABOVE_0,
            frame_rate=ABOVE_0,
            frame_size=Range(1, LARGEST_FRAME),
            degrees_per_pixel=ABOVE_0,
            trial_seconds=ABOVE_0,
        )

    @property
    def stated(self) -> frozenset[str]:
        """Options that count as given even where their values are the defaults; set by ``stating``."""
        found: frozenset[str] = vars(self).get("_stated", frozenset())  # no field, which would be an option
        return found

    @property
    def axes(self) -> str:
        """The order of a movie's axes as ``Footage`` names it, such as height,width,time; or auto."""
        return self.movie_axes.replace("-", ",")


def with_absolute_paths(reading: Reading) -> Reading:
    """Return the same with absolute paths of files: another process may work in another folder."""
    absolute = replace(
        reading,
        frames_table=reading.frames_table and Path(_absolute(str(reading.frames_table))),
        movie=tuple(map(_absolute, reading.movie)),
        running=reading.running and _absolute(reading.running),
        pupil=reading.pupil and _absolute(reading.pupil),
        gaze=reading.gaze and _absolute(reading.gaze),
    )
    return stating(absolute, reading.stated)


def stating(reading: Reading, options: Collection[str]) -> Reading:
    """Return the same, with options that count as given even where their values are the defaults.

    What an encoder remembers does not take their place.
    """
    stated = replace(reading)
    object.__setattr__(stated, "_stated", frozenset(options))
    return stated


def _absolute(given: str) -> str:
    """Return a file, or CLIP=FILE, with its absolute path; a path inside a recording, or a name, unchanged."""
    clip, place = clip_and_file(given)
    if not place.exists():
        return given
    return f"{clip}={place.absolute()}" if clip else str(place.absolute())


def clip_and_file(given: str) -> tuple[str, Path]:
    """Return the name of a movie, empty where there is none, and the file; either may contain further ``=``.

    >>> clip_and_file("a=b.npy"), clip_and_file("b.npy")
    (('a', PosixPath('b.npy')), ('', PosixPath('b.npy')))
    """
    parts = given.split("=")
    ways = [("=".join(parts[:cut]), Path("=".join(parts[cut:]))) for cut in range(len(parts))]
    return next((way for way in ways if way[1].exists()), ways[-1])
