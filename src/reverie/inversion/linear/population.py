"""The population that a decoder was fitted to: its neurons and the size of its movies."""

from dataclasses import dataclass

import numpy as np

from reverie.foundation.arrays import Responses
from reverie.foundation.errors import ReverieError


@dataclass(frozen=True)
class Population:
    """Animal, neuron count, frame height and width."""

    mouse: str
    neurons: int
    frame_size: tuple[int, int]

    def check(self, responses: Responses) -> None:
        """Raise ReverieError when responses (neuron, time) are not of this population or not finite."""
        if responses.ndim != 2 or responses.shape[0] != self.neurons:
            raise ReverieError(
                f"The decoder was fitted to the {self.neurons} neurons of {self.mouse} but was given responses of "
                f"shape {responses.shape}; give it (neuron, time) of that animal, or fit one to this animal."
            )
        if not np.isfinite(responses).all():
            raise ReverieError(
                f"The responses of {self.mouse} hold values that are not finite; cut the padding off, or choose "
                "another trial."
            )
