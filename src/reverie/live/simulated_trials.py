"""Further training data for live decoding: the encoder's rates to movies that were not shown, with realistic noise.

A decoder trained on a few minutes of recording lacks examples, not a model. An encoder that learned how the neurons
respond can supply them. Training on simulated pairs is amortised inference: Cranmer, Brehmer & Louppe, The frontier of
simulation-based inference, PNAS 117, 2020.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from reverie.encoders.prediction import predict
from reverie.fitted.subject import Subject
from reverie.foundation.arrays import Movie, Rates, Responses
from reverie.foundation.progress import bar
from reverie.inversion.linear.samples import PictureComponents, Sample
from reverie.recordings.trial import Trial

TRANSFORMS: tuple[Callable[[Movie], Movie], ...] = (
    lambda movie: movie[:, :, ::-1],
    lambda movie: movie[::-1],
    lambda movie: movie[:, ::-1],
    lambda movie: movie[::-1, :, ::-1],
    lambda movie: movie[:, ::-1, ::-1],
    lambda movie: movie[::-1, ::-1],
)
"""Transforms that make movies that were not shown from those that were: mirrored, upside down, backwards. They keep the
statistics of space and time. Six per movie made better decoders than two, and two than one (docs/log/live.md)."""

MOST_FRAMES = 120_000
"""Largest number of simulated frames: over an hour at 30 Hz, which takes an encoder minutes."""

NOISE_TRIALS = 20
"""Training trials, evenly chosen, from which the noise of responses is measured."""

NEIGHBOURS = 0.01
"""Responses are drawn from the frames whose predicted rates rank this close to a rate, as a share of all frames."""


@dataclass(frozen=True)
class ResponseNoise:
    """How each neuron responds at each predicted rate: what was recorded when the encoder predicted about as much.

    This assumes no form of likelihood, and corrects an encoder whose rates are too high or low. Frames are drawn
    independently, so noise that lasts longer than a frame is not imitated.
    """

    rates: Float[Tensor, "neuron frame"]
    """(neuron, frame), sorted in increasing order."""
    responses: Float[Tensor, "neuron frame"]
    """(neuron, frame), those recorded at these rates."""

    @classmethod
    def of(cls, subject: Subject, trials: Sequence[Trial]) -> "ResponseNoise":
        """Measure the noise on trials with responses."""
        predicted = [rates_of(subject, trial, trial.known_movie) for trial in trials]
        rates, order = torch.from_numpy(np.concatenate(predicted, axis=1)).sort(dim=1)
        responses = torch.from_numpy(np.concatenate([np.float32(trial.responses) for trial in trials], axis=1))
        return cls(rates, responses.gather(1, order))

    def draw(self, rates: Rates, generator: torch.Generator) -> Responses:
        """Return responses (neuron, time) to rates (neuron, time)."""
        last = self.rates.shape[1] - 1
        near = max(1, round(NEIGHBOURS * last))
        rank = torch.searchsorted(self.rates, torch.from_numpy(rates))
        rank = (rank + torch.randint(-near, near + 1, rank.shape, generator=generator)).abs()
        inside = torch.where(rank > last, 2 * last - rank, rank).clamp(0, last)
        return self.responses.gather(1, inside).numpy()


def rates_of(subject: Subject, trial: Trial, movie: Movie) -> Rates:
    """Return the rates that the encoder predicts to a movie in the state of a trial."""
    given = np.ascontiguousarray(movie, dtype=np.float32)
    return predict(subject.encoder, given, trial.known_state, subject.animal, device=subject.device)


def simulated_samples(
    subject: Subject, trials: Sequence[Trial], folds: Sequence[int], pictures: PictureComponents, every: int
) -> Iterator[Sample]:
    """Yield simulated trials, fold by fold; each is in the fold of the trial whose movie it alters.

    Nothing is yielded where trials are shorter than the encoder's window, or where enough was recorded.

    Parameters
    ----------
    every
        Decoders learn from every ``every``-th frame.
    """
    usable = [number for number, trial in enumerate(trials) if trial.frames >= (subject.encoder.window or 1)]
    frames = sum(trials[number].frames for number in usable)
    transforms = TRANSFORMS[: MOST_FRAMES // max(1, frames)]
    if not usable or not transforms:
        return
    noise = ResponseNoise.of(subject, [trials[number] for number in usable[:: -(-len(usable) // NOISE_TRIALS)]])
    generator = torch.Generator().manual_seed(subject.seed)
    with bar(f"simulating trials of {subject.animal}", len(usable)) as advance:
        for number in sorted(usable, key=lambda number: folds[number]):
            trial = trials[number]
            for transform in transforms:
                movie = transform(trial.known_movie)
                responses = noise.draw(rates_of(subject, trial, movie), generator)
                yield Sample(responses, pictures.encode(movie[::every].astype(np.float32)), folds[number])
            advance()
