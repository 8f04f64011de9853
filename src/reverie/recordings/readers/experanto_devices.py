"""Recordings of the devices of an experanto session: a folder each, with a description and values."""

from collections.abc import Mapping
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from reverie.foundation.arrays import GAZE_X, GAZE_Y, PUPIL, RUNNING
from reverie.foundation.errors import ReverieError, reading_foreign
from reverie.foundation.files import read_npy, read_text
from reverie.foundation.progress import say
from reverie.recordings.clocks import sampled_times
from reverie.recordings.disk_arrays import DiskArray
from reverie.recordings.signals import Meaning, Sampled, Signal, SpikeTrains

EYE_COLUMNS = {1: (PUPIL,), 3: (PUPIL, GAZE_X, GAZE_Y), 4: (PUPIL, None, GAZE_X, GAZE_Y)}
"""Signals in the columns of ``eye_tracker``, by their number; the second of four is the pupil's rate of change."""

OTHER_LENGTH = 0.01
"""Relative difference from which on the stated duration of a device's samples contradicts their rate."""

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Loader of plain values only; the one in C, where available, is ten times as fast on hundreds of small files."""


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML file that holds one mapping, of plain values only; raises ReverieError when it is not such a file."""
    try:
        content = yaml.load(read_text(path), Loader=LOADER)
    except yaml.YAMLError as error:
        raise ReverieError(
            f"{path} could not be read as YAML ({str(error).splitlines()[0]}); make it again."
        ) from error
    if not isinstance(content, dict):
        raise ReverieError(f"{path} should hold names and values but holds a {type(content).__name__}.")
    return content


def read_device(folder: Path, meaning: Meaning) -> Signal:
    """Return what one device recorded; raises ReverieError when its files do not fit its ``meta.yml``."""
    meta = read_yaml(folder / "meta.yml")
    if meta.get("modality") == "spikes":
        return _spikes(folder, meta)
    try:
        rate, start = float(meta["sampling_rate"]), float(meta["start_time"])
        values = _values(folder, meta)
    except (KeyError, TypeError, ValueError) as error:
        raise ReverieError(f"{folder / 'meta.yml'} lacks or garbles a value ({error}); export it again.") from error
    if not (0 < rate < np.inf and np.isfinite(start)):
        raise ReverieError(
            f"{folder / 'meta.yml'} has the sampling_rate {rate:g} and the start_time {start:g}, where a number "
            "above 0 and a time in seconds were expected; export it again."
        )
    if len(values.shape) != 2:
        raise ReverieError(f"{folder} holds values of the shape {values.shape}, where (time, signal) was expected.")
    _say_other_length(folder, len(values) / rate, meta)
    phases = _phases(folder, values.shape[1]) if meta.get("phase_shift_per_signal") else None
    return Sampled(str(folder), sampled_times(len(values), rate, start), values, meaning, phases=phases)


def _phases(folder: Path, signals: int) -> np.ndarray | None:
    """Return how much later than its sample's time each signal was sampled, in seconds; None where the file is gone."""
    path = folder / "meta" / "phase_shifts.npy"
    if not path.exists():
        say(f"{path} is not there, though each signal has a phase of its own; all are taken to have none.")
        return None
    phases = read_npy(path, memory_map=False).ravel()
    if phases.dtype.kind not in "fiu" or len(phases) != signals or not np.isfinite(phases).all():
        raise ReverieError(
            f"{path} should hold a number of seconds for each of {signals} signals but holds {len(phases)} values of "
            f"the type {phases.dtype}, or some that are not numbers; export the session again."
        )
    return phases


def _say_other_length(folder: Path, seconds: float, meta: Mapping[str, Any]) -> None:
    """Print a message where samples last longer or shorter than their description says, as at another rate."""
    with suppress(KeyError, TypeError, ValueError):
        stated = float(meta["end_time"]) - float(meta["start_time"])
        if abs(seconds - stated) > max(1.0, OTHER_LENGTH * stated):
            say(
                f"{folder} holds samples of {seconds:.4g} s at its sampling_rate, but lasts {stated:.4g} s by its "
                "start_time and end_time; the rate is believed."
            )


def _values(folder: Path, meta: Mapping[str, Any]) -> DiskArray | np.ndarray:
    path = folder / "data.mem"
    if (folder / "data.npy").exists() and not (meta.get("is_mem_mapped") and path.exists()):
        stored = read_npy(folder / "data.npy")
        _require_described(folder, stored.shape, meta)
        return DiskArray.of(stored)
    shape = (int(meta["n_timestamps"]), int(meta["n_signals"]))
    dtype = np.dtype(str(meta["dtype"]))
    if not path.exists():
        raise ReverieError(f"{folder} holds neither data.npy nor data.mem; copy it again.")
    if min(shape) < 1 or dtype.kind not in "fiub":
        raise ReverieError(
            f"{folder / 'meta.yml'} states {shape[0]} samples of {shape[1]} signals of the type {dtype}, where some "
            "numbers were expected; export it again."
        )
    wanted, there = int(np.prod(shape)) * dtype.itemsize, path.stat().st_size
    if there < wanted:
        raise ReverieError(f"{path} is cut short: it has {there} bytes where {wanted} were expected; copy it again.")
    if there > wanted:  # with another number of signals, samples would be assigned to wrong neurons
        raise ReverieError(
            f"{path} has {there} bytes, but {shape[0]} samples of {shape[1]} signals in its meta.yml take {wanted}: "
            "the two are not of one export."
        )
    return DiskArray(path, shape, dtype, 0, "C")


def _require_described(folder: Path, shape: tuple[int, ...], meta: Mapping[str, Any]) -> None:
    """Raise ReverieError where an array does not have the number of signals that its description states."""
    if len(shape) == 2 and "n_signals" in meta and shape[1] != int(meta["n_signals"]):
        raise ReverieError(
            f"{folder / 'data.npy'} has the shape {shape}, where (time, signal) with the {meta['n_signals']} signals "
            "of its meta.yml were expected; write it so, or export it again."
        )


def _spikes(folder: Path, meta: Mapping[str, Any]) -> SpikeTrains:
    path = folder / "spikes.npy"
    with path.open("rb") as stream:
        plain = stream.read(6) != b"\x93NUMPY"
    flat = np.fromfile(path, dtype=np.float64) if plain else read_npy(path)
    edges = np.asarray(meta["spike_indices"], dtype=int)
    if edges[-1] != len(flat):
        raise ReverieError(f"{path} holds {len(flat)} spikes, but its meta.yml states {edges[-1]}; copy it again.")
    trains = [flat[first:last] for first, last in pairwise(edges.tolist())]
    return SpikeTrains(str(folder), trains, (float(meta["start_time"]), float(meta["end_time"])))


def read_behaviour(place: Path) -> tuple[dict[str, Signal], tuple[str, ...]]:
    """Return pupil and running, as far as recorded, and sentences on how they were read or why not."""
    found: dict[str, Signal] = {}
    notes: list[str] = []
    if (treadmill := _device_or_none(place / "treadmill", notes)) is not None:
        found |= _columns(treadmill, (RUNNING,))
    if (eye := _device_or_none(place / "eye_tracker", notes)) is not None:
        names = EYE_COLUMNS.get(eye.rows)
        if names is None:
            notes.append(f"{place / 'eye_tracker'} holds {eye.rows} signals of unknown meaning, which are not used.")
        else:
            found |= _columns(eye, names)
            if eye.rows > 1:
                listed = ", ".join(name or "its change" for name in names)
                notes.append(f"The columns of {place / 'eye_tracker'} are taken as {listed}.")
    return found, tuple(notes)


def _device_or_none(folder: Path, notes: list[str]) -> Signal | None:
    """Return what a device recorded, None where there is none or its files are broken, which is noted."""
    if not (folder / "meta.yml").exists():
        return None
    try:
        with reading_foreign(folder):
            return read_device(folder, "level")
    except ReverieError as error:
        notes.append(f"{folder} is not used: {error}")
        return None


def _columns(device: Signal, names: tuple[str | None, ...]) -> dict[str, Signal]:
    if not isinstance(device, Sampled):
        return {}
    chosen = {name: column for column, name in enumerate(names) if name is not None}
    return {
        name: Sampled(device.place, device.times, device.values, "level", columns=np.array([column]))
        for name, column in chosen.items()
    }
