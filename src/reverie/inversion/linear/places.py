"""Where each neuron looks, for decoders that lay responses out as pictures."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float

from reverie.encoders.compact import POOLING, Compact, CompactConfig
from reverie.encoders.contract import Encoder
from reverie.inversion.linear.contract import Population
from reverie.recordings.trial import Trial
from reverie.training.warm_start import find_places

Places = Float[np.ndarray, "neuron 2"]
"""Row and column in squares of ``SQUARE`` x ``SQUARE`` pixels; whole numbers are their centres."""

SQUARE = POOLING
"""Side in pixels of the squares that places are counted in."""


def places_of(encoder: Encoder | None, population: Population, trials: Sequence[Trial]) -> Places:
    """Return the places a Compact encoder has fitted, or for any other (or none) those that training trials tell.

    The latter come from regressing responses on spots and Gabor patches (``find_places``).
    """
    if isinstance(encoder, Compact):
        return encoder.places(population.mouse)
    torch.manual_seed(0)
    untrained = Compact(CompactConfig(), {population.mouse: population.neurons}, population.frame_size)
    index = find_places(untrained, trials)
    return np.stack(np.unravel_index(index, untrained.grid), axis=1).astype(np.float32)
