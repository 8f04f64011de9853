"""Fitting the parts that an animal and an encoder need once; each is kept as soon as it is fitted."""

from collections.abc import Callable, Iterable, Mapping
from time import perf_counter

import numpy as np

from reverie.fitted.calibrating import fit_calibration, fit_followed_weights, fit_weights
from reverie.fitted.fitted import FITTED_TO, Fitted
from reverie.fitted.learning_errors import fit_errors
from reverie.fitted.parts import PARTS, WORDS, sources_of
from reverie.foundation.errors import NotApplicable, ReverieError
from reverie.foundation.progress import say
from reverie.inversion.likelihood_fit import fit_likelihoods, kinds_of
from reverie.inversion.linear.ridge import save_decoder
from reverie.inversion.linear.ridge_fit import fit_ridge
from reverie.inversion.mask import MaskSettings, diameter_in_degrees, estimate_mask
from reverie.inversion.methods.weighing import worth_following
from reverie.inversion.priors.gaussian import fit_prior, with_scenes
from reverie.scoring.parts import shot_starts
from reverie.scoring.rule import EVALUATION_THRESHOLD, TRAINING_THRESHOLD
from reverie.training.targets import target_to_arrays

MASK_TRIALS = 100
"""Number of evenly chosen training trials that a mask is estimated from; more would only take memory."""

LIKELIHOOD_TRIALS = 16
"""Number of evenly chosen training trials that the likelihood is fitted to; enough for a precision of a few per
cent."""

PRIOR_TRIALS = 200
"""Number of evenly chosen training trials whose movies the prior is fitted to."""


def fit(fitted: Fitted, parts: Iterable[str] = tuple(PARTS)) -> Fitted:
    """Fit the parts that are missing and the parts these are made from, and keep each; return the same object.

    An interruption loses only the part that is being fitted. Raises ReverieError when a part is unknown, there are too
    few trials for it, or it cannot be kept, and NotApplicable when the mask leaves nothing to see.
    """
    wanted = {parts} if isinstance(parts, str) or not isinstance(parts, Iterable) else set(parts)
    if unknown := wanted - PARTS.keys():
        raise ReverieError(f"There is no part {min(unknown, key=str)!r} to fit; choose from: {', '.join(PARTS)}.")
    fitted.tidy()
    needed = wanted | sources_of(wanted)
    for warning in fitted.subject.warnings:
        say(warning)
    missing = fitted.missing(needed)
    for number, part in enumerate(missing, start=1):
        if part != "mask" and "mask" in needed:
            _ = fitted.mask  # raises before the work where nothing can be seen, since the rest would be useless
        fitted.describe(part)  # raises before the work where nothing can be written
        begin, words = perf_counter(), WORDS.get(part, part)
        say(f"{fitted.subject.animal}: fitting the {words} ({number} of {len(missing)}).")
        FITS[part](fitted)
        say(f"{fitted.subject.animal}: fitting the {words} took {perf_counter() - begin:.0f} s.")
    return fitted


def _fit_mask(fitted: Fitted) -> None:
    subject = fitted.subject
    lengths = {name: subject.recording.frames(name) for name in subject.training}
    # Images are shorter than the default window; trials shorter than it are left out where others are longer.
    window = subject.encoder.window or min(MaskSettings().window, max(lengths.values(), default=0))
    names = [name for name in subject.training if lengths[name] >= window]
    if len(names) < 2:
        raise NotApplicable(
            f"{subject.animal} has {len(names)} training trial(s) with responses of at least {window} frames; a mask "
            "needs at least two, to blend one movie with another."
        )
    trials, settings = list(subject.trials(names, MASK_TRIALS)), MaskSettings(window=max(1, window))
    mask = estimate_mask(subject.encoder, subject.animal, trials, settings, seed=subject.seed, device=subject.device)
    fitted.keep("mask", {"mask": mask.astype(np.float32)})
    levels = (TRAINING_THRESHOLD, EVALUATION_THRESHOLD)
    angle = subject.recording.degrees_per_pixel
    unit = " px" if angle is None else "°"
    sizes = " and ".join(
        f"{diameter_in_degrees(mask, level, angle or 1.0):.0f}{unit} at α ≥ {level:g}" for level in levels
    )
    say(f"{subject.animal} sees {sizes} (equal-area diameter; α is the mask's transparency, how well a pixel is seen).")


def _fit_target(fitted: Fitted) -> None:
    subject = fitted.subject
    fitted.keep("target", target_to_arrays(subject.learned_from, subject.trials(subject.training)))


def _fit_prior(fitted: Fitted) -> None:
    subject = fitted.subject
    trials = subject.trials(subject.training, PRIOR_TRIALS)
    fitted.keep("prior", fit_prior(trials).to_arrays())


def _fit_scenes(fitted: Fitted) -> None:
    subject = fitted.subject
    trials = subject.trials(subject.training, PRIOR_TRIALS)
    prior = with_scenes(fitted.prior, trials, lambda movie: shot_starts(movie).tolist())
    fitted.keep("scenes", prior.to_arrays())
    if prior.scenes is None:
        say(
            f"{subject.animal}: the training movies do not show how cameras move over scenes, so the camera is not "
            "followed."
        )


def _fit_likelihood(fitted: Fitted) -> None:
    subject = fitted.subject
    trials = subject.trials(subject.training, LIKELIHOOD_TRIALS)
    kinds = kinds_of(subject.recording.response_kind)
    fits = fit_likelihoods(subject.encoder, subject.animal, trials, skip=subject.encoder.history, kinds=kinds)
    fitted.keep("likelihood", fits.to_arrays())
    say(f"{subject.animal}: of the likelihoods {', '.join(kinds)}, “{fits.chosen}” describes the training trials best.")


def _fit_ridge(fitted: Fitted) -> None:
    subject = fitted.subject
    begin = perf_counter()
    decoder = fit_ridge(subject.animal, subject.trials(subject.training))
    about = {"seconds": round(perf_counter() - begin, 1), FITTED_TO: subject.fingerprint}
    save_decoder(decoder, fitted.place("ridge").parent, about)


def _fit_weights(fitted: Fitted) -> None:
    weights = fit_weights(fitted)
    fitted.keep("weights", weights.to_arrays())
    averaged = f" averaged over {weights.averaged_over} pairs of movies" if weights.averaged_over else ""
    say(
        f"{fitted.subject.animal}: on validation trials, errors are smallest with the likelihood "
        f"“{weights.likelihood}”{averaged}, with weights of {weights.share:.2f} for the most probable "
        f"movie and {1 - weights.share:.2f} for ridge."
    )


def _fit_followed_weights(fitted: Fitted) -> None:
    followed = fit_followed_weights(fitted)
    fitted.keep("followed_weights", followed.to_arrays())
    worth = worth_following(fitted.weights, followed)
    if fitted.weights.error > 0 and not np.isnan(followed.error):
        change = 100 * (followed.error / fitted.weights.error - 1)
        say(
            f"{fitted.subject.animal}: following the camera changes the squared error by {change:+.1f} %, so it is "
            f"{'followed' if worth else 'not followed'}."
        )


def _fit_calibration(fitted: Fitted) -> None:
    found = fit_calibration(fitted)
    fitted.keep("calibration", {} if found is None else found.to_arrays())


def _fit_errors(fitted: Fitted) -> None:
    found = fit_errors(fitted)
    fitted.keep("errors", {} if found is None else found.to_arrays())


FITS: Mapping[str, Callable[[Fitted], None]] = {
    "mask": _fit_mask,
    "target": _fit_target,
    "prior": _fit_prior,
    "scenes": _fit_scenes,
    "likelihood": _fit_likelihood,
    "ridge": _fit_ridge,
    "weights": _fit_weights,
    "followed_weights": _fit_followed_weights,
    "calibration": _fit_calibration,
    "errors": _fit_errors,
}
"""How each part is fitted and kept."""
