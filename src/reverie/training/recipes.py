"""Settings each architecture learns well with; the number of steps is left to the data and the time."""

from reverie.training.settings import TrainingSettings

RECIPES = {
    # Found on simulated animals: 0.01 is slower, 0.04 no better, and more weight decay hurts.
    "compact": TrainingSettings(learning_rate=0.02, window=50),
    "linear_nonlinear": TrainingSettings(learning_rate=0.01, window=50),
    # The Sensorium 2023 winner: learning rate 3e-4 times a quarter of the batch, CutMix half of the time.
    "dwiseneuro": TrainingSettings(
        batch=32, learning_rate=3e-4 * 32 / 4, averaging=0.999, cutmix_probability=0.5, precision="bfloat16"
    ),
}
"""Settings by architecture."""


def recipe(architecture: str, *, on_gpu: bool) -> TrainingSettings:
    """Return the settings an architecture learns well with; the defaults for an architecture of the user's own.

    On a CPU the published batch of DwiseNeuro is too slow; there it is 4, with the learning rate to match.

    >>> recipe("dwiseneuro", on_gpu=False).learning_rate
    0.0003
    """
    if architecture == "dwiseneuro" and not on_gpu:
        return TrainingSettings(batch=4, learning_rate=3e-4, cutmix_probability=0.5)
    return RECIPES.get(architecture, TrainingSettings())
