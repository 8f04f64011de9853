"""Gaussian noise movies with chosen spatial and temporal scales (Bauer et al. 2026, synthetic stimuli)."""

import numpy as np
from jaxtyping import Float

from reverie.foundation.arrays import FRAME_SIZE, GREY, Movie
from reverie.foundation.errors import ReverieError

AnySize = Float[np.ndarray, "_ _ _"]
"""A movie (time, height, width) that may be smaller than the screen."""


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

    A sigma of 0 leaves that direction white. contrast: standard deviation in grey levels around 127.5, before values
    are clipped to 0-255. Its autocorrelation at distance d is exp(-d² / 4σ²) everywhere: no border effects, however
    wide the blur. Returns float32 (frames, *frame_size). Raises ReverieError on negative settings.
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


def pink_noise(
    frames: int,
    generator: np.random.Generator,
    *,
    frame_size: tuple[int, int] = FRAME_SIZE,
    contrast: float = 50.0,
) -> Movie:
    """Draw Gaussian noise with power at every frequency, about as much in each octave of space and of time.

    Its amplitude falls as 1 / spatial frequency, as that of natural scenes does (Field 1987), and as 1 / √(temporal
    frequency); below one cycle a frame's width and a second it is flat. contrast: standard deviation in grey levels
    around 127.5, before values are clipped to 0-255. It is cut out of a movie of twice the size, so that it does not
    wrap round. Returns float32 (frames, *frame_size). Raises ReverieError without frames or with a negative contrast.
    """
    if frames < 1 or contrast < 0:
        raise ReverieError("Noise needs at least 1 frame and a contrast of at least 0.")
    size = (2 * frames, 2 * frame_size[0], 2 * frame_size[1])
    time, rows, columns = np.fft.fftfreq(size[0]), np.fft.fftfreq(size[1]), np.fft.rfftfreq(size[2])
    place = np.maximum(np.hypot(rows[:, None], columns), 1 / max(frame_size))
    moment = np.maximum(np.abs(time), 1 / 30)
    spectrum = np.fft.rfftn(generator.standard_normal(size)) / (place * np.sqrt(moment)[:, None, None])
    spectrum[0, 0, 0] = 0
    whole = np.fft.irfftn(spectrum, s=size, axes=(0, 1, 2))
    drawn = (whole / whole.std())[:frames, : frame_size[0], : frame_size[1]]
    return np.asarray(np.clip(GREY + contrast * drawn, 0.0, 255.0), dtype=np.float32)


def _root(size: int, sigma: float) -> Float[np.ndarray, "{size} {size}"]:
    """Return the symmetric square root of the covariance along one axis."""
    if sigma == 0:
        return np.eye(size)
    distance = np.subtract.outer(np.arange(size), np.arange(size))
    values, vectors = np.linalg.eigh(np.exp(-((distance / (2 * sigma)) ** 2)))
    # Wide blurs have eigenvalues that are zero but for rounding.
    return np.asarray((vectors * np.sqrt(np.clip(values, 0.0, None))) @ vectors.T)


def in_the_middle(movie: AnySize, frame_size: tuple[int, int] = FRAME_SIZE) -> Movie:
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


def inverted(movie: AnySize) -> AnySize:
    """Return the movie with light and dark exchanged about grey, which turns the phase of every frequency around.

    >>> inverted(np.array([[[0.0, 127.5, 200.0]]])).tolist()
    [[[255.0, 127.5, 55.0]]]
    """
    return np.asarray(2 * GREY - movie, dtype=movie.dtype)


def half_power_frequency(sigma: float, sample: float) -> float:
    """Return the frequency at which noise blurred by ``sigma`` samples has half the power it has at 0.

    sample: what one sample is, such as degrees a pixel or seconds a frame; the frequency is in cycles per that unit.
    The blur's amplitude is exp(-2π²σ²f²), so f = √(ln 2) / 2πσ. Infinite for white noise.

    >>> round(half_power_frequency(1.0, 3.4), 4)
    0.039
    """
    return float(np.sqrt(np.log(2)) / (2 * np.pi * sigma * sample)) if sigma > 0 else float("inf")
