"""Predicting the responses to the movies of an animal's trials."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from reverie.encoders.prediction import predict
from reverie.fitted.opening import SubjectSources
from reverie.foundation.devices import choose_device
from reverie.foundation.errors import counted
from reverie.foundation.files import write_npz
from reverie.foundation.folders import require_file
from reverie.foundation.progress import say, tracked
from reverie.recordings.opening import choose_trials

MARK = b"rates.npy"
"""Name of the first array in files of rates written here."""


def predict_trials(sources: SubjectSources, *, trials: Sequence[str], out: Path, device: str = "auto") -> None:
    """Predict each trial's responses from its movie and state, and write them to one file.

    ``out`` (.npz) gets ``rates`` (neuron, time) float32 in the responses' own units, or for several trials
    (trial, neuron, time), shorter trials padded with NaN; and ``trials``, their names.
    Raises ReverieError when data and encoder do not belong together.
    """
    require_file(out, MARK)
    where = choose_device(device)
    opened, recording = sources.open(where)
    names = choose_trials(recording, trials)
    all_rates = []
    for name in tracked(names, len(names), "predicting"):
        trial = recording.trial(name)
        all_rates.append(predict(opened, trial.known_movie, trial.known_state, recording.name, device=where))
    longest = max(rates.shape[1] for rates in all_rates)
    padded = np.stack(
        [np.pad(rates, ((0, 0), (0, longest - rates.shape[1])), constant_values=np.nan) for rates in all_rates]
    )
    write_npz(out, {"rates": padded[0] if len(names) == 1 else padded, "trials": np.array(names)}, sealed=False)
    say(f"The predicted rates of {counted(len(names), 'trial')} of {recording.name} are in {out}.")
