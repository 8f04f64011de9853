"""Whether the sizes of responses tell an encoder enough to learn from them."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from reverie.encoders.contract import Encoder
from reverie.recordings.trial import Trial
from reverie.training.probe_regression import PlaceStarting, explained_by_points, first_trials
from reverie.training.targets import TARGETS

FRAMES = 3000
"""Frames that targets are compared on."""

CLEARLY = 1.4
"""How much more of events must be explained: of Poisson counts, whose sizes do tell, it is 1.1 to 1.2 times as much,
since rates rise steeply; of responses whose sizes are noise it is twice as much."""

JUDGES = 300
"""Neurons, evenly chosen, that targets are compared for."""


def best_target(encoder: Encoder, trials: Sequence[Trial]) -> str:
    """Return which target of one animal to learn from, "sizes" or "events", by ``explained_by_points``.

    Each is judged by the share of its variance that a neuron's best point explains by its best probe, averaged over
    neurons, in the first trials. An encoder without probes learns from sizes, as published.
    """
    if not isinstance(encoder, PlaceStarting):
        return "sizes"
    few = [_of_some_neurons(trial) for trial in first_trials(trials, FRAMES)]
    as_events = TARGETS["events"](few)
    explained, variance = explained_by_points(
        encoder, few, lambda responses: np.concatenate([responses, as_events(responses)])
    )
    shares = explained.amax(dim=(0, 1)) / variance.clamp_min(1e-12)
    of_sizes, of_events = shares.view(2, -1).mean(dim=1).tolist()
    return "events" if of_events > CLEARLY * of_sizes else "sizes"


def _of_some_neurons(trial: Trial) -> Trial:
    responses = np.asarray(trial.responses)
    return replace(trial, responses=responses[:: -(-len(responses) // JUDGES)])
