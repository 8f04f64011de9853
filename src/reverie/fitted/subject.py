"""What parts are fitted to: one animal's recording and one encoder of it, identified by their contents."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import torch

from reverie.encoders.checkpoints import DESCRIPTION, encoder_digest
from reverie.encoders.contract import Encoder
from reverie.encoders.registry import require_contract
from reverie.fitted.mismatch import COMPARED_FRAMES, COMPARED_TRIALS, mismatch_warnings
from reverie.foundation.arrays import SAME_RATE
from reverie.foundation.errors import BadInput, ReverieError, counted
from reverie.foundation.fingerprints import digest_of
from reverie.foundation.requests import require_seed
from reverie.recordings.contents import trials_digest, with_responses
from reverie.recordings.lazy_trials import LazyTrials
from reverie.recordings.recording import Recording
from reverie.recordings.tiers import TRAIN, VALIDATION_TIERS
from reverie.simulation.folder import is_simulated
from reverie.training.targets import TRANSFORMS

FITTING_VERSION = 27
"""Version of the fitting code; it is increased whenever that code gives other results from the same data, so that no
old results are used."""

FITTED = "fitted"
"""Folder, beside an encoder's weights, of the parts fitted with it."""


@dataclass(frozen=True, eq=False)
class Subject:
    """One animal and one encoder that has a readout for it.

    Raises ReverieError when the two do not belong together, or the seed is not a valid one.
    """

    recording: Recording
    encoder: Encoder
    seed: int = 0
    """Seed of all random choices in fitting, such as which movies are blended to estimate a mask."""
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    """Where to compute."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "seed", require_seed(self.seed))
        check_match(self.recording, self.encoder)
        require_contract(self.encoder)

    @property
    def animal(self) -> str:
        """The animal's name."""
        return self.recording.name

    @cached_property
    def training(self) -> tuple[str, ...]:
        """Names of the trials the encoder was trained on, or the recording's training tier where that is not known."""
        return self._trials("training_trials", (TRAIN,))

    @cached_property
    def validation(self) -> tuple[str, ...]:
        """Names of the trials the encoder was validated on, or those of the validation tiers."""
        return self._trials("validation_trials", VALIDATION_TIERS)

    @property
    def learned_from(self) -> str:
        """What the encoder learned of responses, one of ``TRANSFORMS``: their sizes, unless it says otherwise.

        Raises BadInput when it says something else.
        """
        settings = self.encoder.about.get("training_settings", {})
        said = settings.get("learn_from", "sizes") if isinstance(settings, dict) else settings
        if not isinstance(said, str) or said not in TRANSFORMS:
            where = "The encoder's description" if self.encoder.folder is None else self.encoder.folder / DESCRIPTION
            raise BadInput(
                f"{where} says that the encoder learned from {said!r}; write one of {', '.join(TRANSFORMS)} as "
                "'learn_from' in 'training_settings'."
            )
        return said

    def _trials(self, which: str, tiers: Collection[str]) -> tuple[str, ...]:
        """Return the trials with responses that the encoder names, or those of the tiers where it names none."""
        own = self.recording.tiers
        named = [name for name in self.encoder.about.get(which, {}).get(self.animal, ()) if name in own]
        return with_responses(self.recording, named or [name for name, tier in own.items() if tier in tiers])

    def trials(self, names: Sequence[str], most: int | None = None) -> LazyTrials:
        """Return trials by name, each read on access; at most ``most``, evenly chosen."""
        step = 1 if most is None else max(1, -(-len(names) // most))
        return LazyTrials(self.recording.trial, tuple(names[::step]))

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        """Why the encoder can hardly have been trained on these responses, if so; see ``mismatch_warnings``."""
        names = self.trials([name for name in self.training if self.recording.has_movie(name)], COMPARED_TRIALS).keys
        trials = (self.recording.trial(name, stop=COMPARED_FRAMES) for name in names)
        return mismatch_warnings(self.encoder, self.animal, trials)

    @cached_property
    def simulated(self) -> bool:
        """Whether the animal is a simulated one."""
        return is_simulated(self.recording)

    @cached_property
    def fingerprint(self) -> str:
        """A hash of all that determines the fitted parts: weights, target, trials, seed and version, but no names."""
        contents = {
            kind: trials_digest(self.recording, names)
            for kind, names in (("training", self.training), ("validation", self.validation))
        }
        parts = {"version": FITTING_VERSION, "encoder": encoder_digest(self.encoder), "seed": self.seed}
        target = {} if self.learned_from == "sizes" else {"learn_from": self.learned_from}
        return digest_of({**parts, "readout": self.animal, **target, **contents})


def check_match(recording: Recording, encoder: Encoder) -> None:
    """Raise ReverieError unless the encoder has a readout for this very population, frame size and frame rate."""
    where = "The encoder" if encoder.folder is None else f"The encoder {encoder.folder}"
    if recording.name not in encoder.mice:
        raise ReverieError(
            f"{where} has no readout for animal {recording.name} (it has: {', '.join(encoder.mice)}); "
            "train one on this animal."
        )
    expected = encoder.mice[recording.name]
    if recording.neurons != expected:
        raise ReverieError(
            f"Animal {recording.name} has {counted(recording.neurons, 'neuron')} but "
            f"{where[0].lower()}{where[1:]} predicts {expected}; they are not of the same recording."
        )
    if recording.frame_size != encoder.frame_size:
        raise ReverieError(
            f"The movies of {recording.name} are {recording.frame_size} pixels but {where[0].lower()}{where[1:]} "
            f"takes {encoder.frame_size}."
        )
    learned = encoder.about.get("frame_rates", {}).get(recording.name, recording.frame_rate)
    if abs(recording.frame_rate - learned) > SAME_RATE * learned:
        raise ReverieError(
            f"{recording.name} is read at {recording.frame_rate:g} frames per second but {where[0].lower()}{where[1:]} "
            f"was trained at {learned:g}; give --frame-rate {learned:g}, or train one at this rate."
        )
