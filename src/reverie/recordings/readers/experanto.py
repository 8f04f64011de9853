"""Sessions in the format of experanto: a folder per device, each with its own clock.

Source: github.com/sensorium-competition/experanto, whose loader uses the latest sample at a moment, as here.
"""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from reverie.foundation.arrays import in_a_row
from reverie.foundation.errors import ReverieError, some
from reverie.foundation.files import read_json, read_npy
from reverie.foundation.folders import folders_in, may_enter
from reverie.foundation.progress import say
from reverie.recordings.clocked import ClockedSource
from reverie.recordings.disk_arrays import DiskArray
from reverie.recordings.readers.clip_axes import array_axes, as_movie
from reverie.recordings.readers.clips import TEXTS, open_clip
from reverie.recordings.readers.experanto_devices import read_behaviour, read_device, read_yaml
from reverie.recordings.reading import Reading
from reverie.recordings.recorded import Recorded, Showing
from reverie.recordings.source import Footage, read_members

MODALITIES = ("image", "video", "blank", "invalid")
"""Kinds of items of a screen; during invalid ones, it is not known what was shown."""

LEAST_BLANK = 2.0
"""Shortest grey screen that is a trial, seconds; shorter ones only separate images."""


def refusal(path: Path, reading: Reading) -> str | None:
    """Return why a path is not a session or folder of sessions, None where it is one."""
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
    return [inner for inner in folders_in(path) if _is_session(inner)]


def _is_session(folder: Path) -> bool:
    return all((folder / device / "meta.yml").is_file() for device in ("screen", "responses"))


def open_source(place: Path, reading: Reading) -> ClockedSource:
    """Open one session."""
    responses = read_device(place / "responses", "held")
    signals, notes = read_behaviour(place)
    showings, clips = _screen(place / "screen", reading)
    name = place.name if place.name not in ("", "..") else place.resolve().name
    return ClockedSource(Recorded(name, place, [responses], signals, showings, clips, notes=notes), reading)


def _screen(folder: Path, reading: Reading) -> tuple[list[Showing], dict[str, Callable[[], Footage]]]:
    """Return what was shown when, item by item, and the movies."""
    path = folder / "timestamps.npy"
    times = in_a_row(read_npy(path, memory_map=False))
    if times.ndim != 1 or times.dtype.kind not in "fiu" or not (np.diff(times) >= 0).all():
        raise ReverieError(
            f"{path} should hold the time of each frame, in seconds that never go back; export it again."
        )
    times = times.astype(np.float64)
    step = float(np.median(np.diff(times))) if len(times) > 1 else 1.0
    items = _items(folder)
    described = {stem for stem, _ in items.values()}
    stems = {path.stem for path in (folder / "data").glob("*") if path.stem.isdecimal()}
    if lost := sorted(stems - described):
        say(f"{folder / 'data'} holds items that nothing in {folder / 'meta'} describes, so not used: {some(lost)}.")
    shown = [one for one in read_members(items, partial(_showing, times=times, step=step)) if one is not None]
    clips: dict[str, Callable[[], Footage]] = {
        showing.clip: partial(_footage, folder / "data", showing.clip, len(showing.onsets), reading)
        for showing in shown
        if showing.clip is not None
    }
    return shown, clips


def _showing(item: tuple[str, Callable[[], Mapping[str, Any]]], times: np.ndarray, step: float) -> Showing | None:
    """Return when an item was shown; None for a short grey screen or an invalid one. step: frame duration, seconds."""
    stem, described = item
    about = described()
    modality = str(about.get("modality", "")).casefold()
    if modality not in MODALITIES:
        raise ReverieError(f"Item {stem} is of the modality {modality!r}; one of {', '.join(MODALITIES)} was expected.")
    lacking = [key for key in ("first_frame_idx", "num_frames") if key not in about]
    if "first_frame_idx" in lacking or (lacking and modality == "video"):
        raise ReverieError(f"The description of item {stem} lacks {lacking[0]}; export the session again.")
    first = int(about["first_frame_idx"])
    stated = first + int(about.get("num_frames") or 1)
    last = min(stated, len(times))
    if not 0 <= first < last:
        raise ReverieError(f"timestamps.npy ends before the item {stem}; copy it again.")
    if last < stated:
        say(f"timestamps.npy ends {stated - last} frames before the item {stem} does, of which the rest is not used.")
    onsets = times[first:last]
    # A picture stays until the next one; after a video there may be a pause.
    stays = last < len(times) and modality != "video"
    end = float(times[last]) if stays else float(onsets[-1]) + step
    if modality in ("image", "video"):
        key = about.get("condition_hash") or about.get("video_id") or about.get("image_id")
        tier = str(about.get("tier") or "")
        return Showing(onsets, end, stem, np.arange(len(onsets)), tier, None if key is None else str(key))
    return Showing(onsets[:1], end) if modality == "blank" and end - onsets[0] >= LEAST_BLANK else None


def _items(folder: Path) -> dict[str, tuple[str, Callable[[], Mapping[str, Any]]]]:
    """Return the items in order, by place: the name of each and a function that reads its description."""
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
    # Listing a folder of a thousand files a thousand times takes seconds.
    beside = () if usual.exists() else sorted(folder.glob(f"{stem}.*"))
    # A broken link counts, since its data may yet be fetched.
    films = [path for path in beside if path.is_file() or path.is_symlink()]
    found = [path for path in films if path.suffix.lower() not in TEXTS] or [usual]
    if found[0].suffix != ".npy":
        return open_clip(found[0], reading, frames, numbered=True).footage
    values = as_movie(DiskArray.of(read_npy(found[0])))
    return Footage(str(found[0]), values, array_axes(values.shape, reading, frames, str(found[0])))
