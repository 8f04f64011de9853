"""How precisely the responses and the prior fix each white coefficient, estimated from a single draw."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float
from scipy.ndimage import gaussian_filter
from torch import Tensor

from reverie.inversion.conjugate_gradients import Coefficients, conjugate_gradients
from reverie.inversion.priors.cosine import (
    cosine_transform,
    inverse_cosine_transform,
    movie_of,
    spectrum_of,
)
from reverie.inversion.priors.gaussian import GaussianPrior

NEIGHBOURS = (2.0, 1.0, 1.0)
"""Gaussian sigma in frequency steps over which the information of single coefficients is averaged."""

NEARBY = 2.0
"""Gaussian sigma in pixels over which the information of single pixels is averaged."""

COARSE = 3
"""Rows and columns of frequencies there are for each that is taken together with others; finer ones stand alone."""

LEAST_SHARE = 1e-3
"""Information of a place, relative to the mean, that is always assumed."""

SOLVING = 4
"""Iterations of conjugate gradients that are usually enough."""

TENSORS = ("amplitudes", "information", "places")
"""What is moved between devices and written to files."""


@dataclass(frozen=True)
class Precision:
    """An estimate of the second derivatives of a loss,

        weight + A · T √p T⁻¹ · I · T √p T⁻¹ · A,

    where T is the cosine transform of each shot, A the prior's amplitudes, I what the responses tell of each frequency,
    and p how much of that they tell at each place: most where most neurons look. Of fine frequencies, which
    hardly any response tells of, only the diagonal is kept.

    amplitudes, information: (time, row, column), of every frequency of every shot. places: √p, on a grid as coarse as
    the frequencies taken together. lengths: of the shots, in frames.
    """

    weight: float
    amplitudes: Coefficients
    information: Coefficients
    places: Float[Tensor, "coarse_row coarse_column"]
    lengths: tuple[int, ...]

    @property
    def diagonal(self) -> Coefficients:
        """The second derivatives with respect to each coefficient alone."""
        return self.weight + self.information * self.amplitudes.square()

    def solve(self, right: Coefficients, iterations: int = SOLVING) -> Coefficients:
        """Return, nearly, the coefficients whose product with the precision is given."""
        coarse, diagonal = self._coarse, self.diagonal
        amplitudes, kept = self.amplitudes[coarse], diagonal[coarse]

        def product(white: Coefficients) -> Coefficients:
            return self.weight * white + amplitudes * self._told(amplitudes * white)

        found = right / diagonal
        found[coarse] = conjugate_gradients(product, right[coarse], lambda rest: rest / kept, iterations)
        return found

    def to(self, device: torch.device) -> "Precision":
        """Return the same estimate on another device."""
        return replace(self, **{name: getattr(self, name).to(device) for name in TENSORS})

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return everything as arrays."""
        tensors = {name: getattr(self, name).cpu().numpy() for name in TENSORS}
        return {**tensors, "weight": np.array(self.weight), "lengths": np.array(self.lengths)}

    @staticmethod
    def from_arrays(arrays: Mapping[str, np.ndarray]) -> "Precision":
        """Return the estimate whose ``to_arrays`` gave these arrays."""
        lengths = tuple(int(length) for length in arrays["lengths"])
        tensors = {name: torch.from_numpy(arrays[name]) for name in TENSORS}
        return Precision(float(arrays["weight"]), lengths=lengths, **tensors)

    @property
    def _coarse(self) -> tuple[slice, slice, slice]:
        return slice(None), slice(self.places.shape[0]), slice(self.places.shape[1])

    def _told(self, spectrum: Coefficients) -> Coefficients:
        weighed = spectrum_of(movie_of(spectrum, self.lengths) * self.places, self.lengths)
        back = movie_of(weighed * self.information[self._coarse], self.lengths)
        return spectrum_of(back * self.places, self.lengths)


def estimated_precision(draw: Float[Tensor, "time height width"], prior: GaussianPrior, weight: float) -> Precision:
    """Return the precision under a prior, given a random gradient whose covariance is the responses' information.

    draw: (time, height, width), with respect to grey levels. weight: of the prior. Squares of the draw's coefficients
    are averaged over neighbouring frequencies of a shot, and those of its pixels, all frequencies counting alike,
    over frames and neighbours.
    """
    lengths = prior.lengths(len(draw))
    spectrum = spectrum_of(prior.on_scene(draw), lengths)
    smoothed = [
        gaussian_filter(shot.square().cpu().numpy(), NEIGHBOURS, mode="nearest")
        for shot in torch.split(spectrum, lengths)
    ]
    information = torch.from_numpy(np.concatenate(smoothed)).to(draw.device).clamp_min(torch.finfo(draw.dtype).tiny)
    alike = movie_of(spectrum / information.sqrt(), lengths).square().mean(dim=0)
    places = gaussian_filter(alike.cpu().numpy(), NEARBY, mode="nearest")
    share = torch.from_numpy(places / max(float(places.mean()), np.finfo(np.float32).tiny)).to(draw)
    roots = _coarser(share).clamp_min(LEAST_SHARE).sqrt()
    return Precision(weight, prior.amplitude(len(draw)), information, roots, tuple(lengths))


def _coarser(picture: Float[Tensor, "row column"]) -> Float[Tensor, "coarse_row coarse_column"]:
    """Return a picture on a coarser grid, without what is too fine for it."""
    rows, columns = (-(-length // COARSE) for length in picture.shape)
    kept = cosine_transform(cosine_transform(picture, 0), 1)[:rows, :columns]
    scale = (rows * columns / picture.numel()) ** 0.5
    coarser: Tensor = scale * inverse_cosine_transform(inverse_cosine_transform(kept, 0), 1)
    return coarser
