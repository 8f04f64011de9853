"""Recordings in the format of the Sensorium 2022 release: images, each of which becomes a still movie."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

import numpy as np

from reverie.foundation.arrays import in_a_row
from reverie.foundation.errors import ReverieError
from reverie.foundation.files import read_npy
from reverie.recordings.clocked import IMAGE_FRAMES
from reverie.recordings.readers import sensorium_layout as layout
from reverie.recordings.readers.clip_axes import MOST_COLOURS
from reverie.recordings.readers.sensorium import SIGNALS_OF, SensoriumSource, animal_folders
from reverie.recordings.reading import Reading
from reverie.recordings.source import Footage, StoredSeries

IMAGE_SECONDS = 0.5
"""How long an image was shown, and how long responses were summed. Source: Willeke et al. 2022, arXiv 2206.08666."""

IMAGE_RATE = IMAGE_FRAMES / IMAGE_SECONDS
"""Frames per second, where none is given: images have no rate of their own."""

COLUMNS: Mapping[str, Mapping[int, tuple[int, int]]] = {
    layout.BEHAVIOR: {3: (0, 2), 2: (0, 1)},
    layout.PUPIL_CENTER: {2: (0, 1)},
}
"""Positions of the signals in a file, by its number of values."""


def refusal(path: Path, reading: Reading) -> str | None:
    """Return why a path is not a folder of this layout, None where it is one."""
    if not path.is_dir():
        return "it is not a folder"
    return None if places(path, reading) else "no folder in it holds data/images"


def places(path: Path, reading: Reading) -> list[Path]:
    """Return the folder of every animal."""
    return animal_folders(path, lambda folder: (folder / layout.IMAGES).is_dir())


def open_source(place: Path, reading: Reading) -> "ImagesSource":
    """Open one animal's folder."""
    return ImagesSource(place, reading)


class ImagesSource(SensoriumSource):
    """One animal's folder: ``data/{images,responses,behavior,pupil_center}/N.npy`` and ``meta``.

    An image is (channel, height, width), the responses to it (neuron,), behaviour (3,): pupil dilation, its change,
    running speed.
    """

    pictures = layout.IMAGES

    def __init__(self, folder: Path, reading: Reading) -> None:
        super().__init__(folder, reading)
        self.frame_rate = reading.frame_rate or IMAGE_RATE
        self.frames = max(2, round(IMAGE_SECONDS * self.frame_rate))
        self.notes = (
            *self.notes,
            f"The images of {self.name} are movies of {self.frames} frames that stand still; the response to each is "
            "spread evenly over them.",
        )

    @cached_property
    def degrees_per_pixel(self) -> float | None:
        """Not known."""
        return None

    def movie(self, name: str) -> Footage | None:
        """Return the image of a trial as a still movie."""
        path = self._path(layout.IMAGES, name)
        if path is None:
            return None
        image = read_npy(path)
        if image.ndim not in (2, 3):
            raise ReverieError(f"{path} has the shape {image.shape}, where (channel, height, width) was expected.")
        axes = "time,height,width"
        if image.ndim == 3 and min(image.shape[0], image.shape[-1]) > MOST_COLOURS:
            raise ReverieError(f"{path} has the shape {image.shape}, in which no axis holds colours; is it an image?")
        if image.ndim == 3:
            first = image.shape[0] <= MOST_COLOURS
            axes = "time,channel,height,width" if first else "time,height,width,channel"
        return Footage(str(path), np.broadcast_to(image, (self.frames, *image.shape)), axes)

    def responses(self, name: str) -> StoredSeries | None:
        """Return the responses to an image, distributed over its frames."""
        path = self._path(layout.RESPONSES, name)
        if path is None:
            return None
        values = in_a_row(read_npy(path))
        if values.ndim != 1:
            raise ReverieError(f"{path} has the shape {values.shape}, where (neuron,) was expected.")
        return StoredSeries(str(path), self._held(values.astype(np.float32) / self.frames))

    def _rows_of(self, kind: str, path: Path) -> dict[str, StoredSeries]:
        """Return the signals in a file, each value held; raises ReverieError when they cannot be identified."""
        values, columns = in_a_row(read_npy(path)), COLUMNS[kind]
        if values.ndim != 1 or len(values) not in columns:
            raise ReverieError(
                f"{path} has the shape {values.shape}; {' or '.join(map(str, columns))} values expected."
            )
        return {
            signal: StoredSeries(str(path), self._held(values[column : column + 1]))
            for column, signal in zip(columns[len(values)], SIGNALS_OF[kind], strict=True)
        }

    def _held(self, values: np.ndarray) -> np.ndarray:
        return np.broadcast_to(values[:, None], (len(values), self.frames))
