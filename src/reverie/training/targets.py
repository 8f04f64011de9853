"""What an encoder learns of recorded responses: their sizes, their square roots, or events."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from jaxtyping import Float

from reverie.recordings.trial import Trial

RecordedResponses = Float[np.ndarray, "neuron time"]

Target = Callable[[RecordedResponses], RecordedResponses]
"""Turns recorded responses into those an encoder is trained to predict, in the same units."""


def sizes(responses: RecordedResponses) -> RecordedResponses:
    """Return the responses unchanged: their sizes count, as published."""
    return responses


def events(responses: RecordedResponses) -> RecordedResponses:
    """Return 1 where there is a response, else 0.

    Deconvolved calcium responses are mostly 0, and otherwise have a long-tailed distribution. Where their sizes say
    little about the rate, sizes are mostly noise.
    """
    return (responses > 0).astype(np.float32)


def roots(responses: RecordedResponses) -> RecordedResponses:
    """Return the square roots of responses.

    Large responses of a long-tailed distribution are rarer and less certain than the Poisson loss takes them to be, and
    would teach more than all others; their roots still tell large ones from small ones.
    """
    found: np.ndarray = np.sqrt(np.maximum(responses, np.float32(0)))
    return found


@dataclass(frozen=True)
class KeepingMeans:
    """A target that keeps each neuron's mean over all frames, in whatever unit its transformation is."""

    transform: Target
    units: Float[np.ndarray, " neuron"]
    """Mean response of each neuron over the mean of its transformed responses."""

    @classmethod
    def of(cls, transform: Target, trials: Sequence[Trial]) -> "KeepingMeans":
        """Return the target for the neurons of one animal, whose training trials these are."""
        total, transformed = np.zeros(()), np.zeros(())
        for trial in trials:
            if trial.responses is not None:
                responses = np.maximum(trial.responses, np.float32(0))
                total = total + responses.sum(axis=1, dtype=np.float64)
                transformed = transformed + transform(responses).sum(axis=1, dtype=np.float64)
        return cls(transform, (total / np.where(transformed > 0, transformed, 1)).astype(np.float32))

    def __call__(self, responses: RecordedResponses) -> RecordedResponses:
        """Return the transformed responses in the responses' own units."""
        rescaled: np.ndarray = self.transform(responses) * self.units[:, None]
        return rescaled


def _sizes_of(trials: Sequence[Trial]) -> Target:
    return sizes


TARGETS: Mapping[str, Callable[[Sequence[Trial]], Target]] = {
    "sizes": _sizes_of,
    "roots": partial(KeepingMeans.of, roots),
    "events": partial(KeepingMeans.of, events),
}
"""How to make each target from an animal's training trials."""
