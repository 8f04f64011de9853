"""How to train: every number a training run depends on, and what it learns of the responses."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from reverie.foundation.requests import ABOVE_0, AT_LEAST_0, AT_LEAST_1, Range, require_possible
from reverie.recordings.trial import Trial

RecordedResponses = Float[np.ndarray, "neuron time"]

Target = Callable[[RecordedResponses], RecordedResponses]
"""Turns recorded responses into those an encoder is trained to predict, in the same units."""


def sizes(responses: RecordedResponses) -> RecordedResponses:
    """Return the responses unchanged: their sizes count, as published."""
    return responses


@dataclass(frozen=True)
class Events:
    """Replaces every response above 0 by the neuron's mean one, which keeps the mean over all frames.

    Deconvolved calcium responses are mostly 0, and otherwise have a long-tailed distribution. Where their sizes say
    little about the rate, sizes are mostly noise.
    """

    mean_sizes: Float[np.ndarray, " neuron"]
    """Mean of each neuron's responses above 0, (neuron,)."""

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
        """Return the neuron's mean response where there is a response, and 0 elsewhere."""
        return np.where(responses > 0, self.mean_sizes[:, None], np.float32(0))


@dataclass(frozen=True)
class Roots:
    """Replaces every response by its square root, in a unit that keeps the neuron's mean over all frames.

    Large responses of a long-tailed distribution are rarer and less certain than the Poisson loss takes them to be, and
    would teach more than all others; their roots still tell large ones from small ones.
    """

    units: Float[np.ndarray, " neuron"]
    """Mean response of each neuron over the mean of its responses' roots, (neuron,)."""

    @classmethod
    def of(cls, trials: Sequence[Trial]) -> "Roots":
        """Return the target for the neurons of one animal, whose training trials these are."""
        total, of_roots = np.zeros(()), np.zeros(())
        for trial in trials:
            if trial.responses is not None:
                responses = np.maximum(trial.responses, 0)
                total = total + responses.sum(axis=1, dtype=np.float64)
                of_roots = of_roots + np.sqrt(responses).sum(axis=1, dtype=np.float64)
        return cls((total / np.where(of_roots > 0, of_roots, 1)).astype(np.float32))

    def __call__(self, responses: RecordedResponses) -> RecordedResponses:
        """Return the roots of the responses, in the responses' own unit."""
        roots: np.ndarray = np.sqrt(np.maximum(responses, np.float32(0))) * self.units[:, None]
        return roots


def _sizes_of(trials: Sequence[Trial]) -> Target:
    return sizes


TARGETS: Mapping[str, Callable[[Sequence[Trial]], Target]] = {
    "sizes": _sizes_of,
    "roots": Roots.of,
    "events": Events.of,
}
"""How to make each target from an animal's training trials."""


@dataclass(frozen=True)
class TrainingSettings:
    """Every number a training run depends on; the same settings and data give the same weights on a CPU.

    Raises ReverieError when a number is out of its range.
    """

    steps: int = 2000
    """Updates of the weights, at least 1."""
    batch: int = 4
    """Windows per step, all of one animal; the animals take turns."""
    window: int = 50
    """Frames of a window that are scored; the encoder's history comes on top. A bound encoder sets its own."""
    learning_rate: float = 2e-2
    """The highest learning rate, reached after the warm-up."""
    final_fraction: float = 0.01
    """Learning rate at the end of the cosine, as a fraction of the highest one."""
    warm_up: int = 50
    """Steps over which the learning rate rises linearly."""
    weight_decay: float = 0.05
    """Decoupled weight decay of AdamW, per unit of learning rate."""
    averaging: float = 0.99
    """Decay of the moving average of the weights, which is what is validated and kept."""
    cutmix_probability: float = 0.0
    """Share of steps whose windows get a box of another window pasted in."""
    cutmix_alpha: float = 1.0
    """Both parameters of the beta distribution of the area kept."""
    learn_from: str = "sizes"
    """What to learn of the responses: their sizes, as published, their square roots, or events, that is, whether there
    are any."""
    distillation: float = 0.0
    """Weight of the teacher's part of the loss; 0 needs no teacher. 0.0036 in the Sensorium 2023 winner."""
    validate_every: int = 500
    """Steps between validations; the state to resume from is written at the same moments."""
    seed: int = 0
    """Decides the windows, the boxes and the dropout of every step."""
    precision: str = "float32"
    """float32 or bfloat16; the second (autocast) takes effect on a CUDA device only."""

    def __post_init__(self) -> None:
        require_possible(
            self,
            steps=AT_LEAST_1,
            batch=AT_LEAST_1,
            window=AT_LEAST_1,
            learning_rate=ABOVE_0,
            final_fraction=Range(0, 1),
            warm_up=AT_LEAST_0,
            weight_decay=AT_LEAST_0,
            averaging=Range(0, 1, below=True),
            cutmix_probability=Range(0, 1),
            cutmix_alpha=ABOVE_0,
            learn_from=TARGETS,
            distillation=Range(0, 1, below=True),
            validate_every=AT_LEAST_1,
            seed=AT_LEAST_0,
            precision=("float32", "bfloat16"),
        )
