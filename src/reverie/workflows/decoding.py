"""Fitted decoders: kept beside the encoder whose training trials they share, fitted first where there is none."""

from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter
from typing import Final

from reverie.decoding.contract import Decoder
from reverie.decoding.files import DESCRIPTION, load_decoder, read_decoder_description, save_decoder
from reverie.decoding.ridge_fit import fit_ridge
from reverie.foundation.progress import say
from reverie.reconstruction.problem import Reconstruction
from reverie.recordings.lazy_trials import LazyTrials
from reverie.recordings.sensorium import SensoriumRecording
from reverie.recordings.trial import Trial
from reverie.workflows.loading import responses_of, training_trials

FITS: Final[dict[str, Callable[[str, Sequence[Trial]], Decoder]]] = {"ridge": fit_ridge}
"""How each decoder is fitted: from an animal's name and its training trials."""


def own_decoder(recording: SensoriumRecording, kind: str, encoder_folder: Path) -> Decoder:
    """Return the decoder kept beside an encoder, ENCODER/decoders/<animal>/<kind>, fitted first when there is none.

    It learns from the trials the encoder learned from, so that what is held out for one is held out for both. A
    decoder that was fitted to other trials or neurons is fitted anew.
    """
    folder = encoder_folder / "decoders" / recording.name / kind
    names = training_trials(recording, encoder_folder)
    learned = {"training_trials": names, "neurons": recording.neurons}
    if (folder / DESCRIPTION).exists():
        about = read_decoder_description(folder).get("about", {})
        if {name: about.get(name) for name in learned} == learned:
            return load_decoder(folder)
    say(f"Fitting the {kind} decoder of {recording.name} to {len(names)} training trials.")
    begin = perf_counter()
    decoder = FITS[kind](recording.name, LazyTrials(recording.trial, tuple(names)))
    seconds = perf_counter() - begin
    save_decoder(decoder, folder, {**learned, "seconds": round(seconds, 1)})
    say(f"The decoder is in {folder}; fitting took {seconds:.0f} s.")
    return decoder


def decode_trial(decoder: Decoder, trial: Trial) -> Reconstruction:
    """Return the decoded movie of one trial as a reconstruction without steps.

    Raises ReverieError when the trial has no responses or they are not of the decoder's population.
    """
    begin = perf_counter()
    movie = decoder.decode(responses_of(decoder.population.mouse, trial), trial.state)
    return Reconstruction(movie, (), perf_counter() - begin, 0)
