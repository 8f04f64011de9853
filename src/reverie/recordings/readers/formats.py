"""The formats of recordings that can be read. A format is one file beside this one and one row of ``READERS``."""

import os
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from reverie.foundation.errors import reading_foreign
from reverie.recordings.reading import Reading
from reverie.recordings.source import Source


@dataclass(frozen=True)
class Reader:
    """A reader of one format."""

    format: str
    """Name in ``--format``."""
    description: str
    """What it reads, in words."""
    module: str
    """Module of its functions, imported when needed: ``refusal(path, reading)`` returns why a path is not of the format
    (None where it is), ``open_source(place, reading)`` opens a recording. Where a path may hold several recordings,
    ``places(path, reading)`` lists them; where files leave a choice, ``candidates(place)`` lists the options."""
    complete: bool = False
    """Whether its files state what was shown and recorded, and when, so that the fields ``BESIDE`` are not needed."""
    marks: tuple[str, ...] = ()
    """Where recordings are folders: names, of which each folder contains one."""

    def may_be(self, folder: Path) -> bool:
        """Return whether a folder may be a recording, without listing its contents."""
        return any((folder / mark).exists() for mark in self.marks)

    def refusal(self, path: Path, reading: Reading) -> str | None:
        """Return why a path is not of this format, None where it is."""
        ask: Callable[[Path, Reading], str | None] = import_module(self.module).refusal
        with reading_foreign(path):
            return ask(path, reading)

    def places(self, path: Path, reading: Reading) -> Sequence[Path]:
        """List the recordings at a path."""
        listed: Callable[[Path, Reading], Sequence[Path]] | None = getattr(import_module(self.module), "places", None)
        with reading_foreign(path):
            return [path] if listed is None else listed(path, reading)

    def candidates(self, path: Path, reading: Reading) -> list[str]:
        """List the choices, a line each, at a path that cannot be opened without one; mostly none."""
        listed: Callable[[Path], list[str]] | None = getattr(import_module(self.module), "candidates", None)
        with reading_foreign(path):
            return [] if listed is None else [each for place in self.places(path, reading) for each in listed(place)]

    def open_source(self, place: Path, reading: Reading) -> Source:
        """Open one recording; its name is valid text, whatever the name of its folder."""
        opened: Callable[[Path, Reading], Source] = import_module(self.module).open_source
        with reading_foreign(place):
            source = opened(place, reading)
        source.name = readable_name(source.name)
        return source


_HERE = "reverie.recordings.readers"

READERS = (
    Reader(
        "sensorium",
        "a Sensorium 2023 folder",
        f"{_HERE}.sensorium",
        complete=True,
        marks=("data/responses", "data/videos"),
    ),
    Reader(
        "sensorium-images",
        "a Sensorium 2022 folder (images)",
        f"{_HERE}.sensorium_images",
        complete=True,
        marks=("data/images",),
    ),
    Reader("experanto", "an experanto session", f"{_HERE}.experanto", complete=True, marks=("screen/meta.yml",)),
    Reader("nwb", "an NWB file", f"{_HERE}.nwb"),
    Reader("suite2p", "a suite2p output", f"{_HERE}.suite2p", marks=("spks.npy", "F.npy")),
    Reader("caiman", "a CaImAn file", f"{_HERE}.caiman"),
    Reader("spikes", "sorted spikes (phy, Kilosort)", f"{_HERE}.spikes", marks=("spike_times.npy", "spikes.times.npy")),
)
"""All readers, in the order in which they are tried."""


def readable_name(name: str) -> str:
    """Return a file's name as valid text.

    Python represents bytes that are not UTF-8 as lone surrogates, which JSON readers, safetensors and terminals reject.
    Such names come from old Windows shares, so the bytes are read as Latin-1. Accents are composed, since macOS returns
    them decomposed and keyboards type them composed.

    >>> readable_name("M\\udce4us") == readable_name("Ma\\u0308us") == "Mäus"
    True
    """
    try:
        name.encode()
    except UnicodeEncodeError:
        name = os.fsencode(name).decode("latin-1")
    return unicodedata.normalize("NFC", name)
