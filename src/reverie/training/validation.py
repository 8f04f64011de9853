"""How well an encoder predicts: the correlation of its rates with single-trial responses, neuron by neuron."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from reverie.encoders.contract import Encoder
from reverie.encoders.prediction import predict
from reverie.foundation.errors import ReverieError
from reverie.recordings.trial import Trial

NEXT_TO_NOTHING = 0.05
"""Correlation of rates with single-trial responses below which an encoder explains next to nothing: encoders trained on
responses that were shifted against the movies by some frames reached 0.02 to 0.04."""


class RunningCorrelation:
    """Pearson correlation per neuron over everything added, without keeping it: sums in double precision."""

    def __init__(self, neurons: int) -> None:
        self.frames = 0
        self.sums = np.zeros((5, neurons))
        self.origin: tuple[np.ndarray, np.ndarray] | None = None

    def add(self, first: Float[np.ndarray, "neuron time"], second: Float[np.ndarray, "neuron time"]) -> None:
        """Add frames of both series."""
        # Subtracting the first means before summing keeps precision for nearly constant neurons.
        if self.origin is None:
            self.origin = first.mean(axis=1, dtype=np.float64), second.mean(axis=1, dtype=np.float64)
        x = first - self.origin[0][:, None]
        y = second - self.origin[1][:, None]
        self.sums += np.stack([x.sum(1), y.sum(1), (x * x).sum(1), (y * y).sum(1), (x * y).sum(1)])
        self.frames += first.shape[1]

    def result(self) -> Float[np.ndarray, " neuron"]:
        """Return the correlation of each neuron; 0 where either series is constant.

        >>> both = RunningCorrelation(2)
        >>> both.add(np.array([[1.0, 2, 3], [1, 1, 1]]), np.array([[0.0, 1, 2], [3, 2, 1]]))
        >>> both.result()
        array([1., 0.])
        """
        count = max(1, self.frames)
        x, y, xx, yy, xy = self.sums / count
        variances = np.maximum(xx - x * x, 0) * np.maximum(yy - y * y, 0)
        # The variance of a constant series is a rounding error, not exactly 0.
        constant = (xx - x * x <= 1e-12 * (xx + 1e-12)) | (yy - y * y <= 1e-12 * (yy + 1e-12))
        correlation: np.ndarray = np.where(constant, 0.0, (xy - x * y) / np.sqrt(np.where(constant, 1.0, variances)))
        return correlation


def neuron_correlations(encoder: Encoder, mouse: str, trials: Sequence[Trial]) -> Float[np.ndarray, " neuron"]:
    """Return, per neuron, the correlation of predicted rates with single-trial responses over all frames of the trials.

    Trials without responses are skipped. Raises ReverieError when a rate is not finite, and as ``predict`` does.
    """
    running = RunningCorrelation(encoder.require_mouse(mouse))
    for trial in trials:
        if trial.responses is None:
            continue
        rates = predict(encoder, trial.known_movie, trial.known_state, mouse)
        if not np.isfinite(rates).all():
            raise ReverieError(
                f"The rates predicted for {mouse} are no longer numbers; look for extreme responses with "
                "`reverie inspect`, or train with another --seed."
            )
        running.add(rates, np.asarray(trial.responses))
    return running.result()


def validation_correlation(encoder: Encoder, mouse: str, trials: Sequence[Trial]) -> float:
    """Return the mean over neurons of ``neuron_correlations``; constant neurons count as 0."""
    return float(neuron_correlations(encoder, mouse, trials).mean())


def poor_fit_warning(animal: str, correlation: float) -> str | None:
    """Return a warning when an encoder explains next to nothing of held-out responses, else None."""
    if correlation >= NEXT_TO_NOTHING:
        return None
    return (
        f"{animal}: rates that correlate with held-out responses at {correlation:.3f} explain next to nothing, so that "
        "movies found with them mean nothing; see whether each movie belongs to its responses (order of trials, a lag, "
        "turned axes), and train for longer."
    )
