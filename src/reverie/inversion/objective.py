"""The loss of a whole movie over all observations, its gradient, and the Fisher information about the movie.

A clip goes through an encoder in pieces, each with the frames the encoder looks back on, so that memory does not grow
with the clip's length. Unlike the published method's windows, pieces are summed: the result is the gradient of one
number, the negative log likelihood of all responses.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from reverie.encoders.contract import Encoder, frozen
from reverie.inversion.problem import Observation, Problem

PIECE = 100
"""Frames that go at once through an encoder that takes any length; larger pieces do not fit in a processor's caches."""

DIFFERENCE = 4.0
"""Largest grey-level change over which slopes of rates are computed as a finite difference."""

PASS = 32
"""Frames that count as one pass, the length of the published windows, so that methods can be compared."""


@dataclass(frozen=True)
class Piece:
    """Frames ``first`` to ``end`` of a clip, of which those from ``start`` on are scored."""

    first: int
    start: int
    end: int


def pieces(encoder: Encoder, frames: int) -> Iterator[Piece]:
    """Cut a clip so that every frame is scored once; an encoder bound to a window gets adjacent windows.

    Where the clip is not a multiple of the window, the last window overlaps the one before. Raises ReverieError when
    the clip is shorter than the window the encoder is bound to.
    """
    encoder.require_frames(frames)
    length = encoder.window or PIECE
    for start in range(0, frames, length):
        end = min(start + length, frames)
        yield Piece(max(0, end - length if encoder.window else start - encoder.history), start, end)


def loss_and_gradient(
    problem: Problem, movie: Float[Tensor, "time height width"]
) -> tuple[float, Float[Tensor, "time height width"]]:
    """Return the negative log likelihood of all responses, up to a constant, and its gradient.

    It is the sum over observations, neurons and frames under each observation's likelihood.
    """

    def loss(observation: Observation, piece: Piece, rates: Tensor) -> Tensor:
        return observation.chosen_likelihood.loss(rates, observation.chosen_responses[:, piece.start : piece.end])

    return _sum_and_gradient(problem, movie, loss)


@torch.no_grad()
def loss_alone(problem: Problem, movie: Float[Tensor, "time height width"]) -> float:
    """Return the negative log likelihood of all responses, as ``loss_and_gradient`` does, for a third of the work."""
    total = 0.0
    for observation in problem.observations:
        with frozen(observation.encoder):
            for piece in pieces(observation.encoder, len(movie)):
                rates = scored_rates(observation, piece, movie[piece.first : piece.end])
                responses = observation.chosen_responses[:, piece.start : piece.end]
                total += float(observation.chosen_likelihood.loss(rates, responses))
    return total


def mean_rate_and_gradient(
    problem: Problem, movie: Float[Tensor, "time height width"], first: int
) -> tuple[float, Float[Tensor, "time height width"]]:
    """Return the rate of the observed neurons, averaged over them and over frames from ``first`` on, and its gradient.

    With several observations, the sum over them.
    """
    frames = len(movie) - first

    def mean_rate(observation: Observation, piece: Piece, rates: Tensor) -> Tensor:
        return rates[:, max(0, first - piece.start) :].sum() / (len(rates) * frames)

    return _sum_and_gradient(problem, movie, mean_rate)


def information_draw(
    problem: Problem, movie: Float[Tensor, "time height width"], generator: torch.Generator
) -> Float[Tensor, "time height width"]:
    """Return a random gradient whose covariance is the Fisher information of the responses about the movie.

    Its expected square, in any basis, is the diagonal of the Gauss-Newton matrix there.
    """

    def weighted_noise(observation: Observation, piece: Piece, rates: Tensor) -> Tensor:
        noise = torch.randn(rates.shape, generator=generator).to(rates.device)
        return (noise * observation.chosen_likelihood.root_information(rates.detach()) * rates).sum()

    return _sum_and_gradient(problem, movie, weighted_noise)[1]


def gauss_newton_product(
    problem: Problem, movie: Float[Tensor, "time height width"], direction: Float[Tensor, "time height width"]
) -> Float[Tensor, "time height width"]:
    """Return the Fisher information of the responses about the movie, times a direction.

    The slope of rates along the direction is a finite difference over at most ``DIFFERENCE`` grey levels, which works
    for any encoder and averages over the kinks of rectified ones.
    """
    length = DIFFERENCE / max(float(direction.abs().max()), 1e-12)

    def weighted_change(observation: Observation, piece: Piece, rates: Tensor) -> Tensor:
        # The gradient of Σ (I · change) · rates is G' I G times the direction, G being the slopes of the rates.
        frames = slice(piece.first, piece.end)
        with torch.no_grad():
            moved = scored_rates(observation, piece, movie[frames] + length * direction[frames])
            change = (moved - rates) / length
            change = change * observation.chosen_likelihood.root_information(rates).square()
        return (change * rates).sum()

    return _sum_and_gradient(problem, movie, weighted_change)[1]


@torch.no_grad()
def rates_in_pieces(
    encoder: Encoder, movie: Float[Tensor, "time height width"], state: Float[Tensor, "4 time"], mouse: str
) -> Float[Tensor, "neuron time"]:
    """Return the rates that the loss uses; with encoders bound to a window, each frame is in one window only."""
    with frozen(encoder):
        parts = [
            encoder(movie[None, piece.first : piece.end], state[None, :, piece.first : piece.end], mouse)[
                0, :, piece.start - piece.first :
            ]
            for piece in pieces(encoder, len(movie))
        ]
    return torch.cat(parts, dim=1)


def passes_of(problem: Problem, frames: int) -> int:
    """Return the length of one pass of a clip through all encoders, in published windows."""
    return -(-frames // PASS) * len(problem.observations)


Term = Callable[[Observation, Piece, Tensor], Tensor]
"""What one piece of one observation adds to a sum, given the rates (neuron, time) of its scored frames."""


def _sum_and_gradient(
    problem: Problem, movie: Float[Tensor, "time height width"], term: Term
) -> tuple[float, Float[Tensor, "time height width"]]:
    """Return the sum of a term over all pieces and observations, and its gradient with respect to the movie."""
    total, gradient = 0.0, torch.zeros_like(movie)
    for observation in problem.observations:
        with frozen(observation.encoder):
            for piece in pieces(observation.encoder, len(movie)):
                clip = movie[piece.first : piece.end].clone().requires_grad_()
                value = term(observation, piece, scored_rates(observation, piece, clip))
                (slope,) = torch.autograd.grad(value, clip)
                gradient[piece.first : piece.end] += slope
                total += value.item()
    return total, gradient


def scored_rates(
    observation: Observation, piece: Piece, clip: Float[Tensor, "frame height width"]
) -> Float[Tensor, "neuron scored"]:
    """Return the rates of the observed neurons in a piece's scored frames."""
    state = observation.state[None, :, piece.first : piece.end]
    rates: Tensor = observation.encoder(clip[None], state, observation.mouse)[0, :, piece.start - piece.first :]
    return rates if observation.neurons is None else rates[observation.neurons]
