"""Fitting likelihoods: how an animal's responses scatter around an encoder's rates, on trials whose movies are known.

The log likelihood of a reconstruction is divided by the dispersion measured here, so that the weight of a prior means
the same for every recording.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from reverie.encoders.contract import Encoder, device_of
from reverie.foundation.errors import NotApplicable, ReverieError
from reverie.inversion.likelihood import (
    EventLikelihood,
    GaussianLikelihood,
    JointLikelihood,
    Likelihood,
    PoissonLikelihood,
)
from reverie.inversion.likelihood_kinds import LikelihoodFits
from reverie.inversion.objective import rates_in_pieces
from reverie.recordings.trial import Trial
from reverie.recordings.usability import ResponseKind

LONGEST_MEMORY = 30
"""Frames (1 s) over which residuals may be correlated."""

LEAST_MEMORY = 0.02
"""Autocorrelation from which on residuals count as independent."""

FURTHEST = 5.0
"""Largest factor by which a neuron's dispersion may be above or below the population's median."""

LEAST_NOISE = 1e-3
"""Smallest median dispersion of a population, relative to that of the likelihood itself or to the mean rate."""

ROUNDS = 25
"""Iterations in which frequencies of events are fitted; each about halves the error."""

LEAST_VARIANCE = 1e-3
"""Added to the variance of events in a frame before residuals are divided by its square root, which may be 0."""

EVENTS_ADVANTAGE = 1.2
"""Events are used alone where they hold at least this many times the information of sizes. Below that, either may be
better in video correlation: sizes by .010 to .013 where events held 1.04 times as much (animals made from networks
fitted to real mice), events by .001 to .047 on simulated animals with few training clips. Both together were never much
worse than the better one, and better than it half of the time (docs/log/map.md)."""

Sample = Float[np.ndarray, "neuron trial time"]

Kind = Callable[[Sample, Sample], Likelihood]
"""Fits one kind of likelihood to rates and responses."""


def fit_likelihoods(
    encoder: Encoder, mouse: str, trials: Sequence[Trial], *, skip: int = 0, kinds: Mapping[str, Kind] | None = None
) -> LikelihoodFits:
    """Fit kinds of likelihood (those of events by default) to one animal's responses around an encoder's rates.

    Of sizes and events, the one with more Fisher information about the logarithm of the rates is chosen, summed over
    neurons and frames: it explains the responses with less scatter. Unless events hold clearly more (by
    ``EVENTS_ADVANTAGE``), both are used, or sizes for counts, which are whole numbers. On traces, see
    ``has_constant_variance``.

    Parameters
    ----------
    trials
        Those without responses are left out.
    skip
        Frames at the start of a trial that are left out.

    Raises
    ------
    ReverieError
        When no trial is left or the encoder predicts nothing finite.
    """
    answered = [trial for trial in trials if trial.responses is not None and trial.frames > skip + 1]
    # All are cut to the shortest, so a trial that is much shorter would cost the others most of their frames.
    longest = max((trial.frames for trial in answered), default=0)
    answered = [trial for trial in answered if 2 * trial.frames >= longest]
    if not answered:
        raise NotApplicable(
            f"The noise of {mouse} needs at least one trial with responses of more than {skip + 1} frames, as far as "
            "the encoder looks back; none is left: show movies for longer, or bring all to a higher --frame-rate."
        )
    last = min(trial.frames for trial in answered)
    rates = np.stack([_rates(encoder, mouse, trial)[:, skip:last] for trial in answered], axis=1)
    responses = np.stack([t.responses[:, skip:last] for t in answered if t.responses is not None], axis=1)
    if not (np.isfinite(rates).all() and np.isfinite(responses).all()):
        raise ReverieError(f"The noise of {mouse} is not finite; the encoder's weights or the responses are damaged.")
    fitted = {name: kind(rates, responses) for name, kind in (kinds or kinds_of("events")).items()}
    if "traces" in fitted and len(fitted) > 1:
        return LikelihoodFits(fitted, "traces" if has_constant_variance(rates, responses) else "sizes")
    joined = joint(fitted)
    held = {name: mean_information(one, rates) for name, one in fitted.items()}
    most = max(held, key=lambda name: held[name])
    counts = np.array_equal(responses, np.rint(responses))
    otherwise = "both" if joined and not counts else "sizes"
    clear = held[most] >= EVENTS_ADVANTAGE * held.get("sizes", 0.0)
    return LikelihoodFits({**fitted, **joined}, most if clear else otherwise)


def joint(fitted: Mapping[str, Likelihood]) -> Mapping[str, Likelihood]:
    """Return the joint likelihood of sizes and events, as ``both``, where both are fitted."""
    sizes, events = fitted.get("sizes"), fitted.get("events")
    if isinstance(sizes, PoissonLikelihood) and isinstance(events, EventLikelihood):
        return {"both": JointLikelihood.of(sizes, events)}
    return {}


def fit_poisson_likelihood(rates: Sample, responses: Sample) -> PoissonLikelihood:
    """Return the likelihood of responses' sizes, with dispersion variance / mean times the memory factor of the noise.

    With residuals e = response − rate, the dispersion is Σ e² / Σ rate, limited to near the population's median in
    units of a neuron's mean rate, times the memory factor of e.
    """
    residuals = responses - rates
    means = rates.mean((1, 2), dtype=np.float64)
    means = np.maximum(means, 1e-6 * max(means.max(initial=0.0), 1e-6))
    relative = np.square(residuals).mean((1, 2), dtype=np.float64) / means**2
    return PoissonLikelihood(_tensor(_near_median(relative) * means * memory_factor(lagged_products(residuals))))


def fit_event_likelihood(rates: Sample, responses: Sample) -> EventLikelihood:
    """Return the likelihood of events, for which only the presence of a response counts.

    Frequencies make the expected number of frames with a response equal to the recorded number. The dispersion is the
    variance of residuals over the expected variance, times the memory factor of standardised residuals.
    """
    present = responses > 0
    frames = present[0].size
    share = present.mean((1, 2)).clip(0.5 / frames, 1 - 0.5 / frames)
    floored = np.maximum(rates, 1e-6 * max(float(rates.mean()), 1e-6))
    frequency = share / floored.mean((1, 2), dtype=np.float64)
    for _ in range(ROUNDS):
        found = -np.expm1(-frequency[:, None, None] * floored[..., ::3]).mean((1, 2))
        frequency *= np.clip(share / found, 0.5, 2.0)
    expected = -np.expm1(-frequency[:, None, None] * floored)
    residuals, variance = present - expected, expected * (1 - expected)
    relative = np.square(residuals).sum((1, 2)) / np.maximum(variance.sum((1, 2)), 0.5)
    # Without a floor, a response where hardly any was expected would count more than all others.
    memory = memory_factor(lagged_products(residuals / np.sqrt(variance + LEAST_VARIANCE)))
    return EventLikelihood(_tensor(frequency), _tensor(_near_median(relative) * memory))


def fit_gaussian_likelihood(rates: Sample, responses: Sample) -> GaussianLikelihood:
    """Return the likelihood of traces; variances, in units of the responses', are limited to near their median."""
    residuals = responses - rates
    whole = responses.var((1, 2), dtype=np.float64)
    whole = np.maximum(whole, 1e-6 * max(whole.max(initial=0.0), 1e-12))
    relative = np.square(residuals).mean((1, 2), dtype=np.float64) / whole
    memory = memory_factor(lagged_products(residuals))
    return GaussianLikelihood(_tensor(_near_median(relative) * whole), torch.full((len(rates),), memory))


KINDS: Mapping[str, Kind] = {
    "sizes": fit_poisson_likelihood,
    "events": fit_event_likelihood,
    "traces": fit_gaussian_likelihood,
}
"""The kinds of likelihood by what counts in a response: its size, its presence, or its level with the same variance at
every rate."""


def kinds_of(responses: ResponseKind) -> Mapping[str, Kind]:
    """Return the kinds of likelihood that suit a kind of responses; traces have no events, since they are never 0.

    >>> list(kinds_of("traces")), list(kinds_of("counts"))
    (['sizes', 'traces'], ['sizes', 'events'])
    """
    names = ("sizes", "traces") if responses == "traces" else ("sizes", "events")
    return {name: KINDS[name] for name in names}


def has_constant_variance(rates: Sample, responses: Sample) -> bool:
    """Return whether the variance of responses is the same at all rates rather than proportional to the rates.

    The two are compared by the Gaussian likelihood of the residuals, with a constant variance or one that follows the
    rate. Source: Davidian & Carroll, Variance function estimation, J. Am. Stat. Assoc. 82, 1987.
    """
    squared = np.square(responses - rates, dtype=np.float64)
    floored = np.maximum(rates, 1e-6 * max(float(rates.mean()), 1e-6)).astype(np.float64)
    least = 1e-12 * max(float(squared.max(initial=0.0)), 1e-12)
    constant = np.log(np.maximum(squared.mean((1, 2)), least))
    following = np.log(np.maximum((squared / floored).mean((1, 2)), least)) + np.log(floored).mean((1, 2))
    return bool(constant.sum() <= following.sum())


def mean_information(likelihood: Likelihood, rates: Sample) -> float:
    """Return the mean information about the logarithm of a rate, over neurons and frames."""
    flat = torch.from_numpy(rates.reshape(len(rates), -1))
    return float((flat * likelihood.root_information(flat)).square().mean())


def memory_factor(products: Float[np.ndarray, " lag"]) -> float:
    """Return the variance of sums over time relative to that of independent frames, from products of lagged residuals.

    It is 1 + 2 Σ ρ(lag), where ρ is the autocorrelation, over lags until it vanishes.

    >>> memory_factor(np.array([4.0, 2.0, 1.0, 0.0, 3.0]))
    2.5
    """
    correlation = products / products[0] if products[0] > 0 else np.zeros_like(products)
    gone = np.flatnonzero(correlation[1:] < LEAST_MEMORY)
    lags = correlation[1 : 1 + gone[0]] if gone.size else correlation[1:]
    return float(1 + 2 * lags.sum())


def lagged_products(residuals: Sample) -> Float[np.ndarray, " lag"]:
    """Return the mean of residual · residual some frames later over neurons, each centred and scaled to variance 1."""
    centred = residuals - residuals.mean((1, 2), keepdims=True)
    scale = np.sqrt(np.square(centred).mean((1, 2), keepdims=True))
    scaled = np.divide(centred, scale, out=np.zeros_like(centred), where=scale > 0)
    frames = scaled.shape[2]
    lags = range(min(frames, LONGEST_MEMORY + 1))
    products = [float(np.mean(scaled[..., : frames - lag] * scaled[..., lag:])) for lag in lags]
    return np.pad(products, (0, LONGEST_MEMORY + 1 - len(products)))


def _near_median(relative: Float[np.ndarray, " neuron"]) -> Float[np.ndarray, " neuron"]:
    median = max(float(np.median(relative)), LEAST_NOISE)
    return np.asarray(np.clip(relative, median / FURTHEST, median * FURTHEST))


def _rates(encoder: Encoder, mouse: str, trial: Trial) -> Float[np.ndarray, "neuron time"]:
    device = device_of(encoder)
    # Copies, since the arrays of a recording are memory-mapped and read-only.
    movie, state = torch.tensor(trial.known_movie, device=device), torch.tensor(trial.known_state, device=device)
    array: Float[np.ndarray, "neuron time"] = rates_in_pieces(encoder, movie, state, mouse).cpu().numpy()
    return array


def _tensor(values: Float[np.ndarray, " neuron"]) -> Float[Tensor, " neuron"]:
    return torch.from_numpy(values.astype(np.float32))
