"""What an encoder learns from recorded responses: their sizes, their square roots, or events."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from reverie.foundation.errors import ReverieError
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


TRANSFORMS: Mapping[str, Target] = {"sizes": sizes, "roots": roots, "events": events}
"""What an encoder can learn, by name, in whatever unit."""


@dataclass(frozen=True)
class KeepingMeans:
    """A target that keeps each neuron's mean over all frames, in whatever unit its transformation is."""

    transform: Target
    units: Float[np.ndarray, " neuron"]
    """Mean response of each neuron over the mean of its transformed responses."""

    def __call__(self, responses: RecordedResponses) -> RecordedResponses:
        """Return the transformed responses in the responses' own units."""
        rescaled: np.ndarray = self.transform(responses) * self.units[:, None]
        return rescaled


def find_target(learn_from: str, trials: Sequence[Trial]) -> Target:
    """Return a target, one of ``TRANSFORMS``, for the neurons of one animal, whose training trials these are."""
    return target_from_arrays(target_to_arrays(learn_from, trials))


def target_to_arrays(learn_from: str, trials: Sequence[Trial]) -> dict[str, np.ndarray]:
    """Return what determines a target as arrays, for an ``.npz`` file: its name and, except for sizes, the units.

    Raises ReverieError when there is no such target.
    """
    if learn_from not in TRANSFORMS:
        raise ReverieError(f"An encoder cannot have learned from {learn_from!r}, only from: {', '.join(TRANSFORMS)}.")
    name = {"learn_from": np.array(learn_from)}
    if learn_from == "sizes":
        return name
    total, transformed = np.zeros(()), np.zeros(())
    for trial in trials:
        if trial.responses is not None:
            responses = np.maximum(trial.responses, np.float32(0))
            total = total + responses.sum(axis=1, dtype=np.float64)
            transformed = transformed + TRANSFORMS[learn_from](responses).sum(axis=1, dtype=np.float64)
    return {**name, "units": (total / np.where(transformed > 0, transformed, 1)).astype(np.float32)}


def target_from_arrays(arrays: Mapping[str, np.ndarray]) -> Target:
    """Return the target whose ``target_to_arrays`` gave these arrays."""
    transform = TRANSFORMS[str(arrays["learn_from"])]
    return transform if transform is sizes else KeepingMeans(transform, arrays["units"])
