"""Sessions as experanto lays them on disk: one folder a device, each with a clock of its own.

Source: github.com/sensorium-competition/experanto, whose loader takes the sample in force at a moment, as here.
"""

from collections.abc import Callable, Mapping
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
import yaml

from reverie.foundation.arrays import GAZE_X, GAZE_Y, PUPIL, RUNNING
from reverie.foundation.errors import ReverieError, reading_foreign
from reverie.foundation.files import read_json, read_npy, read_text
from reverie.foundation.folders import may_enter
from reverie.recordings.clocked import ClockedSource, Recorded, Showing
from reverie.recordings.clocks import sampled_times
from reverie.recordings.lazy_trials import OnDisk
from reverie.recordings.readers.clips import array_axes, as_movie, open_clip
from reverie.recordings.reading import Reading
from reverie.recordings.signals import Meaning, Sampled, Signal, SpikeTrains
from reverie.recordings.source import Footage, read_members

EYE_COLUMNS: Final = {
    1: (PUPIL,),
    3: (PUPIL, GAZE_X, GAZE_Y),
    4: (PUPIL, None, GAZE_X, GAZE_Y),
}
"""What the columns of ``eye_tracker`` are by their number; the second of four is how fast the pupil changes."""

LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Takes plain values only; the one in C, where it was built, is ten times as fast on the hundreds of small files."""

MODALITIES: Final = ("image", "video", "blank")
"""What items of a screen may be."""

LEAST_BLANK: Final = 2.0
"""Seconds; shorter grey screens between images are no trials of their own."""


def refusal(path: Path, reading: Reading) -> str | None:
    """Say why a path is no session or folder of sessions, None where it is one."""
    if not path.is_dir():
        return "it is not a folder"
    if not places(path, reading):
        return "no folder in it holds screen/meta.yml and responses/meta.yml"
    return None


def places(path: Path, reading: Reading) -> list[Path]:
    """Return the folder of every session."""
    if not may_enter(path):
        return []
    if _is_session(path):
        return [path]
    inside = [inner for inner in sorted(path.iterdir()) if not inner.name.startswith(".") and inner.is_dir()]
    return [inner for inner in inside if may_enter(inner) and _is_session(inner)]


def _is_session(folder: Path) -> bool:
    return all((folder / device / "meta.yml").is_file() for device in ("screen", "responses"))


def open_source(place: Path, reading: Reading) -> ClockedSource:
    """Open one session."""
    responses = _device(place / "responses", "held")
    signals, notes = _behaviour(place)
    showings, clips = _screen(place / "screen", reading)
    name = place.name if place.name not in ("", "..") else place.resolve().name
    return ClockedSource(Recorded(name, place, [responses], signals, showings, clips, notes=notes), reading)


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML file that holds one mapping, of plain values only; raises ReverieError when it is no such file."""
    try:
        content = yaml.load(read_text(path), Loader=LOADER)
    except yaml.YAMLError as error:
        raise ReverieError(f"{path} could not be read as YAML ({str(error).splitlines()[0]}); make it anew.") from error
    if not isinstance(content, dict):
        raise ReverieError(f"{path} should hold names and values but holds a {type(content).__name__}.")
    return content


def _device(folder: Path, meaning: Meaning) -> Signal:
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
    shifts = folder / "meta" / "phase_shifts.npy"
    phases = read_npy(shifts, memory_map=False) if meta.get("phase_shift_per_signal") and shifts.exists() else None
    return Sampled(str(folder), sampled_times(len(values), rate, start), values, meaning, phases=phases)


def _values(folder: Path, meta: Mapping[str, Any]) -> OnDisk | np.ndarray:
    if (folder / "data.npy").exists():
        return OnDisk.of(read_npy(folder / "data.npy"))
    path, shape = folder / "data.mem", (int(meta["n_timestamps"]), int(meta["n_signals"]))
    dtype = np.dtype(str(meta["dtype"]))
    if not path.exists():
        raise ReverieError(f"{folder} holds neither data.npy nor data.mem; copy it again.")
    if min(shape) < 1 or dtype.kind not in "fiub":
        raise ReverieError(
            f"{folder / 'meta.yml'} speaks of {shape[0]} samples of {shape[1]} signals of the type {dtype}, where some "
            "numbers were expected; export it again."
        )
    wanted, there = int(np.prod(shape)) * dtype.itemsize, path.stat().st_size
    if there < wanted:
        raise ReverieError(f"{path} is cut short: it has {there} bytes where {wanted} were expected; copy it again.")
    if there > wanted:  # of another number of signals, every sample would be taken for another neuron's
        raise ReverieError(
            f"{path} has {there} bytes, but {shape[0]} samples of {shape[1]} signals in its meta.yml take {wanted}: "
            "the two are not of one export."
        )
    return OnDisk(path, shape, dtype, 0, "C")


def _spikes(folder: Path, meta: Mapping[str, Any]) -> SpikeTrains:
    path = folder / "spikes.npy"
    with path.open("rb") as stream:
        plain = stream.read(6) != b"\x93NUMPY"
    flat = np.fromfile(path, dtype=np.float64) if plain else read_npy(path)
    edges = np.asarray(meta["spike_indices"], dtype=int)
    if edges[-1] != len(flat):
        raise ReverieError(f"{path} holds {len(flat)} spikes, but its meta.yml speaks of {edges[-1]}; copy it again.")
    trains = [flat[first:last] for first, last in pairwise(edges.tolist())]
    return SpikeTrains(str(folder), trains, (float(meta["start_time"]), float(meta["end_time"])))


def _behaviour(place: Path) -> tuple[dict[str, Signal], tuple[str, ...]]:
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
            return _device(folder, "level")
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


def _screen(folder: Path, reading: Reading) -> tuple[list[Showing], dict[str, Callable[[], Footage]]]:
    """Return what was shown when, item by item, and the movies."""
    path = folder / "timestamps.npy"
    times = read_npy(path, memory_map=False)
    if times.ndim != 1 or times.dtype.kind not in "fiu" or not (np.diff(times) >= 0).all():
        raise ReverieError(
            f"{path} should hold the time of each frame, in seconds that never go back; export it again."
        )
    times = times.astype(np.float64)
    step = float(np.median(np.diff(times))) if len(times) > 1 else 1.0
    shown = [one for one in read_members(_items(folder), partial(_showing, times=times, step=step)) if one is not None]
    clips: dict[str, Callable[[], Footage]] = {
        showing.clip: partial(_footage, folder / "data", showing.clip, len(showing.onsets), reading)
        for showing in shown
        if showing.clip is not None
    }
    return shown, clips


def _showing(item: tuple[str, Callable[[], Mapping[str, Any]]], times: np.ndarray, step: float) -> Showing | None:
    """Return when an item was shown; None for a short grey screen. step: seconds a frame lasts."""
    stem, described = item
    about = described()
    modality = str(about.get("modality", "")).casefold()
    if modality not in MODALITIES:
        raise ReverieError(f"Item {stem} is of the modality {modality!r}; one of {', '.join(MODALITIES)} was expected.")
    lacking = [key for key in ("first_frame_idx", "num_frames") if key not in about]
    if "first_frame_idx" in lacking or (lacking and modality == "video"):
        raise ReverieError(f"The description of item {stem} lacks {lacking[0]}; export the session again.")
    first = int(about["first_frame_idx"])
    last = min(first + int(about.get("num_frames") or 1), len(times))
    if not 0 <= first < last:
        raise ReverieError(f"timestamps.npy ends before the item {stem}; copy it again.")
    onsets = times[first:last]
    # A picture stays until the next one comes; what follows a video may come after a pause.
    stays = last < len(times) and modality != "video"
    end = float(times[last]) if stays else float(onsets[-1]) + step
    if modality in ("image", "video"):
        key = about.get("condition_hash") or about.get("video_id") or about.get("image_id")
        tier = str(about.get("tier") or "")
        return Showing(onsets, end, stem, np.arange(len(onsets)), tier, None if key is None else str(key))
    return Showing(onsets[:1], end) if end - onsets[0] >= LEAST_BLANK else None


def _items(folder: Path) -> dict[str, tuple[str, Callable[[], Mapping[str, Any]]]]:
    """Return the name of each item and what reads its description, in order, by its place."""
    files = sorted(path for path in (folder / "meta").glob("*.yml") if path.stem.isdecimal())
    if files:
        return {str(path): (path.stem, partial(read_yaml, path)) for path in files}
    combined = folder / "combined_meta.json"
    if not combined.exists():
        raise ReverieError(f"{folder / 'meta'} describes no item; copy it again.")
    items = sorted(read_json(combined).items())
    return {f"{combined}, item {stem},": (stem, partial(dict, about)) for stem, about in items}


def _footage(folder: Path, stem: str, frames: int, reading: Reading) -> Footage:
    """Open the movie of an item; an image is a movie of one frame."""
    usual = folder / f"{stem}.npy"
    # Looking through a folder of a thousand files a thousand times takes seconds.
    found = [usual] if usual.exists() else [path for path in sorted(folder.glob(f"{stem}.*")) if path.is_file()]
    if not found:
        raise ReverieError(f"{folder / stem}.npy is missing; copy it again.")
    if found[0].suffix != ".npy":
        return open_clip(found[0], reading, frames, numbered=True).footage
    values = as_movie(OnDisk.of(read_npy(found[0])))
    return Footage(str(found[0]), values, array_axes(values.shape, reading, frames, str(found[0])))
