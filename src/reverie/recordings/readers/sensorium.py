"""Recordings as the Sensorium 2023 release lays them on disk: one folder an animal, one file an array and trial."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

import numpy as np

from reverie.foundation.arrays import FRAME_RATE, Movie, Responses, State
from reverie.foundation.errors import ReverieError
from reverie.foundation.files import read_npy
from reverie.recordings import layout
from reverie.recordings.folds import perceptual_hash
from reverie.recordings.lazy_trials import LazyTrials
from reverie.recordings.readers.sensorium_metadata import read_neuron_table, read_statistics, read_tiers
from reverie.recordings.readers.series import (
    Series,
    agreed_length,
    as_movie,
    as_responses,
    cut,
    first_readable,
    open_series,
)
from reverie.recordings.trial import Trial


class SensoriumRecording:
    """All trials of one animal in a Sensorium 2023 folder, read when asked for.

    folder holds ``data/{videos,responses,behavior,pupil_center}/N.npy`` and ``meta``; everything in ``meta`` may be
    missing (without tiers, every trial counts as "train"). A trial exists when its video does. Opening reads the
    names, the tiers and one header; a broken trial raises when it is read, naming the file.
    Raises ReverieError when the folder holds no trials, or fewer tiers than trials.
    """

    frame_rate: float = FRAME_RATE

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        # A link keeps its own name; only "." and ".." need to be followed to have one.
        self.name = folder.name if folder.name not in ("", "..") else folder.resolve().name
        videos = folder / layout.VIDEOS
        if not videos.is_dir():
            raise ReverieError(f"{videos} is missing; a recording keeps one movie a trial there.")
        numbers = sorted(int(path.stem) for path in videos.iterdir() if layout.is_trial_file(path.name))
        if not numbers:
            raise ReverieError(f"{videos} holds no trials; files named 0.npy, 1.npy and so on were expected.")
        self.tiers: dict[str, str] = read_tiers(folder, numbers)
        self._hashes: dict[str, int] = {}

    @cached_property
    def neurons(self) -> int:
        """How many neurons were recorded, after the first readable responses (or the unit ids where there are none).

        Raises ReverieError when neither exists, when they disagree, or when no response file can be read.
        """
        identified = None if self.unit_ids is None else len(self.unit_ids)
        files = [path for path in map(self._responses, self.tiers) if path.exists()]
        if not files:
            if identified is None:
                raise ReverieError(f"{self.folder / layout.RESPONSES} holds no responses to any trial; check the copy.")
            return identified
        first = first_readable(files, ("neuron count",))
        neurons = int(first.values.shape[0])
        if identified not in (None, neurons):
            raise ReverieError(
                f"{self.folder / layout.UNIT_IDS} names {identified} neurons but {first.path} holds {neurons}; "
                "one of the two belongs to another recording."
            )
        return neurons

    @cached_property
    def frame_size(self) -> tuple[int, int]:
        """Height and width of the movies in pixels, after the first readable one."""
        files = [self.folder / layout.VIDEOS / f"{name}.npy" for name in self.tiers]
        height, width, _ = first_readable(files, ("height", "width")).values.shape
        return int(height), int(width)

    @cached_property
    def unit_ids(self) -> np.ndarray | None:
        """The neurons' numbers in the recording, (neuron,), or None when the file is absent."""
        return read_neuron_table(self.folder / layout.UNIT_IDS, dimensions=1)

    @cached_property
    def coordinates(self) -> np.ndarray | None:
        """Where the cell bodies lie in micrometres, (neuron, 3), or None when the file is absent."""
        return read_neuron_table(self.folder / layout.COORDINATES, dimensions=2)

    @cached_property
    def statistics(self) -> dict[str, dict[str, np.ndarray]]:
        """The recording's own statistics, such as ``statistics["responses"]["mean"]``; empty when there are none."""
        return read_statistics(self.folder)

    def __getitem__(self, name: str) -> Trial:
        """Return one trial, as ``trial`` does."""
        return self.trial(name)

    def trial(self, name: str) -> Trial:
        """Return one trial, such as "3"; its arrays are float32 and cut to the true length.

        Raises ReverieError naming the file when there is no such trial or one of its arrays is broken.
        """
        name = self._known(name)
        video, states, responses = self._video(name), self._state_series(name), self._response_series(name)
        frames = agreed_length([video, *states] if responses is None else [video, *states, responses])
        return Trial(
            name=name,
            tier=self.tiers[name],
            movie=as_movie(video, frames),
            state=np.concatenate([cut(part, frames) for part in states]),
            responses=None if responses is None else as_responses(responses, frames),
        )

    def movie(self, name: str) -> Movie:
        """Return the movie of one trial alone, (time, height, width); cheaper than the whole trial."""
        name = self._known(name)
        video = self._video(name)
        return as_movie(video, agreed_length([video, *self._state_series(name)]))

    def state(self, name: str) -> State:
        """Return the state of one trial alone, (4, time)."""
        parts = self._state_series(self._known(name))
        frames = agreed_length(parts)
        return np.concatenate([cut(part, frames) for part in parts])

    def responses(self, name: str) -> Responses | None:
        """Return the responses to one trial alone, (neuron, time), or None where there are none."""
        name = self._known(name)
        responses = self._response_series(name)
        if responses is None:
            return None
        return as_responses(responses, agreed_length([responses, *self._state_series(name)]))

    def frames(self, name: str) -> int:
        """Return how many frames a trial lasts without reading its movie."""
        return agreed_length(self._state_series(self._known(name)))

    def has_responses(self, name: str) -> bool:
        """Tell whether responses to a trial were released: the file is there and is not all NaN."""
        path = self._responses(self._known(name))
        if not path.exists():
            return False
        values = read_npy(path)
        if values.dtype.kind != "f" or values.ndim != 2:
            return True
        # Looking at one neuron first spares reading the rest of most files.
        return not (np.isnan(values[:1]).all() and np.isnan(values).all())

    def fold(self, name: str) -> int:
        """Return the published fold of a trial's movie, 0 to 6."""
        name = self._known(name)
        if name not in self._hashes:
            self._hashes[name] = perceptual_hash(self.movie(name))
        return self._hashes[name] % layout.FOLDS

    def names(self, split: str) -> tuple[str, ...]:
        """Return the names of the trials of a tier, or of ``fold_0`` to ``fold_6``, in recorded order.

        A fold holds trials of the tiers "train" and "oracle" whose movies share it, as in the release.
        Raises ReverieError when the split is neither a fold, nor a tier of the release or of this recording.
        """
        if split in {f"fold_{fold}" for fold in range(layout.FOLDS)}:
            folded = (name for name, tier in self.tiers.items() if tier in layout.FOLDED_TIERS)
            return tuple(name for name in folded if split == f"fold_{self.fold(name)}")
        if split not in self.tiers.values() and split not in layout.KNOWN_TIERS:
            present = ", ".join(dict.fromkeys(self.tiers.values()))
            raise ReverieError(
                f"{self.name} has no trials of {split!r}; choose a tier ({present}) or a fold "
                f"(fold_0 to fold_{layout.FOLDS - 1})."
            )
        return tuple(name for name, tier in self.tiers.items() if tier == split)

    def trials(self, split: str) -> LazyTrials:
        """Return the trials of a tier or of a fold (see ``names``), each read when it is asked for."""
        return LazyTrials(self.trial, self.names(split))

    def _known(self, name: str) -> str:
        if name in self.tiers:
            return name
        numbers = [int(known) for known in self.tiers]
        raise ReverieError(
            f"{self.name} has no trial {name!r}; its {len(numbers)} trials are numbered "
            f"{min(numbers)} to {max(numbers)}."
        )

    def _responses(self, name: str) -> Path:
        return self.folder / layout.RESPONSES / f"{name}.npy"

    def _video(self, name: str) -> Series:
        video = open_series(self.folder / layout.VIDEOS / f"{name}.npy", ("height", "width"))
        if video.values.shape[:2] != self.frame_size:
            raise ReverieError(
                f"{video.path} has frames of {video.values.shape[:2]} pixels but the recording's first movie has "
                f"{self.frame_size}; all movies of a recording must have one frame size."
            )
        return video

    def _state_series(self, name: str) -> tuple[Series, Series]:
        behavior, pupil = (
            open_series(self.folder / kind / f"{name}.npy", ("row count",))
            for kind in (layout.BEHAVIOR, layout.PUPIL_CENTER)
        )
        for part in (behavior, pupil):
            if part.values.shape[0] != 2:
                raise ReverieError(f"{part.path} has the shape {part.values.shape}, where (2, time) was expected.")
        return behavior, pupil

    def _response_series(self, name: str) -> Series | None:
        path = self._responses(name)
        if not path.exists():
            return None
        responses = open_series(path, ("neuron count",))
        if responses.values.shape[0] != self.neurons:
            raise ReverieError(
                f"{path} holds {responses.values.shape[0]} neurons but the recording has {self.neurons}; "
                "every trial must hold the same neurons."
            )
        return responses if responses.frames > 0 else None


def open_recordings(folder: Path) -> dict[str, SensoriumRecording]:
    """Open every animal's folder inside ``folder``, or ``folder`` itself when it is one animal's; by animal name.

    Folders without ``data`` inside are passed over.
    Raises ReverieError when there is no such folder, or no recording in it.
    """
    recordings = map(SensoriumRecording, recording_folders(folder))
    return {recording.name: recording for recording in recordings}


def recording_folders(folder: Path) -> list[Path]:
    """Return the animals' folders inside ``folder``, or ``folder`` itself when it is one; see ``open_recordings``."""
    if not folder.is_dir():
        raise ReverieError(f"{folder} is not a folder; give the folder that holds the animals' folders.")
    if (folder / "data").is_dir():
        return [folder]
    found = [path for path in sorted(folder.iterdir()) if (path / "data").is_dir() and not path.name.startswith(".")]
    if not found:
        raise ReverieError(
            f"{folder} holds no recordings; an animal's folder has data/videos, data/responses, data/behavior and "
            "data/pupil_center inside."
        )
    return found


def find_animal(recordings: Mapping[str, SensoriumRecording], name: str) -> SensoriumRecording:
    """Return the animal of that name, or the only one whose name starts with it or contains it.

    Raises ReverieError listing the names when none or several fit.
    """
    if name in recordings:
        return recordings[name]
    starting = [known for known in recordings if known.removeprefix("dynamic").startswith(name.removeprefix("dynamic"))]
    fitting = starting or [known for known in recordings if name in known]
    if len(fitting) == 1:
        return recordings[fitting[0]]
    problem = "fits several animals" if fitting else "is not among the animals"
    raise ReverieError(f"{name!r} {problem}; choose one of: {', '.join(fitting or recordings)}.")
