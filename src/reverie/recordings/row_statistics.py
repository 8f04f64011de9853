"""Statistics of each row of arrays that arrive piece by piece, without keeping the pieces."""

import numpy as np
from jaxtyping import Float

SAMPLED_COLUMNS = 2048
"""Number of columns kept for medians; more where there are few rows."""

SAMPLED_VALUES = 1_000_000
"""With few rows, about this many values in all are kept for medians."""


class RowStatistics:
    """Mean, standard deviation, minimum and maximum of each row exactly; its median from a systematic sample.

    Pieces are (row, column) with the same rows. The sample holds every k-th column so far; k doubles whenever the
    sample has more than ``SAMPLED_COLUMNS`` columns and ``SAMPLED_VALUES`` values. Until then the median is exact too.
    """

    def __init__(self, rows: int) -> None:
        self.count = 0
        self.mean: Float[np.ndarray, " rows"] = np.zeros(rows)
        self._squares = np.zeros(rows)
        self.min: Float[np.ndarray, " rows"] = np.full(rows, np.inf)
        self.max: Float[np.ndarray, " rows"] = np.full(rows, -np.inf)
        self._sample: list[np.ndarray] = []
        self._stride = 1
        self._kept_columns = max(SAMPLED_COLUMNS, SAMPLED_VALUES // rows)

    def add(self, piece: Float[np.ndarray, "rows columns"]) -> None:
        """Add a piece."""
        columns = piece.shape[1]
        if columns == 0:
            return
        self._keep_sample(piece)
        piece = piece.astype(np.float64)
        mean, total = piece.mean(axis=1), self.count + columns
        # The sum of two groups' squared deviations is exact once the distance of their means is included.
        apart = mean - self.mean
        self._squares += ((piece - mean[:, None]) ** 2).sum(axis=1) + apart**2 * (self.count * columns / total)
        self.mean = self.mean + apart * (columns / total)
        self.min = np.minimum(self.min, piece.min(axis=1))
        self.max = np.maximum(self.max, piece.max(axis=1))
        self.count = total

    @property
    def std(self) -> Float[np.ndarray, " rows"]:
        """The standard deviation of each row."""
        return np.sqrt(self._squares / max(self.count, 1))

    @property
    def median(self) -> Float[np.ndarray, " rows"]:
        """The median of each row in the sample, NaN without any pieces."""
        if not self._sample:
            return np.full(self.mean.shape, np.nan)
        return np.asarray(np.median(np.concatenate(self._sample, axis=1), axis=1), dtype=np.float64)

    def named(self) -> dict[str, Float[np.ndarray, " rows"]]:
        """Return all five statistics by name."""
        return {"mean": self.mean, "std": self.std, "median": self.median, "min": self.min, "max": self.max}

    def _keep_sample(self, piece: Float[np.ndarray, "rows columns"]) -> None:
        """Keep the columns whose number, counted from the very first, is a multiple of the stride."""
        start = -self.count % self._stride
        self._sample.append(piece[:, start :: self._stride].astype(np.float32))
        while sum(kept.shape[1] for kept in self._sample) > self._kept_columns:
            self._sample = [np.concatenate(self._sample, axis=1)[:, ::2]]
            self._stride *= 2
