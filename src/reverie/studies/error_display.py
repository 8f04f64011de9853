"""Error maps in colour over a grey movie: nothing below 25 grey levels, full colour from 75 (Bauer et al. 2026)."""

import numpy as np
from jaxtyping import Float

from reverie.foundation.arrays import Movie
from reverie.report.pictures import grey_levels
from reverie.report.video_files import Coloured

LEAST, MOST = 25.0, 75.0
"""Grey levels below which a deviation is not shown, and from which on it is shown in full colour."""

BRIGHTER, DARKER = (241, 163, 64), (120, 94, 240)
"""Orange where the activity says brighter than the encoder, violet where darker: apart for every colour vision."""


def opacity(error_map: Movie, *, least: float = LEAST, most: float = MOST) -> Float[np.ndarray, "time height width"]:
    """Return how strongly each deviation is shown, 0 to 1.

    >>> opacity(np.array([[[0.0, -25.0, 50.0, -90.0]]])).tolist()
    [[[0.0, 0.0, 0.5, 1.0]]]
    """
    return np.asarray(np.clip((np.abs(error_map) - least) / (most - least), 0.0, 1.0))


def coloured(error_map: Movie, beneath: Movie, *, least: float = LEAST, most: float = MOST) -> Coloured:
    """Lay an error map over a movie, both (time, height, width) in grey levels."""
    grey = np.repeat(grey_levels(beneath)[..., None], 3, axis=-1).astype(np.float64)
    colour = np.where((error_map > 0)[..., None], np.array(BRIGHTER, dtype=np.float64), np.array(DARKER))
    strength = opacity(error_map, least=least, most=most)[..., None]
    return np.asarray(np.rint(grey * (1 - strength) + colour * strength), dtype=np.uint8)
