"""Opening every recording at a path, and finding an animal among them by its name."""

from collections.abc import Mapping
from os import PathLike

from reverie.foundation.errors import ReverieError
from reverie.foundation.progress import say
from reverie.foundation.requests import given_path
from reverie.recordings.readers.finding import find_reader
from reverie.recordings.readers.formats import readable_name
from reverie.recordings.reading import Reading, given_reading, with_absolute_paths
from reverie.recordings.recording import Recording
from reverie.recordings.usability import omissions

BESIDE = ("movie", "frames_table", "rate", "trial_seconds", "responses", "running", "pupil", "gaze")
"""Fields of a reading with facts that some formats do not contain."""


def open_recordings(path: str | PathLike[str], reading: Reading | None = None) -> dict[str, Recording]:
    """Open every animal at a path, by animal name.

    Animals whose files cannot be opened, and those that the reading leaves out, are left out with a message.

    Raises
    ------
    ReverieError
        When no reader claims the path, several do, or no animal is left.
    """
    recordings, problems = open_each(path, given_reading(reading))
    for problem in problems:
        say(problem)
    return recordings


def open_each(path: str | PathLike[str], reading: Reading) -> tuple[dict[str, Recording], list[str]]:
    """Open every animal at a path; return also what was left out, in sentences. Raises as ``open_recordings``."""
    where = given_path(path, "What is opened")
    reader = find_reader(where, reading)
    recordings: dict[str, Recording] = {}
    problems: list[str] = []
    # Files are read on access, when a notebook may be in another folder.
    reading = with_absolute_paths(reading)
    for place in reader.places(where.absolute(), reading):
        try:
            source = reader.open_source(place, reading)
        except ReverieError as error:
            problems.append(str(error))
            continue
        if omissions(reading.leave_out, source.name).animal:
            problems.append(f"{source.name} is left out as asked.")
            continue
        if source.name in recordings:
            raise ReverieError(f"{where} holds two recordings named {source.name}; rename one of them.")
        recordings[source.name] = Recording(source, reading)
    if not recordings:
        raise ReverieError(problems[0] if problems else f"{where} holds no recording.")
    if unused := [name for name in BESIDE if reader.complete and getattr(reading, name) != getattr(Reading(), name)]:
        options = ", ".join(f"--{name.replace('_', '-')}" for name in unused)
        problems.append(f"Not used, since {where} is {reader.description}, whose files say it: {options}.")
    return recordings, problems


def find_animal(recordings: Mapping[str, Recording], name: str) -> Recording:
    """Return the animal of this name, or the only one whose name starts with it or contains it.

    Raises ReverieError listing the names when none or several fit.
    """
    name = readable_name(name)
    if name in recordings:
        return recordings[name]
    starting = [known for known in recordings if known.removeprefix("dynamic").startswith(name.removeprefix("dynamic"))]
    fitting = starting or [known for known in recordings if name in known]
    if len(fitting) == 1:
        return recordings[fitting[0]]
    problem = "fits several animals" if fitting else "is not among the animals"
    raise ReverieError(f"{name!r} {problem}; choose one of: {', '.join(fitting or recordings)}.")
