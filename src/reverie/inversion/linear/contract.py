"""What every decoder promises: responses in, movie out, for the one animal it was fitted to."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np

from reverie.foundation.arrays import WHITE, Movie, Responses, State
from reverie.foundation.errors import ReverieError
from reverie.inversion.problem import Progress, Solution


@dataclass(frozen=True)
class Population:
    """Whose responses a decoder reads, and the movies it writes: animal, neuron count, frame height and width."""

    mouse: str
    neurons: int
    frame_size: tuple[int, int]


class Decoder(ABC):
    """A map from the responses of one animal to the movie it saw, learned from training trials.

    population: the animal it was fitted to. kind: the name it is stored under.
    """

    kind: str
    population: Population

    def decode(self, responses: Responses, state: State | None = None) -> Movie:
        """Return the movie (time, height, width), grey levels 0-255, float32.

        responses: (neuron, time), every neuron of the animal, in the recording's order and units. state: (4, time);
        decoders that do not look at behaviour ignore it.
        Raises ReverieError when the responses are not of this population or not finite.
        """
        return self.decode_counted(responses, state)[0]

    def decode_counted(self, responses: Responses, state: State | None = None) -> tuple[Movie, int]:
        """Return the movie as ``decode`` does, and how many passes through an encoder, of 32 frames each, it took."""
        self._check(responses)
        movie, passes = self.estimate(np.asarray(responses, dtype=np.float32), state)
        cut: Movie = np.clip(movie, 0, WHITE).astype(np.float32)
        return cut, passes

    @abstractmethod
    def estimate(self, responses: Responses, state: State | None) -> tuple[Movie, int]:
        """Return the movie before it is cut to 0-255, and the passes through an encoder; the responses were checked."""

    @abstractmethod
    def config(self) -> Mapping[str, Any]:
        """Return the settings it was fitted with and what was chosen, as JSON can hold them."""

    @abstractmethod
    def arrays(self) -> Mapping[str, np.ndarray]:
        """Return everything that was fitted, by name."""

    def _check(self, responses: Responses) -> None:
        mouse, neurons = self.population.mouse, self.population.neurons
        if responses.ndim != 2 or responses.shape[0] != neurons:
            raise ReverieError(
                f"The decoder was fitted to the {neurons} neurons of {mouse} but was given responses of shape "
                f"{responses.shape}; give it (neuron, time) of that animal, or fit one to this animal."
            )
        if not np.isfinite(responses).all():
            raise ReverieError(
                f"The responses of {mouse} hold values that are not finite; cut the padding off, or choose another "
                "trial."
            )


def decode(decoder: Decoder, responses: Responses, state: State) -> Solution:
    """Return the decoded movie as a solution in one step, whose loss is undefined, with the passes it took.

    Raises ReverieError when the responses are not of the decoder's population.
    """
    begin = perf_counter()
    movie, passes = decoder.decode_counted(responses, state)
    seconds = perf_counter() - begin
    return Solution(movie, (Progress(1, seconds, passes, float("nan")),), seconds, passes)
