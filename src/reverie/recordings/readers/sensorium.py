"""Recordings in the format of the Sensorium 2023 release: a folder per animal, a file per array and trial."""

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path

import numpy as np

from reverie.foundation.arrays import DEGREES_PER_PIXEL, FRAME_RATE, FRAME_SIZE, STATE_NAMES, in_a_row
from reverie.foundation.errors import ReverieError, counted, reading_foreign, some
from reverie.foundation.files import read_npy
from reverie.foundation.folders import folders_in, may_enter, visible_in
from reverie.recordings.readers import sensorium_layout as layout
from reverie.recordings.reading import Reading
from reverie.recordings.source import Footage, Source, StoredSeries
from reverie.recordings.usability import LISTED_NAMES

SIGNALS_OF: Mapping[str, tuple[str, ...]] = {
    layout.BEHAVIOR: STATE_NAMES[:2],
    layout.PUPIL_CENTER: STATE_NAMES[2:],
}
"""Signals in the files of each folder."""


def refusal(path: Path, reading: Reading) -> str | None:
    """Return why a path is not a folder of this layout, None where it is one."""
    if not path.is_dir():
        return "it is not a folder"
    if not places(path, reading):
        return "no folder in it holds data/videos and data/responses"
    return None


def places(path: Path, reading: Reading) -> list[Path]:
    """Return the folder of every animal."""
    return animal_folders(path, _is_animal)


def open_source(place: Path, reading: Reading) -> "SensoriumSource":
    """Open one animal's folder."""
    return SensoriumSource(place, reading)


def animal_folders(path: Path, is_animal: Callable[[Path], bool]) -> list[Path]:
    """Return the animals' folders: the folder itself, those inside it, or those one level deeper (unpacked twice)."""
    if not may_enter(path):
        return []
    if is_animal(path):
        return [path]
    found: list[Path] = []
    for folder in folders_in(path):
        found += [folder] if is_animal(folder) else [each for each in visible_in(folder) if is_animal(each)]
    return found


def _is_animal(folder: Path) -> bool:
    responses = (folder / layout.RESPONSES).is_dir() and not (folder / layout.IMAGES).is_dir()
    return (folder / layout.VIDEOS).is_dir() or responses


def _angle(path: Path) -> float | None:
    """Return the visual angle of a pixel in a file, None where it says that it is not known."""
    value = read_npy(path, memory_map=False)
    if value.size != 1 or value.dtype.kind not in "fiu" or value <= 0 or np.isinf(value):
        raise ReverieError(f"{path} should hold one number above 0, degrees, or NaN; write it so, or remove it.")
    return None if np.isnan(value) else float(value.item())


class SensoriumSource(Source):
    """One animal's folder: ``data/{videos,responses,behavior,pupil_center}/N.npy`` and ``meta``.

    Everything in ``meta``, behaviour and pupil may be missing, and so may the movie of a trial.
    Raises ReverieError when the folder holds no trials.
    """

    pictures = layout.VIDEOS

    def __init__(self, folder: Path, reading: Reading) -> None:
        self.place = folder
        # A link keeps its own name; only "." and ".." are resolved to get one.
        self.name = folder.name if folder.name not in ("", "..") else folder.resolve().name
        self.frame_rate = reading.frame_rate or FRAME_RATE
        self._arrays = (self.pictures, layout.RESPONSES, layout.BEHAVIOR, layout.PUPIL_CENTER)
        self._files = {kind: _trial_files(folder / kind) for kind in self._arrays}
        numbers = self._files[self.pictures] | self._files[layout.RESPONSES]
        pictures = _files_in(folder / self.pictures)
        if not numbers or (pictures and not self._files[self.pictures]):
            there = f" but {some(pictures, 2)}" if pictures else ""
            raise ReverieError(
                f"{folder / self.pictures} holds no trials{there}; files named 0.npy, 1.npy and so on were expected."
            )
        self.trials = tuple(map(str, sorted(numbers)))
        self._words, notes = self._read_tiers()
        self.notes = (*notes, *self._unread())

    def _unread(self) -> Iterator[str]:
        """Yield a sentence for each folder that holds files but none of a trial: nothing is read from it."""
        for kind in self._arrays[1:]:
            files = _files_in(self.place / kind)
            if files and not self._files[kind]:
                yield (
                    f"{self.place / kind} holds no trials but {some(files, 2)}, so that nothing is read from it; files "
                    "named 0.npy, 1.npy and so on were expected."
                )

    @cached_property
    def degrees_per_pixel(self) -> float | None:
        """Degrees per pixel: those that are written, else known only for movies of the release's frame size.

        Raises ReverieError when something else is written.
        """
        written = self.place / layout.DEGREES
        if written.exists():
            return _angle(written)
        for name in self.trials:
            try:
                movie = self.movie(name)
            except ReverieError:
                continue
            if movie is not None:
                return DEGREES_PER_PIXEL if set(FRAME_SIZE) <= set(movie.values.shape) else None
        return None

    def tiers(self) -> Mapping[str, str]:
        """Return the words of ``tiers.npy``."""
        return self._words

    def movie(self, name: str) -> Footage | None:
        """Return the movie of a trial."""
        path = self._path(layout.VIDEOS, name)
        return None if path is None else Footage(str(path), read_npy(path))

    def responses(self, name: str) -> StoredSeries | None:
        """Return the responses to a trial, None where there is no file."""
        path = self._path(layout.RESPONSES, name)
        return None if path is None else StoredSeries(str(path), read_npy(path))

    def signals(self, name: str) -> Mapping[str, StoredSeries | ReverieError]:
        """Return pupil dilation, running speed, pupil x and y, as far as there are files; each is read separately."""
        found: dict[str, StoredSeries | ReverieError] = {}
        for kind, signals in SIGNALS_OF.items():
            try:
                with reading_foreign(self.place / kind / f"{name}.npy"):
                    path = self._require_like_others(kind, name)
                    found |= {} if path is None else self._rows_of(kind, path)
            except ReverieError as error:
                found |= dict.fromkeys(signals, error)
        return found

    def _rows_of(self, kind: str, path: Path) -> dict[str, StoredSeries]:
        """Return the signals in a file; raises ReverieError when they cannot be identified by its shape."""
        values = read_npy(path)
        if values.ndim != 2 or values.shape[0] != 2:
            raise ReverieError(
                f"{path} has the shape {values.shape}, where (2, time) was expected: {' and '.join(SIGNALS_OF[kind])}."
            )
        return {signal: StoredSeries(str(path), values[row : row + 1]) for row, signal in enumerate(SIGNALS_OF[kind])}

    @cached_property
    def unit_ids(self) -> np.ndarray | None:
        """The neurons' numbers in the recording, (neuron,), or None when the file is absent."""
        return _neuron_table(self.place / layout.UNIT_IDS, dimensions=1)

    @cached_property
    def coordinates(self) -> np.ndarray | None:
        """Positions of cell bodies in micrometres, (neuron, 3), or None when the file is absent."""
        return _neuron_table(self.place / layout.COORDINATES, dimensions=2)

    def listed_neurons(self) -> int | None:
        """Return the number of unit ids."""
        return None if self.unit_ids is None else len(self.unit_ids)

    def problems(self, neurons: int) -> Iterator[str]:
        """Yield inconsistencies among the files that do not prevent reading them."""
        for what in ("unit_ids", "coordinates"):
            try:
                table = getattr(self, what)
            except ReverieError as error:
                yield str(error)
                continue
            path = self.place / (layout.UNIT_IDS if what == "unit_ids" else layout.COORDINATES)
            if table is not None and len(table) != neurons:
                yield f"{path} is of {len(table)} neurons, but {neurons} were recorded; it is not used."
        for kind in self._arrays:
            folder = self.place / kind
            taken = set(self._files[kind].values())
            odd = [name for name in _files_in(folder) if name not in taken]
            if odd:
                yield f"{folder} holds files that are not trials and are passed over: {some(odd, LISTED_NAMES)}."

    def _path(self, kind: str, name: str) -> Path | None:
        """Return the file of a trial's array; a broken link counts, since its data may yet be fetched."""
        file = self._files[kind].get(int(name))
        return None if file is None else self.place / kind / file

    def _require_like_others(self, kind: str, name: str) -> Path | None:
        """Return the file of a trial's array; raises ReverieError when most trials have one but this one does not."""
        path = self._path(kind, name)
        if path is None and 2 * len(self._files[kind]) > len(self.trials):
            raise ReverieError(f"{self.place / kind / name}.npy is missing, though other trials have theirs.")
        return path

    def _read_tiers(self) -> tuple[dict[str, str], tuple[str, ...]]:
        """Return the tier of each trial and sentences on what is wrong with the file."""
        path = self.place / layout.TIERS
        if not path.exists():
            return {}, ()
        try:
            tiers = in_a_row(read_npy(path, memory_map=False))
            if tiers.ndim != 1 or tiers.dtype.kind not in "US" or not tiers.size:
                raise ReverieError(
                    f"{path} should hold one word per trial but holds {tiers.dtype} of shape {tiers.shape}."
                )
        except ReverieError as error:
            return {}, (f"The tiers of {self.name} cannot be used: {error}",)
        words = [word.decode(errors="replace") if isinstance(word, bytes) else str(word) for word in tiers]
        beyond = [name for name in self.trials if int(name) >= len(words)]
        if beyond and len(words) == len(self.trials):
            told = (
                f"{path} holds {len(words)} tiers for as many trials, whose numbers have gaps: they are taken in order."
            )
            return dict(zip(self.trials, words, strict=True)), (told,)
        found = {name: words[int(name)] if int(name) < len(words) else "none" for name in self.trials}
        note = f"{path} holds {len(words)} tiers, so that trials beyond it are not used: {some(beyond, LISTED_NAMES)}."
        return found, (note,) if beyond else ()


def _files_in(folder: Path) -> list[str]:
    """Return the names in a folder, without hidden ones; of one that may not be read, none, with a message."""
    return [path.name for path in visible_in(folder)] if folder.is_dir() and may_enter(folder) else []


def _trial_files(folder: Path) -> dict[int, str]:
    """Return the names of the files of trials in a folder, by number; of 7.npy and 007.npy, the shorter one."""
    names = [name for name in _files_in(folder) if layout.is_trial_file(name)]
    return {int(name.removesuffix(".npy")): name for name in sorted(names, key=len, reverse=True)}


def _neuron_table(path: Path, *, dimensions: int) -> np.ndarray | None:
    """Return an array with a row per neuron, None when the file is absent; raises ReverieError when it is invalid."""
    if not path.exists():
        return None
    table = read_npy(path, memory_map=False)
    if table.dtype.kind not in "fiu" or table.ndim != dimensions:
        raise ReverieError(
            f"{path} should hold numbers in {counted(dimensions, 'dimension')}, one row per neuron, "
            f"but holds {table.dtype} of shape {table.shape}; repair it or remove it."
        )
    return table
