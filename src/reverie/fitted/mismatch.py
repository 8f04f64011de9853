"""Whether an encoder and a recording belong together, judged by the responses to training trials."""

from collections.abc import Iterable

from reverie.encoders.contract import Encoder
from reverie.encoders.prediction import predict
from reverie.recordings.trial import Trial
from reverie.training.validation import RunningCorrelation, poor_fit_warning

COMPARED_TRIALS = 4
"""Number of training trials that are compared; with so many, the mean over neurons is precise to some hundredths."""

COMPARED_FRAMES = 150
"""Number of frames of each of these trials, from its beginning."""

LEAST_SHARE = 0.5
"""Share of the correlation measured during training below which an encoder was trained on other responses: on training
trials, rates should correlate even better than on the held-out ones on which it was measured."""

LEAST_MEASURED = 0.1
"""Smallest correlation measured during training that is compared; lower ones are lost in the noise of so few trials."""

LARGEST_RATIO = 3.0
"""Largest ratio of mean responses and predicted rates, either way; training makes their means equal."""


def mismatch_warnings(encoder: Encoder, animal: str, trials: Iterable[Trial]) -> tuple[str, ...]:
    """Return warnings where an encoder can hardly have been trained on these responses; none where all is well.

    None either where the correlation measured during training is unknown, as with imported weights.

    Parameters
    ----------
    encoder
        One with a readout for the animal.
    trials
        Some of its training trials, with movies and responses.
    """
    measured = encoder.about.get("validation_correlation", {}).get(animal)
    if measured is None:
        return ()
    if measured < LEAST_MEASURED:
        warning = poor_fit_warning(animal, measured)
        return () if warning is None else (warning,)
    running, recorded, predicted = RunningCorrelation(encoder.mice[animal]), 0.0, 0.0
    for trial in trials:
        if trial.responses is not None:
            rates = predict(encoder, trial.known_movie, trial.state, animal)
            running.add(rates, trial.responses)
            recorded, predicted = recorded + float(trial.responses.sum()), predicted + float(rates.sum())
    found, name = float(running.result().mean()), "the encoder" if encoder.folder is None else str(encoder.folder)
    if running.frames and found < LEAST_SHARE * measured:
        return (
            f"Responses of {animal} to training trials correlate with the rates of {name} at {found:.2f}, though those "
            f"to held-out movies did at {measured:.2f} when it was trained: it was probably trained on another "
            "session, or on neurons or trials in another order, and then its movies mean nothing; train one on this "
            "recording.",
        )
    if predicted > 0 and not 1 / LARGEST_RATIO < recorded / predicted < LARGEST_RATIO:
        return (
            f"Responses of {animal} are {recorded / predicted:.3g} times as large as the rates of {name}: it was "
            "trained on responses in other units, so its movies mean nothing; train one on these responses.",
        )
    return ()
