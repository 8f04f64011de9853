"""Predicting the responses of neurons to a whole clip."""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from reverie.encoders.contract import Encoder, device_of
from reverie.encoders.fast.form import frozen_form
from reverie.foundation.arrays import Movie, Rates, State
from reverie.recordings.trial import fill_missing


def predict(
    encoder: Encoder,
    movie: Movie | Float[Tensor, "time height width"],
    state: State | Float[Tensor, "4 time"],
    mouse: str,
    *,
    device: torch.device | str | None = None,
) -> Rates:
    """Predict the rates (neuron, time) of one animal to a clip of any length, without gradients, as float32.

    The encoder's training flags are left alone.

    Parameters
    ----------
    movie
        (time, height, width), grey levels 0-255.
    state
        (4, time), in the recording's units; a row of NaN is a signal that was not recorded.
    device
        Where to compute, and where the encoder stays afterwards; by default where it is.

    Raises
    ------
    ReverieError
        When the encoder has no readout for the animal, the movie is of another size or shorter than the encoder's
        window.
    """
    encoder.require_mouse(mouse)
    encoder.require_size((movie.shape[1], movie.shape[2]))
    state = state if isinstance(state, Tensor) else fill_missing(state)
    where = torch.device(device) if device is not None else device_of(encoder)
    encoder.to(where)
    with torch.no_grad():
        rates = frozen_form(encoder, mouse).predict_clip(_tensor(movie, where), _tensor(state, where), mouse)
    array: Rates = rates.float().cpu().numpy()
    return array


def predict_mean(encoders: tuple[Encoder, ...], movie: Movie, state: State, mouse: str) -> Rates:
    """Return the rates (neuron, time) that the encoders predict, averaged over them."""
    rates: Rates = np.stack([predict(encoder, movie, state, mouse) for encoder in encoders]).mean(
        axis=0, dtype=np.float32
    )
    return rates


def _tensor(
    array: Float[np.ndarray, "*shape"] | Float[Tensor, "*shape"], device: torch.device
) -> Float[Tensor, "*shape"]:
    # A memory-mapped array may not be writable, which torch warns about when it shares the memory.
    tensor = array if isinstance(array, Tensor) else torch.from_numpy(np.array(array, dtype=np.float32))
    return tensor.to(device, torch.float32)
