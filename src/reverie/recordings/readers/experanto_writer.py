"""Writing a recording as a session in the format of experanto."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import yaml

from reverie.foundation.arrays import FRAME_RATE
from reverie.foundation.errors import ReverieError
from reverie.foundation.files import write_npy, write_text
from reverie.foundation.folders import building
from reverie.recordings.clocked import MOST_HERTZ
from reverie.recordings.trial import Trial


def write_session(folder: Path, trials: Iterable[Trial]) -> None:
    """Write the trials of one animal into ``folder``, one at a time as they come.

    Trials follow one another without a pause, on one clock of their frame rate. Images with more frames a second than
    movies are read at are written as images, which have no rate: as videos they would be thinned. Signals that were not
    recorded in any trial are left out; where a signal is missing in some trials, it is NaN there. The folder appears
    only once it is complete. Raises ReverieError when it exists and is not empty, a trial has no responses, or it
    cannot be written.
    """
    with building(folder) as hidden:
        _write_parts(hidden, trials)


def _write_parts(folder: Path, trials: Iterable[Trial]) -> None:
    responses = folder / "responses" / "data.mem"
    responses.parent.mkdir(parents=True)
    states: list[np.ndarray] = []
    shown: list[int] = []  # the frames, of all trials, at which the picture on the screen changes
    frames, neurons, rate = 0, 0, FRAME_RATE
    with responses.open("wb") as stream:
        for number, trial in enumerate(trials):
            if trial.responses is None:
                raise ReverieError(
                    f"Trial {trial.name} has no responses, which a session of experanto cannot lack; leave it out with "
                    f"--leave-out trial:{trial.name}, or write it --to sensorium."
                )
            stream.write(np.ascontiguousarray(trial.responses.T, dtype=np.float32).tobytes())
            still = trial.movie is not None and trial.frame_rate > MOST_HERTZ and np.ptp(trial.movie, axis=0).max() == 0
            pictures = 1 if still else trial.frames
            _write_item(folder / "screen", f"{number:05d}", trial, len(shown), pictures)
            shown += range(frames, frames + pictures)
            states.append(trial.state)
            frames, neurons, rate = frames + trial.frames, len(trial.responses), trial.frame_rate
    if not states:
        raise ReverieError(f"There are no trials to write into {folder}; give at least one.")
    # The last of images needs a time at which it went off.
    write_npy(
        folder / "screen" / "timestamps.npy", np.array(shown if len(shown) == frames else [*shown, frames]) / rate
    )
    _write_meta(folder / "screen", {"modality": "screen", "frame_rate": rate})
    _write_meta(responses.parent, _sequence(frames, neurons, rate, mapped=True))
    state = np.concatenate(states, axis=1)
    for device, rows in (("treadmill", [1]), ("eye_tracker", [0, 2, 3])):
        if not np.isnan(state[rows]).all():
            write_npy(folder / device / "data.npy", np.ascontiguousarray(state[rows].T, dtype=np.float32))
            _write_meta(folder / device, _sequence(frames, len(rows), rate, mapped=False))


def _write_item(folder: Path, name: str, trial: Trial, first: int, pictures: int) -> None:
    """Write a trial as the item whose pictures, one for an image, come on from a place in the list of times on."""
    meta = {"modality": "blank", "tier": trial.tier, "first_frame_idx": first, "num_frames": pictures}
    if trial.movie is not None:
        whole = trial.movie.round().clip(0, 255).astype(np.uint8)
        movie = whole if np.array_equal(whole, trial.movie) else np.asarray(trial.movie, dtype=np.float32)
        image = pictures < trial.frames
        write_npy(folder / "data" / f"{name}.npy", movie[0] if image else movie)
        meta |= {"modality": "image" if image else "video", "image_size": list(trial.movie.shape[1:])}
    write_text(folder / "meta" / f"{name}.yml", yaml.safe_dump(meta))


def _sequence(frames: int, signals: int, rate: float, *, mapped: bool) -> dict[str, object]:
    return {
        "modality": "sequence",
        "sampling_rate": rate,
        "start_time": 0.0,
        "end_time": frames / rate,
        "n_signals": signals,
        "n_timestamps": frames,
        "dtype": "float32",
        "is_mem_mapped": mapped,
        "phase_shift_per_signal": False,
    }


def _write_meta(folder: Path, meta: dict[str, object]) -> None:
    write_text(folder / "meta.yml", yaml.safe_dump(meta))
