"""What of the responses an encoder learns from: their sizes, or only that there are any."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float

from reverie.recordings.trial import Trial

RecordedResponses = Float[np.ndarray, "neuron time"]

Target = Callable[[RecordedResponses], RecordedResponses]
"""Turns responses as recorded into those an encoder is to predict, in the same units."""


def sizes(responses: RecordedResponses) -> RecordedResponses:
    """Return the responses as they are: their sizes count, as published."""
    return responses


@dataclass(frozen=True)
class Events:
    """Any response of a neuron counts as its mean one, so that its mean over all frames stays what it was.

    Deconvolved calcium responses are mostly zero and otherwise drawn from a long tail: where the size of one says
    little about the rate, sizes are noise to whoever learns from them.
    mean_sizes: (neuron,), of the responses above zero.
    """

    mean_sizes: Float[np.ndarray, " neuron"]

    @classmethod
    def of(cls, trials: Sequence[Trial]) -> "Events":
        """Return the target for the neurons of one animal, whose training trials these are."""
        total, count = np.zeros(()), np.zeros(())
        for trial in trials:
            if trial.responses is not None:
                responses = np.asarray(trial.responses)
                total = total + responses.sum(axis=1, dtype=np.float64)
                count = count + (responses > 0).sum(axis=1)
        return cls((total / np.maximum(count, 1)).astype(np.float32))

    def __call__(self, responses: RecordedResponses) -> RecordedResponses:
        """Return the mean response where there is one, and 0 elsewhere."""
        return np.where(responses > 0, self.mean_sizes[:, None], np.float32(0))


def _sizes_of(trials: Sequence[Trial]) -> Target:
    return sizes


TARGETS: Final[Mapping[str, Callable[[Sequence[Trial]], Target]]] = {"sizes": _sizes_of, "events": Events.of}
"""How to make each target from an animal's training trials."""
