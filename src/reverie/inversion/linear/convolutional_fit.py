"""Training the convolutional decoder, stopped early on validation trials."""

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from reverie.foundation.errors import ReverieError
from reverie.foundation.progress import tracked
from reverie.inversion.linear.convolutional import ConvolutionalDecoder, ConvolutionalSettings, new_network, stepped
from reverie.inversion.linear.picture_network import STEP, PictureNetwork
from reverie.inversion.linear.places import SQUARE, Places
from reverie.inversion.linear.response_features import ResponseFeatures
from reverie.inversion.linear.samples import population_of
from reverie.recordings.trial import Trial

WARM_UP = 20
"""Steps over which the learning rate rises."""

VALIDATE_EVERY = 50
"""Steps between two validations."""

COVERED = 5
"""Side in grid points of the squares over which neurons are counted, to weigh the pixels they see."""


@dataclass(frozen=True)
class Example:
    """A trial to learn from: features of the responses and the movie about its mean, in units of deviation."""

    features: Float[Tensor, "step neuron lag"]
    movie: Float[Tensor, "time height width"]


@dataclass(frozen=True)
class Examples:
    """Trials turned into examples when asked for; mean and deviation are those of the training movies."""

    trials: Sequence[Trial]
    features: ResponseFeatures
    mean: Float[np.ndarray, "height width"]
    deviation: float

    def __getitem__(self, number: int) -> Example:
        """Read one trial."""
        trial = self.trials[number]
        assert trial.responses is not None
        movie = torch.from_numpy(((trial.movie - self.mean) / self.deviation).astype(np.float32))
        return Example(stepped(self.features, trial.responses), movie)


def fit_convolutional(
    mouse: str,
    training: Sequence[Trial],
    validation: Sequence[Trial],
    features: ResponseFeatures,
    places: Places,
    settings: ConvolutionalSettings | None = None,
) -> ConvolutionalDecoder:
    """Train a convolutional decoder on one animal's training trials, which are read one at a time.

    validation: trials on which the best weights are chosen; without any, the last are kept. features: how responses
    are seen, as a ridge decoder of the same animal has chosen. places: where the neurons look (``places_of``). The
    loss is the squared error, pixels weighted by how many neurons look there. Same trials and settings, same bits.
    Raises ReverieError when a trial has no responses, all are shorter than a step, or the loss runs away.
    """
    settings = settings or ConvolutionalSettings()
    population = population_of(mouse, training)
    mean, deviation = _picture_statistics(training)
    network = new_network(population, len(features.lags), settings)
    network.place(places)
    examples = Examples(training, features, mean, deviation)
    judged = [Examples(validation, features, mean, deviation)[number] for number in range(len(validation))]
    stopped = _train(network, examples, judged, settings)
    return ConvolutionalDecoder(population, settings, features, network.eval(), mean, deviation, stopped)


def _picture_statistics(trials: Sequence[Trial]) -> tuple[Float[np.ndarray, "height width"], float]:
    """Return the mean picture and the standard deviation of all pixels around it."""
    pictures = np.stack([trial.movie.mean(axis=0, dtype=np.float64) for trial in trials])
    mean = pictures.mean(axis=0)
    variance = np.mean([np.square(trial.movie - mean).mean() for trial in trials])
    return mean.astype(np.float32), max(float(np.sqrt(variance)), 1.0)


def _train(
    network: PictureNetwork, examples: Examples, judged: Sequence[Example], settings: ConvolutionalSettings
) -> int:
    """Train in place, leave the best weights in the network and return the step they are of."""
    optimiser = torch.optim.AdamW(network.parameters(), settings.learning_rate, weight_decay=0.01)
    generator = np.random.default_rng(settings.seed)
    seen = pixel_weights(network)
    best, stopped, kept, idle = math.inf, settings.steps, copy.deepcopy(network.state_dict()), 0
    for step in tracked(range(1, settings.steps + 1), settings.steps, "convolutional decoder"):
        for group in optimiser.param_groups:
            group["lr"] = settings.learning_rate * _schedule(step, settings.steps)
        number = int(generator.integers(len(examples.trials)))
        window = _cut(examples[number], settings.window, generator)
        loss = error(network, window, seen)
        if not math.isfinite(loss.item()):
            raise ReverieError("The loss of the convolutional decoder ran away; lower its learning rate.")
        optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        optimiser.step()
        if judged and (step % VALIDATE_EVERY == 0 or step == settings.steps):
            with torch.no_grad():
                now = float(np.mean([error(network, one, seen).item() for one in judged]))
            idle += 1
            if now < best:
                best, stopped, kept, idle = now, step, copy.deepcopy(network.state_dict()), 0
            if idle >= settings.patience:
                break
    if judged:
        network.load_state_dict(kept)
    return stopped


def _schedule(step: int, steps: int) -> float:
    """Return the learning rate's share of its highest: a linear rise, then half a cosine down to 0."""
    return min(1.0, step / WARM_UP) * (0.5 + 0.5 * math.cos(math.pi * (step - 1) / steps))


def _cut(example: Example, window: int, generator: np.random.Generator) -> Example:
    """Return a random stretch of about ``window`` frames."""
    steps = len(example.features)
    length = min(steps, max(1, window // STEP))
    start = int(generator.integers(steps - length + 1))
    frames = slice(start * STEP, (start + length) * STEP)
    return Example(example.features[start : start + length], example.movie[frames])


def error(network: PictureNetwork, example: Example, seen: Float[Tensor, "gridheight gridwidth"]) -> Float[Tensor, ""]:
    """Return the squared error of the decoded movie, pixels weighted by how well they are seen."""
    frames, height, width = example.movie.shape
    found = network(example.features)[:frames, :height, :width]
    weighted: Tensor = (found - example.movie).square() * seen[:height, :width]
    return weighted.mean()


def pixel_weights(network: PictureNetwork) -> Float[Tensor, "gridheight gridwidth"]:
    """Return how well neurons cover each pixel and its surroundings, relative to the mean."""
    count = network.layout.sum(dim=1).view(1, 1, *network.grid)
    around = functional.avg_pool2d(count, COVERED, stride=1, padding=COVERED // 2, count_include_pad=False)
    wide = functional.interpolate(around, scale_factor=SQUARE)[0, 0]
    weights: Tensor = wide / wide.mean()
    return weights
