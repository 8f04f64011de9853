"""Whether an encoder and a recording belong together, judged by the responses to training trials."""

from collections.abc import Iterable
from typing import Final

from reverie.encoders.contract import Encoder
from reverie.encoders.prediction import predict
from reverie.recordings.trial import Trial
from reverie.training.validation import RunningCorrelation, poor_fit_warning

COMPARED_TRIALS: Final = 4
"""Training trials that are compared; with this many, the mean over neurons is known to some hundredths."""

COMPARED_FRAMES: Final = 150
"""Frames of each of these trials, from its beginning."""

LEAST_SHARE: Final = 0.5
"""Share of the correlation measured at training below which an encoder was trained on other responses than these: with
training trials, rates correlate better than with the held-out ones on which it was measured."""

LEAST_MEASURED: Final = 0.1
"""Correlation measured at training from which on it is compared; a lower one is lost in the noise of so few trials."""

LARGEST_RATIO: Final = 3.0
"""How many times as large, or as small, responses may be as the rates predicted; training gives both the same mean."""


def mismatch_warnings(encoder: Encoder, animal: str, trials: Iterable[Trial]) -> tuple[str, ...]:
    """Return warnings where an encoder can hardly have been trained on these responses; none where all is well.

    None either where it is not known how well the encoder did when it was trained, as with imported weights.

    encoder: with a readout for the animal. trials: some that it was trained on, with movies and responses.
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
            f"to held-out movies did at {measured:.2f} when it was trained: it is likely of another session, or of "
            "neurons or trials in another order, and then no movie found with it means anything; train one on this "
            "recording.",
        )
    if predicted > 0 and not 1 / LARGEST_RATIO < recorded / predicted < LARGEST_RATIO:
        return (
            f"Responses of {animal} are {recorded / predicted:.3g} times as large as the rates of {name}: it was "
            "trained on responses in other units, so that no movie found with it means anything; train one on these.",
        )
    return ()
