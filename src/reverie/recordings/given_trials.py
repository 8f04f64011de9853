"""Checking trials that a user gives, made by hand or read from a recording, before they are used."""

from numbers import Real

import numpy as np

from reverie.foundation.arrays import SAME_RATE, STATE_NAMES, WHITE
from reverie.foundation.errors import ReverieError
from reverie.recordings.gaps import measured
from reverie.recordings.grey_scale import OVERSHOOT
from reverie.recordings.movie_checks import LEAST_CONTRAST
from reverie.recordings.recording import Recording
from reverie.recordings.trial import Trial


def require_fitting(trial: Trial, recording: Recording) -> None:
    """Raise ReverieError unless a trial is not of another recording, and its arrays fit one another and this one.

    A signal that was not recorded is a row of NaN; every other value must have been measured.
    """
    _require_arrays(trial, recording)
    _require_units(trial, recording)
    rate = trial.frame_rate
    if not isinstance(rate, Real) or not abs(rate - recording.frame_rate) <= SAME_RATE * recording.frame_rate:
        raise ReverieError(
            f"Trial {trial.name} is said to have {rate} frames per second, but {recording.name} is read at "
            f"{recording.frame_rate:g}."
        )
    if trial.recording not in (None, recording.identity, *recording.source.origins):
        raise ReverieError(
            f"Trial {trial.name} was read from another recording than that of {recording.name}; give one of its own, "
            "or, if the neurons are the same in the same order, dataclasses.replace(trial, recording=None)."
        )


def _require_arrays(trial: Trial, recording: Recording) -> None:
    """Raise ReverieError unless the arrays are of one length, of the recording's neurons and frames, and measured."""
    frames, size = np.shape(trial.state)[-1:], recording.frame_size
    if frames == (0,):
        raise ReverieError(f"No frame of trial {trial.name} was given; choose some of those it lasts.")
    expected: dict[str, tuple[object, tuple[int, ...]]] = {"state": (trial.state, (len(STATE_NAMES), *frames))}
    if trial.movie is not None:
        expected["movie"] = (trial.movie, (*frames, *size))
    if trial.responses is not None:
        expected["responses"] = (trial.responses, (recording.neurons, *frames))
    for what, (given, shape) in expected.items():
        values = np.asarray(given)
        plain = isinstance(given, np.ndarray) and not isinstance(given, np.ma.MaskedArray)
        if not plain or values.shape != shape or 0 in shape or values.dtype.kind not in "fiub":
            raise ReverieError(
                f"The {what} of trial {trial.name} should be an array of numbers of the shape {shape}, but is a "
                f"{type(given).__name__} of {values.dtype} of the shape {values.shape}."
            )
        known = measured(values)
        if what == "state":
            known |= np.isnan(values).all(axis=1, keepdims=True)
        if not known.all():
            raise ReverieError(
                f"The {what} of trial {trial.name} hold values that are not finite numbers below 1e15; cut the padding "
                "off, or choose another trial."
            )


def _require_units(trial: Trial, recording: Recording) -> None:
    """Raise ReverieError when values are evidently in the files' units, not in those of trials as they are read."""
    if trial.responses is not None and recording.floor is not None and (np.asarray(trial.responses) < 0).any():
        raise ReverieError(
            f"The responses of trial {trial.name} go below 0, but those of {recording.name} count from each neuron's "
            "lowest value; give them as recording.as_read returns them."
        )
    if trial.movie is not None:
        low, high = float(np.min(trial.movie)), float(np.max(trial.movie))
        shares = low >= 0 and high <= 1 and high - low > LEAST_CONTRAST
        if shares or low < -OVERSHOOT or high > WHITE + OVERSHOOT:
            raise ReverieError(
                f"The movie of trial {trial.name} holds values from {low:.4g} to {high:.4g}, where grey levels from 0 "
                f"to {WHITE:g} were expected."
            )
