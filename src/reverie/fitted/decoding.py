"""Fitted decoders: kept beside the encoder whose training trials they share, fitted first where there is none."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Final

from reverie.encoders.checkpoints import read_description
from reverie.encoders.contract import Encoder
from reverie.fitted.assuming import own_prior
from reverie.fitted.loading import training_trials, validation_trials
from reverie.foundation.arrays import Mask, Responses, State
from reverie.foundation.progress import say
from reverie.inversion.linear.contract import Decoder
from reverie.inversion.linear.convolutional_fit import fit_convolutional
from reverie.inversion.linear.files import DESCRIPTION, load_decoder, read_decoder_description, save_decoder
from reverie.inversion.linear.places import places_of
from reverie.inversion.linear.ridge import RidgeDecoder
from reverie.inversion.linear.ridge_fit import fit_ridge
from reverie.inversion.methods.adaptation import ADAPTATION
from reverie.inversion.methods.best import fit_best
from reverie.inversion.problem import Progress, Reconstruction
from reverie.recordings.lazy_trials import LazyTrials
from reverie.recordings.readers.sensorium import SensoriumRecording


@dataclass(frozen=True)
class Teaching:
    """What decoders of one animal are fitted with: its recording, an encoder with its folder, and the animal's mask."""

    recording: SensoriumRecording
    folder: Path
    encoder: Encoder
    mask: Mask

    @property
    def training(self) -> LazyTrials:
        """The trials the encoder learned from: what is held out for one is held out for both."""
        return LazyTrials(self.recording.trial, tuple(training_trials(self.recording, self.folder)))

    @property
    def validation(self) -> LazyTrials:
        """The trials the encoder was validated on."""
        return LazyTrials(self.recording.trial, tuple(validation_trials(self.recording, self.folder)))

    @property
    def learned_events(self) -> bool:
        """Whether the encoder learned whether neurons respond, not how much."""
        about = read_description(self.folder).get("about", {})
        return bool(about.get("training_settings", {}).get("learn_from") == "events")

    def ridge(self) -> RidgeDecoder:
        """Return the animal's ridge decoder."""
        decoder = own_decoder(self, "ridge")
        assert isinstance(decoder, RidgeDecoder)
        return decoder


def _fit_ridge(teaching: Teaching) -> Decoder:
    return fit_ridge(teaching.recording.name, teaching.training)


def _fit_convolutional(teaching: Teaching) -> Decoder:
    ridge = teaching.ridge()
    places = places_of(teaching.encoder, ridge.population, teaching.training)
    name = teaching.recording.name
    return fit_convolutional(name, teaching.training, teaching.validation, ridge.features, places)


def _fit_best(teaching: Teaching) -> Decoder:
    ridge, prior = teaching.ridge(), own_prior(teaching.recording, teaching.folder)
    if prior.scenes is None:
        say(
            f"The prior in {teaching.folder / 'priors'} holds no scenes, so `best` will not follow the camera: "
            "training movies are too short, or an earlier version fitted it; delete it to have it fitted anew."
        )
    # An encoder that learned from events predicts them already: on validation movies adapting it never helped.
    ready = teaching.learned_events and ridge.features.power == 0
    return fit_best(
        teaching.encoder,
        ridge,
        prior,
        teaching.mask,
        teaching.training,
        teaching.validation,
        None if ready else ADAPTATION,
    )


FITS: Final[dict[str, Callable[[Teaching], Decoder]]] = {
    "ridge": _fit_ridge,
    "convolutional": _fit_convolutional,
    "best": _fit_best,
}
"""How each decoder is fitted."""


def own_decoder(teaching: Teaching, kind: str) -> Decoder:
    """Return the decoder kept beside an encoder, ENCODER/decoders/<animal>/<kind>, fitted first when there is none.

    A decoder that was fitted to other trials or neurons is fitted anew.
    """
    animal = teaching.recording.name
    folder = decoder_folder(teaching.folder, animal, kind)
    trials = training_trials(teaching.recording, teaching.folder)
    learned = {"training_trials": trials, "neurons": teaching.recording.neurons}
    if (folder / DESCRIPTION).exists():
        about = read_decoder_description(folder).get("about", {})
        if {name: about.get(name) for name in learned} == learned:
            return load_decoder(folder)
    say(f"Fitting the {kind} decoder of {animal} to {len(trials)} training trials.")
    begin = perf_counter()
    decoder = FITS[kind](teaching)
    seconds = perf_counter() - begin
    save_decoder(decoder, folder, {**learned, "seconds": round(seconds, 1)})
    say(f"The decoder is in {folder}; fitting took {seconds:.0f} s.")
    return decoder


def decoder_folder(encoder_folder: Path, animal: str, kind: str) -> Path:
    """Return where an encoder keeps a decoder of an animal."""
    return encoder_folder / "decoders" / animal / kind


def decode(decoder: Decoder, responses: Responses, state: State) -> Reconstruction:
    """Return the decoded movie as a reconstruction in one step, whose loss is undefined, with the passes it took.

    Raises ReverieError when the responses are not of the decoder's population.
    """
    begin = perf_counter()
    movie, passes = decoder.decode_counted(responses, state)
    seconds = perf_counter() - begin
    return Reconstruction(movie, (Progress(1, seconds, passes, float("nan")),), seconds, passes)
