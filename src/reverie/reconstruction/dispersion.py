"""How much noisier single responses are than Poisson counts, measured on trials whose movies are known.

The likelihood of a reconstruction is divided by it, so that the weight of a prior means the same for every recording.
"""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float

from reverie.encoders.contract import Encoder
from reverie.encoders.modes import device_of
from reverie.foundation.errors import ReverieError
from reverie.reconstruction.objective import rates_in_pieces
from reverie.recordings.trial import Trial

LONGEST_MEMORY = 30
"""Frames (1 s) over which residuals may be correlated."""

LEAST_MEMORY = 0.02
"""Autocorrelation from which on residuals count as independent."""

FURTHEST = 5.0
"""How many times a neuron's dispersion may be above or below the population's, in units of its mean rate."""

LEAST_NOISE = 1e-3
"""Dispersion in units of the mean rate that is always assumed: no recording is without noise."""


def measure_dispersion(
    encoder: Encoder, mouse: str, trials: Sequence[Trial], *, skip: int = 0
) -> Float[np.ndarray, " neuron"]:
    """Return each neuron's dispersion, in the units of its responses: variance over mean, and how long noise lasts.

    With residuals e = response − rate, it is Σ e² / Σ rate, times 1 + 2 Σ ρ(lag), where ρ is the autocorrelation of
    residuals over lags until it vanishes: sums of responses over time vary by that much more than if frames were
    independent. Neurons that hardly fired get what is usual in the population for their mean rate. This is the
    quasi-likelihood of McCullagh & Nelder 1989, section 9.2, with the variance of sums in place of that of frames.

    trials: those without responses are left out. skip: frames at the start of a trial that are left out.
    Raises ReverieError when no trial is left or the encoder predicts nothing finite.
    """
    answered = [trial for trial in trials if trial.responses is not None and trial.frames > skip + 1]
    if not answered:
        raise ReverieError(f"The noise of {mouse} needs at least one trial with responses; none is left.")
    squares, rates, frames, products = 0.0, 0.0, 0, np.zeros(LONGEST_MEMORY + 1)
    for trial in answered:
        assert trial.responses is not None
        rate = _rates(encoder, mouse, trial)[:, skip:]
        residual = trial.responses[:, skip:] - rate
        squares = squares + np.square(residual, dtype=np.float64).sum(1)
        rates = rates + rate.sum(1, dtype=np.float64)
        frames += rate.shape[1]
        products += _lagged_products(residual)
    variances, means = np.asarray(squares) / frames, np.asarray(rates) / frames
    dispersion = _robust(variances, means) * memory_factor(products)
    if not np.isfinite(dispersion).all():
        raise ReverieError(f"The noise of {mouse} is not finite; the encoder's weights or the responses are damaged.")
    return dispersion.astype(np.float32)


def memory_factor(products: Float[np.ndarray, " lag"]) -> float:
    """Return by how much sums over time vary more than for independent frames, from products of lagged residuals.

    >>> memory_factor(np.array([4.0, 2.0, 1.0, 0.0, 3.0]))
    2.5
    """
    correlation = products / products[0] if products[0] > 0 else np.zeros_like(products)
    gone = np.flatnonzero(correlation[1:] < LEAST_MEMORY)
    lags = correlation[1 : 1 + gone[0]] if gone.size else correlation[1:]
    return float(1 + 2 * lags.sum())


def _rates(encoder: Encoder, mouse: str, trial: Trial) -> Float[np.ndarray, "neuron time"]:
    device = device_of(encoder)
    # Copies: the arrays of a recording are memory-mapped and may not be written.
    rates = rates_in_pieces(
        encoder, torch.tensor(trial.movie, device=device), torch.tensor(trial.state, device=device), mouse
    )
    array: Float[np.ndarray, "neuron time"] = rates.cpu().numpy()
    return array


def _lagged_products(residual: Float[np.ndarray, "neuron time"]) -> Float[np.ndarray, " lag"]:
    """Return the sum over neurons and frames of residual · residual some frames later, each neuron scaled to one."""
    scale = np.sqrt(np.square(residual, dtype=np.float64).mean(1, keepdims=True))
    scaled = np.divide(residual, scale, out=np.zeros(residual.shape), where=scale > 0)
    frames = residual.shape[1]
    padded = np.fft.rfft(scaled, 2 * frames, axis=1)
    products = np.fft.irfft((np.abs(padded) ** 2).sum(0), 2 * frames)[: min(frames, LONGEST_MEMORY + 1)]
    return np.pad(products, (0, LONGEST_MEMORY + 1 - len(products)))


def _robust(
    variances: Float[np.ndarray, " neuron"], means: Float[np.ndarray, " neuron"]
) -> Float[np.ndarray, " neuron"]:
    """Return variance over mean of each neuron, kept near what is usual in units of its mean rate."""
    means = np.maximum(means, 1e-6 * max(means.max(initial=0.0), 1e-6))
    relative = variances / means**2
    usual = max(float(np.median(relative)), LEAST_NOISE)
    return np.asarray(np.clip(relative, usual / FURTHEST, usual * FURTHEST) * means)
