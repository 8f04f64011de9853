"""Movies and what neurons tell of them by spatial and temporal frequency: all that a plan needs to know."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from jaxtyping import Float

from reverie.foundation.errors import BadInput

SPATIAL: Final = (0, 0.002, 0.004, 0.006, 0.008, 0.011, 0.015, 0.02, 0.026, 0.034, 0.044, 0.058, 0.075, 0.1, 0.13, 0.2)
"""Edges of the spatial bands, cycles per degree; narrow where movies' power falls steeply."""

TEMPORAL: Final = (0, 0.1, 0.3, 0.6, 1.0, 1.7, 2.5, 4.0, 6.0, 9.0, 15.1)
"""Edges of the temporal bands, hertz."""

Table = Float[np.ndarray, "spatial temporal"]


@dataclass(frozen=True, eq=False)
class Bands:
    """What was measured of movies and of one animal's neurons, in bands that hold something.

    Attributes
    ----------
    cycles, hertz
        Middle of each band, cycles per degree and hertz.
    share
        Share of all coefficients of the cosine transform that lie in the band.
    power
        Mean variance of the movies' coefficients in the band, in units of the pixels' variance.
    told
        Information of one neuron in a square degree about each coefficient of the band, in the same units: what a
        density of neurons is multiplied with.
    picture
        Variance over the field of the movies' mean picture, in units of the pixels' variance.
    seconds
        Length of the clips.
    neurons
        Whose responses it was measured on.
    about
        Where it was measured.
    """

    cycles: Float[np.ndarray, " band"]
    hertz: Float[np.ndarray, " band"]
    share: Float[np.ndarray, " band"]
    power: Float[np.ndarray, " band"]
    told: Float[np.ndarray, " band"]
    picture: float
    seconds: float
    neurons: int
    about: str

    @classmethod
    def of(
        cls,
        cycles: Float[np.ndarray, "row column"],
        hertz: Float[np.ndarray, " time"],
        power: Float[np.ndarray, "time row column"],
        told: Float[np.ndarray, "time row column"],
        **known: Any,  # noqa: ANN401 - the other fields
    ) -> "Bands":
        """Average power and information over bands, given the frequencies of the coefficients."""
        place = np.digitize(cycles, SPATIAL)[None] * len(TEMPORAL) + np.digitize(hertz, TEMPORAL)[:, None, None] - 1
        band = np.unique(place, return_inverse=True)[1].ravel()
        count = np.bincount(band)

        def mean(values: np.ndarray) -> Float[np.ndarray, " band"]:
            spread = np.broadcast_to(values, power.shape).ravel()
            return np.asarray(np.bincount(band, spread) / count)

        middle = mean(cycles[None]), mean(hertz[:, None, None])
        return cls(*middle, count / power.size, mean(power), mean(told), **known)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {
            name: np.round(value, 9).tolist() if isinstance(value, np.ndarray) else value
            for name, value in asdict(self).items()
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "Bands":
        """Return what ``to_json`` gave; raises BadInput when something is missing."""
        try:
            arrays = {
                name: np.asarray(told[name], dtype=float) for name in ("cycles", "hertz", "share", "power", "told")
            }
            return cls(**{**told, **arrays})
        except (KeyError, TypeError, ValueError) as error:
            raise BadInput(f"What a plan is made from is incomplete ({error}); measure it again.") from error
