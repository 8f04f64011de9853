"""The curvature of a loss: an estimate from one draw, its correction by steps (L-BFGS), and conjugate gradients."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float
from scipy.ndimage import gaussian_filter
from torch import Tensor

from reverie.inversion.priors.gaussian import GaussianPrior
from reverie.inversion.priors.spectrum import cosine_transform, inverse_cosine_transform, movie_of, spectrum_of

Coefficients = Float[Tensor, "time row column"]

NEIGHBOURS = (2.0, 1.0, 1.0)
"""Gaussian sigma in frequency steps over which the information of single coefficients is averaged."""

NEARBY = 2.0
"""Gaussian sigma in pixels over which the information of single pixels is averaged."""

COARSE = 3
"""Frequencies are coupled only in the lowest third along rows and columns; finer ones are treated as independent."""

LEAST_SHARE = 1e-3
"""Smallest information of a place, relative to the mean; smaller values are replaced by it."""

SOLVE_ITERATIONS = 4
"""Iterations of conjugate gradients for a direction of the search; usually enough."""

DRAW_ITERATIONS = 8
"""Iterations for a random draw, whose right-hand side is not as smooth as a gradient."""

TENSORS = ("amplitudes", "information", "places")
"""Fields that are moved between devices and written to files."""

LEAST_CURVATURE = 1e-6
"""Cosine between a step and the gradient's change below which the pair is not kept: there the loss is not convex, and
using the pair could turn directions uphill."""


def conjugate_gradients(
    product: Callable[[Coefficients], Coefficients],
    right_side: Coefficients,
    precondition: Callable[[Coefficients], Coefficients],
    iterations: int,
    start: Coefficients | None = None,
    tolerance: float = 0.0,
) -> Coefficients:
    """Solve product(x) = right_side for a symmetric and positive product, from ``start`` or from 0.

    Source: Nocedal & Wright, Numerical Optimization, 2006, algorithm 5.3.

    Parameters
    ----------
    product
        Multiplies by the matrix, which is never formed.
    precondition
        Multiplies by a symmetric and positive approximation of the inverse matrix.
    iterations
        Largest number of iterations; each takes one product.
    tolerance
        The iteration stops early once the preconditioned square of the residual has fallen to this share.
    """
    found = torch.zeros_like(right_side) if start is None else start
    residual = right_side if start is None else right_side - product(start)
    direction = precondition(residual)
    first = size = dot(residual, direction)
    for left in reversed(range(iterations)):
        moved = product(direction)
        curvature = dot(direction, moved)
        if not curvature > 0:
            break
        found = found + size / curvature * direction
        if left == 0:
            break
        residual = residual - size / curvature * moved
        preconditioned = precondition(residual)
        size, before = dot(residual, preconditioned), size
        if size <= tolerance * first:
            break
        direction = preconditioned + size / before * direction
    return found


def dot(first: Coefficients, second: Coefficients) -> float:
    """Return the inner product of two movies of coefficients."""
    return float(torch.dot(first.flatten(), second.flatten()))


@dataclass(frozen=True)
class Precision:
    """An estimate of the second derivatives of a loss,

        weight + A · T √p T⁻¹ · I · T √p T⁻¹ · A,

    where T is the cosine transform of each shot, A the prior's amplitudes, I the information of the responses about
    each frequency, and p its distribution over places: it is largest where most receptive fields are. Of fine
    frequencies, on which hardly any response depends, only the diagonal is kept.
    """

    weight: float
    amplitudes: Coefficients
    """A, (time, row, column), for every frequency of every shot."""
    information: Coefficients
    """I, (time, row, column), likewise."""
    places: Float[Tensor, "coarse_row coarse_column"]
    """√p, on the coarse grid that the coupled frequencies correspond to."""
    lengths: tuple[int, ...]
    """Frames of each shot."""

    @property
    def diagonal(self) -> Coefficients:
        """The second derivatives with respect to each coefficient alone."""
        return self.weight + self.information * self.amplitudes.square()

    def solve(self, right_side: Coefficients, iterations: int = SOLVE_ITERATIONS) -> Coefficients:
        """Return, approximately, the coefficients whose product with the precision is ``right_side``."""
        coarse, diagonal = self._coarse, self.diagonal
        amplitudes, kept = self.amplitudes[coarse], diagonal[coarse]

        def product(white: Coefficients) -> Coefficients:
            return self.weight * white + amplitudes * self._times_information(amplitudes * white)

        found = right_side / diagonal
        found[coarse] = conjugate_gradients(product, right_side[coarse], lambda rest: rest / kept, iterations)
        return found

    def draw(self, generator: torch.Generator) -> Coefficients:
        """Return a random departure whose covariance is, approximately, the inverse of the precision.

        Perturb and solve (Papandreou & Yuille 2010), with this estimate instead of the true second derivatives, so that
        no encoder is evaluated.
        """
        coarse, shape = self._coarse, self.information.shape
        by_prior, by_responses = (torch.randn(shape, generator=generator).to(self.information) for _ in range(2))
        from_responses = self.information.sqrt() * by_responses
        from_responses[coarse] = self._times_root_places(from_responses[coarse])
        return self.solve(self.weight**0.5 * by_prior + self.amplitudes * from_responses, DRAW_ITERATIONS)

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

    def _times_information(self, spectrum: Coefficients) -> Coefficients:
        """Return T √p T⁻¹ · I · T √p T⁻¹ times coarse coefficients."""
        return self._times_root_places(self.information[self._coarse] * self._times_root_places(spectrum))

    def _times_root_places(self, spectrum: Coefficients) -> Coefficients:
        """Return T √p T⁻¹ times coarse coefficients."""
        return spectrum_of(movie_of(spectrum, self.lengths) * self.places, self.lengths)


def estimated_precision(draw: Float[Tensor, "time height width"], prior: GaussianPrior, weight: float) -> Precision:
    """Return the precision under a prior, given a random gradient whose covariance is the responses' information.

    Squares of the draw's coefficients are averaged over neighbouring frequencies of a shot; squares of its pixels, with
    all frequencies equally weighted, over frames and neighbours.

    Parameters
    ----------
    draw
        (time, height, width), with respect to grey levels.
    weight
        Weight of the prior.
    """
    lengths = prior.lengths(len(draw))
    spectrum = spectrum_of(prior.on_scene(draw), lengths)
    smoothed = [
        gaussian_filter(shot.square().cpu().numpy(), NEIGHBOURS, mode="nearest")
        for shot in torch.split(spectrum, lengths)
    ]
    information = torch.from_numpy(np.concatenate(smoothed)).to(draw.device).clamp_min(torch.finfo(draw.dtype).tiny)
    power = movie_of(spectrum / information.sqrt(), lengths).square().mean(dim=0)
    places = gaussian_filter(power.cpu().numpy(), NEARBY, mode="nearest")
    share = torch.from_numpy(places / max(float(places.mean()), np.finfo(np.float32).tiny)).to(draw)
    roots = _coarser(share).clamp_min(LEAST_SHARE).sqrt()
    return Precision(weight, prior.amplitude(len(draw)), information, roots, tuple(lengths))


def _coarser(picture: Float[Tensor, "row column"]) -> Float[Tensor, "coarse_row coarse_column"]:
    """Return a picture on a coarser grid, without the frequencies that are too fine for it."""
    rows, columns = (-(-length // COARSE) for length in picture.shape)
    kept = cosine_transform(cosine_transform(picture, 0), 1)[:rows, :columns]
    scale = (rows * columns / picture.numel()) ** 0.5
    coarser: Tensor = scale * inverse_cosine_transform(inverse_cosine_transform(kept, 0), 1)
    return coarser


@dataclass(frozen=True)
class Curvature:
    """An estimate of a loss's curvature, corrected by how the gradient changed along the last steps (L-BFGS).

    Source: Nocedal & Wright, Numerical Optimization, 2006, algorithm 7.4.
    """

    precision: Precision
    """The estimate before the first step."""
    steps: Float[Tensor, "pair time row column"]
    """The last steps, (pair, ...), oldest first."""
    changes: Float[Tensor, "pair time row column"]
    """How the gradient changed along each of them."""

    @staticmethod
    def begin(precision: Precision) -> "Curvature":
        """Return the curvature before the first step."""
        none = precision.information.new_zeros(0, *precision.information.shape)
        return Curvature(precision, none, none)

    def to(self, device: torch.device) -> "Curvature":
        """Return the same estimate on another device."""
        return Curvature(self.precision.to(device), self.steps.to(device), self.changes.to(device))

    def without_pairs(self) -> "Curvature":
        """Return the estimate before the first step, with no pairs of steps and changes."""
        return Curvature.begin(self.precision)

    def direction(self, gradient: Coefficients) -> Coefficients:
        """Return a direction in which the loss falls: minus the gradient times an estimate of the inverse curvature."""
        left, weights = gradient.clone(), []
        pairs = list(zip(self.steps, self.changes, strict=True))
        for step, change in reversed(pairs):
            weights.append(dot(step, left) / dot(step, change))
            left -= weights[-1] * change
        left = self.precision.solve(left)
        if pairs:
            step, change = pairs[-1]
            left *= dot(step, change) / dot(self.precision.solve(change), change)
        for (step, change), weight in zip(pairs, reversed(weights), strict=True):
            left += (weight - dot(change, left) / dot(step, change)) * step
        return -left

    def with_pair(self, step: Coefficients, change: Coefficients, memory: int) -> "Curvature":
        """Return the curvature with one more step and the gradient's change along it.

        The last ``memory`` pairs are kept. A pair along which the loss is not convex is left out.
        """
        if not dot(step, change) > LEAST_CURVATURE * float(step.norm() * change.norm()):
            return self
        steps, changes = (
            torch.cat([old, new[None]])[-memory:] for old, new in ((self.steps, step), (self.changes, change))
        )
        return replace(self, steps=steps, changes=changes)
