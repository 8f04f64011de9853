"""Arrays on the disk, of which only the parts that are needed are read."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np


@dataclass(frozen=True)
class DiskArray:
    """An array on the disk that is memory-mapped again for each part that is read.

    Mapped parts count as memory of the process until the system reclaims them, and hours of responses are gigabytes.
    """

    path: Path
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    offset: int
    order: Literal["C", "F"]

    @classmethod
    def of(cls, mapped: np.ndarray) -> "DiskArray | np.ndarray":
        """Return an array on the disk as a ``DiskArray``, and one in memory unchanged."""
        if not isinstance(mapped, np.memmap) or mapped.filename is None:
            return mapped
        order: Literal["C", "F"] = "C" if mapped.flags.c_contiguous else "F"
        return cls(Path(mapped.filename), mapped.shape, mapped.dtype, mapped.offset, order)

    def __len__(self) -> int:
        """Return the length of its first axis."""
        return self.shape[0]

    def __getitem__(self, key: Any, /) -> np.ndarray:  # noqa: ANN401 - whatever indexes an array
        """Return a part, read into memory."""
        if isinstance(key, slice) and self.order == "C":
            start, stop, step = key.indices(self.shape[0])
            row = int(np.prod(self.shape[1:]))
            if step == 1:  # contiguous on the disk: faster to read than to map
                place, count = self.offset + start * row * self.dtype.itemsize, max(stop - start, 0) * row
                return np.fromfile(self.path, self.dtype, count, offset=place).reshape(-1, *self.shape[1:])
        whole = np.memmap(self.path, self.dtype, "r", self.offset, self.shape, self.order)
        return np.array(whole[key])
