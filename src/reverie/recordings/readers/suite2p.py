"""Traces that suite2p extracted, with a table of what was shown.

Nothing is unpickled: ``stat.npy``, ``ops.npy`` and ``settings.npy`` are pickles, so the user must state the rate of the
scan.
"""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from reverie.foundation.errors import ReverieError, counted
from reverie.foundation.files import read_npy
from reverie.foundation.progress import say
from reverie.recordings.clocked import ClockedSource
from reverie.recordings.clocks import sampled_times
from reverie.recordings.readers.shown_movies import recorded_with_files, table_too
from reverie.recordings.reading import Reading
from reverie.recordings.signals import Meaning, Sampled
from reverie.recordings.source import SlicedArray, read_members

TRACES: dict[str, Meaning] = {"spks": "amount", "F": "level", "dF": "level"}
"""Choices of ``--responses``: deconvolved activity, fluorescence, or fluorescence minus 0.7 times the neuropil's."""

FILES = {"spks": ("spks.npy",), "F": ("F.npy",), "dF": ("F.npy", "Fneu.npy")}
"""Files that each is computed from."""

NUMBERED = re.compile(r"plane\d+")
"""Names of the folders of planes."""

NEUROPIL = 0.7
"""Share of the neuropil's fluorescence that is subtracted from a cell's; the default of suite2p."""


def refusal(path: Path, reading: Reading) -> str | None:
    """Return why a path is not the output of suite2p, None where it is."""
    if not path.is_dir():
        return "it is not a folder"
    if not _planes(path):
        return "no plane0 in it holds F.npy or spks.npy"
    return None


def open_source(place: Path, reading: Reading) -> ClockedSource:
    """Open the planes of a recording; raises ReverieError when the rate of the scan is not given."""
    which = reading.responses or "spks"
    if which not in TRACES:
        raise ReverieError(f"suite2p has no traces {which!r}; choose --responses from: {', '.join(TRACES)}.")
    if reading.rate is None:
        raise ReverieError(
            f"{place} keeps the rate of its scan in a pickle, which is not read; give --rate (in Hz)"
            f"{table_too(reading)}."
        )
    planes = _planes(place)
    if not any(_has(folder, *FILES[which]) for folder in planes):
        there = [name for name, files in FILES.items() if all(_has(folder, *files) for folder in planes)]
        choice = f"choose --responses from: {', '.join(there)}" if there else "copy it again"
        raise ReverieError(f"{planes[0]} holds no {' and '.join(FILES[which])}, of which {which} is made; {choice}.")
    numbers, scanned = _scanned(planes)
    delays = {str(folder): (folder, number / scanned) for folder, number in zip(planes, numbers, strict=True)}
    responses = read_members(delays, lambda plane: _plane(plane[0], which, float(reading.rate or 0), plane[1]))
    _say_lengths(place, responses)
    judged = all((folder / "iscell.npy").exists() for folder in planes)
    chosen = "the cells (iscell)" if judged else "all regions (iscell.npy is missing)"
    note = (
        f"{place}: {which} of {chosen} of {counted(len(responses), 'plane')} at {reading.rate:g} Hz, scanned one "
        f"after the other{f' (with {scanned - len(planes)} without traces)' if scanned > len(planes) else ''}."
    )
    name = place.resolve().parent.name if place.resolve().name == "suite2p" else place.resolve().name
    return ClockedSource(recorded_with_files(name, place, responses, note, reading), reading)


def _planes(path: Path) -> list[Path]:
    """Return the folders of the planes, in the order of their numbers."""
    for folder in (path, path / "suite2p"):
        found = [plane for plane in folder.glob("plane*") if NUMBERED.fullmatch(plane.name) and _has_traces(plane)]
        if found:
            return sorted(found, key=lambda plane: int(plane.name[5:]))
    return [path] if _has_traces(path) else []


def _scanned(planes: Sequence[Path]) -> tuple[list[int], int]:
    """Return the numbers of planes, and how many were scanned one after the other within a frame.

    Planes in which no cell was found, or during which the objective flew back, have a folder but no traces.
    """
    if not all(NUMBERED.fullmatch(folder.name) for folder in planes):
        return [*range(len(planes))], len(planes)
    beside = (folder.name for folder in planes[0].absolute().parent.iterdir() if folder.is_dir())
    last = max(int(name[5:]) for name in beside if NUMBERED.fullmatch(name))
    return [int(folder.name[5:]) for folder in planes], last + 1


def _say_lengths(place: Path, planes: Sequence[Sampled]) -> None:
    """Print a message where one plane was scanned longer than another; the last frame may lack some planes."""
    least, most = (choose(planes, key=lambda plane: len(plane.times)) for choose in (min, max))
    if len(most.times) - len(least.times) > 1:
        say(
            f"The planes of {place} hold between {len(least.times)} ({least.place}) and {len(most.times)} frames; what "
            "was shown after the shortest one ended cannot be used. If frames were lost before its end, it is shifted."
        )


def _has(folder: Path, *files: str) -> bool:
    return all((folder / name).exists() for name in files)


def _has_traces(folder: Path) -> bool:
    return _has(folder, "F.npy") or _has(folder, "spks.npy")


def _plane(folder: Path, which: str, rate: float, delay: float) -> Sampled:
    values: SlicedArray = read_npy(folder / ("spks.npy" if which == "spks" else "F.npy"))
    if which == "dF":
        values = _Corrected(folder, read_npy(folder / "F.npy"), read_npy(folder / "Fneu.npy"))
    if len(values.shape) != 2:
        raise ReverieError(f"{folder} holds traces of the shape {tuple(values.shape)}; (neuron, time) was expected.")
    cells = np.arange(values.shape[0])
    if (folder / "iscell.npy").exists():
        iscell = read_npy(folder / "iscell.npy", memory_map=False)
        chosen = iscell[:, 0] if iscell.ndim == 2 else iscell
        if len(chosen) != len(cells):
            raise ReverieError(
                f"{folder / 'iscell.npy'} judges {len(chosen)} of {len(cells)} traces; run suite2p again."
            )
        if not np.isin(chosen, (0, 1)).all():
            raise ReverieError(
                f"{folder / 'iscell.npy'} should hold, in its first column, 1 for each region that is a cell and 0 for "
                f"others, but holds {chosen[~np.isin(chosen, (0, 1))][0]:.4g}, such as a probability; write 0 and 1."
            )
        cells = np.flatnonzero(chosen == 1)
        if not len(cells):
            raise ReverieError(f"{folder / 'iscell.npy'} calls no region a cell (1); curate it, or remove it.")
    times = sampled_times(int(values.shape[1]), rate, delay / rate)
    return Sampled(str(folder), times, values, TRACES[which], rows_first=True, columns=cells)


class _Corrected:
    """Fluorescence without the neuropil's share, computed when read."""

    def __init__(self, folder: Path, fluorescence: np.ndarray, neuropil: np.ndarray) -> None:
        if fluorescence.shape != neuropil.shape:
            raise ReverieError(
                f"{folder / 'F.npy'} has the shape {fluorescence.shape} but Fneu.npy {neuropil.shape}; run suite2p "
                "again."
            )
        self.fluorescence, self.neuropil = fluorescence, neuropil
        self.shape, self.dtype = fluorescence.shape, fluorescence.dtype

    def __getitem__(self, key: object) -> np.ndarray:
        return np.asarray(self.fluorescence[key] - NEUROPIL * self.neuropil[key])  # type: ignore[call-overload]
