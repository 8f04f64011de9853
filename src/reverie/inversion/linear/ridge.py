"""The decoder: ridge regression from lagged responses to pictures, linear or with a kernel, in closed form.

Linear stimulus reconstruction goes back to Bialek et al. 1991 (Science 252) and Stanley, Li & Dan 1999 (J Neurosci
19); the penalty is Hoerl & Kennard's (1970). A decoder is kept in a folder with a readable description and the fitted
numbers, and no code.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from jaxtyping import Float
from safetensors.numpy import save

from reverie.encoders.checkpoints import WEIGHTS_DIGEST, read_weights
from reverie.foundation.arrays import WHITE, Movie, Responses
from reverie.foundation.errors import BadInput, ReverieError, reading_kept
from reverie.foundation.files import read_record, write_bytes, write_record
from reverie.foundation.fingerprints import bytes_digest
from reverie.foundation.requests import AT_LEAST_1, Range, require_possible
from reverie.inversion.linear.response_features import KernelFeatures, KernelRegression, ResponseFeatures
from reverie.inversion.linear.samples import PictureComponents, Population
from reverie.inversion.solution import Progress, Solution

DESCRIPTION = "decoder.json"
WEIGHTS = "weights.safetensors"
FORMAT = "reverie decoder"
VERSION = 2


@dataclass(frozen=True)
class RidgeSettings:
    """How to fit a ridge decoder; among candidates, the best for the recording is chosen by cross-validation.

    Raises ReverieError when a setting is out of range.
    """

    powers: tuple[float, ...] = (1.0, 0.5, 0.25, 0.0)
    """Candidates for the power that responses are raised to."""
    lags: tuple[tuple[int, ...], ...] = (
        (-2, 2, 6),
        (-4, 2, 8),
        (1, 5, 9),
        (-2, 4, 10),
        (1, 2, 4, 7),
        (1, 2, 3, 4, 6, 9),
        (0, 1, 2, 3, 4, 6, 9, 13),
        tuple(range(1, 17)),
    )
    """Candidates for the lags of the features in frames (see ``ResponseFeatures``): far apart for movies that change
    slowly, frame by frame for noise, and wider apart at long lags. Longer lists are only tried where neurons are few
    enough."""
    every: int = 4
    """Largest number of frames between two samples; fewer are used where the movies change faster."""
    components: tuple[int, ...] = (512, 4096)
    """Candidates for the number of the pictures' components, rising; larger numbers stand for all components. Natural
    movies need few; noise that neurons resolve in detail needs more."""
    kernels: tuple[bool, ...] = (False, True)
    """Candidates: a linear decoder, and one with a Gaussian kernel (see ``KernelFeatures``)."""
    folds: int = 3
    """Number of folds of the cross-validation."""

    def __post_init__(self) -> None:
        def rises(numbers: tuple[int, ...]) -> bool:
            return bool(numbers) and all(np.diff(numbers) > 0)

        rules = (
            ("powers", bool(self.powers) and min(self.powers, default=0) >= 0, "one or more numbers, none below 0"),
            ("lags", bool(self.lags) and all(map(rises, self.lags)), "one or more lists of rising whole numbers"),
            ("components", min(self.components, default=0) >= 1 and rises(self.components), "rising numbers from 1 on"),
            ("kernels", bool(self.kernels), "False, True or both"),
        )
        for name, fine, expected in rules:
            if not fine:
                raise BadInput(f"{name} is {getattr(self, name)} but must be {expected}.")
        require_possible(self, every=AT_LEAST_1, folds=Range(2))


@dataclass(frozen=True)
class RidgeDecoder:
    """Decodes frames as linear functions of features of the responses around them, or of a kernel of these features."""

    population: Population
    settings: RidgeSettings
    features: ResponseFeatures
    pictures: PictureComponents
    weights: Float[np.ndarray, "feature component"]
    """(feature, component)."""
    chosen: Mapping[str, float]
    """The penalty's ``weight``, the frames between two samples (``every``), and the share of the variance of the
    pictures' first components that is ``explained`` in cross-validation."""
    kernel: KernelRegression | None = None
    """Kernel regression used instead of the weights where it explained more; else None."""

    def decode(self, responses: Responses) -> Movie:
        """Return the movie (time, height, width), grey levels 0-255, float32.

        Parameters
        ----------
        responses
            (neuron, time), every neuron of the animal, in the recording's order and units.

        Raises
        ------
        ReverieError
            When the responses are not of this population or not finite.
        """
        self.population.check(responses)
        seen = np.asarray(responses, dtype=np.float32)
        scores = self.features(seen) @ self.weights if self.kernel is None else self.kernel(seen)
        movie: Movie = np.clip(self.pictures.decode(scores), 0, WHITE).astype(np.float32)
        return movie

    def solve(self, responses: Responses) -> Solution:
        """Return the decoded movie as a solution in one step, with an undefined loss and no passes."""
        begin = perf_counter()
        movie = self.decode(responses)
        seconds = perf_counter() - begin
        return Solution(movie, (Progress(1, seconds, 0, float("nan")),), seconds, 0)

    def config(self) -> Mapping[str, Any]:
        """Return the settings and the chosen values."""
        return {
            "settings": asdict(self.settings),
            "power": self.features.power,
            "lags": self.features.lags,
            "kernel_width": None if self.kernel is None else self.kernel.features.width,
            **self.chosen,
        }

    def arrays(self) -> Mapping[str, np.ndarray]:
        """Return the weights, the components, the scale of the neurons, and the kernel's axes, centres and weights."""
        return {
            **({} if self.kernel is None else self.kernel.arrays()),
            "weights": self.weights,
            "mean_picture": self.pictures.mean,
            "components": self.pictures.basis,
            "response_mean": self.features.mean,
            "response_deviation": self.features.deviation,
        }

    @classmethod
    def restore(
        cls, population: Population, config: Mapping[str, Any], arrays: Mapping[str, np.ndarray]
    ) -> "RidgeDecoder":
        """Return the decoder that ``config`` and ``arrays`` describe."""
        kept = dict(config["settings"])
        kept |= {name: tuple(kept[name]) for name in ("powers", "components", "kernels")}
        kept["lags"] = tuple(tuple(lags) for lags in kept["lags"])
        scale = arrays["response_mean"], arrays["response_deviation"]
        features = ResponseFeatures(float(config["power"]), tuple(config["lags"]), *scale)
        pictures = PictureComponents(arrays["mean_picture"], arrays["components"])
        chosen = {name: float(config[name]) for name in ("weight", "every", "explained")}
        kernel, width = None, config["kernel_width"]
        if width is not None:
            seen = KernelFeatures(features, arrays["kernel_axes"], arrays["kernel_centres"], float(width))
            kernel = KernelRegression(seen, arrays["kernel_weights"])
        return cls(population, RidgeSettings(**kept), features, pictures, arrays["weights"], chosen, kernel)


def save_decoder(decoder: RidgeDecoder, folder: Path, about: Mapping[str, Any] | None = None) -> None:
    """Write a decoder to a folder, each file whole or not at all.

    Parameters
    ----------
    about
        Further facts to store with it (such as its training trials), values that JSON can hold.

    Raises
    ------
    ReverieError
        When the folder cannot be written.
    """
    population = decoder.population
    weights = save({name: np.ascontiguousarray(array) for name, array in decoder.arrays().items()})
    write_bytes(folder / WEIGHTS, weights)
    description = {
        "format": FORMAT,
        "version": VERSION,
        "mouse": population.mouse,
        "neurons": population.neurons,
        "frame_size": population.frame_size,
        "config": decoder.config(),
        WEIGHTS_DIGEST: bytes_digest(weights),
        "about": dict(about or {}),
    }
    # Written last: its presence means that the decoder is whole.
    write_record(folder / DESCRIPTION, description)


def load_decoder(folder: Path) -> RidgeDecoder:
    """Read a decoder back, bit for bit.

    Raises ReverieError when a file is missing, damaged or foreign.
    """
    description = read_decoder_description(folder)
    arrays = {
        name: tensor.numpy() for name, tensor in read_weights(folder / WEIGHTS, description.get(WEIGHTS_DIGEST)).items()
    }
    with reading_kept(folder / DESCRIPTION, "fit the decoder again"):
        height, width = description["frame_size"]
        population = Population(str(description["mouse"]), int(description["neurons"]), (int(height), int(width)))
        return RidgeDecoder.restore(population, description["config"], arrays)


def read_decoder_description(folder: Path) -> dict[str, Any]:
    """Read the description of a decoder folder; raises ReverieError when it is not one this version can read."""
    if not (folder / DESCRIPTION).is_file():
        raise ReverieError(f"{folder} is not the folder of a decoder (it has no {DESCRIPTION}); fit one first.")
    description = read_record(folder / DESCRIPTION)
    if description.get("format") != FORMAT or description.get("version") != VERSION:
        raise ReverieError(f"{folder / DESCRIPTION} is not a decoder of format version {VERSION}; fit it again.")
    return description
