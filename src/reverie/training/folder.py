"""Training an encoder on a folder of recordings, with settings that fit the data and the machine."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch

from reverie.encoders.checkpoints import load_encoder
from reverie.encoders.contract import Encoder
from reverie.encoders.presets import preset
from reverie.encoders.registry import find_architecture, name_architecture
from reverie.foundation.devices import choose_device, prepare_threads, seed_everything
from reverie.foundation.errors import ReverieError
from reverie.foundation.files import read_json, write_json
from reverie.foundation.progress import say
from reverie.foundation.provenance import describe
from reverie.recordings.opening import open_animals
from reverie.recordings.readers.sensorium import SensoriumRecording
from reverie.recordings.splits import Split, split_all
from reverie.training.batches import load_trials
from reverie.training.choosing_targets import best_target
from reverie.training.loop import LAST
from reverie.training.pace import fit_to_time, seconds_per_step, spaced
from reverie.training.recipes import recipe
from reverie.training.settings import TrainingSettings
from reverie.training.train import train

PLAN = "plan.json"
"""Written before the first step, so that the same command resumes with the same settings."""

MINUTES = 6.0
"""How long training on a CPU may take when nobody says."""

MINUTES_ON_GPU = 720.0
"""The same elsewhere; the paper trained for 12 hours."""

PASSES = 40
"""How often every training frame is seen, if the time allows."""

DISTILLATION = 0.0036
"""Weight of a teacher's part of the loss in the Sensorium 2023 winner."""


@dataclass(frozen=True)
class TrainingRequest:
    """What the user asked for; None and "auto" leave the choice to the program."""

    architecture: str = "auto"
    preset: str = "auto"
    minutes: float | None = None
    steps: int | None = None
    hold_out_fold: int | None = None
    teacher: Path | None = None
    learn_from: str = "auto"
    seed: int = 0


def train_encoder(data: Path, out: Path, *, animals: Sequence[str], request: TrainingRequest, device: str) -> None:
    """Train an encoder on the animals of a folder and keep the best weights in ``out``.

    The same request resumes an interrupted training, and leaves a finished one as it is.
    Raises ReverieError when the recordings cannot be learnt from, or ``out`` holds the result of another request.
    """
    prepare_threads()
    where = choose_device(device)
    recordings = open_animals(data, animals)
    asked = {"data": str(data.resolve()), "animals": sorted(recordings), **asdict(request)}
    asked = {name: value if isinstance(value, list) else str(value) for name, value in asked.items()}
    earlier = _earlier_plan(out, asked)
    if earlier is not None and (out / LAST / "encoder.json").exists():
        say(f"The encoder in {out} is trained already.")
        return
    encoder = _untrained(recordings, request, where)
    splits = split_all(recordings, hold_out_fold=request.hold_out_fold)
    _tell_splits(splits)
    teacher = load_encoder(request.teacher, where) if request.teacher else None
    settings = earlier or _plan(encoder, recordings, splits, request, where)
    write_json(out / PLAN, describe({"asked": asked, "training": asdict(settings)}, seed=request.seed, device=where))
    say(f"Training on {len(recordings)} animal(s) for {settings.steps} steps.")
    result = train(encoder, recordings, splits, settings, out, device=where, teacher=teacher)
    for name, correlation in result.correlation.items():
        say(f"{name}: rates correlate with single-trial responses to held-out movies at {correlation:.3f}.")
    say(f"The encoder is in {out}.")


def _earlier_plan(out: Path, asked: Mapping[str, Any]) -> TrainingSettings | None:
    """Return the settings an earlier call with the same request chose, None when there was none."""
    if not (out / PLAN).exists():
        if out.exists() and any(out.iterdir()):
            raise ReverieError(f"{out} is not empty and holds no training of ours; choose another --out.")
        return None
    plan = read_json(out / PLAN)
    try:
        earlier, settings = plan["settings"]["asked"], TrainingSettings(**plan["settings"]["training"])
    except (KeyError, TypeError) as error:
        raise ReverieError(f"{out / PLAN} is damaged ({error}); choose another --out.") from error
    changed = [name for name in asked if earlier.get(name) != asked[name]]
    if changed:
        differences = ", ".join(f"{name}: {earlier.get(name)} there, {asked[name]} now" for name in changed)
        raise ReverieError(f"{out} holds an encoder trained otherwise ({differences}); choose another --out.")
    return settings


def _untrained(recordings: Mapping[str, SensoriumRecording], request: TrainingRequest, device: torch.device) -> Encoder:
    """Build the encoder asked for; left to choose, the published one on a GPU and the compact one elsewhere."""
    on_gpu = device.type == "cuda"
    architecture = request.architecture
    if architecture == "auto":
        architecture = "dwiseneuro" if on_gpu else "compact"
    size = request.preset
    if size == "auto":
        size = "paper" if on_gpu and architecture == "dwiseneuro" else "small"
    seed_everything(request.seed)
    mice = {name: recording.neurons for name, recording in recordings.items()}
    return find_architecture(architecture).encoder(preset(architecture, size), mice, _common_frame_size(recordings))


def _common_frame_size(recordings: Mapping[str, SensoriumRecording]) -> tuple[int, int]:
    sizes = {name: recording.frame_size for name, recording in recordings.items()}
    if len(set(sizes.values())) > 1:
        raise ReverieError(f"The animals saw movies of different frame sizes ({sizes}); train them one by one.")
    return next(iter(sizes.values()))


def _plan(
    encoder: Encoder,
    recordings: Mapping[str, SensoriumRecording],
    splits: Mapping[str, Split],
    request: TrainingRequest,
    device: torch.device,
) -> TrainingSettings:
    """Choose the settings: as many passes over the data as fit the time, unless the number of steps is given."""
    settings = replace(recipe(name_architecture(encoder), on_gpu=device.type == "cuda"), seed=request.seed)
    settings = replace(settings, learn_from=_learn_from(encoder, recordings, splits, request))
    if request.teacher is not None:
        settings = replace(settings, distillation=DISTILLATION)
    if request.steps is not None:
        steps = request.steps
        return replace(settings, steps=steps, warm_up=min(settings.warm_up, steps // 10), validate_every=spaced(steps))
    frames = sum(recording.frames(name) for mouse, recording in recordings.items() for name in splits[mouse].training)
    steps = -(-PASSES * frames // (settings.batch * (encoder.window or settings.window)))
    few = {mouse: load_trials(recordings[mouse], splits[mouse].training[:8], encoder) for mouse in recordings}
    pace = seconds_per_step(encoder, few, settings, device)
    minutes = request.minutes or (MINUTES if device.type == "cpu" else MINUTES_ON_GPU)
    return fit_to_time(replace(settings, steps=max(steps, 1)), minutes, pace)


def _learn_from(
    encoder: Encoder,
    recordings: Mapping[str, SensoriumRecording],
    splits: Mapping[str, Split],
    request: TrainingRequest,
) -> str:
    """Return what of the responses to learn from: as asked for or, left to choose, what the first animal suggests."""
    if request.learn_from != "auto":
        return request.learn_from
    mouse = next(iter(recordings))
    found = best_target(encoder, load_trials(recordings[mouse], splits[mouse].training, encoder))
    if found == "events":
        say("Learning from whether neurons respond: how much is mostly noise here (--learn-from sizes to differ).")
    return found


def _tell_splits(splits: Mapping[str, Split]) -> None:
    for name, split in splits.items():
        left_out = f", {len(split.excluded)} left out as near-duplicates or without responses" if split.excluded else ""
        say(f"{name}: {len(split.training)} trials to train on, {len(split.validation)} to validate{left_out}.")
