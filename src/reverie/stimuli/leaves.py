"""Textured leaves that cover each other: still pictures with the edges, scales and spectra of natural images.

Pictures of opaque objects at random places, whose sizes follow a power law with exponent -3, have the statistics of
natural scenes at every scale (Lee, Mumford & Huang 2001, International Journal of Computer Vision 41, 35).
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

_LOBES = np.array([2, 3, 5])

COVERINGS = 2.5
"""Total area of the leaves relative to that of the picture; about a twelfth of the ground stays uncovered."""


@dataclass(frozen=True)
class Outline:
    """A wobbly ellipse: radius in pixels, stretch of one axis over the other, size and phase of its lobes."""

    radius: float
    stretch: float
    lobes: Float[np.ndarray, " lobe"]
    phases: Float[np.ndarray, " lobe"]

    @property
    def reach(self) -> float:
        """Distance from the centre beyond which nothing is covered, pixels."""
        widest = max(self.stretch, 1.0 / self.stretch)
        return (self.radius * (1.0 + float(np.abs(self.lobes).sum())) + 0.5) * widest

    def cover(
        self, along: Float[np.ndarray, " *place"], across: Float[np.ndarray, " *place"]
    ) -> Float[np.ndarray, " *place"]:
        """Return the covered share of each pixel, 0 to 1."""
        along, across = along / self.stretch, across * self.stretch
        distance = np.sqrt(along * along + across * across)
        covered = np.asarray(distance < self.radius, dtype=float)
        # Lobes matter only near the outline, and are slow to compute.
        near = np.abs(distance - self.radius) < self.radius * np.abs(self.lobes).sum() + 0.5
        along, across, distance = along[near], across[near], distance[near]
        around = np.arctan2(across, along)
        wobble = sum(
            lobe * np.cos(count * around + phase)
            for lobe, count, phase in zip(self.lobes, _LOBES, self.phases, strict=True)
        )
        # Pixels within half a pixel of the outline are partly covered, as by area averaging.
        covered[near] = np.clip(self.radius * (1.0 + wobble) - distance + 0.5, 0.0, 1.0)
        return covered


def draw_outline(radius: float, generator: np.random.Generator) -> Outline:
    """Draw the outline of an object of this radius, pixels."""
    return Outline(
        radius=radius,
        stretch=float(np.exp(generator.normal(0.0, 0.3))),
        lobes=generator.normal(0.0, 0.3 / _LOBES),
        phases=generator.uniform(0.0, 2 * np.pi, len(_LOBES)),
    )


def draw_radius(pixels: tuple[float, float], generator: np.random.Generator) -> float:
    """Draw a radius from a range, with a density that falls as its third power.

    >>> generator = np.random.default_rng(0)
    >>> radii = [draw_radius((2.0, 20.0), generator) for _ in range(2000)]
    >>> bool(0.7 < np.mean(np.array(radii) < 4.0) < 0.8)
    True
    """
    small, large = (1.0 / size**2 for size in pixels)
    return float(1.0 / np.sqrt(generator.uniform(large, small)))


def texture(
    frame_size: tuple[int, int], slope: float, generator: np.random.Generator
) -> Float[np.ndarray, "height width"]:
    """Draw a random periodic texture with amplitude spectrum 1/frequency^slope, mean 0 and standard deviation 1."""
    rows = np.fft.fftfreq(frame_size[0])[:, None]
    columns = np.fft.rfftfreq(frame_size[1])[None, :]
    frequency = np.hypot(rows, columns)
    frequency[0, 0] = np.inf
    spectrum = np.fft.rfft2(generator.standard_normal(frame_size)) / frequency**slope
    picture = np.fft.irfft2(spectrum, s=frame_size)
    return np.asarray((picture - picture.mean()) / picture.std())


def leaves(
    frame_size: tuple[int, int],
    pixels: tuple[float, float],
    grain: Float[np.ndarray, "height width"],
    generator: np.random.Generator,
) -> Float[np.ndarray, "height width"]:
    """Draw a periodic picture of leaves with radii in the range ``pixels``, from the farthest leaf to the nearest.

    Parameters
    ----------
    grain
        A texture of the picture's size, for the ground and the leaves; each leaf takes it from a place of its own and
        at a strength of its own.
    """
    picture = grain.copy()
    covered, enough = 0.0, COVERINGS * frame_size[0] * frame_size[1]
    while covered < enough:
        outline = draw_outline(draw_radius(pixels, generator), generator)
        covered += np.pi * outline.radius**2
        _paint(picture, outline, grain, generator)
    return picture


def _paint(
    picture: Float[np.ndarray, "height width"],
    outline: Outline,
    grain: Float[np.ndarray, "height width"],
    generator: np.random.Generator,
) -> None:
    """Paint one leaf over the picture, at a random place."""
    size = np.array(picture.shape)
    centre = generator.uniform(0.0, size)
    reach = np.minimum(int(np.ceil(outline.reach)), (size - 1) // 2)
    rows, columns = (np.arange(-far, far + 1) for far in reach)
    first = np.floor(centre).astype(int)
    down = (rows - (centre[0] - first[0]))[:, None]
    right = (columns - (centre[1] - first[1]))[None]
    angle = generator.uniform(0, 2 * np.pi)
    along, across = np.cos(angle) * right + np.sin(angle) * down, np.cos(angle) * down - np.sin(angle) * right
    cover = outline.cover(along, across)
    slopes = generator.normal(0.0, 0.3 / outline.radius, 2)
    shade = generator.normal(0.0, 1.3) + slopes[0] * along + slopes[1] * across
    place = np.ix_((rows + first[0]) % size[0], (columns + first[1]) % size[1])
    torn = generator.integers(0, size)
    piece = grain[np.ix_((rows + torn[0]) % size[0], (columns + torn[1]) % size[1])]
    picture[place] += cover * (shade + generator.uniform(0.0, 0.6) * piece - picture[place])
