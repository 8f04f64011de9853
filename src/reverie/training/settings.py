"""How to train: every number a training run depends on."""

from dataclasses import dataclass

from reverie.foundation.requests import ABOVE_0, AT_LEAST_0, AT_LEAST_1, Range, require_possible
from reverie.training.targets import TRANSFORMS


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
    optimiser: str = "adamw"
    """adamw, or soap, which takes Adam's steps in the eigenbasis of the gradients."""
    weight_decay: float = 0.05
    """Decoupled weight decay, per unit of learning rate."""
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
            optimiser=("adamw", "soap"),
            weight_decay=AT_LEAST_0,
            averaging=Range(0, 1, below=True),
            cutmix_probability=Range(0, 1),
            cutmix_alpha=ABOVE_0,
            learn_from=TRANSFORMS,
            distillation=Range(0, 1, below=True),
            validate_every=AT_LEAST_1,
            seed=AT_LEAST_0,
            precision=("float32", "bfloat16"),
        )
