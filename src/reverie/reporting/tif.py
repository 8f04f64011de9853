"""A movie as a TIFF stack that ImageJ opens with its time axis."""

from io import BytesIO
from pathlib import Path
from typing import Literal

import numpy as np
import tifffile

from reverie.foundation.arrays import FRAME_RATE, WHITE, Movie
from reverie.foundation.errors import ReverieError
from reverie.foundation.files import replacing


def write_tif(
    path: Path, movie: Movie, frame_rate: float = FRAME_RATE, *, number: Literal["uint8", "float32"] = "float32"
) -> None:
    """Write a movie (time, height, width), grey levels 0-255, as an ImageJ hyperstack whole or not at all.

    float32 keeps the values as they are; uint8 rounds and clips them to 0-255. ImageJ shows time in seconds.
    Raises ReverieError when the movie has no frames or the file cannot be written.
    """
    if movie.size == 0:
        raise ReverieError(f"{path} was to hold a movie without pixels {movie.shape}; give at least one frame.")
    stack = np.clip(np.rint(movie), 0, WHITE).astype(np.uint8) if number == "uint8" else movie.astype(np.float32)
    metadata = {
        "axes": "TYX",
        "fps": frame_rate,
        "finterval": 1 / frame_rate,
        "tunit": "s",
        "min": 0.0,
        "max": WHITE,
    }
    # tifffile asks an open file for its name, which a temporary one has only as a number.
    content = BytesIO()
    tifffile.imwrite(content, stack, imagej=True, metadata=metadata)
    with replacing(path) as stream:
        stream.write(content.getvalue())
