"""A reconstruction as labelled arrays, for those who work with xarray."""

from typing import Any

import numpy as np

from reverie.fitted.reconstruction import Reconstruction
from reverie.foundation.errors import ReverieError


def dataset_of(reconstruction: Reconstruction) -> Any:  # noqa: ANN401 - xarray is optional
    """Return an ``xarray.Dataset``; raises ReverieError when xarray is not installed."""
    try:
        import xarray
    except ImportError as error:
        raise ReverieError("Labelled arrays need xarray; install it with `pip install xarray`.") from error
    frames, height, width = reconstruction.frames.shape
    size, unit = (reconstruction.degrees_per_pixel or 1.0), "degree" if reconstruction.degrees_per_pixel else "pixel"
    coordinates = {
        "time": ("time", np.arange(frames) / reconstruction.frame_rate, {"units": "s"}),
        "y": ("y", np.arange(height) * size, {"units": unit}),
        "x": ("x", np.arange(width) * size, {"units": unit}),
    }
    picture, movie, rows = ("y", "x"), ("time", "y", "x"), ("neuron", "time")
    named = {
        "movie": (movie, reconstruction.frames),
        "std": (movie, reconstruction.std),
        "truth": (movie, reconstruction.truth),
        "mask": (picture, reconstruction.mask),
        "information": (picture, reconstruction.information),
        "responses": (rows, reconstruction.responses),
        "rates": (rows, reconstruction.rates),
    }
    told = {"animal": reconstruction.animal, "trial": reconstruction.trial, "method": reconstruction.method}
    return xarray.Dataset(
        {name: pair for name, pair in named.items() if pair[1] is not None}, coords=coordinates, attrs=told
    )
