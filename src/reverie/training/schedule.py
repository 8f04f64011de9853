"""The learning rate over the steps of a training run."""

import math


def learning_rate_at(step: int, *, steps: int, highest: float, warm_up: int, final_fraction: float) -> float:
    """Return the learning rate of one step: a linear rise over ``warm_up`` steps, then a cosine to the final fraction.

    step: 0 to steps - 1. The last step has exactly ``highest * final_fraction``. As in the Sensorium 2023 winner
    (warm-up of 3 epochs, cosine of 18 epochs to 1 %).

    >>> [round(learning_rate_at(s, steps=7, highest=1.0, warm_up=2, final_fraction=0.0), 2) for s in range(7)]
    [0.5, 1.0, 1.0, 0.85, 0.5, 0.15, 0.0]
    """
    if step < warm_up:
        return highest * (step + 1) / warm_up
    fallen = (step - warm_up) / max(1, steps - 1 - warm_up)
    return highest * (final_fraction + (1 - final_fraction) * (1 + math.cos(math.pi * fallen)) / 2)
