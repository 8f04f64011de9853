"""What a Sensorium 2023 folder says about its trials and neurons; all of it may be missing."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from reverie.foundation.errors import ReverieError
from reverie.foundation.files import read_npy
from reverie.recordings import layout


def read_tiers(folder: Path, numbers: Sequence[int]) -> dict[str, str]:
    """Return the tier of each trial, by trial name; every one is "train" when ``tiers.npy`` is absent.

    numbers: the trials whose movies exist, in order; tiers beyond them are ignored.
    Raises ReverieError when the file holds no text, or fewer tiers than there are trials.
    """
    path = folder / layout.TIERS
    if not path.exists():
        return {str(number): layout.TRAIN for number in numbers}
    tiers = read_npy(path, memory_map=False)
    if tiers.ndim != 1 or tiers.dtype.kind not in "US":
        raise ReverieError(f"{path} should hold one word a trial but holds {tiers.dtype} of shape {tiers.shape}.")
    if numbers[-1] >= len(tiers):
        raise ReverieError(
            f"{path} holds {len(tiers)} tiers, but {folder / layout.VIDEOS / f'{numbers[-1]}.npy'} exists; "
            "write one tier for every trial."
        )
    words = [word.decode(errors="replace") if isinstance(word, bytes) else str(word) for word in tiers]
    return {str(number): words[number] for number in numbers}


def read_neuron_table(path: Path, *, dimensions: int) -> np.ndarray | None:
    """Return an array with one row a neuron, or None when the file is absent.

    Raises ReverieError when it holds no numbers or has other dimensions.
    """
    if not path.exists():
        return None
    table = read_npy(path, memory_map=False)
    if table.dtype.kind not in "fiu" or table.ndim != dimensions:
        raise ReverieError(
            f"{path} should hold numbers in {dimensions} dimension{'s' * (dimensions > 1)}, one row a neuron, "
            f"but holds {table.dtype} of shape {table.shape}; repair it or remove it."
        )
    return table


def read_statistics(folder: Path) -> dict[str, dict[str, np.ndarray]]:
    """Return the statistics that are there, such as ``["responses"]["mean"]``, in whatever shape they were written."""
    found: dict[str, dict[str, np.ndarray]] = {}
    for array in layout.STATISTIC_ARRAYS:
        paths = {name: statistic_path(folder, array, name) for name in layout.STATISTIC_NAMES}
        values = {name: read_npy(path, memory_map=False) for name, path in paths.items() if path.exists()}
        if values:
            found[array] = values
    return found


def statistic_path(folder: Path, array: str, name: str) -> Path:
    """Return where a statistic lies, such as ``meta/statistics/responses/all/mean.npy``."""
    return folder / layout.STATISTICS / array / "all" / f"{name}.npy"
