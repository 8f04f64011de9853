"""The published cross-validation folds: movies that look alike to a perceptual hash fall into one fold."""

import imagehash
import numpy as np
from PIL import Image

from reverie.foundation.arrays import Movie
from reverie.recordings.tiers import FOLDS

HASHED_FRAMES = 5
"""How many frames of a movie the release hashes."""


def perceptual_hash(movie: Movie) -> int:
    """Return the 64-bit hash of a movie: the perceptual hashes of five evenly placed frames, XOR-ed.

    movie: (time, height, width), grey levels 0-255, cut down to whole numbers as the release does. The frames are the
    middles of the first five stretches of ``time // 5`` frames; a movie of fewer than five frames is hashed whole.
    Source: the folds of the released encoder (DwiseNeuro), which Bauer et al. 2026 train on; equal to its values.

    >>> perceptual_hash(np.full((10, 36, 64), 127.5, dtype=np.float32))
    9223372036854775808
    """
    stride = max(movie.shape[0] // HASHED_FRAMES, 1)
    frames = movie[stride // 2 :: stride][:HASHED_FRAMES]
    pictures = np.clip(frames, 0, 255).astype(np.uint8)
    combined = 0
    for picture in pictures:
        combined ^= int(str(imagehash.phash(Image.fromarray(picture))), 16)
    return combined


def fold_of(movie: Movie, folds: int = FOLDS) -> int:
    """Return the fold of a movie, 0 to ``folds - 1``: its perceptual hash modulo the number of folds."""
    return perceptual_hash(movie) % folds
