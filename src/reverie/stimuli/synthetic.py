"""The synthetic stimuli of Bauer et al. 2026: Gaussian and pink noise, drifting gratings."""

from typing import Literal

import numpy as np
from jaxtyping import Float

from reverie.foundation.arrays import DEGREES_PER_PIXEL, FRAME_RATE, FRAME_SIZE, GREY, AnyMovie, Movie
from reverie.foundation.errors import ReverieError

CONTRAST = 50.0
"""Standard deviation of pink noise, grey levels."""


def gaussian_noise(
    frames: int,
    generator: np.random.Generator,
    *,
    frame_size: tuple[int, int] = FRAME_SIZE,
    spatial_sigma: float = 2.0,
    temporal_sigma: float = 2.0,
    contrast: float = 50.0,
) -> Movie:
    """Draw white noise blurred by Gaussians in space (``spatial_sigma``, pixels) and time (``temporal_sigma``, frames).

    A sigma of 0 leaves that direction white. The autocorrelation at distance d is exp(-d² / 4σ²) everywhere: no border
    effects, however wide the blur. Returns float32 (frames, *frame_size).

    Parameters
    ----------
    contrast
        Standard deviation in grey levels around 127.5, before values are clipped to 0-255.

    Raises
    ------
    ReverieError
        On negative settings.
    """
    if frames < 1 or min(spatial_sigma, temporal_sigma, contrast) < 0:
        raise ReverieError("Noise needs at least 1 frame, and sigmas and contrast of at least 0.")
    white = generator.standard_normal((frames, *frame_size))
    # The blur of an endless noise, seen through the frame, has a covariance that factorises over the three axes.
    blurred = np.einsum(
        "at,bh,cw,thw->abc",
        _root(frames, temporal_sigma),
        _root(frame_size[0], spatial_sigma),
        _root(frame_size[1], spatial_sigma),
        white,
        optimize=True,
    )
    return np.asarray(np.clip(GREY + contrast * blurred, 0.0, 255.0), dtype=np.float32)


def pink_noise(frames: int, generator: np.random.Generator, *, frame_size: tuple[int, int] = FRAME_SIZE) -> Movie:
    """Draw Gaussian noise with power at every frequency, about as much in each octave of space and of time.

    Its amplitude falls as 1 / spatial frequency, as in natural scenes (Field 1987), and as 1 / √(temporal frequency);
    below one cycle per frame width, and one per second, it is constant. Its standard deviation is ``CONTRAST`` grey
    levels around 127.5, before values are clipped to 0-255. It is cut out of a movie of twice the size, so that it is
    not periodic. Returns float32 (frames, *frame_size). Raises ReverieError without frames.
    """
    if frames < 1:
        raise ReverieError("Noise needs at least 1 frame.")
    size = (2 * frames, 2 * frame_size[0], 2 * frame_size[1])
    time, rows, columns = np.fft.fftfreq(size[0]), np.fft.fftfreq(size[1]), np.fft.rfftfreq(size[2])
    place = np.maximum(np.hypot(rows[:, None], columns), 1 / max(frame_size))
    moment = np.maximum(np.abs(time), 1 / 30)
    spectrum = np.fft.rfftn(generator.standard_normal(size)) / (place * np.sqrt(moment)[:, None, None])
    spectrum[0, 0, 0] = 0
    whole = np.fft.irfftn(spectrum, s=size, axes=(0, 1, 2))
    drawn = (whole / whole.std())[:frames, : frame_size[0], : frame_size[1]]
    return np.asarray(np.clip(GREY + CONTRAST * drawn, 0.0, 255.0), dtype=np.float32)


def _root(size: int, sigma: float) -> Float[np.ndarray, "{size} {size}"]:
    """Return the symmetric square root of the covariance along one axis."""
    if sigma == 0:
        return np.eye(size)
    distance = np.subtract.outer(np.arange(size), np.arange(size))
    values, vectors = np.linalg.eigh(np.exp(-((distance / (2 * sigma)) ** 2)))
    # Wide blurs have eigenvalues that are 0 up to rounding, and may be slightly negative.
    return np.asarray((vectors * np.sqrt(np.clip(values, 0.0, None))) @ vectors.T)


def in_the_middle(movie: AnyMovie, frame_size: tuple[int, int] = FRAME_SIZE) -> Movie:
    """Show a small movie (time, height, width) in the middle of a grey screen of the size given.

    Source: Bauer et al. 2026 (noise of 36 × 36 pixels). Raises ReverieError when the movie is larger than the screen.
    """
    margins = [screen - own for screen, own in zip(frame_size, movie.shape[1:], strict=True)]
    if min(margins) < 0:
        raise ReverieError(
            f"A movie of {movie.shape[1:]} pixels does not fit a screen of {frame_size}; make it smaller."
        )
    sides = [(margin // 2, margin - margin // 2) for margin in margins]
    shown: Movie = np.pad(movie, [(0, 0), *sides], constant_values=GREY)
    return shown


def inverted(movie: AnyMovie) -> AnyMovie:
    """Return the movie with light and dark exchanged about grey, which inverts the phase of every frequency.

    >>> inverted(np.array([[[0.0, 127.5, 200.0]]])).tolist()
    [[[255.0, 127.5, 55.0]]]
    """
    return np.asarray(2 * GREY - movie, dtype=movie.dtype)


def half_power_frequency(sigma: float, sample: float) -> float:
    """Return the frequency at which noise blurred by ``sigma`` samples has half the power it has at 0.

    The blur's amplitude is exp(-2π²σ²f²), so f = √(ln 2) / 2πσ. Infinite for white noise.

    Parameters
    ----------
    sample
        Extent of one sample, such as degrees per pixel or seconds per frame; the frequency is in cycles per that unit.

    Examples
    --------
    >>> round(half_power_frequency(1.0, 3.4), 4)
    0.039
    """
    return float(np.sqrt(np.log(2)) / (2 * np.pi * sigma * sample)) if sigma > 0 else float("inf")


def drifting_grating(
    frames: int,
    *,
    direction: float,
    cycles_per_degree: float,
    hertz: float,
    wave: Literal["square", "sine"] = "square",
    frame_size: tuple[int, int] = FRAME_SIZE,
    degrees_per_pixel: float = DEGREES_PER_PIXEL,
) -> Movie:
    """Return a grating of full contrast that drifts across the whole frame, float32 (frames, *frame_size).

    Parameters
    ----------
    direction
        Direction of motion, degrees; 0 to the right, 90 downwards.
    cycles_per_degree
        Spatial frequency in visual angle.
    hertz
        Temporal frequency.

    Raises
    ------
    ReverieError
        On impossible settings.

    Examples
    --------
    >>> movie = drifting_grating(30, direction=0.0, cycles_per_degree=0.05, hertz=2.0)
    >>> movie.shape, float(movie.min()), float(movie.max())
    ((30, 36, 64), 0.0, 255.0)
    """
    if frames < 1 or min(cycles_per_degree, hertz) < 0:
        raise ReverieError("A grating needs frames >= 1 and frequencies >= 0.")
    angle = np.deg2rad(direction)
    rows = np.arange(frame_size[0])[:, None] * np.sin(angle)
    columns = np.arange(frame_size[1])[None, :] * np.cos(angle)
    place = (rows + columns) * degrees_per_pixel * cycles_per_degree
    time = np.arange(frames)[:, None, None] / FRAME_RATE
    cycles = place[None] - hertz * time
    if wave == "sine":
        level = np.sin(2 * np.pi * cycles)
    else:
        # Rounding keeps bars equally wide where an edge falls exactly on a pixel.
        level = np.where(np.mod(np.round(cycles, 9), 1.0) < 0.5, 1.0, -1.0)
    return np.asarray(GREY * (1.0 + level), dtype=np.float32)
