"""The convolutional decoder: responses laid out as pictures where neurons look, and a few convolutions."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from reverie.foundation.arrays import Movie, Responses, State
from reverie.foundation.errors import ReverieError
from reverie.inversion.linear.contract import Decoder, Population
from reverie.inversion.linear.picture_network import STEP, PictureNetwork
from reverie.inversion.linear.places import SQUARE
from reverie.inversion.linear.response_features import ResponseFeatures


@dataclass(frozen=True)
class ConvolutionalSettings:
    """Sizes and training of a convolutional decoder.

    maps: pictures that responses are laid out in. channels, blocks: of the convolutions. steps: updates, each on
    ``window`` frames of one trial. learning_rate: the highest; it rises over the first steps and ends at 0.
    patience: validations without progress after which training stops. seed: of weights and windows.
    Raises ReverieError when a number is out of range.
    """

    maps: int = 24
    channels: int = 24
    blocks: int = 3
    steps: int = 600
    window: int = 160
    learning_rate: float = 5e-3
    patience: int = 4
    seed: int = 0

    def __post_init__(self) -> None:
        least = {"maps": 1, "channels": 1, "blocks": 0, "steps": 1, "window": STEP, "patience": 1, "seed": 0}
        for name, value in least.items():
            if getattr(self, name) < value:
                raise ReverieError(
                    f"The convolutional setting {name} is {getattr(self, name)} but must be at least {value}."
                )
        if not self.learning_rate > 0:
            raise ReverieError(f"The learning rate is {self.learning_rate} but must be above 0.")


@dataclass(frozen=True)
class ConvolutionalDecoder(Decoder):
    """Pictures = mean + deviation · network(features of the responses).

    mean: (height, width), of the training movies, deviation: of all their pixels, both in grey levels. stopped: the
    step whose weights were best on validation trials.
    """

    population: Population
    settings: ConvolutionalSettings
    features: ResponseFeatures
    network: PictureNetwork
    mean: Float[np.ndarray, "height width"]
    deviation: float
    stopped: int
    kind: str = "convolutional"

    @torch.no_grad()
    def estimate(self, responses: Responses, state: State | None) -> tuple[Movie, int]:
        """Return the movie before it is cut to 0-255; no encoder is asked."""
        found = self.network(stepped(self.features, responses)).numpy()
        height, width = self.population.frame_size
        frames = responses.shape[1]
        movie: Movie = self.mean + np.float32(self.deviation) * found[:frames, :height, :width]
        return movie, 0

    def config(self) -> Mapping[str, Any]:
        """Return the settings, how responses are compressed, and where training stopped."""
        return {
            "settings": asdict(self.settings),
            "power": self.features.power,
            "lags": self.features.lags,
            "deviation": self.deviation,
            "stopped": self.stopped,
        }

    def arrays(self) -> Mapping[str, np.ndarray]:
        """Return the network's weights, the mean picture and the scale of the neurons."""
        weights = {f"network.{name}": tensor.numpy() for name, tensor in self.network.state_dict().items()}
        scale = {"response_mean": self.features.mean, "response_deviation": self.features.deviation}
        return {"mean_picture": self.mean, **scale, **weights}

    @classmethod
    def restore(
        cls, population: Population, config: Mapping[str, Any], arrays: Mapping[str, np.ndarray]
    ) -> "ConvolutionalDecoder":
        """Return the decoder that ``config`` and ``arrays`` describe."""
        settings = ConvolutionalSettings(**config["settings"])
        scale = arrays["response_mean"], arrays["response_deviation"]
        features = ResponseFeatures(float(config["power"]), tuple(config["lags"]), *scale)
        network = new_network(population, len(features.lags), settings)
        prefix = "network."
        weights = {name.removeprefix(prefix): one for name, one in arrays.items() if name.startswith(prefix)}
        network.load_state_dict({name: torch.from_numpy(array) for name, array in weights.items()})
        deviation, stopped = float(config["deviation"]), int(config["stopped"])
        return cls(population, settings, features, network.eval(), arrays["mean_picture"], deviation, stopped)


def new_network(population: Population, lags: int, settings: ConvolutionalSettings) -> PictureNetwork:
    """Return the network of a population before it has learned, its weights drawn from the seed."""
    torch.manual_seed(settings.seed)
    grid = -(-population.frame_size[0] // SQUARE), -(-population.frame_size[1] // SQUARE)
    return PictureNetwork(
        population.neurons, lags, grid, maps=settings.maps, channels=settings.channels, blocks=settings.blocks
    )


def stepped(features: ResponseFeatures, responses: Responses) -> Float[Tensor, "step neuron lag"]:
    """Return the features of every ``STEP``-th frame, taken in the middle of the frames it stands for."""
    seen = features(responses)
    # A clip that is no multiple of the step ends with its last frame once more.
    middles = np.minimum(np.arange(STEP // 2 - 1, len(seen) + STEP // 2 - 1, STEP), len(seen) - 1)
    return torch.from_numpy(np.ascontiguousarray(seen[middles])).view(len(middles), -1, len(features.lags))
