"""Whether an encoder and a recording belong together, as far as the responses to training trials tell."""

from collections.abc import Iterable
from typing import Final

from reverie.encoders.contract import Encoder
from reverie.encoders.prediction import predict
from reverie.recordings.trial import Trial
from reverie.training.loop import RunningCorrelation, hardly

TRIALS: Final = 4
"""Training trials that are asked; with ``FRAMES`` of each, the mean over neurons is known to a few hundredths."""

FRAMES: Final = 150
"""Frames of each of these trials, from its beginning."""

LEAST: Final = 0.5
"""Share of the correlation measured when an encoder was trained below which its responses are not those here: to its
training trials, rates correlate better than to the held-out ones on which that was measured."""

KNOWN: Final = 0.1
"""Correlation from which on a training can be held against an encoder: less is lost in what so few trials tell."""

UNITS: Final = 3.0
"""How many times as large, or as small, responses may be as the rates predicted; training brings them to one mean."""


def disagreement(encoder: Encoder, animal: str, trials: Iterable[Trial]) -> tuple[str, ...]:
    """Say what makes it doubtful that an encoder was trained on these responses; nothing where all is well.

    Where it is not known how well an encoder did when it was trained, as of imported weights, nothing is said.

    encoder: with a readout for the animal. trials: of those it was trained on, with movies and responses.
    """
    measured = encoder.about.get("validation_correlation", {}).get(animal)
    if measured is None:
        return ()
    if measured < KNOWN:
        doubt = hardly(animal, measured)
        return () if doubt is None else (doubt,)
    running, recorded, predicted = RunningCorrelation(encoder.mice[animal]), 0.0, 0.0
    for trial in trials:
        if trial.responses is not None:
            rates = predict(encoder, trial.known_movie, trial.state, animal)
            running.add(rates, trial.responses)
            recorded, predicted = recorded + float(trial.responses.sum()), predicted + float(rates.sum())
    found, name = float(running.result().mean()), "the encoder" if encoder.folder is None else str(encoder.folder)
    if running.frames and found < LEAST * measured:
        return (
            f"Responses of {animal} to training trials correlate with the rates of {name} at {found:.2f}, though those "
            f"to held-out movies did at {measured:.2f} when it was trained: it is likely of another session, or of "
            "neurons or trials in another order, and then no movie found with it means anything; train one on this "
            "recording.",
        )
    if predicted > 0 and not 1 / UNITS < recorded / predicted < UNITS:
        return (
            f"Responses of {animal} are {recorded / predicted:.3g} times as large as the rates of {name}: it was "
            "trained on responses in other units, so that no movie found with it means anything; train one on these.",
        )
    return ()
