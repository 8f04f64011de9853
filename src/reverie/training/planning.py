"""Choosing how to train: settings that suit the architecture, the data, the machine and the time."""

import copy
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch

from reverie.encoders.contract import Encoder
from reverie.encoders.registry import name_architecture
from reverie.foundation.progress import say
from reverie.recordings.recording import Recording
from reverie.recordings.splits import Split
from reverie.recordings.trial import Trial
from reverie.recordings.usability import ResponseKind
from reverie.training.batches import WindowSampler, load_trials
from reverie.training.request import TrainingRequest
from reverie.training.settings import TrainingSettings
from reverie.training.step import new_run, take_step
from reverie.training.targets import find_target
from reverie.training.warm_start import PlaceStarting, explained_by_points, first_trials

RECIPES = {
    # Found on simulated animals: 0.01 is slower, 0.04 no better, and more weight decay hurts.
    "compact": TrainingSettings(optimiser="soap", learning_rate=0.02, window=50),
    "linear_nonlinear": TrainingSettings(learning_rate=0.01, window=50),
    # The Sensorium 2023 winner: learning rate 3e-4 times a quarter of the batch, CutMix half of the time.
    "dwiseneuro": TrainingSettings(
        batch=32, learning_rate=3e-4 * 32 / 4, averaging=0.999, cutmix_probability=0.5, precision="bfloat16"
    ),
}
"""Settings by architecture."""

MINUTES = 6.0
"""Least minutes of training on a CPU when no time is given, if there are enough data for it."""

MINUTES_A_CLIP = 0.09
"""Minutes per 10-second clip of the animal with the most clips. Learning from 228 clips for 21 minutes instead of 6
raised the single-trial correlation on new footage from .177 to .193 and the movies' video correlation from .792 to .814
(animals outside the encoders' family; docs/log)."""

CLIP_FRAMES = 300
"""Frames of a 10-second clip at 30 Hz."""

MINUTES_ON_GPU = 720.0
"""Minutes of training on a GPU when no time is given; the paper trained for 12 hours."""

PASSES = 40
"""How often each training frame is seen, if the time allows."""

VALIDATIONS = 8
"""How often a run is validated and its state saved; each time costs a little."""

FEWEST_STEPS = 50
"""Least number of steps, however short the time: with fewer, an encoder learns nothing."""

DISTILLATION = 0.0036
"""Weight of a teacher's part of the loss in the Sensorium 2023 winner."""

STEPS_TIMED = 6
"""Steps that are timed; the first two warm the machine up."""

COMPARED_FRAMES = 3000
"""Number of frames on which targets are compared."""

EVENTS_ADVANTAGE: Mapping[ResponseKind, float] = {"counts": 1.25, "events": 0.75, "traces": 1.25}
"""Least ratio of the explained shares, events over sizes, from which on events are learned from. The ratio is 1.07 to
1.18 for Poisson counts, whose sizes are informative. For deconvolved events it is 2 where sizes are only noise, and .9
where large events mean high rates; movies were better with encoders of events all the same. Lower ratios were not
tried; it is near 0 for neurons that respond in every frame (docs/log/encoders.md)."""

LEARNED = {
    "roots": "The encoder learns from the square roots of responses, so that the few largest do not dominate",
    "events": "The encoder learns whether neurons respond, not how much, so that large responses do not dominate",
}
"""What is said of each target that is chosen instead of sizes."""

COMPARED_NEURONS = 300
"""Number of neurons, evenly chosen, on which targets are compared."""


def plan_settings(
    encoder: Encoder,
    recordings: Mapping[str, Recording],
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
        return with_steps(settings, request.steps)
    frames = sum(recording.frames(name) for mouse, recording in recordings.items() for name in splits[mouse].training)
    steps = -(-PASSES * frames // (settings.batch * (encoder.window or settings.window)))
    few = {mouse: load_trials(recordings[mouse], splits[mouse].training[:8], encoder) for mouse in recordings}
    pace = seconds_per_step(encoder, few, settings, device)
    minutes = request.minutes or (usual_minutes(recordings, splits) if device.type == "cpu" else MINUTES_ON_GPU)
    return fit_to_time(replace(settings, steps=max(steps, 1)), minutes, pace)


def usual_minutes(recordings: Mapping[str, Recording], splits: Mapping[str, Split]) -> float:
    """Return how many minutes training on a CPU takes when no time is given: the more data, the longer."""
    most = max(
        sum(recording.frames(name) for name in splits[animal].training) for animal, recording in recordings.items()
    )
    return max(MINUTES, MINUTES_A_CLIP * most / CLIP_FRAMES)


def _learn_from(
    encoder: Encoder, recordings: Mapping[str, Recording], splits: Mapping[str, Split], request: TrainingRequest
) -> str:
    """Return the target to learn from: the requested one or, for "auto", the best one for the first animal."""
    if request.learn_from != "auto":
        return request.learn_from
    mouse, recording = next(iter(recordings.items()))
    trials = load_trials(recording, splits[mouse].training, encoder)
    found = best_target(encoder, trials, recording.response_kind)
    if found != "sizes":
        say(f"{LEARNED[found]} (--learn-from sizes for responses as recorded).")
    return found


def recipe(architecture: str, *, on_gpu: bool) -> TrainingSettings:
    """Return settings with which an architecture learns well; the defaults for an architecture of the user's own.

    On a CPU the published batch of DwiseNeuro is too slow; there it is 4, with the learning rate to match.

    >>> recipe("dwiseneuro", on_gpu=False).learning_rate
    0.0003
    """
    if architecture == "dwiseneuro" and not on_gpu:
        return TrainingSettings(batch=4, learning_rate=3e-4, cutmix_probability=0.5)
    return RECIPES.get(architecture, TrainingSettings())


def best_target(encoder: Encoder, trials: Sequence[Trial], kind: ResponseKind) -> str:
    """Return which target to learn from for one animal with responses of this kind: "sizes", "roots" or "events".

    Events are learned from where a neuron's best probe at its best grid point explains a share of their variance that
    is ``EVENTS_ADVANTAGE`` times that of sizes, averaged over neurons, in the first trials; otherwise roots, or sizes
    of counts and traces. An encoder without probes learns from sizes, as published.
    """
    if not isinstance(encoder, PlaceStarting):
        return "sizes"
    few = [_of_some_neurons(trial) for trial in first_trials(trials, COMPARED_FRAMES)]
    as_events = find_target("events", few)
    explained, variance = explained_by_points(
        encoder, few, lambda responses: np.concatenate([responses, as_events(responses)])
    )
    shares = explained.amax(dim=(0, 1)) / variance.clamp_min(1e-12)
    of_sizes, of_events = shares.view(2, -1).mean(dim=1).tolist()
    if of_events > EVENTS_ADVANTAGE[kind] * of_sizes:
        return "events"
    return "roots" if kind == "events" else "sizes"


def _of_some_neurons(trial: Trial) -> Trial:
    responses = np.asarray(trial.responses)
    return replace(trial, responses=responses[:: -(-len(responses) // COMPARED_NEURONS)])


def seconds_per_step(
    encoder: Encoder, trials: Mapping[str, Sequence[Trial]], settings: TrainingSettings, device: torch.device
) -> float:
    """Time a few steps of a copy of the encoder on this machine; the first two warm it up and do not count."""
    trial_run = new_run(copy.deepcopy(encoder).to(device).train(), settings)
    windows = WindowSampler.of(encoder, trials, settings)
    times = []
    for _ in range(STEPS_TIMED):
        start = time.perf_counter()
        take_step(trial_run, windows, settings, None).item()
        times.append(time.perf_counter() - start)
    return sorted(times[2:])[len(times[2:]) // 2]


def fit_to_time(settings: TrainingSettings, minutes: float, seconds_a_step: float) -> TrainingSettings:
    """Return the settings with as many steps as the time allows, but no more than they have.

    >>> fit_to_time(TrainingSettings(steps=10_000), 10.0, 0.5).steps
    1200
    """
    steps = max(FEWEST_STEPS, min(settings.steps, int(60 * minutes / seconds_a_step)))
    return with_steps(settings, steps)


def with_steps(settings: TrainingSettings, steps: int) -> TrainingSettings:
    """Return the settings with a number of steps: a tenth at most to warm up, and about ``VALIDATIONS`` validations."""
    spacing = max(1, -(-steps // VALIDATIONS))
    return replace(settings, steps=steps, warm_up=min(settings.warm_up, steps // 10), validate_every=spacing)
