"""The parts fitted to one animal and one encoder: where they are kept, and reading them; nothing is fitted here.

FOLDER/<animal>/<fingerprint>/fitted.json      what the parts were fitted to
FOLDER/<animal>/<fingerprint>/mask.npz         where the population can see, (height, width)
FOLDER/<animal>/<fingerprint>/target.npz       what the encoder learned of responses (``Target``)
FOLDER/<animal>/<fingerprint>/prior.npz        the prior over movies (``GaussianPrior``)
FOLDER/<animal>/<fingerprint>/scenes.npz       the prior with scenes and paths of cameras
FOLDER/<animal>/<fingerprint>/likelihood.npz   likelihoods of responses given the encoder's rates (``LikelihoodFits``)
FOLDER/<animal>/<fingerprint>/calibration.npz  how to scale the posterior standard deviation (``Calibration``)
FOLDER/<animal>/<fingerprint>/ridge            ridge decoder
FOLDER/<animal>/<fingerprint>/weights.npz      weights of map and ridge in `combined`
FOLDER/<animal>/<fingerprint>/followed_weights.npz  the same where the camera is followed
FOLDER/<animal>/<fingerprint>/errors.npz       how large errors of `combined` are (``LearnedErrors``)
"""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from reverie.fitted.parts import PARTS
from reverie.fitted.subject import FITTING_VERSION, Subject
from reverie.foundation.arrays import Mask
from reverie.foundation.errors import NotApplicable, ReverieError
from reverie.foundation.files import read_npz, write_bytes, write_json, write_npz
from reverie.foundation.partial_files import sweep
from reverie.inversion.likelihood_kinds import LikelihoodFits
from reverie.inversion.linear.ridge import DESCRIPTION, RidgeDecoder, load_decoder, read_decoder_description
from reverie.inversion.mask import load_mask
from reverie.inversion.methods.weighing import Weights
from reverie.inversion.priors.gaussian import GaussianPrior
from reverie.scoring.calibration import Calibration
from reverie.scoring.error_model import LearnedErrors
from reverie.training.targets import Target, sizes, target_from_arrays

FITTED_TO = "fitted_to"
"""Key of the fingerprint of the subject that a part was fitted to."""

Part = TypeVar("Part")


@dataclass(frozen=True, eq=False)
class Fitted:
    """The parts that were fitted to one subject.

    ``has`` says whether a part exists. Each property reads its part when it is first asked for, and raises ReverieError
    where the part was not fitted.
    """

    subject: Subject
    folders: Sequence[Path]
    """Folders in which parts may be; new ones go to the first that can be written."""
    elsewhere: Path | None = None
    """A folder that fitted parts are copied from, such as this user's cache, which other machines may be unable to
    read."""
    _read: dict[str, Any] = field(default_factory=dict, init=False, repr=False)

    def has(self, part: str) -> bool:
        """Return whether a part was fitted to this subject; the target "sizes" needs no fit."""
        return self._find(part) is not None or (part == "target" and self.subject.learned_from == "sizes")

    def missing(self, parts: Iterable[str]) -> list[str]:
        """Return the parts that are not fitted yet, in the order in which they are fitted."""
        wanted = set(parts)
        return [part for part in PARTS if part in wanted and not self.has(part)]

    @property
    def mask(self) -> Mask:
        """Where the population can see, (height, width)."""
        return self._once("mask", lambda path, _: load_mask(path, self.subject.recording.frame_size))

    @property
    def target(self) -> Target:
        """What the encoder learned of responses: their sizes, roots or events."""
        if self.subject.learned_from == "sizes":
            return sizes
        return self._once("target", lambda _, arrays: target_from_arrays(arrays))

    @property
    def prior(self) -> GaussianPrior:
        """The prior over movies."""
        return self._once("prior", lambda _, arrays: GaussianPrior.from_arrays(arrays))

    @property
    def scenes(self) -> GaussianPrior:
        """The prior with scenes and how cameras move over them."""
        return self._once("scenes", lambda _, arrays: GaussianPrior.from_arrays(arrays))

    @property
    def likelihood(self) -> LikelihoodFits:
        """How responses scatter around the encoder's rates."""
        return self._once("likelihood", lambda _, arrays: LikelihoodFits.from_arrays(arrays))

    @property
    def ridge(self) -> RidgeDecoder:
        """The ridge decoder."""
        return self._once("ridge", lambda path, _: load_decoder(path.parent))

    @property
    def weights(self) -> Weights:
        """The weights that `combined` gives the most probable movie and the ridge decoder's."""
        return self._once("weights", lambda _, arrays: Weights.from_arrays(arrays))

    @property
    def followed_weights(self) -> Weights:
        """The same as ``weights`` where the camera is followed."""
        return self._once("followed_weights", lambda _, arrays: Weights.from_arrays(arrays))

    @property
    def errors(self) -> LearnedErrors | None:
        """How large errors of `combined` are; None where there were too few movies to learn it from."""
        return self._once("errors", lambda _, arrays: LearnedErrors.from_arrays(arrays) if arrays else None)

    @property
    def calibration(self) -> Calibration | None:
        """How to scale the posterior standard deviation; None where there were too few movies to learn it from."""
        return self._once("calibration", lambda _, arrays: Calibration.from_arrays(arrays) if arrays else None)

    def found(self, part: str) -> Path:
        """Return the file of a part that was fitted; raises ReverieError when it was not."""
        path = self._find(part)
        if path is None:
            raise ReverieError(
                f"The {part} of {self.subject.animal} was not fitted to this encoder and these trials yet; "
                "fit it first (`reverie fit`, or `.fit()` in Python)."
            )
        return path

    def place(self, part: str) -> Path:
        """Return where a part that is to be fitted will be kept.

        Raises ReverieError when none of the folders can be written.
        """
        for folder in self.folders:
            if _writable(folder):
                return self._inside(folder) / PARTS[part]
        places = " nor ".join(str(folder) for folder in self.folders)
        raise ReverieError(f"Fitted parts can be written to neither {places}; make one of these folders writable.")

    def tidy(self) -> None:
        """Remove unfinished files that killed processes left among the parts."""
        for inside in map(self._inside, self.folders):
            for place in {(inside / name).parent.absolute() for name in PARTS.values()}:
                if place.is_dir():
                    sweep(place)

    def adopt(self) -> None:
        """Copy parts that are missing here, but complete elsewhere, to the folder for new ones."""
        there = Fitted(self.subject, () if self.elsewhere is None else (self.elsewhere,))
        for part in self.missing(each for each in PARTS if there.has(each)):
            try:
                getattr(there, part)
            except ReverieError:  # damaged, so it is fitted again
                continue
            source, target = there.found(part), self.place(part)
            in_own_folder = source.parent.name == part
            others = [file for file in source.parent.iterdir() if file != source] if in_own_folder else []
            for file in (*others, source):  # the source comes last, since it marks the part as complete
                write_bytes(target.parent / file.name, file.read_bytes())
            self.describe(part)

    def keep(self, part: str, arrays: Mapping[str, np.ndarray]) -> None:
        """Write a part made of arrays, with its subject's fingerprint; raises ReverieError when that is impossible."""
        write_npz(self.place(part), {**arrays, FITTED_TO: np.array(self.subject.fingerprint)})

    def describe(self, part: str) -> None:
        """Write beside a part what it was fitted to; raises ReverieError when it cannot be written."""
        subject = self.subject
        write_json(
            self.place(part).parents[PARTS[part].count("/")] / "fitted.json",
            {
                "fingerprint": subject.fingerprint,
                "version": FITTING_VERSION,
                "animal": subject.animal,
                "neurons": subject.recording.neurons,
                "training_trials": subject.training,
                "validation_trials": subject.validation,
                "seed": subject.seed,
            },
        )

    def _own_arrays(self, path: Path) -> dict[str, np.ndarray]:
        """Return the arrays of a part that is kept as arrays; raises ReverieError when it is of another subject.

        Parts without a fingerprint (such as a mask put there by hand) are accepted.
        """
        described = path.name == DESCRIPTION
        arrays = {} if described else read_npz(path)
        about = read_decoder_description(path.parent).get("about", {}) if described else arrays
        fitted_to = about.get(FITTED_TO)
        if fitted_to is not None and str(fitted_to) != self.subject.fingerprint:
            raise ReverieError(f"{path} was fitted to another animal, encoder or trials, and was copied here.")
        arrays.pop(FITTED_TO, None)
        return arrays

    def _inside(self, folder: Path) -> Path:
        return folder / self.subject.animal / self.subject.fingerprint

    def _find(self, part: str) -> Path | None:
        paths = [self._inside(folder) / PARTS[part] for folder in self.folders]
        return next((path for path in paths if path.exists()), None)

    def _once(self, part: str, read: Callable[[Path, dict[str, np.ndarray]], Part]) -> Part:
        if part not in self._read:
            path = self.found(part)
            try:
                self._read[part] = read(path, self._own_arrays(path))
            except NotApplicable:  # not damaged, but unusable; fitting it again would not help
                raise
            except (ReverieError, KeyError, TypeError, ValueError, RuntimeError) as error:
                reason = error if isinstance(error, ReverieError) else f"{path} is damaged ({error!r})."
                raise ReverieError(f"{reason} Delete {path.parent} to have all of it fitted again.") from error
        found: Part = self._read[part]
        return found


def _writable(folder: Path) -> bool:
    existing = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    return os.access(existing, os.W_OK) and existing.is_dir()
