"""What can be wrong with a recording's folder as a whole, trial by trial reading aside."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from reverie.foundation.errors import ReverieError
from reverie.foundation.files import read_npy
from reverie.recordings import layout
from reverie.recordings.readers.sensorium import SensoriumRecording


def folder_problems(recording: SensoriumRecording) -> list[str]:
    """Return, in words, what does not fit together among the files of one animal."""
    return [*_broken_metadata(recording), *_odd_files(recording), *_odd_tiers(recording)]


def _broken_metadata(recording: SensoriumRecording) -> Iterator[str]:
    for read in ("neurons", "unit_ids", "coordinates", "statistics", "frame_size"):
        try:
            value = getattr(recording, read)
            if read == "coordinates" and value is not None and len(value) != recording.neurons:
                path = recording.folder / layout.COORDINATES
                yield f"{path} places {len(value)} neurons, but {recording.neurons} were recorded."
        except ReverieError as error:
            yield str(error)


def _odd_files(recording: SensoriumRecording) -> Iterator[str]:
    """Find files that are not numbered, and responses or states whose movie is missing."""
    for kind in (layout.VIDEOS, layout.RESPONSES, layout.BEHAVIOR, layout.PUPIL_CENTER):
        folder = recording.folder / kind
        if not folder.is_dir():
            yield f"{folder} is missing."
            continue
        names = {path.name for path in folder.iterdir() if not path.name.startswith(".")}
        odd = sorted(name for name in names if not layout.is_trial_file(name))
        if odd:
            yield f"{folder} holds files that are no trials and are passed over: {_some(odd)}."
        orphans = sorted(int(Path(name).stem) for name in names - set(odd) if Path(name).stem not in recording.tiers)
        if orphans and kind != layout.VIDEOS:
            yield f"{folder} holds trials without a movie, which are passed over: {_some(map(str, orphans))}."


def _odd_tiers(recording: SensoriumRecording) -> Iterator[str]:
    """Find words that are no tiers, tiers without a movie, and training trials without responses."""
    path = recording.folder / layout.TIERS
    unknown = sorted(set(recording.tiers.values()) - set(layout.KNOWN_TIERS))
    if unknown:
        yield f"{path} names tiers the release does not have, which are held out from training: {_some(unknown)}."
    if path.exists():
        tiers = read_npy(path, memory_map=False)
        absent = [str(n) for n, tier in enumerate(tiers) if str(n) not in recording.tiers and tier != layout.UNUSED]
        if absent:
            yield f"{path} has tiers for trials without a movie: {_some(absent)}."
    else:
        yield f"{path} is missing, so every trial counts as {layout.TRAIN!r}."
    mute = [name for name, tier in recording.tiers.items() if tier == layout.TRAIN and not _recorded(recording, name)]
    if mute:
        yield f"{recording.folder / layout.RESPONSES} has no responses to training trials: {_some(mute)}."


def _recorded(recording: SensoriumRecording, name: str) -> bool:
    """Tell whether a trial has responses; a broken file counts, since it is reported when it is read."""
    try:
        return recording.has_responses(name)
    except ReverieError:
        return True


def _some(names: Iterable[str]) -> str:
    """List a few names and count the rest."""
    listed = list(names)
    shown = ", ".join(listed[:6])
    return shown if len(listed) <= 6 else f"{shown} and {len(listed) - 6} more"
